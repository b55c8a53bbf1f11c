"""`p4gate compile --watch` compiles at every change and ends when it is told to. Oracle: the lines it prints, waited
for, and the files it writes.
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from calling import ROOT, program

PATIENCE = 60
"""Seconds after which a line that does not come fails the test."""


class Watcher:
    """A watching process; `line` waits for the next line that it prints."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "p4gate", "compile", "--watch", *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        return self._lines.get(timeout=PATIENCE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return program(tmp_path / "src")


@pytest.fixture
def watcher(source: Path, tmp_path: Path) -> Iterator[Watcher]:
    started = Watcher(source, "-o", tmp_path / "build", "-I", tmp_path / "early")
    yield started
    started.process.kill()
    started.process.wait()


def test_every_change_of_a_file_that_was_read_is_one_run(source: Path, watcher: Watcher, tmp_path: Path) -> None:
    info = tmp_path / "build" / "p.p4info.txtpb"
    assert watcher.line() == f"{source}: ok"
    assert "size: 16" in info.read_text()

    (source.parent / "sizes.p4").write_text("#define SIZE 32\n")
    assert watcher.line() == f"{source}: ok"
    assert "size: 32" in info.read_text()

    text = source.read_text()
    source.write_text(text.replace("size = SIZE", "size = NOWHERE"))
    assert watcher.line() == f"{source}: failed, 1 error"

    new = source.with_suffix(".new")  # as editors save
    new.write_text(text)
    new.replace(source)
    assert watcher.line() == f"{source}: ok"

    (source.parent / "sizes.p4").unlink()
    assert watcher.line().startswith(f"{source}: failed")
    (tmp_path / "early").mkdir()  # a place in the search path where it was looked for
    (tmp_path / "early" / "sizes.p4").write_text("#define SIZE 64\n")
    assert watcher.line() == f"{source}: ok"
    assert "size: 64" in info.read_text()


def test_with_json_every_run_is_one_line(source: Path, tmp_path: Path) -> None:
    watcher = Watcher(source, "-o", tmp_path / "build", "--json")
    try:
        assert json.loads(watcher.line())["ok"] is True
        source.write_text(source.read_text() + "struct meta_t { }\n")
        document = json.loads(watcher.line())
        assert document["ok"] is False and document["diagnostics"][0]["kind"] == "duplicate"
    finally:
        watcher.process.kill()
        watcher.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(source: Path, watcher: Watcher, number: signal.Signals) -> None:
    watcher.line()
    watcher.process.send_signal(number)
    assert watcher.process.wait(timeout=PATIENCE) == 0
