"""program.Expr -> C text with exactly BMv2's values.

Three ways to compile a number:
  exact(e)     its mathematical value, in the smallest class that holds all it can have
  low(e, k)    something whose low k bits are right: sums, products, left shifts and bit operations need only the low
               bits of their operands, so `(a + b) & 0xffff` is 64-bit arithmetic however wide a and b may grow
  store(e, k)  the value modulo 2^k, for a field of k bits
and truth(e) for a condition. Reads of headers that are not valid give whatever the struct holds; indices are clamped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from switch.bmv2_json.expressions import header_type_of
from switch.bmv2_json.program import (
    BoolConst,
    Const,
    Expr,
    Field,
    FieldRef,
    Header,
    HeaderExpr,
    HeaderType,
    Op,
    Param,
    RegisterRef,
    StackAt,
    StackCount,
    StackLast,
    Union,
    UnionAt,
    UnionExpr,
    UnionLast,
    UnionMember,
    ValidBit,
)
from switch.codegen.in_place import load_field
from switch.codegen.layout import Layout
from switch.codegen.values import BITS, C, Class, Interval, constant, convert, hull, low_class, operand, unsigned
from switch.errors import BadProgram

SHIFT_MAX = 1024  # a left shift by a run-time amount keeps at most this many more bits where all bits are asked for

OPERATOR = {"+": "+", "-": "-", "*": "*", "&": "&", "|": "|", "^": "^"}
WIDE_OPERATOR = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor"}


@dataclass(frozen=True, slots=True)
class HeaderRef:
    """A header in C: an lvalue, its validity bit as C text (None: metadata, always valid), its type."""

    lvalue: str  # of a header that stays bytes: a pointer to them
    bit: str | None
    type: HeaderType
    in_place: bool = False


WIDE_BITS_MAX = 20_000  # such values lie on the stack: a product of the widest fields, and a bit more


class Expressions:
    """Compiles expressions of one program. `params`: names and widths of the enclosing action's parameters in C."""

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

    # ---- headers and fields

    def header(self, h: HeaderExpr) -> HeaderRef:
        match h:
            case Header():
                place = self.layout.places[h.name]
                bit = None if place.bit is None else str(place.bit)
                return HeaderRef(f"p->{place.member}", bit, h.type, h.name in self.layout.in_place)
            case StackAt(stack, index):
                i = f"clamp({self.index(index)}, {len(stack.headers)})"
                return self._stack_element(stack.name, i, stack.type)
            case StackLast(stack):
                i = f"last_of(p->next[{self.layout.counted_stacks[stack.name]}], {len(stack.headers)})"
                return self._stack_element(stack.name, i, stack.type)
            case UnionMember(union, m):
                return self.union_member(union, m)

    def _stack_element(self, stack: str, index: str, header_type: HeaderType) -> HeaderRef:
        first = self.layout.stack_bit[stack]
        return HeaderRef(f"p->{self.layout.stack_member[stack]}[{index}]", f"{first} + {index}", header_type)

    def union_member(self, union: UnionExpr, m: int) -> HeaderRef:
        match union:
            case Union():
                return self.header(union.headers[m])
            case UnionAt(stack, index):
                i = f"clamp({self.index(index)}, {len(stack.unions)})"
            case UnionLast(stack):
                i = f"last_of(p->next[{self.layout.counted_stacks[stack.name]}], {len(stack.unions)})"
        member, first = self.layout.union_stack_members[stack.name][m]
        return HeaderRef(f"p->{member}[{i}]", f"{first} + {i}", stack.type.members[m][1])

    def union_size(self, union: UnionExpr) -> int:
        return len(union.type.members if isinstance(union, Union) else union.stack.type.members)

    def is_valid(self, ref: HeaderRef) -> str:
        return "1" if ref.bit is None else f"is_valid(p, {ref.bit})"

    def stays_bytes(self, ref: FieldRef) -> bool:
        return isinstance(ref.header, Header) and ref.header.name in self.layout.in_place

    def read(self, ref: FieldRef, *, signed: bool = True) -> C:
        """The field's value; without `signed`, the bits of its two's complement."""
        f = ref.field if signed else replace(ref.field, signed=False)
        if not self.stays_bytes(ref):
            return self.read_field(self.field_path(ref), f)
        c = load_field(self.header(ref.header).lvalue, f)
        if f.signed and f.width:
            return self.read_field(str(c), f)
        return c

    def field_path(self, ref: FieldRef) -> str:
        """A C lvalue; not of a field that stays bytes."""
        assert not self.stays_bytes(ref)
        return f"{self.header(ref.header).lvalue}.{self.field_name(ref)}"

    def field_name(self, ref: FieldRef) -> str:
        return self.layout.field_names[header_type_of(ref.header).name][ref.field.name]

    def read_field(self, path: str, field: Field) -> C:
        """The value of a field at a C path (a varbit has no number)."""
        width = field.width
        if width <= 64:
            c = C(path, "u64", True, width <= 32)
            return C(f"sign_extend({path}, {width})", "s64", True) if field.signed else c
        if width <= 128:
            if field.signed:
                return C(f"sign_extend128({path}, {width})", "s128", True)
            return C(path, "u128", True)
        self.wide_bits = max(self.wide_bits, width + 1)
        text = f"wide_load({path}, {(width + 7) // 8})"
        return C(f"wide_sign({text}, {width})" if field.signed else text, "wide", True)

    def index(self, e: Expr) -> str:
        """As an index: 64 bits, never negative."""
        return convert(self.low(e, 64), "u64").text

    # ---- intervals

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

    # ---- exact values

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

    # ---- low bits

    def low(self, e: Expr, k: int) -> C:
        """C text of class low_class(k) whose low k bits are those of e."""
        cls = low_class(k)
        if cls == "wide":
            self.wide_bits = max(self.wide_bits, k + 1)
        inner = self.interval(e)
        if not isinstance(e, Op) or (inner.natural and inner.c_class == cls == "u64" and e.op not in OPERATOR):
            if isinstance(e, Const):
                return constant(e.value & (1 << k) - 1, cls)
            return convert(self.exact(e), cls)
        op, args = e.op, e.args
        if op == "?":
            a, b = (operand(self.low(x, k), cls) for x in args[1:])  # type: ignore[arg-type]
            return C(f"{self.truth(args[0])} ? {a} : {b}", cls)  # type: ignore[arg-type]
        if op == "&" and (masked := self._masked_low(args, k)) is not None:  # type: ignore[arg-type]
            return masked
        if op in OPERATOR and len(args) == 2:
            return self._binary(op, self.low(args[0], k), self.low(args[1], k), cls)  # type: ignore[arg-type]
        if op in ("~", "-", "+"):
            a_low = self.low(args[0], k)  # type: ignore[arg-type]
            if op == "+":
                return a_low
            if cls == "wide":
                return C(f"wide_not({a_low.text})" if op == "~" else f"wide_sub(wide_from(0), {a_low.text})", cls, True)
            return C(f"{op}{operand(a_low, cls)}", cls)
        if op == "<<":
            return self._low_shift_left(args, k, cls)  # type: ignore[arg-type]
        if op == ">>" and isinstance(args[1], Const) and inner.c_class == "wide":
            need = k + args[1].value
            wider = low_class(need)
            if wider != "wide":
                a_low = self.low(args[0], need)  # type: ignore[arg-type]
                return convert(C(f"{operand(a_low, wider)} >> {args[1].value}", wider), cls)
        if op == "two_comp_mod" and isinstance(args[1], Const) and k <= args[1].value:
            return self.low(args[0], k)  # type: ignore[arg-type]
        return convert(self.exact(e), cls)

    def _masked_low(self, args: tuple[Expr, ...], k: int) -> C | None:
        for x, m in (args, args[::-1]):
            if isinstance(m, Const):
                mask = m.value & (1 << k) - 1
                if mask == (1 << k) - 1:
                    return self.low(x, k)
                bits = max(1, mask.bit_length())
                cls = low_class(k)
                a = convert(self.low(x, bits), cls)
                if cls == "wide":
                    return C(f"wide_and({a.text}, {constant(mask, cls).text})", cls, True)
                return C(f"{a} & {constant(mask, cls)}", cls, False, bits <= 31)
        return None

    def _low_shift_left(self, args: tuple[Expr, ...], k: int, cls: Class) -> C:
        a, n = args
        if isinstance(n, Const):
            if n.value >= k:
                return constant(0, cls)
            value = convert(self.low(a, k - n.value), cls)
            if cls == "wide":
                return C(f"wide_shl({value.text}, {n.value})", cls, True)
            return C(f"{operand(value, cls)} << {n.value}", cls) if n.value else value
        value = convert(self.low(a, k), cls)
        name = "wide_shl" if cls == "wide" else f"shift_left_{cls}"
        return C(f"{name}({value.text}, {self.index(n)})", cls, True)

    def raw(self, ref: FieldRef) -> C:
        """A field's bits as they are on the wire: of a signed field its two's complement."""
        return self.read(ref, signed=False)

    def store(self, e: Expr, width: int, *, typed: bool = False, cut: bool = False) -> C:
        """e modulo 2^width, of class low_class(width). `typed`: the C type it goes to cuts what is above its width;
        `cut`: what it goes to cuts, whatever the width."""
        inner = self.interval(e)
        if width > 128:
            self.wide_bits = max(self.wide_bits, width + 1)
        if inner.natural and inner.high < 1 << width:
            return convert(self.exact(e), low_class(width))
        value = self.low(e, width)
        if width in (64, 128) or cut or (typed and (width in (8, 16, 32) or value.cls == "wide")):
            return value  # the C type, or wide_store, cuts
        if value.cls == "wide":
            return C(f"wide_cut({value.text}, {width})", "wide", True)
        return C(f"{value} & {constant((1 << width) - 1, value.cls)}", value.cls)

    # ---- conditions

    def truth(self, e: Expr) -> str:
        """A condition, parenthesised where it is not an atom: 0 or 1."""
        match e:
            case BoolConst(value):
                return str(int(value))
            case Op(op, args):
                return self._truth_op(op, args)  # type: ignore[arg-type]
        raise AssertionError(e)

    def _truth_op(self, op: str, args: tuple[Expr, ...]) -> str:
        match op:
            case "and":
                return f"({self.truth(args[0])} && {self.truth(args[1])})"
            case "or":
                return f"({self.truth(args[0])} || {self.truth(args[1])})"
            case "not":
                return f"!{self.truth(args[0])}"
            case "==b" | "!=b":
                return f"({self.truth(args[0])} {op[:2]} {self.truth(args[1])})"
            case "?":
                return f"({self.truth(args[0])} ? {self.truth(args[1])} : {self.truth(args[2])})"
            case "d2b":
                return self._compare("!=", args[0], Const(0))
            case "valid":
                return self.is_valid(self.header(args[0]))  # type: ignore[arg-type]
            case "valid_union":
                return self.union_valid(args[0])  # type: ignore[arg-type]
            case "==h" | "!=h":
                same = self.same_header(self.header(args[0]), self.header(args[1]))  # type: ignore[arg-type]
                return same if op == "==h" else f"!{same}"
            case "==u" | "!=u":
                n = self.union_size(args[0])  # type: ignore[arg-type]
                pairs = ((self.union_member(args[0], i), self.union_member(args[1], i)) for i in range(n))  # type: ignore[arg-type]
                same = "(" + " || ".join(self.same_header(a, b) for a, b in pairs) + ")"
                return same if op == "==u" else f"!{same}"
        return self._compare(op, args[0], args[1])

    def union_valid(self, union: UnionExpr) -> str:
        members = (self.is_valid(self.union_member(union, i)) for i in range(self.union_size(union)))
        return "(" + " || ".join(members) + ")"

    def same_header(self, a: HeaderRef, b: HeaderRef) -> str:
        """Both valid and all fields equal (two headers that are not valid differ, as in BMv2)."""
        tests = [self.is_valid(a), self.is_valid(b)]
        if a.in_place:
            tests.append(f"memcmp({a.lvalue}, {b.lvalue}, {a.type.fixed_bits // 8}) == 0")
            return "(" + " && ".join(tests) + ")"
        for f in a.type.fields:
            name = self.layout.field_names[a.type.name][f.name]
            x, y = f"{a.lvalue}.{name}", f"{b.lvalue}.{name}"
            if f.varbit:
                tests.append(_same_varbit(x, y))
            elif f.width > 128:
                tests.append(f"memcmp({x}, {y}, {(f.width + 7) // 8}) == 0")
            else:
                tests.append(f"{x} == {y}")
        return "(" + " && ".join(tests) + ")"

    def _compare(self, op: str, left: Expr, right: Expr) -> str:
        if isinstance(left, FieldRef) and isinstance(right, FieldRef) and left.field.varbit and right.field.varbit:
            same = f"({_same_varbit(self.field_path(left), self.field_path(right))})"
            return same if op == "==" else f"!{same}"
        a, b = self.interval(left), self.interval(right)
        if isinstance(left, ValidBit) and op == "!=" and right == Const(0):
            return self.exact(left).text
        cls = self._class_for(a, b)
        x, y = self.exact(left), self.exact(right)
        if cls == "wide":
            return f"(wide_compare({convert(x, cls).text}, {convert(y, cls).text}) {op} 0)"
        has_wide = "wide" in (x.cls, y.cls)  # a value that was computed wide and is not, e.g. a saturated sum
        if (cls in ("u64", "u128") and not has_wide) or (x.cls == y.cls == cls):
            return f"({x} {op} {y})"  # promotion keeps natural values
        return f"({convert(x, cls)} {op} {convert(y, cls)})"


def _same_varbit(a: str, b: str) -> str:
    """As long, and the same bytes."""
    return f"{a}.length == {b}.length && memcmp({a}.bytes, {b}.bytes, {a}.length) == 0"
