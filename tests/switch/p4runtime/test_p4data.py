"""P4Data of every type, and registers. Oracle: P4Runtime 1.5, the section that each test names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from device import DELETE, INSERT, MODIFY, Device, entities
from finsy.proto import p4d, p4t
from google.protobuf import text_format

from switch.p4runtime import p4data
from switch.p4runtime.status import INVALID_ARGUMENT, OUT_OF_RANGE, StatusError
from switch.p4runtime.translation import Types, string_types

INFO = text_format.Parse(
    """
    structs { key: "s" value {
      members { name: "a" type_spec { bitstring { bit { bitwidth: 4 } } } }
      members { name: "b" type_spec {
        tuple { members { bool { } } members { bitstring { int { bitwidth: 8 } } } } } } } }
    headers { key: "h" value {
      members { name: "x" type_spec { bit { bitwidth: 8 } } }
      members { name: "y" type_spec { int { bitwidth: 8 } } } } }
    headers { key: "g" value { members { name: "z" type_spec { bit { bitwidth: 16 } } } } }
    header_unions { key: "u" value {
      members { name: "first" header { name: "h" } } members { name: "second" header { name: "g" } } } }
    enums { key: "e" value { members { name: "A" } members { name: "B" } } }
    serializable_enums { key: "se" value { underlying_type { bitwidth: 8 } members { name: "one" value: "\\001" } } }
    error { members: "NoError" members: "PacketTooShort" }
    new_types { key: "plain" value { original_type { bitstring { bit { bitwidth: 12 } } } } }
    new_types { key: "number" value { translated_type { sdn_bitwidth: 32 } } }
    new_types { key: "text" value { translated_type { sdn_string { } } } }
    """,
    p4t.P4TypeInfo(),
)

# type, value, leaves, widths of the leaves
VALUES = [
    ("bitstring { bit { bitwidth: 12 } }", 'bitstring: "\\001\\002"', [0x102], [12]),
    ("bitstring { int { bitwidth: 12 } }", 'bitstring: "\\375\\035"', [0xD1D], [12]),
    ("bool { }", "bool: true", [1], [1]),
    (
        "tuple { members { bool { } } members { bool { } } }",
        "tuple { members { bool: true } members { bool: false } }",
        [1, 0],
        [1, 1],
    ),
    (
        'struct { name: "s" }',
        'struct { members { bitstring: "\\005" } '
        'members { tuple { members { bool: true } members { bitstring: "\\200" } } } }',
        [5, 1, 0x80],
        [4, 1, 8],
    ),
    (
        'header { name: "h" }',
        'header { is_valid: true bitstrings: "\\001" bitstrings: "\\377" }',
        [1, 1, 0xFF],
        [1, 8, 8],
    ),
    ('header { name: "h" }', "header { }", [0, 0, 0], [1, 8, 8]),
    (
        'header_union { name: "u" }',
        'header_union { valid_header_name: "second" valid_header { is_valid: true bitstrings: "\\001\\002" } }',
        [0, 0, 0, 1, 0x102],
        [1, 8, 8, 1, 16],
    ),
    ('header_union { name: "u" }', "header_union { }", [0, 0, 0, 0, 0], [1, 8, 8, 1, 16]),
    (
        'header_stack { header { name: "g" } size: 2 }',
        'header_stack { entries { is_valid: true bitstrings: "\\007" } entries { } }',
        [1, 7, 0, 0],
        [1, 16, 1, 16],
    ),
    (
        'header_union_stack { header_union { name: "u" } size: 1 }',
        'header_union_stack { entries { valid_header_name: "first" valid_header { is_valid: true '
        'bitstrings: "\\001" bitstrings: "\\002" } } }',
        [1, 1, 2, 0, 0],
        [1, 8, 8, 1, 16],
    ),
    ('enum { name: "e" }', 'enum: "B"', [1], [32]),
    ("error { }", 'error: "PacketTooShort"', [1], [32]),
    ('serializable_enum { name: "se" }', 'enum_value: "\\001"', [1], [8]),
    ('new_type { name: "plain" }', 'bitstring: "\\017\\377"', [0xFFF], [12]),
    ('new_type { name: "number" }', 'bitstring: "\\007"', [7], [32]),
    ('new_type { name: "text" }', 'bitstring: "red"', [1], [0]),
]


def spec(text: str) -> p4t.P4DataTypeSpec:
    return text_format.Parse(text, p4t.P4DataTypeSpec())


def data(text: str) -> p4d.P4Data:
    return text_format.Parse(text, p4d.P4Data())


@pytest.mark.parametrize(("type_", "value", "leaves", "widths"), VALUES)
def test_a_value_becomes_its_leaves_and_comes_back(
    type_: str, value: str, leaves: list[int], widths: list[int]
) -> None:
    """ "P4Data in p4runtime.proto": the canonical representation of each type."""
    types = Types(INFO, string_types(INFO))
    assert p4data.decode(spec(type_), types, data(value), "x") == leaves
    assert p4data.encode(spec(type_), types, iter(leaves)) == data(value)
    assert p4data.widths(spec(type_), types) == widths


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [
        # "Bytestrings": OUT_OF_RANGE; the table of invalid encodings
        ("bitstring { bit { bitwidth: 8 } }", 'bitstring: "\\001\\143"', OUT_OF_RANGE),
        ("bitstring { bit { bitwidth: 8 } }", 'bitstring: ""', OUT_OF_RANGE),
        ("bitstring { bit { bitwidth: 16 } }", 'bitstring: "\\001\\000\\143"', OUT_OF_RANGE),
        ("bitstring { bit { bitwidth: 12 } }", 'bitstring: "\\020\\143"', OUT_OF_RANGE),
        ("bitstring { bit { bitwidth: 12 } }", 'bitstring: "\\000\\100\\143"', OUT_OF_RANGE),
        ("bitstring { int { bitwidth: 8 } }", 'bitstring: "\\000\\235"', OUT_OF_RANGE),
        ("bitstring { int { bitwidth: 12 } }", 'bitstring: "\\215\\035"', OUT_OF_RANGE),
        ("bitstring { int { bitwidth: 16 } }", 'bitstring: ""', OUT_OF_RANGE),
        ('serializable_enum { name: "se" }', 'enum_value: "\\001\\000"', OUT_OF_RANGE),
        # the shape is not the type's
        ("bitstring { bit { bitwidth: 8 } }", "bool: true", INVALID_ARGUMENT),
        ("bool { }", "", INVALID_ARGUMENT),
        ('struct { name: "s" }', 'struct { members { bitstring: "\\005" } }', INVALID_ARGUMENT),
        ('header { name: "h" }', 'header { is_valid: true bitstrings: "\\001" }', INVALID_ARGUMENT),
        ('header { name: "h" }', 'header { bitstrings: "\\001" bitstrings: "\\001" }', INVALID_ARGUMENT),
        ('header_union { name: "u" }', 'header_union { valid_header_name: "third" }', INVALID_ARGUMENT),
        ('header_union { name: "u" }', 'header_union { valid_header_name: "first" }', INVALID_ARGUMENT),
        ('header_stack { header { name: "g" } size: 2 }', "header_stack { entries { } }", INVALID_ARGUMENT),
        ('enum { name: "e" }', 'enum: "C"', INVALID_ARGUMENT),
        ("error { }", 'error: "Nothing"', INVALID_ARGUMENT),
        ('new_type { name: "text" }', 'bitstring: ""', INVALID_ARGUMENT),
    ],
)
def test_what_is_no_value_of_the_type_is_refused(type_: str, value: str, code: int) -> None:
    """ "RegisterEntry": INVALID_ARGUMENT for another format; "Bytestrings": OUT_OF_RANGE."""
    with pytest.raises(StatusError) as caught:
        p4data.decode(spec(type_), Types(INFO, string_types(INFO)), data(value), "x")
    assert caught.value.code == code


# ---- "RegisterEntry"


@pytest.fixture
def device() -> Iterator[Device]:
    with entities() as made:
        yield made


def cell(name: str, value: str, index: int | None = 0) -> str:
    where = "" if index is None else f"index {{ index: {index} }}"
    return f"register_entry {{ register_id: <{name}> {where} {f'data {{ {value} }}' if value else ''} }}"


@pytest.mark.parametrize(
    ("name", "value", "zero"),
    [
        ("reg", 'bitstring: "\\017\\376"', 'bitstring: "\\000"'),
        ("reg_signed", 'bitstring: "\\370\\000"', 'bitstring: "\\000"'),
        ("reg_plain", 'bitstring: "\\377\\377"', 'bitstring: "\\000"'),
        ("reg_kind", 'enum_value: "\\002"', 'enum_value: "\\000"'),
        ("reg_vrf", 'bitstring: "vrf-red"', 'bitstring: "0"'),
    ],
)
def test_registers_of_every_type_are_written_and_read(device: Device, name: str, value: str, zero: str) -> None:
    """ "RegisterEntry": the data must match the type_spec; "Read-Write Symmetry"."""
    device.reads_back(cell(name, zero), by=cell(name, ""))
    device.modify(cell(name, value))
    device.reads_back(cell(name, value), by=cell(name, ""))
    device.send(op=13)
    if name != "reg":  # which counts
        device.reads_back(cell(name, value), by=cell(name, ""))


def test_what_the_data_plane_writes_is_read(device: Device) -> None:
    """ "Data plane volatile objects": the field data of a RegisterEntry."""
    device.modify(cell("reg", 'bitstring: "\\017\\376"'))
    device.send(op=13)
    device.reads_back(cell("reg", 'bitstring: "\\017\\377"'), by=cell("reg", ""))
    device.send(op=13)
    device.reads_back(cell("reg", 'bitstring: "\\000"'), by=cell("reg", ""))


def test_without_an_index_every_cell_is_meant(device: Device) -> None:
    """ "RegisterEntry": wildcard reads and writes by leaving the index field unset."""
    device.modify(cell("reg", 'bitstring: "\\005"', index=None))
    all_cells = [cell("reg", 'bitstring: "\\005"', index=i) for i in range(4)]
    device.reads_back(*all_cells, by=cell("reg", "", index=None))
    assert len(device.read("register_entry { }")) == 4 + 4 * 2


def test_an_insert_writes_as_in_the_specifications_example(device: Device) -> None:
    """ "Example" of "Representation of Arbitrary P4 Types": an Update of type INSERT sets a cell."""
    device.insert(cell("reg", 'bitstring: "\\005"'))
    device.reads_back(cell("reg", 'bitstring: "\\005"'), by=cell("reg", ""))
    assert device.write(DELETE, cell("reg", "")) == "INVALID_ARGUMENT"


def test_an_index_without_an_array_is_read_where_there_is_one(device: Device) -> None:
    """ "Wildcard Reads": a request may omit parts of the key; no array's lack of a cell is an error then."""
    assert [e.register_entry.index.index for e in device.read("register_entry { index { index: 3 } }")] == [3]
    assert len(device.read("register_entry { index { index: 1 } }")) == 5
    assert len(device.read("meter_entry { index { index: 1 } }")) == 3
    for kind in ("counter_entry", "meter_entry", "register_entry"):
        assert device.read(f"{kind} {{ index {{ index: 300 }} }}") == []
        assert device.read_code(f"{kind} {{ index {{ index: -1 }} }}") == "INVALID_ARGUMENT"


def test_what_is_no_register_entry(device: Device) -> None:
    """ "RegisterEntry": INVALID_ARGUMENT for a negative index or another format, OUT_OF_RANGE beyond the array."""
    value = 'bitstring: "\\001"'
    for kind in (INSERT, MODIFY):
        assert device.write(kind, cell("reg", value, index=-1)) == "INVALID_ARGUMENT"
        assert device.write(kind, cell("reg", value, index=4)) == "OUT_OF_RANGE"
        assert device.write(kind, cell("reg", "bool: true")) == "INVALID_ARGUMENT"
        assert device.write(kind, cell("reg", "")) == "INVALID_ARGUMENT"
        assert device.write(kind, cell("reg", 'bitstring: "\\020\\000"')) == "OUT_OF_RANGE"
        assert device.write(kind, "register_entry { register_id: 0 data { bool: true } }") == "INVALID_ARGUMENT"
    assert device.read_code(cell("reg", "", index=4)) == "OUT_OF_RANGE"
    assert device.read_code(cell("reg", "", index=-1)) == "INVALID_ARGUMENT"
    assert device.read_code("register_entry { register_id: 5 }") == "INVALID_ARGUMENT"
