"""A case on the model and on the switch: the first difference, if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.bmv2_model import Overload
from tests.bmv2_model.primitives import Endless
from tests.fuzz.native import program as programs
from tests.fuzz.native.case import Case
from tests.fuzz.native.on_model import OnModel, Result, together
from tests.fuzz.native.on_switch import START, OnSwitch


@dataclass
class Outcome:
    difference: str = ""
    """Empty: none."""
    step: int = -1
    """Where it showed; -1: in what was left at the end."""
    packets: int = 0
    """How many were compared."""
    updates: int = 0
    undefined: int = 0
    """Packets that differ because they read fields of invalid headers; the case ends there."""
    overloads: int = 0
    """Packets that go round for longer than the model follows, or of which there are more copies at a time than the
    switch has room for: they are left out."""


def run(case: Case) -> Outcome:
    program = programs.load(case.program)
    outcome = Outcome()
    model = OnModel(case, program, START)
    switch = OnSwitch(case, program)
    model.model.random.state = switch.random
    try:
        for number, step in enumerate(case.steps):
            outcome.step = number
            if step["do"] == "packets":
                done = _packets(step, model, switch, outcome)
            else:
                wanted, got = model.do(step), switch.do(step)
                done = not (got in wanted.split(" or ") if isinstance(wanted, str) else wanted == got)
                outcome.updates += 1
                if done:
                    outcome.difference = f"{step}\n  model:  {wanted}\n  switch: {got}"
            if done:
                return outcome
        outcome.step = -1
        wanted, got = model.state(), switch.state()
        for name in wanted:
            if wanted[name] != got.get(name):
                outcome.difference = f"{name}\n  model:  {wanted[name]}\n  switch: {got.get(name)}"
                return outcome
    finally:
        switch.close()
    return outcome


def _packets(step: Any, model: OnModel, switch: OnSwitch, outcome: Outcome) -> bool:
    """One burst; True if the case cannot go on. What reads undefined fields goes alone, with clean contexts."""
    surface = programs.surface(switch.program)
    at = step["at"]
    defined: list[Any] = []
    results: list[Result] = []
    alone: list[tuple[Any, Result]] = []
    for packet in step["packets"]:
        try:
            result = model.packet(at, *packet)
        except (Overload, Endless):
            outcome.overloads += 1
            if surface.stateful:
                return True  # the model has changed already
            continue
        if result.undefined:
            alone.append((packet, result))
        else:
            defined.append(packet)
            results.append(result)
    if defined:
        before = switch.copies_missing()
        wanted, got = together(results), switch.packets(at, defined)
        if wanted != got and switch.copies_missing() > before:
            outcome.overloads += len(defined)
            return surface.stateful
        if wanted != got:
            outcome.difference = _describe(step, wanted, got)
            return True
    outcome.packets += len(defined)
    for packet, result in alone:
        if result != switch.packets(at, [packet]):
            outcome.undefined += 1
            return True
        outcome.packets += 1
    return False


def _describe(step: Any, wanted: Result, got: Result) -> str:
    lines = [f"packets at {step['at']}"]
    for what in ("packets", "digests"):
        a, b = getattr(wanted, what), getattr(got, what)
        only_model, only_switch = _without(a, b), _without(b, a)
        if only_model or only_switch:
            lines += [
                f"  {what} of the model only:  {only_model[:8]}",
                f"  {what} of the switch only: {only_switch[:8]}",
            ]
    return "\n".join(lines)


def _without(a: list[Any], b: list[Any]) -> list[Any]:
    rest = list(b)
    only = []
    for x in a:
        if x in rest:
            rest.remove(x)
        else:
            only.append(x)
    return only
