"""P4Data: values of arbitrary P4 types, as registers and digests carry them (P4Runtime 1.4, "Representation of
Arbitrary P4 Types"). The engine knows such a value as the flat list of its leaves, each as an unsigned bit pattern:
of a header its validity and then its fields, of a union those of each of its headers, of a stack those of each element.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finsy.proto import p4d, p4t

from switch.p4runtime import canonical
from switch.p4runtime.status import INVALID_ARGUMENT, OUT_OF_RANGE, UNIMPLEMENTED, StatusError
from switch.p4runtime.translation import Types

ENUM_WIDTH = 32  # of an enum without a type of its own, and of error, in BMv2's data plane


def encode(spec: p4t.P4DataTypeSpec, types: Types, leaves: Iterator[int]) -> p4d.P4Data:
    """Take as many leaves as the type has and return the value they make."""
    data = p4d.P4Data()
    kind = spec.WhichOneof("type_spec")
    if kind == "bitstring":
        data.bitstring = _encode_bits(spec.bitstring, next(leaves))
    elif kind == "bool":
        data.bool = bool(next(leaves))
    elif kind == "tuple":
        data.tuple.members.extend(encode(member, types, leaves) for member in spec.tuple.members)
    elif kind == "struct":
        data.struct.members.extend(encode(member, types, leaves) for member in _struct(spec, types))
    elif kind == "header":
        data.header.CopyFrom(_encode_header(spec.header.name, types, leaves))
    elif kind == "header_union":
        data.header_union.CopyFrom(_encode_union(spec.header_union.name, types, leaves))
    elif kind == "header_stack":
        name = spec.header_stack.header.name
        data.header_stack.entries.extend(_encode_header(name, types, leaves) for _ in range(spec.header_stack.size))
    elif kind == "header_union_stack":
        name, size = spec.header_union_stack.header_union.name, spec.header_union_stack.size
        data.header_union_stack.entries.extend(_encode_union(name, types, leaves) for _ in range(size))
    elif kind == "serializable_enum":
        data.enum_value = canonical.encode(next(leaves))
    elif kind == "enum":
        data.enum = _name([m.name for m in types.info.enums[spec.enum.name].members], next(leaves))
    elif kind == "error":
        data.error = _name(types.info.error.members, next(leaves))
    elif kind == "new_type":
        strings = types.strings.get(spec.new_type.name)
        if strings is None:
            return encode(_original(spec, types), types, leaves)
        data.bitstring = strings.string(next(leaves))
    else:
        raise StatusError(UNIMPLEMENTED, f"values of a {kind} type cannot be shown")
    return data


def decode(spec: p4t.P4DataTypeSpec, types: Types, data: p4d.P4Data, what: str) -> list[int]:
    """The leaves of a value. INVALID_ARGUMENT where its shape is not that of the type, OUT_OF_RANGE for a number."""
    kind = spec.WhichOneof("type_spec")
    if kind == "new_type" and spec.new_type.name not in types.strings:
        return decode(_original(spec, types), types, data, what)
    wanted = {"serializable_enum": "enum_value", "new_type": "bitstring"}.get(kind or "", kind)
    given = data.WhichOneof("data")
    if given != wanted:
        raise StatusError(INVALID_ARGUMENT, f"{what}: the data must be a {wanted}, not {given or 'unset'}")
    if kind == "bitstring":
        return [_decode_bits(spec.bitstring, data.bitstring, what)]
    if kind == "new_type":
        return [types.strings[spec.new_type.name].number(data.bitstring, what)]
    if kind == "bool":
        return [int(data.bool)]
    if kind == "tuple":
        return _decode_members(spec.tuple.members, types, data.tuple.members, what)
    if kind == "struct":
        return _decode_members(_struct(spec, types), types, data.struct.members, what)
    if kind == "header":
        return _decode_header(spec.header.name, types, data.header, what)
    if kind == "header_union":
        return _decode_union(spec.header_union.name, types, data.header_union, what)
    if kind == "header_stack":
        headers, name = data.header_stack.entries, spec.header_stack.header.name
        _check_size(spec.header_stack.size, len(headers), what)
        return [leaf for header in headers for leaf in _decode_header(name, types, header, what)]
    if kind == "header_union_stack":
        unions, name = data.header_union_stack.entries, spec.header_union_stack.header_union.name
        _check_size(spec.header_union_stack.size, len(unions), what)
        return [leaf for union in unions for leaf in _decode_union(name, types, union, what)]
    if kind == "serializable_enum":
        return [canonical.decode(data.enum_value, _enum_width(spec, types), what, OUT_OF_RANGE)]
    if kind == "enum":
        return [_index([m.name for m in types.info.enums[spec.enum.name].members], data.enum, what)]
    if kind == "error":
        return [_index(types.info.error.members, data.error, what)]
    raise StatusError(UNIMPLEMENTED, f"{what}: values of a {kind} type cannot be written")


def widths(spec: p4t.P4DataTypeSpec, types: Types) -> list[int]:
    """Of the leaves, in bits; 0 where only the data plane knows (types translated to strings)."""
    kind = spec.WhichOneof("type_spec")
    if kind == "bitstring":
        return [_bits(spec.bitstring)]
    if kind == "bool":
        return [1]
    if kind == "tuple":
        return [w for member in spec.tuple.members for w in widths(member, types)]
    if kind == "struct":
        return [w for member in _struct(spec, types) for w in widths(member, types)]
    if kind == "header":
        return _header_widths(spec.header.name, types)
    if kind == "header_stack":
        return _header_widths(spec.header_stack.header.name, types) * spec.header_stack.size
    if kind == "header_union":
        return _union_widths(spec.header_union.name, types)
    if kind == "header_union_stack":
        return _union_widths(spec.header_union_stack.header_union.name, types) * spec.header_union_stack.size
    if kind == "serializable_enum":
        return [_enum_width(spec, types)]
    if kind == "new_type":
        return [0] if spec.new_type.name in types.strings else widths(_original(spec, types), types)
    return [ENUM_WIDTH]


# ---- structs, tuples


def _struct(spec: p4t.P4DataTypeSpec, types: Types) -> list[p4t.P4DataTypeSpec]:
    return [member.type_spec for member in types.info.structs[spec.struct.name].members]


def _decode_members(
    specs: Sequence[p4t.P4DataTypeSpec], types: Types, members: Sequence[p4d.P4Data], what: str
) -> list[int]:
    _check_size(len(specs), len(members), what)
    return [leaf for spec, member in zip(specs, members, strict=True) for leaf in decode(spec, types, member, what)]


def _check_size(wanted: int, given: int, what: str) -> None:
    if wanted != given:
        raise StatusError(INVALID_ARGUMENT, f"{what}: {given} members are given, the type has {wanted}")


# ---- headers


def _fields(name: str, types: Types) -> list[p4t.P4BitstringLikeTypeSpec]:
    return [member.type_spec for member in types.info.headers[name].members]


def _header_widths(name: str, types: Types) -> list[int]:
    return [1, *map(_bits, _fields(name, types))]


def _union_headers(name: str, types: Types) -> list[tuple[str, str]]:
    """Member and header type of each header of a union."""
    return [(member.name, member.header.name) for member in types.info.header_unions[name].members]


def _union_widths(name: str, types: Types) -> list[int]:
    return [w for _, header in _union_headers(name, types) for w in _header_widths(header, types)]


def _encode_header(name: str, types: Types, leaves: Iterator[int]) -> p4d.P4Header:
    """An invalid header has no bitstrings."""
    valid = bool(next(leaves))
    bits = [_encode_bits(spec, next(leaves)) for spec in _fields(name, types)]
    return p4d.P4Header(is_valid=valid, bitstrings=bits if valid else [])


def _decode_header(name: str, types: Types, data: p4d.P4Header, what: str) -> list[int]:
    fields = _fields(name, types)
    if not data.is_valid:
        _check_size(0, len(data.bitstrings), what)
        return [0] * (1 + len(fields))
    _check_size(len(fields), len(data.bitstrings), what)
    return [1, *(_decode_bits(spec, bits, what) for spec, bits in zip(fields, data.bitstrings, strict=True))]


def _encode_union(name: str, types: Types, leaves: Iterator[int]) -> p4d.P4HeaderUnion:
    """An invalid union has no valid header, and no name of one."""
    union = p4d.P4HeaderUnion()
    for member, header in _union_headers(name, types):
        found = _encode_header(header, types, leaves)
        if found.is_valid:
            union.valid_header_name = member
            union.valid_header.CopyFrom(found)
    return union


def _decode_union(name: str, types: Types, data: p4d.P4HeaderUnion, what: str) -> list[int]:
    members = _union_headers(name, types)
    if data.valid_header_name not in ("", *(member for member, _ in members)):
        raise StatusError(INVALID_ARGUMENT, f"{what}: the union has no header {data.valid_header_name}")
    if bool(data.valid_header_name) != data.HasField("valid_header"):
        raise StatusError(INVALID_ARGUMENT, f"{what}: a valid header comes with its name")
    leaves: list[int] = []
    for member, header in members:
        given = data.valid_header if member == data.valid_header_name else p4d.P4Header()
        leaves += _decode_header(header, types, given, what)
    return leaves


# ---- leaves


def _bits(spec: p4t.P4BitstringLikeTypeSpec) -> int:
    return spec.bit.bitwidth or spec.int.bitwidth or spec.varbit.max_bitwidth


def _encode_bits(spec: p4t.P4BitstringLikeTypeSpec, pattern: int) -> bytes:
    if spec.HasField("int"):
        width = spec.int.bitwidth
        return canonical.encode_signed(pattern - (1 << width) if pattern >> (width - 1) else pattern)
    return canonical.encode(pattern)


def _decode_bits(spec: p4t.P4BitstringLikeTypeSpec, data: bytes, what: str) -> int:
    if spec.HasField("int"):
        width = spec.int.bitwidth
        return canonical.decode_signed(data, width, what, OUT_OF_RANGE) & ((1 << width) - 1)
    return canonical.decode(data, _bits(spec), what, OUT_OF_RANGE)


def _enum_width(spec: p4t.P4DataTypeSpec, types: Types) -> int:
    return types.info.serializable_enums[spec.serializable_enum.name].underlying_type.bitwidth


def _name(members: Sequence[str], number: int) -> str:
    """A member's name; the number itself where the data plane has one that has none."""
    return members[number] if number < len(members) else str(number)


def _index(members: Sequence[str], name: str, what: str) -> int:
    if name not in members:
        raise StatusError(INVALID_ARGUMENT, f"{what}: its type has no member {name or 'without a name'}")
    return list(members).index(name)


def _original(spec: p4t.P4DataTypeSpec, types: Types) -> p4t.P4DataTypeSpec:
    """The type under a `type` declaration: its own, or bit<sdn_bitwidth> where values are translated to numbers."""
    new_type = types.info.new_types[spec.new_type.name]
    if new_type.HasField("original_type"):
        return new_type.original_type
    plain = p4t.P4DataTypeSpec()
    plain.bitstring.bit.bitwidth = new_type.translated_type.sdn_bitwidth
    return plain
