"""Random expressions of the program's own types, compiled and run. Oracle: a second evaluator, written from P4_16
§8.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.bmv2_model import Model
from tests.compiler.programs import compile_text

FIELDS = {"a": 8, "b": 16, "c": 1, "d": 7, "e": 33, "f": 31, "g": 64, "h": 8, "i": 16, "j": 24}
SIGNED = {"h", "i", "j"}
IN_BYTES = sum(FIELDS.values()) // 8
WIDTHS = (1, 7, 8, 9, 16, 31, 33, 64, 65)
Values = dict[str, int]


@dataclass
class Expr:
    """P4 text, and what it is worth: a number of the type's own sign, or a bool."""

    text: str
    value: Callable[[Values], int]


def wrap(value: int, width: int, signed: bool) -> int:
    value &= (1 << width) - 1
    return value - (1 << width) if signed and value >> (width - 1) else value


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def number(self, width: int, signed: bool, depth: int) -> Expr:
        leaves = [n for n, w in FIELDS.items() if w == width and (n in SIGNED) == signed]
        if depth == 0 or self.random.random() < 0.15:
            if leaves and self.random.random() < 0.7:
                name = self.random.choice(leaves)
                return Expr(f"hdr.h.{name}", lambda v: v[name])
            return self._literal(width, signed)
        kind = self.random.choice(("binary", "binary", "unary", "shift", "choice", "cast", "sign", "slice", "concat"))
        return getattr(self, f"_{kind}")(width, signed, depth - 1)  # type: ignore[no-any-return]

    def _literal(self, width: int, signed: bool) -> Expr:
        value = wrap(self.random.choice((0, 1, -1, self.random.getrandbits(width))), width, signed)
        kind = "int" if signed else "bit"
        return Expr(f"(({kind}<{width}>)({value}))", lambda _: value)

    def _binary(self, width: int, signed: bool, depth: int) -> Expr:
        op = self.random.choice(("+", "-", "*", "&", "|", "^", "|+|", "|-|"))
        x, y = self.number(width, signed, depth), self.number(width, signed, depth)
        low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)

        def value(v: Values) -> int:
            a, b = x.value(v), y.value(v)
            exact = {
                "+": a + b,
                "-": a - b,
                "*": a * b,
                "&": a & b,
                "|": a | b,
                "^": a ^ b,
                "|+|": a + b,
                "|-|": a - b,
            }[op]
            return max(low, min(high, exact)) if "|" in op and len(op) == 3 else wrap(exact, width, signed)

        return Expr(f"({x.text} {op} {y.text})", value)

    def _unary(self, width: int, signed: bool, depth: int) -> Expr:
        op, x = self.random.choice("-~"), self.number(width, signed, depth)
        return Expr(f"({op}{x.text})", lambda v: wrap(-x.value(v) if op == "-" else ~x.value(v), width, signed))

    def _shift(self, width: int, signed: bool, depth: int) -> Expr:
        op, x = self.random.choice(("<<", ">>")), self.number(width, signed, depth)
        if self.random.random() < 0.5:
            amount = Expr(str(n := self.random.randint(0, width + 2)), lambda _: n)
        else:
            amount = self.number(self.random.choice((7, 8)), False, 0)
        return Expr(
            f"({x.text} {op} {amount.text})",
            lambda v: wrap(
                x.value(v) << amount.value(v) if op == "<<" else x.value(v) >> amount.value(v), width, signed
            ),
        )

    def _choice(self, width: int, signed: bool, depth: int) -> Expr:
        c, x, y = self.condition(depth), self.number(width, signed, depth), self.number(width, signed, depth)
        return Expr(f"({c.text} ? {x.text} : {y.text})", lambda v: x.value(v) if c.value(v) else y.value(v))

    def _cast(self, width: int, signed: bool, depth: int) -> Expr:
        x = self.number(self.random.choice(WIDTHS[1:]), signed, depth)
        kind = "int" if signed else "bit"
        return Expr(f"(({kind}<{width}>){x.text})", lambda v: wrap(x.value(v), width, signed))

    def _sign(self, width: int, signed: bool, depth: int) -> Expr:
        x = self.number(width, not signed, depth)
        kind = "int" if signed else "bit"
        return Expr(f"(({kind}<{width}>){x.text})", lambda v: wrap(x.value(v), width, signed))

    def _slice(self, width: int, signed: bool, depth: int) -> Expr:
        base = self.random.choice([w for w in WIDTHS if w >= width])
        low = self.random.randint(0, base - width)
        x = self.number(base, self.random.random() < 0.3 and base > 1, depth)
        bits = Expr(f"({x.text})[{low + width - 1}:{low}]", lambda v: wrap(x.value(v) >> low, width, False))
        return Expr(f"((int<{width}>){bits.text})", lambda v: wrap(bits.value(v), width, True)) if signed else bits

    def _concat(self, width: int, signed: bool, depth: int) -> Expr:
        if width < 2:
            return self.number(width, signed, depth)
        low = self.random.randint(1, width - 1)
        x, y = self.number(width - low, signed, depth), self.number(low, signed, depth)
        mask = (1 << low) - 1
        return Expr(f"({x.text} ++ {y.text})", lambda v: wrap(x.value(v) << low | y.value(v) & mask, width, signed))

    def condition(self, depth: int) -> Expr:
        if depth > 0 and self.random.random() < 0.3:
            op, x, y = self.random.choice(("&&", "||", "==")), self.condition(depth - 1), self.condition(depth - 1)
            results: dict[str, Callable[[bool, bool], bool]] = {
                "&&": lambda a, b: a and b,
                "||": lambda a, b: a or b,
                "==": lambda a, b: a == b,
            }
            return Expr(f"({x.text} {op} {y.text})", lambda v: results[op](bool(x.value(v)), bool(y.value(v))))
        width, signed = self.random.choice(WIDTHS[1:]), self.random.random() < 0.4
        op = self.random.choice(("==", "!=", "<", "<=", ">", ">="))
        x, y = self.number(width, signed, depth), self.number(width, signed, depth)
        compare: dict[str, Callable[[int, int], bool]] = {
            "==": lambda a, b: a == b,
            "!=": lambda a, b: a != b,
            "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b,
            ">": lambda a, b: a > b,
            ">=": lambda a, b: a >= b,
        }
        return Expr(f"({x.text} {op} {y.text})", lambda v: compare[op](x.value(v), y.value(v)))


PROGRAM = """
#include <core.p4>
#include <v1model.p4>
header h_t {{ {fields} }}
header r_t {{ {results} }}
struct headers_t {{ h_t h; r_t r; }}
struct meta_t {{ }}
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    state start {{ pkt.extract(hdr.h); transition accept; }}
}}
control V(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    apply {{ std.egress_spec = 2; hdr.r.setValid(); {body} }}
}}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{ apply {{ }} }}
control C(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
control D(packet_out pkt, in headers_t hdr) {{ apply {{ pkt.emit(hdr.r); }} }}
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


@pytest.mark.parametrize("seed", range(12))
def test_random_expressions(seed: int) -> None:
    generator = Generator(seed)
    chosen = [(generator.random.choice(WIDTHS), generator.random.random() < 0.4) for _ in range(30)]
    chosen = [(width, signed and width > 1) for width, signed in chosen]
    expressions = [generator.number(width, signed, 4) for width, signed in chosen]
    padding = -sum(width for width, _ in chosen) % 8
    results = "".join(f"{'int' if s else 'bit'}<{w}> r{i}; " for i, (w, s) in enumerate(chosen))
    text = PROGRAM.format(
        fields="".join(f"{'int' if n in SIGNED else 'bit'}<{w}> {n}; " for n, w in FIELDS.items()),
        results=results + (f"bit<{padding}> pad; " if padding else ""),
        body="".join(f"hdr.r.r{i} = {e.text}; " for i, e in enumerate(expressions)),
    )
    switch = Model(compile_text(text))
    for _ in range(6):
        packet = bytes(generator.random.choice((0, 1, 0x7F, 0x80, 0xFF, 0x55)) for _ in range(IN_BYTES))
        rest, values = int.from_bytes(packet, "big"), {}
        for name, width in reversed(FIELDS.items()):
            values[name], rest = wrap(rest, width, name in SIGNED), rest >> width
        ((_, out),) = switch.send(1, packet)
        got = int.from_bytes(out, "big") >> padding
        for (width, signed), expression in reversed(list(zip(chosen, expressions, strict=True))):
            assert wrap(got, width, signed) == expression.value(values), (expression.text, values)
            got >>= width
