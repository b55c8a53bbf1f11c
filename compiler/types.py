"""The types of P4_16 (spec §7), independent of how they were written.

Two kinds of equality, as the language has them: types made of other types (`bit<8>`, `tuple<...>`, `h_t[3]`) are equal
when they are built alike; types that a declaration introduces (headers, structs, enums, externs ...) are equal only to
themselves. A specialised generic (`pair_t<bit<8>, bit<16>>`) is made once for each list of arguments, so that identity
works for it too. `typedef` leaves no trace: its name stands for the type itself.

A tree that comes out of the checker holds no `PoisonType` or `TypeVar`, save in the signatures of
generic extern declarations.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.annotations import Annotations
from compiler.diagnostics import Span


class Type:
    """Any type. `str()` writes it as P4 does."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


# --- base types (§7.1) ---


@dataclass(frozen=True, slots=True)
class BitType(Type):
    """`bit<width>`: unsigned; width >= 0."""

    width: int

    def __str__(self) -> str:
        return f"bit<{self.width}>"


@dataclass(frozen=True, slots=True)
class IntType(Type):
    """`int<width>`: two's complement; width >= 1."""

    width: int

    def __str__(self) -> str:
        return f"int<{self.width}>"


@dataclass(frozen=True, slots=True)
class InfIntType(Type):
    """`int`: compile-time integers of any size. Run-time expressions never have this type."""

    def __str__(self) -> str:
        return "int"


@dataclass(frozen=True, slots=True)
class VarbitType(Type):
    """`varbit<width>`: at most `width` bits."""

    width: int

    def __str__(self) -> str:
        return f"varbit<{self.width}>"


@dataclass(frozen=True, slots=True)
class BoolType(Type):
    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True, slots=True)
class ErrorCodeType(Type):
    """P4's `error`. The members are in `tree.Program.errors`."""

    def __str__(self) -> str:
        return "error"


@dataclass(frozen=True, slots=True)
class MatchKindType(Type):
    def __str__(self) -> str:
        return "match_kind"


@dataclass(frozen=True, slots=True)
class StringType(Type):
    def __str__(self) -> str:
        return "string"


@dataclass(frozen=True, slots=True)
class VoidType(Type):
    def __str__(self) -> str:
        return "void"


@dataclass(frozen=True, slots=True)
class DontCareType(Type):
    """`_` as a type argument whose choice does not matter, and the type of a label or argument `_`."""

    def __str__(self) -> str:
        return "_"


@dataclass(frozen=True, slots=True)
class PoisonType(Type):
    """The type of what was already reported as wrong. Everything may be done with it, in silence."""

    def __str__(self) -> str:
        return "<error>"


BOOL = BoolType()
INF_INT = InfIntType()
ERROR = ErrorCodeType()
MATCH_KIND = MatchKindType()
STRING = StringType()
VOID = VoidType()
DONT_CARE = DontCareType()
POISON = PoisonType()


# --- types built from others ---


@dataclass(frozen=True, slots=True)
class TupleType(Type):
    """`tuple<...>` (§7.2.6)."""

    elements: tuple[Type, ...]

    def __str__(self) -> str:
        return f"tuple<{', '.join(map(str, self.elements))}>"


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """`list<element>` (§7.2.7): compile-time lists, for extern constructors only."""

    element: Type

    def __str__(self) -> str:
        return f"list<{self.element}>"


@dataclass(frozen=True, slots=True)
class SetType(Type):
    """The type of select labels and table entry keys (§7.2.8.1)."""

    element: Type

    def __str__(self) -> str:
        return f"set<{self.element}>"


@dataclass(frozen=True, slots=True)
class StackType(Type):
    """`element[size]`: a header stack (§7.2.4), where the element is a header or header union, or an array (§7.2.3)."""

    element: Type
    size: int

    def __str__(self) -> str:
        return f"{self.element}[{self.size}]"


# --- types that a declaration introduces ---


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Field:
    """A field of a header, struct or union."""

    name: str
    type: Type
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class FieldsType(Type):
    """What headers, structs and header unions share. Never made itself.

    `arguments` are the types a generic declaration was specialised with. `name` is the declared name alone;
    `str()` adds the arguments.
    """

    name: str
    fields: tuple[Field, ...]
    arguments: tuple[Type, ...]
    annotations: Annotations
    span: Span
    _by_name: dict[str, tuple[int, Field]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {f.name: (i, f) for i, f in enumerate(self.fields)})

    def field(self, name: str) -> Field | None:
        found = self._by_name.get(name)
        return found[1] if found else None

    def index(self, name: str) -> int:
        """The position of the field `name`, which must exist."""
        return self._by_name[name][0]

    @property
    def plain_name(self) -> str:
        """A name without brackets, as p4c gives to a specialised generic: `pair_bit8_bool`."""
        return "_".join((self.name, *(str(argument).translate(_PLAIN) for argument in self.arguments)))

    def __str__(self) -> str:
        if self.arguments:
            return f"{self.name}<{', '.join(map(str, self.arguments))}>"
        return self.name


_PLAIN = str.maketrans({"<": None, ">": None, " ": None, ",": "_", ".": "_"})


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class HeaderType(FieldsType):
    """`header` (§7.2.2)."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class StructType(FieldsType):
    """`struct` (§7.2.5)."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class HeaderUnionType(FieldsType):
    """`header_union` (§7.2.4); every field is a header."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class EnumType(Type):
    """`enum` without an underlying type (§7.2.1); its members have no numbers of their own, only an order."""

    name: str
    members: tuple[str, ...]
    annotations: Annotations
    span: Span

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class SerEnumMember:
    name: str
    value: int
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class SerEnumType(Type):
    """`enum bit<8> ...` (§7.2.1): `underlying` is a BitType or IntType; values are within its range."""

    name: str
    underlying: BitType | IntType
    members: tuple[SerEnumMember, ...]
    annotations: Annotations
    span: Span

    def member(self, name: str) -> SerEnumMember | None:
        return next((m for m in self.members if m.name == name), None)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class NewType(Type):
    """`type bit<9> Port` (§7.3): distinct from `underlying`; annotations may hold p4runtime_translation."""

    name: str
    underlying: Type
    annotations: Annotations
    span: Span

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class TypeVar(Type):
    """A type parameter inside a generic declaration."""

    name: str
    span: Span

    def __str__(self) -> str:
        return self.name


# --- signatures (§7.2.10, §7.2.11, §6.7) ---


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ParameterType:
    """One parameter of a signature. `direction`: "in", "out", "inout" or "" (directionless)."""

    name: str
    type: Type
    direction: str
    has_default: bool
    optional: bool
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class FunctionType(Type):
    """A function, extern method, action (`result` void) or constructor (`result` the thing made)."""

    parameters: tuple[ParameterType, ...]
    result: Type
    type_parameters: tuple[TypeVar, ...] = ()

    def __str__(self) -> str:
        parameters = ", ".join(f"{p.direction} {p.type} {p.name}".strip() for p in self.parameters)
        return f"{self.result} ({parameters})"


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Method:
    """A method of an extern (§7.2.9). `abstract`: the instance supplies its body."""

    name: str
    signature: FunctionType
    abstract: bool
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ExternType(Type):
    """An extern object type, its type parameters replaced by `arguments`.

    Signatures of `constructors` and `methods` (overloads by number and names of parameters) are specialised as well.
    """

    name: str
    arguments: tuple[Type, ...]
    constructors: tuple[FunctionType, ...]
    methods: tuple[Method, ...]
    annotations: Annotations
    span: Span

    def __str__(self) -> str:
        if self.arguments:
            return f"{self.name}<{', '.join(map(str, self.arguments))}>"
        return self.name


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ApplicableType(Type):
    """What parser and control types share. Never made itself.

    `signature` are the run-time parameters of `apply`; `constructor` the constructor parameters, none for
    a type that was only declared (`control Ingress<H, M>(...);`). `arguments` as in FieldsType.
    """

    name: str
    signature: FunctionType
    constructor: tuple[ParameterType, ...]
    arguments: tuple[Type, ...]
    annotations: Annotations
    span: Span

    def __str__(self) -> str:
        if self.arguments:
            return f"{self.name}<{', '.join(map(str, self.arguments))}>"
        return self.name


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ParserType(ApplicableType):
    """`parser` as a type."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ControlType(ApplicableType):
    """`control` as a type."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class PackageType(Type):
    """`package V1Switch<H, M>(...)`: only a constructor (§7.2.12)."""

    name: str
    constructor: FunctionType
    arguments: tuple[Type, ...]
    annotations: Annotations
    span: Span

    def __str__(self) -> str:
        if self.arguments:
            return f"{self.name}<{', '.join(map(str, self.arguments))}>"
        return self.name


# --- questions asked everywhere ---


def width(type_: Type) -> int:
    """The number of bits of a fixed-width scalar: bit, int, bool (1), serializable enum, newtype of those.

    Raises TypeError for any other type.
    """
    if isinstance(type_, BitType | IntType):
        return type_.width
    if isinstance(type_, BoolType):
        return 1
    if isinstance(type_, SerEnumType | NewType):
        return width(type_.underlying)
    raise TypeError(f"{type_} has no fixed width")


def scalars(type_: Type) -> int:
    """How many scalars a value is made of. (A type may name another many times: this takes time for each.)"""
    match type_:
        case FieldsType():
            return sum(scalars(f.type) for f in type_.fields)
        case TupleType():
            return sum(map(scalars, type_.elements))
        case StackType():
            return type_.size * max(scalars(type_.element), 1)
        case NewType():
            return scalars(type_.underlying)
        case _:
            return 1


def strip_new_types(type_: Type) -> Type:
    """The type below any layers of `type X Y`."""
    while isinstance(type_, NewType):
        type_ = type_.underlying
    return type_


def is_header_stack(type_: Type) -> bool:
    """Whether it has `next`, `last`, `push_front` and the like; other arrays have not."""
    return isinstance(type_, StackType) and isinstance(type_.element, HeaderType | HeaderUnionType | TypeVar)


def is_signed(type_: Type) -> bool:
    """True for int<W> and what rests on it."""
    if isinstance(type_, SerEnumType | NewType):
        return is_signed(type_.underlying)
    return isinstance(type_, IntType)


def min_bits(type_: Type) -> int:
    """`minSizeInBits()` (§9): varbits count as empty, a union as its largest member, an array as all its elements."""
    return _bits(type_, smallest=True)


def max_bits(type_: Type) -> int:
    """`maxSizeInBits()` (§9): varbits count in full, a union as its largest member."""
    return _bits(type_, smallest=False)


def _bits(type_: Type, smallest: bool) -> int:
    match type_:
        case VarbitType():
            return 0 if smallest else type_.width
        case HeaderUnionType():
            return max((_bits(f.type, smallest) for f in type_.fields), default=0)
        case FieldsType():
            return sum(_bits(f.type, smallest) for f in type_.fields)
        case StackType():
            return type_.size * _bits(type_.element, smallest)
        case TupleType():
            return sum(_bits(element, smallest) for element in type_.elements)
        case NewType():
            return _bits(type_.underlying, smallest)
        case _:
            return width(type_)
