"""Which storage an expression or a statement touches: the question behind every reordering and every saved copy.

A `Path` names storage that is known at compile time: a variable or parameter, and the fields, stack elements and tuple
elements below it. Two paths overlap when one is a prefix of the other. Where an index is known only at run time the
path ends before it, which makes the answer "perhaps" and keeps it safe.

Validity is storage of its own: `isValid` reads `h.$valid$`, which an assignment to `h.f` does not touch. What changes
the validity of a member of a header union changes that of the others (§8.20), so there the path ends at the union.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from compiler import rewrite, tree
from compiler import types as t

VALID = "$valid$"


@dataclass(frozen=True)
class Path:
    """Storage below `root`; a step is a field name, or the index of a stack or tuple element."""

    root: tree.Declaration
    steps: tuple[str | int, ...] = ()

    def __truediv__(self, step: str | int) -> Path:
        return Path(self.root, (*self.steps, step))

    def overlaps(self, other: Path) -> bool:
        if self.root is not other.root:
            return False
        return all(a == b for a, b in zip(self.steps, other.steps, strict=False))

    def above(self) -> Iterator[Path]:
        """The paths that this one lies below."""
        return (Path(self.root, self.steps[:length]) for length in range(len(self.steps)))

    def covers(self, other: Path) -> bool:
        """Whether `other` is this path or lies below it."""
        return self.root is other.root and other.steps[: len(self.steps)] == self.steps


def static_path(expression: tree.Expression) -> Path | None:
    """The path of an l-value that is wholly known at compile time; None for any other expression."""
    match expression:
        case tree.VariableRef():
            return Path(expression.declaration)
        case tree.Member():
            base = static_path(expression.base)
            return base / expression.name if base else None
        case tree.TupleIndex():
            base = static_path(expression.base)
            return base / expression.index if base else None
        case tree.StackIndex(index=tree.IntLiteral() as index):
            base = static_path(expression.base)
            return base / index.value if base else None
        case _:
            return None


def location(expression: tree.Expression) -> Path | None:
    """The smallest path that surely holds the l-value `expression`; None if it is no l-value."""
    match expression:
        case tree.VariableRef():
            return Path(expression.declaration)
        case tree.Member() | tree.TupleIndex() | tree.StackIndex():
            exact = static_path(expression)
            return exact if exact is not None else _cut(expression)
        case tree.Slice() | tree.DynamicSlice() | tree.StackNext() | tree.StackLast() | tree.StackLastIndex():
            return location(expression.base)
        case _:
            return None


def _cut(expression: tree.Member | tree.TupleIndex | tree.StackIndex) -> Path | None:
    """The location of an l-value with an unknown index somewhere: that of the stack."""
    base: tree.Expression = expression
    while isinstance(base, tree.Member | tree.TupleIndex | tree.StackIndex | tree.StackNext | tree.StackLast):
        base = base.base
        path = static_path(base)
        if path is not None:
            return path
    return location(base)


def overlap_any(paths: Iterable[Path], others: Iterable[Path]) -> bool:
    others = tuple(others)
    return any(path.overlaps(other) for path in paths for other in others)


class PathSet:
    """Paths that are asked often whether they overlap others."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._above: set[Path] = set()

    def add(self, path: Path) -> None:
        self._paths.add(path)
        self._above.update(path.above())

    def overlap(self, path: Path) -> bool:
        """Whether any of the paths overlaps `path`."""
        return path in self._paths or path in self._above or not self._paths.isdisjoint(path.above())


@dataclass(slots=True)
class Effects:
    """The paths that may be read and written, and whether there is an `exit`. `bodies`: what is known of actions that
    are called, so that their bodies need not be looked at.
    """

    reads: set[Path] = field(default_factory=set)
    writes: set[Path] = field(default_factory=set)
    exits: bool = False
    bodies: Mapping[tree.Action, Effects] = field(default_factory=dict)

    def add(self, other: Effects) -> None:
        self.reads |= other.reads
        self.writes |= other.writes
        self.exits |= other.exits

    @property
    def touched(self) -> set[Path]:
        return self.reads | self.writes


def reads(expression: object) -> set[Path]:
    """What evaluating `expression` (a node or a sequence of nodes) reads."""
    return effects(expression).reads


def effects(node: object, bodies: Mapping[tree.Action, Effects] | None = None) -> Effects:
    """What running `node` reads and writes: an expression, a statement, or a sequence of these."""
    found = Effects(bodies=bodies or {})
    _collect(node, found)
    return found


def _collect(node: object, found: Effects) -> None:
    match node:
        case None:
            return
        case list() | tuple():
            for item in node:
                _collect(item, found)
        case tree.Assign():
            _write(node.target, found)
            _collect(node.value, found)
        case tree.Declare():
            found.writes.add(Path(node.variable))
            _collect(node.value, found)
        case tree.HeaderCall():
            _header_call(node, found)
        case tree.StackCall():
            _write(node.stack, found)
            _collect(node.stack, found)
        case tree.Call():
            _call(node, found)
        case tree.TableApply():
            _table(node.table, found)
        case tree.ActionSwitch():
            _table(node.table, found)
            _collect(node.cases, found)
        case tree.Exit():
            found.exits = True
        case tree.VariableRef() | tree.Member() | tree.StackIndex() | tree.TupleIndex():
            _read(node, found)
        case tree.StackNext() | tree.StackLast() | tree.StackLastIndex():
            _read(node, found)
        case _:
            for part in rewrite.parts(node):
                _collect(part, found)


def _read(expression: tree.Expression, found: Effects) -> None:
    path = location(expression)
    if path is not None:
        found.reads.add(path)
    else:
        for part in rewrite.parts(expression):
            _collect(part, found)
    _indexes(expression, found)


def _write(target: tree.Expression, found: Effects) -> None:
    path = whole_union(target) or location(target)
    if path is not None:
        found.writes.add(path)
    if isinstance(target, tree.Slice | tree.DynamicSlice):
        _collect(target.base, found)
    _indexes(target, found)


def _indexes(expression: tree.Expression, found: Effects) -> None:
    """The reads of the run-time indexes inside an l-value."""
    for node in rewrite.walk(expression):
        if isinstance(node, tree.StackIndex) and not isinstance(node.index, tree.IntLiteral):
            _collect(node.index, found)
        if isinstance(node, tree.DynamicSlice):
            _collect(node.low, found)


def _header_call(call: tree.HeaderCall, found: Effects) -> None:
    path = location(call.header)
    if path is None:
        _collect(call.header, found)
        return
    _indexes(call.header, found)
    if call.op is tree.HeaderOp.IS_VALID:
        found.reads.add(path if isinstance(call.header.type, t.HeaderUnionType) else path / VALID)
    else:
        found.writes.add(whole_union(call.header) or path)


def whole_union(header: tree.Expression) -> Path | None:
    """The location of the union that the l-value `header` is a member of; None if it is none."""
    if isinstance(header, tree.Member) and isinstance(header.base.type, t.HeaderUnionType):
        return location(header.base)
    return None


def _call(call: tree.Call, found: Effects) -> None:
    for argument, direction in zip(call.arguments, directions(call), strict=True):
        if direction is not tree.Direction.OUT:
            _collect(argument, found)
        else:
            _indexes(argument, found)
        if direction in (tree.Direction.OUT, tree.Direction.INOUT):
            path = whole_union(argument) or location(argument)
            if path is not None:
                found.writes.add(path)
    if isinstance(call, tree.ActionCall | tree.ControlApply):
        _collect(call.after, found)
    if isinstance(call, tree.ActionCall):
        found.add(found.bodies.get(call.action) or effects(call.action.body))
    if isinstance(call, tree.FunctionCall):
        found.exits |= effects(call.function.body).exits
    if isinstance(call, tree.ControlApply):
        found.exits |= effects(call.control.body).exits


def _table(table: tree.Table, found: Effects) -> None:
    _collect([key.expression for key in table.keys], found)
    for member in table.actions:
        _collect(member.action.body, found)
        for argument, parameter in zip(member.arguments, member.action.parameters, strict=False):
            _collect(argument, found)
            if parameter.direction in (tree.Direction.OUT, tree.Direction.INOUT):
                _write(argument, found)


def directions(call: tree.Call) -> list[tree.Direction]:
    """The direction of each argument of `call`."""
    match call:
        case tree.FunctionCall():
            return [p.direction for p in call.function.parameters]
        case tree.ActionCall():
            return [p.direction for p in call.action.parameters]
        case tree.ParserApply():
            return [p.direction for p in call.parser.parameters]
        case tree.ControlApply():
            return [p.direction for p in call.control.parameters]
        case tree.ExternFunctionCall() | tree.MethodCall():
            return [tree.Direction(p.direction) for p in call.signature.parameters]
        case _:
            raise TypeError(f"not a call: {call!r}")
