"""Parser value sets. Oracle: P4Runtime 1.5, "ValueSetEntry", "ValueSet"; packets against a plain comparison."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from device import DELETE, INSERT, MODIFY, Device, entities, golden
from hypothesis import given
from hypothesis import strategies as st

from switch.loaded_value_set import prefixes

ALL = "value_set_entry { }"


@pytest.fixture
def device() -> Iterator[Device]:
    with entities() as made:
        yield made


def members(*keys: str) -> str:
    return f"value_set_entry {{ value_set_id: <known> {' '.join(f'members {{ {key} }}' for key in keys)} }}"


EXACT = 'match { field_id: 1 exact { value: "\\005" } }'
TERNARY = 'match { field_id: 2 ternary { value: "\\x12\\x04" mask: "\\xff\\x0f" } }'
RANGE = 'match { field_id: 3 range { low: "\\x13" high: "\\x7e" } }'
LPM = 'match { field_id: 4 lpm { value: "\\xa8" prefix_len: 5 } }'
OPTIONAL = 'match { field_id: 5 optional { value: "\\001" } }'


def matches(key: int, a: int, r: int, fields: str) -> bool:
    """Linear, by the book."""
    return (
        key == 5
        and ("2" not in fields or (a >> 16) & 0xFF0F == 0x1204)
        and ("3" not in fields or 0x13 <= (a >> 8) & 0xFF <= 0x7E)
        and ("4" not in fields or (a & 0xFF) >> 3 == 0xA8 >> 3)
        and ("5" not in fields or r == 1)
    )


@pytest.mark.parametrize("fields", ["2345", "2", "3", "4", "5", "", "34"])
def test_members_of_every_match_kind_match_in_the_parser(device: Device, fields: str) -> None:
    """ "ValueSetEntry": FieldMatch messages follow the same rules as in a TableEntry; don't care is left out."""
    key = EXACT + "".join(text for n, text in zip("2345", (TERNARY, RANGE, LPM, OPTIONAL), strict=True) if n in fields)
    written = members(key)
    device.modify(written)
    device.reads_back(written, by="value_set_entry { value_set_id: <known> }")
    for k in (5, 4):
        for high in (0x1204, 0x12F4, 0x1214, 0x1304):
            for middle in (0x12, 0x13, 0x40, 0x7E, 0x7F, 0xFF):
                for low in (0xA8, 0xAF, 0xA7, 0xB0):
                    for r in (0, 1):
                        a = high << 16 | middle << 8 | low
                        [(_, sent)] = device.send(op=14, key=k, a=a, r=r)
                        assert (sent["r"] == 0x77) == matches(k, a, r, fields), (fields, k, hex(a), r)


@given(st.integers(1, 12), st.data())
def test_a_range_is_covered_by_prefixes_exactly(width: int, data: st.DataObject) -> None:
    low = data.draw(st.integers(0, 2**width - 1))
    high = data.draw(st.integers(low, 2**width - 1))
    pairs = list(prefixes(low, high, width))
    assert len(pairs) <= max(1, 2 * width - 2)
    assert [sum(v & m == value for value, m in pairs) for v in range(2**width)] == [
        int(low <= v <= high) for v in range(2**width)
    ]


def test_what_a_value_set_refuses(device: Device) -> None:
    """ "ValueSetEntry": MODIFY only; RESOURCE_EXHAUSTED above its size, ALREADY_EXISTS for duplicate members."""
    keys = [f'match {{ field_id: 1 exact {{ value: "\\{n:03o}" }} }}' for n in range(5)]
    assert device.write(INSERT, members(EXACT)) == device.write(DELETE, members(EXACT)) == "INVALID_ARGUMENT"
    assert device.write(MODIFY, members(*keys)) == "RESOURCE_EXHAUSTED"
    assert device.write(MODIFY, members(EXACT, EXACT)) == "ALREADY_EXISTS"
    assert (
        device.write(MODIFY, members(EXACT, 'match { field_id: 1 exact { value: "\\000\\005" } }')) == "ALREADY_EXISTS"
    )
    assert device.write(MODIFY, members(RANGE)) == "INVALID_ARGUMENT"  # the exact field is missing
    assert device.write(MODIFY, "value_set_entry { value_set_id: 0 }") == "INVALID_ARGUMENT"
    full = members(*keys[:4])
    device.modify(full)
    device.reads_back(full, by=ALL)
    device.modify(members())
    device.reads_back(members(), by=ALL)
    assert device.read_code("value_set_entry { value_set_id: 77 }") == "INVALID_ARGUMENT"


def test_a_wildcard_read_gives_every_value_set() -> None:
    """ "Wildcard Reads": a default id stands for all."""
    with golden("parser_value_set") as device:
        assert len(device.read(ALL)) == 2
