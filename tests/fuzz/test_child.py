"""Children with limits. Oracle: what each piece of work is written to do."""

from __future__ import annotations

import os
from pathlib import Path

from tests.fuzz.child import BYTES, Answer, answer


def _answers(word: str) -> Answer:
    return word, ""


def _takes_memory() -> Answer:
    return str(len(bytearray(2 * BYTES))), ""


def _dies() -> Answer:
    os.abort()


def _raises() -> Answer:
    raise KeyError("this one")


def _threads_of_its_parent() -> Answer:
    status = Path(f"/proc/{os.getppid()}/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith("Threads:")), ""


def test_a_child_answers() -> None:
    assert answer(_answers, "fine") == ("fine", "")


def test_what_goes_wrong_in_a_child_is_told() -> None:
    assert answer(_takes_memory)[0] == "memory"
    assert answer(_dies) == ("crash", "exit status -6")
    kind, detail = answer(_raises)
    assert kind == "KeyError" and "this one" in detail


def test_children_are_forked_from_a_process_without_other_threads() -> None:
    assert answer(_threads_of_its_parent) == ("1", "")
