"""The deparser in C: headers written so that they end where the payload begins.

A header that no code ever writes to, and that lies where it was parsed, is not written again.
"""

from __future__ import annotations

from switch.bmv2.program import (
    Extract,
    FieldRef,
    Header,
    Primitive,
    Program,
    Stack,
    StackAt,
    StackLast,
    Union,
    UnionAt,
    UnionLast,
    UnionMember,
    UnionStack,
)
from switch.codegen.statements import Statements

# Arguments that a primitive writes to, by position.
WRITES = {
    "assign": (0,),
    "assign_VL": (0,),
    "assign_header": (0,),
    "assign_union": (0,),
    "assign_header_stack": (0,),
    "assign_union_stack": (0,),
    "push": (0,),
    "pop": (0,),
    "modify_field": (0,),
    "add_to_field": (0,),
    "subtract_from_field": (0,),
    "add": (0,),
    "subtract": (0,),
    "bit_xor": (0,),
    "bit_or": (0,),
    "bit_and": (0,),
    "shift_left": (0,),
    "shift_right": (0,),
    "modify_field_rng_uniform": (0,),
    "modify_field_with_hash_based_offset": (0,),
    "add_header": (0,),
    "add_header_fast": (0,),
    "copy_header": (0,),
    "execute_meter": (2,),
    "register_read": (0,),
}


def written_headers(program: Program) -> set[str]:
    """Names of the headers that something other than an extract may write to."""
    written: set[str] = set()

    def mark(target: object) -> None:
        match target:
            case FieldRef(header, _):
                mark(header)
            case Header():
                written.add(target.name)
            case Stack():
                written.update(h.name for h in target.headers)
            case Union():
                written.update(h.name for h in target.headers)
            case UnionStack():
                written.update(h.name for u in target.unions for h in u.headers)
            case StackAt(stack, _) | StackLast(stack):
                mark(stack)
            case UnionAt(union_stack, _) | UnionLast(union_stack):
                mark(union_stack)
            case UnionMember(union, _):
                mark(union)

    def primitive(p: Primitive) -> None:
        for i in WRITES.get(p.op, ()):
            mark(p.args[i])

    for action in program.actions:
        for p in action.primitives:
            primitive(p)
    for state in program.parser.states.values():
        for op in state.ops:
            if isinstance(op, Primitive):
                primitive(op)
    for p in program.deparser.primitives:
        primitive(p)
    for checksum in program.checksums:
        if checksum.update:
            mark(checksum.target)
    for meter in program.meters:
        mark(meter.target)
    # a header extracted twice, or into an array, has no one place
    extracted: list[str] = []
    for state in program.parser.states.values():
        for op in state.ops:
            if isinstance(op, Extract):
                if isinstance(op.to, Header):
                    extracted.append(op.to.name)
                else:
                    mark(op.to)
    written.update(name for name in extracted if extracted.count(name) > 1)
    return written


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
