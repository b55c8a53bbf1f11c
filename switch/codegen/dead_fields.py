"""Metadata that nothing reads: assignments to them are left out."""

from __future__ import annotations

from collections.abc import Iterator

from switch.bmv2_json.program import (
    ActionCall,
    Conditional,
    FieldRef,
    HashField,
    HashHeader,
    Header,
    Pipeline,
    Primitive,
    Program,
    Table,
)
from switch.codegen.in_place import nodes_in

Field = tuple[str, str]


def dead_fields(program: Program, pipelines: tuple[Pipeline, ...], kept: set[Field]) -> set[Field]:
    """(header, field) of metadata that no code reads but to set other such fields. `kept`: what the driver knows."""
    own = {h.name: h for h in program.headers.values() if h.metadata}
    dead = {(h.name, f.name) for h in own.values() for f in h.type.fields if f.width <= 64 and not f.varbit} - kept
    parts = list(_parts(program, pipelines))
    while True:
        read = {f for part in parts for f in _read(part, dead, own)}
        if not dead & read:
            return dead
        dead -= read


def is_dead(p: Primitive, dead: set[Field]) -> bool:
    """Does it do nothing but set a field that nobody reads?"""
    return p.op in ("assign", "modify_field") and _target(p) in dead


def _target(p: Primitive) -> Field | None:
    to = p.args[0]
    return (to.header.name, to.field.name) if isinstance(to, FieldRef) and isinstance(to.header, Header) else None


def _read(part: object, dead: set[Field], own: dict[str, Header]) -> Iterator[Field]:
    """Metadata that an operation or expression reads; whole structs are all their fields."""
    roots = [part]
    if isinstance(part, Primitive) and part.op in ("assign", "modify_field") and _target(part) is not None:
        if _target(part) in dead:
            return
        roots = list(part.args[1:])
    for n in nodes_in(roots):
        if isinstance(n, HashField | HashHeader):
            n = n.ref if isinstance(n, HashField) else n.header
        if isinstance(n, FieldRef) and isinstance(n.header, Header):
            yield n.header.name, n.field.name
        elif isinstance(n, Header) and n.name in own and not _inside(n, roots):
            yield from ((n.name, f.name) for f in n.type.fields)


def _inside(header: Header, roots: list[object]) -> bool:
    """Is the struct only named as that of a field?"""
    return not any(n is header for n in nodes_in(roots, into_fields=False))


def _parts(program: Program, pipelines: tuple[Pipeline, ...]) -> Iterator[object]:
    for state in program.parser.states.values():
        yield from state.ops
        yield state.key
    yield from program.deparser.primitives
    for c in program.checksums:
        yield c.condition
        yield c.target
    selectors = (profile.selector for profile in program.profiles)
    for calculation in (*program.calculations, *selectors):
        if calculation is not None:
            yield from calculation.inputs
    for field_list in program.field_lists.values():
        yield from field_list.fields
    for learn_list in program.learn_lists.values():
        yield from (value for value, _ in learn_list.elements)
    for pipeline in pipelines:
        for node in pipeline.nodes.values():
            match node:
                case Conditional():
                    yield node.condition
                case ActionCall():
                    yield from node.action.primitives
                case Table():
                    yield from (k.ref for k in node.key)
                    actions = [*node.actions, *([node.default_action] if node.default_action else [])]
                    for a in actions:
                        yield from a.primitives
