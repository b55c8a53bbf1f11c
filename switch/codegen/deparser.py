"""The deparser in C: headers written so that they end where the payload begins.

A header that no code ever writes to, and that lies where it was parsed, is not written again.
"""

from __future__ import annotations

from switch.bmv2_json.program import Extract, Header, Primitive, Program
from switch.codegen.dataflow import headers_of, written_by
from switch.codegen.statements import Statements


def written_headers(program: Program) -> set[str]:
    """Names of the headers that something other than one extract may write to, or that have no fixed place."""
    written: set[str] = set()

    def mark(target: object) -> None:
        written.update(h.name for h in headers_of(target))

    def primitives(items: tuple[Primitive, ...]) -> None:
        written.update(header for header, _ in written_by(items))

    for action in program.actions:
        primitives(action.primitives)
    primitives(program.deparser.primitives)
    extracted: list[str] = []
    for state in program.parser.states.values():
        primitives(tuple(op for op in state.ops if isinstance(op, Primitive)))
        for op in state.ops:
            if isinstance(op, Extract):
                if isinstance(op.to, Header):
                    extracted.append(op.to.name)
                else:
                    mark(op.to)
    for checksum in program.checksums:
        if checksum.update:
            mark(checksum.target)
    for meter in program.meters:
        mark(meter.target)
    return written | {name for name in extracted if extracted.count(name) > 1}


def deparse(program: Program, statements: Statements) -> list[str]:
    """static int deparse(w, p): 0 when there is no room for the headers."""
    e = statements.e
    order = program.deparser.order
    lines = ["static int deparse(struct worker *w, struct packet *p)", "{", "    update_checksums(w, p);"]
    lines += ["    " + line for line in statements.body(program.deparser.primitives)]
    lines.append("    unsigned length = 0;")
    for header in order:
        ref = e.header(header)
        lines += [f"    if ({e.is_valid(ref)})", f"        length += {_length(statements, header)};"]
    lines += [
        "    if (length > p->frame.payload - p->frame.start + PACKET_HEADROOM)",
        "        return 0;",
        "    uint8_t *at = p->frame.payload - length;",
        "    p->frame.start = at;",
    ]
    for header in order:
        ref = e.header(header)
        name = e.layout.type_names[header.type.name]
        lines += [
            f"    if ({e.is_valid(ref)}) {{",
            f"        emit_{name}(at, &{ref.lvalue});",
            f"        at += {_length(statements, header)};",
            "    }",
        ]
    return [*lines, "    (void)at;", "    return 1;", "}", ""]


def _length(statements: Statements, header: Header) -> str:
    ref = statements.e.header(header)
    if header.type.varbit:
        return f"length_{statements.e.layout.type_names[header.type.name]}(&{ref.lvalue})"
    return str(header.type.fixed_bits // 8)
