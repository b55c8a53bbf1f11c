"""Evaluate table keys that are not storage into variables, where the table is applied.

Before: any key expression.   After: each is a scalar l-value known at compile time, or `isValid()` of a header. Keys
are evaluated in order before the lookup (spec §14.2.1.1), so a key that a later one changes needs a variable, too. Run
it before functions are inlined, for keys with calls, and after all inlining, for keys whose parameters have become
constants.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build
from compiler.passes.order_effects import order_statements
from compiler.passes.paths import PathSet, effects, static_path


def table_keys(program: tree.Program) -> tree.Program:
    for control in tree.all_controls(program):
        assignments: dict[tree.Table, list[tree.Statement]] = {}
        for table in control.tables:
            assignments[table] = _simplify(table)
        if any(assignments.values()):
            control.body = tree.as_block(_Evaluate(assignments).rewrite(control.body), control.body.span)
    return program


def _simplify(table: tree.Table) -> list[tree.Statement]:
    """Give variables to the keys of `table` that need one; the statements that set them."""
    changed = _changed_by_later_keys(table)
    statements: list[tree.Statement] = []
    for i, key in enumerate(table.keys):
        if _is_simple(key.expression) and i not in changed:
            continue
        variable = build.variable(f"{table.name}_key{i}", key.expression.type, key.span)
        statements.append(tree.Assign(key.span, build.ref(variable, key.span), key.expression))
        table.keys[i] = replace(key, expression=build.ref(variable, key.span))
    return order_statements(statements)


def _changed_by_later_keys(table: tree.Table) -> set[int]:
    """The keys that are storage which evaluating a later key changes."""
    found: set[int] = set()
    written = PathSet()
    for i, key in reversed(list(enumerate(table.keys))):
        touched = effects(key.expression)
        if any(map(written.overlap, touched.reads)):
            found.add(i)
        for path in touched.writes:
            written.add(path)
    return found


def _is_simple(expression: tree.Expression) -> bool:
    if isinstance(expression, tree.HeaderCall):
        return static_path(expression.header) is not None and isinstance(expression.header.type, t.HeaderType)
    return static_path(expression) is not None


class _Evaluate(rewrite.Rewriter):
    """Puts the assignments before the statement that applies the table."""

    def __init__(self, assignments: dict[tree.Table, list[tree.Statement]]) -> None:
        self.assignments = assignments

    def rewrite_CallStatement(self, node: tree.CallStatement) -> list[tree.Statement]:
        return [*self._before(node.call), node]

    def rewrite_If(self, node: tree.If) -> list[tree.Statement]:
        return [*self._before(node.condition), self.rewrite_children(node)]

    def rewrite_ActionSwitch(self, node: tree.ActionSwitch) -> list[tree.Statement]:
        return [*self.assignments.get(node.table, ()), self.rewrite_children(node)]

    def _before(self, node: tree.Expression) -> list[tree.Statement]:
        applied = [n.table for n in rewrite.walk(node) if isinstance(n, tree.TableApply)]
        return [s for table in applied for s in self.assignments.get(table, ())]
