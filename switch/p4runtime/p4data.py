"""P4Data: values of arbitrary P4 types, as registers and digests carry them (P4Runtime 1.4, "Representation of
Arbitrary P4 Types"). The engine knows such a value as the flat list of its leaves, each as an unsigned bit pattern.
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4d, p4t

from switch.p4runtime import canonical
from switch.p4runtime.status import INVALID_ARGUMENT, UNIMPLEMENTED, StatusError


def encode(spec: p4t.P4DataTypeSpec, info: p4t.P4TypeInfo, leaves: Iterator[int]) -> p4d.P4Data:
    """Take as many leaves as the type has and return the value they make."""
    data = p4d.P4Data()
    kind = spec.WhichOneof("type_spec")
    if kind == "bitstring":
        data.bitstring = _encode_bits(spec.bitstring, next(leaves))
    elif kind == "bool":
        data.bool = bool(next(leaves))
    elif kind == "tuple":
        data.tuple.members.extend(encode(member, info, leaves) for member in spec.tuple.members)
    elif kind == "struct":
        members = info.structs[spec.struct.name].members
        data.struct.members.extend(encode(member.type_spec, info, leaves) for member in members)
    elif kind == "serializable_enum":
        data.enum_value = canonical.encode(next(leaves))
    elif kind == "enum":
        data.enum = info.enums[spec.enum.name].members[next(leaves)].name
    elif kind == "error":
        data.error = info.error.members[next(leaves)]
    elif kind == "new_type":
        return encode(_original(spec, info), info, leaves)
    else:
        raise StatusError(UNIMPLEMENTED, f"values of a {kind} type cannot be shown")
    return data


def decode(spec: p4t.P4DataTypeSpec, info: p4t.P4TypeInfo, data: p4d.P4Data, what: str) -> list[int]:
    """The leaves of a value. INVALID_ARGUMENT where its shape is not that of the type."""
    kind = spec.WhichOneof("type_spec")
    if kind == "new_type":
        return decode(_original(spec, info), info, data, what)
    given = data.WhichOneof("data")
    wanted = "enum_value" if kind == "serializable_enum" else kind
    if given != wanted:
        raise StatusError(INVALID_ARGUMENT, f"{what}: the data must be a {wanted}, not {given or 'unset'}")
    if kind == "bitstring":
        return [_decode_bits(spec.bitstring, data.bitstring, what)]
    if kind == "bool":
        return [int(data.bool)]
    if kind == "tuple":
        return _decode_members(list(spec.tuple.members), info, list(data.tuple.members), what)
    if kind == "struct":
        specs = [member.type_spec for member in info.structs[spec.struct.name].members]
        return _decode_members(specs, info, list(data.struct.members), what)
    if kind == "serializable_enum":
        width = info.serializable_enums[spec.serializable_enum.name].underlying_type.bitwidth
        return [canonical.decode(data.enum_value, width, what)]
    raise StatusError(UNIMPLEMENTED, f"{what}: values of a {kind} type cannot be written")


def _decode_members(
    specs: list[p4t.P4DataTypeSpec], info: p4t.P4TypeInfo, members: list[p4d.P4Data], what: str
) -> list[int]:
    if len(specs) != len(members):
        raise StatusError(INVALID_ARGUMENT, f"{what}: {len(members)} members are given, the type has {len(specs)}")
    return [leaf for spec, member in zip(specs, members, strict=True) for leaf in decode(spec, info, member, what)]


def _encode_bits(spec: p4t.P4BitstringLikeTypeSpec, pattern: int) -> bytes:
    if spec.HasField("int"):
        width = spec.int.bitwidth
        return canonical.encode_signed(pattern - (1 << width) if pattern >> (width - 1) else pattern)
    return canonical.encode(pattern)


def _decode_bits(spec: p4t.P4BitstringLikeTypeSpec, data: bytes, what: str) -> int:
    if spec.HasField("int"):
        width = spec.int.bitwidth
        return canonical.decode_signed(data, width, what) & ((1 << width) - 1)
    return canonical.decode(data, spec.bit.bitwidth or spec.varbit.max_bitwidth, what)


def _original(spec: p4t.P4DataTypeSpec, info: p4t.P4TypeInfo) -> p4t.P4DataTypeSpec:
    """The type under a `type` declaration: its own, or bit<sdn_bitwidth> where values are translated."""
    new_type = info.new_types[spec.new_type.name]
    if new_type.HasField("original_type"):
        return new_type.original_type
    width = new_type.translated_type.sdn_bitwidth
    if not width:
        raise StatusError(UNIMPLEMENTED, f"{spec.new_type.name} is translated to a string, which is not known here")
    plain = p4t.P4DataTypeSpec()
    plain.bitstring.bit.bitwidth = width
    return plain
