"""Literals, names, aggregates, casts, indices and slices (P4_16 spec §8.1 to §8.3, §8.11 to §8.18), and what may be
assigned to (§6.6).
"""

from __future__ import annotations

from dataclasses import replace

from compiler import syntax, tree, types
from compiler.check import constants, dispatch, fold, typerefs, unbounded
from compiler.check.casts import describe, explicit, is_poison, settle, to_integer
from compiler.check.context import Env, poisoned
from compiler.check.raw import RawDefault, RawStruct
from compiler.check.scopes import Constant, InstancePlan, Symbol, Undefined
from compiler.diagnostics import Note, Span


@dispatch.expression_rule(syntax.IntegerLiteral)
def integer(env: Env, node: syntax.IntegerLiteral) -> tree.Expression:
    if node.value.bit_length() > fold.LARGEST_INT:
        env.error("overlimit", f"this number has more than {fold.LARGEST_INT} bits", node.span)
        return poisoned(node.span)
    if node.width is None:
        return tree.IntLiteral(types.INF_INT, node.span, node.value)
    if node.width < (1 if node.is_signed else 0):
        env.error("invalid", f"a literal cannot have the width {node.width}", node.span)
        return poisoned(node.span)
    if node.width > unbounded.LARGEST_WIDTH:
        message = f"a literal of {node.width} bits: at most {unbounded.LARGEST_WIDTH} are possible"
        env.error("unsupported", message, node.span)
        return poisoned(node.span)
    type_ = types.IntType(node.width) if node.is_signed else types.BitType(node.width)
    value = fold.wrap(node.value, type_)
    if value != node.value:
        env.warning("overflow", f"{node.value} does not fit in {type_}; it becomes {value}", node.span)
    return tree.IntLiteral(type_, node.span, value)


@dispatch.expression_rule(syntax.BoolLiteral)
def boolean(env: Env, node: syntax.BoolLiteral) -> tree.Expression:
    return tree.BoolLiteral(types.BOOL, node.span, node.value)


@dispatch.expression_rule(syntax.StringLiteral)
def string(env: Env, node: syntax.StringLiteral) -> tree.Expression:
    return tree.StringLiteral(types.STRING, node.span, node.value)


@dispatch.expression_rule(syntax.NameExpression)
def name(env: Env, node: syntax.NameExpression) -> tree.Expression:
    if node.name in env.checker.match_kinds and env.scope.find(node.name) is None:
        return tree.MatchKindMember(types.MATCH_KIND, node.span, node.name)
    symbol = env.look_up(node.name, node.span, absolute=node.is_absolute)
    return value_of(env, symbol, node.name, node.span)


def value_of(env: Env, symbol: Symbol, name: str, span: Span) -> tree.Expression:
    """What a name stands for, as a value."""
    match symbol:
        case tree.Variable() | tree.Parameter() | tree.ConstructorParameter():
            return tree.VariableRef(symbol.type, span, symbol)
        case Constant():
            return replace(symbol.value, span=span)
        case InstancePlan() | tree.ExternInstance() | tree.Package():
            return tree.InstanceRef(symbol.type, span, symbol)  # type: ignore[arg-type]
        case Undefined():
            return poisoned(span)
        case tree.ValueSet():
            return tree.ValueSetRef(types.SetType(symbol.element), span, symbol)
        case _:
            env.type_error(f"{name} cannot be used as a value", span, *env.note(name))
            return poisoned(span)


@dispatch.expression_rule(syntax.ThisExpression)
def this(env: Env, node: syntax.ThisExpression) -> tree.Expression:
    symbol = env.scope.find("this")
    if symbol is None:
        env.error("invalid", "this can only be used in the methods of an instance", node.span)
        return poisoned(node.span)
    return value_of(env, symbol, "this", node.span)


@dispatch.expression_rule(syntax.TypeExpression)
def type_expression(env: Env, node: syntax.TypeExpression) -> tree.Expression:
    if typerefs.resolve(env, node.type) != types.POISON:
        env.type_error("a type cannot be used as a value", node.span)
    return poisoned(node.span)


@dispatch.expression_rule(syntax.CastExpression)
def cast(env: Env, node: syntax.CastExpression) -> tree.Expression:
    target = typerefs.resolve(env, node.type)
    return explicit(env, node.span, target, dispatch.expression(env, node.operand))


@dispatch.expression_rule(syntax.ListExpression)
def list_(env: Env, node: syntax.ListExpression) -> tree.Expression:
    elements = tuple(dispatch.expression(env, element) for element in node.elements)
    if is_poison(*elements):
        return poisoned(node.span)
    return tree.TupleExpression(types.TupleType(tuple(e.type for e in elements)), node.span, elements)


@dispatch.expression_rule(syntax.StructExpression)
def struct(env: Env, node: syntax.StructExpression) -> tree.Expression:
    values: dict[str, tree.Expression] = {}
    for field in node.fields:
        value = dispatch.expression(env, field.value)
        if field.name.text in values:
            note = Note(f"{field.name} is given here", values[field.name.text].span)
            env.error("duplicate", f"{field.name} is given twice", field.name.span, note)
            value = poisoned(value.span)
        values[field.name.text] = value
    if is_poison(*values.values()):
        return poisoned(node.span)
    fields = tuple(types.Field(name, value.type, (), value.span) for name, value in values.items())
    type_ = types.StructType("", fields, (), (), node.span)
    return RawStruct(type_, node.span, tuple(values), tuple(values.values()), node.has_rest)


@dispatch.expression_rule(syntax.InvalidHeaderExpression)
def invalid_header(env: Env, node: syntax.InvalidHeaderExpression) -> tree.Expression:
    return tree.InvalidHeader(types.DONT_CARE, node.span)


@dispatch.expression_rule(syntax.DefaultExpression)
def default(env: Env, node: syntax.DefaultExpression) -> tree.Expression:
    return RawDefault(types.DONT_CARE, node.span)


@dispatch.expression_rule(syntax.DontCareExpression)
@dispatch.expression_rule(syntax.DefaultKeyset)
def dont_care(env: Env, node: syntax.Expression) -> tree.Expression:
    return tree.DontCare(types.DONT_CARE, node.span)


@dispatch.expression_rule(syntax.MaskExpression)
@dispatch.expression_rule(syntax.RangeExpression)
def set_operator(env: Env, node: syntax.Expression) -> tree.Expression:
    env.type_error("a set of values can only be a label", node.span)
    return poisoned(node.span)


@dispatch.expression_rule(syntax.IndexExpression)
def index(env: Env, node: syntax.IndexExpression) -> tree.Expression:
    """An element of a stack (§8.18) or tuple (§8.12)."""
    base = dispatch.expression(env, node.base)
    position = to_integer(dispatch.expression(env, node.index))
    if is_poison(base, position):
        return poisoned(node.span)
    number = fold.integer(position)
    if not isinstance(position.type, types.BitType | types.IntType | types.InfIntType):
        env.type_error(f"an index must be a number, not {describe(position)}", position.span)
        return poisoned(node.span)
    match base.type:
        case types.StackType(element=element, size=size):
            if number is not None and not 0 <= number < size and not env.place.unevaluated:
                env.type_error(f"the index {number} is outside of a stack of {size} elements", position.span)
                return poisoned(node.span)
            if number is not None:
                position = tree.IntLiteral(types.INF_INT, position.span, number)
            return tree.StackIndex(element, node.span, base, position)
        case types.TupleType(elements=elements):
            if number is None:
                env.type_error("the index of a tuple must be known at compile time", position.span)
                return poisoned(node.span)
            if not 0 <= number < len(elements):
                env.type_error(f"the index {number} is outside of a tuple of {len(elements)} elements", position.span)
                return poisoned(node.span)
            return fold.tuple_index(elements[number], node.span, settle(env, base), number)
        case _:
            env.type_error(f"{describe(base)} has no elements", node.span)
            return poisoned(node.span)


@dispatch.expression_rule(syntax.SliceExpression)
def slice_(env: Env, node: syntax.SliceExpression) -> tree.Expression:
    """`base[high:low]` (§8.6): bounds known, within the base, in this order."""
    base = to_integer(dispatch.expression(env, node.base))
    high = constants.integer(env, node.high, "the bounds of a slice")
    low = constants.integer(env, node.low, "the bounds of a slice")
    if is_poison(base) or high is None or low is None:
        return poisoned(node.span)
    return _slice(env, node.span, base, high, low)


@dispatch.expression_rule(syntax.PlusSliceExpression)
def plus_slice(env: Env, node: syntax.PlusSliceExpression) -> tree.Expression:
    """`base[low+:width]` (§8.6); `low` may be a run-time value."""
    base = to_integer(dispatch.expression(env, node.base))
    low = to_integer(dispatch.expression(env, node.low))
    width = constants.integer(env, node.width, "the width of a slice")
    if is_poison(base, low) or width is None:
        return poisoned(node.span)
    number = fold.integer(low)
    if width < 1:
        env.type_error(f"a slice cannot have the width {width}", node.width.span)
        return poisoned(node.span)
    if number is not None:
        return _slice(env, node.span, base, number + width - 1, number)
    if not isinstance(low.type, types.BitType):
        env.type_error(f"the start of a slice must be unsigned, not {describe(low)}", low.span)
        return poisoned(node.span)
    checked = _slice(env, node.span, base, width - 1, 0)
    if is_poison(checked):
        return checked
    return tree.DynamicSlice(types.BitType(width), node.span, base, low)


def _slice(env: Env, span: Span, base: tree.Expression, high: int, low: int) -> tree.Expression:
    bits = unbounded.width(base) if unbounded.is_run_time(base) else None
    if bits is not None and 0 <= low <= high < unbounded.LARGEST_WIDTH:
        bits = max(bits, high + 1)
        return fold.slice_(span, unbounded.fixed(base, bits), high, low)
    if isinstance(base.type, types.InfIntType) and isinstance(base, tree.IntLiteral) and 0 <= low <= high:
        return fold.slice_(span, base, high, low)
    if not isinstance(base.type, types.BitType | types.IntType):
        env.type_error(f"a slice takes bits of a number of known width, not of {describe(base)}", base.span)
        return poisoned(span)
    if low < 0 or high >= base.type.width:
        env.type_error(f"the slice [{high}:{low}] is not within the bits of {base.type}", span)
        return poisoned(span)
    if high < low:
        env.type_error(f"the slice [{high}:{low}] is reversed: the high bit comes first", span)
        return poisoned(span)
    return fold.slice_(span, base, high, low)


def require_lvalue(env: Env, expression: tree.Expression, doing: str) -> bool:
    """Says so if an expression cannot be written (§6.6): `doing` as in "cannot assign to"."""
    inner = expression
    while True:
        match inner:
            case tree.Member() | tree.StackIndex() | tree.TupleIndex() | tree.Slice() | tree.DynamicSlice():
                inner = inner.base
            case tree.StackNext() | tree.StackLast():
                inner = inner.base
            case tree.VariableRef(declaration=tree.Variable()):
                return True
            case tree.VariableRef(declaration=tree.Parameter() as parameter):
                if parameter.direction in (tree.Direction.OUT, tree.Direction.INOUT):
                    return True
                how = "an in parameter" if parameter.direction is tree.Direction.IN else "a parameter without direction"
                note = Note(f"{parameter.name} is declared here", parameter.span)
                env.type_error(f"{doing} {parameter.name}, {how}", expression.span, note)
                return False
            case _ if is_poison(inner):
                return False
            case _:
                env.type_error(f"{doing} this expression: it has no place to be written to", expression.span)
                return False
