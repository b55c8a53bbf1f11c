"""What a piece of code reads and writes, in the storage of the block that runs it.

Parameters of actions, functions and inner controls stand for the arguments they are called with, so that a write deep
inside shows as a write to `hdr.ipv4.ttl`. A read counts if the value can come from outside: not after the same code has
surely written it. Validity is storage of its own (`passes.paths.VALID`); registers are storage under their instance,
counters and meters are not: the order of their updates does not show.

Where an index is known only at run time, the whole stack is touched. Variables declared in a piece of code are its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes.paths import VALID, Path, directions, location, static_path, whole_union

_DROP_FIELDS = ("egress_spec", "mcast_grp")
"""What v1model's mark_to_drop writes of its inout standard_metadata."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a parameter stands for: the storage of `paths` (`is_exact`); or something in it (a slice, an element whose
    index is known at run time only), or a value made from what is read there.
    """

    paths: frozenset[Path]
    is_exact: bool


Scope = Mapping[tree.Declaration, Bound]
"""The parameters of the code at hand."""


@dataclass(slots=True)
class Accesses:
    """`writes` may happen, `overwrites` surely do (as far as they are all of a path)."""

    reads: set[Path] = field(default_factory=set)
    writes: set[Path] = field(default_factory=set)
    overwrites: set[Path] = field(default_factory=set)
    own: set[tree.Declaration] = field(default_factory=set)
    """Variables that the code itself declares."""

    def read(self, path: Path) -> None:
        if not any(done.covers(path) for done in self.overwrites):
            self.reads.add(path)

    def write(self, path: Path, surely: bool) -> None:
        self.writes.add(path)
        if surely:
            self.overwrites.add(path)

    def outside(self) -> tuple[frozenset[Path], frozenset[Path]]:
        """Reads and writes of what lives longer than the code."""
        reads = frozenset(path for path in self.reads if path.root not in self.own)
        return reads, frozenset(path for path in self.writes if path.root not in self.own)


def accesses(node: object, scope: Scope | None = None) -> Accesses:
    """The accesses of statements or expressions, in the order in which they run."""
    found = Accesses()
    Collector(scope or {}, found).visit(node)
    return found


def action_accesses(action: tree.Action, arguments: Sequence[tree.Expression], scope: Scope) -> Accesses:
    """What an action does as a table runs it: `arguments` for the parameters with a direction, data for the others."""
    found = Accesses()
    collector = Collector(scope, found)
    for argument in arguments:
        collector.visit_indexes(argument)
    inner = collector.bind(action.parameters[: len(arguments)], arguments)
    Collector(inner, found).visit(action.body)
    return found


def bind(parameters: Sequence[tree.Parameter], arguments: Sequence[tree.Expression], scope: Scope) -> Scope:
    """The scope inside of what is called with `arguments`, which are read in `scope`."""
    return Collector(scope, Accesses()).bind(parameters, arguments)


def describe(path: Path) -> str:
    """The path as a programmer would write it."""
    root = path.root
    text = root.control_plane_name if isinstance(root, tree.ExternInstance) else root.name
    for step in path.steps:
        if step == VALID:
            text += ".isValid()"
        else:
            text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text


class Collector:
    """Adds to `found` what it visits, read in `scope`. Applied tables and controls are for who derives from it."""

    def __init__(self, scope: Scope, found: Accesses) -> None:
        self.scope = scope
        self.found = found

    def inner(self, scope: Scope) -> Collector:
        """One for the body of what is called."""
        return Collector(scope, self.found)

    def note_read(self, path: Path) -> None:
        self.found.read(path)

    def visit(self, node: object) -> None:
        match node:
            case None:
                return
            case list() | tuple():
                for item in node:
                    self.visit(item)
            case tree.Assign():
                self.visit(node.value)
                self.visit_indexes(node.target)
                self._write(node.target)
            case tree.Declare():
                self.visit(node.value)
                self.found.own.add(node.variable)
                self.found.write(Path(node.variable), surely=True)
            case tree.If():
                self.visit(node.condition)
                self._branches([node.then, node.otherwise])
            case tree.Switch():
                self.visit(node.subject)
                bodies: list[tree.Block | None] = [case.body for case in node.cases]
                self._branches(bodies if any(case.default for case in node.cases) else [*bodies, None])
            case tree.For():
                self.visit(node.init)
                self.visit(node.condition)
                self._branches([[node.body, *node.update], None])
            case tree.ForIn():
                self.found.own.add(node.variable)
                self.visit(node.collection)
                self._branches([node.body, None])
            case tree.Conditional():
                self.visit(node.condition)
                self._branches([node.then, node.otherwise])
            case tree.Binary(op="&&" | "||"):
                self.visit(node.left)
                self._branches([node.right, None])
            case tree.HeaderCall():
                self._header_call(node)
            case tree.StackCall():
                self.visit(node.stack)
                self._write(node.stack, surely=False)
            case tree.Call():
                self._call(node)
            case tree.VariableRef() | tree.Member() | tree.StackIndex() | tree.TupleIndex():
                self._read(node)
            case tree.StackNext() | tree.StackLast() | tree.StackLastIndex():
                self._read(node)
            case _:
                for part in rewrite.parts(node):
                    self.visit(part)

    def bind(self, parameters: Sequence[tree.Parameter], arguments: Sequence[tree.Expression]) -> Scope:
        inner = dict(self.scope)
        for parameter, argument in zip(parameters, arguments, strict=False):
            path = location(argument)
            if path is not None:
                is_exact = static_path(argument) is not None and self._is_exact(path)
                inner[parameter] = Bound(frozenset(self.resolve(path)), is_exact)
            else:
                inner[parameter] = Bound(frozenset(accesses(argument, self.scope).reads), is_exact=False)
        return inner

    def resolve(self, path: Path) -> Iterator[Path]:
        """The storage that `path`, written in the terms of the code at hand, is outside of it."""
        bound = self.scope.get(path.root)
        if bound is None:
            yield path
        elif bound.is_exact:
            yield from (Path(base.root, (*base.steps, *path.steps)) for base in bound.paths)
        else:
            yield from bound.paths

    def _is_exact(self, path: Path) -> bool:
        bound = self.scope.get(path.root)
        return bound is None or bound.is_exact

    def _branches(self, bodies: Iterable[object]) -> None:
        """Code of which one or another part runs; None: nothing does."""
        before = set(self.found.overwrites)
        after: list[set[Path]] = []
        for body in bodies:
            self.found.overwrites = set(before)
            self.visit(body)
            after.append(self.found.overwrites)
        self.found.overwrites = set.intersection(*after) if after else before

    def _read(self, expression: tree.Expression) -> None:
        path = location(expression)
        if path is None:
            for part in rewrite.parts(expression):
                self.visit(part)
        else:
            for outside in self.resolve(path):
                self.note_read(outside)
        self.visit_indexes(expression)

    def _write(self, target: tree.Expression, surely: bool = True) -> None:
        path = location(target)
        if path is None:
            return
        is_exact = static_path(target) is not None and self._is_exact(path)
        for outside in self.resolve(whole_union(target) or path):
            self.found.write(outside, surely and is_exact)

    def visit_indexes(self, expression: tree.Expression) -> None:
        """The indexes inside an l-value, which are read even where it is written."""
        for node in rewrite.walk(expression):
            if isinstance(node, tree.StackIndex) and not isinstance(node.index, tree.IntLiteral):
                self.visit(node.index)

    def _header_call(self, call: tree.HeaderCall) -> None:
        path = location(call.header)
        if path is None:
            self.visit(call.header)
            return
        self.visit_indexes(call.header)
        union = path if isinstance(call.header.type, t.HeaderUnionType) else whole_union(call.header)
        is_exact = static_path(call.header) is not None and self._is_exact(path)
        for outside in self.resolve(union or path):
            validity = outside / VALID if union is None and is_exact else outside
            if call.op is tree.HeaderOp.IS_VALID:
                self.note_read(validity)
            else:
                self.found.write(validity, surely=union is None and is_exact)

    def _call(self, call: tree.Call) -> None:
        if isinstance(call, tree.ExternFunctionCall) and call.function.name == "mark_to_drop" and call.arguments:
            path = location(call.arguments[0])
            for base in self.resolve(path) if path is not None else ():
                for name in _DROP_FIELDS:
                    self.found.write(base / name, surely=True)
            return
        if isinstance(call, tree.ActionCall):
            self._run(call.action.parameters, call.arguments, call.action.body)
        elif isinstance(call, tree.FunctionCall):
            self._run(call.function.parameters, call.arguments, call.function.body)
        else:
            self._extern_call(call)

    def _run(
        self, parameters: Sequence[tree.Parameter], arguments: Sequence[tree.Expression], body: tree.Block
    ) -> None:
        for parameter, argument in zip(parameters, arguments, strict=True):
            if parameter.direction in (tree.Direction.OUT, tree.Direction.INOUT):
                self.visit_indexes(argument)
            elif location(argument) is None:
                self.visit(argument)
        self.inner(self.bind(parameters, arguments)).visit(body)

    def _extern_call(self, call: tree.Call) -> None:
        state = _register(call)
        if isinstance(call, tree.MethodCall) and state is not None:
            if call.method.name == "write":
                self.found.write(state, surely=False)
            else:
                self.found.read(state)
        for argument, direction in zip(call.arguments, directions(call), strict=True):
            if direction is tree.Direction.OUT:
                self.visit_indexes(argument)
            else:
                self.visit(argument)
        for argument, direction in zip(call.arguments, directions(call), strict=True):
            if direction in (tree.Direction.OUT, tree.Direction.INOUT):
                self._write(argument)


def _register(call: tree.Call) -> Path | None:
    """The cells of the register that a method is called of."""
    receiver = call.receiver if isinstance(call, tree.MethodCall) else None
    if isinstance(receiver, tree.ExternInstance) and receiver.type.name == "register":
        return Path(receiver)
    return None
