"""Tables (P4_16 spec §14.2)."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.syntax.annotations import Annotations
from compiler.syntax.expressions import Argument, NameExpression
from compiler.syntax.nodes import Declaration, Expression, Name, Node


@dataclass(frozen=True, slots=True, eq=False)
class KeyElement(Node):
    """`expression : match_kind annotations;`"""

    expression: Expression
    match_kind: Name
    annotations: Annotations


@dataclass(frozen=True, slots=True, eq=False)
class ActionReference(Node):
    """An action in a table's `actions` or in an entry: `name` (arguments None) or `name(arguments)`."""

    annotations: Annotations
    action: NameExpression
    arguments: tuple[Argument, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class TableEntry(Node):
    """`const priority=p: keysets: action annotations;` One keyset for each key of the table."""

    is_const: bool
    priority: Expression | None
    keysets: tuple[Expression, ...]
    action: ActionReference
    annotations: Annotations


@dataclass(frozen=True, slots=True, eq=False)
class TableProperty(Node):
    """A `name = value` of a table."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyProperty(TableProperty):
    elements: tuple[KeyElement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ActionsProperty(TableProperty):
    actions: tuple[ActionReference, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EntriesProperty(TableProperty):
    annotations: Annotations
    is_const: bool
    entries: tuple[TableEntry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CustomProperty(TableProperty):
    """Any other: default_action (value: a `NameExpression` or `CallExpression`), size, counters, implementation ..."""

    annotations: Annotations
    is_const: bool
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class TableDeclaration(Declaration):
    """`table name { properties }`, in the order in which they were written."""

    annotations: Annotations
    name: Name
    properties: tuple[TableProperty, ...]
