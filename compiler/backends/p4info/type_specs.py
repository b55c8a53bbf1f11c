"""P4 types -> P4DataTypeSpec, and the declared types that they refer to -> P4TypeInfo (P4Runtime 1.4 §6.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from finsy.proto import p4t

from compiler import tree, types
from compiler.annotations import Annotations, TypeArgument, find
from compiler.backends.p4info.describe import add_annotations
from compiler.diagnostics import Diagnostics

_WIDEST = 2048
"""The most bits that a value may have: what p4c takes."""

_BIT_TYPE = re.compile(r"bit\s*<\s*(\d+)\s*>")


class TypeSpecs:
    """Converts types; what they refer to by name is added to `info`, each once."""

    def __init__(self, info: p4t.P4TypeInfo, errors: list[str], diagnostics: Diagnostics) -> None:
        self._info = info
        self._errors = errors
        self._diagnostics = diagnostics

    def convert(self, type_: types.Type) -> p4t.P4DataTypeSpec:
        spec = p4t.P4DataTypeSpec()
        match type_:
            case types.BitType() | types.IntType() | types.VarbitType():
                spec.bitstring.CopyFrom(_bitstring(type_))
            case types.BoolType():
                spec.bool.SetInParent()
            case types.ErrorCodeType():
                spec.error.SetInParent()
                self._add_error()
            case types.TupleType():
                spec.tuple.members.extend(self.convert(element) for element in type_.elements)
                spec.tuple.SetInParent()
            case types.StructType():
                spec.struct.name = declared_name(type_)
                self._add_struct(type_)
            case types.HeaderType():
                spec.header.name = declared_name(type_)
                self._add_header(type_)
            case types.HeaderUnionType():
                spec.header_union.name = declared_name(type_)
                self._add_header_union(type_)
            case types.StackType() if not types.is_header_stack(type_):
                # P4Runtime knows no arrays; a tuple has the same parts.
                spec.tuple.members.extend([self.convert(type_.element)] * type_.size)
                spec.tuple.SetInParent()
            case types.StackType():
                self._convert_stack(type_, spec)
            case types.EnumType():
                spec.enum.name = declared_name(type_)
                self._add_enum(type_)
            case types.SerEnumType():
                spec.serializable_enum.name = declared_name(type_)
                self._add_serializable_enum(type_)
            case types.NewType():
                spec.new_type.name = declared_name(type_)
                self._add_new_type(type_)
            case _:
                raise TypeError(f"a control plane cannot see a value of type {type_}")
        return spec

    def _convert_stack(self, type_: types.StackType, spec: p4t.P4DataTypeSpec) -> None:
        element = type_.element
        self.convert(element)
        if isinstance(element, types.HeaderUnionType):
            spec.header_union_stack.header_union.name = declared_name(element)
            spec.header_union_stack.size = type_.size
        else:
            assert isinstance(element, types.HeaderType)
            spec.header_stack.header.name = declared_name(element)
            spec.header_stack.size = type_.size

    def _add_struct(self, type_: types.StructType) -> None:
        if declared_name(type_) in self._info.structs:
            return
        spec = p4t.P4StructTypeSpec()
        for field in type_.fields:
            spec.members.add(name=field_name(field)).type_spec.CopyFrom(self.convert(field.type))
        self._info.structs[declared_name(type_)].CopyFrom(spec)

    def _add_header(self, type_: types.HeaderType) -> None:
        if declared_name(type_) in self._info.headers:
            return
        spec = p4t.P4HeaderTypeSpec()
        for name, field in flat_fields(type_):
            bits = self.convert(types.strip_new_types(field.type))
            if bits.HasField("bitstring"):
                spec.members.add(name=name).type_spec.CopyFrom(bits.bitstring)
        self._info.headers[declared_name(type_)].CopyFrom(spec)

    def _add_header_union(self, type_: types.HeaderUnionType) -> None:
        if declared_name(type_) in self._info.header_unions:
            return
        spec = p4t.P4HeaderUnionTypeSpec()
        for field in type_.fields:
            spec.members.add(name=field_name(field)).header.CopyFrom(self.convert(field.type).header)
        self._info.header_unions[declared_name(type_)].CopyFrom(spec)

    def _add_enum(self, type_: types.EnumType) -> None:
        if declared_name(type_) not in self._info.enums:
            spec = self._info.enums[declared_name(type_)]
            for member in type_.members:
                spec.members.add(name=member)

    def _add_serializable_enum(self, type_: types.SerEnumType) -> None:
        if declared_name(type_) not in self._info.serializable_enums:
            spec = self._info.serializable_enums[declared_name(type_)]
            width = type_.underlying.width
            spec.underlying_type.bitwidth = width
            for member in type_.members:
                spec.members.add(name=member.name, value=padded_bytes(member.value, width))

    def _add_new_type(self, type_: types.NewType) -> None:
        if declared_name(type_) in self._info.new_types:
            return
        spec = p4t.P4NewTypeSpec()
        add_annotations(spec, type_.annotations, ignored={"p4runtime_translation"})
        original = self.convert(types.strip_new_types(type_))
        translation = _translation(type_)
        if translation is None:
            spec.original_type.CopyFrom(original)
        else:
            self._check_translation(type_)
            uri, width = translation
            spec.translated_type.uri = uri
            if width:
                spec.translated_type.sdn_bitwidth = width
            else:
                spec.translated_type.sdn_string.SetInParent()
        self._info.new_types[declared_name(type_)].CopyFrom(spec)

    def _check_translation(self, type_: types.NewType) -> None:
        """P4Runtime 1.4 §8.3: bit<W> is translated to bit<V> or string."""
        annotation = find(type_.annotations, "p4runtime_translation")
        assert annotation is not None
        target = annotation.values[1]
        if isinstance(target, TypeArgument) and target.text != "string" and not _BIT_TYPE.fullmatch(target.text):
            message = f"{type_} cannot be translated to {target.text}"
            self._diagnostics.error("invalid", message, annotation.span, hint="bit<W> or string")
        bits = _BIT_TYPE.fullmatch(target.text) if isinstance(target, TypeArgument) else None
        width = int(bits[1]) if bits else target
        if isinstance(width, int) and not 0 < width <= _WIDEST:
            message = f"{type_} cannot be translated to {width} bits"
            self._diagnostics.error("overlimit", message, annotation.span, hint=f"1 to {_WIDEST}")
        underlying = types.strip_new_types(type_)
        if not isinstance(underlying, types.BitType):
            message = f"a type of {underlying} cannot be translated"
            self._diagnostics.error("invalid", message, type_.span, hint="a type of bit<W>")

    def _add_error(self) -> None:
        if not self._info.HasField("error"):
            self._info.error.members.extend(self._errors)


def flat_fields(type_: types.HeaderType) -> list[tuple[str, types.Field]]:
    """The fields of a header with their names for the control plane. Where one is a struct, all are named by their path
    from the header, and those inside have its annotations as well.
    """
    if not any(isinstance(types.strip_new_types(field.type), types.StructType) for field in type_.fields):
        return [(field_name(field), field) for field in type_.fields]
    return list(_flattened(type_, "", ()))


def _flattened(
    type_: types.HeaderType | types.StructType, prefix: str, outer: Annotations
) -> Iterator[tuple[str, types.Field]]:
    for field in type_.fields:
        own = {annotation.name for annotation in field.annotations}
        annotations = (*field.annotations, *(annotation for annotation in outer if annotation.name not in own))
        if isinstance(field.type, types.StructType):
            yield from _flattened(field.type, f"{prefix}{field.name}.", annotations)
        else:
            yield prefix + field.name, replace(field, annotations=annotations)


def field_name(field: types.Field) -> str:
    """What the control plane calls a field: its @name, or its own name."""
    annotation = find(field.annotations, "name")
    given = annotation.string() if annotation is not None else None
    return field.name if given is None else given.removeprefix(".")


def control_plane_width(type_: types.Type) -> int:
    """The width of a value on its way to the control plane: 0 for what is a string there (and for error and enum)."""
    if isinstance(type_, types.NewType):
        translation = _translation(type_)
        return types.width(type_) if translation is None else translation[1]
    if isinstance(type_, types.ErrorCodeType | types.EnumType):
        return 0
    return types.width(type_)


def new_type_name(type_: types.Type) -> str | None:
    """The name under which a control plane finds a `type` in P4TypeInfo."""
    return declared_name(type_) if isinstance(type_, types.NewType) else None


def literal_bytes(expression: tree.Expression) -> bytes | None:
    """The value of a literal for the control plane; None where it is none."""
    inner = expression
    while isinstance(inner, tree.Cast):
        inner = inner.operand
    if isinstance(inner, tree.IntLiteral | tree.EnumMember | tree.BoolLiteral):
        return padded_bytes(int(inner.value), control_plane_width(expression.type))
    return None


def padded_bytes(value: int, width: int) -> bytes:
    """Big endian, in as many bytes as `width` bits need: what p4c writes, longer than P4Runtime's canonical form."""
    length = max(1, -(-width // 8))
    return (value & ((1 << width) - 1 if width else -1) & ((1 << 8 * length) - 1)).to_bytes(length, "big")


def _bitstring(type_: types.BitType | types.IntType | types.VarbitType) -> p4t.P4BitstringLikeTypeSpec:
    spec = p4t.P4BitstringLikeTypeSpec()
    if isinstance(type_, types.BitType):
        spec.bit.bitwidth = type_.width
    elif isinstance(type_, types.IntType):
        spec.int.bitwidth = type_.width
    else:
        spec.varbit.max_bitwidth = type_.width
    return spec


def _translation(type_: types.NewType) -> tuple[str, int] | None:
    """URI and width (0: a string) of @p4runtime_translation(uri, string | bit<W> | W)."""
    annotation = find(type_.annotations, "p4runtime_translation")
    if annotation is None or len(annotation.values) != 2:
        return None
    uri, target = annotation.values
    bits = _BIT_TYPE.fullmatch(target.text) if isinstance(target, TypeArgument) else None
    width = int(bits[1]) if bits else target if isinstance(target, int) else 0
    return str(uri), min(max(width, 0), _WIDEST)


def declared_name(
    type_: types.FieldsType | types.EnumType | types.SerEnumType | types.NewType,
) -> str:
    """The name of a declared type, or what its @name says."""
    annotation = find(type_.annotations, "name")
    given = annotation.string() if annotation is not None else None
    if given:
        return given.removeprefix(".")
    return type_.plain_name if isinstance(type_, types.FieldsType) else str(type_)
