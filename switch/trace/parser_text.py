"""What an operation of a parser state is, in a few words."""

from __future__ import annotations

from switch.bmv2_json.program import Advance, Const, Extract, Header, HeaderType, ParserOp, ParseState, Stack, Verify


def operation_text(state: ParseState, operation: str) -> str:
    """`operation`: its place in the state, or `select`."""
    if operation == "select":
        return "select"
    place = int(operation)
    if place >= len(state.ops):
        return "transition"
    return _text(state.ops[place])


def _text(op: ParserOp) -> str:
    match op:
        case Extract(to, member, length):
            header_type = _type(to, member)
            size = f"{header_type.fixed_bits // 8} bytes" + (" and more" if header_type.varbit or length else "")
            where = f" into {to.name}.next" if not isinstance(to, Header) else f" {to.name}"
            return f"extract{where} ({size})"
        case Verify():
            return "verify"
        case Advance(bits):
            return f"advance by {bits.value // 8} bytes" if isinstance(bits, Const) else "advance"
        case _:
            return op.op


def _type(to: object, member: int) -> HeaderType:
    if isinstance(to, (Header, Stack)):
        return to.type
    members: HeaderType = to.type.members[member][1]  # type: ignore[attr-defined]  # a UnionStack
    return members
