"""Which headers stay bytes: fields are loaded from where they lie and stored there, nothing is copied out or back.

`p->at.H` points to the bytes of header H: in the packet if it was extracted, else in `p->room.H`, so that reading or
writing a header that is not valid touches nothing of the packet. All other headers (stacks, unions, variable length,
very wide fields, and what is copied or compared with them) are structs of numbers, see headers.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from switch.bmv2_json.program import (
    Computed,
    Conditional,
    Extract,
    Field,
    FieldList,
    FieldRef,
    HashField,
    HashHeader,
    Header,
    HeaderType,
    Op,
    Primitive,
    Program,
    ValidBit,
    Values,
)
from switch.codegen.dataflow import written_by
from switch.codegen.values import C, constant, convert, low_class

# Primitives that take a plain header which may lie anywhere.
WHOLE = ("add_header", "remove_header", "assign_header", "copy_header", "valid")
INSIDE = ("condition", "error", "bits", "index", "stack", "union")
COMES_BACK = ("clone_ingress_pkt_to_egress", "clone_egress_pkt_to_egress", "resubmit", "recirculate")
ASKS_FOR_ORIGINAL = ("clone_ingress_pkt_to_egress", "resubmit")


def in_place_headers(program: Program) -> frozenset[str]:
    """Names of the headers that stay bytes."""
    grouped = {h.name for s in program.stacks.values() for h in s.headers}
    grouped |= {h.name for u in program.unions.values() for h in u.headers}
    grouped |= {h.name for s in program.union_stacks.values() for u in s.unions for h in u.headers}
    kept = {
        h.name for h in program.headers.values() if not h.metadata and h.name not in grouped and _stays_bytes(h.type)
    }
    kept -= {name for field_list in program.field_lists.values() for name in _in_list(field_list)}
    pairs: list[tuple[Header, ...]] = []
    for op, args in _operations(program):
        headers = tuple(a for a in args if isinstance(a, Header))
        if op in ("assign_header", "copy_header", "==h", "!=h"):
            if len(headers) == len(args):
                pairs.append(headers)
            else:
                kept -= {h.name for h in headers}
        elif op not in WHOLE:
            kept -= {h.name for h in headers}
    while True:  # both of a pair, or none
        apart = {h.name for pair in pairs if not all(h.name in kept for h in pair) for h in pair}
        if not apart & kept:
            return frozenset(kept)
        kept -= apart


def kept_as_received(program: Program) -> bool:
    """Does the program ask for the packet as it came (clones of ingress, resubmit)?"""
    return any(p.op in ASKS_FOR_ORIGINAL for a in program.actions for p in a.primitives)


def comes_back(program: Program) -> bool:
    """May a packet, or a clone of one, be parsed more than once?"""
    return any(p.op in COMES_BACK for a in program.actions for p in a.primitives)


def copied_headers(program: Program, in_place: frozenset[str]) -> frozenset[str]:
    """Those whose bytes the parser copies out, lest a write change the packet as it came."""
    if not kept_as_received(program):
        return frozenset()
    primitives = [p for a in program.actions for p in a.primitives]
    primitives += [op for s in program.parser.states.values() for op in s.ops if isinstance(op, Primitive)]
    written = {header for header, _ in written_by(tuple(primitives))}
    targets = [m.target for m in program.meters if m.target is not None]
    written |= {t.header.name for t in targets if isinstance(t.header, Header)}
    return in_place & written


def _stays_bytes(header_type: HeaderType) -> bool:
    bits = header_type.fixed_bits
    return bool(bits) and bits % 8 == 0 and all(_loadable(f) for f in header_type.fields)


def _loadable(f: Field) -> bool:
    if f.varbit or f.width > 128:
        return False
    if f.width > 64:
        return f.offset % 8 == 0 and f.width % 8 == 0
    return f.width == 0 or _span(f)[1] <= 8


def _span(f: Field) -> tuple[int, int, int]:
    """First byte, number of bytes, bits to the right of the field in the last one."""
    first, last = f.offset // 8, (f.offset + f.width - 1) // 8
    return first, last - first + 1, 7 - (f.offset + f.width - 1) % 8


def _in_list(field_list: FieldList) -> Iterator[str]:
    return (ref.header.name for ref in field_list.fields if isinstance(ref.header, Header))


def _operations(program: Program) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Every primitive and operator of the program with its arguments."""
    for node in nodes_in(_roots(program)):
        if isinstance(node, Primitive | Op):
            yield node.op, node.args


def headers_in(node: object) -> set[str]:
    """Names of the plain headers that an operation of the parser, or an expression, names."""
    return {n.name for n in nodes_in([node]) if isinstance(n, Header)}


def names_field(node: object, ref: FieldRef) -> bool:
    """Does an operation or expression name the field, or its header as a whole?"""
    for n in nodes_in([node]):
        match n:
            case FieldRef(header, f) if header is ref.header and f is ref.field:
                return True
            case Primitive(op, args) if op == "drop" or any(a is ref.header for a in args):
                return True
            case Op(_, args) if any(a is ref.header for a in args):
                return True
            case HashField(inner) if names_field(inner, ref):
                return True
            case HashHeader(header) if header is ref.header:
                return True
    return False


def asks_validity(node: object) -> bool:
    """May an operation of the parser ask for, or set, whether a header is valid?"""
    for n in nodes_in([node]):
        match n:
            case ValidBit():
                return True
            case Primitive(op, args) if op not in ("assign", "assign_VL") or any(isinstance(a, Header) for a in args):
                return True
            case Op(op) if op.startswith("valid") or op[-1] in "hu":
                return True
    return False


def _roots(program: Program) -> list[object]:
    roots: list[object] = [p for a in program.actions for p in a.primitives]
    roots += program.deparser.primitives
    for state in program.parser.states.values():
        roots += state.ops
    for pipeline in (program.ingress, program.egress):
        roots += [n.condition for n in pipeline.nodes.values() if isinstance(n, Conditional)]
    roots += [c.condition for c in program.checksums]
    roots += [value for learn_list in program.learn_lists.values() for value, _ in learn_list.elements]
    roots += program.varbit_lengths.values()
    return roots


def nodes_in(roots: list[object], *, into_fields: bool = True) -> Iterator[object]:
    """Operations and expressions, and all that they hold; no target of an extraction.

    Without `into_fields`, not the headers of fields.
    """
    todo = list(roots)
    while todo:
        node = todo.pop()
        yield node
        match node:
            case Primitive() | Op():
                todo += node.args
            case Values():
                todo += node.values
            case tuple():
                todo += node
            case Extract():
                todo.append(node.length)
            case Computed():
                todo.append(node.value)
            case FieldRef() | ValidBit():
                if into_fields or not isinstance(node.header, Header):
                    todo.append(node.header)
            case _:
                # Verify, Advance, StackAt, RegisterRef ...: whatever expressions they hold
                todo += [getattr(node, name) for name in INSIDE if hasattr(node, name)]


# ---- C


def load_field(base: str, f: Field) -> C:
    """The bits of a field of the header at `base` (a pointer in C)."""
    if f.width == 0:
        return constant(0, "u64")
    first, n, right = _span(f)
    place = f"{base} + {first}" if first else base
    if f.width > 64:
        return C(f"load_be128({place}, {n})", "u128", True)
    load = "load_be" if n in (2, 4, 8) else "load_be_wide"
    c = C(f"{base}[{first}]", "u64", True, True) if n == 1 else C(f"{load}({place}, {n})", "u64", True)
    if right:
        c = C(f"{c} >> {right}", "u64", False, n == 1)
    if f.offset % 8:
        c = C(f"{c} & {constant((1 << f.width) - 1, 'u64').text}", "u64", False, n == 1)
    return c


def store_field(base: str, f: Field, value: C) -> list[str]:
    """Statements that write a field. Bits of `value` above its width are cut."""
    if f.width == 0:
        return []
    first, n, right = _span(f)
    place = f"{base} + {first}" if first else base
    text = convert(value, low_class(f.width)).text
    if f.width > 64:
        return [f"store_be128({place}, {n}, {text});"]
    if whole_bytes(f):
        return [f"{base}[{first}] = (uint8_t)({text});"] if n == 1 else [f"store_be({place}, {n}, {text});"]
    mask = constant(((1 << f.width) - 1) << right, "u64").text
    shifted = f"(uint64_t)({text}) << {right}" if right else text
    return [f"store_in({place}, {n}, {mask}, {shifted});"]


def whole_bytes(f: Field) -> bool:
    return f.offset % 8 == 0 and f.width % 8 == 0
