"""Primitives -> C statements. Used for actions, parser states and deparser calls alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from switch.bmv2_json.expressions import is_bool
from switch.bmv2_json.program import (
    BoolConst,
    Calculation,
    Const,
    CounterArray,
    Expr,
    FieldRef,
    Header,
    HeaderExpr,
    Lookahead,
    MeterArray,
    Op,
    Primitive,
    RegisterArray,
    RegisterRef,
    Stack,
    StackAt,
    StackLast,
    Text,
    UnionExpr,
    UnionMember,
    UnionStack,
    ValidBit,
    Values,
)
from switch.codegen.dead_fields import is_dead
from switch.codegen.expressions import Expressions
from switch.codegen.in_place import store_field
from switch.codegen.jumps import jump, targets
from switch.codegen.names import comment
from switch.codegen.references import HeaderRef
from switch.codegen.trace_hooks import Hooks
from switch.codegen.values import C, convert, low_class

HEADER_KINDS = (Header, StackAt, StackLast, UnionMember)


class Statements:
    """Compiles primitives of one program."""

    def __init__(
        self, expressions: Expressions, calculations: dict[str, str], *, trace: bool = False, count: bool = False
    ) -> None:
        self.e = expressions
        self.trace = trace
        self.hooks = Hooks(trace, counting=count)
        self.calculations = calculations  # calculation name -> C function
        self.messages: list[str] = []  # of log_msg, by index
        self.dead: set[tuple[str, str]] = set()  # metadata that nothing reads
        self._by_op: dict[str, Callable[[Primitive], list[str]]] = {
            "modify_field": self.assign,
            "assign": self.assign,
            "assign_VL": self.assign,
            "assign_header": self.copy_header,
            "copy_header": self.copy_header,
            "assign_union": self.assign_union,
            "assign_header_stack": self.assign_stack,
            "assign_union_stack": self.assign_stack,
            "push": self.push,
            "pop": self.pop,
            "add_header": self.add_header,
            "add_header_fast": self.add_header_fast,
            "remove_header": self.remove_header,
            "exit": lambda p: ["p->frame.exited = 1;"],
            "no_op": lambda p: [],
            "assert": self.check,
            "assume": self.check,
            "log_msg": self.log,
            "drop": lambda p: ["mark_to_drop(w, p);"],
            "mark_to_drop": self.mark_to_drop,
            "generate_digest": lambda p: [f"digest_now(w, p, {self._small(p.args[1])});"],
            "clone_ingress_pkt_to_egress": self.clone,
            "clone_egress_pkt_to_egress": self.clone,
            "resubmit": lambda p: [f"p->frame.resubmit_list = {self._small(p.args[0])};"],
            "recirculate": lambda p: [f"p->frame.recirculate_list = {self._small(p.args[0])};"],
            "truncate": self.truncate,
            "count": self.count,
            "execute_meter": self.meter,
            "register_read": self.register_read,
            "register_write": self.register_write,
            "modify_field_with_hash_based_offset": self.hash,
            "modify_field_rng_uniform": self.random,
            "add_to_field": lambda p: self._compute("+", p.args[0], p.args[0], p.args[1]),
            "subtract_from_field": lambda p: self._compute("-", p.args[0], p.args[0], p.args[1]),
        }
        for name, op in (
            ("add", "+"),
            ("subtract", "-"),
            ("bit_xor", "^"),
            ("bit_or", "|"),
            ("bit_and", "&"),
            ("shift_left", "<<"),
            ("shift_right", ">>"),
        ):
            self._by_op[name] = lambda p, op=op: self._compute(op, *p.args)  # type: ignore[misc]

    def primitive(self, p: Primitive) -> list[str]:
        """C statements, without indentation. Jumps are the caller's."""
        return self._by_op[p.op](p)

    def body(self, primitives: tuple[Primitive, ...]) -> list[str]:
        """All primitives of an action, with jumps as gotos and the P4 source beside them."""
        labelled = targets(primitives)
        lines: list[str] = []
        last = ""
        for i, p in enumerate(primitives):
            if i in labelled:
                lines.append(f"to_{i}:;")
            if is_dead(p, self.dead):
                continue
            if p.source is not None and p.source.fragment and str(p.source) + p.source.fragment != last:
                last = str(p.source) + p.source.fragment
                lines.append(f"/* {comment(str(p.source))}: {comment(p.source.fragment, 80)} */")
            if not p.op.startswith("_jump"):
                lines += [line.strip() for line in self.hooks.statement(i)]
            if p.op == "_jump":
                lines += jump(i, p, len(primitives))
            elif p.op == "_jump_if_zero":
                lines += jump(i, p, len(primitives), f"if (!{self._truth(p.args[0])})")
            else:
                lines += self.primitive(p)
        if len(primitives) in labelled:
            lines.append(f"to_{len(primitives)}:;")
        return lines

    # ---- values

    def _data(self, arg: object) -> Expr:
        """Any argument with a value as a number: conditions and header validity are 0 or 1."""
        if isinstance(arg, HEADER_KINDS):
            return ValidBit(arg)
        expr = cast(Expr, arg)
        return Op("b2d", (expr,)) if isinstance(expr, BoolConst) or is_bool(expr) else expr

    def _truth(self, arg: object) -> str:
        if isinstance(arg, HEADER_KINDS):
            return self.e.is_valid(self.e.header(arg))
        expr = cast(Expr, arg)
        return self.e.truth(expr if is_bool(expr) else Op("d2b", (expr,)))

    def _small(self, arg: object) -> str:
        return self.e.store(cast(Expr, arg), 16).text

    def store(self, to: FieldRef | RegisterRef, value: C) -> list[str]:
        """`value` has the field's low bits, of class low_class(width) and nothing above."""
        if isinstance(to, RegisterRef):
            return self._write_register(to.array, self.e.index(to.index), value)
        if self.e.stays_bytes(to):
            return store_field(self.e.header(to.header).lvalue, to.field, value)
        path, width = self.e.field_path(to), to.field.width
        if width > 128:
            self.e.wide_bits = max(self.e.wide_bits, width + 1)
            return [f"wide_store({path}, {width}, {convert(value, 'wide').text});"]
        return [f"{path} = {convert(value, low_class(width)).text};"] if width else []

    def _value(self, value: Expr, to: FieldRef | RegisterRef) -> C:
        """`value` as `store` takes it."""
        in_place = isinstance(to, FieldRef) and self.e.stays_bytes(to)
        return self.e.store(value, self._width(to), typed=isinstance(to, FieldRef), cut=in_place)

    def _write_register(self, array: RegisterArray, index: str, value: C) -> list[str]:
        where = f"w->pipeline->registers[{array.index}], {index}"
        if self.trace:  # changes nothing that is shared
            return (
                [f"trace_register_write(w->trace, {array.index}, {where}, {value.text});"] if array.width <= 128 else []
            )
        if array.width > 128:
            self.e.wide_bits = max(self.e.wide_bits, array.width + 1)
        name = (
            "register_write"
            if array.width <= 64
            else "register_write128"
            if array.width <= 128
            else "wide_register_write"
        )
        return [f"{name}({where}, {value.text});"]

    def _width(self, to: object) -> int:
        return to.array.width if isinstance(to, RegisterRef) else cast(FieldRef, to).field.width

    # ---- assignments

    def assign(self, p: Primitive) -> list[str]:
        to = cast(FieldRef, p.args[0])
        source = p.args[1]
        if isinstance(source, Lookahead):
            return self.lookahead(to, source)
        if isinstance(to, FieldRef) and to.field.varbit:
            if isinstance(source, FieldRef) and source.field.varbit:
                return [f"copy_varbit({self._varbit(to)}, {self._varbit(source)});"]
            return []
        return self.store(to, self._value(self._data(source), to))

    def _varbit(self, ref: FieldRef) -> str:
        path = self.e.field_path(ref)
        return f"&{path}.length, {path}.bytes, sizeof {path}.bytes"

    def lookahead(self, to: FieldRef, look: Lookahead) -> list[str]:
        """`at` is the parser's cursor; the bits are there (checked by the caller)."""
        width = to.field.width
        value = self.lookahead_value(look)
        if value.cls == "wide":
            self.e.wide_bits = max(self.e.wide_bits, look.width + 1)
        if look.width > width:
            mask = C(f"{convert(value, low_class(width))} & {(1 << width) - 1:#x}", low_class(width))
            return self.store(to, mask if width <= 64 else C(f"wide_cut({value.text}, {width})", "wide", True))
        return self.store(to, convert(value, low_class(width)))

    def lookahead_value(self, look: Lookahead) -> C:
        offset, width = look.offset, look.width
        if width > 128:
            return C(f"wide_bits_at(at, {offset}, {width})", "wide", True)
        if offset % 8 == 0 and width % 8 == 0:
            place = f"at + {offset // 8}" if offset else "at"
            name = "load_be" if width <= 64 else "load_be128"
            return C(f"{name}({place}, {width // 8})", low_class(width), True)
        first, last = offset // 8, (offset + width - 1) // 8
        if last - first < 8:
            right = 7 - (offset + width - 1) % 8
            return C(f"load_be(at + {first}, {last - first + 1}) >> {right} & {(1 << width) - 1:#x}", "u64")
        return C(f"{'(uint64_t)' if width <= 64 else ''}load_bits(at, {offset}, {width})", low_class(width), True)

    def _compute(self, op: str, to: object, left: object, right: object) -> list[str]:
        target = cast(FieldRef, to)
        value = Op(op, (cast(Expr, left), cast(Expr, right)))
        return self.store(target, self._value(value, target))

    # ---- headers

    def _bytes(self, ref: HeaderRef) -> str:
        if ref.type.varbit:
            return f"length_{self.e.layout.type_names[ref.type.name]}(&{ref.lvalue})"
        return str(ref.type.fixed_bits // 8)

    def set_valid(self, header: HeaderExpr, ref: HeaderRef) -> list[str]:
        """Mark valid; in a union the other members become invalid."""
        if ref.bit is None:
            return []
        others: list[str] = []
        if isinstance(header, UnionMember):
            n = self.e.union_size(header.union)
            members = [self.e.union_member(header.union, i) for i in range(n) if i != header.member]
            others = [f"set_invalid(p, {m.bit});" for m in members]
        elif isinstance(header, Header):
            union = self.e.layout.union_of.get(header.name, ())
            others = [f"set_invalid(p, {self.e.header(h).bit});" for h in union if h is not header]
        return [*others, f"set_valid(p, {ref.bit});"]

    def add_header(self, p: Primitive) -> list[str]:
        header = cast(HeaderExpr, p.args[0])
        ref = self.e.header(header)
        if ref.bit is None:
            return []
        if ref.in_place:
            clear = self._own_room(ref)
            clear.append(f"memset({ref.lvalue}, 0, {self._bytes(ref)});")
        else:
            clear = [f"memset(&{ref.lvalue}, 0, sizeof {ref.lvalue});"]
        inside = [*clear, *self.set_valid(header, ref)]
        inside.append(f"p->frame.length += {self._bytes(ref)};")
        return [f"if (!{self.e.is_valid(ref)}) {{", *("    " + line for line in inside), "}"]

    def _own_room(self, ref: HeaderRef) -> list[str]:
        """A header that stays bytes and was not there gets room outside of the packet."""
        room = ref.lvalue.replace("p->at.", "p->room.", 1)
        return [
            f"{ref.lvalue} = {room};",
            f"p->parsed[{self.e.layout.valid_words - 1}] = UINT64_MAX; /* not as it came */",
        ]

    def add_header_fast(self, p: Primitive) -> list[str]:
        header = cast(HeaderExpr, p.args[0])
        return self.set_valid(header, self.e.header(header))

    def remove_header(self, p: Primitive) -> list[str]:
        ref = self.e.header(cast(HeaderExpr, p.args[0]))
        if ref.bit is None:
            return []
        return [
            f"if ({self.e.is_valid(ref)}) {{",
            f"    p->frame.length -= {self._bytes(ref)};",
            f"    set_invalid(p, {ref.bit});",
            "}",
        ]

    def copy_header(self, p: Primitive) -> list[str]:
        return self._copy(cast(HeaderExpr, p.args[0]), cast(HeaderExpr, p.args[1]))

    def _copy(self, to: HeaderExpr, source: HeaderExpr) -> list[str]:
        a, b = self.e.header(to), self.e.header(source)
        if a.in_place:
            return self._copy_bytes(to, a, b)
        copy = f"{a.lvalue} = {b.lvalue};"
        if b.bit is None or a.bit is None:
            return [*self.set_valid(to, a), copy]
        valid = ["    " + line for line in [*self.set_valid(to, a), copy]]
        return [f"if ({self.e.is_valid(b)}) {{", *valid, "} else {", f"    set_invalid(p, {a.bit});", "}"]

    def _copy_bytes(self, to: HeaderExpr, a: HeaderRef, b: HeaderRef) -> list[str]:
        room = [f"if (!{self.e.is_valid(a)}) {{", *("    " + line for line in self._own_room(a)), "}"]
        copy = [*room, *self.set_valid(to, a), f"memmove({a.lvalue}, {b.lvalue}, {self._bytes(a)});"]
        valid = ["    " + line for line in copy]
        return [f"if ({self.e.is_valid(b)}) {{", *valid, "} else {", f"    set_invalid(p, {a.bit});", "}"]

    def assign_union(self, p: Primitive) -> list[str]:
        a, b = cast(UnionExpr, p.args[0]), cast(UnionExpr, p.args[1])
        return self._copy_all([(UnionMember(a, i), UnionMember(b, i)) for i in range(self.e.union_size(a))])

    def _copy_all(self, pairs: list[tuple[HeaderExpr, HeaderExpr]]) -> list[str]:
        """The valid one last, lest a copy of an invalid member undo it."""
        lines: list[str] = []
        for to, source in pairs:
            a, b = self.e.header(to), self.e.header(source)
            lines += [f"if (!{self.e.is_valid(b)})", f"    set_invalid(p, {a.bit});"]
        for to, source in pairs:
            a, b = self.e.header(to), self.e.header(source)
            lines += [
                f"if ({self.e.is_valid(b)}) {{",
                f"    set_valid(p, {a.bit});",
                f"    {a.lvalue} = {b.lvalue};",
                "}",
            ]
        return lines

    def assign_stack(self, p: Primitive) -> list[str]:
        a, b = cast("Stack | UnionStack", p.args[0]), cast("Stack | UnionStack", p.args[1])
        counted = self.e.layout.counted_stacks
        lines = [f"p->next[{counted[a.name]}] = p->next[{counted[b.name]}];"]
        return lines + self._copy_all(list(zip(self._members(a), self._members(b), strict=True)))

    def _members(self, stack: Stack | UnionStack) -> list[HeaderExpr]:
        if isinstance(stack, Stack):
            return list(stack.headers)
        return [h for u in stack.unions for h in u.headers]

    def _arrays(self, stack: Stack | UnionStack) -> tuple[int, list[tuple[str, int]]]:
        """Number of elements; the arrays (member of struct packet, first validity bit) that make up the stack."""
        layout = self.e.layout
        if isinstance(stack, Stack):
            return len(stack.headers), [(layout.stack_member[stack.name], layout.stack_bit[stack.name])]
        return len(stack.unions), layout.union_stack_members[stack.name]

    def push(self, p: Primitive) -> list[str]:
        return self._shift("push", p)

    def pop(self, p: Primitive) -> list[str]:
        return self._shift("pop", p)

    def _shift(self, what: str, p: Primitive) -> list[str]:
        """What moves in at the front (push) or back (pop) is invalid (P4_16 §8.18); `next` moves along."""
        stack = cast("Stack | UnionStack", p.args[0])
        n, arrays = self._arrays(stack)
        count = f"p->next[{self.e.layout.counted_stacks[stack.name]}]"
        lines = ["{", f"    uint64_t by = {self.e.index(cast(Expr, p.args[1]))};", f"    by = by < {n} ? by : {n};"]
        for member, first in arrays:
            if what == "push":
                lines += [
                    f"    for (unsigned i = {n}; i-- > by;) {{",
                    f"        p->{member}[i] = p->{member}[i - by];",
                    f"        copy_valid(p, {first} + i, {first} + i - (unsigned)by);",
                    "    }",
                    "    for (unsigned i = 0; i < by; i++)",
                    f"        set_invalid(p, {first} + i);",
                ]
            else:
                lines += [
                    f"    for (unsigned i = 0; i + by < {n}; i++) {{",
                    f"        p->{member}[i] = p->{member}[i + by];",
                    f"        copy_valid(p, {first} + i, {first} + i + (unsigned)by);",
                    "    }",
                    f"    for (unsigned i = {n} - (unsigned)by; i < {n}; i++)",
                    f"        set_invalid(p, {first} + i);",
                ]
        if what == "push":
            lines.append(f"    {count} = (uint8_t)({count} + by < {n} ? {count} + by : {n});")
        else:
            lines.append(f"    {count} = (uint8_t)({count} > by ? {count} - by : 0);")
        return [*lines, "}"]

    # ---- the packet's fate

    def mark_to_drop(self, p: Primitive) -> list[str]:
        """Of the header it is given: with p4c a copy of the standard metadata if an action has a parameter for it."""
        header = cast(Header, p.args[0])
        if header.name == "standard_metadata":
            return ["mark_to_drop(w, p);", *self.hooks.marked()]
        lines: list[str] = []
        for name, value in (("egress_spec", "w->pipeline->drop_port"), ("mcast_grp", "0")):
            field = header.type.field(name)
            if field is not None:
                lines += self._store_u64(FieldRef(header, field), value, 16)
        return lines

    def clone(self, p: Primitive) -> list[str]:
        session = self.e.store(cast(Expr, p.args[0]), 16)
        return [
            f"p->frame.clone_session = CLONE_REQUESTED | {session};",
            f"p->frame.clone_list = {self._small(p.args[1])};",
        ]

    def truncate(self, p: Primitive) -> list[str]:
        value = self.e.store(cast(Expr, p.args[0]), 32)
        return [f"if ({value} < p->frame.truncate)", f"    p->frame.truncate = {value.text};"]

    def check(self, p: Primitive) -> list[str]:
        text = f"{p.op} failed" + (f": {p.source}: {p.source.fragment}" if p.source else "")
        return [f"if (!{self._truth(p.args[0])})", f"    assertion_failed(w, p, {self._message(text)});"]

    def _message(self, text: str) -> int:
        self.messages.append(text)
        return len(self.messages) - 1

    def log(self, p: Primitive) -> list[str]:
        values = cast(Values, p.args[1]).values
        index = self._message(cast(Text, p.args[0]).value)
        if not values:
            return [f"log_message(w, {index}, NULL, 0);"]
        items = ", ".join(self._signed128(v) for v in values)
        return [
            "{",
            f"    const __int128 values[] = {{{items}}};",
            f"    log_message(w, {index}, values, {len(values)});",
            "}",
        ]

    def _signed128(self, e: Expr) -> str:
        c = self.e.exact(e)
        return f"(__int128)wide_low({c.text})" if c.cls == "wide" else f"(__int128){c}"

    # ---- counters, meters, registers, hashes

    def count(self, p: Primitive) -> list[str]:
        array = cast(CounterArray, p.args[0])
        if array.direct_table is not None:
            return []  # direct ones are counted at the look-up
        index = self.e.index(cast(Expr, p.args[1]))
        if self.trace:
            return [line.strip() for line in self.hooks.count(array.index, index)]
        return [f"counter_add(w->pipeline->counters[{array.index}], w->index, {index}, p->frame.ingress_length);"]

    def meter(self, p: Primitive) -> list[str]:
        array = cast(MeterArray, p.args[0])
        if array.direct_table is not None:
            return []
        index = self.e.index(cast(Expr, p.args[1]))
        meters, where = f"w->pipeline->meters[{array.index}]", f"{index}, p->frame.ingress_length, w->now_ns"
        call = f"meter_execute({meters}, w->index, {where}, METER_GREEN)"
        if self.trace:
            call = f"trace_meter(w->trace, {array.index}, -1, {meters}, {where})"
        return self._store_u64(cast(FieldRef, p.args[2]), call, 2)

    def _store_u64(self, to: FieldRef, text: str, bits: int) -> list[str]:
        """A 64-bit value of at most `bits` bits, cut to the field."""
        width = self._width(to)
        if width < bits and width not in (8, 16, 32):
            text = f"({text}) & {(1 << width) - 1:#x}"
        return self.store(to, C(text, "u64"))

    def register_read(self, p: Primitive) -> list[str]:
        source = RegisterRef(cast(RegisterArray, p.args[1]), cast(Expr, p.args[2]))
        to = cast(FieldRef, p.args[0])
        return self.store(to, self._value(source, to))

    def register_write(self, p: Primitive) -> list[str]:
        array = cast(RegisterArray, p.args[0])
        value = self.e.store(self._data(p.args[2]), array.width)
        return self._write_register(array, self.e.index(cast(Expr, p.args[1])), value)

    def hash(self, p: Primitive) -> list[str]:
        to, base, calc, size = p.args
        name = self.calculations[cast(Calculation, calc).name]
        modulo = cast(Expr, size)
        value = self.hooks.hashed(list(self.calculations).index(cast(Calculation, calc).name), f"{name}(w, p)")
        if isinstance(modulo, Const):
            if modulo.value & (1 << 64) - 1 in (0, 1):
                value = "0"
            else:
                value = f"{value} % {convert(self.e.low(modulo, 64), 'u64')}"
        else:
            value = f"hash_modulo({value}, {self.e.low(modulo, 64).text})"
        start = cast(Expr, base)
        if start != Const(0):
            value = f"{value} + (uint64_t){self.e.low(start, 64)}"
        return self._store_u64(cast(FieldRef, to), value, 64)

    def random(self, p: Primitive) -> list[str]:
        low, high = (self.e.low(cast(Expr, a), 64) for a in p.args[1:])
        call = f"random_between(&w->random, {low.text}, {high.text})"
        store = self._store_u64(cast(FieldRef, p.args[0]), call, 64)
        if isinstance(p.args[1], Const) and isinstance(p.args[2], Const):
            return store if p.args[1].value <= p.args[2].value else []
        return [f"if ({low} <= {high})", *("    " + line for line in store)]
