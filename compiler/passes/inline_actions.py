"""Put the bodies of actions in the place of direct calls.

Before: ActionCall as a CallStatement (order_effects); no Return (lower_returns).   After: none. Arguments are copied in
and out by `calls.bind` (spec §6.8); an `exit` inside happens after the copy-out, as the specification asks (§12.6).
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler import rewrite, tree
from compiler.passes.calls import Binding, bind
from compiler.passes.clone import clone
from compiler.passes.paths import Effects, effects


def inline_actions(program: tree.Program) -> tree.Program:
    inliner = _Inliner()
    for action in program.actions:
        inliner.body(action)
    for control in tree.all_controls(program):
        for action in control.actions:
            inliner.body(action)
        control.body = tree.as_block(inliner.rewrite(control.body), control.body.span)
    return program


def captured(action: tree.Action) -> Effects:
    """What the body of `action` touches besides its own parameters."""
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
        binding = bind(action.parameters, node.call.arguments, node.span, captured(action), node.call.order)
        binding.after += node.call.after
        return with_copy_out(clone(body, binding.substitution), binding)
