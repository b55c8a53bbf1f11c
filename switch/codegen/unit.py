"""The whole C file: what it includes, then headers, actions, tables, parser, pipelines, deparser, and the door."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from switch.bmv2_json.program import ActionCall, Conditional, FieldRef, Header, LearnList, Program, Table
from switch.codegen import calculations as calc
from switch.codegen.controls import ControlCode
from switch.codegen.dead_fields import dead_fields
from switch.codegen.deparser import deparse
from switch.codegen.expressions import Expressions
from switch.codegen.headers import declare, emit, extract, packet_struct
from switch.codegen.in_place import copied_headers, in_place_headers, names_field
from switch.codegen.layout import Layout
from switch.codegen.names import comment
from switch.codegen.parsers import ParserCode
from switch.codegen.statements import Statements
from switch.codegen.tables import TableCode, action
from switch.codegen.threading import thread, zero_at_start
from switch.codegen.trace_hooks import trace_functions
from switch.codegen.values import convert

# What simple_switch knows by these names; the driver (runtime/driver.h) calls get_X and set_X.
STANDARD = {
    "ingress_port": "standard_metadata.ingress_port",
    "egress_spec": "standard_metadata.egress_spec",
    "egress_port": "standard_metadata.egress_port",
    "instance_type": "standard_metadata.instance_type",
    "packet_length": "standard_metadata.packet_length",
    "parser_error": "standard_metadata.parser_error",
    "checksum_error": "standard_metadata.checksum_error",
    "priority": "intrinsic_metadata.priority",
    "mcast_grp": "intrinsic_metadata.mcast_grp",
    "egress_rid": "intrinsic_metadata.egress_rid",
    "ingress_timestamp": "intrinsic_metadata.ingress_global_timestamp",
    "egress_timestamp": "intrinsic_metadata.egress_global_timestamp",
    "enq_timestamp": "queueing_metadata.enq_timestamp",
    "enq_qdepth": "queueing_metadata.enq_qdepth",
    "deq_timedelta": "queueing_metadata.deq_timedelta",
    "deq_qdepth": "queueing_metadata.deq_qdepth",
}

# What asks the driver for more than forwarding: MAY_X is 0 where no generated line has it.
REQUESTS = {
    "CLONE": ("p->frame.clone_session =",),
    "RESUBMIT": ("p->frame.resubmit_list =",),
    "RECIRCULATE": ("p->frame.recirculate_list =",),
    "FAIL": ("assertion_failed(", "out_of_turns("),
}


@dataclass(frozen=True)
class Unit:
    """One generated C file, and what belongs to it."""

    source: str
    layout: Layout
    messages: tuple[str, ...]  # of log_msg, assert and assume, by index


def generate(program: Program, *, trace: bool = False, count: bool = False) -> Unit:
    in_place = frozenset[str]() if trace else in_place_headers(program)
    layout = Layout(program, in_place, copied_headers(program, in_place))
    e = Expressions(layout)
    calculation_names = {c.name: layout.globals.new("calculate_" + c.name) for c in program.calculations}
    statements = Statements(e, calculation_names, trace=trace, count=count)
    e.trace = trace
    tables = TableCode(program, statements, trace=trace)
    pipelines = (program.ingress, program.egress)
    if not trace:  # a trace shows the program as it is
        pipelines = (thread(program.ingress, zero_at_start(program)), thread(program.egress, ()))
        statements.dead = dead_fields(program, pipelines, _known_to_the_driver(program))
        tables.used_in(*pipelines)
    ingress, egress = (ControlCode(pipeline, tables) for pipeline in pipelines)
    tables.keep_prefetched([*ingress.prefetched, *egress.prefetched])
    logic: list[str] = []
    if trace:
        logic += trace_functions(program, layout)
    for c in program.calculations:
        e.where = f"calculations.{c.name}"
        logic += calc.calculation(c, calculation_names[c.name], e)
    for profile in program.profiles:
        if profile.selector is not None:
            name = tables.selectors[profile.name] = layout.globals.new("select_" + profile.name)
            logic += calc.calculation(profile.selector, name, e)
    for a in program.actions:
        e.where = f"actions.{a.name}"
        logic += action(a, statements, layout.action_names[a.index])
    for t in program.tables:
        e.where = f"tables.{t.name}"
        logic += tables.apply(t)
    e.where = "parsers"
    logic += ParserCode(program, statements).generate()
    e.where = "pipelines"
    logic += ingress.generate()
    logic += egress.generate()
    e.where = "checksums"
    logic += calc.verify_checksums(program.checksums, calculation_names, e, statements.hooks)
    logic += calc.update_checksums(program.checksums, calculation_names, e, statements.hooks)
    e.where = "deparsers"
    logic += deparse(program, statements)
    logic += _keep_fields(program, e)
    logic += _digests(program, e)
    logic = _inline_once(logic, [*layout.table_names.values(), *layout.action_names.values()])
    digest = "static inline void digest_now(struct worker *w, const struct packet *p, unsigned list); /* driver.h */"
    logic = [*_standard(program, e, "\n".join(logic), trace=trace), '#include "actions.h"', "", digest, "", *logic]
    body = _headers(program, layout, None if trace else "\n".join(logic), tables) + logic
    text = "\n".join(
        [*_head(program, e, trace=trace, count=count), *body, *_door(_context_room(program, layout), trace=trace)]
    )
    return Unit(text + "\n", layout, tuple(statements.messages))


def _headers(program: Program, layout: Layout, logic: str | None, tables: TableCode) -> list[str]:
    """Types of headers and metadata, struct packet. Of metadata there is what `logic` names (None: everything)."""
    structs = {
        h.type.name: h.type for h in program.headers.values() if not h.metadata and h.name not in layout.in_place
    }
    types = {h.type.name: h.type for h in program.headers.values() if h.name not in layout.in_place}
    lines: list[str] = []
    for name, header_type in types.items():
        members = {m for t, m in layout.metadata if t is header_type}
        whole = logic is None or name in structs or any(re.search(rf"\bmetadata\.{m}\b(?!\.)", logic) for m in members)
        needed = None if whole else {f for m in members for f in re.findall(rf"\bmetadata\.{m}\.(\w+)", logic or "")}
        lines += declare(layout, header_type, needed)
    lines += packet_struct(layout, len(tables.buckets), tables.kept_words)
    for header_type in structs.values():
        lines += [*extract(layout, header_type), *emit(layout, header_type)]
    return lines


def _inline_once(logic: list[str], names: list[str]) -> list[str]:
    """What is called from one place becomes part of it, however large that grows."""
    miss = re.compile(r"^static [^\n]*\bmiss_\w+\([^)]*\)\n\{.*?^\}", re.MULTILINE | re.DOTALL)
    text = miss.sub("", "\n".join(logic))  # a call for a miss stands beside the one for a hit, which counts
    calls = Counter(re.findall(r"\b(?:apply|action)_\w+(?=\()", text))
    once = {name for name in names if calls[name] == 2}  # its definition, and the call
    heads = {f"static inline {kind} {name}(" for name in once for kind in ("void", "int", "uint32_t")}

    def rewritten(line: str) -> str:
        head = line[: line.find("(") + 1]
        return line.replace("static inline", "ALWAYS_INLINE", 1) if head in heads else line

    return [rewritten(line) for line in logic]


def _head(program: Program, e: Expressions, *, trace: bool, count: bool) -> list[str]:
    lines = [
        *(["#define P4GATE_TRACED 1"] if trace else []),
        *(["#define P4GATE_COUNTED 1"] if count else []),
        f"/* The pipeline of {comment(program.name) or 'a P4 program'}. Generated: one function for each parser,",
        " * action, table and control; names and lines are those of the P4 source. The rest is in switch/runtime/. */",
        '#include "packet.h"',
        "",
        '#include "checksum.h"',
        '#include "exact.h"',
        '#include "hash.h"',
        '#include "lpm_lookup.h"',
        '#include "random.h"',
        '#include "registers.h"',
        '#include "selector.h"',
        '#include "ternary_lookup.h"',
    ]
    if trace:
        lines.append('#include "trace.h"')
    if e.wide_bits:
        lines += [f"#define WIDE_LIMBS {(e.wide_bits + 1 + 63) // 64}", '#include "wide.h"', '#include "wide_packet.h"']
    no_error = program.errors.get("NoError", 0)
    return [*lines, "", f"#define NO_ERROR {no_error}", "#define NO_ACTION UINT32_MAX", ""]


def _standard(program: Program, e: Expressions, logic: str, *, trace: bool) -> list[str]:
    """MAY_X for requests to the driver; get_X and set_X for the standard metadata. `logic`: the generated functions.

    A field that the program lacks, or that none of its lines names, reads 0 and takes no value. Only egress_spec is
    always there, as one part of the driver tells it to another.
    """
    lines = ["/* What the program may ask of the driver. */"]
    for name, requests in REQUESTS.items():
        lines.append(f"#define MAY_{name} {int(any(request in logic for request in requests))}")
    group = program.standard(STANDARD["mcast_grp"])
    lines.append(f"#define MAY_MULTICAST {int(trace or (group is not None and _names(logic, group, e)))}")
    lines.append(f"#define MAY_DROP_IN_EGRESS {int(trace or _egress_may_drop(program))}")
    lines += ["", "/* Standard metadata, as the driver knows it. */"]
    for name, known_as in STANDARD.items():
        ref = program.standard(known_as)
        if ref is None or ref.field.width > 64 or not (trace or name == "egress_spec" or _names(logic, ref, e)):
            read, write = "(void)p;\n    return 0;", "(void)p, (void)value;"
        else:
            path, width = e.field_path(ref), ref.field.width
            mask = f" & {(1 << width) - 1:#x}" if width not in (8, 16, 32, 64) else ""
            read, write = f"return {path};", f"{path} = value{mask};"
        lines += [f"static inline uint64_t get_{name}(const struct packet *p)", "{", f"    {read}", "}"]
        lines += [f"static inline void set_{name}(struct packet *p, uint64_t value)", "{", f"    {write}", "}"]
    return [*lines, ""]


def _egress_may_drop(program: Program) -> bool:
    """Does anything from egress on write egress_spec, or read it?"""
    ref = program.standard(STANDARD["egress_spec"])
    if ref is None:
        return True
    parts: list[object] = [c.inputs for c in program.calculations]
    parts += [profile.selector.inputs for profile in program.profiles if profile.selector is not None]
    for node in program.egress.nodes.values():
        match node:
            case Conditional():
                parts.append(node.condition)
            case ActionCall():
                parts.append(node.action.primitives)
            case Table():
                actions = (*node.actions, *([node.default_action] if node.default_action else []))
                parts += [*(a.primitives for a in actions), *(k.ref for k in node.key)]
                parts.append(node.direct_meter and node.direct_meter.target)
    return any(names_field(part, ref) for part in parts)


def _known_to_the_driver(program: Program) -> set[tuple[str, str]]:
    refs = (program.standard(name) for name in STANDARD.values())
    return {(r.header.name, r.field.name) for r in refs if r is not None and isinstance(r.header, Header)}


def _names(logic: str, ref: FieldRef, e: Expressions) -> bool:
    """Does any line name the field, or its struct as a whole?"""
    path = e.field_path(ref).removeprefix("p->")
    struct = path.rpartition(".")[0]
    return re.search(rf"{re.escape(path)}\b|{re.escape(struct)}\b(?!\.)", logic) is not None


def _keep_fields(program: Program, e: Expressions) -> list[str]:
    """keep_fields(to, from, list): what a field list carries over to a copy whose metadata were reset."""
    lines = [
        "static void keep_fields(struct packet *to, const struct packet *from, unsigned list)",
        "{",
        "    (void)to, (void)from;",
        "    switch (list) {",
    ]
    for number, field_list in program.field_lists.items():
        if not field_list.fields:
            continue
        lines.append(f"    case {number}: /* {comment(field_list.name)} */")
        for ref in field_list.fields:
            path = e.field_path(ref).removeprefix("p->")
            if ref.field.width > 128 and not ref.field.varbit:
                lines.append(f"        memcpy(to->{path}, from->{path}, sizeof to->{path});")
            else:
                lines.append(f"        to->{path} = from->{path};")
        lines.append("        break;")
    return [*lines, "    }", "}", ""]


def digest_bytes(learn_list: LearnList) -> int:
    """Length of a sample: each element padded to bytes."""
    return sum((width + 7) // 8 for _, width in learn_list.elements)


def _digests(program: Program, e: Expressions) -> list[str]:
    """send_digest(w, p, list): a sample as the packet is now, into the worker's ring."""
    lines = [
        "static void send_digest(struct worker *w, const struct packet *p, unsigned list)",
        "{",
        "    uint8_t *b;",
        "    (void)w, (void)p, (void)b;",
    ]
    lines.append("    switch (list) {")
    for number, learn_list in program.learn_lists.items():
        size = digest_bytes(learn_list)
        lines += [
            f"    case {number}: /* {comment(learn_list.name)} */",
            f"        b = ring_reserve(w->to_cpu, RING_DIGEST, {number}, p->frame.ingress_port, {size});",
            "        if (!b)",
            "            return;",
        ]
        first = 0
        for value, width in learn_list.elements:
            n = (width + 7) // 8
            lines.append("        " + _store_element(value, width, n, first, e))
            first += n
        lines += ["        ring_publish(w->to_cpu);", "        break;"]
    return [*lines, "    }", "}", ""]


def _store_element(value: object, width: int, n: int, first: int, e: Expressions) -> str:
    if isinstance(value, FieldRef) and width > 128:
        return f"memcpy(b + {first}, {e.field_path(value)}, {n});"
    c = e.store(value, width)  # type: ignore[arg-type]  # elements of learn lists are expressions
    if width > 64:
        return f"store_be128(b + {first}, {n}, {convert(c, 'u128').text});"
    return f"store_be(b + {first}, {n}, {c.text});" if n else ";"


def _context_room(program: Program, layout: Layout) -> int:
    """Bytes that struct packet takes at most in any object of the program, as one's memory serves another."""
    room = 512 + 32 * layout.valid_words + 4 * len(layout.counted_stacks)
    for header in program.headers.values():
        room += 64 + sum(8 if f.width <= 64 and not f.varbit else 48 + f.width // 8 for f in header.type.fields)
        room += header.type.fixed_bits // 8
    room += sum(8 + 8 * table.words for table in layout.tables)
    return (room + 63) // 64 * 64


def _door(room: int, *, trace: bool) -> list[str]:
    return [
        '#include "driver.h"',
        *(['#include "match.h"'] if trace else []),
        "",
        "const struct pipeline_code p4gate_code = {",
        "    .abi = PIPELINE_ABI,",
        f"    .context_size = sizeof(struct packet) > {room} ? sizeof(struct packet) : {room}, /* all objects' */",
        "    .process = process_burst,",
        "};",
    ]
