"""Control flow without tests whose outcome is known: a pipeline -> one that does the same with fewer conditionals.

Compilers turn `a.apply().hit && b.apply().hit`, `return` and guards such as `if (meta.drop == 0)` into metadata that
are set on one way and tested further on. Every way is followed with what is known of such metadata; where that decides
a test, the test is left out. Ways that know different things are kept apart only as long as it matters to a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from switch.bmv2_json.program import (
    Action,
    ActionCall,
    BoolConst,
    Conditional,
    Const,
    ControlNode,
    FieldRef,
    Header,
    Op,
    Param,
    Pipeline,
    Primitive,
    Program,
    Table,
)
from switch.codegen.dataflow import written_by

Field = tuple[str, str]  # header, field
Known = dict[Field, int]

STANDARD_HEADERS = ("standard_metadata", "intrinsic_metadata", "queueing_metadata")
GROWTH = 2  # times as many nodes at most, or everything stays as it was
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "==b": lambda a, b: bool(a) == bool(b),
    "!=b": lambda a, b: bool(a) != bool(b),
}


class TooMany(Exception):
    """The pipeline would grow too much."""


def thread(pipeline: Pipeline, zero: Iterable[Field]) -> Pipeline:
    """`zero`: metadata that are 0 when the pipeline begins."""
    if _loops(pipeline) or not any(isinstance(n, Conditional) for n in pipeline.nodes.values()):
        return pipeline
    threader = _Threader(pipeline)
    try:
        start = threader.follow(pipeline.start, dict.fromkeys(zero, 0))
    except TooMany:
        return pipeline
    return replace(pipeline, start=start, nodes=threader.made)


def zero_at_start(program: Program) -> set[Field]:
    """Metadata that are 0 at the start of ingress: those that neither the parser sets nor a copy keeps."""
    own = {(h.name, f.name) for h in program.headers.values() if h.metadata for f in h.type.fields}
    own -= _standard(program)
    parsed = [op for s in program.parser.states.values() for op in s.ops if isinstance(op, Primitive)]
    for header, name in written_by(tuple(parsed)):
        own -= {(header, name)} if name else {f for f in own if f[0] == header}
    for field_list in program.field_lists.values():
        own -= {(r.header.name, r.field.name) for r in field_list.fields if isinstance(r.header, Header)}
    return own


def _standard(program: Program) -> set[Field]:
    """What simple_switch itself sets, under whatever name."""
    named = (program.headers[h] for h in STANDARD_HEADERS if h in program.headers)
    return set(program.aliases.values()) | {(h.name, f.name) for h in named for f in h.type.fields}


class _Threader:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.made: dict[str, ControlNode] = {}
        self._names: dict[tuple[str, frozenset[tuple[Field, int]]], str | None] = {}
        self._asked: dict[str, frozenset[Field]] = {}
        self._tested = _tested(pipeline)

    def follow(self, name: str | None, known: Known) -> str | None:
        """The node to go to for a way that comes to `name` knowing this."""
        if name is None:
            return None
        asked = self._asked_from(name)
        known = {f: v for f, v in known.items() if f in asked}
        key = (name, frozenset(known.items()))
        if key not in self._names:
            self._names[key] = self._node(name, known)
        return self._names[key]

    def _node(self, name: str, known: Known) -> str | None:
        node = self.pipeline.nodes[name]
        if isinstance(node, Conditional):
            outcome = evaluate(node.condition, known, None)
            if outcome is not None:
                return self.follow(node.if_true if outcome else node.if_false, known)
        number = sum(n == name or n.startswith(f"{name}__") for n in self.made)
        made = f"{name}__{number}" if number else name
        if len(self.made) > GROWTH * len(self.pipeline.nodes) + 8:
            raise TooMany
        self.made[made] = node  # its place in the order; what follows is put right below
        match node:
            case Conditional():
                if_true = self.follow(node.if_true, known | _implied(node.condition, True))
                if_false = self.follow(node.if_false, known | _implied(node.condition, False))
                self.made[made] = replace(node, name=made, if_true=if_true, if_false=if_false)
            case ActionCall():
                after = run(node.action.primitives, None, known)
                self.made[made] = replace(node, name=made, next=self.follow(node.next, after))
            case Table():
                self.made[made] = replace(self._table(node, known), name=made)
        return made

    def _table(self, t: Table, known: Known) -> Table:
        if t.direct_meter is not None and t.direct_meter.target is not None:
            target = t.direct_meter.target
            gone = target.header.name if isinstance(target.header, Header) else ""
            known = {f: v for f, v in known.items() if f[0] != gone}
        default = t.default_action
        sure = default is not None and t.default_const and t.profile is None
        if sure and default is not None and not t.key and not t.const:
            after = run(default.primitives, t.default_params, known)
            target_name = t.next_miss if t.by_hit else t.next_by_action.get(default.name, t.base_default_next)
            only = self.follow(target_name, after)
            return replace(t, next_hit=only, next_miss=only, next_by_action={}, base_default_next=only)
        if t.by_hit:
            hit = dict(known)
            for a in t.actions:
                hit = _agreed(hit, run(a.primitives, None, known))
            miss = run(default.primitives, t.default_params, known) if sure and default is not None else hit
            if not sure and default is not None:
                miss = _agreed(miss, run(default.primitives, None, known))
            return replace(t, next_hit=self.follow(t.next_hit, hit), next_miss=self.follow(t.next_miss, miss))
        nexts = {
            a.name: self.follow(t.next_by_action.get(a.name, t.base_default_next), run(a.primitives, None, known))
            for a in _all_actions(t)
        }
        return replace(t, next_by_action=nexts, base_default_next=self.follow(t.base_default_next, known))

    def _asked_from(self, name: str) -> frozenset[Field]:
        """What tests from here on may ask for, directly or through copies."""
        if name not in self._asked:
            node = self.pipeline.nodes[name]
            asked = _reads(node) & self._tested
            for follower in _followers(node):
                if follower is not None:
                    asked |= self._asked_from(follower)
            self._asked[name] = frozenset(asked)
        return self._asked[name]


def _agreed(a: Known, b: Known) -> Known:
    return {f: v for f, v in a.items() if b.get(f) == v}


def _all_actions(t: Table) -> tuple[Action, ...]:
    default = t.default_action
    return t.actions if default is None or default in t.actions else (*t.actions, default)


def run(primitives: tuple[Primitive, ...], params: tuple[int, ...] | None, known: Known) -> Known:
    """What is known after an action."""
    after = dict(known)
    straight = not any(p.op.startswith("_jump") for p in primitives)
    for p in primitives:
        value = evaluate(p.args[1], after, params) if straight and p.op in ("assign", "modify_field") else None
        for header, name in written_by((p,)):
            if name:
                after.pop((header, name), None)
            else:
                after = {f: v for f, v in after.items() if f[0] != header}
        target = p.args[0] if p.args else None
        if value is not None and isinstance(target, FieldRef) and _plain(target):
            assert isinstance(target.header, Header)
            after[target.header.name, target.field.name] = int(value) % (1 << target.field.width)
    return after


def _plain(ref: FieldRef) -> bool:
    """Metadata that is an unsigned number."""
    f = ref.field
    return isinstance(ref.header, Header) and ref.header.metadata and not f.signed and not f.varbit


def evaluate(e: object, known: Known, params: tuple[int, ...] | None) -> int | bool | None:
    """The value, if it is sure."""
    match e:
        case Const(value) | BoolConst(value):
            return value
        case FieldRef(Header() as header, f) if _plain(e):
            return known.get((header.name, f.name))
        case Param(index) if params is not None and index < len(params):
            return params[index]
        case Op(op, args):
            values = [evaluate(a, known, params) for a in args]
            if op == "and" and (values[0] is False or values[1] is False):
                return False
            if op == "or" and (values[0] is True or values[1] is True):
                return True
            if None in values:
                return None
            match op:
                case "and":
                    return bool(values[0] and values[1])
                case "or":
                    return bool(values[0] or values[1])
                case "not":
                    return not values[0]
                case "d2b":
                    return bool(values[0])
                case "b2d":
                    return int(bool(values[0]))
            if op in COMPARE:
                a, b = values
                return None if a is None or b is None else COMPARE[op](a, b)
    return None


def _implied(condition: object, outcome: bool) -> Known:
    """What the outcome of a test says of a field."""
    match condition:
        case Op("not", (inner,)):
            return _implied(inner, not outcome)
        case Op("and", (a, b)) if outcome:
            return _implied(a, True) | _implied(b, True)
        case Op("or", (a, b)) if not outcome:
            return _implied(a, False) | _implied(b, False)
        case Op("d2b", (FieldRef(Header() as header, f) as ref,)) if _plain(ref) and (not outcome or f.width == 1):
            return {(header.name, f.name): int(outcome)}
        case Op("==" | "!=" as op, (FieldRef(Header() as header, f) as ref, Const(value))) if _plain(ref):
            if (op == "==") == outcome:
                return {(header.name, f.name): value} if 0 <= value < 1 << f.width else {}
            if f.width == 1 and value in (0, 1):
                return {(header.name, f.name): 1 - value}
    return {}


def _fields(e: object) -> set[Field]:
    """Metadata named in an expression."""
    match e:
        case FieldRef(Header() as header, f):
            return {(header.name, f.name)}
        case Op(_, args):
            return {f for a in args for f in _fields(a)}
    return set()


def _assignments(node: ControlNode) -> list[Primitive]:
    actions = _all_actions(node) if isinstance(node, Table) else (node.action,) if isinstance(node, ActionCall) else ()
    return [p for a in actions for p in a.primitives if p.op in ("assign", "modify_field")]


def _reads(node: ControlNode) -> set[Field]:
    """What tests ask for here, or may ask for later under another name."""
    if isinstance(node, Conditional):
        return _fields(node.condition)
    return {f for p in _assignments(node) for f in _fields(p.args[1])}


def _tested(pipeline: Pipeline) -> set[Field]:
    """Fields that a test asks for, or what is copied to such a field."""
    tested = {f for n in pipeline.nodes.values() if isinstance(n, Conditional) for f in _fields(n.condition)}
    copies = [(_fields(p.args[0]), _fields(p.args[1])) for n in pipeline.nodes.values() for p in _assignments(n)]
    while True:
        more = {f for to, source in copies if to & tested for f in source} - tested
        if not more:
            return tested
        tested |= more


def _followers(node: ControlNode) -> set[str | None]:
    match node:
        case Conditional():
            return {node.if_true, node.if_false}
        case ActionCall():
            return {node.next}
        case Table():
            return {node.next_hit, node.next_miss, node.base_default_next, *node.next_by_action.values()}


def _loops(pipeline: Pipeline) -> bool:
    done: set[str] = set()
    on_way: set[str] = set()
    stack: list[tuple[str, bool]] = [(name, False) for name in pipeline.nodes]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            on_way.discard(name)
            done.add(name)
        elif name not in done:
            if name in on_way:
                continue
            on_way.add(name)
            stack.append((name, True))
            for follower in _followers(pipeline.nodes[name]):
                if follower in on_way:
                    return True
                if follower is not None and follower not in done:
                    stack.append((follower, False))
    return False
