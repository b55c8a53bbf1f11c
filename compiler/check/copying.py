"""Copies of checked code: functions for type arguments, and parsers and controls for constructor arguments.

A `Copier` copies statements and expressions, with references to declarations redirected by `declarations` (a
constructor parameter to its value), type variables replaced by `types`, and whatever became known folded again. Nothing
is inferred anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from compiler import tree, types
from compiler.check import fold
from compiler.check.context import Checker
from compiler.check.generics import has_variables, substitute, substitute_signature
from compiler.check.scopes import FunctionTemplate
from compiler.rewrite import Rewriter


def specialise_function(
    checker: Checker, template: FunctionTemplate, arguments: tuple[types.Type, ...]
) -> tree.Function:
    """The function for these type arguments; the same object for the same ones."""
    if not template.signature.type_parameters:
        return template.function
    found = template.made.get(arguments)
    if found is not None:
        return found
    generic = template.function
    mapping = dict(zip(template.signature.type_parameters, arguments, strict=True))
    copier = Copier(checker, mapping)
    parameters = [copier.parameter(parameter) for parameter in generic.parameters]
    result = substitute(checker, generic.result, mapping)
    made = tree.Function(generic.name, generic.annotations, generic.span, parameters, result, generic.body, arguments)
    template.made[arguments] = made
    checker.function_origins[made] = (template, arguments)
    made.body = copier.rewrite(generic.body)
    return made


class Copier(Rewriter):
    """See the top of this file. `declarations` grows as declarations are copied on the way."""

    def __init__(self, checker: Checker, type_arguments: Mapping[types.TypeVar, types.Type] | None = None) -> None:
        self.checker = checker
        self.types = type_arguments or {}
        self.declarations: dict[tree.Declaration, Any] = {}

    # --- declarations ---

    def parameter(self, old: tree.Parameter) -> tree.Parameter:
        new = replace(old, type=self.type(old.type))
        self.declarations[old] = new
        return new

    def variable(self, old: tree.Variable) -> tree.Variable:
        new = tree.Variable(
            old.name,
            old.annotations,
            old.span,
            self.type(old.type),
            self.rewrite(old.initializer) if old.initializer else None,
        )
        self.declarations[old] = new
        return new

    def type(self, type_: types.Type) -> types.Type:
        return substitute(self.checker, type_, self.types) if self.types else type_

    def declaration(self, old: Any) -> Any:
        """What stands for a declaration in the copy; for a constructor parameter that is an instance, the instance."""
        new = self.declarations.get(old, old)
        return new.instance if isinstance(new, tree.InstanceRef) else new

    def rewrite(self, node: Any) -> Any:
        new = super().rewrite(node)
        if self.types and isinstance(new, tree.Expression) and has_variables(new.type):
            return replace(new, type=self.type(new.type))
        return new

    # --- references ---

    def rewrite_VariableRef(self, node: tree.VariableRef) -> tree.Expression:
        new = self.declarations.get(node.declaration)
        if new is None:
            return node
        if isinstance(new, tree.Expression):
            return replace(new, span=node.span)
        return replace(node, declaration=new)

    def rewrite_InstanceRef(self, node: tree.InstanceRef) -> tree.Expression:
        return replace(node, instance=self.declaration(node.instance))

    def rewrite_ValueSetRef(self, node: tree.ValueSetRef) -> tree.Expression:
        return replace(node, value_set=self.declaration(node.value_set))

    def rewrite_ActionCall(self, node: tree.ActionCall) -> tree.Expression:
        return replace(self.rewrite_children(node), action=self.declaration(node.action))

    def rewrite_FunctionCall(self, node: tree.FunctionCall) -> tree.Expression:
        node = self.rewrite_children(node)
        origin = self.checker.function_origins.get(node.function)
        if not self.types or origin is None:
            return node
        template, arguments = origin
        function = specialise_function(self.checker, template, tuple(map(self.type, arguments)))
        return replace(node, function=function)

    def rewrite_ExternFunctionCall(self, node: tree.ExternFunctionCall) -> tree.Expression:
        node = self.rewrite_children(node)
        if not self.types:
            return node
        signature = substitute_signature(self.checker, node.signature, self.types)
        return replace(node, type_arguments=tuple(map(self.type, node.type_arguments)), signature=signature)

    def rewrite_MethodCall(self, node: tree.MethodCall) -> tree.Expression:
        node = replace(self.rewrite_children(node), receiver=self.declaration(node.receiver))
        if not self.types:
            return node
        signature = substitute_signature(self.checker, node.signature, self.types)
        return replace(node, type_arguments=tuple(map(self.type, node.type_arguments)), signature=signature)

    def rewrite_ParserApply(self, node: tree.ParserApply) -> tree.Expression:
        return replace(self.rewrite_children(node), parser=self.declaration(node.parser))

    def rewrite_ControlApply(self, node: tree.ControlApply) -> tree.Expression:
        return replace(self.rewrite_children(node), control=self.declaration(node.control))

    def rewrite_TableApply(self, node: tree.TableApply) -> tree.Expression:
        return replace(node, table=self.declaration(node.table))

    # --- statements, table parts and transitions ---

    def rewrite_Declare(self, node: tree.Declare) -> tree.Statement:
        value = self.rewrite(node.value) if node.value else None
        return replace(node, variable=self.variable(node.variable), value=value)

    def rewrite_ForIn(self, node: tree.ForIn) -> tree.Statement:
        variable = self.variable(node.variable)
        return replace(self.rewrite_children(node), variable=variable)

    def rewrite_ActionSwitch(self, node: tree.ActionSwitch) -> tree.Statement:
        return replace(self.rewrite_children(node), table=self.declaration(node.table))

    def rewrite_ActionCase(self, node: tree.ActionCase) -> tree.ActionCase:
        return replace(self.rewrite_children(node), actions=tuple(map(self.declaration, node.actions)))

    def rewrite_TableAction(self, node: tree.TableAction) -> tree.TableAction:
        return replace(self.rewrite_children(node), action=self.declaration(node.action))

    def rewrite_DefaultAction(self, node: tree.DefaultAction) -> tree.DefaultAction:
        return replace(self.rewrite_children(node), action=self.declaration(node.action))

    def rewrite_Entry(self, node: tree.Entry) -> tree.Entry:
        return replace(self.rewrite_children(node), action=self.declaration(node.action))

    def rewrite_Goto(self, node: tree.Goto) -> tree.Goto:
        return replace(node, state=self.declaration(node.state))

    def rewrite_SelectCase(self, node: tree.SelectCase) -> tree.SelectCase:
        return replace(self.rewrite_children(node), state=self.declaration(node.state))

    # --- operators: fold what constructor arguments made known ---

    def rewrite_Unary(self, node: tree.Unary) -> tree.Expression:
        new = self.rewrite_children(node)
        return new if new is node else fold.unary(new.op, new.type, new.span, new.operand)

    def rewrite_Binary(self, node: tree.Binary) -> tree.Expression:
        new = self.rewrite_children(node)
        if new is node:
            return node
        try:
            return fold.binary(new.op, new.type, new.span, new.left, new.right)
        except fold.FoldError as failure:
            self.checker.diagnostics.error("invalid", f"{new.op}: {failure}", new.span)
            return new

    def rewrite_Cast(self, node: tree.Cast) -> tree.Expression:
        new = self.rewrite_children(node)
        return new if new is node else fold.cast(self.type(new.type), new.span, new.operand)

    def rewrite_Conditional(self, node: tree.Conditional) -> tree.Expression:
        new = self.rewrite_children(node)
        if new is node:
            return node
        return fold.conditional(new.type, new.span, new.condition, new.then, new.otherwise)

    def rewrite_Member(self, node: tree.Member) -> tree.Expression:
        new = self.rewrite_children(node)
        return new if new is node else fold.member(new.type, new.span, new.base, new.name)

    def rewrite_TupleIndex(self, node: tree.TupleIndex) -> tree.Expression:
        new = self.rewrite_children(node)
        return new if new is node else fold.tuple_index(new.type, new.span, new.base, new.index)

    def rewrite_Slice(self, node: tree.Slice) -> tree.Expression:
        new = self.rewrite_children(node)
        return new if new is node else fold.slice_(new.span, new.base, new.high, new.low)

    def rewrite_DynamicSlice(self, node: tree.DynamicSlice) -> tree.Expression:
        new = self.rewrite_children(node)
        low = fold.integer(new.low)
        if low is None:
            return new
        high = low + types.width(new.type) - 1
        if high >= types.width(new.base.type):
            message = f"the slice [{high}:{low}] is not within the bits of {new.base.type}"
            self.checker.diagnostics.error("type-error", message, new.span)
            return new
        return fold.slice_(new.span, new.base, high, low)

    def rewrite_StackIndex(self, node: tree.StackIndex) -> tree.Expression:
        new = self.rewrite_children(node)
        number = fold.integer(new.index)
        if new is node or number is None or not isinstance(new.base.type, types.StackType):
            return new
        if not 0 <= number < new.base.type.size:
            message = f"the index {number} is outside of a stack of {new.base.type.size} elements"
            self.checker.diagnostics.error("type-error", message, new.index.span)
        return replace(new, index=tree.IntLiteral(types.INF_INT, new.index.span, number))
