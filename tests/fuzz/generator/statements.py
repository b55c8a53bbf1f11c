"""Statements (P4_16 §12), as lists of lines."""

from __future__ import annotations

from tests.fuzz.evaluator.types import BOOL, BitsType, EnumType, SerializableEnumType, StackType, StructType, Type
from tests.fuzz.generator.context import Context, Var, fields_of, indented, spell
from tests.fuzz.generator.expressions import Expressions

DEPTH = 3
"""Of the expressions in a statement."""


class Statements(Expressions):
    def statements(self, context: Context, count: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            if self.fuel <= 0:
                break
            lines += self.statement(context)
        return lines

    def block(self, context: Context, count: int, loops: int = 0) -> list[str]:
        """`{ ... }` in a scope of its own."""
        return ["{", *indented(self.statements(context.inner(loops), count)), "}"]

    def statement(self, context: Context) -> list[str]:
        self.fuel -= 1
        in_parser, in_control = context.kind == "parser", context.kind == "control"
        outside_loops = not context.loops
        kind = self.weighted(
            {
                "assign": 8,
                "compound": 1.5,
                "declare": 2,
                "if": 3,
                "call": 2,
                "switch": {"parser": 0, "action": 0.15}.get(context.kind, 0.8),
                "for": 0.9 if self.has_loops and not in_parser and context.loops < 2 else 0,
                "block": 0.3,
                "header": 0 if in_parser else 1.5,
                "table": (3 if outside_loops else 1) if in_control else 0,
                "control": 1.5 if in_control and outside_loops else 0,
                "action": 2 if context.kind in ("control", "action") else 0,
                "leave": 0.35 if not in_parser else 0,
                "escape": 1 if context.loops else 0,
                "register": 2 if context.registers and not in_parser else 0,
                "hash": 0.3 if context.kind in ("control", "action") else 0,
                "swap": 0.3,
                "generic": 0.5 if self.has_generics and not in_parser else 0,
                "empty": 0.05,
            }
        )
        lines = getattr(self, f"make_{kind}")(context)
        return lines or self.make_assign(context)

    # ---- values

    def make_assign(self, context: Context) -> list[str]:
        targets = [v for v in context.vars if v.writable]
        if not targets:
            return []
        type_ = self.pick(targets).type
        place = self.place(type_, context)
        if place is None:
            return []
        if isinstance(type_, StructType) and self.chance(0.4):
            parts = [(n, self.expression(t, context, 2)) for n, t in type_.fields]
            named = self.chance(0.5)
            return [f"{place} = {{{', '.join(f'{n} = {p}' if named else p for n, p in parts)}}};"]
        return [f"{place} = {self.expression(type_, context, DEPTH)};"]

    def make_compound(self, context: Context) -> list[str]:
        targets = [v for v in context.vars if v.writable and isinstance(v.type, BitsType) and not v.guard]
        if not targets:
            return []
        type_ = self.pick(targets).type
        assert isinstance(type_, BitsType)
        place = self.place(type_, context, read=True)
        if place is None:
            return []
        operator = self.pick(("+", "-", "*", "&", "|", "^", "|+|", "|-|", "<<", ">>"))
        if operator in ("<<", ">>"):
            return [f"{place} {operator}= {self.shift_amount(type_.width, context, 2)};"]
        return [f"{place} {operator}= {self.expression(type_, context, 2)};"]

    def make_declare(self, context: Context) -> list[str]:
        type_, name = self.value_type(), self.name("v")
        value = self.expression(type_, context, DEPTH)
        new = fields_of(Var(name, type_))
        if self.chance(0.15) and context.kind != "parser":
            condition = self.expression(BOOL, context, 2)
            other = self.expression(type_, context, 2)
            context.vars += new
            return [
                f"{spell(type_)} {name};",
                f"if {bare(condition)}",
                f"    {name} = {value};",
                "else",
                f"    {name} = {other};",
            ]
        context.vars += new
        return [f"{spell(type_)} {name} = {value};"]

    def make_swap(self, context: Context) -> list[str]:
        """Two variables through a tuple."""
        targets = [v for v in context.vars if v.writable and not v.guard and not isinstance(v.type, StackType)]
        if len(targets) < 2:
            return []
        a, b = self.rng.sample(targets, 2)
        name = self.name("t")
        return [
            "{",
            f"    tuple<{spell(a.type)}, {spell(b.type)}> {name} = {{{a.text}, {b.text}}};",
            f"    {a.text} = {self.expression(a.type, context, 2)};",
            f"    {b.text} = {name}[1];",
            f"    {a.text} = {name}[0];" if self.chance(0.5) else ";",
            "}",
        ]

    def make_generic(self, context: Context) -> list[str]:
        """The generic function that exchanges its arguments, perhaps one with itself."""
        targets = [v for v in context.vars if v.writable and not v.guard]
        if not targets:
            return []
        first = self.pick(targets)
        second = self.pick([v for v in targets if v.type == first.type])
        return [f"exchange({first.text}, {second.text});"]

    def make_empty(self, context: Context) -> list[str]:
        return [";"]

    # ---- control flow

    def make_if(self, context: Context) -> list[str]:
        condition = self.expression(BOOL, context, DEPTH)
        lines = [f"if {bare(condition)} {{", *indented(self.statements(context.inner(), self.rng.randint(1, 3))), "}"]
        if self.chance(0.5):
            lines[-1] = "} else {"
            lines += [*indented(self.statements(context.inner(), self.rng.randint(1, 3))), "}"]
        return lines

    def make_block(self, context: Context) -> list[str]:
        return self.block(context, 2)

    def make_switch(self, context: Context) -> list[str]:
        type_: Type
        if self.enums and self.chance(0.3):
            type_ = self.pick(self.enums)
        else:
            type_ = BitsType(self.pick([w for w in (*self.palette, 2) if w <= 64]), self.chance(0.15))
        labels = self.labels(type_)
        lines = [f"switch ({self.expression(type_, context, 2)}) {{"]
        for label in labels:
            lines += self.branch(label, context, fall_through=self.chance(0.2))
        if self.chance(0.7) or lines[-1].endswith(":"):
            lines += self.branch("default", context, fall_through=False)
        return [*lines, "}"]

    def branch(self, label: str, context: Context, fall_through: bool) -> list[str]:
        if fall_through:
            return [f"    {label}:"]
        return [
            f"    {label}: {{",
            *indented(indented(self.statements(context.inner(), self.rng.randint(1, 2)))),
            "    }",
        ]

    def labels(self, type_: Type) -> list[str]:
        match type_:
            case SerializableEnumType(name=name, members=members):
                return [f"{name}.{m}" for m, _ in self.rng.sample(members, self.rng.randint(1, len(members)))]
            case EnumType(name=name, members=names):
                return [f"{name}.{m}" for m in self.rng.sample(names, self.rng.randint(1, len(names)))]
            case BitsType(width, signed):
                values = {self.interesting(width) for _ in range(self.rng.randint(1, 4))}
                full = 1 << width
                return [
                    f"(int<{width}>) ({v - full if v >> (width - 1) else v})" if signed else f"{width}w{v}"
                    for v in sorted(values)
                ]
        raise TypeError(str(type_))

    def make_for(self, context: Context) -> list[str]:
        """At most some ten iterations; the body cannot write the counter."""
        name, width = self.name("i"), self.pick((4, 8, 8, 16))
        inner = context.inner(loops=1)
        inner.vars.append(Var(name, BitsType(width), writable=False))
        body = indented(self.statements(inner, self.rng.randint(1, 3)))
        kind = self.weighted({"count": 3, "range": 2, "list": 1})
        if kind == "count":
            bound = f"{width}w{self.rng.randint(0, 5)}"
            if self.chance(0.4):
                bound = f"({self.expression(BitsType(width), context, 1)} & {width}w3)"
            head = f"for (bit<{width}> {name} = 0; {name} < {bound}; {name} = {name} + {self.rng.randint(1, 2)}) {{"
        elif kind == "list":
            values = ", ".join(self.expression(BitsType(width), context, 1) for _ in range(self.rng.randint(1, 4)))
            head = f"for (bit<{width}> {name} in (list<bit<{width}>>) {{{values}}}) {{"
        else:
            low = self.rng.randint(0, 6)
            head = f"for (bit<{width}> {name} in {width}w{low}..{width}w{low + self.rng.randint(0, 4)}) {{"
        return [head, *body, "}"]

    def make_escape(self, context: Context) -> list[str]:
        return [f"if {bare(self.expression(BOOL, context, 2))} {{", f"    {self.pick(('break', 'continue'))};", "}"]

    def make_leave(self, context: Context) -> list[str]:
        """return or exit, mostly under a condition."""
        if context.kind == "function":
            what = "return;" if context.result is None else f"return {self.expression(context.result, context, 2)};"
        else:
            what = "exit;" if context.may_exit and self.chance(0.4) else "return;"
        return [f"if {bare(self.expression(BOOL, context, 2))} {{", f"    {what}", "}"]

    # ---- calls

    def make_call(self, context: Context) -> list[str]:
        usable = [f for f in context.functions if context.kind != "parser" or f.straight]
        if not usable:
            return []
        call = self.call(self.pick(usable), context, 3)
        return [f"{call};"] if call else []

    def make_action(self, context: Context) -> list[str]:
        if not context.actions:
            return []
        call = self.call(self.pick(context.actions), context, 3)
        return [f"{call};"] if call else []

    def make_control(self, context: Context) -> list[str]:
        if not context.controls:
            return []
        call = self.call(self.pick(context.controls), context, 3)
        return [f"{call};"] if call else []

    def make_table(self, context: Context) -> list[str]:
        """Apply a table that has not been applied before; where p4c has no say (loops), perhaps a second time."""
        again = 0.2 if self.has_loops else 0
        fresh = [t for t in context.tables if t.applied == 0 or (t.applied == 1 and self.chance(again))]
        if not fresh:
            return []
        table = self.pick(fresh)
        table.applied += 1
        kind = self.weighted({"plain": 2, "if": 2, "switch": 1.5, "value": 0.5})
        if kind == "if":
            result = self.pick((".hit", ".miss", ".hit"))
            condition = f"{self.pick(('', '!'))}{table.name}.apply(){result}"
            lines = [f"if ({condition}) {{", *indented(self.statements(context.inner(), 2)), "}"]
            if self.chance(0.5):
                lines[-1] = "} else {"
                lines += [*indented(self.statements(context.inner(), 2)), "}"]
            return lines
        if kind == "switch":
            labels = self.rng.sample(table.actions, self.rng.randint(1, len(table.actions)))
            lines = [f"switch ({table.name}.apply().action_run) {{"]
            for label in labels:
                lines += self.branch(label, context, fall_through=self.chance(0.15))
            if self.chance(0.5) or lines[-1].endswith(":"):
                lines += self.branch("default", context, fall_through=False)
            return [*lines, "}"]
        if kind == "value":
            name = self.name("hit")
            context.vars.append(Var(name, BOOL))
            return [f"bool {name} = {table.name}.apply().hit;"]
        return [f"{table.name}.apply();"]

    # ---- externs

    def make_register(self, context: Context) -> list[str]:
        """Read or write a cell that is there."""
        register = self.pick(context.registers)
        assert isinstance(register.type, BitsType)
        index = f"(bit<32>) {self.expression(BitsType(2), context, 1)}"
        if self.chance(0.5):
            return [f"{register.text}.write({index}, {self.expression(register.type, context, 2)});"]
        place = self.place(register.type, context)
        if place is None:
            name = self.name("v")
            context.vars.append(Var(name, register.type))
            return [f"{spell(register.type)} {name};", f"{register.text}.read({name}, {index});"]
        return [f"{register.text}.read({place}, {index});"]

    def make_hash(self, context: Context) -> list[str]:
        """A hash of whole bytes."""
        result, width = BitsType(self.pick([w for w in self.palette if w <= 64] or [8])), self.pick((8, 16, 32))
        place = self.place(result, context)
        if place is None:
            return []
        data = [self.expression(BitsType(self.pick((8, 16, 24))), context, 1) for _ in range(self.rng.randint(1, 3))]
        algorithm = self.pick(("crc32", "csum16", "identity"))
        limits = f"{width}w{self.interesting(width)}", f"{width}w{self.interesting(width)}"
        return [f"hash({place}, HashAlgorithm.{algorithm}, {limits[0]}, {{{', '.join(data)}}}, {limits[1]});"]

    # ---- headers (§8.18 to §8.21)

    def make_header(self, context: Context) -> list[str]:
        kind = self.weighted(
            {"valid": 2, "invalid": 1, "assign": 2, "copy": 1.5, "stack": 1.5, "union": 1, "guarded": 2}
        )
        changeable = [h for h in context.headers if h.writable]
        if kind == "stack" and context.stacks:
            stack = self.pick(context.stacks)
            return [f"{stack.text}.{self.pick(('push_front', 'pop_front'))}({self.rng.randint(1, 2)});"]
        if kind == "union" and context.unions:
            union = self.pick(context.unions)
            assert isinstance(union.type, StructType)
            name, header = self.pick(union.type.fields)
            assert isinstance(header, StructType)
            return self.fill(f"{union.text}.{name}", header, context)
        if not changeable:
            return []
        var = self.pick(changeable)
        assert isinstance(var.type, StructType)
        match kind:
            case "invalid":
                return [f"{var.text}.setInvalid();"]
            case "copy":
                same = [h for h in context.headers if h.type == var.type]
                return [f"{var.text} = {self.pick(same).text};"]
            case "guarded":
                fields = [v for v in context.vars if v.guard == f"{var.text}.isValid()"]
                inner = context.inner()
                inner.vars = [Var(v.text, v.type, v.writable) if v in fields else v for v in inner.vars]
                return [f"if ({var.text}.isValid()) {{", *indented(self.statements(inner, 2)), "}"]
            case "valid":
                return [f"{var.text}.setValid();", *self.assign_fields(var.text, var.type, context)]
        return self.fill(var.text, var.type, context)

    def fill(self, text: str, type_: StructType, context: Context) -> list[str]:
        """A whole header from a list, a record or nothing."""
        if self.chance(0.08):
            return [f"{text} = {{#}};"]
        parts = [(n, self.expression(t, context, 2)) for n, t in type_.fields]
        if self.chance(0.4):
            return [f"{text} = {{{', '.join(f'{n} = {p}' for n, p in parts)}}};"]
        return [f"{text} = {{{', '.join(p for _, p in parts)}}};"]

    def assign_fields(self, text: str, type_: StructType, context: Context) -> list[str]:
        return [f"{text}.{n} = {self.expression(t, context, 1)};" for n, t in type_.fields if self.chance(0.95)]


def bare(condition: str) -> str:
    """A condition in exactly one pair of parentheses, where that is easy to see."""
    return f"({condition})"
