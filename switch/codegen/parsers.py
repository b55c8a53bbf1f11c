"""The parser in C: one function, a label for each state, `at` the cursor.

Ends at `done` with the payload where the cursor is; an error keeps what was extracted before it (BMv2: no drop).
"""

from __future__ import annotations

import re

from switch.bmv2_json.parsers import key_width
from switch.bmv2_json.program import (
    Advance,
    Computed,
    Const,
    Extract,
    FieldRef,
    Header,
    HeaderExpr,
    KeyPart,
    Lookahead,
    ParseState,
    Primitive,
    Program,
    Stack,
    Transition,
    UnionAt,
    UnionMember,
    ValidBit,
    Verify,
)
from switch.codegen.extracted import NOTHING, extracted_at
from switch.codegen.in_place import asks_validity, comes_back, headers_in
from switch.codegen.names import Names, comment
from switch.codegen.references import HeaderRef
from switch.codegen.statements import Statements
from switch.codegen.values import C, constant, convert

CORE_ERRORS = {
    "NoError": 0,
    "PacketTooShort": 1,
    "NoMatch": 2,
    "StackOutOfBounds": 3,
    "HeaderTooShort": 4,
    "ParserTimeout": 5,
    "ParserInvalidArgument": 6,
}
STEPS_MAX = 4096  # transitions, where states can be visited again


class ParserCode:
    def __init__(self, program: Program, statements: Statements) -> None:
        self.program = program
        self.s = statements
        self.e = statements.e
        self.hooks = statements.hooks
        names = Names()
        self.labels = {name: names.new("state_" + name) for name in program.parser.states}
        self.loops = _has_loop(program)
        self.gotos: set[str] = set()
        self.at = extracted_at(program)
        self.there = NOTHING  # where code is being written
        self.exits: dict[tuple[str, ...], str] = {}  # headers that are not there -> label
        self.early = self._early()
        self.local_valid = not statements.trace and self._validity_is_local()  # a trace looks at every header
        self.copied = {self.e.layout.places[h].member.removeprefix("at.") for h in self.e.layout.copied}

    def _validity_is_local(self) -> bool:
        """Can the validity bits be a variable, because only extraction asks for them and sets them?"""
        states = [self.program.parser.states[name] for name in self.at]
        ops = [op for state in states for op in state.ops]
        grouped = {h.name for union in self.e.layout.union_of.values() for h in union}
        return (
            self.e.layout.valid_words == 1
            and not any(isinstance(op, Extract) and not _plain(op, grouped) for op in ops)
            and not any(asks_validity(part) for part in (*ops, *(state.key for state in states)))
        )

    def _as_they_came(self) -> list[str]:
        """Which headers were valid when all lay as they came; none if the parser adds or copies headers."""
        if not self.e.layout.bytes_of:
            return []
        ops = [op for name in self.at for op in self.program.parser.states[name].ops]
        if any(isinstance(op, Primitive) and asks_validity(op) for op in ops):
            return ["    memset(p->parsed, 0xff, sizeof p->parsed);"]
        return ["    memcpy(p->parsed, p->valid, sizeof p->parsed);"]

    def _early(self) -> frozenset[str]:
        """Headers that stay bytes and may be asked for, or left, without anybody knowing whether they are there."""
        if self.program.parser.start is None:
            return self.e.layout.in_place
        early: set[str] = set()
        for name, at in self.at.items():
            early |= at.maybe - at.surely
            state = self.program.parser.states[name]
            for op in state.ops:
                if isinstance(op, Extract) and isinstance(op.to, Header):
                    at |= op.to.name
                early |= headers_in(op) - at.surely
            early |= headers_in(state.key) - at.surely
        return self.e.layout.in_place & early

    def _done(self) -> str:
        """A goto to the end for a packet that has what is there."""
        missing = self.e.layout.in_place - self.there.surely - self.early
        names = tuple(sorted(missing, key=lambda name: self.e.layout.places[name].bit or 0))
        if not names:
            return "goto done;"
        return f"goto {self.exits.setdefault(names, f'done_{len(self.exits) + 1}')};"

    def _exits(self) -> list[str]:
        """What is not there gets room outside of the packet, where nothing of an earlier packet can be read."""
        lines: list[str] = []
        for names, label in self.exits.items():
            lines.append(f"{label}:")
            lines += ["    " + line for name in names for line in self._room(name)]
            lines.append("    goto done;")
        return lines[:-1]

    def _room(self, name: str) -> list[str]:
        place = self.e.layout.places[name].member
        room = f"p->{place.replace('at.', 'room.', 1)}"
        return [f"memset({room}, 0, sizeof {room});", f"p->{place} = {room};"]

    def generate(self) -> list[str]:
        parser = self.program.parser
        kind = "static" if comes_back(self.program) else "ALWAYS_INLINE"
        head = [
            f"/* parser {comment(parser.name)} */",
            f"{kind} void parse(struct worker *w, struct packet *p)",
            "{",
            "    uint8_t *at = p->frame.start, *const end = p->frame.end;",
            "    uint32_t error = NO_ERROR;",
        ]
        if self.loops:
            head.append("    unsigned steps = 0;")
        if self.local_valid:
            head.append("    uint64_t valid = 0;")
        head.append("    (void)w, (void)end;")
        head += ["    " + line for name in sorted(self.early) for line in self._room(name)]
        body: list[str] = []
        start = parser.start
        order = self._order(start)
        for i, name in enumerate(order):
            follower = order[i + 1] if i + 1 < len(order) else None
            body += self._state(parser.states[name], name == start, follower)
        labelled = [line for line in body if not line.endswith("@") or line[:-2] in self.gotos]
        body = [line[:-1] if line.endswith("@") else line for line in labelled]
        if self.exits and not order:
            raise AssertionError("a parser without states leaves nowhere")
        tail = [
            *self._exits(),
            "done:",
            "    p->frame.payload = at;",
            "    p->frame.parser_error = error;",
            *(["    p->valid[0] = valid;"] if self.local_valid else []),
            *self._as_they_came(),
            "}",
            "",
        ]
        if not any("goto done;" in line for line in [*body, *tail]):
            tail.remove("done:")
        return [*head, *body, *tail]

    def _order(self, start: str | None) -> list[str]:
        """States in depth-first order, so that most transitions fall through."""
        seen: list[str] = []
        todo = [start] if start is not None else []
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.append(name)
            todo += [t.next for t in self.program.parser.states[name].transitions if t.next is not None]
        return seen

    def _fail(self, test: str, error: str) -> list[str]:
        number = self.program.errors.get(error, CORE_ERRORS[error])
        told = ["    " + line for line in self.hooks.failure()]
        return [
            f"    if ({test}) {{",
            *told,
            f"        error = {number}; /* {error} */",
            f"        {self._done()}",
            "    }",
        ]

    def _state(self, state: ParseState, first: bool, follower: str | None) -> list[str]:
        self.there = self.at.get(state.name, NOTHING)
        lines = ["", f"    /* state {comment(state.name)} */", f"{self.labels[state.name]}:@"]
        lines += self.hooks.state(state.name)
        if self.loops:
            lines += self._fail(f"++steps > {STEPS_MAX}", "ParserTimeout")
        for place, op in enumerate(state.ops):
            self.hooks.operation(place)
            match op:
                case Extract():
                    lines += self._extract(op)
                case Verify(condition, error):
                    value = self.e.store(error, 32).text
                    test = self.e.truth(condition)
                    told = ["    " + line for line in self.hooks.failure()]
                    lines += [
                        f"    if (!{test}) {{",
                        *told,
                        f"        error = {value};",
                        f"        {self._done()}",
                        "    }",
                    ]
                case Advance(bits):
                    lines += self._advance(bits)
                case Primitive():
                    lines += self._primitive(op)
        self.hooks.operation("select")
        return lines + self.hooks.changes() + self._transition(state, follower)

    # ---- operations

    def _primitive(self, p: Primitive) -> list[str]:
        lines: list[str] = []
        if len(p.args) > 1 and isinstance(p.args[1], Lookahead):
            look = p.args[1]
            lines += self._fail(f"end - at < {(look.offset + look.width + 7) // 8}", "PacketTooShort")
        return lines + ["    " + line for line in self.s.primitive(p)]

    def _extract(self, op: Extract) -> list[str]:
        to = op.to
        lines: list[str] = []
        after: list[str] = []
        count = "0"
        header: HeaderExpr
        if isinstance(to, Header):
            header = to
            ref = self.e.header(to)
        else:
            count = f"p->next[{self.e.layout.counted_stacks[to.name]}]"
            size = len(to.headers) if isinstance(to, Stack) else len(to.unions)
            lines += self._fail(f"{count} >= {size}", "StackOutOfBounds")
            if isinstance(to, Stack):
                member, first = self.e.layout.stack_member[to.name], self.e.layout.stack_bit[to.name]
                header = to.headers[0]
                ref = HeaderRef(f"p->{member}[{count}]", f"{first} + {count}", to.type)
            else:
                member, first = self.e.layout.union_stack_members[to.name][op.member]
                header_type = to.type.members[op.member][1]
                ref = HeaderRef(f"p->{member}[{count}]", f"{first} + {count}", header_type)
                header = UnionMember(UnionAt(to, Const(0)), op.member)
                others = (m for i, m in enumerate(self.e.layout.union_stack_members[to.name]) if i != op.member)
                after += [f"    set_invalid(p, {bit} + {count});" for _, bit in others]
            after.append(f"    {count}++;")
        lines += self._extract_bytes(op, ref, count)
        if isinstance(to, Header):
            if self.local_valid:
                lines.append(f"    valid |= UINT64_C(1) << {ref.bit};")
            else:
                lines += ["    " + line for line in self.s.set_valid(header, ref)]
        elif ref.bit is not None:
            lines.append(f"    set_valid(p, {ref.bit});")
        if isinstance(to, Header):
            self.there |= to.name
        return lines + after

    def _extract_bytes(self, op: Extract, ref: HeaderRef, element: str) -> list[str]:
        name = self.e.layout.type_names[ref.type.name]
        fixed = ref.type.fixed_bits // 8

        def told(size: str) -> list[str]:
            return self.hooks.extracted(op, element, size)

        if ref.type.varbit is None:
            lines = self._fail(f"end - at < {fixed}", "PacketTooShort") if fixed else []
            if ref.in_place:
                return [*lines, *self._take(ref, fixed), *self._move(str(fixed)), *told(str(fixed))]
            return [*lines, f"    extract_{name}(&{ref.lvalue}, at);", *self._move(str(fixed)), *told(str(fixed))]
        lines = self._varbit_length(op, ref)
        lines += self._fail(f"(uint64_t)(end - at) < {fixed} + varbit_bytes", "PacketTooShort")
        limit = (ref.type.max_bytes or fixed) - fixed
        lines += self._fail(f"varbit_bytes > {limit}", "HeaderTooShort")
        lines += [
            f"    extract_{name}(&{ref.lvalue}, at, (unsigned)varbit_bytes);",
            *self._move(f"{fixed} + varbit_bytes"),
            *told(f"{fixed} + varbit_bytes"),
        ]
        return ["    {", *("    " + line for line in lines), "    }"]

    def _take(self, ref: HeaderRef, size: int) -> list[str]:
        """A header that stays bytes; what will be written to is copied if the packet may be asked for as it came."""
        if ref.lvalue.removeprefix("p->at.") not in self.copied:
            return [f"    {ref.lvalue} = at;"]
        room = ref.lvalue.replace("p->at.", "p->room.", 1)
        return [f"    memcpy({room}, at, {size});", f"    {ref.lvalue} = {room};"]

    def _move(self, size: str) -> list[str]:
        return [f"    at += {size};"] if size != "0" else []

    def _varbit_length(self, op: Extract, ref: HeaderRef) -> list[str]:
        """Declares varbit_bytes. extract_VL gives bits; P4_14 types have an expression over their own fields."""
        length = op.length
        lines: list[str] = []
        if length is None:
            length = self.program.varbit_lengths.get(ref.type.name, Const(0))
            fixed = ref.type.fixed_bits // 8
            name = self.e.layout.type_names[ref.type.name]
            lines += self._fail(f"end - at < {fixed}", "PacketTooShort")
            lines.append(f"    extract_{name}(&{ref.lvalue}, at, 0); /* for the fields that give the length */")
            self.e.own_fields = (ref.lvalue, ref.type)
        bits = convert(self.e.low(length, 64), "u64")
        self.e.own_fields = None
        lines.append(f"    const uint64_t varbit_bits = {bits.text}, varbit_bytes = varbit_bits / 8;")
        return lines + self._fail("varbit_bits % 8 != 0", "ParserInvalidArgument")

    def _advance(self, bits: object) -> list[str]:
        if isinstance(bits, Const):
            if bits.value % 8:
                return self._fail("1", "ParserInvalidArgument")
            return [*self._fail(f"end - at < {bits.value // 8}", "PacketTooShort"), f"    at += {bits.value // 8};"]
        value = convert(self.e.low(bits, 64), "u64").text  # type: ignore[arg-type]  # Advance.bits is an Expr
        lines = ["{", f"    const uint64_t skip_bits = {value};"]
        lines += self._fail("skip_bits % 8 != 0", "ParserInvalidArgument")
        lines += self._fail("(uint64_t)(end - at) < skip_bits / 8", "PacketTooShort")
        return ["    " + line for line in [*lines, "    at += skip_bits / 8;", "}"]]

    # ---- transitions

    def _goto(self, state: str | None) -> str:
        if state is None:
            return self._done()
        self.gotos.add(self.labels[state])
        return f"goto {self.labels[state]};"

    def _transition(self, state: ParseState, follower: str | None) -> list[str]:
        lines: list[str] = []
        default: str | None = None
        cases: list[Transition] = []
        for t in state.transitions:
            if t.value is None and t.value_set is None:
                default = t.next
                break
            cases.append(t)
        if cases:
            lines += self._select(state, cases)
        if default is None:
            lines.append(f"    {self._done()}")
        elif default != follower:
            lines.append("    " + self._goto(default))
        return lines

    def _select(self, state: ParseState, cases: list[Transition]) -> list[str]:
        lines: list[str] = []
        looks = [(k.offset + k.width + 7) // 8 for k in state.key if isinstance(k, Lookahead)]
        if looks:
            lines += self._fail(f"end - at < {max(looks)}", "PacketTooShort")
        widths = [key_width(k) for k in state.key]
        values = [self._key_value(k) for k in state.key]
        lines += self.hooks.select(values)
        plain = len(values) == 1 and widths[0] <= 64 and all(t.mask is None and t.value is not None for t in cases)
        if plain:
            lines.append(f"    switch ({values[0].text}) {{")
            seen: set[int] = set()
            for t in cases:
                assert t.value is not None
                if t.value not in seen and t.value < 1 << 8 * ((widths[0] + 7) // 8):
                    seen.add(t.value)
                    lines += [f"    case {constant(t.value, 'u64').text}:", "        " + self._goto(t.next)]
            return [*lines, "    }"]
        # into locals: gcc would join tests of neighbouring fields into one load, which waits for the stores of all
        names = [C(f"key{i}", "u64", True) if v.cls == "u64" and len(values) > 1 else v for i, v in enumerate(values)]
        tests: list[str] = []
        for t in cases:
            test = self._value_set_test(t, names, widths) if t.value_set else self._case_test(t, names, widths)
            tests += [f"    if ({test})", "        " + self._goto(t.next)]
        used = set(re.findall(r"\bkey\d+\b", "".join(tests)))
        keys = [f"{n} = {v.text}" for n, v in zip(names, values, strict=True) if n.text in used]
        if not keys:
            return lines + tests
        return [*lines, "    {", f"        const uint64_t {', '.join(keys)};", *("    " + x for x in tests), "    }"]

    def _key_value(self, k: KeyPart) -> C:
        """The raw bits: of a signed field its two's complement."""
        match k:
            case Lookahead():
                if k.width > 128:
                    self.e.wide_bits = max(self.e.wide_bits, k.width + 1)
                return self.s.lookahead_value(k)
            case ValidBit():
                return self.e.exact(k)
            case FieldRef():
                return self.e.raw(k)
            case Computed(value, width):
                return self.e.store(value, width)

    def _split(self, padded: int, widths: list[int]) -> list[int]:
        """The fields of a transition value: each padded to bytes, the first most significant."""
        parts = []
        for width in reversed(widths):
            size = 8 * ((width + 7) // 8)
            parts.append(padded & (1 << size) - 1)
            padded >>= size
        return parts[::-1]

    def _case_test(self, t: Transition, values: list[C], widths: list[int]) -> str:
        assert t.value is not None
        wanted = self._split(t.value, widths)
        masks = self._split(t.mask, widths) if t.mask is not None else [(1 << w) - 1 for w in widths]
        tests = []
        for value, want, mask, width in zip(values, wanted, masks, widths, strict=True):
            full = (1 << width) - 1
            mask &= full
            if mask == 0:
                continue
            if value.cls == "wide":
                cut = f"wide_and({value.text}, {constant(mask, 'wide').text})"
                tests.append(f"wide_compare({cut}, {constant(want & mask, 'wide').text}) == 0")
            elif mask == full:
                tests.append(f"{value} == {constant(want, value.cls).text}")
            else:
                tests.append(f"({value} & {constant(mask, value.cls)}) == {constant(want & mask, value.cls).text}")
        return " && ".join(tests) or "1"

    def _value_set_test(self, t: Transition, values: list[C], widths: list[int]) -> str:
        """The key packed as table keys are (tables.py)."""
        assert t.value_set is not None
        mask = t.mask
        parts = self._split(mask, widths) if mask is not None else [None] * len(widths)
        fields = []
        for value, part, width in zip(values, parts, widths, strict=True):
            if part is not None:
                value = C(f"{value} & {constant(part, value.cls)}", value.cls)
            fields.append((value, width))
        words = pack_words(fields)
        array = "(const uint64_t[]){" + ", ".join(words) + "}"
        return f"value_set_contains(w->pipeline, {t.value_set.index}, {array}, {len(words)})"


def _plain(op: Extract, grouped: set[str]) -> bool:
    """Does it extract a header that is in no stack and no union?"""
    return isinstance(op.to, Header) and op.to.name not in grouped


def pack_words(fields: list[tuple[C, int]]) -> list[str]:
    """C texts of the words of a packed key: fields most significant first, right-aligned in 64-bit words."""
    total = sum(width for _, width in fields)
    count = max(1, (total + 63) // 64)
    terms: list[list[str]] = [[] for _ in range(count)]
    shift = total
    for value, width in fields:
        shift -= width
        if width == 0:
            continue
        for word in range(shift // 64, (shift + width - 1) // 64 + 1):
            terms[count - 1 - word].append(_word_part(value, width, shift - 64 * word))
    return [" | ".join(t) or "0" for t in terms]


def _word_part(value: C, width: int, shift: int) -> str:
    """The part of `value << shift` (shift may be negative) that falls into one 64-bit word."""
    if value.cls == "wide":
        if shift >= 0:
            return f"(uint64_t)wide_low({value.text}) << {shift}" if shift else f"(uint64_t)wide_low({value.text})"
        return f"(uint64_t)wide_low(wide_shr({value.text}, {-shift}))"
    if shift < 0:
        return f"(uint64_t)({value} >> {-shift})"
    if shift == 0:
        return (
            f"(uint64_t){value}"
            if value.cls != "u64" or width > 64
            else value.text
            if value.atom
            else f"({value.text})"
        )
    return f"(uint64_t){value} << {shift}"


def _has_loop(program: Program) -> bool:
    """Can a state be reached from itself?"""
    states = program.parser.states
    for start in states:
        todo, seen = [t.next for t in states[start].transitions], set[str]()
        while todo:
            name = todo.pop()
            if name == start:
                return True
            if name is not None and name not in seen:
                seen.add(name)
                todo += [t.next for t in states[name].transitions]
    return False


__all__ = ["ParserCode", "pack_words"]
