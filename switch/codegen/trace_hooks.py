"""Every line that only the traced object of a program has. switch/runtime/trace.h says what the events mean.

Code generators ask a Hooks for lines and put them where something happens; in the object that forwards packets each
of them is an empty list, so that the packet path pays for none.
"""

from __future__ import annotations

import re

from switch.bmv2_json.program import Extract, Header, HeaderType, Program, Stack
from switch.codegen.layout import Layout, param_places
from switch.codegen.names import comment
from switch.codegen.values import C, convert


class Hooks:
    """Lines of C for one program; `on`: the traced object is being made."""

    def __init__(self, on: bool, *, counting: bool = False) -> None:
        """`counting`: the object that counts look-ups and drops by action is being made."""
        self.on, self.counting = on, counting
        self._action = -1  # whose statements are being written
        self._doing = "0"  # the operation of a parser state that could fail next: its place, or `select`

    # ---- parser: `at` is the cursor

    def state(self, name: str) -> list[str]:
        self._doing = "0"
        return self._lines(f'trace_state(w->trace, "{event_name(name)}", (uint32_t)(at - p->frame.start));')

    def operation(self, place: int | str) -> None:
        """From now on what fails is operation `place` of the state, or its `select`."""
        self._doing = str(place)

    def failure(self) -> list[str]:
        """The parser is about to end with an error."""
        where = "(uint32_t)(at - p->frame.start), (uint32_t)(end - at)"
        return self._lines("trace_changes(w, p);", f'trace_failure(w->trace, "{self._doing}", {where});')

    def extracted(self, op: Extract, index: str, size: str) -> list[str]:
        """After the cursor moved. `index`: the element of a stack, as C text."""
        match op.to:
            case Header(name):
                element, member = "-1", -1
            case Stack(name):
                element, member = f"(int){index}", -1
            case _:
                name, element, member = op.to.name, f"(int){index}", op.member
        return self._lines(f'trace_extract(w->trace, "{event_name(name)}", {element}, {member}, (uint32_t)({size}));')

    def select(self, values: list[C]) -> list[str]:
        """What a select compares: its fields in order."""
        return self._lines('trace_begin(w->trace, "select");', *(_value(v) for v in values), "trace_end(w->trace);")

    # ---- controls

    def condition(self, node: str, test: str) -> str:
        """A condition that tells its result."""
        return f'(trace_condition(w->trace, "{event_name(node)}", {test}))' if self.on else test

    def applied(self, arguments: str) -> list[str]:
        return self._lines(f"trace_apply(w->trace, {arguments});")

    def counted(self, table: int, hit: str) -> list[str]:
        """A look-up is done."""
        return [f"    w->lookups[{2 * table} + ({hit})]++;"] if self.counting else []

    def marked(self) -> list[str]:
        """The running action marks the packet to be dropped."""
        return [f"p->frame.marked_by = {self._action + 1};"] if self.counting else []

    def action(self, index: int) -> list[str]:
        self._action = index
        return self._lines(f"trace_action(w->trace, {index});")

    def statement(self, place: int) -> list[str]:
        """Primitive `place` of the action or deparser comes next; what the one before changed is told."""
        return self._lines("trace_changes(w, p);", f"trace_statement(w->trace, {place});")

    def action_end(self) -> list[str]:
        return self._lines("trace_changes(w, p);", 'trace_line(w->trace, "end");')

    def changes(self) -> list[str]:
        """What changed since the last such line, or since the packet was taken up."""
        return self._lines("trace_changes(w, p);")

    # ---- externs

    def count(self, array: int, index: str) -> list[str]:
        return self._lines(f"trace_count(w->trace, {array}, {index});")

    def hashed(self, calculation: int, value: str) -> str:
        return f"trace_hash(w->trace, {calculation}, {value})" if self.on else value

    def checksum(self, place: int, computed: str, found: str) -> str:
        """The test of a checksum that is verified, as C text that is true when it is wrong."""
        return f"trace_checksum(w->trace, {place}, {computed}, {found})" if self.on else f"{computed} != {found}"

    def checksum_updated(self, place: int) -> list[str]:
        """After the computed checksum was stored, or was not."""
        return self._lines(f"trace_checksum_update(w->trace, {place});", "trace_changes(w, p);")

    def _lines(self, *lines: str) -> list[str]:
        return ["    " + line for line in lines] if self.on else []


def event_name(name: str) -> str:
    """A P4 name in an event: itself, or # and its UTF-8 in hexadecimal where C or a line might trip over it."""
    return name if re.fullmatch(r"[\w.$\[\]]{1,200}", name, re.ASCII) else "#" + name.encode().hex()


def name_of(event: str) -> str:
    """Back from event_name."""
    return bytes.fromhex(event[1:]).decode() if event.startswith("#") else event


def _value(c: C) -> str:
    if c.cls == "wide":
        return f"trace_limbs(w->trace, (const struct wide[]){{{c.text}}}[0].limb, WIDE_LIMBS);"
    return f"trace_number(w->trace, {convert(c, 'u128').text});"


# ---- functions of the whole program


def trace_functions(program: Program, layout: Layout) -> list[str]:
    """action_words(action), trace_changes(w, packet), trace_look(w, packet), read_field(packet, field, value)"""
    words = ", ".join(str(param_places(a)[1]) for a in program.actions) or "0"
    lines = [
        "static unsigned action_words(uint32_t action)",
        "{",
        f"    static const uint8_t words[] = {{{words}}};",
        "    return action < sizeof words ? words[action] : 0;",
        "}",
        "",
        "/* The packet as it is now is what later changes are told against. */",
        "static void trace_look(struct worker *w, const struct packet *p)",
        "{",
        "    if (!w->trace->quiet)",
        "        memcpy(w->trace->seen, p, sizeof *p);",
        "}",
        "",
        "static void trace_changes(struct worker *w, const struct packet *after)",
        "{",
        "    struct trace *t = w->trace;",
        "    if (t->quiet)",
        "        return;",
        "    const struct packet *before = t->seen;",
    ]
    for header in program.headers.values():
        place = layout.places[header.name]
        name = header.name
        if place.bit is not None:
            valid = f"is_valid(before, {place.bit}), is_valid(after, {place.bit})"
            lines.append(f'    trace_validity(t, "{event_name(name)}", {valid});')
            lines.append(f"    if (is_valid(after, {place.bit})) {{")
        else:
            lines.append("    {")
        lines += _compared(header.type, place.member, name, layout, place.bit)
        lines.append("    }")
    return [*lines, "    memcpy(t->seen, after, sizeof *after);", "}", "", *_read_field(program, layout)]


def _compared(header_type: HeaderType, member: str, name: str, layout: Layout, bit: int | None) -> list[str]:
    lines = []
    names = layout.field_names[header_type.name]
    fresh = f"!is_valid(before, {bit})" if bit is not None else "0"
    for f in header_type.fields:
        if f.width == 0:
            continue
        path = f"{member}.{names[f.name]}"
        label = f'"{event_name(f"{name}.{f.name}")}"'
        if f.varbit:
            lengths = f"before->{path}.length", f"after->{path}.length"
            lines.append(
                f"        trace_bytes(t, {label}, {fresh}, before->{path}.bytes, {lengths[0]}, after->{path}.bytes, "
                f"{lengths[1]});"
            )
        elif f.width > 128:
            n = (f.width + 7) // 8
            lines.append(f"        trace_bytes(t, {label}, {fresh}, before->{path}, {n}, after->{path}, {n});")
        else:
            lines.append(f"        trace_field(t, {label}, {fresh}, before->{path}, after->{path});")
    return lines


def _short_fields(program: Program) -> list[tuple[str, str]]:
    """(header, field) of those that fit into 128 bits."""
    return [
        (header.name, f.name)
        for header in program.headers.values()
        for f in header.type.fields
        if 0 < f.width <= 128 and not f.varbit
    ]


def filter_fields(program: Program) -> dict[str, int]:
    """HEADER.FIELD and HEADER (is it valid?) -> the number by which read_field knows it."""
    names = [*(f"{header}.{field}" for header, field in _short_fields(program)), *program.headers]
    return {name: number for number, name in enumerate(names)}


def _read_field(program: Program, layout: Layout) -> list[str]:
    """read_field(p, number, value): 0 if the header is not valid. Number n + i: is header i valid?"""
    fields = _short_fields(program)
    lines = [
        "static int read_field(const struct packet *p, uint32_t number, unsigned __int128 *value)",
        "{",
        "    switch (number) {",
    ]
    for number, (header, field) in enumerate(fields):
        place = layout.places[header]
        names = layout.field_names[program.headers[header].type.name]
        lines += [f"    case {number}: /* {comment(header)}.{comment(field)} */"]
        lines.append(f"        *value = p->{place.member}.{names[field]};")
        lines.append(f"        return {'1' if place.bit is None else f'is_valid(p, {place.bit})'};")
    for number, header in enumerate(program.headers, len(fields)):
        bit = layout.places[header].bit
        lines += [
            f"    case {number}: /* {comment(header)}.isValid() */",
            f"        *value = {'1' if bit is None else f'(unsigned)is_valid(p, {bit})'};",
            "        return 1;",
        ]
    return [*lines, "    }", "    *value = 0;", "    return 0;", "}", ""]
