"""The deparser in C: headers written so that they end where the payload begins.

Headers that stay bytes (in_place.py) and lie where they belong are left alone: that is all of them, and nothing is
done, unless one was added or removed.
"""

from __future__ import annotations

from switch.bmv2_json.program import Header, Program
from switch.codegen.expressions import Expressions
from switch.codegen.extracted import in_order
from switch.codegen.statements import Statements
from switch.codegen.values import constant


def deparse(program: Program, statements: Statements) -> list[str]:
    """static int deparse(w, p): 0 when there is no room for the headers."""
    e = statements.e
    lines = ["ALWAYS_INLINE int deparse(struct worker *w, struct packet *p)", "{", "    update_checksums(w, p);"]
    lines += ["    " + line for line in statements.body(program.deparser.primitives)]
    lines += [*_as_they_came(program, e), "    unsigned length = 0;"]
    order = program.deparser.order
    for header in order:
        ref = e.header(header)
        lines += [f"    if ({e.is_valid(ref)})", f"        length += {_length(statements, header)};"]
    lines += [
        "    if (length > p->frame.payload - p->frame.start + PACKET_HEADROOM)",
        "        return 0;",
        "    uint8_t *at = p->frame.payload - length;",
        "    p->frame.start = at;",
        *_move_out(statements, order),
    ]
    for header in order:
        ref = e.header(header)
        lines += [f"    if ({e.is_valid(ref)}) {{"]
        if ref.in_place:
            room = ref.lvalue.replace("p->at.", "p->room.", 1)
            lines += [f"        if ({ref.lvalue} != at)", f"            memcpy(at, {room}, sizeof {room});"]
        else:
            lines.append(f"        emit_{e.layout.type_names[header.type.name]}(at, &{ref.lvalue});")
        lines += [f"        at += {_length(statements, header)};", "    }"]
    return [*lines, "    (void)at;", "    return 1;", "}", ""]


def _as_they_came(program: Program, e: Expressions) -> list[str]:
    """Nothing to do where the same headers are valid as after the parser, all of them bytes that lie where they lay."""
    layout = e.layout
    if not layout.bytes_of or layout.copied or not in_order(program):
        return []
    structs = [0] * layout.valid_words
    for name, place in layout.places.items():
        if place.bit is not None and name not in layout.in_place:
            structs[place.bit // 64] |= 1 << place.bit % 64
    tests = []
    for i, mask in enumerate(structs):
        tests.append(f"p->valid[{i}] == p->parsed[{i}]")
        if mask:
            tests.append(f"!(p->valid[{i}] & {constant(mask, 'u64').text})")
    return [f"    if ({' && '.join(tests)})", "        return 1; /* all headers lie where they came */"]


def _move_out(statements: Statements, order: tuple[Header, ...]) -> list[str]:
    """Headers that must move in the packet leave it, lest one be written over before it was moved."""
    e = statements.e
    if not any(e.header(h).in_place for h in order):
        return []
    lines = ["    uint8_t *to = at;"]
    last = max(i for i, h in enumerate(order) if e.header(h).in_place)
    for header in order[: last + 1]:
        ref = e.header(header)
        lines.append(f"    if ({e.is_valid(ref)}) {{")
        if ref.in_place:
            room = ref.lvalue.replace("p->at.", "p->room.", 1)
            lines += [
                f"        if ({ref.lvalue} != to && {ref.lvalue} != {room})",
                f"            memcpy({room}, {ref.lvalue}, sizeof {room});",
            ]
        lines += [f"        to += {_length(statements, header)};", "    }"]
    return [*lines, "    (void)to;"]


def _length(statements: Statements, header: Header) -> str:
    ref = statements.e.header(header)
    if header.type.varbit:
        return f"length_{statements.e.layout.type_names[header.type.name]}(&{ref.lvalue})"
    return str(header.type.fixed_bits // 8)
