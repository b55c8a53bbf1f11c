"""program.Expr -> C text with exactly BMv2's values.

Three ways to compile a number:
  exact(e)     its mathematical value, in the smallest class that holds all it can have
  low(e, k)    something whose low k bits are right: sums, products, left shifts and bit operations need only the low
               bits of their operands, so `(a + b) & 0xffff` is 64-bit arithmetic however wide a and b may grow
  store(e, k)  the value modulo 2^k, for a field of k bits
and truth(e) for a condition. Reads of headers that are not valid give whatever the struct holds; indices are clamped.
"""

from __future__ import annotations

from switch.bmv2_json.program import (
    BoolConst,
    Const,
    Expr,
    FieldRef,
    Op,
    UnionExpr,
    ValidBit,
)
from switch.codegen.exact_values import OPERATOR, ExactValues
from switch.codegen.references import HeaderRef
from switch.codegen.values import C, Class, constant, convert, low_class, operand


class Expressions(ExactValues):
    """Compiles expressions of one program; what it is made of stands in the order in which it is needed."""

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
