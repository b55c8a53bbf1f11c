"""Statements and local variables (P4_16 spec §12, §11.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from compiler import rewrite, syntax, tree, types
from compiler.check import annotating, constants, dispatch, typerefs
from compiler.check.casts import coerce, describe, is_poison, settle
from compiler.check.context import Env
from compiler.check.expressions import require_lvalue
from compiler.check.operators import operate
from compiler.check.scopes import Constant, Undefined
from compiler.diagnostics import Span


def block(env: Env, node: syntax.BlockStatement) -> tree.Block:
    """A block in a scope of its own."""
    inner = env.inner()
    return tree.Block(node.span, items(inner, node.items), annotating.evaluate(env, node.annotations))


def items(env: Env, nodes: Iterable[syntax.BlockItem]) -> tuple[tree.Statement, ...]:
    """Statements in the scope of `env` itself."""
    return tuple(statement for node in nodes for statement in dispatch.statement(env, node))


def branch(env: Env, node: syntax.Statement) -> tree.Block:
    """A statement that is the body of another: always a block."""
    if isinstance(node, syntax.BlockStatement):
        return block(env, node)
    return tree.Block(node.span, items(env.inner(), [node]))


@dispatch.statement_rule(syntax.BlockStatement)
def block_statement(env: Env, node: syntax.BlockStatement) -> list[tree.Statement]:
    return [block(env, node)]


@dispatch.statement_rule(syntax.EmptyStatement)
def empty(env: Env, node: syntax.EmptyStatement) -> list[tree.Statement]:
    return []


@dispatch.statement_rule(syntax.VariableDeclaration)
def local_variable(env: Env, node: syntax.VariableDeclaration) -> list[tree.Statement]:
    value = initial_value(env, node)
    made = variable(env, node)
    return [] if made is None else [tree.Declare(node.span, made, value)]


def initial_value(env: Env, node: syntax.VariableDeclaration) -> tree.Expression | None:
    """The initial value, checked before the name is known: it cannot speak of the variable itself."""
    if node.value is None:
        return None
    type_ = typerefs.resolve(env, node.type)
    value = dispatch.expression(env, node.value)
    if type_ == types.POISON or isinstance(type_, types.InfIntType):
        return None
    fitted = coerce(env, value, type_, f"cannot initialize {node.name} with")
    return None if is_poison(fitted) else fitted


def variable(env: Env, node: syntax.VariableDeclaration) -> tree.Variable | None:
    """Declare a variable; None (and an undefined name) if it cannot be of its type."""
    type_ = typerefs.resolve(env, node.type)
    if type_ != types.POISON and not may_be_variable(type_):
        env.type_error(f"{node.name}: a variable cannot have the type {type_}", node.name.span)
        type_ = types.POISON
    if type_ == types.POISON:
        env.declare(node.name, Undefined(node.name.text))
        return None
    made = tree.Variable(node.name.text, annotating.evaluate(env, node.annotations), node.name.span, type_)
    env.declare(node.name, made)
    return made


def may_be_variable(type_: types.Type) -> bool:
    """Types of run-time values (§7.2.8)."""
    return not isinstance(
        type_,
        types.InfIntType
        | types.StringType
        | types.VoidType
        | types.DontCareType
        | types.MatchKindType
        | types.ExternType
        | types.ApplicableType
        | types.PackageType
        | types.ListType,
    )


@dispatch.statement_rule(syntax.ConstantDeclaration)
def local_constant(env: Env, node: syntax.ConstantDeclaration) -> list[tree.Statement]:
    constant(env, node)
    return []


@dispatch.declaration_rule(syntax.ConstantDeclaration)
def constant(env: Env, node: syntax.ConstantDeclaration) -> None:
    """`const` (§11.1): its uses are replaced by its value."""
    type_ = typerefs.resolve(env, node.type)
    if isinstance(type_, types.ExternType | types.ApplicableType | types.PackageType):
        env.type_error(f"{node.name}: a constant cannot have the type {type_}", node.name.span)
        type_ = types.POISON
    value = constants.constant(env, node.value, type_, f"the value of {node.name}")
    value = settle(env, value)
    annotating.evaluate(env, node.annotations)
    symbol = Undefined(node.name.text) if is_poison(value) else Constant(node.name.text, value)
    env.declare(node.name, symbol)


@dispatch.statement_rule(syntax.AssignmentStatement)
def assignment(env: Env, node: syntax.AssignmentStatement) -> list[tree.Statement]:
    target = dispatch.expression(env, node.target)
    value = dispatch.expression(env, node.value)
    if is_poison(target) or not require_lvalue(env, target, "cannot assign to"):
        return []
    before: list[tree.Statement] = []
    if node.operator != "=":
        target, before = _evaluated_once(target)
        value = operate(env, node.operator[:-1], node.span, target, value)
    value = coerce(env, value, target.type, "cannot assign")
    if is_poison(value):
        return []
    assign = tree.Assign(node.span, target, value)
    return [tree.Block(node.span, (*before, assign))] if before else [assign]


def _evaluated_once(target: tree.Expression) -> tuple[tree.Expression, list[tree.Statement]]:
    """The target of a compound assignment, with indices that call something computed beforehand (§12.1)."""
    before: list[tree.Statement] = []

    def pin(expression: tree.Expression) -> tree.Expression:
        match expression:
            case tree.StackIndex(base=base, index=index):
                if any(isinstance(part, tree.Call) for part in rewrite.walk(index)):
                    variable = tree.Variable("index", (), index.span, index.type)
                    before.append(tree.Declare(index.span, variable, index))
                    index = tree.VariableRef(index.type, index.span, variable)
                return replace(expression, base=pin(base), index=index)
            case tree.DynamicSlice(base=base, low=low):
                if any(isinstance(part, tree.Call) for part in rewrite.walk(low)):
                    variable = tree.Variable("low", (), low.span, low.type)
                    before.append(tree.Declare(low.span, variable, low))
                    low = tree.VariableRef(low.type, low.span, variable)
                return replace(expression, base=pin(base), low=low)
            case tree.Member() | tree.Slice() | tree.TupleIndex():
                return replace(expression, base=pin(expression.base))
            case _:
                return expression

    return pin(target), before


@dispatch.statement_rule(syntax.CallStatement)
def call(env: Env, node: syntax.CallStatement) -> list[tree.Statement]:
    made = dispatch.expression(env, node.call)
    if is_poison(made) or tree.is_literal(made):
        return []
    return [tree.CallStatement(node.span, made)]


@dispatch.statement_rule(syntax.IfStatement)
def if_(env: Env, node: syntax.IfStatement) -> list[tree.Statement]:
    condition = require_bool(env, dispatch.expression(env, node.condition), "the condition of if")
    then = branch(env, node.then_branch)
    otherwise = branch(env, node.else_branch) if node.else_branch is not None else None
    return [] if is_poison(condition) else [tree.If(node.span, condition, then, otherwise)]


def require_bool(env: Env, condition: tree.Expression, what: str) -> tree.Expression:
    """There is no implicit cast to bool (§8.11.2)."""
    if is_poison(condition) or isinstance(condition.type, types.BoolType):
        return condition
    env.type_error(f"{what} must be a bool, not {describe(condition)}", condition.span)
    return replace(condition, type=types.POISON)


@dispatch.statement_rule(syntax.ReturnStatement)
def return_(env: Env, node: syntax.ReturnStatement) -> list[tree.Statement]:
    """§12.4: with a value in functions that have a result, without one elsewhere."""
    result = env.place.result
    value = None if node.value is None else dispatch.expression(env, node.value)
    if env.place.in_parser:
        env.error("syntax", "return cannot be used in a parser", node.span)
        return []
    if value is None:
        if result is not None and result != types.VOID and result != types.POISON:
            env.type_error(f"return needs a value of type {result}", node.span)
        return [tree.Return(node.span, None)]
    if result is None or result == types.VOID:
        where = "in a function without a result" if result == types.VOID else "outside of a function"
        env.type_error(f"return cannot have a value {where}", value.span)
        return []
    fitted = coerce(env, value, result, "cannot return")
    return [tree.Return(node.span, fitted)]


@dispatch.statement_rule(syntax.ExitStatement)
def exit_(env: Env, node: syntax.ExitStatement) -> list[tree.Statement]:
    """§12.5: not in parsers and functions."""
    if env.place.in_parser:
        env.error("syntax", "exit cannot be used in a parser", node.span)
        return []
    if env.place.kind == "function":
        env.error("invalid", "exit cannot be used in a function", node.span)
        return []
    return [tree.Exit(node.span)]


@dispatch.statement_rule(syntax.BreakStatement)
def break_(env: Env, node: syntax.BreakStatement) -> list[tree.Statement]:
    return [tree.Break(node.span)] if _in_loop(env, "break", node.span) else []


@dispatch.statement_rule(syntax.ContinueStatement)
def continue_(env: Env, node: syntax.ContinueStatement) -> list[tree.Statement]:
    return [tree.Continue(node.span)] if _in_loop(env, "continue", node.span) else []


def _in_loop(env: Env, what: str, span: Span) -> bool:
    if env.place.loops == 0:
        env.error("invalid", f"{what} can only be used in a loop", span)
    return env.place.loops > 0
