"""How far apply is: a bar for each gateway on a terminal, nothing elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from .gateway import Report

_WORDS = {
    "plan": "reading and planning",
    "push": "pushing the pipeline",
    "write": "writing",
    "verify": "verifying",
}


class Progress:
    """A context manager; `of` gives the reporter of one gateway. Safe to call from several threads."""

    def __init__(self, quiet: bool) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.fields[gateway]}: {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()

    def of(self, gateway: str) -> Report:
        task = self._bars.add_task("connecting", total=None, gateway=gateway)

        def report(phase: str, done: int, total: int) -> None:
            self._bars.update(task, description=_WORDS[phase], completed=done, total=total or None)

        return report
