"""Warn of local variables that are read before they are given a value, and of out parameters that may be left without
one (P4_16 spec §8.25, §6.8).

A walk along the paths of a body with the set of places that may still be without a value: scalar variables, and scalar
fields of structs. Headers are not followed, as they start invalid (validity.py), nor are arrays and tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler import tree, types
from compiler.diagnostics import Diagnostics
from compiler.rewrite import parts

Place = tuple[object, ...]
"""A variable or parameter, and the names of the fields that lead into it."""

Unset = frozenset[Place]
_NONE: Unset = frozenset()


def warn_uninitialized(
    body: tree.Block, diagnostics: Diagnostics, parameters: Iterable[tree.Parameter] = (), name: str = ""
) -> None:
    """Check the body of a function, action, apply block or parser state; `parameters` are those of what is called
    `name`, whose out parameters must have a value at the end.
    """
    walk = _Walk(diagnostics)
    out = [parameter for parameter in parameters if parameter.direction is tree.Direction.OUT]
    unset = frozenset(place for parameter in out for place in _scalars((parameter,), parameter.type))
    unset = walk.statement(body, unset) | walk.returned
    for parameter in out:
        if any(place[0] is parameter for place in unset):
            message = f"the out parameter {parameter.name} may be without a value when {name} ends"
            diagnostics.warning("uninitialized-out-param", message, parameter.span)


class _Walk:
    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.warned: set[Place] = set()
        self.returned: Unset = _NONE

    def statement(self, node: tree.Statement, unset: Unset) -> Unset:
        """What may be without a value after `node`; nothing if no path leads on."""
        match node:
            case tree.Block():
                for statement in node.statements:
                    unset = self.statement(statement, unset)
                return unset
            case tree.Declare(variable=variable, value=value):
                if value is not None:
                    return self.read(value, unset)
                return unset | frozenset(_scalars((variable,), variable.type))
            case tree.Assign(target=target, value=value):
                return self.write(target, self.read(value, unset))
            case tree.CallStatement(call=call):
                return self.read(call, unset)
            case tree.If(condition=condition, then=then, otherwise=otherwise):
                unset = self.read(condition, unset)
                after = self.statement(otherwise, unset) if otherwise is not None else unset
                return self.statement(then, unset) | after
            case tree.ActionSwitch() | tree.Switch():
                if isinstance(node, tree.Switch):
                    unset = self.read(node.subject, unset)
                ends = [self.statement(case.body, unset) for case in node.cases]
                return frozenset().union(*ends, *([] if any(case.default for case in node.cases) else [unset]))
            case tree.For():
                for statement in node.init:
                    unset = self.statement(statement, unset)
                unset = self.read(node.condition, unset)
                inside = self.statement(node.body, unset)
                for statement in node.update:
                    inside = self.statement(statement, inside)
                return unset
            case tree.ForIn():
                unset = self.read(node.collection, unset)
                self.statement(node.body, unset)
                return unset
            case tree.Return(value=value):
                if value is not None:
                    unset = self.read(value, unset)
                self.returned |= unset
                return _NONE
            case _:
                return _NONE  # exit, break, continue

    def read(self, node: tree.Expression, unset: Unset) -> Unset:
        """Evaluate an expression: its out arguments are given values."""
        if isinstance(node, tree.VariableRef | tree.Member):
            place = _place(node)
            if place is not None:
                self.use(node, place, unset)
                return unset
        if isinstance(node, tree.Call):
            given = list(zip(node.arguments, directions(node), strict=True))
            for argument, direction in given:
                if direction != "out":
                    unset = self.read(argument, unset)
            for argument, direction in given:
                if direction in ("out", "inout"):
                    unset = self.write(argument, unset)
            return unset
        for part in parts(node):
            unset = self.read(part, unset)
        return unset

    def use(self, node: tree.Expression, place: Place, unset: Unset) -> None:
        """Say so, once for each place, if something in it may be without a value."""
        if not unset or place in self.warned:
            return
        missing = [other for other in unset if other[: len(place)] == place]
        if not missing:
            return
        self.warned.add(place)
        name = ".".join([getattr(place[0], "name", ""), *map(str, place[1:])])
        is_whole = place in unset
        message = f"{name} may be uninitialized" if is_whole else f"{name} may not be completely initialized"
        self.diagnostics.warning("uninitialized-use", message, node.span)

    def write(self, target: tree.Expression, unset: Unset) -> Unset:
        while isinstance(target, tree.Slice | tree.DynamicSlice | tree.StackIndex | tree.TupleIndex):
            if isinstance(target, tree.StackIndex):
                unset = self.read(target.index, unset)
            target = target.base
        place = _place(target)
        if place is None or not unset:
            return unset
        return frozenset(other for other in unset if other[: len(place)] != place)


def _place(expression: tree.Expression) -> Place | None:
    """The place that a variable or a field of one is; None for other expressions."""
    if isinstance(expression, tree.VariableRef):
        return (expression.declaration,)
    if isinstance(expression, tree.Member):
        base = _place(expression.base)
        return None if base is None else (*base, expression.name)
    return None


def _scalars(place: Place, type_: types.Type) -> Iterator[Place]:
    """The places of the values in a variable that are followed."""
    if isinstance(type_, types.StructType):
        for field in type_.fields:
            yield from _scalars((*place, field.name), field.type)
    elif not isinstance(type_, types.FieldsType | types.StackType | types.TupleType | types.VarbitType):
        yield place


def directions(call: tree.Call) -> list[str]:
    """The directions of the parameters of a call, in order."""
    match call:
        case tree.FunctionCall(function=callee) | tree.ActionCall(action=callee):
            return [parameter.direction.value for parameter in callee.parameters]
        case tree.ExternFunctionCall() | tree.MethodCall():
            return [parameter.direction for parameter in call.signature.parameters]
        case tree.ParserApply(parser=instance) | tree.ControlApply(control=instance):
            # In a template this is a plan or a constructor parameter, which know their type.
            type_ = getattr(instance, "type", None)
            if isinstance(type_, types.ApplicableType):
                return [parameter.direction for parameter in type_.signature.parameters]
            return [parameter.direction.value for parameter in instance.parameters]
        case _:
            raise TypeError(type(call).__name__)
