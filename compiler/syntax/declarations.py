"""Declarations of the top level: types (P4_16 spec §7.2), externs, actions, parsers (§13), controls (§14), packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from compiler.syntax.annotations import Annotations
from compiler.syntax.nodes import Declaration, Expression, Name, Node, TypeRef
from compiler.syntax.statements import (
    BlockItem,
    BlockStatement,
    ConstantDeclaration,
    Instantiation,
    Parameter,
    VariableDeclaration,
)
from compiler.syntax.tables import TableDeclaration


@dataclass(frozen=True, slots=True, eq=False)
class ActionDeclaration(Declaration):
    """`action name(parameters) { ... }`; parameters without a direction come from the control plane."""

    annotations: Annotations
    name: Name
    parameters: tuple[Parameter, ...]
    body: BlockStatement


@dataclass(frozen=True, slots=True, eq=False)
class ExternFunctionDeclaration(Declaration):
    """`extern result name<type_parameters>(parameters);` Overloads differ in their parameters' names."""

    annotations: Annotations
    result: TypeRef
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MethodPrototype(Node):
    """A method, or a constructor (`result` None) of an extern object."""

    annotations: Annotations
    is_abstract: bool
    result: TypeRef | None
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ExternDeclaration(Declaration):
    """`extern name<type_parameters> { methods }`, or `extern name;` (`is_forward`), which only announces the name."""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    methods: tuple[MethodPrototype, ...]
    is_forward: bool


@dataclass(frozen=True, slots=True, eq=False)
class StructField(Node):
    annotations: Annotations
    type: TypeRef
    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class StructDeclaration(Declaration):
    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    fields: tuple[StructField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeaderDeclaration(Declaration):
    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    fields: tuple[StructField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeaderUnionDeclaration(Declaration):
    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    fields: tuple[StructField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EnumDeclaration(Declaration):
    """`enum name { members }`, without an underlying type."""

    annotations: Annotations
    name: Name
    members: tuple[Name, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EnumMember(Node):
    """`name = value` of a serializable enum."""

    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class SerializableEnumDeclaration(Declaration):
    """`enum underlying name { members }`"""

    annotations: Annotations
    underlying: TypeRef
    name: Name
    members: tuple[EnumMember, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ErrorDeclaration(Declaration):
    """`error { members }`; all error declarations of a program add to one type."""

    members: tuple[Name, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MatchKindDeclaration(Declaration):
    """`match_kind { members }`; all of them add to one type."""

    members: tuple[Name, ...]


DerivedTypeDeclaration: TypeAlias = (
    StructDeclaration | HeaderDeclaration | HeaderUnionDeclaration | EnumDeclaration | SerializableEnumDeclaration
)


@dataclass(frozen=True, slots=True, eq=False)
class TypedefDeclaration(Declaration):
    """`typedef type name;` another name for a type, perhaps declared on the spot (`typedef struct S { } name;`)."""

    annotations: Annotations
    type: TypeRef | DerivedTypeDeclaration
    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class NewTypeDeclaration(Declaration):
    """`type base name;` a new type, not interchangeable with `base`."""

    annotations: Annotations
    type: TypeRef
    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class ParserTypeDeclaration(Declaration):
    """`parser name<type_parameters>(parameters);`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ValueSetDeclaration(Declaration):
    """`value_set<element>(size) name;`"""

    annotations: Annotations
    element: TypeRef
    size: Expression
    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class SelectCase(Node):
    """`keyset: state;` One keyset for a single value, or one for each key of the select."""

    keysets: tuple[Expression, ...]
    state: Name


@dataclass(frozen=True, slots=True, eq=False)
class DirectTransition(Node):
    """`transition state;`"""

    state: Name


@dataclass(frozen=True, slots=True, eq=False)
class SelectTransition(Node):
    """`transition select(keys) { cases }`"""

    keys: tuple[Expression, ...]
    cases: tuple[SelectCase, ...]


Transition: TypeAlias = DirectTransition | SelectTransition


@dataclass(frozen=True, slots=True, eq=False)
class ParserState(Node):
    """`state name { items transition }`. Without a transition the state goes to reject."""

    annotations: Annotations
    name: Name
    items: tuple[BlockItem, ...]
    transition: Transition | None


ParserLocal: TypeAlias = ConstantDeclaration | VariableDeclaration | Instantiation | ValueSetDeclaration


@dataclass(frozen=True, slots=True, eq=False)
class ParserDeclaration(Declaration):
    """`parser name<...>(parameters)(constructor_parameters) { locals states }`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]
    constructor_parameters: tuple[Parameter, ...]
    locals: tuple[ParserLocal, ...]
    states: tuple[ParserState, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ControlTypeDeclaration(Declaration):
    """`control name<type_parameters>(parameters);`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


ControlLocal: TypeAlias = (
    ConstantDeclaration | VariableDeclaration | Instantiation | ActionDeclaration | TableDeclaration
)


@dataclass(frozen=True, slots=True, eq=False)
class ControlDeclaration(Declaration):
    """`control name<...>(parameters)(constructor_parameters) { locals apply body }`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]
    constructor_parameters: tuple[Parameter, ...]
    locals: tuple[ControlLocal, ...]
    body: BlockStatement


@dataclass(frozen=True, slots=True, eq=False)
class PackageTypeDeclaration(Declaration):
    """`package name<type_parameters>(parameters);`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Program(Node):
    """All declarations of a compilation unit and of what it includes, in order; `;` alone leaves no trace.

    `span` is the end of the main file. `damaged` holds the names in text that could not be read: whoever misses one of
    them need not report it.
    """

    declarations: tuple[Declaration, ...]
    damaged: frozenset[str] = frozenset()
