"""Put the bodies of actions in the place of direct calls, and give each table actions with control-plane data only.

Before: ActionCall as a CallStatement; table actions with arguments for directed parameters; no Return.
After: no ActionCall; every action that a table names has directionless parameters only. An action listed with arguments
becomes an action of that table's own, of the same control-plane name (spec §14.1, §14.2.1.2).

An `exit` inside happens after the copy-out of the arguments, as the specification asks (§12.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler import rewrite, tree
from compiler.passes.calls import Binding, bind
from compiler.passes.clone import clone
from compiler.passes.paths import Effects, effects


def inline_actions(program: tree.Program) -> tree.Program:
    inliner = _Inliner()
    for control in tree.all_controls(program):
        for action in control.actions:
            inliner.body(action)
        control.body = tree.as_block(inliner.rewrite(control.body), control.body.span)
        for table in control.tables:
            control.actions += _specialise(table, control, inliner)
    return program


def captured(action: tree.Action) -> Effects:
    """What the body of `action` touches besides its own parameters and variables."""
    found = effects(action.body)
    own: set[tree.Declaration] = set(action.parameters)
    return Effects(
        {path for path in found.reads if path.root not in own}, {path for path in found.writes if path.root not in own}
    )


def with_copy_out(body: tree.Block, binding: Binding) -> list[tree.Statement]:
    """The body between copy-in and copy-out, the latter also before every `exit`."""
    if binding.after:
        body = tree.as_block(_CopyOutBeforeExit(binding.after).rewrite(body), body.span)
    return [*binding.before, body, *binding.after]


class _CopyOutBeforeExit(rewrite.Rewriter):
    def __init__(self, copy_out: Sequence[tree.Statement]) -> None:
        self.copy_out = copy_out

    def rewrite_Exit(self, node: tree.Exit) -> list[tree.Statement]:
        return [*self.copy_out, node]


class _Inliner(rewrite.Rewriter):
    def __init__(self) -> None:
        self.done: set[tree.Action] = set()

    def body(self, action: tree.Action) -> tree.Block:
        """The body of `action` with its own calls inlined. (Actions cannot be recursive.)"""
        if action not in self.done:
            self.done.add(action)
            action.body = tree.as_block(self.rewrite(action.body), action.span)
        return action.body

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        if not isinstance(node.call, tree.ActionCall):
            return node
        action = node.call.action
        body = self.body(action)
        binding = bind(action.parameters, node.call.arguments, node.span, captured(action))
        return with_copy_out(clone(body, binding.substitution), binding)


def _specialise(table: tree.Table, control: tree.Control, inliner: _Inliner) -> list[tree.Action]:
    """Replace actions of `table` that are listed with arguments; the new ones."""
    made: dict[tree.Action, tree.Action] = {}
    for i, member in enumerate(table.actions):
        if not member.arguments:
            continue
        action = member.action
        data = [replace(p) for p in action.data_parameters]
        directed = [p for p in action.parameters if p.direction is not tree.Direction.NONE]
        binding = bind(directed, member.arguments, member.span, captured(action))
        values = {
            old: tree.VariableRef(new.type, new.span, new)
            for old, new in zip(action.data_parameters, data, strict=True)
        }
        body = with_copy_out(clone(inliner.body(action), binding.substitution | values), binding)
        made[action] = replace(action, parameters=data, body=tree.Block(action.body.span, tuple(body)))
        table.actions[i] = replace(member, action=made[action], arguments=())
    if not made:
        return []
    if table.default_action and table.default_action.action in made:
        table.default_action = _retarget(table.default_action, made)
    table.entries = [_retarget(entry, made) if entry.action in made else entry for entry in table.entries]
    control.body = tree.as_block(_Relabel(table, made).rewrite(control.body), control.body.span)
    return list(made.values())


def _retarget(use: tree.DefaultAction | tree.Entry, made: dict[tree.Action, tree.Action]):  # type: ignore[no-untyped-def]
    """A use of an action with the arguments of its data parameters only."""
    new = made[use.action]
    return replace(use, action=new, arguments=use.arguments[len(use.arguments) - len(new.parameters) :])


class _Relabel(rewrite.Rewriter):
    """Let the cases of `switch (table.apply().action_run)` name the new actions."""

    def __init__(self, table: tree.Table, made: dict[tree.Action, tree.Action]) -> None:
        self.table = table
        self.made = made

    def rewrite_ActionSwitch(self, node: tree.ActionSwitch) -> tree.Statement:
        node = self.rewrite_children(node)
        if node.table is not self.table:
            return node
        cases = (replace(c, actions=tuple(self.made.get(a, a) for a in c.actions)) for c in node.cases)
        return replace(node, cases=tuple(cases))
