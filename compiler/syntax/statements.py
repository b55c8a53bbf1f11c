"""Statements (P4_16 spec §11, §12), and what is declared among them: constants, variables, instances, functions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from compiler.syntax.annotations import Annotations
from compiler.syntax.expressions import Argument, CallExpression
from compiler.syntax.nodes import Declaration, Expression, Name, Node, Statement, TypeRef


@dataclass(frozen=True, slots=True, eq=False)
class EmptyStatement(Statement):
    """`;`"""


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentStatement(Statement):
    """`target operator value;`: `=`, or a compound operator: *= /= %= += -= |+|= |-|= <<= >>= &= |= ^="""

    target: Expression
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class CallStatement(Statement):
    """`call;`"""

    call: CallExpression


@dataclass(frozen=True, slots=True, eq=False)
class BlockStatement(Statement):
    """`{ items }`, a scope of its own. `annotations` e.g. @atomic, @unroll."""

    annotations: Annotations
    items: tuple[BlockItem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class IfStatement(Statement):
    condition: Expression
    then_branch: Statement
    else_branch: Statement | None


@dataclass(frozen=True, slots=True, eq=False)
class ReturnStatement(Statement):
    value: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class ExitStatement(Statement):
    """`exit;`"""


@dataclass(frozen=True, slots=True, eq=False)
class BreakStatement(Statement):
    """`break;`"""


@dataclass(frozen=True, slots=True, eq=False)
class ContinueStatement(Statement):
    """`continue;`"""


@dataclass(frozen=True, slots=True, eq=False)
class SwitchCase(Node):
    """`label: body`. The body is None where the case falls through. The label `default` is a `DefaultKeyset`."""

    label: Expression
    body: BlockStatement | None


@dataclass(frozen=True, slots=True, eq=False)
class SwitchStatement(Statement):
    """`switch (subject) { cases }`, on `t.apply().action_run` (labels are action names) or on a value."""

    subject: Expression
    cases: tuple[SwitchCase, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ForStatement(Statement):
    """`for (init; condition; update) body`; init may declare variables, update holds assignments and calls."""

    annotations: Annotations
    init: tuple[BlockItem, ...]
    condition: Expression
    update: tuple[Statement, ...]
    body: Statement


@dataclass(frozen=True, slots=True, eq=False)
class ForInStatement(Statement):
    """`for (type name in collection) body`; the collection is a list, a stack or a `RangeExpression`.

    `variable` has no initial value.
    """

    annotations: Annotations
    variable: VariableDeclaration
    collection: Expression
    body: Statement


class Direction(Enum):
    NONE = ""
    IN = "in"
    OUT = "out"
    INOUT = "inout"


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """`direction type name = default`. Optional parameters carry @optional; `default` is None where none is given."""

    annotations: Annotations
    direction: Direction
    type: TypeRef
    name: Name
    default: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class ConstantDeclaration(Declaration):
    """`const type name = value;`"""

    annotations: Annotations
    type: TypeRef
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class VariableDeclaration(Declaration):
    """`type name;` or `type name = value;`"""

    annotations: Annotations
    type: TypeRef
    name: Name
    value: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class FunctionDeclaration(Declaration):
    """`result name<type_parameters>(parameters) { ... }`, also in an initializer block."""

    annotations: Annotations
    result: TypeRef
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]
    body: BlockStatement


@dataclass(frozen=True, slots=True, eq=False)
class Instantiation(Declaration):
    """`type(arguments) name;`, or `type(arguments) name = { initializer };`, which gives an extern its methods.

    `initializer` is None where there is no block.
    """

    annotations: Annotations
    type: TypeRef
    arguments: tuple[Argument, ...]
    name: Name
    initializer: tuple[FunctionDeclaration | Instantiation, ...] | None


BlockItem: TypeAlias = Statement | VariableDeclaration | ConstantDeclaration | Instantiation
"""What may stand in a block. (In a parser state no return, exit, switch, loop or instantiation; the parser says so.)"""
