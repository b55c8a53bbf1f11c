"""Numbers in C as they are, in the smallest class that holds all they can be. A base class of Expressions."""

from __future__ import annotations

from abc import abstractmethod

from switch.bmv2_json.program import (
    Const,
    Expr,
    FieldRef,
    Op,
    Param,
    RegisterRef,
    StackCount,
    ValidBit,
)
from switch.codegen.references import References
from switch.codegen.values import BITS, C, Class, Interval, constant, convert, low_class, operand

OPERATOR = {"+": "+", "-": "-", "*": "*", "&": "&", "|": "|", "^": "^"}
WIDE_OPERATOR = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor"}


class ExactValues(References):
    @abstractmethod
    def truth(self, e: Expr) -> str:
        """As in Expressions."""

    def exact(self, e: Expr) -> C:
        match e:
            case Const(value):
                return constant(value, self.interval(e).c_class)
            case FieldRef():
                return self.read(e)
            case ValidBit(h):
                return C(self.is_valid(self.header(h)), "u64", True, True)
            case Param(i):
                name, width = self._param(i)
                return C(name, low_class(width), True, width <= 32)
            case RegisterRef(array, index):
                return self._register(array.index, array.width, index)
            case StackCount(stack, plus):
                count = f"p->next[{self.layout.counted_stacks[stack.name]}]"
                return C(f"(uint64_t){count} - 1" if plus else count, "u64", not plus, not plus)
            case Op(op, args):
                return self._exact_op(e, op, args)  # type: ignore[arg-type]
        raise AssertionError(e)

    def _register(self, i: int, width: int, index: Expr) -> C:
        array = f"w->pipeline->registers[{i}], {self.index(index)}"
        if self.trace and width <= 128:
            cast = "(uint64_t)" if width <= 64 else ""
            return C(f"({cast}trace_register_read(w->trace, {i}, {array}))", low_class(width), True)
        if width <= 64:
            return C(f"register_read({array})", "u64", True)
        if width <= 128:
            return C(f"register_read128({array})", "u128", True)
        self.wide_bits = max(self.wide_bits, width + 1)
        return C(f"wide_register_read({array})", "wide", True)

    def _exact_op(self, e: Op, op: str, args: tuple[Expr, ...]) -> C:
        result = self.interval(e)
        match op:
            case "b2d":
                return C(self.truth(args[0]), "u64", False, True)
            case "?":
                cls = self._class_for(result)
                cond = self.truth(args[0])
                return C(f"{cond} ? {operand(self.exact(args[1]), cls)} : {operand(self.exact(args[2]), cls)}", cls)
            case "&":
                masked = self._masked(args)
                if masked is not None:
                    return masked
            case "<<":
                return self._shift_left(args, result)
            case ">>":
                return self._shift_right(args)
            case "two_comp_mod":
                a = self.interval(args[0])
                if a == result and a.bits <= self._constant_width(args[1]):
                    return self.exact(args[0])
                return self._sign(args[0], args[1])
            case "usat_cast" | "sat_cast":
                return self._saturate(op, args)
            case "/" | "%":
                return self._divide(op, args)
        if len(args) == 1:
            return self._unary(op, args[0], result)
        cls = self._class_for(result, self.interval(args[0]), self.interval(args[1]))
        return self._binary(op, self.exact(args[0]), self.exact(args[1]), cls)

    def _binary(self, op: str, a: C, b: C, cls: Class) -> C:
        if cls == "wide":
            return C(f"wide_{WIDE_OPERATOR[op]}({convert(a, cls).text}, {convert(b, cls).text})", cls, True)
        return C(f"{operand(a, cls)} {OPERATOR[op]} {operand(b, cls)}", cls)

    def _unary(self, op: str, arg: Expr, result: Interval) -> C:
        if op == "+":
            return self.exact(arg)
        cls = self._class_for(result, self.interval(arg))
        a = convert(self.exact(arg), cls)
        if cls == "wide":
            text = f"wide_not({a.text})" if op == "~" else f"wide_sub(wide_from(0), {a.text})"
            return C(text, cls, True)
        return C(f"{op}{operand(self.exact(arg), cls) if a.small else a}", cls)

    def _masked(self, args: tuple[Expr, ...]) -> C | None:
        """x & M for a constant M >= 0: only the low bits of x matter."""
        for x, m in (args, args[::-1]):
            if isinstance(m, Const) and m.value >= 0:
                bits = max(1, m.value.bit_length())
                inner = self.interval(x)
                if m.value == (1 << bits) - 1 and inner.natural and inner.high <= m.value:
                    return self.exact(x)  # the mask cuts nothing
                cls = low_class(bits)
                a = convert(self.low(x, bits), cls)
                if cls == "wide":
                    return C(f"wide_and({a.text}, {constant(m.value, cls).text})", cls, True)
                return C(f"{a} & {constant(m.value, cls)}", cls, False, bits <= 31)
        return None

    def _shift_left(self, args: tuple[Expr, ...], result: Interval) -> C:
        a, n = args
        cls = self._class_for(result, self.interval(a))
        if isinstance(n, Const) and cls != "wide":
            if n.value >= BITS[cls]:  # then a is 0
                return constant(0, cls)
            return C(f"{operand(self.exact(a), cls)} << {n.value}", cls) if n.value else convert(self.exact(a), cls)
        if cls == "wide":
            return C(f"wide_shl({convert(self.exact(a), cls).text}, {self.index(n)})", cls, True)
        return C(f"shift_left_{cls}({convert(self.exact(a), cls).text}, {self.index(n)})", cls, True)

    def _shift_right(self, args: tuple[Expr, ...]) -> C:
        a, n = args
        value = self.interval(a)
        cls = value.c_class
        if isinstance(n, Const):
            if value.natural and value.high >> n.value == 0:
                return constant(0, "u64")
            if cls == "wide":
                return C(f"wide_shr({convert(self.exact(a), cls).text}, {n.value})", cls, True)
            return C(f"{operand(self.exact(a), cls)} >> {min(n.value, BITS[cls] - 1)}", cls)
        if cls == "wide":
            return C(f"wide_shr({convert(self.exact(a), cls).text}, {self.index(n)})", cls, True)
        return C(f"shift_right_{cls}({convert(self.exact(a), cls).text}, {self.index(n)})", cls, True)

    def _sign(self, a: Expr, width_expr: Expr) -> C:
        if not isinstance(width_expr, Const):
            return C(f"sign_extend({convert(self.low(a, 64), 'u64').text}, {self.index(width_expr)})", "s64", True)
        width = width_expr.value
        value = self.low(a, width)
        if width <= 64:
            return C(f"sign_extend({convert(value, 'u64').text}, {width})", "s64", True)
        if width <= 128:
            return C(f"sign_extend128({convert(value, 'u128').text}, {width})", "s128", True)
        self.wide_bits = max(self.wide_bits, width + 1)
        return C(f"wide_sign({convert(value, 'wide').text}, {width})", "wide", True)

    def _saturate(self, op: str, args: tuple[Expr, ...]) -> C:
        a = self.interval(args[0])
        width = self._constant_width(args[1])
        low, high = (0, (1 << width) - 1) if op == "usat_cast" else (-(1 << width - 1), (1 << width - 1) - 1)
        if low <= a.low and a.high <= high:
            return self.exact(args[0])
        cls = self._class_for(a, Interval(low, high))
        text = convert(self.exact(args[0]), cls).text
        bounds = f"{constant(low, cls).text}, {constant(high, cls).text}"
        return C(f"saturate_{cls}({text}, {bounds})", cls, True)

    def _divide(self, op: str, args: tuple[Expr, ...]) -> C:
        a, b = self.interval(args[0]), self.interval(args[1])
        cls = self._class_for(a, b)
        x, y = convert(self.exact(args[0]), cls), convert(self.exact(args[1]), cls)
        if cls == "wide":
            return C(f"wide_div_mod({x.text}, {y.text}, {int(op == '%')})", cls, True)
        if isinstance(args[1], Const) and args[1].value > 0:
            return C(f"{operand(self.exact(args[0]), cls)} {op} {y}", cls)
        name = "divide" if op == "/" else "modulo"
        return C(f"{name}_{cls}({x.text}, {y.text})", cls, True)
