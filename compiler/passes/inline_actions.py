"""Put the bodies of actions in the place of direct calls.

Before: ActionCall as a CallStatement (order_effects); no Return (lower_returns).   After: none, and no action that was
only called. Arguments are copied in and out by `calls.bind` (spec §6.8); an `exit` inside happens after the copy-out,
as the specification asks (§12.6).

As in inline_functions a body is copied as it was written, and its own calls replaced in the copy.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler import rewrite, tree
from compiler.passes.calls import Binding, bind
from compiler.passes.clone import clone
from compiler.passes.paths import Effects, effects


def inline_actions(program: tree.Program) -> tree.Program:
    controls = list(tree.all_controls(program))
    listed = {member.action for control in controls for table in control.tables for member in table.actions}
    owners: list[tree.Program | tree.Control] = [program, *controls]
    called = {
        node.action
        for body in [*(a.body for owner in owners for a in owner.actions), *(c.body for c in controls)]
        for node in rewrite.walk(body)
        if isinstance(node, tree.ActionCall)
    }
    for owner in owners:
        owner.actions = [action for action in owner.actions if action in listed or action not in called]
    inliner = _Inliner()
    bodies = [(a, tree.as_block(inliner.rewrite(a.body), a.span)) for owner in owners for a in owner.actions]
    for control in controls:
        control.body = tree.as_block(inliner.rewrite(control.body), control.body.span)
    for action, body in bodies:  # only now, as until here other bodies were made from what was written
        action.body = body
    return program


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
        self.known: dict[tree.Action, Effects] = {}

    def captured(self, action: tree.Action) -> Effects:
        """What the body of `action` touches besides its own parameters. (Actions cannot be recursive.)"""
        known = self.known.get(action)
        if known is None:
            for node in rewrite.walk(action.body):
                if isinstance(node, tree.ActionCall):
                    self.captured(node.action)
            found = effects(action.body, self.known)
            own: set[tree.Declaration] = set(action.parameters)
            known = self.known[action] = Effects(
                {path for path in found.reads if path.root not in own},
                {path for path in found.writes if path.root not in own},
                found.exits,
            )
        return known

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        if not isinstance(node.call, tree.ActionCall):
            return node
        action = node.call.action
        binding = bind(action.parameters, node.call.arguments, node.span, self.captured(action), node.call.order)
        binding.after += node.call.after
        body = tree.as_block(self.rewrite(clone(action.body, binding.substitution)), action.span)
        return with_copy_out(body, binding)
