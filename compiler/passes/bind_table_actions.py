"""Give each table actions with control-plane data only.

Before: tables whose actions are listed with arguments for their directed parameters.
After: every action that a table names has directionless parameters only. An action listed with arguments became an
action of that table's own that calls it, of the same control-plane name, so that the arguments are evaluated when it
runs (spec §14.2.1.2). So did an action at top level that exits, because what `exit` has to do differs between controls
(inline_controls). The arguments of defaults and entries are those of the data parameters.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build
from compiler.passes.paths import effects

Made = dict[tree.Action, tree.Action]


def bind_table_actions(program: tree.Program) -> tree.Program:
    shared = {action for action in program.actions if effects(action.body).exits}
    for control in tree.all_controls(program):
        for table in control.tables:
            made: Made = {}
            for i, member in enumerate(table.actions):
                if member.arguments or member.action in shared:
                    made[member.action] = _bound(member)
                    table.actions[i] = replace(member, action=made[member.action], arguments=())
            if made:
                control.actions += made.values()
                _retarget(table, made)
                control.body = tree.as_block(_Relabel(table, made).rewrite(control.body), control.body.span)
    return program


def _bound(member: tree.TableAction) -> tree.Action:
    """An action of the data parameters alone that calls `member` with its arguments."""
    action = member.action
    data = [replace(parameter) for parameter in action.data_parameters]
    arguments = (*member.arguments, *(build.ref(parameter, member.span) for parameter in data))
    order = (*member.order, *range(len(member.arguments), len(arguments))) if member.order else ()
    call = tree.CallStatement(member.span, tree.ActionCall(t.VOID, member.span, arguments, action, order=order))
    return replace(action, parameters=data, body=tree.Block(member.span, (call,)))


def _retarget(table: tree.Table, made: Made) -> None:
    """Let the default and the entries of `table` use the new actions."""
    default = table.default_action
    if default is not None and default.action in made:
        new = made[default.action]
        table.default_action = replace(default, action=new, arguments=_data(default.arguments, new))
    for i, entry in enumerate(table.entries):
        if entry.action in made:
            new = made[entry.action]
            table.entries[i] = replace(entry, action=new, arguments=_data(entry.arguments, new))


def _data(arguments: tuple[tree.Expression, ...], action: tree.Action) -> tuple[tree.Expression, ...]:
    """The last arguments, those of the data parameters."""
    return arguments[len(arguments) - len(action.parameters) :]


class _Relabel(rewrite.Rewriter):
    """Let the cases of `switch (table.apply().action_run)` name the new actions."""

    def __init__(self, table: tree.Table, made: Made) -> None:
        self.table = table
        self.made = made

    def rewrite_ActionSwitch(self, node: tree.ActionSwitch) -> tree.Statement:
        node = self.rewrite_children(node)
        if node.table is not self.table:
            return node
        cases = (replace(c, actions=tuple(self.made.get(a, a) for a in c.actions)) for c in node.cases)
        return replace(node, cases=tuple(cases))
