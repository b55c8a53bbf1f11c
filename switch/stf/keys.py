"""The value of a key as an STF file writes it -> a match of the field's kind.

The rules are those of p4c's test runner, so that a file means the same to both: a `*` digit matches anything, and a
ternary value masks only the digits that are written: 0x12 on a 16-bit field asks for the low byte alone. Behind an lpm
value without `/` the digits give the prefix' length: 0x0a****** is 10.0.0.0/8. Decimal values ask for the whole field.
`VALUE&&&MASK` and `LOW..HIGH` are ours; p4c's runner has no notation for range fields.
"""

from __future__ import annotations

from switch.bmv2_json.program import KeyField
from switch.errors import InvalidArgument
from switch.stf.reader import to_integer
from switch.values import Exact, Lpm, Match, Range, Ternary

_BITS = {"0x": 4, "0b": 1}


def match_of(text: str, field: KeyField) -> Match:
    """Raises InvalidArgument where the value cannot be of this field's kind."""
    full = (1 << field.width) - 1
    match field.kind:
        case "exact":
            if not text.replace("x", "").isalnum():
                raise InvalidArgument(f"{field.name} matches exactly; {text} is no plain value")
            return Exact(to_integer(text))
        case "lpm":
            value, length = _prefix(text, field.width)
            return Lpm(value & full & ~((1 << field.width - length) - 1), length)
        case "ternary":
            value, mask = _masked(text, full, field.name)
            if value & mask & ~full:
                raise InvalidArgument(f"{field.name} has {field.width} bits; {text} has more")
            return Ternary(value & mask & full, mask & full)
        case _:
            low, _, high = text.partition("..")
            if "/" in text or "&" in text or "*" in text:
                raise InvalidArgument(f"{field.name} matches a range: LOW..HIGH or one value, not {text}")
            return Range(to_integer(low), to_integer(high or low))


def match_all(field: KeyField) -> Match:
    """What a field matches that an entry does not name: anything, and 0 where only one value can be matched."""
    match field.kind:
        case "exact":
            return Exact(0)
        case "lpm":
            return Lpm(0, 0)
        case "ternary":
            return Ternary(0, 0)
        case _:
            return Range(0, (1 << field.width) - 1)


def _prefix(text: str, width: int) -> tuple[int, int]:
    """(value, prefix length)"""
    value, slash, length = text.partition("/")
    if slash:
        return to_integer(value.replace("*", "0")), _at_most(to_integer(length), width)
    bits = _BITS.get(value[:2].lower())
    if bits is None:
        return to_integer(value), width
    digits = len(value) - 2 - value.count("*")
    return to_integer(value.replace("*", "0")), min(width, digits * bits)


def _at_most(length: int, width: int) -> int:
    if length > width:
        raise InvalidArgument(f"a prefix of {length} bits in a field of {width}")
    return length


def _masked(text: str, full: int, name: str) -> tuple[int, int]:
    """(value, mask)"""
    value, sign, mask = text.partition("&&&")
    if sign:
        return to_integer(value), to_integer(mask)
    if "/" in text or ".." in text:
        raise InvalidArgument(f"{name} is ternary: a value, `*` for any digit, or VALUE&&&MASK, not {text}")
    bits = _BITS.get(text[:2].lower())
    if bits is None:
        return to_integer(text), full
    found = 0
    for digit in text[2:]:
        found = found << bits | (0 if digit == "*" else (1 << bits) - 1)
    return to_integer(text.replace("*", "0")), found
