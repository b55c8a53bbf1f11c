"""Where the program's storage is: header types, header instances, stacks, unions, and the fields that hold everything
else.

BMv2 knows headers only. The headers of the parsed representation, and header variables, are header instances; every
other scalar (user metadata, variables, fields of structs) is a field of the one metadata header `scalars`; standard
metadata is a header of its own. Names are the P4 paths: `hdr.s[0].v` is field `v` of `s[0]`, `meta.m.keep` is field
`meta.m.keep` of `scalars`; a struct inside a header adds to the field's name (`s.a`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from compiler import rewrite, tree
from compiler import types as t
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.diagnostics import Span
from compiler.names import Names

Json: TypeAlias = dict[str, Any]

SCALARS = "scalars"
STANDARD_METADATA = "standard_metadata"
VARBIT_FIELD = "bits"
"""The only field of the header that holds a varbit outside of headers."""
WORD = 32
"""Bits of a plain enum and of an error."""


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """A field of a header instance."""

    header: str
    field: str

    @property
    def json(self) -> Json:
        return {"type": "field", "value": [self.header, self.field]}


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A header, header union, or stack of either: JSON type `kind` and its name."""

    kind: str
    name: str

    @property
    def json(self) -> Json:
        return {"type": self.kind, "value": self.name}


@dataclass(frozen=True, slots=True)
class StructPlace:
    """Not storage itself: what the names of everything below begin with. `header`: set inside of a header."""

    prefix: str
    header: str | None = None


Place = FieldPlace | NamedPlace | StructPlace


def scalar_width(type_: t.Type, span: Span) -> int:
    """The bits of a scalar's field."""
    type_ = t.strip_new_types(type_)
    if isinstance(type_, t.EnumType | t.ErrorCodeType):
        return WORD
    try:
        return t.width(type_)
    except TypeError:
        raise Unsupported(f"a value of type {type_} has no place in a BMv2 field", span) from None


class Layout:
    """The storage of one program. Roots are declared first, in an order that fixes the ids; then places can be asked
    for.
    """

    def __init__(self) -> None:
        self.header_types: list[Json] = []
        self.headers: list[Json] = []
        self.stacks: list[Json] = []
        self.union_types: list[Json] = []
        self.unions: list[Json] = []
        self.union_stacks: list[Json] = []
        self._roots: dict[tree.Declaration, Place] = {}
        self._type_names: dict[t.Type, str] = {}
        self._types_taken = Names()
        self._names = Names()
        self._scalars: list[list[Any]] = []
        self._add_header_type("scalars_0", self._scalars)
        self._add_instance(SCALARS, "scalars_0", metadata=True)

    # --- declaring ---

    def declare_standard_metadata(self, type_: t.Type, parameters: Iterable[tree.Parameter], span: Span) -> None:
        """Give `standard_metadata_t` its header; `parameters` of all blocks stand for it."""
        assert isinstance(type_, t.StructType)
        fields = [[f.name, scalar_width(f.type, span), t.is_signed(t.strip_new_types(f.type))] for f in type_.fields]
        _pad(fields)
        self._add_header_type(STANDARD_METADATA, fields)
        self._add_instance(STANDARD_METADATA, STANDARD_METADATA, metadata=True)
        for parameter in parameters:
            self._roots[parameter] = StructPlace("", STANDARD_METADATA)

    def declare(self, prefix: str, type_: t.Type, declarations: Iterable[tree.Declaration], span: Span) -> None:
        """Give storage to a value of `type_`; all of `declarations` stand for it. The empty prefix leaves out a
        name.
        """
        place = self._declare(prefix, type_, span)
        for declaration in declarations:
            self._roots[declaration] = place

    def declare_variable(self, variable: tree.Variable) -> None:
        name = self._names.fresh(variable.name)
        self.declare(name, variable.type, (variable,), variable.span)

    def knows(self, declaration: tree.Declaration) -> bool:
        return declaration in self._roots

    def finish(self) -> None:
        """Complete the scalars header; nothing may be declared after it."""
        _pad(self._scalars)

    def _declare(self, name: str, type_: t.Type, span: Span) -> Place:
        type_ = t.strip_new_types(type_)
        self._names.taken.add(name)  # of what is made of others, too: their names begin with it
        match type_:
            case t.StructType():
                for field in type_.fields:
                    self._declare(f"{name}.{field.name}" if name else field.name, field.type, field.span)
                return StructPlace(name)
            case t.TupleType():
                for i, element in enumerate(type_.elements):
                    self._declare(f"{name}.{i}", element, span)
                return StructPlace(name)
            case t.StackType() if not t.is_header_stack(type_):
                for i in range(type_.size):
                    self._declare(f"{name}.{i}", type_.element, span)
                return StructPlace(name)
            case t.HeaderType():
                self._add_instance(name, self._header_type(type_))
                return NamedPlace("header", name)
            case t.HeaderUnionType():
                self._declare_union(name, type_)
                return NamedPlace("header_union", name)
            case t.StackType():
                return self._declare_stack(name, type_, span)
            case t.VarbitType():
                self._add_instance(name, self._varbit_type(type_), metadata=True)
                return FieldPlace(name, VARBIT_FIELD)
            case _:
                width = scalar_width(type_, span)
                self._scalars.append([name, width, t.is_signed(type_)])
                return FieldPlace(SCALARS, name)

    def _declare_union(self, name: str, type_: t.HeaderUnionType) -> int:
        ids = []
        for field in type_.fields:
            assert isinstance(field.type, t.HeaderType)
            ids.append(self._add_instance(f"{name}.{field.name}", self._header_type(field.type)))
        self.unions.append(
            {
                "name": name,
                "id": len(self.unions),
                "union_type": self._union_type(type_),
                "header_ids": ids,
                "pi_omit": True,
            }
        )
        return len(self.unions) - 1

    def _declare_stack(self, name: str, type_: t.StackType, span: Span) -> Place:
        if isinstance(type_.element, t.HeaderUnionType):
            unions = [self._declare_union(f"{name}[{i}]", type_.element) for i in range(type_.size)]
            self.union_stacks.append(
                {
                    "name": name,
                    "id": len(self.union_stacks),
                    "union_type": self._union_type(type_.element),
                    "size": type_.size,
                    "header_union_ids": unions,
                }
            )
            return NamedPlace("header_union_stack", name)
        assert isinstance(type_.element, t.HeaderType)
        type_name = self._header_type(type_.element)
        ids = [self._add_instance(f"{name}[{i}]", type_name) for i in range(type_.size)]
        self.stacks.append(
            {"name": name, "id": len(self.stacks), "header_type": type_name, "size": type_.size, "header_ids": ids}
        )
        return NamedPlace("header_stack", name)

    def _header_type(self, type_: t.HeaderType) -> str:
        """The JSON name of a header type, which is added when first met."""
        name = self._type_names.get(type_)
        if name is not None:
            return name
        fields = list(_header_fields("", type_))
        bits = t.max_bits(type_)
        if bits % 8:
            raise Unsupported(
                f"header {type_} has {bits} bits, which is no whole number of bytes",
                type_.span,
                hint="a field for the padding",
                kind="target-error",
            )
        name = self._type_names[type_] = self._unique_type_name(type_.plain_name)
        self._add_header_type(name, fields)
        if any(width == "*" for _, width, *_ in fields):
            self.header_types[-1]["max_length"] = bits // 8
        return name

    def _varbit_type(self, type_: t.VarbitType) -> str:
        """A header type of one field, for a varbit outside of headers."""
        name = self._type_names.get(type_)
        if name is None:
            name = self._type_names[type_] = self._unique_type_name(str(type_))
            self._add_header_type(name, [[VARBIT_FIELD, "*"]])
            self.header_types[-1]["max_length"] = (type_.width + 7) // 8
        return name

    def _union_type(self, type_: t.HeaderUnionType) -> str:
        name = self._type_names.get(type_)
        if name is None:
            name = self._type_names[type_] = self._unique_type_name(type_.plain_name)
            headers = [[f.name, self._type_names[f.type]] for f in type_.fields]
            self.union_types.append({"name": name, "id": len(self.union_types), "headers": headers})
        return name

    def _unique_type_name(self, wanted: str) -> str:
        return self._types_taken.fresh(wanted)

    def _add_header_type(self, name: str, fields: list[list[Any]]) -> None:
        self._types_taken.taken.add(name)
        self.header_types.append({"name": name, "id": len(self.header_types), "fields": fields})

    def _add_instance(self, name: str, header_type: str, metadata: bool = False) -> int:
        self._names.taken.add(name)
        self.headers.append(
            {
                "name": name,
                "id": len(self.headers),
                "header_type": header_type,
                "metadata": metadata,
                "pi_omit": True,
            }
        )
        return len(self.headers) - 1

    # --- asking ---

    def place(self, expression: tree.Expression) -> Place:
        """The storage of an l-value whose indexes are literals. Raises Unsupported for anything else."""
        match expression:
            case tree.VariableRef() if expression.declaration in self._roots:
                return self._roots[expression.declaration]
            case tree.Member():
                return self._below(self.place(expression.base), expression.name, expression)
            case tree.TupleIndex():
                return self._below(self.place(expression.base), str(expression.index), expression)
            case tree.StackIndex(index=tree.IntLiteral() as index):
                base = self.place(expression.base)
                if not isinstance(base, NamedPlace) or not t.is_header_stack(expression.base.type):
                    return self._below(base, str(index.value), expression)
                kind = "header_union" if base.kind == "header_union_stack" else "header"
                return NamedPlace(kind, f"{base.name}[{index.value}]")
            case _:
                raise Unsupported("this has no storage of its own on this target", expression.span)

    def _below(self, base: Place, name: str, expression: tree.Expression) -> Place:
        is_struct = _is_struct(t.strip_new_types(expression.type))
        match base:
            case NamedPlace(kind="header"):
                return StructPlace(name, base.name) if is_struct else FieldPlace(base.name, name)
            case NamedPlace():
                return NamedPlace("header", f"{base.name}.{name}")
            case StructPlace(header=str() as header):
                full = f"{base.prefix}.{name}" if base.prefix else name
                return StructPlace(full, header) if is_struct else FieldPlace(header, full)
            case StructPlace():
                full = f"{base.prefix}.{name}" if base.prefix else name
                match t.strip_new_types(expression.type):
                    case type_ if _is_struct(type_):
                        return StructPlace(full)
                    case t.HeaderType():
                        return NamedPlace("header", full)
                    case t.HeaderUnionType():
                        return NamedPlace("header_union", full)
                    case t.StackType() as stack:
                        union = isinstance(stack.element, t.HeaderUnionType)
                        return NamedPlace("header_union_stack" if union else "header_stack", full)
                    case t.VarbitType():
                        return FieldPlace(full, VARBIT_FIELD)
                    case _:
                        return FieldPlace(SCALARS, full)
            case _:
                raise Unsupported("this has no storage of its own on this target", expression.span)

    def field(self, expression: tree.Expression) -> FieldPlace:
        """The field of a scalar l-value."""
        place = self.place(expression)
        if not isinstance(place, FieldPlace):
            raise Unsupported(f"a value of type {expression.type} is no field", expression.span)
        return place

    def named(self, expression: tree.Expression) -> NamedPlace:
        """The header, union or stack of an l-value."""
        place = self.place(expression)
        if not isinstance(place, NamedPlace):
            raise Unsupported(f"a value of type {expression.type} is no header", expression.span)
        return place


def _is_struct(type_: t.Type) -> bool:
    """Whether its parts have storage of their own: BMv2 knows no structs, tuples, and arrays of non-headers."""
    return isinstance(type_, t.StructType | t.TupleType) or (
        isinstance(type_, t.StackType) and not t.is_header_stack(type_)
    )


def _header_fields(prefix: str, type_: t.FieldsType) -> Iterable[list[Any]]:
    """(name, width or "*", signed) of every field, those of structs and arrays inside too."""
    for field in type_.fields:
        yield from _field(f"{prefix}.{field.name}" if prefix else field.name, field.type, field.span)


def _field(name: str, type_: t.Type, span: Span) -> Iterable[list[Any]]:
    inner = t.strip_new_types(type_)
    if isinstance(inner, t.StructType):
        yield from _header_fields(name, inner)
    elif isinstance(inner, t.StackType):
        for i in range(inner.size):
            yield from _field(f"{name}.{i}", inner.element, span)
    elif isinstance(inner, t.VarbitType):
        yield [name, "*"]
    else:
        yield [name, scalar_width(inner, span), t.is_signed(inner)]


def _pad(fields: list[list[Any]]) -> None:
    """Fill the fields up to whole bytes."""
    rest = sum(width for _, width, _ in fields) % 8
    if rest:
        fields.append(["_padding", 8 - rest, False])


def used_variables(nodes: Iterable[object]) -> list[tree.Variable]:
    """The variables that `nodes` use, in order of first use."""
    found: dict[tree.Variable, None] = {}
    for node in rewrite.walk(list(nodes)):
        if isinstance(node, tree.VariableRef) and isinstance(node.declaration, tree.Variable):
            found.setdefault(node.declaration)
    return list(found)
