"""Binary strings. Oracle: the two tables of examples in P4Runtime 1.4, "Bytestrings"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.p4runtime import canonical
from switch.p4runtime.status import INVALID_ARGUMENT, StatusError

# (signed, width, value, string, is it the canonical one?)
VALID = [
    (False, 8, 99, b"\x63", True),
    (False, 16, 99, b"\x00\x63", False),
    (False, 16, 99, b"\x63", True),
    (False, 16, 12388, b"\x30\x64", True),
    (False, 16, 12388, b"\x00\x30\x64", False),
    (False, 12, 99, b"\x00\x63", False),
    (False, 12, 99, b"\x63", True),
    (False, 12, 99, b"\x00\x00\x63", False),
    (True, 8, 99, b"\x63", True),
    (True, 8, -99, b"\x9d", True),
    (True, 8, -99, b"\xff\x9d", False),
    (True, 12, -739, b"\xfd\x1d", True),
    (True, 16, 0, b"\x00\x00", False),
    (True, 16, 0, b"\x00", True),
]
INVALID = [
    (False, 8, b"\x01\x63"),
    (False, 8, b""),
    (False, 16, b"\x01\x00\x63"),
    (False, 12, b"\x10\x63"),
    (False, 12, b"\x01\x00\x63"),
    (False, 12, b"\x00\x40\x63"),
    (True, 8, b"\x00\x9d"),
    (True, 12, b"\x8d\x1d"),
    (True, 16, b""),
]


@pytest.mark.parametrize(("signed", "width", "value", "data", "is_canonical"), VALID)
def test_valid_strings(signed: bool, width: int, value: int, data: bytes, is_canonical: bool) -> None:
    decode, encode = (
        (canonical.decode_signed, canonical.encode_signed) if signed else (canonical.decode, canonical.encode)
    )
    assert decode(data, width, "x") == value
    assert (encode(value) == data) is is_canonical


@pytest.mark.parametrize(("signed", "width", "data"), INVALID)
def test_invalid_strings(signed: bool, width: int, data: bytes) -> None:
    decode = canonical.decode_signed if signed else canonical.decode
    with pytest.raises(StatusError) as caught:
        decode(data, width, "x")
    assert caught.value.code == INVALID_ARGUMENT


@given(st.integers(0, 2**130), st.integers(0, 3))
def test_what_is_encoded_is_the_shortest_string_that_decodes_to_it(value: int, zeros: int) -> None:
    data = canonical.encode(value)
    assert canonical.decode(b"\0" * zeros + data, 131, "x") == value
    assert len(data) == 1 or data[0] != 0
    assert canonical.shorten(b"\0" * zeros + data) == data


@given(st.integers(-(2**70), 2**70))
def test_signed_strings_cannot_be_shortened(value: int) -> None:
    data = canonical.encode_signed(value)
    assert canonical.decode_signed(data, 72, "x") == value
    if len(data) > 1:
        assert int.from_bytes(data[1:], "big", signed=True) != value
