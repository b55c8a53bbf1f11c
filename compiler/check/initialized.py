"""Warn of local variables that are read before they are given a value, and of out parameters that may be left without
one (P4_16 spec §8.25, §6.8).

A walk along the paths of a body with what may still be without a value: scalar variables, and scalar fields of structs,
by number (numbering.py). Headers are not followed, as they start invalid (validity.py), nor are arrays and tuples.
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler import tree, types
from compiler.check.intervals import Map, assigned, joined, values
from compiler.check.numbering import Numbering, Place
from compiler.diagnostics import Diagnostics
from compiler.rewrite import parts

Unset = Map
"""Whether a place may be without a value."""
_NONE: Unset = False


def warn_uninitialized(
    body: tree.Block, diagnostics: Diagnostics, parameters: Iterable[tree.Parameter] = (), name: str = ""
) -> None:
    """Check the body of a function, action, apply block or parser state; `parameters` are those of what is called
    `name`, whose out parameters must have a value at the end.
    """
    walk = _Walk(diagnostics)
    out = [parameter for parameter in parameters if parameter.direction is tree.Direction.OUT]
    unset = _NONE
    for parameter in out:
        unset = assigned(unset, walk.numbering.variable(parameter, parameter.type), True)
    unset = _either(walk.statement(body, unset), walk.returned)
    for parameter in out:
        if True in values(unset, walk.numbering.variable(parameter, parameter.type)):
            message = f"the out parameter {parameter.name} may be without a value when {name} ends"
            diagnostics.warning("uninitialized-out-param", message, parameter.span)


_NOT_FOLLOWED = (types.FieldsType, types.StackType, types.TupleType, types.VarbitType)


class _Walk:
    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.numbering = Numbering(
            is_leaf=lambda type_: not isinstance(type_, _NOT_FOLLOWED),
            is_entered=lambda type_: isinstance(type_, types.StructType),
        )
        self.warned: set[tuple[Place, types.Type]] = set()
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
                return assigned(unset, self.numbering.variable(variable, variable.type), True)
            case tree.Assign(target=target, value=value):
                return self.write(target, self.read(value, unset))
            case tree.CallStatement(call=call):
                return self.read(call, unset)
            case tree.If(condition=condition, then=then, otherwise=otherwise):
                unset = self.read(condition, unset)
                after = self.statement(otherwise, unset) if otherwise is not None else unset
                return _either(self.statement(then, unset), after)
            case tree.ActionSwitch() | tree.Switch():
                if isinstance(node, tree.Switch):
                    unset = self.read(node.subject, unset)
                after = _NONE if any(case.default for case in node.cases) else unset
                for case in node.cases:
                    after = _either(after, self.statement(case.body, unset))
                return after
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
                self.returned = _either(self.returned, unset)
                return _NONE
            case _:
                return _NONE  # exit, break, continue

    def read(self, node: tree.Expression, unset: Unset) -> Unset:
        """Evaluate an expression: its out arguments are given values."""
        if isinstance(node, tree.VariableRef | tree.Member):
            place = self.place(node)
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

    def use(self, node: tree.VariableRef | tree.Member, place: Place, unset: Unset) -> None:
        """Say so, once for each place, if something in it may be without a value."""
        if unset is False or (place, node.type) in self.warned or True not in values(unset, place):
            return
        self.warned.add((place, node.type))
        is_whole = not isinstance(node.type, types.StructType)
        message = f"{_text(node)} may {'be uninitialized' if is_whole else 'not be completely initialized'}"
        self.diagnostics.warning("uninitialized-use", message, node.span)

    def write(self, target: tree.Expression, unset: Unset) -> Unset:
        while isinstance(target, tree.Slice | tree.DynamicSlice | tree.StackIndex | tree.TupleIndex):
            if isinstance(target, tree.StackIndex):
                unset = self.read(target.index, unset)
            target = target.base
        place = self.place(target)
        return assigned(unset, place, False) if place is not None else unset

    def place(self, expression: tree.Expression) -> Place | None:
        """The numbers of a variable or a field of one, none if it is not followed; None for other expressions."""
        if isinstance(expression, tree.VariableRef):
            return self.numbering.variable(expression.declaration, expression.declaration.type)
        if isinstance(expression, tree.Member):
            base = self.place(expression.base)
            return None if base is None else self.numbering.field(base, expression.base.type, expression.name)
        return None


def _either(one: Unset, other: Unset) -> Unset:
    """What may be without a value where two paths meet."""
    return joined(one, other, True)


def _text(expression: tree.Expression) -> str:
    if isinstance(expression, tree.Member):
        return f"{_text(expression.base)}.{expression.name}"
    return expression.declaration.name if isinstance(expression, tree.VariableRef) else ""


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
