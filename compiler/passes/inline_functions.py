"""Put the bodies of functions in the place of their calls.

Before: FunctionCall as the whole value of an Assign or Declare, or the whole of a CallStatement (order_effects); no
Return (lower_returns).   After: none. Arguments are copied in and out by `calls.bind` (spec §6.8, §10).
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler.passes import build
from compiler.passes.calls import bind
from compiler.passes.clone import clone
from compiler.passes.lower_returns import Results


def inline_functions(program: tree.Program, results: Results) -> tree.Program:
    program.functions, inlined = [], _Inliner(results)
    inlined.rewrite_program(program)
    return program


class _Inliner(rewrite.Rewriter):
    def __init__(self, results: Results) -> None:
        self.results = results

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        if not isinstance(node.call, tree.FunctionCall):
            return node
        return self._inline(node.call, None)

    def rewrite_Declare(self, node: tree.Declare) -> tree.Statement | list[tree.Statement]:
        if not isinstance(node.value, tree.FunctionCall):
            return node
        result = build.ref(node.variable, node.span)
        return [tree.Declare(node.span, node.variable, None), *self._inline(node.value, result)]

    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement | list[tree.Statement]:
        if not isinstance(node.value, tree.FunctionCall):
            return node
        result = build.variable(node.value.function.name, node.value.type, node.span)
        reference = build.ref(result, node.span)
        return [
            tree.Declare(node.span, result, None),
            *self._inline(node.value, reference),
            tree.Assign(node.span, node.target, reference),
        ]

    def _inline(self, call: tree.FunctionCall, result: tree.Expression | None) -> list[tree.Statement]:
        function = call.function
        binding = bind(function.parameters, call.arguments, call.span, order=call.order)
        substitution = dict(binding.substitution)
        variable = self.results.get(function)
        if variable is not None:
            unused = build.ref(build.variable(variable.name, variable.type, call.span), call.span)
            substitution[variable] = result if result is not None else unused
        body = tree.as_block(self.rewrite(clone(function.body, substitution)), function.span)
        return [*binding.before, body, *binding.after]
