"""Which case of a select matched: the program's transitions tried on the values that the traced parser saw."""

from __future__ import annotations

from collections.abc import Mapping

from switch.bmv2_json.parsers import key_width
from switch.bmv2_json.program import (
    Computed,
    FieldRef,
    Header,
    KeyPart,
    Lookahead,
    ParseState,
    Transition,
    ValidBit,
)
from switch.trace.events import FieldValue, Select
from switch.trace.nearest import match_text, matches
from switch.values import Match, Ternary

Members = Mapping[str, tuple[tuple[Match, ...], ...]]  # of value sets


def key_of(state: ParseState, values: list[int]) -> tuple[FieldValue, ...]:
    widths = [key_width(k) for k in state.key]
    return tuple(
        FieldValue(_part_name(k), v & (1 << w) - 1, w) for k, v, w in zip(state.key, values, widths, strict=True)
    )


def taken(state: ParseState, key: tuple[FieldValue, ...], value_sets: Members) -> Select:
    """The transition that this key takes. No case and no default: the parser ends with NoMatch or accepts."""
    widths = [f.width for f in key]
    for t in state.transitions:
        if t.value_set is not None:
            if any(_member(key, m) for m in value_sets.get(t.value_set.name, ())):
                return Select(key, f"value set {t.value_set.name}", t.next)
        elif t.value is None:
            return Select(key, None, t.next)
        else:
            case = _case(t, widths)
            if all(matches(f.value, m, f.width) for f, m in zip(key, case, strict=True)):
                return Select(key, ", ".join(match_text(m, w) for m, w in zip(case, widths, strict=True)), t.next)
    return Select(key, None, None)


def _member(key: tuple[FieldValue, ...], member: tuple[Match, ...]) -> bool:
    return all(matches(f.value, m, f.width) for f, m in zip(key, member, strict=True))


def _case(t: Transition, widths: list[int]) -> list[Match]:
    assert t.value is not None
    values = _split(t.value, widths)
    masks = _split(t.mask, widths) if t.mask is not None else [(1 << w) - 1 for w in widths]
    cut = [mask & (1 << width) - 1 for mask, width in zip(masks, widths, strict=True)]
    return [Ternary(value & mask, mask) for value, mask in zip(values, cut, strict=True)]


def _split(padded: int, widths: list[int]) -> list[int]:
    """The fields of a transition value: each padded to bytes, the first most significant."""
    parts = []
    for width in reversed(widths):
        size = 8 * ((width + 7) // 8)
        parts.append(padded & (1 << size) - 1)
        padded >>= size
    return parts[::-1]


def _part_name(part: KeyPart) -> str:
    match part:
        case Lookahead(offset, width):
            return f"lookahead({offset}, {width})" if offset else f"lookahead({width})"
        case FieldRef(header, f):
            return f"{_header_name(header)}.{f.name}"
        case ValidBit(header):
            return f"{_header_name(header)}.isValid()"
        case Computed():
            return "expression"


def _header_name(header: object) -> str:
    if isinstance(header, Header):
        return header.name
    stack = getattr(header, "stack", None)
    return f"{stack.name}.last" if stack is not None else "union"
