"""Expressions as BMv2 has them.

BMv2 computes with integers of any size and cuts a value only when it is stored, so the wrap-around of bit<W> and int<W>
must be written down: as `& mask` or `two_comp_mod`. It is written only where it shows: `_Value.exact` says whether a
value is already what its P4 type says, or right only in its low bits (as after `+`), and each operator asks for what it
needs. An operand of arithmetic is always made exact, so that no intermediate value has more than twice its width.

bool and integers are different things in BMv2 expressions, fields hold integers: `b2d` and `d2b` lie between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler import tree
from compiler import types as t
from compiler.backends.bmv2.layout import FieldPlace, Json, Layout, scalar_width
from compiler.backends.bmv2.unsupported import Unsupported

WIDEST_SHIFT = 16
"""Amounts of more bits than this are compared before shifting: BMv2 would make the number that long."""


def hexstr(value: int, width: int | None = None) -> Json:
    """A constant, padded to the bytes that `width` bits take; negative ones carry their sign."""
    digits = 0 if width is None else (width + 7) // 8 * 2
    sign = "-" if value < 0 else ""
    return {"type": "hexstr", "value": f"{sign}0x{abs(value):0{digits}x}"}


def operation(op: str, left: Json | None, right: Json | None, **more: Json) -> Json:
    return {"type": "expression", "value": {"op": op, "left": left, "right": right, **more}}


@dataclass(frozen=True, slots=True)
class _Value:
    """A JSON expression; not `exact`: right in the low bits of its type only."""

    json: Json
    exact: bool = True


class Expressions:
    """Writes expressions over the storage of `layout`; `errors` numbers the program's errors."""

    def __init__(self, layout: Layout, errors: Sequence[str]) -> None:
        self.layout = layout
        self.errors = {name: number for number, name in enumerate(errors)}
        self.data: dict[tree.Parameter, int] = {}
        """The control-plane data of the action that is being written: index of each parameter."""
        self.negative: set[tree.Parameter] = set()
        """Data to which the program itself gives a negative value, in an entry or a default."""

    # --- what the rest of the backend asks for ---

    def operand(self, expression: tree.Expression) -> Json:
        """A value of integer kind (bool as 0 or 1) with the exact value of its type, for use inside an expression."""
        if isinstance(t.strip_new_types(expression.type), t.BoolType):
            return self._as_data(expression)
        return self._exact(expression)

    def condition(self, expression: tree.Expression) -> Json:
        """A value of bool kind."""
        return self._bool(expression)

    def parameter(self, expression: tree.Expression, *, cut_when_stored: bool = False) -> Json:
        """A parameter of a primitive: a field, constant, action data, or an expression in its wrapping.

        `cut_when_stored`: the primitive stores the value in an unsigned field of its type, so it need not be exact.
        """
        if cut_when_stored and not t.is_signed(expression.type) and not _is_bool(expression):
            json = self._value(expression).json
        else:
            json = self.operand(expression)
        if json["type"] == "local":
            return {"type": "runtime_data", "value": json["value"]}
        if json["type"] in ("field", "hexstr"):
            return json
        return {"type": "expression", "value": json}

    def literal(self, expression: tree.Expression) -> int:
        """The number behind a literal."""
        match expression:
            case tree.IntLiteral() | tree.BoolLiteral():
                return int(expression.value)
            case tree.EnumMember():
                return expression.value
            case tree.ErrorMember():
                return self.errors[expression.name]
            case _:
                raise Unsupported("this must be known at compile time", expression.span)

    # --- kinds ---

    def _as_data(self, expression: tree.Expression) -> Json:
        """A bool as 0 or 1."""
        if isinstance(expression, tree.BoolLiteral):
            return hexstr(int(expression.value), 1)
        json = self._bool(expression)
        inner = json["value"]
        if json["type"] == "expression" and inner["op"] == "d2b":
            return dict(inner["right"])
        return operation("b2d", None, json)

    def _exact(self, expression: tree.Expression) -> Json:
        value = self._value(expression)
        if value.exact:
            return value.json
        width = scalar_width(expression.type, expression.span)
        if t.is_signed(t.strip_new_types(expression.type)):
            return operation("two_comp_mod", value.json, hexstr(width))
        return operation("&", value.json, hexstr((1 << width) - 1, width))

    # --- bool ---

    def _bool(self, expression: tree.Expression) -> Json:
        match expression:
            case tree.BoolLiteral():
                return {"type": "bool", "value": expression.value}
            case tree.HeaderCall():
                return self._is_valid(expression)
            case tree.Unary(op="!"):
                return operation("not", None, self._bool(expression.operand))
            case tree.Binary(op="&&" | "||" as op):
                left, right = self._bool(expression.left), self._bool(expression.right)
                return operation("and" if op == "&&" else "or", left, right)
            case tree.Binary():
                return self._comparison(expression)
            case tree.Conditional():
                return self._bool_choice(expression)
            case tree.Cast():
                if _is_bool(expression.operand):
                    return self._bool(expression.operand)
                return operation("d2b", None, self._exact(expression.operand))
            case _:
                return operation("d2b", None, self._storage(expression))

    def _is_valid(self, call: tree.HeaderCall) -> Json:
        header = self.layout.named(call.header)
        if header.kind == "header_union":
            return operation("valid_union", None, header.json)
        return operation("d2b", None, FieldPlace(header.name, "$valid$").json)

    def _comparison(self, expression: tree.Binary) -> Json:
        if _is_bool(expression.left):
            return operation(expression.op, self._bool(expression.left), self._bool(expression.right))
        if isinstance(expression.left.type, t.VarbitType):
            left, right = self.layout.field(expression.left).json, self.layout.field(expression.right).json
            return operation(expression.op, left, right)
        return operation(expression.op, self._exact(expression.left), self._exact(expression.right))

    def _bool_choice(self, expression: tree.Conditional) -> Json:
        """`c ? a : b` of bools, by `and` and `or`, for BMv2's own choice is one of integers."""
        condition = self._bool(expression.condition)
        chosen = operation("and", condition, self._bool(expression.then))
        other = operation("and", operation("not", None, condition), self._bool(expression.otherwise))
        return operation("or", chosen, other)

    # --- integers ---

    def _value(self, expression: tree.Expression) -> _Value:
        match expression:
            case tree.IntLiteral() | tree.EnumMember() | tree.ErrorMember():
                width = (
                    None
                    if isinstance(expression.type, t.InfIntType)
                    else scalar_width(expression.type, expression.span)
                )
                return _Value(hexstr(self.literal(expression), width))
            case tree.Unary(op="-"):
                return _Value(operation("-", hexstr(0), self._exact(expression.operand)), exact=False)
            case tree.Unary(op="~"):
                return _Value(operation("~", None, self._exact(expression.operand)), exact=False)
            case tree.Binary():
                return self._binary(expression)
            case tree.Conditional():
                then, otherwise = self._value(expression.then), self._value(expression.otherwise)
                json = operation("?", then.json, otherwise.json, cond=self._bool(expression.condition))
                return _Value(json, then.exact and otherwise.exact)
            case tree.Cast():
                return self._cast(expression)
            case tree.Slice():
                return self._slice(expression)
            case tree.StackLastIndex():
                stack = self.layout.named(expression.base)
                return _Value(operation("last_stack_index", None, stack.json), exact=False)
            case _:
                json = self._storage(expression)
                # Control-plane data arrives as bits, which BMv2 takes for an unsigned number.
                return _Value(json, exact=json["type"] != "local" or not t.is_signed(expression.type))

    def _storage(self, expression: tree.Expression) -> Json:
        """A field, control-plane data, or a field of the last element of a stack."""
        match expression:
            case tree.VariableRef(declaration=tree.Parameter() as parameter) if parameter in self.data:
                return {"type": "local", "value": self.data[parameter]}
            case tree.Member(base=tree.StackLast() as last):
                stack = self.layout.named(last.base)
                return {"type": "stack_field", "value": [stack.name, expression.name]}
            case _:
                return self.layout.field(expression).json

    def _binary(self, expression: tree.Binary) -> _Value:
        match expression.op:
            case "+" | "-" | "*":
                left, right = self._exact(expression.left), self._exact(expression.right)
                return _Value(operation(expression.op, left, right), exact=False)
            case "/" | "%":
                return self._division(expression)
            case "<<" | ">>":
                return self._shift(expression)
            case "&" | "|" | "^":
                return self._bitwise(expression)
            case "|+|" | "|-|":
                exact = operation(expression.op[1], self._exact(expression.left), self._exact(expression.right))
                cast = "sat_cast" if t.is_signed(expression.type) else "usat_cast"
                return _Value(operation(cast, exact, hexstr(scalar_width(expression.type, expression.span))))
            case "++":
                return self._concatenation(expression)
            case _:
                raise Unsupported(f"BMv2 has no operator {expression.op}", expression.span)

    def _division(self, expression: tree.Binary) -> _Value:
        if not isinstance(expression.right, tree.IntLiteral):
            raise Unsupported(
                f"{expression.op} by a value that is not known at compile time is not supported by this target",
                expression.span,
            )
        return _Value(operation(expression.op, self._exact(expression.left), self._exact(expression.right)))

    def _shift(self, expression: tree.Binary) -> _Value:
        left, amount = self._exact(expression.left), self._exact(expression.right)
        width = scalar_width(expression.type, expression.span)
        shifted = operation(expression.op, left, amount)
        to_the_left = expression.op == "<<"
        if isinstance(expression.right, tree.IntLiteral):
            if expression.right.value >= width and to_the_left:
                return _Value(hexstr(0, width))
        elif scalar_width(expression.right.type, expression.right.span) > WIDEST_SHIFT and to_the_left:
            shifted = operation("?", shifted, hexstr(0, width), cond=operation("<", amount, hexstr(width)))
        return _Value(shifted, exact=not to_the_left)

    def _bitwise(self, expression: tree.Binary) -> _Value:
        left, right = self._value(expression.left), self._value(expression.right)
        either = expression.op == "&" and not t.is_signed(expression.type)
        exact = (left.exact or right.exact) if either else (left.exact and right.exact)
        return _Value(operation(expression.op, left.json, right.json), exact)

    def _concatenation(self, expression: tree.Binary) -> _Value:
        low = scalar_width(expression.right.type, expression.right.span)
        left, right = self._value(expression.left), self._exact(expression.right)
        if t.is_signed(expression.right.type):
            right = operation("&", right, hexstr((1 << low) - 1, low))
        joined = operation("|", operation("<<", left.json, hexstr(low)), right)
        return _Value(joined, left.exact and not t.is_signed(expression.left.type))

    def _cast(self, expression: tree.Cast) -> _Value:
        source, target = t.strip_new_types(expression.operand.type), t.strip_new_types(expression.type)
        if isinstance(source, t.BoolType):
            return _Value(self._as_data(expression.operand))
        if isinstance(source, t.EnumType | t.ErrorCodeType):
            return self._value(expression.operand)
        value = self._value(expression.operand)
        before, after = scalar_width(source, expression.span), scalar_width(target, expression.span)
        if after < before or (after == before and t.is_signed(source) != t.is_signed(target)):
            return _Value(value.json, exact=False)
        if after == before:
            return value
        if self._is_unsigned_data(expression.operand):
            return _Value(self._storage(expression.operand))
        return _Value(self._exact(expression.operand), exact=t.is_signed(source) == t.is_signed(target))

    def _is_unsigned_data(self, expression: tree.Expression) -> bool:
        """Whether a widening cast takes signed control-plane data as they come, without extending a sign: BMv2 does,
        where it is the control plane alone that gives values (recorded in tests/golden, action_param_types).
        """
        match expression:
            case tree.VariableRef(declaration=tree.Parameter() as parameter) if parameter in self.data:
                return t.is_signed(parameter.type) and parameter not in self.negative
            case _:
                return False

    def _slice(self, expression: tree.Slice) -> _Value:
        base = expression.base
        top = expression.high == scalar_width(base.type, base.span) - 1 and not t.is_signed(base.type)
        if expression.low == 0:
            return _Value(self._value(base).json, exact=False)
        return _Value(operation(">>", self._exact(base), hexstr(expression.low)), exact=top)


def _is_bool(expression: tree.Expression) -> bool:
    return isinstance(t.strip_new_types(expression.type), t.BoolType)
