"""Give fields to the arguments of extern calls that BMv2 wants as fields.

Before: extern calls with any arguments that are free of effects.
After:
- what is written to (out, inout) is storage known at compile time; a call that wrote to anything else writes to a
  variable, which is assigned from afterwards; `extract(_)` extracts to a header variable that nobody reads;
- the data of `hash` are fields and constants; those of `digest` are variables of that digest alone, because BMv2 reads
  them at the end of ingress, not at the call (one set for each type, so that there is one digest of that name);
- the data of `clone3`, `resubmit` and `recirculate` are the fields of metadata among them: the rest is not kept
  (headers, for which the copy is parsed, and local variables, which start anew);
- a result that nobody wanted goes to a variable (`lookahead` may find the packet too short);
- a direct meter writes to a variable of its own, for BMv2 runs it with every hit, whether the action reads it or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build
from compiler.passes.expand_aggregates import leaves
from compiler.passes.lower_slices import lower_slice
from compiler.passes.paths import directions, static_path


def field_arguments(program: tree.Program) -> tree.Program:
    return _FieldArguments().rewrite_program(program)


class _FieldArguments(rewrite.Rewriter):
    def __init__(self) -> None:
        self.digests: dict[t.Type, list[tree.VariableRef]] = {}
        self.colours: dict[object, tree.VariableRef] = {}

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        match node.call:
            case tree.ExternFunctionCall(function=tree.ExternFunction(name="digest")) as call:
                return self._digest(node, call)
            case tree.ExternFunctionCall(function=tree.ExternFunction(name="hash")) as call:
                return self._outputs(node, self._hash(call))
            case (
                tree.ExternFunctionCall(
                    function=tree.ExternFunction(name="clone3" | "resubmit" | "recirculate")
                ) as call
            ):
                *others, data = call.arguments
                kept = tuple(leaf for leaf in leaves(data) if _is_metadata(leaf))
                listed = tree.TupleExpression(t.TupleType(tuple(f.type for f in kept)), data.span, kept)
                return replace(node, call=replace(call, arguments=(*others, listed)))
            case tree.MethodCall(receiver=tree.ExternInstance() as meter) as call if meter.type.name == "direct_meter":
                return self._direct_meter(node, call)
            case tree.MethodCall() as call if call.type != t.VOID:
                result = build.variable("unused", call.type, node.span)
                return tree.Assign(node.span, build.ref(result, node.span), call)
            case tree.ExternFunctionCall() | tree.MethodCall() as call:
                return self._outputs(node, ([], call))
        return node

    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement | list[tree.Statement]:
        """The result of a call goes to storage known at compile time, of type bit<W> where it is a number."""
        if not isinstance(node.value, tree.Call):
            return node
        type_ = t.strip_new_types(node.target.type)
        if static_path(node.target) is not None and not isinstance(type_, t.IntType):
            return node
        result_type = t.BitType(type_.width) if isinstance(type_, t.IntType) else type_
        result = build.ref(build.variable("result", result_type, node.span), node.span)
        value: tree.Expression = result if result_type == type_ else tree.Cast(type_, node.span, result)
        return [replace(node, target=result), lower_slice(replace(node, value=value))]

    def _outputs(
        self, node: tree.CallStatement, prepared: tuple[list[tree.Statement], tree.Call]
    ) -> tree.Statement | list[tree.Statement]:
        before, call = prepared
        after: list[tree.Statement] = []
        arguments = list(call.arguments)
        for i, (argument, direction) in enumerate(zip(arguments, directions(call), strict=True)):
            if direction not in (tree.Direction.OUT, tree.Direction.INOUT):
                continue
            is_signed = direction is tree.Direction.OUT and t.is_signed(argument.type)
            if _is_place(argument) and not is_signed:
                continue
            # BMv2 copies the bits of a negative number as they are.
            type_ = t.BitType(t.width(argument.type)) if is_signed else argument.type
            copy = build.ref(build.variable("out", type_, node.span), node.span)
            arguments[i] = copy
            if isinstance(argument, tree.DontCare):
                continue
            if direction is tree.Direction.INOUT:
                before = [*before, tree.Assign(node.span, copy, argument)]
            value = tree.Cast(argument.type, node.span, copy) if is_signed else copy
            after.append(lower_slice(tree.Assign(node.span, argument, value)))
        return [*before, replace(node, call=replace(call, arguments=tuple(arguments))), *after]

    def _hash(self, call: tree.ExternFunctionCall) -> tuple[list[tree.Statement], tree.Call]:
        result, algorithm, base, data, limit = call.arguments
        before, fields = _as_fields(list(leaves(data)))
        types = tuple(f.type for f in fields)
        listed = tree.TupleExpression(t.TupleType(types), data.span, tuple(fields))
        return before, replace(call, arguments=(result, algorithm, base, listed, limit))

    def _digest(self, node: tree.CallStatement, call: tree.ExternFunctionCall) -> list[tree.Statement]:
        receiver, data = call.arguments
        values = list(leaves(data))
        if data.type not in self.digests:
            names = [_leaf_name(v, i) for i, v in enumerate(values)]
            self.digests[data.type] = [
                build.ref(build.variable(f"digest.{name}", v.type, data.span))
                for name, v in zip(names, values, strict=True)
            ]
        fields = self.digests[data.type]
        before = [tree.Assign(v.span, f, v) for f, v in zip(fields, values, strict=True)]
        listed = tree.StructExpression(data.type, data.span, tuple(fields))
        return [*before, replace(node, call=replace(call, arguments=(receiver, listed)))]

    def _direct_meter(self, node: tree.CallStatement, call: tree.MethodCall) -> list[tree.Statement]:
        (target,) = call.arguments
        if call.receiver not in self.colours:
            self.colours[call.receiver] = build.ref(build.variable(call.receiver.name, target.type, node.span))
        colour = self.colours[call.receiver]
        return [replace(node, call=replace(call, arguments=(colour,))), tree.Assign(node.span, target, colour)]


def _is_place(argument: tree.Expression) -> bool:
    """Whether BMv2 can write to it directly: also the next element of a stack, which only `extract` is given."""
    if isinstance(argument, tree.Member):
        return _is_place(argument.base)
    return static_path(argument) is not None or isinstance(argument, tree.StackNext)


def _as_fields(values: Sequence[tree.Expression]) -> tuple[list[tree.Statement], list[tree.Expression]]:
    before: list[tree.Statement] = []
    fields: list[tree.Expression] = []
    for value in values:
        if tree.is_literal(value) or (static_path(value) is not None and not _is_action_data(value)):
            fields.append(value)
            continue
        copy = build.ref(build.variable("field", value.type, value.span), value.span)
        before.append(tree.Assign(value.span, copy, value))
        fields.append(copy)
    return before, fields


def _is_metadata(value: tree.Expression) -> bool:
    """A field of a block's metadata or standard metadata."""
    place = static_path(value)
    if place is None or not isinstance(place.root, tree.Parameter) or _is_action_data(value):
        return False
    while isinstance(value, tree.Member | tree.StackIndex):
        value = value.base
        if isinstance(t.strip_new_types(value.type), t.HeaderType | t.HeaderUnionType):
            return False
    return True


def _is_action_data(value: tree.Expression) -> bool:
    return (
        isinstance(value, tree.VariableRef)
        and isinstance(value.declaration, tree.Parameter)
        and value.declaration.direction is tree.Direction.NONE
    )


def _leaf_name(value: tree.Expression, i: int) -> str:
    return value.name if isinstance(value, tree.Member) else str(i)
