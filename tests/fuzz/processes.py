"""Workers: processes that do one item after the other, since the switch may take its process with it.

A worker gets the items as its last arguments and prints JSON lines: {"begins": item}, then an object with "item".
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
SAID = 4000
"""Characters of a dead worker's last words: from their beginning, and from their end."""


def answers(
    worker: Sequence[str], items: Sequence[str], environ: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """One for each item: if a worker dies, the item that it was at has failed ("kind": "crash"), and another goes on.

    `worker`: module and first arguments.
    """
    left = list(items)
    while left:
        command = [sys.executable, "-m", *worker, *left]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None and process.stderr is not None
        errors: list[str] = []
        reader = threading.Thread(target=_drain, args=(process.stderr, errors))
        reader.start()
        current: str | None = None
        for line in process.stdout:
            answer = json.loads(line)
            if "begins" in answer:
                current = answer["begins"]
            else:
                left.remove(answer["item"])
                current = None
                yield answer
        status = process.wait()
        reader.join()
        if left:
            died = current if current is not None else left[0]
            left.remove(died)
            said = errors[0] if len(errors[0]) <= 2 * SAID else f"{errors[0][:SAID]}\n[...]\n{errors[0][-SAID:]}"
            yield {"item": died, "kind": "crash", "detail": f"exit status {status}\n{said}", "packets": 0}


def _drain(stream: IO[str], into: list[str]) -> None:
    into.append(stream.read())
