"""Statements: frozen. (Blocks are in base.py, transitions of parsers in declarations.py.)"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.diagnostics import Span
from compiler.tree.base import Block, Expression, Statement
from compiler.tree.declarations import Action, Table, Variable


@dataclass(frozen=True, eq=False, slots=True)
class Declare(Statement):
    """The declaration of a variable inside a block; `value` None: undefined (headers: invalid)."""

    variable: Variable
    value: Expression | None


@dataclass(frozen=True, eq=False, slots=True)
class Assign(Statement):
    """`target = value`. `a += b` has become `a = a + b`. The target is an l-value (§6.6)."""

    target: Expression
    value: Expression


@dataclass(frozen=True, eq=False, slots=True)
class CallStatement(Statement):
    """A call for its effects: Call, TableApply, HeaderCall or StackCall."""

    call: Expression


@dataclass(frozen=True, eq=False, slots=True)
class If(Statement):
    condition: Expression
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, eq=False, slots=True)
class ActionCase:
    """Actions that lead to `body`; labels that fall through are joined. `default` may stand beside actions."""

    actions: tuple[Action, ...]
    default: bool
    body: Block
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class ActionSwitch(Statement):
    """`switch (t.apply().action_run)` (§12.7.1)."""

    table: Table
    cases: tuple[ActionCase, ...]


@dataclass(frozen=True, eq=False, slots=True)
class SwitchCase:
    """Literals that lead to `body`; labels that fall through are joined."""

    labels: tuple[Expression, ...]
    default: bool
    body: Block
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Switch(Statement):
    """A switch on an integer, enum or error value (§12.7.2). Labels have the subject's type; without a match nothing
    happens.
    """

    subject: Expression
    cases: tuple[SwitchCase, ...]


@dataclass(frozen=True, eq=False, slots=True)
class For(Statement):
    """`for (init; condition; update) body` (§12.8): `continue` goes on with `update`. Variables of `init` are Declare
    statements.
    """

    init: tuple[Statement, ...]
    condition: Expression
    update: tuple[Statement, ...]
    body: Block


@dataclass(frozen=True, eq=False, slots=True)
class ForIn(Statement):
    """`for (type variable in collection)`: `collection` is a Range or an expression of type StackType or ListType."""

    variable: Variable
    collection: Expression
    body: Block


@dataclass(frozen=True, eq=False, slots=True)
class Break(Statement):
    pass


@dataclass(frozen=True, eq=False, slots=True)
class Continue(Statement):
    pass


@dataclass(frozen=True, eq=False, slots=True)
class Return(Statement):
    value: Expression | None


@dataclass(frozen=True, eq=False, slots=True)
class Exit(Statement):
    pass


# --- structured jumps: made by passes only, never by the checker ---


@dataclass(eq=False, slots=True)
class Label:
    """The name of a `Scope`; it has identity."""

    name: str
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Scope(Statement):
    """`body`, where `Leave(label)` goes on with what follows this statement."""

    label: Label
    body: Block


@dataclass(frozen=True, eq=False, slots=True)
class Leave(Statement):
    """Go on after the enclosing `Scope` of this label."""

    label: Label


@dataclass(frozen=True, eq=False, slots=True)
class Loop(Statement):
    """`body` again and again; only `Leave` ends it."""

    body: Block
