"""What travels between data plane and control plane besides entries: packet metadata, digests, value sets."""

from __future__ import annotations

from finsy.proto import p4i

from compiler import tree, types
from compiler.annotations import find, has
from compiler.backends.p4info.describe import INT32, add_annotations, add_documentation, in_bounds, set_preamble
from compiler.backends.p4info.symbols import Kind, Symbols, number_fields
from compiler.backends.p4info.tables import set_match_type
from compiler.backends.p4info.type_specs import (
    TypeSpecs,
    control_plane_width,
    declared_name,
    field_name,
    flat_fields,
    new_type_name,
)
from compiler.diagnostics import Diagnostics


def controller_header_info(
    header: types.HeaderType, symbols: Symbols, specs: TypeSpecs, diagnostics: Diagnostics
) -> p4i.ControllerPacketMetadata:
    """The header of packets to or from the controller (P4Runtime 1.4 §6.4.6); it is named by @controller_header."""
    name = controller_header_name(header)
    info = p4i.ControllerPacketMetadata()
    number = symbols.id(Kind.CONTROLLER_HEADER, declared_name(header))
    set_preamble(info.preamble, number, name, name, header.annotations)
    fields = flat_fields(header)
    numbers = number_fields([f.annotations for _, f in fields], [f.span for _, f in fields], diagnostics)
    for (name, field), field_number in zip(fields, numbers, strict=True):
        if has(field.annotations, "hidden"):
            continue
        metadata = info.metadata.add(id=field_number, name=name)
        add_annotations(metadata, field.annotations)
        if not isinstance(field.type, types.BitType | types.IntType | types.NewType | types.SerEnumType):
            message = f"{name} of a controller header is of type {field.type}"
            diagnostics.error("type-error", message, field.span, hint="bit<W>, int<W>, a serializable enum or a type")
            continue
        metadata.bitwidth = control_plane_width(field.type)
        specs.convert(field.type)
        type_name = new_type_name(field.type)
        if type_name is not None:
            metadata.type_name.name = type_name
    return info


def controller_header_name(header: types.HeaderType) -> str:
    """What @controller_header calls it."""
    annotation = find(header.annotations, "controller_header")
    return (annotation.string() if annotation is not None else None) or header.name


def name_digests(sent: list[types.Type]) -> dict[str, types.Type]:
    """The digests by name: a digest is called as the type of what it sends; if that has no name, each call is one."""
    named: dict[str, types.Type] = {}
    unnamed = 0
    for type_ in sent:
        if isinstance(type_, types.FieldsType | types.EnumType | types.SerEnumType | types.NewType):
            named.setdefault(declared_name(type_), type_)
        else:
            named[f"digest_{unnamed}"] = type_
            unnamed += 1
    return named


def digest_info(name: str, type_: types.Type, symbols: Symbols, specs: TypeSpecs) -> p4i.Digest:
    """P4Runtime 1.4 §6.4.9"""
    info = p4i.Digest()
    set_preamble(info.preamble, symbols.id(Kind.DIGEST, name), name, symbols.alias(name))
    info.type_spec.CopyFrom(specs.convert(type_))
    return info


def value_set_info(value_set: tree.ValueSet, symbols: Symbols, diagnostics: Diagnostics) -> p4i.ValueSet:
    """P4Runtime 1.4 §6.4.7"""
    name = value_set.control_plane_name
    size = in_bounds(value_set.size, INT32, "a size", value_set.span, diagnostics)
    info = p4i.ValueSet(size=size)
    set_preamble(info.preamble, symbols.id(Kind.VALUE_SET, name), name, symbols.alias(name), value_set.annotations)
    element = value_set.element
    if not isinstance(element, types.StructType):
        if isinstance(element, types.SerEnumType):
            # P4Runtime does not say what this is; p4c lists the members as if they were fields of a key.
            for number, member in enumerate(element.members, start=1):
                info.match.add(
                    id=number, name=member.name, bitwidth=types.width(element), match_type=p4i.MatchField.EXACT
                )
        elif isinstance(element, types.BitType | types.NewType):
            info.match.add(id=1, bitwidth=types.width(element), match_type=p4i.MatchField.EXACT)
        else:
            message = f"a control plane cannot fill a value_set of {element}"
            diagnostics.error("unsupported", message, value_set.span, hint="bit<W>, or a struct of such fields")
        return info
    fields = element.fields
    numbers = number_fields([f.annotations for f in fields], [f.span for f in fields], diagnostics)
    for field, number in zip(fields, numbers, strict=True):
        if not isinstance(field.type, types.BitType | types.SerEnumType | types.NewType):
            message = f"a control plane cannot fill the field {field.name} of a value_set: it is {field.type}"
            diagnostics.error("unsupported", message, field.span, hint="bit<W>")
            continue
        match = info.match.add(id=number, name=field_name(field), bitwidth=control_plane_width(field.type))
        annotation = find(field.annotations, "match")
        set_match_type(match, (annotation.text or "exact").strip() if annotation is not None else "exact")
        add_annotations(match, field.annotations, ignored={"match"})
        add_documentation(match, field.annotations)
    return info
