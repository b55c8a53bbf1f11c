"""Warn of local variables that are read before they are given a value (P4_16 spec §8.25).

A walk along the paths of a body with the set of variables that may still be without a value. Only variables of scalar
types inside blocks are followed: headers start invalid, and the fields of structs are often set one by one.
"""

from __future__ import annotations

from compiler import tree, types
from compiler.diagnostics import Diagnostics
from compiler.rewrite import parts

Unset = frozenset[tree.Variable]
_NONE: Unset = frozenset()


def warn_uninitialized(body: tree.Block, diagnostics: Diagnostics) -> None:
    """Check the body of a function, action, apply block or parser state."""
    _Walk(diagnostics).statement(body, _NONE)


class _Walk:
    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.warned: set[tree.Variable] = set()

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
                return unset | {variable} if _is_followed(variable.type) else unset
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
                    self.read(value, unset)
                return _NONE
            case _:
                return _NONE  # exit, break, continue

    def read(self, node: tree.Expression, unset: Unset) -> Unset:
        """Evaluate an expression: its out arguments are given values."""
        if isinstance(node, tree.VariableRef):
            variable = node.declaration
            if isinstance(variable, tree.Variable) and variable in unset and variable not in self.warned:
                self.warned.add(variable)
                self.diagnostics.warning("uninitialized-use", f"{variable.name} may be uninitialized", node.span)
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

    def write(self, target: tree.Expression, unset: Unset) -> Unset:
        while isinstance(target, tree.Member | tree.Slice | tree.DynamicSlice | tree.StackIndex | tree.TupleIndex):
            if isinstance(target, tree.StackIndex):
                unset = self.read(target.index, unset)
            target = target.base
        if isinstance(target, tree.VariableRef) and isinstance(target.declaration, tree.Variable):
            return unset - {target.declaration}
        return unset


def _is_followed(type_: types.Type) -> bool:
    return not isinstance(type_, types.FieldsType | types.StackType | types.TupleType)


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
