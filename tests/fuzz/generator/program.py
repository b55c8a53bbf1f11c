"""A whole case: types, routines, parser, controls, entries and packets.

The headers: h, always extracted and never invalid; a, b and c, perhaps; a stack s; a union u. What the controls compute
leaves in o (end of ingress) and e (end of egress), a field for each variable that is in sight there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.fuzz.cases import Case, Entry
from tests.fuzz.evaluator.types import (
    BitsType,
    BoolType,
    EnumType,
    SerializableEnumType,
    StackType,
    StructType,
    Type,
    VarbitType,
    width_of,
)
from tests.fuzz.generator.context import Callee, Context, Param, Var, fields_of, indented, spell
from tests.fuzz.generator.parsers import Parsers
from tests.fuzz.generator.routines import header_vars, padded

PORT = BitsType(9)
PARAMETERS = "inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std"
GENERIC = (
    "T either<T>(in bool c, in T a, in T b) { if (c) { return a; } return b; }",
    "void exchange<T>(inout T a, inout T b) { T t = a; a = b; b = t; }",
)
DUMPED = 14
"""Variables that are shown at the end of a control, at most."""


@dataclass(frozen=True)
class Sub:
    """A control to be instantiated by others; its entries are named for an instance called `@`."""

    callee: Callee
    constructor: tuple[Param, ...]
    entries: list[Entry]


def generate(seed: int) -> Case:
    """The case of this seed."""
    return Programs(seed).case()


class Programs(Parsers):
    def case(self) -> Case:
        types = ["#include <core.p4>", "#include <v1model.p4>", "error { Odd, Even }", *self.types()]
        lines: list[str] = []
        self.entries_made: list[Entry] = []
        self.value_sets, self.sub_parsers = {}, {}
        functions: list[Callee] = []
        if self.has_generics:
            lines += GENERIC
        for _ in range(self.rng.choice((0, 1, 2, 3))):
            callee, text = self.function(functions)
            functions.append(callee)
            lines += text
        for header in self.header_types:
            if self.chance(0.25):
                lines += self.sub_parser(header)
        parser = self.parser(self.top_context("parser", functions), self.optional)
        parameters = f"packet_in pkt, out headers_t hdr, {PARAMETERS.split(', ', 1)[1]}"
        lines += [f"parser P({parameters}) {{", *indented(parser), "}"]
        lines += ["control V(inout headers_t hdr, inout meta_t meta) { apply { } }"]
        subs: list[Sub] = []
        for _ in range(self.rng.choice((0, 0, 1, 1, 2))):
            sub, text = self.sub_control(functions)
            subs.append(sub)
            lines += text
        lines += self.top_control("I", "o", functions, subs, exits=True)
        lines += self.top_control("E", "e", functions, [], exits=False)
        lines += [*self.compute(), *self.deparser()]
        lines += ["V1Switch(P(), V(), I(), E(), C(), D()) main;", ""]
        program = "\n".join([*types, *self.dump_types, self.headers_struct(), *lines])
        return Case(program, self.packets(), tuple(self.entries_made), self.value_sets)

    # ---- types

    def types(self) -> list[str]:
        """Enums, structs, headers, metadata, constants: declared and remembered."""
        lines: list[str] = []
        self.has_checksum = self.chance(0.3)
        for width in self.palette:
            if self.chance(0.2):
                self.aliases[BitsType(width)] = f"w{width}_t"
                lines.append(f"typedef bit<{width}> w{width}_t;")
        for number in range(self.rng.choice((0, 1, 2))):
            if self.chance(0.5):
                members = tuple(f"M{i}" for i in range(self.rng.randint(2, 4)))
                self.enums.append(EnumType(f"E{number}", members))
                lines.append(f"enum E{number} {{ {', '.join(members)} }}")
            else:
                width = self.pick([w for w in self.palette if w > 1] or [8])
                values = sorted({self.interesting(width) for _ in range(3)})
                named = tuple((f"N{i}", v) for i, v in enumerate(values))
                self.enums.append(SerializableEnumType(f"E{number}", BitsType(width), named))
                lines.append(f"enum bit<{width}> E{number} {{ {', '.join(f'{n} = {v}' for n, v in named)} }}")
        for number in range(self.rng.choice((0, 1, 2))):
            fields = tuple((f"f{i}", self.value_type()) for i in range(self.rng.randint(1, 3)))
            self.structs.append(StructType("struct", f"S{number}", fields))
            lines.append(self.declared("struct", f"S{number}", fields))
        for _ in range(self.rng.choice((0, 1, 2))):
            type_, name = self.bits_type(), self.name("K")
            lines.append(f"const {spell(type_)} {name} = {self.literal(type_)};")
            self.constants.append(Var(name, type_, writable=False))
        self.make_headers(lines)
        meta = [(f"m{i}", self.value_type()) for i in range(self.rng.randint(2, 5))]
        self.meta = StructType("struct", "meta_t", tuple(meta))
        lines.append(self.declared("struct", "meta_t", self.meta.fields))
        return lines

    def headers_struct(self) -> str:
        members = [f"{spell(v.type)} {v.text.split('.')[-1]};" for v in (self.first, *self.optional)]
        return f"struct headers_t {{ {' '.join(members)} o_t o; e_t e; }}"

    def make_headers(self, lines: list[str]) -> None:
        self.dump_types: list[str] = []
        types = [self.header_type(f"h{i}_t") for i in range(3)]
        for type_ in types:
            lines.append(self.declared("header", type_.name, type_.fields))
        self.header_types = types[1:]
        self.first = Var("hdr.h", types[0])
        self.optional = [Var(f"hdr.{n}", self.pick(types[1:])) for n in ("a", "b", "c")[: self.rng.randint(0, 3)]]
        if self.chance(0.2):
            varying = StructType("header", "v_t", (("f0", BitsType(8)), ("rest", VarbitType(self.pick((16, 24, 64))))))
            lines.append(self.declared("header", "v_t", varying.fields))
            self.optional.append(Var("hdr.v", varying, writable=False))
        if self.chance(0.5):
            self.optional.append(Var("hdr.s", StackType(types[1], self.pick((2, 2, 3, 4)))))
        if self.chance(0.3):
            union = StructType("header_union", "u_t", (("x", types[1]), ("y", types[2])))
            lines.append(f"header_union u_t {{ {types[1].name} x; {types[2].name} y; }}")
            self.optional.append(Var("hdr.u", union))

    def header_type(self, name: str) -> StructType:
        fields: list[tuple[str, Type]] = []
        for number in range(self.rng.randint(1, 5)):
            type_: Type = BitsType(self.pick(self.palette), self.chance(0.25))
            enums = [e for e in self.enums if isinstance(e, SerializableEnumType)]
            if enums and self.chance(0.1):
                type_ = self.pick(enums)
            fields.append((f"f{number}", type_))
        total = sum(width_of(t) for _, t in fields)
        return StructType("header", name, (*fields, ("pad", BitsType(-total % 8))) if total % 8 else tuple(fields))

    def declared(self, kind: str, name: str, fields: tuple[tuple[str, Type], ...]) -> str:
        return f"{kind} {name} {{ {' '.join(f'{spell(t)} {n};' for n, t in fields)} }}"

    # ---- blocks

    def top_context(self, kind: str, functions: list[Callee]) -> Context:
        context = Context(kind, functions=functions)
        context.vars += header_vars("hdr.h", self.first_type, "")
        context.headers = [Var("hdr.h", self.first.type, writable=False)]
        for var in self.optional:
            match var.type:
                case StackType(element=element, size=size):
                    assert isinstance(element, StructType)
                    context.stacks.append(var)
                    for index in range(size):
                        text = f"{var.text}[{index}]"
                        context.headers.append(Var(text, element))
                        context.vars += header_vars(text, element, f"{text}.isValid()")
                case StructType(kind="header_union", fields=fields):
                    context.unions.append(var)
                    for name, member in fields:
                        assert isinstance(member, StructType)
                        context.headers.append(Var(f"{var.text}.{name}", member))
                        guard = f"{var.text}.{name}.isValid()"
                        context.vars += [
                            Var(v.text, v.type, False, guard) for v in header_vars(f"{var.text}.{name}", member, guard)
                        ]
                case StructType():
                    context.headers.append(var)
                    context.vars += header_vars(var.text, var.type, f"{var.text}.isValid()")
        for name, type_ in self.meta.fields:
            context.vars += fields_of(Var(f"meta.{name}", type_))
        if kind != "parser":
            context.vars.append(Var("std.ingress_port", PORT, writable=False))
        return context

    @property
    def first_type(self) -> StructType:
        assert isinstance(self.first.type, StructType)
        return self.first.type

    def declare_locals(self, context: Context) -> list[str]:
        lines = []
        for _ in range(self.rng.randint(0, 2)):
            type_, name = self.value_type(), self.name("l")
            lines.append(f"{spell(type_)} {name} = {self.expression(type_, context, 2)};")
            context.vars += fields_of(Var(name, type_))
        return lines

    def declare_registers(self, context: Context) -> list[str]:
        """Four cells each, which start as zero and last from packet to packet."""
        lines = []
        for _ in range(self.rng.choice((0, 0, 0, 1, 2))):
            type_, name = (
                BitsType(self.pick([w for w in self.palette if w <= 64] or [8]), self.chance(0.2)),
                self.name("r"),
            )
            lines.append(f"register<{spell(type_)}>(4) {name};")
            context.registers.append(Var(name, type_))
        return lines

    def actions_and_tables(self, context: Context, control: str, count: int) -> tuple[list[str], list[Entry]]:
        """Declared in the control; the tables' entries go by the names within it."""
        lines: list[str] = []
        entries: list[Entry] = []
        for _ in range(self.rng.randint(1, 3)):
            action, text = self.action(context, list(context.actions))
            context.actions.append(action)
            lines += text
        for _ in range(count):
            table, text, made = self.table(context)
            context.tables.append(table)
            lines += text
            entries += self.control_entries(made, f"{control}.{table.name}", control)
        return lines, entries

    def sub_control(self, functions: list[Callee]) -> tuple[Sub, list[str]]:
        """A control with parameters of its own, perhaps some of its constructor."""
        name = self.name("Sub")
        params = self.parameters(self.rng.randint(1, 4), {"in": 2, "inout": 2, "out": 1})
        context = Context("control", functions=functions, may_exit=True)
        constructor: tuple[Param, ...] = ()
        if self.chance(0.4):
            constructor = (Param("", self.bits_type(), self.name("k")),)
            context.vars.append(Var(constructor[0].name, constructor[0].type, writable=False))
        locals_ = self.declare_locals(context)  # before the parameters: they start before out parameters are written
        begin = self.begin(params, context)
        declared, entries = self.actions_and_tables(context, "@", self.rng.randint(0, 2))
        body = [*begin, *self.statements(context, self.rng.randint(1, 4))]
        head = f"control {name}({self.spell_parameters(params)})"
        if constructor:
            head += f"({self.spell_parameters(constructor)})"
        lines = [f"{head} {{", *indented([*locals_, *declared]), "    apply {"]
        return (Sub(Callee(name, params), constructor, entries)), [*lines, *indented(indented(body)), "    }", "}"]

    def top_control(self, name: str, dump: str, functions: list[Callee], subs: list[Sub], exits: bool) -> list[str]:
        context = self.top_context("control", functions)
        context.may_exit = exits
        if name == "I":
            context.vars.append(Var("std.egress_spec", PORT, guard="(std.egress_spec != 510)"))
        instances: list[str] = []
        for sub in subs:
            if not sub.constructor and self.chance(0.15):  # applied by its type (§15.1)
                context.controls.append(Callee(f"{sub.callee.name}.apply", sub.callee.params))
                self.entries_made += renamed(sub.entries, f"{name}.{sub.callee.name}")
                continue
            for _ in range(self.rng.choice((1, 1, 2))):
                instance = self.name("c")
                given = ", ".join(self.literal(p.type) for p in sub.constructor)
                instances.append(f"{sub.callee.name}({given}) {instance};")
                context.controls.append(Callee(f"{instance}.apply", sub.callee.params))
                self.entries_made += renamed(sub.entries, f"{name}.{instance}")
        locals_ = [*self.declare_registers(context), *self.declare_locals(context)]
        declared, entries = self.actions_and_tables(context, name, self.rng.randint(0, 3))
        self.entries_made += entries
        self.fuel = max(self.fuel, 30)
        body = [f"std.egress_spec = {self.rng.randint(0, 9)};"] if name == "I" else []
        body += self.statements(context, self.rng.randint(2, 7))
        body += self.apply_what_is_left(context)
        body += self.dumped(context, dump)
        lines = [f"control {name}({PARAMETERS}) {{", *indented([*instances, *locals_, *declared]), "    apply {"]
        return [*lines, *indented(indented(body)), "    }", "}"]

    def apply_what_is_left(self, context: Context) -> list[str]:
        lines: list[str] = []
        for table in context.tables:
            if table.applied == 0 and self.chance(0.8):
                self.fuel = max(self.fuel, 12)
                lines += self.make_table(context)
        return lines

    def dumped(self, context: Context, name: str) -> list[str]:
        """Show variables in a header of their own; the rest of its last byte is zero."""
        shown = [v for v in context.vars if not v.guard and not isinstance(v.type, StructType | EnumType)]
        if len(shown) > DUMPED:
            local = [v for v in shown if not v.text.startswith("hdr.")]
            shown = local if len(local) <= DUMPED else self.rng.sample(local, DUMPED)
        fields = [(f"x{i}", stored(v.type)) for i, v in enumerate(shown)]
        if name == "e" and self.has_checksum:
            fields.append(("sum", BitsType(16)))
        whole = padded(fields)
        self.dump_types.append(self.declared("header", f"{name}_t", whole))
        lines = [f"hdr.{name}.setValid();"]
        if name == "e" and self.has_checksum:
            lines.append("hdr.e.sum = 0;")
        for (field, _), var in zip(fields, shown, strict=False):
            value = f"(bit<1>) {var.text}" if isinstance(var.type, BoolType) else var.text
            lines.append(f"hdr.{name}.{field} = {value};")
        if len(whole) > len(fields):
            lines.append(f"hdr.{name}.pad = 0;")
        return lines

    def compute(self) -> list[str]:
        """The checksum control: perhaps over h, into e."""
        head = "control C(inout headers_t hdr, inout meta_t meta) { apply {"
        if not self.has_checksum:
            return [f"{head} }} }}"]
        data = ", ".join(f"hdr.h.{n}" for n, _ in self.first_type.fields)
        condition = self.pick(("hdr.e.isValid()", "true", "hdr.h.isValid() && hdr.e.isValid()"))
        return [head, f"    update_checksum({condition}, {{{data}}}, hdr.e.sum, HashAlgorithm.csum16);", "} }"]

    def deparser(self) -> list[str]:
        emits = [f"    pkt.emit({v.text});" for v in (self.first, *self.optional)]
        if self.chance(0.3):
            return ["control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }"]
        return [
            "control D(packet_out pkt, in headers_t hdr) { apply {",
            *emits,
            "    pkt.emit(hdr.o); pkt.emit(hdr.e);",
            "} }",
        ]

    # ---- packets

    def packets(self) -> tuple[tuple[int, bytes], ...]:
        """Bytes that are often at the edges, some shorter than the headers."""
        least = width_of(self.first.type) // 8
        made = []
        for _ in range(self.pick((6, 10))):
            size = least + self.pick((0, 1, 4, 10, 30, 60))
            if self.chance(0.05):
                size = self.rng.randint(0, least)
            small = self.chance(0.3)
            data = bytes(self.rng.randint(0, 3) if small else self.byte() for _ in range(size))
            made.append((self.rng.randint(0, 8), data))
        return tuple(sorted(made, key=lambda packet: len(packet[1]) < least))  # undefined ones last, for the registers

    def byte(self) -> int:
        return self.pick((0, 1, 0x7F, 0x80, 0xFF, 0x55, self.rng.getrandbits(8), self.rng.getrandbits(8)))


def renamed(entries: list[Entry], instance: str) -> list[Entry]:
    """The entries of a sub-control's tables, for one of its instances."""
    return [replace(e, table=e.table.replace("@", instance), action=e.action.replace("@", instance)) for e in entries]


def stored(type_: Type) -> Type:
    """The type of a header's field that shows a variable."""
    return BitsType(1) if isinstance(type_, BoolType) else type_
