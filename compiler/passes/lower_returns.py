"""Write `return` as `Leave` of a scope around the whole body.

Before: Return in functions, actions and controls.   After: none. A function's value goes to a variable (`results` says
which), set before the body is left (spec §10). A `return` at the very end leaves nothing and disappears.
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build

Results = dict[tree.Function, tree.Variable]
"""The variable that holds what a function returned."""


def lower_returns(program: tree.Program) -> tuple[tree.Program, Results]:
    results: Results = {}
    for function in program.functions:
        if function.result != t.VOID:
            results[function] = build.variable(function.name, function.result, function.span)
        function.body = _lower(function.body, results.get(function))
    for action in program.actions:
        action.body = _lower(action.body, None)
    for control in tree.all_controls(program):
        for action in control.actions:
            action.body = _lower(action.body, None)
        control.body = _lower(control.body, None)
    return program, results


def _lower(body: tree.Block, result: tree.Variable | None) -> tree.Block:
    if not any(isinstance(node, tree.Return) for node in rewrite.walk(body)):
        return body
    label = tree.Label("return", body.span)
    lowered = tree.as_block(_LowerReturns(label, result).rewrite(body), body.span)
    return tree.Block(body.span, (tree.Scope(body.span, label, lowered),))


class _LowerReturns(rewrite.Rewriter):
    def __init__(self, label: tree.Label, result: tree.Variable | None) -> None:
        self.label = label
        self.result = result

    def rewrite_Return(self, node: tree.Return) -> tuple[tree.Statement, ...]:
        leave = tree.Leave(node.span, self.label)
        if node.value is None or self.result is None:
            return (leave,)
        return (tree.Assign(node.span, build.ref(self.result, node.span), node.value), leave)
