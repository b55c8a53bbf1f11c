"""No path may apply a table twice, save for loops, which come back to it (p4c refuses it too)."""

from __future__ import annotations

from compiler import tree
from compiler.diagnostics import Diagnostics
from compiler.rewrite import parts

Applied = frozenset[tree.Table]


def check_applied_once(program: tree.Program, diagnostics: Diagnostics) -> None:
    for instance in tree.main_instances(program):
        if isinstance(instance, tree.Control):
            walk = _Walk(diagnostics)
            walk.control(instance, frozenset())


class _Walk:
    """Follows the paths of a control with the tables that may have been applied on the way; `ended` are
    those where one returned.
    """

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.ended: Applied = frozenset()

    def control(self, control: tree.Control, applied: Applied) -> Applied:
        outer, self.ended = self.ended, frozenset()
        applied = self.statement(control.body, applied) | self.ended
        self.ended = outer
        return applied

    def statement(self, node: tree.Statement, applied: Applied) -> Applied:
        match node:
            case tree.Block():
                for statement in node.statements:
                    applied = self.statement(statement, applied)
                return applied
            case tree.If():
                applied = self.expression(node.condition, applied)
                then = self.statement(node.then, applied)
                return then | (self.statement(node.otherwise, applied) if node.otherwise is not None else applied)
            case tree.ActionSwitch() | tree.Switch():
                if isinstance(node, tree.ActionSwitch):
                    applied = self.table(node.table, applied)
                else:
                    applied = self.expression(node.subject, applied)
                return applied.union(*(self.statement(case.body, applied) for case in node.cases))
            case tree.For() | tree.ForIn():
                return self.statement(node.body, applied)  # a loop may come back to the table it applies
            case tree.Return():
                self.ended |= applied
                return frozenset()
            case tree.Exit():
                return frozenset()
            case _:
                for part in parts(node):
                    applied = self.expression(part, applied)
                return applied

    def expression(self, node: tree.Expression, applied: Applied) -> Applied:
        for part in parts(node):
            applied = self.expression(part, applied)
        if isinstance(node, tree.TableApply):
            return self.table(node.table, applied)
        if isinstance(node, tree.ControlApply):
            return self.control(node.control, applied)
        return applied

    def table(self, table: tree.Table, applied: Applied) -> Applied:
        for key in table.keys:
            applied = self.expression(key.expression, applied)
        if table in applied:
            message = f"a path applies the table {table.control_plane_name} twice, which the target cannot do"
            self.diagnostics.error("invalid", message, table.span)
        return applied | {table}
