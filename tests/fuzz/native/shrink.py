"""Fewer steps and packets with the same difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fuzz.native.case import Case, Step

Fails = Callable[[Case], bool]


def shrink(case: Case, fails: Fails, attempts: int = 400) -> Case:
    """A smaller case for which `fails` still holds; asks it `attempts` times at most."""
    left = attempts

    def still(candidate: Case) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    before: Case | None = None
    while before != case and left > 0:
        before = case
        case = case.with_steps(_fewer(list(case.steps), lambda steps: still(case.with_steps(steps))))  # noqa: B023
        for i, step in enumerate(case.steps):
            if step["do"] == "packets" and len(step["packets"]) > 1:
                case = _fewer_packets(case, i, still)
        for i, step in enumerate(case.steps):
            if step["do"] == "packets":
                case = _shorter(case, i, still)
    return case


def _fewer(items: list[Any], fails: Callable[[list[Any]], bool]) -> list[Any]:
    """Drop runs of halves first, then quarters ... then single ones."""
    size = max(1, len(items) // 2)
    while size >= 1:
        begin = 0
        while begin < len(items):
            fewer = items[:begin] + items[begin + size :]
            if fails(fewer):
                items = fewer
            else:
                begin += size
        size //= 2
    return items


def _with(case: Case, i: int, step: Step) -> Case:
    return case.with_steps([*case.steps[:i], step, *case.steps[i + 1 :]])


def _fewer_packets(case: Case, i: int, fails: Fails) -> Case:
    step = case.steps[i]
    packets = _fewer(step["packets"], lambda p: bool(p) and fails(_with(case, i, step | {"packets": p})))
    return _with(case, i, step | {"packets": packets})


def _shorter(case: Case, i: int, fails: Fails) -> Case:
    """Cut the end off."""
    packets = case.steps[i]["packets"]
    if len(packets) != 1:
        return case
    port, text = packets[0]
    for size in (len(text) // 4 * 2, len(text) - 16, len(text) - 2):
        if size >= 0:
            candidate = _with(case, i, case.steps[i] | {"packets": [[port, text[:size]]]})
            if fails(candidate):
                case, text = candidate, text[:size]
    return case
