"""Which storage a whole program reads and writes, by the part that each block's parameters play.

The blocks of a package have parameters of their own for the same headers and metadata: here both are called as the
first parser calls them. Extracting and emitting a header uses none of its fields; a field in a list that survives a
clone, resubmit or recirculation is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from compiler import tree
from compiler import types as t
from compiler.analysis.accesses import Accesses, Collector, Scope
from compiler.passes.paths import Path, location

_PACKET_TYPES = ("packet_in", "packet_out")


@dataclass(slots=True)
class Usage:
    """Paths below `hdr` or `meta` of the program; `extracted` and `emitted` are whole headers. `calls` counts extern
    functions and methods by name, once for each place in the source.
    """

    reads: set[Path] = field(default_factory=set)
    writes: set[Path] = field(default_factory=set)
    extracted: set[Path] = field(default_factory=set)
    emitted: set[Path] = field(default_factory=set)
    calls: dict[str, int] = field(default_factory=dict)

    def is_read(self, path: Path) -> bool:
        return any(other.overlaps(path) for other in self.reads)

    def is_written(self, path: Path) -> bool:
        return any(other.overlaps(path) for other in self.writes)


def program_usage(program: tree.Program) -> Usage:
    usage = Usage()
    roots: dict[t.Type, tree.Declaration] = {}
    seen: set[int] = set()
    for block in tree.main_instances(program):
        renamed: dict[tree.Declaration, tree.Declaration] = {
            parameter: roots.setdefault(parameter.type, parameter) for parameter in block.parameters
        }
        found = Accesses()
        collector = _UsageCollector({}, found, usage, seen)
        collector.block(block)
        for paths, into in (
            (collector.every_read, usage.reads),
            (found.writes, usage.writes),
            (collector.extracted, usage.extracted),
            (collector.emitted, usage.emitted),
        ):
            into |= {Path(renamed.get(path.root, path.root), path.steps) for path in paths}
    return usage


class _UsageCollector(Collector):
    """Also goes into tables, inner blocks and parser states. `seen`: the calls that are counted already."""

    def __init__(
        self,
        scope: Scope,
        found: Accesses,
        usage: Usage | None = None,
        seen: set[int] | None = None,
        outer: _UsageCollector | None = None,
    ) -> None:
        super().__init__(scope, found)
        self.usage: Usage = outer.usage if outer else usage or Usage()
        self.seen: set[int] = outer.seen if outer else seen if seen is not None else set()
        self.every_read: set[Path] = outer.every_read if outer else set()
        self.extracted: set[Path] = outer.extracted if outer else set()
        self.emitted: set[Path] = outer.emitted if outer else set()

    def inner(self, scope: Scope) -> _UsageCollector:
        return _UsageCollector(scope, self.found, outer=self)

    def note_read(self, path: Path) -> None:
        self.every_read.add(path)

    def block(self, block: tree.Parser | tree.Control) -> None:
        for variable in block.variables:
            self.visit(variable.initializer)
        if isinstance(block, tree.Control):
            self.visit(block.body)
            return
        for state in block.states:
            self.visit(state.statements)
            self.visit(state.transition)

    def visit(self, node: object) -> None:
        if isinstance(node, tree.ExternFunctionCall | tree.MethodCall) and id(node) not in self.seen:
            self.seen.add(id(node))
            name = _call_name(node)
            self.usage.calls[name] = self.usage.calls.get(name, 0) + 1
        match node:
            case tree.TableApply():
                self._table(node.table)
            case tree.ActionSwitch():
                self._table(node.table)
                self.visit([case.body for case in node.cases])
            case tree.ControlApply():
                self.inner(self.bind(node.control.parameters, node.arguments)).block(node.control)
            case tree.ParserApply():
                self.inner(self.bind(node.parser.parameters, node.arguments)).block(node.parser)
            case tree.MethodCall() if _is_packet(node):
                self._packet_call(node)
            case _:
                super().visit(node)

    def _table(self, table: tree.Table) -> None:
        self.visit([key.expression for key in table.keys])
        for member in table.actions:
            parameters = member.action.parameters[: len(member.arguments)]
            self.inner(self.bind(parameters, member.arguments)).visit(member.action.body)
        default = table.default_action
        if default is not None and all(member.action is not default.action for member in table.actions):
            self.visit(default.action.body)

    def _packet_call(self, call: tree.MethodCall) -> None:
        header, *others = call.arguments or (None,)
        self.visit(others)
        if header is None or isinstance(header, tree.DontCare):
            return
        path = location(header)
        if call.method.name not in ("extract", "emit") or path is None:
            self.visit(header)
            return
        self.visit_indexes(header)
        (self.extracted if call.method.name == "extract" else self.emitted).update(self.resolve(path))


def _is_packet(call: tree.MethodCall) -> bool:
    receiver = call.receiver
    return (
        isinstance(receiver, tree.Parameter)
        and isinstance(receiver.type, t.ExternType)
        and receiver.type.name in _PACKET_TYPES
    )


def _call_name(call: tree.ExternFunctionCall | tree.MethodCall) -> str:
    if isinstance(call, tree.ExternFunctionCall):
        return call.function.name
    receiver = call.receiver
    owner = receiver.type.name if isinstance(receiver.type, t.ExternType) else str(receiver.type)
    return f"{owner}.{call.method.name}"


def leaves(type_: t.Type, path: Path, names: Sequence[str] = ()) -> list[tuple[tuple[str, ...], t.Type, Path]]:
    """The scalar fields below `path`, each with its name's parts, type and path."""
    if isinstance(type_, t.FieldsType):
        return [leaf for f in type_.fields for leaf in leaves(f.type, path / f.name, (*names, f.name))]
    if isinstance(type_, t.StackType):
        return [
            leaf
            for i in range(type_.size)
            for leaf in leaves(type_.element, path / i, (*names[:-1], f"{names[-1]}[{i}]"))
        ]
    if isinstance(type_, t.TupleType):
        return [leaf for i, e in enumerate(type_.elements) for leaf in leaves(e, path / i, (*names, str(i)))]
    return [(tuple(names), type_, path)]
