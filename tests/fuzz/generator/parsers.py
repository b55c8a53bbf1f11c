"""The parser (P4_16 §13): h is always extracted, then a graph of states over the other headers."""

from __future__ import annotations

from typing import Any

from tests.fuzz.evaluator.types import BitsType, StackType, StructType, VarbitType
from tests.fuzz.generator.context import Callee, Context, Param, Var, indented, spell
from tests.fuzz.generator.routines import header_vars
from tests.fuzz.generator.tables import Tables

ERRORS = ("Odd", "Even", "PacketTooShort")


class Parsers(Tables):
    value_sets: dict[str, list[list[tuple[Any, ...]]]]
    sub_parsers: dict[StructType, Callee]

    def parser(self, context: Context, optional: list[Var]) -> list[str]:
        """Locals and states; `optional` are the headers, stacks and unions that may be extracted."""
        locals_: list[str] = []
        for _ in range(self.rng.randint(0, 2)):
            type_, name = self.scalar_type(), self.name("n")
            locals_.append(f"{spell(type_)} {name} = {self.literal(type_)};")
            context.vars.append(Var(name, type_))
        names = [f"parse_{v.text.split('.')[-1]}" for v in optional]
        states = self.state("start", ["pkt.extract(hdr.h);"], context, [*names, "accept"], locals_)
        for position, var in enumerate(optional):
            following = [*names[position + 1 :], "accept"]
            states += self.state_of(names[position], var, context, following, locals_)
        return [*locals_, *states]

    def state_of(self, name: str, var: Var, context: Context, following: list[str], locals_: list[str]) -> list[str]:
        match var.type:
            case StackType(element=StructType(fields=fields)):
                last = [Var(f"{var.text}.last.{n}", t, writable=False) for n, t in fields]
                inner = context.inner()
                inner.vars += last
                targets = [name, *following] if self.chance(0.8) else following
                return self.state(name, [f"pkt.extract({var.text}.next);"], inner, targets, locals_)
            case StructType(kind="header_union", fields=fields):
                member = self.pick(fields)[0]
                return self.state(name, [f"pkt.extract({var.text}.{member});"], context, following, locals_)
        inner = context.inner()
        inner.vars = [Var(v.text, v.type) if v.guard == f"{var.text}.isValid()" else v for v in inner.vars]
        assert isinstance(var.type, StructType)
        if any(isinstance(t, VarbitType) for _, t in var.type.fields):
            size = f"((bit<32>) {self.key_of(2, context)}) << {3 if self.chance(0.9) else 2}"
            return self.state(name, [f"pkt.extract({var.text}, {size});"], context, following, locals_)
        if var.type in self.sub_parsers and self.chance(0.6):
            sub, instance = self.sub_parsers[var.type], self.name("q")
            locals_.append(f"{sub.name}() {instance};")
            call = self.call(Callee(f"{instance}.apply", sub.params), context, 1)
            if call is not None:
                call = call.replace("apply(", f"apply(pkt, {var.text}, ", 1)
                return self.state(name, [f"{call};"], inner, following, locals_)
        return self.state(name, [f"pkt.extract({var.text});"], inner, following, locals_)

    def sub_parser(self, header: StructType) -> list[str]:
        """A parser of one header, with a state more that may skip a byte; remembered for `header`."""
        name = self.name("Q")
        params = (Param("inout", self.bits_type(), self.name("p")), Param("in", self.bits_type(), self.name("p")))
        context = Context("parser")
        context.vars = [*header_vars("x", header, ""), *(Var(p.name, p.type, p.direction == "inout") for p in params)]
        locals_: list[str] = []
        start = self.state("start", ["pkt.extract(x);"], context, ["more", "accept"], locals_)
        more = self.state("more", self.make_assign(context), context, ["accept"], locals_)
        self.sub_parsers[header] = Callee(name, params)
        head = f"parser {name}(packet_in pkt, out {header.name} x, {self.spell_parameters(params)}) {{"
        return [head, *indented([*start, *more]), "}"]

    def state(
        self, name: str, extract: list[str], context: Context, targets: list[str], locals_: list[str]
    ) -> list[str]:
        inner = context.inner()
        if self.chance(0.12):
            width = self.pick((8, 16))
            look = self.name("look")
            extract = [f"bit<{width}> {look} = pkt.lookahead<bit<{width}>>();", *extract]
            inner.vars.append(Var(look, BitsType(width)))
        lines = [*extract, *self.statements(inner, self.rng.choice((0, 0, 1, 2)))]
        if self.chance(0.08):
            lines.append(f"verify({self.condition(inner, 2)}, error.{self.pick(ERRORS)});")
        if self.chance(0.05):
            lines.append("pkt.advance(8);")
        lines += self.transition(name, inner, targets, locals_)
        return [f"state {name} {{", *indented(lines), "}"]

    def transition(self, state: str, context: Context, targets: list[str], locals_: list[str]) -> list[str]:
        if len(targets) == 1 or self.chance(0.1):
            return [f"transition {targets[0]};"]
        widths = [
            self.pick([w for w in (1, 2, 2, 3, *self.palette) if w <= 64]) for _ in range(self.pick((1, 1, 1, 2)))
        ]
        keys = [self.key_of(w, context) for w in widths]
        lines = [f"transition select({', '.join(keys)}) {{"]
        if len(widths) == 1 and context.headers and self.chance(0.2):  # in the main parser
            name = self.name("vs")
            locals_.append(f"value_set<bit<{widths[0]}>>(4) {name};")
            members = {self.interesting(widths[0]) for _ in range(self.rng.randint(0, 3))}
            self.value_sets[f"P.{name}"] = [[("exact", v)] for v in sorted(members)]
            lines.append(f"    {name}: {self.pick(targets)};")
        for _ in range(self.rng.randint(1, 4)):
            sets = [self.select_set(w) for w in widths]
            keyset = sets[0] if len(sets) == 1 else f"({', '.join(sets)})"
            lines.append(f"    {keyset}: {self.pick(targets) if self.chance(0.97) else 'reject'};")
        onwards = [t for t in targets if t != state] or targets  # so that not every path is a loop
        lines.append(f"    {'default' if self.chance(0.6) else '_'}: {self.pick(onwards)};")
        return [*lines, "}"]

    def key_of(self, width: int, context: Context) -> str:
        """Mostly bits of what has just been read."""
        wider = [v for v in context.vars if isinstance(v.type, BitsType) and v.type.width >= width and not v.guard]
        if wider and self.chance(0.8):
            var = self.pick(wider)
            assert isinstance(var.type, BitsType)
            low = self.rng.randint(0, var.type.width - width)
            return f"{var.text}[{low + width - 1}:{low}]"
        return self.expression(BitsType(width), context, 2)

    def select_set(self, width: int) -> str:
        value = self.interesting(width)
        match self.weighted({"value": 4, "mask": 2, "range": 1, "any": 0.3}):
            case "mask":
                return f"{width}w{value} &&& {width}w{self.interesting(width):#x}"
            case "range":
                other = self.interesting(width)
                return f"{width}w{min(value, other)} .. {width}w{max(value, other)}"
            case "any":
                return "_"
        return f"{width}w{value}"
