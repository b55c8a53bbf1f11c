"""Jumps inside actions as gotos. Those that go back are loops, which end when a packet is out of turns (actions.h)."""

from __future__ import annotations

from typing import cast

from switch.bmv2_json.program import Action, ActionCall, Const, ControlNode, Primitive, Table


def target(p: Primitive) -> int | None:
    """Where a jump goes; None: it is none."""
    return cast(Const, p.args[-1]).value if p.op in ("_jump", "_jump_if_zero") else None


def jumps_back(primitives: tuple[Primitive, ...]) -> bool:
    return any(to is not None and to <= i for i, to in enumerate(map(target, primitives)))


def targets(primitives: tuple[Primitive, ...]) -> set[int]:
    """Before which primitives there must be a label; a loop may have to leave for the end."""
    found = {to for to in map(target, primitives) if to is not None}
    return found | {len(primitives)} if jumps_back(primitives) else found


def jump(i: int, p: Primitive, end: int, when: str = "") -> list[str]:
    """From primitive `i` of `end`, always or `when` ("if (...)") it is to be."""
    to = target(p)
    assert to is not None
    if to > i:
        return [when, f"    goto to_{to};"] if when else [f"goto to_{to};"]
    back = ["if (out_of_turns(w, p))", f"    goto to_{end};", f"goto to_{to};"]
    return [f"{when} {{", *("    " + line for line in back), "}"] if when else back


def has_loop(node: ControlNode) -> bool:
    """Does one of its actions loop?"""
    actions: tuple[Action, ...] = ()
    if isinstance(node, Table):
        actions = node.actions
    elif isinstance(node, ActionCall):
        actions = (node.action,)
    return any(jumps_back(a.primitives) for a in actions)
