"""Let a table that is applied at several places know which one it was applied at.

Before: the body of a control as make_actions leaves it.   After: `Control.places` names the statements that apply a
table after which different things follow; before each of them a variable is set to its number. (A table is one node of
BMv2's graph, so what follows it must be found out at run time. Where the same follows, nothing is needed.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build

PLACE_BITS = 16
"""Bits of the variable's type."""

Follower = object
"""What comes next: a table, the statement that is a condition or a loop, or None for the end."""


def mark_places(control: tree.Control, assignment: Callable[[tree.Assign], list[tree.Statement]]) -> None:
    """`assignment` makes the statements of a graph that carry out an assignment."""
    followers = _Followers()
    followers.sequence(control.body.statements, None)
    different = {table for table, found in followers.found.items() if any(f != found[0] for f in found)}
    if different:
        marker = _Marker(control, different, assignment)
        control.body = tree.as_block(marker.rewrite(control.body), control.body.span)


class _Followers:
    """What follows each table at each of its places; found from the end to the start, as the graph is written."""

    def __init__(self) -> None:
        self.found: dict[tree.Table, list[object]] = {}
        self.places: dict[tree.Label, Follower] = {}

    def sequence(self, statements: Sequence[tree.Statement], after: Follower) -> Follower:
        """The first node of `statements`, which go on with `after`."""
        for statement in reversed(statements):
            after = self._statement(statement, after)
        return after

    def _statement(self, statement: tree.Statement, after: Follower) -> Follower:
        match statement:
            case tree.Block():
                return self.sequence(statement.statements, after)
            case tree.CallStatement(call=tree.TableApply() as apply):
                return self._table(apply.table, after)
            case tree.ActionSwitch():
                cases = [(c.actions, c.default, self.sequence(c.body.statements, after)) for c in statement.cases]
                return self._table(statement.table, (cases, after))
            case tree.If():
                then = self.sequence(statement.then.statements, after)
                otherwise = self.sequence(statement.otherwise.statements, after) if statement.otherwise else after
                applied = _applied(statement)
                if applied is not None:
                    negated = isinstance(statement.condition, tree.Unary)
                    return self._table(applied.table, (negated, applied.result, then, otherwise))
                return then if then is otherwise else statement
            case tree.Scope():
                self.places[statement.label] = after
                return self.sequence(statement.body.statements, after)
            case tree.Leave():
                return self.places[statement.label]
            case tree.Loop():
                self.sequence(statement.body.statements, statement)
                return statement
            case tree.Exit():
                return None
            case _:
                return statement

    def _table(self, table: tree.Table, followers: object) -> Follower:
        self.found.setdefault(table, []).append(followers)
        return table


def _applied(statement: tree.If) -> tree.TableApply | None:
    """The application of a table that the condition of `statement` is."""
    condition = statement.condition
    if isinstance(condition, tree.Unary):
        condition = condition.operand
    return condition if isinstance(condition, tree.TableApply) else None


class _Marker(rewrite.Rewriter):
    def __init__(
        self, control: tree.Control, tables: set[tree.Table], assignment: Callable[[tree.Assign], list[tree.Statement]]
    ) -> None:
        self.control = control
        self.assignment = assignment
        self.variables = {
            table: build.variable(f"{table.name}_place", t.BitType(PLACE_BITS), table.span) for table in tables
        }
        self.counts = dict.fromkeys(tables, 0)

    def rewrite_CallStatement(self, node: tree.CallStatement) -> list[tree.Statement]:
        return self._mark(node, node.call.table) if isinstance(node.call, tree.TableApply) else [node]

    def rewrite_If(self, node: tree.If) -> list[tree.Statement]:
        apply = _applied(node)
        node = self.rewrite_children(node)
        return self._mark(node, apply.table) if apply is not None else [node]

    def rewrite_ActionSwitch(self, node: tree.ActionSwitch) -> list[tree.Statement]:
        return self._mark(self.rewrite_children(node), node.table)

    def _mark(self, node: tree.Statement, table: tree.Table) -> list[tree.Statement]:
        variable = self.variables.get(table)
        if variable is None:
            return [node]
        number = self.counts[table]
        self.counts[table] += 1
        self.control.places[node] = (variable, number)
        place = build.ref(variable, node.span)
        return [*self.assignment(tree.Assign(node.span, place, build.integer(number, variable.type, node.span))), node]
