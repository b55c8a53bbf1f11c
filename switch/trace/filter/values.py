"""Values in filters: numbers, addresses, prefixes and ranges."""

from __future__ import annotations

import ipaddress
import re

from switch.trace.filter.syntax import FilterError, Word
from switch.trace.filter.tests import Between

_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")


def between(text: str, word: Word, comparison: str, width: int, mask: int) -> Between:
    """The test `number & mask COMPARISON word` on a number of `width` bits. Raises FilterError."""
    full = (1 << width) - 1
    if ".." in word.text:
        first, _, last = word.text.partition("..")
        _only(text, word, comparison, "a range")
        low, high = (_number(text, Word(part, word.at), width) for part in (first, last))
        if low > high:
            raise FilterError(text, word.at, f"the range {word.text} is empty")
        return Between(low, high, mask, comparison == "!=")
    if "/" in word.text:
        address, _, length = word.text.partition("/")
        _only(text, word, comparison, "a prefix")
        if not length.isdigit() or int(length) > width:
            raise FilterError(text, word.at, f"the prefix length is 0 to {width} here")
        mask &= full & ~((1 << width - int(length)) - 1)
        value = _number(text, Word(address, word.at), width) & mask
        return Between(value, value, mask, comparison == "!=")
    value = _number(text, word, width)
    match comparison:
        case "==" | "!=":
            return Between(value, value, mask, comparison == "!=")
        case "<":
            return Between(0, value - 1, mask) if value else Between(1, 0, mask)
        case "<=":
            return Between(0, value, mask)
        case ">":
            return Between(value + 1, full, mask) if value < full else Between(1, 0, mask)
        case _:
            return Between(value, full, mask)


def _only(text: str, word: Word, comparison: str, what: str) -> None:
    if comparison not in ("==", "!="):
        raise FilterError(text, word.at, f"{what} goes with == and != only")


def _number(text: str, word: Word, width: int) -> int:
    value = _read(word.text)
    if value is None:
        raise FilterError(text, word.at, f"{word.text} is no number and no address")
    if value >> width:
        raise FilterError(text, word.at, f"{word.text} has more than the {width} bits that are compared")
    return value


def _read(text: str) -> int | None:
    if _MAC.fullmatch(text):
        return int(text.replace(":", ""), 16)
    try:
        return int(text, 0)
    except ValueError:
        pass
    if text.isdigit():  # with leading zeros
        return int(text)
    try:
        return int(ipaddress.ip_address(text))
    except ValueError:
        return None
