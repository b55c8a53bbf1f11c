"""What values an expression can have, and how wide the widest in a program is. A base class of Expressions."""

from __future__ import annotations

from collections.abc import Sequence

from switch.bmv2_json.program import (
    Const,
    Expr,
    FieldRef,
    HeaderType,
    Op,
    Param,
    RegisterRef,
    StackCount,
    ValidBit,
)
from switch.codegen.layout import Layout
from switch.codegen.values import Class, Interval, hull, unsigned
from switch.errors import BadProgram

SHIFT_MAX = 1024  # a left shift by a run-time amount keeps at most this many more bits where all bits are asked for
WIDE_BITS_MAX = 20_000  # such values lie on the stack: a product of the widest fields, and a bit more


class Intervals:
    """Of one program. `params`: names and widths of the enclosing action's parameters in C."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.params: Sequence[tuple[str, int]] = ()
        self.own_fields: tuple[str, HeaderType] | None = None  # what Param means in a P4_14 length expression
        self.trace = False  # registers are read through the trace
        self.where = ""  # the part of the JSON that is being compiled
        self._wide_bits = 0
        self._intervals: dict[int, tuple[Expr, Interval]] = {}  # by id; the expression is kept so that ids stay taken

    @property
    def wide_bits(self) -> int:
        """The widest value that struct wide must hold."""
        return self._wide_bits

    @wide_bits.setter
    def wide_bits(self, bits: int) -> None:
        if bits > WIDE_BITS_MAX:
            raise BadProgram(f"{self.where}: an expression has values of {bits} bits; the most is {WIDE_BITS_MAX}")
        self._wide_bits = bits

    def interval(self, e: Expr) -> Interval:
        cached = self._intervals.get(id(e))
        if cached is not None and not isinstance(e, Param):
            return cached[1]
        found = self._interval(e)
        self._intervals[id(e)] = (e, found)
        if found.c_class == "wide":
            self.wide_bits = max(self.wide_bits, found.bits + 1)
        return found

    def _class_for(self, *intervals: Interval) -> Class:
        """The smallest class that holds all of them; together they may be wide where none of them is."""
        together = hull(*intervals)
        if together.c_class == "wide":
            self.wide_bits = max(self.wide_bits, together.bits + 1)
        return together.c_class

    def _interval(self, e: Expr) -> Interval:
        match e:
            case Const(value):
                return Interval(value, value)
            case FieldRef(_, f):
                if f.signed and f.width:
                    return Interval(-(1 << f.width - 1), (1 << f.width - 1) - 1)
                return unsigned(f.width)
            case ValidBit():
                return Interval(0, 1)
            case Param(i):
                return unsigned(self._param(i)[1])
            case RegisterRef(array, _):
                return unsigned(array.width)
            case StackCount(stack, plus):
                n = len(self._elements(stack))
                return Interval(0, (1 << 64) - 1) if plus else Interval(0, n)
            case Op(op, args):
                return self._op_interval(op, args)  # type: ignore[arg-type]  # operands of these are data
        raise AssertionError(e)

    def _op_interval(self, op: str, args: tuple[Expr, ...]) -> Interval:
        if op == "b2d":
            return Interval(0, 1)
        if op == "?":
            return self.interval(args[1]) | self.interval(args[2])
        a = self.interval(args[0])
        if len(args) == 1:
            return Interval(-a.high - 1, -a.low - 1) if op == "~" else a if op == "+" else Interval(-a.high, -a.low)
        b = self.interval(args[1])
        match op:
            case "+":
                return Interval(a.low + b.low, a.high + b.high)
            case "-":
                return Interval(a.low - b.high, a.high - b.low)
            case "*":
                corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
                return Interval(min(corners), max(corners))
            case "/" | "%":
                if op == "/":
                    return Interval(min(a.low, 0, -a.high), max(a.high, 0, -a.low))
                top = max(abs(a.low), abs(a.high))
                return Interval(0 if a.natural else -top, top)
            case "<<":
                top = min(max(b.high, 0), SHIFT_MAX)
                return Interval(min(a.low << top, a.low), max(a.high << top, a.high))
            case ">>":
                low = max(b.low, 0)
                return Interval(min(a.low >> low, 0 if a.natural else -1), max(a.high >> low, 0))
            case "&":
                if a.natural or b.natural:
                    tops = [i.high for i in (a, b) if i.natural]
                    return Interval(0, min(tops))
                return Interval(-(1 << max(a.bits, b.bits)), -1 if a.high < 0 and b.high < 0 else max(a.high, b.high))
            case "|" | "^":
                bits = max(a.bits + (not a.natural) * 0, b.bits)
                if a.natural and b.natural:
                    return unsigned(bits)
                bits = max(a.bits + a.natural, b.bits + b.natural)
                return Interval(-(1 << bits - 1), (1 << bits - 1) - 1)
            case "two_comp_mod" | "sat_cast":
                width = self._constant_width(args[1])
                full = Interval(-(1 << width - 1), (1 << width - 1) - 1) if width else Interval(0, 0)
                return a if full.low <= a.low and a.high <= full.high else full
            case "usat_cast":
                top = (1 << self._constant_width(args[1])) - 1
                return Interval(min(max(a.low, 0), top), min(max(a.high, 0), top))
        raise AssertionError(op)

    def _constant_width(self, e: Expr) -> int:
        return e.value if isinstance(e, Const) else 64

    def _elements(self, stack: object) -> tuple[object, ...]:
        return getattr(stack, "headers", None) or stack.unions  # type: ignore[attr-defined,no-any-return]

    def _param(self, i: int) -> tuple[str, int]:
        if self.own_fields is not None:
            path, header_type = self.own_fields
            f = header_type.fields[i]
            return f"{path}.{self.layout.field_names[header_type.name][f.name]}", f.width
        return self.params[i]
