"""C expressions with the interval of their mathematical value.

BMv2 computes with integers of any size and cuts on store. The generated C must give the same results, so each
expression carries the interval [low, high] that its value can be in, and is computed in the smallest class that holds
it: u64, s64, u128, s128 or wide (struct wide of runtime/wide.h).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Class: TypeAlias = Literal["u64", "s64", "u128", "s128", "wide"]

CTYPE: dict[Class, str] = {
    "u64": "uint64_t",
    "s64": "int64_t",
    "u128": "unsigned __int128",
    "s128": "__int128",
    "wide": "struct wide",
}


BITS: dict[Class, int] = {"u64": 64, "s64": 64, "u128": 128, "s128": 128}


@dataclass(frozen=True, slots=True)
class Interval:
    low: int
    high: int

    def __or__(self, other: Interval) -> Interval:
        return Interval(min(self.low, other.low), max(self.high, other.high))

    @property
    def natural(self) -> bool:
        return self.low >= 0

    @property
    def bits(self) -> int:
        """Width of a two's complement number that holds it (unsigned where it is natural)."""
        if self.natural:
            return max(1, self.high.bit_length())
        return max((-self.low - 1).bit_length(), max(self.high, 0).bit_length()) + 1

    @property
    def c_class(self) -> Class:
        if self.natural:
            return "u64" if self.high < 1 << 64 else "u128" if self.high < 1 << 128 else "wide"
        return "s64" if self.bits <= 64 else "s128" if self.bits <= 128 else "wide"


def unsigned(width: int) -> Interval:
    return Interval(0, (1 << width) - 1)


def hull(*intervals: Interval) -> Interval:
    """The smallest interval that holds all of them."""
    found = intervals[0]
    for i in intervals[1:]:
        found |= i
    return found


def low_class(bits: int) -> Class:
    """The class in which arithmetic modulo 2^bits is done."""
    return "u64" if bits <= 64 else "u128" if bits <= 128 else "wide"


@dataclass(frozen=True, slots=True)
class C:
    """C text of class `cls`; `atom`: needs no parentheses; `small`: its C type may be narrower (and promote to int)."""

    text: str
    cls: Class
    atom: bool = False
    small: bool = False

    def __str__(self) -> str:
        return self.text if self.atom else f"({self.text})"


def constant(value: int, cls: Class) -> C:
    """`value` must fit the class, or is taken modulo its width."""
    if cls == "wide":
        if -(1 << 127) <= value < 1 << 127:
            return C(f"wide_from_signed({int128(value)})", cls, True)
        size = value.bit_length() // 64 + 1 if value < 0 else (value.bit_length() + 63) // 64  # a sign bit, too
        limbs = [f"{value >> 64 * i & (1 << 64) - 1:#x}u" for i in range(size)]
        text = "{" + ", ".join(limbs) + "}" + (" /* negative */" if value < 0 else "")
        positive = f"((struct wide){{.limb = {text}}})"
        return C(positive if value >= 0 else f"wide_sign({positive}, {64 * len(limbs)})", cls, True)
    if cls in ("u64", "u128"):
        value &= (1 << (64 if cls == "u64" else 128)) - 1
    if cls in ("u128", "s128"):
        text = int128(value)
        if cls == "s128" and text.startswith("((unsigned"):  # else ?: and comparisons would be done unsigned
            text = f"(__int128){text}"
        return C(text, cls, False)
    return C(small_constant(value), cls, value >= 0, -(1 << 31) <= value < 1 << 32)


def small_constant(value: int) -> str:
    if value < 0:
        return str(value) if value > -(1 << 63) else "INT64_MIN"
    if value < 10:
        return str(value)
    if value < 1 << 31:
        return hex(value)
    return f"{value:#x}u" if value < 1 << 32 else f"UINT64_C({value:#x})"


def int128(value: int) -> str:
    if -(1 << 63) < value < 1 << 63:
        return f"(__int128){value}"
    value &= (1 << 128) - 1
    return f"((unsigned __int128)UINT64_C({value >> 64:#x}) << 64 | UINT64_C({value & (1 << 64) - 1:#x}))"


def convert(c: C, cls: Class) -> C:
    """The same value in another class (modulo its width where it does not fit)."""
    if c.cls == cls:
        return c
    if cls == "wide":
        return C(f"wide_from{'_signed' if c.cls in ('s64', 's128') else ''}({c.text})", cls, True)
    if c.cls == "wide":
        low = f"wide_low({c.text})"
        return C(low if cls == "u128" else f"({CTYPE[cls]}){low}", cls, cls == "u128")
    return C(f"({CTYPE[cls]}){c}", cls)


def operand(c: C, cls: Class) -> str:
    """Text of an operand whose C type must be that of the class (a narrower one would be promoted to int)."""
    converted = convert(c, cls)
    if converted.small or converted is not c:
        return f"({CTYPE[cls]}){c}" if cls != "wide" and c.cls != "wide" else str(converted)
    return str(converted)
