"""Implicit and explicit casts (P4_16 spec §8.11) and the typing of aggregates (§8.12 to §8.14, §8.26).

`coerce` fits an expression to the type its surroundings ask for; `explicit` is `(type) expression`.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import tree, types
from compiler.check import fold, unbounded
from compiler.check.context import Checker, Env, poisoned
from compiler.check.raw import RawDefault, RawStruct
from compiler.check.scopes import InstancePlan, did_you_mean
from compiler.diagnostics import Span


def is_poison(*expressions: tree.Expression) -> bool:
    return any(isinstance(expression.type, types.PoisonType) for expression in expressions)


def is_pending(expression: tree.Expression) -> bool:
    """Whether it is an instance of a generic parser or control whose type arguments are not known yet."""
    instance: object = expression.instance if isinstance(expression, tree.InstanceRef) else None
    return isinstance(instance, InstancePlan) and instance.complete is not None


def coerce(env: Env, expression: tree.Expression, wanted: types.Type, doing: str = "") -> tree.Expression:
    """`expression` as a value of type `wanted`, by implicit casts only; says so and poisons it if there is none.

    `doing` begins the message, e.g. "cannot assign".
    """
    if is_poison(expression) or isinstance(wanted, types.PoisonType):
        return poisoned(expression.span)
    fitted = _fit(env, expression, wanted)
    if fitted is None:
        doing = doing or "cannot convert"
        hint = _cast_hint(expression.type, wanted)
        env.type_error(f"{doing} {describe(expression)} to {wanted}", expression.span, hint=hint)
        return poisoned(expression.span)
    return fitted


def describe(expression: tree.Expression) -> str:
    """The type of an expression in a message."""
    if isinstance(expression, RawStruct):
        return "a struct expression"
    if isinstance(expression, RawDefault):
        return "..."
    if isinstance(expression, tree.InvalidHeader) and isinstance(expression.type, types.DontCareType):
        return "{#}"
    if isinstance(expression, tree.DontCare):
        return "_"
    return str(expression.type)


def settle(env: Env, expression: tree.Expression) -> tree.Expression:
    """An aggregate that nothing around it gives a type: `{a, b}` stays a tuple; others are wrong.
    name.
    """
    match expression:
        case RawStruct():
            env.type_error("the type of this struct expression cannot be inferred", expression.span)
            return poisoned(expression.span)
        case tree.TupleExpression(type=types.TupleType()):
            return replace(expression, elements=tuple(settle(env, element) for element in expression.elements))
        case tree.InstanceRef() if is_pending(expression):
            env.type_error("the type arguments of this instance cannot be inferred", expression.span)
            return poisoned(expression.span)
        case RawDefault() | tree.InvalidHeader(type=types.DontCareType()):
            env.type_error(f"the type of {describe(expression)} cannot be inferred", expression.span)
            return poisoned(expression.span)
        case _:
            return expression


def explicit(env: Env, span: Span, target: types.Type, operand: tree.Expression) -> tree.Expression:
    """`(target) operand` (§8.11.1)."""
    if is_poison(operand) or isinstance(target, types.PoisonType):
        return poisoned(span)
    fitted = _fit(env, operand, target)
    if fitted is None and castable(operand, target):
        fitted = fold.cast(target, span, _through_underlying(operand, target))
    if fitted is None:
        if isinstance(operand.type, types.InfIntType) and isinstance(target, types.BoolType):
            env.error("invalid", "only 0 and 1 can be cast to bool", span)
            return poisoned(span)
        env.type_error(f"cannot cast {describe(operand)} to {target}", span)
        return poisoned(span)
    return fitted if fitted.span == span else replace(fitted, span=span)


def castable(operand: tree.Expression, target: types.Type) -> bool:
    """Whether an explicit cast is allowed where an implicit one is not."""
    source = operand.type
    if isinstance(source, types.NewType) and target == source.underlying:
        return True  # the target may be a newtype itself
    if isinstance(target, types.NewType):
        return source == target.underlying or _number_fits(source, target)
    if isinstance(source, types.NewType):
        return False
    if isinstance(target, types.SerEnumType):
        return source == target.underlying or isinstance(source, types.InfIntType | types.SerEnumType)
    if isinstance(source, types.SerEnumType):
        return target == source.underlying
    match source, target:
        case types.BitType(), types.BitType():
            return True
        case types.IntType(), types.IntType():
            return True
        case types.BitType(width=have), types.IntType(width=need):
            return have == need
        case types.IntType(width=have), types.BitType(width=need):
            return have == need
        case types.BitType(), types.BoolType():
            return source.width == 1
        case types.BoolType(), types.BitType():
            return target.width == 1
        case types.InfIntType(), types.BoolType():
            return fold.integer(operand) in (0, 1)
        case types.InfIntType(), types.BitType() | types.IntType():
            return True
        case ((types.BitType() | types.IntType()), types.InfIntType()):
            return True
        case _:
            return False


def default_value(type_: types.Type, span: Span) -> tree.Expression | None:
    """The value of `...` (§7.4); None if the type has none."""
    match type_:
        case types.BitType() | types.IntType() | types.InfIntType():
            return tree.IntLiteral(type_, span, 0)
        case types.BoolType():
            return tree.BoolLiteral(type_, span, False)
        case types.ErrorCodeType():
            return tree.ErrorMember(type_, span, "NoError")
        case types.StringType():
            return tree.StringLiteral(type_, span, "")
        case types.EnumType():
            return tree.EnumMember(type_, span, type_.members[0], 0)
        case types.SerEnumType():
            return fold.literal(type_, span, 0)
        case types.NewType():
            below = default_value(type_.underlying, span)
            return None if below is None else fold.cast(type_, span, below)
        case types.HeaderType() | types.HeaderUnionType():
            return tree.InvalidHeader(type_, span)
        case types.StructType():
            fields = [default_value(field.type, span) for field in type_.fields]
            known = tuple(field for field in fields if field is not None)
            return tree.StructExpression(type_, span, known) if len(known) == len(fields) else None
        case types.TupleType():
            elements = [default_value(element, span) for element in type_.elements]
            known = tuple(element for element in elements if element is not None)
            return tree.TupleExpression(type_, span, known) if len(known) == len(elements) else None
        case types.StackType():
            element = default_value(type_.element, span)
            return None if element is None else tree.TupleExpression(type_, span, (element,) * type_.size)
        case _:
            return None


def to_integer(expression: tree.Expression) -> tree.Expression:
    """A serializable enum as its underlying type, as the arithmetic operators take it (§8.3); others as they are."""
    if isinstance(expression.type, types.SerEnumType):
        return fold.cast(expression.type.underlying, expression.span, expression)
    return expression


def number(env: Env, literal: tree.Expression, type_: types.BitType | types.IntType) -> tree.Expression:
    """An `int` as a value of a bit or int type (§8.11.2), with a warning where it does not fit."""
    value = fold.integer(literal)
    if value is None and unbounded.is_run_time(literal):
        return _run_time_number(env, literal, type_)
    if value is None:
        return fold.cast(type_, literal.span, literal)
    if fold.wrap(value, type_) != value:
        what = "a negative value" if value < 0 and not types.is_signed(type_) else "the value"
        kind = "mismatch" if value < 0 and not types.is_signed(type_) else "overflow"
        cut = fold.wrap(value, type_)
        env.warning(kind, f"{value}: {what} does not fit in {type_}; it becomes {cut}", literal.span)
    return fold.literal(type_, literal.span, value)


def _run_time_number(env: Env, expression: tree.Expression, type_: types.BitType | types.IntType) -> tree.Expression:
    bits = unbounded.width(expression)
    if bits is None or bits > unbounded.LARGEST_WIDTH:
        env.type_error("the width of this int, which is not known at compile time, cannot be told", expression.span)
        return poisoned(expression.span)
    return unbounded.cut(expression, type_, expression.span, bits)


def applicable_problem(source: types.Type, wanted: types.Type, *, with_types: bool = True) -> str | None:
    """Why a parser or control cannot be given where another is asked for (§7.2.11); None if it can, or neither is one.

    Without `with_types` only the number and directions of the parameters are compared.
    """
    if not isinstance(source, types.ApplicableType) or not isinstance(wanted, types.ApplicableType):
        return None
    have, need = source.signature.parameters, wanted.signature.parameters
    if isinstance(source, types.ParserType) != isinstance(wanted, types.ParserType):
        return f"{source} is a {_sort(source)}, {wanted} is a {_sort(wanted)}"
    if len(have) > len(need) or not all(p.has_default or p.optional for p in need[len(have) :]):
        return f"{source} has {len(have)} parameters, {wanted} has {len(need)}"
    for mine, theirs in zip(have, need, strict=False):
        if mine.direction != theirs.direction:
            return (
                f"the parameter {mine.name} of {source} is {mine.direction or 'without direction'}, "
                f"{theirs.name} of {wanted} is {theirs.direction or 'without direction'}"
            )
        if with_types and mine.type != theirs.type and not isinstance(theirs.type, types.DontCareType):
            return (
                f"the parameter {mine.name} of {source} is of type {mine.type}, "
                f"{theirs.name} of {wanted} of {theirs.type}"
            )
    return None


def matches(checker: Checker, source: types.Type, wanted: types.Type) -> bool:
    """Whether two types are the same but for `_` among the type arguments of `wanted`."""
    if source == wanted or isinstance(wanted, types.DontCareType):
        return True
    have, need = checker.origins.get(source), checker.origins.get(wanted)
    if have is None or need is None or have[0] is not need[0]:
        return False
    return all(matches(checker, mine, theirs) for mine, theirs in zip(have[1], need[1], strict=True))


def _sort(type_: types.ApplicableType) -> str:
    return "parser" if isinstance(type_, types.ParserType) else "control"


# --- implicit ---


def _fit(env: Env, expression: tree.Expression, wanted: types.Type) -> tree.Expression | None:
    """None: there is no implicit cast. What is wrong inside an aggregate is said here, and poisoned."""
    source = expression.type
    if isinstance(wanted, types.DontCareType):
        return expression
    match expression:
        case RawDefault():
            return default_value(wanted, expression.span)
        case RawStruct():
            return _fit_struct(env, expression, wanted)
        case tree.InvalidHeader(type=types.DontCareType()):
            if isinstance(wanted, types.HeaderType | types.HeaderUnionType):
                return replace(expression, type=wanted)
            return None
        case tree.TupleExpression(type=types.TupleType()):
            return _fit_list(env, expression, wanted)
        case tree.Conditional(type=types.TupleType(), then=then, otherwise=otherwise):
            branches = _fit(env, then, wanted), _fit(env, otherwise, wanted)
            if branches[0] is None or branches[1] is None:
                return None
            return replace(expression, type=wanted, then=branches[0], otherwise=branches[1])
    if source == wanted:
        return expression
    if isinstance(source, types.InfIntType) and isinstance(wanted, types.BitType | types.IntType):
        return number(env, expression, wanted)
    if (
        isinstance(wanted, types.InfIntType)
        and isinstance(expression, tree.IntLiteral)
        and castable(expression, wanted)
    ):
        # Not in the specification either: `const int N = 8w5`.
        return fold.cast(wanted, expression.span, expression)
    if isinstance(wanted, types.NewType) and isinstance(expression, tree.IntLiteral) and _number_fits(source, wanted):
        # Not in the specification, but p4c takes it and programs use it.
        below = types.strip_new_types(wanted)
        assert isinstance(below, types.BitType | types.IntType)
        return fold.cast(wanted, expression.span, number(env, expression, below))
    if isinstance(source, types.SerEnumType) and wanted == source.underlying:
        return fold.cast(wanted, expression.span, expression)
    if isinstance(expression, tree.InstanceRef) and isinstance(wanted, types.ApplicableType):
        return _fit_instance(expression, wanted)
    if isinstance(wanted, types.ApplicableType) and isinstance(source, types.ApplicableType):
        return expression if applicable_problem(source, wanted) is None else None
    if matches(env.checker, source, wanted):
        return expression
    return None


def _fit_instance(expression: tree.InstanceRef, wanted: types.ApplicableType) -> tree.Expression | None:
    """A parser or control; `wanted` tells the type arguments of a generic one that has none yet."""
    plan: object = expression.instance
    if isinstance(plan, InstancePlan):
        if plan.complete is not None and not plan.complete(wanted):
            return None
        expression = replace(expression, type=plan.type)
    is_block = isinstance(expression.type, types.ApplicableType)
    return expression if is_block and applicable_problem(expression.type, wanted) is None else None


def _fit_list(env: Env, expression: tree.TupleExpression, wanted: types.Type) -> tree.Expression | None:
    """`{a, b, ...}` as a struct, header, tuple, list or stack."""
    match wanted:
        case types.StructType() | types.HeaderType():
            wanted_types = [field.type for field in wanted.fields]
        case types.TupleType():
            wanted_types = list(wanted.elements)
        case types.StackType():
            wanted_types = [wanted.element] * wanted.size
        case types.ListType():
            wanted_types = [wanted.element] * len(expression.elements)
        case _:
            return None
    elements = list(expression.elements)
    if elements and isinstance(elements[-1], RawDefault):
        rest = elements.pop()
        elements += [rest] * (len(wanted_types) - len(elements))
    if len(elements) != len(wanted_types):
        env.type_error(
            f"{len(elements)} values are given for {wanted}, which has {len(wanted_types)}",
            expression.span,
        )
        return poisoned(expression.span)
    values = tuple(
        coerce(env, element, type_, "cannot initialize with")
        for element, type_ in zip(elements, wanted_types, strict=True)
    )
    if is_poison(*values):
        return poisoned(expression.span)
    if isinstance(wanted, types.FieldsType):
        return tree.StructExpression(wanted, expression.span, values)
    return tree.TupleExpression(wanted, expression.span, values)


def _fit_struct(env: Env, expression: RawStruct, wanted: types.Type) -> tree.Expression | None:
    """`{f = a, ...}` as a struct or header."""
    if not isinstance(wanted, types.StructType | types.HeaderType):
        return None
    if not wanted.name:
        return settle(env, expression)
    given = dict(zip(expression.names, expression.values, strict=True))
    wrong = False
    for name, value in given.items():
        if wanted.field(name) is None:
            known = [field.name for field in wanted.fields]
            env.type_error(f"{wanted} has no field {name}", value.span, hint=did_you_mean(name, known))
            wrong = True
    values = []
    for field in wanted.fields:
        if field.name in given:
            values.append(coerce(env, given[field.name], field.type, f"cannot initialize {field.name} with"))
            continue
        default = default_value(field.type, expression.span) if expression.has_rest else None
        if default is None:
            env.type_error(f"the field {field.name} of {wanted} is not given a value", expression.span)
            wrong = True
            continue
        values.append(default)
    if wrong or is_poison(*values):
        return poisoned(expression.span)
    return tree.StructExpression(wanted, expression.span, tuple(values))


# --- explicit ---


def _number_fits(source: types.Type, target: types.NewType) -> bool:
    below = types.strip_new_types(target)
    return isinstance(source, types.InfIntType) and isinstance(below, types.BitType | types.IntType)


def _through_underlying(operand: tree.Expression, target: types.Type) -> tree.Expression:
    """Casts from a newtype or enum to something other than its underlying type go by way of that."""
    while isinstance(operand.type, types.NewType | types.SerEnumType) and target != operand.type.underlying:
        operand = fold.cast(operand.type.underlying, operand.span, operand)
    if isinstance(target, types.NewType | types.SerEnumType) and operand.type != target.underlying:
        inner = _through_underlying(operand, target.underlying)
        return fold.cast(target.underlying, operand.span, inner)
    return operand


def _cast_hint(source: types.Type, wanted: types.Type) -> str | None:
    if isinstance(source, types.BitType | types.IntType) and isinstance(wanted, types.BitType | types.IntType):
        if type(source) is type(wanted) or source.width == wanted.width:
            return f"{wanted}; cast it with ({wanted})"
        middle = f"int<{source.width}>" if isinstance(source, types.BitType) else f"bit<{source.width}>"
        return f"{wanted}; cast it with ({wanted})({middle})"
    return None
