"""Binary strings: integers as P4Runtime writes them (P4Runtime 1.4, "Bytestrings").

Sent: the shortest big-endian string, one byte at least. Received: any number of leading zeros (signed: copies of
the sign bit), as long as the value fits the width that P4Info gives. An empty or too wide string is OUT_OF_RANGE, says
"Bytestrings"; but INVALID_ARGUMENT where the section on what carries the string says so: "Match Format", "Action
Specification", "Stream Error Reporting" (packet-outs). That leaves OUT_OF_RANGE to P4Data.
"""

from __future__ import annotations

from switch.p4runtime.status import INVALID_ARGUMENT, StatusError


def encode(value: int) -> bytes:
    """The shortest string of an unsigned value."""
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


def decode(data: bytes, width: int, what: str, code: int = INVALID_ARGUMENT) -> int:
    """The value of a string for `bit<width>`; `what` names the field in the error."""
    value = int.from_bytes(data, "big")
    if value >> width or not data:
        raise _no_value(data, f"bit<{width}>", what, code)
    return value


def encode_signed(value: int) -> bytes:
    """The shortest two's complement string of a signed value."""
    bits = (value if value >= 0 else ~value).bit_length() + 1
    return value.to_bytes((bits + 7) // 8, "big", signed=True)


def decode_signed(data: bytes, width: int, what: str, code: int = INVALID_ARGUMENT) -> int:
    """The value of a string for `int<width>`."""
    value = int.from_bytes(data, "big", signed=True)
    if not data or not -(1 << (width - 1)) <= value < 1 << (width - 1):
        raise _no_value(data, f"int<{width}>", what, code)
    return value


def shorten(data: bytes) -> bytes:
    """The canonical form of a string that is known to be in range."""
    return data.lstrip(b"\0") or b"\0"


def _no_value(data: bytes, type_name: str, what: str, code: int) -> StatusError:
    if not data:
        return StatusError(code, f"{what}: an empty byte string is no value of {type_name}")
    shown = data.hex() if len(data) <= 20 else data[:20].hex() + "..."
    return StatusError(code, f"{what}: 0x{shown} does not fit {type_name}")
