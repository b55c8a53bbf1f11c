"""Which table waits for which, and how many stages that takes.

After "Forwarding Metamorphosis" (Bosshart et al., SIGCOMM 2013) and "Compiling Packet Programs to Reconfigurable
Switches" (Jose et al., NSDI 2015). For A before B on some path through the control:

    match      A writes what B matches on (its key, or the condition that it is): B comes at least a stage later
    action     A writes what B's action reads or writes: at least a stage later
    reverse    B writes what A matches on or A's action reads: not earlier than A, the same stage will do
    control    whether B runs depends on what A came to (hit, miss, action, condition): not earlier than A

Conditions and statements outside of tables are nodes as tables are; a condition costs no stage of its own, but what it
decides waits for what the condition reads. A node's stage is the length of the longest chain before it: what no
arrangement of tables can undercut, however much memory there is. Loops count as if their body ran once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from compiler.analysis.accesses import describe
from compiler.analysis.flow import Flow, FlowKind, FlowNode
from compiler.passes.paths import Path


class DependencyKind(Enum):
    """In order of strength; `stages`: how much later B is than A at least."""

    MATCH = "match"
    ACTION = "action"
    CONTROL = "control"
    REVERSE = "reverse"

    @property
    def stages(self) -> int:
        return 1 if self in (DependencyKind.MATCH, DependencyKind.ACTION) else 0


@dataclass(frozen=True, slots=True)
class Dependency:
    """`fields`: what is written and used, sorted; empty for CONTROL."""

    source: FlowNode
    target: FlowNode
    kind: DependencyKind
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class Dependencies:
    """`stage` of each node that does something, from 1. `essential` are the dependencies that no chain of others
    implies; `critical` is a longest chain of these, from its start to its end.
    """

    nodes: list[FlowNode]
    edges: list[Dependency]
    essential: list[Dependency] = field(default_factory=list)
    stage: dict[FlowNode, int] = field(default_factory=dict)
    critical: list[Dependency] = field(default_factory=list)

    @property
    def stages(self) -> int:
        return max(self.stage.values(), default=0)

    @property
    def critical_nodes(self) -> list[FlowNode]:
        if not self.critical:
            return self.nodes[:1]
        return [self.critical[0].source, *(edge.target for edge in self.critical)]


def dependencies(flow: Flow) -> Dependencies:
    """Every dependency between nodes of `flow`, in the order of the nodes."""
    nodes = [node for node in flow.nodes if node.kind not in (FlowKind.ENTRY, FlowKind.EXIT)]
    after = _reachable(flow)
    found: dict[tuple[FlowNode, FlowNode, DependencyKind], set[str]] = defaultdict(set)
    _data_dependencies(nodes, after, found)
    for source, target in _control_dependencies(flow):
        found[source, target, DependencyKind.CONTROL] = set()
    order = list(DependencyKind)
    keys = sorted(found, key=lambda key: (key[0].number, key[1].number, order.index(key[2])))
    made = Dependencies(nodes, [Dependency(*key, tuple(sorted(found[key]))) for key in keys])
    made.essential = _essential(made)
    _assign_stages(made)
    made.critical = _longest_chain(made)
    return made


def _essential(found: Dependencies) -> list[Dependency]:
    """Between two nodes the strongest dependency, and none that a longer way round demands anyway. What is left gives
    every node the same stage.
    """
    strongest: dict[tuple[FlowNode, FlowNode], Dependency] = {}
    for edge in found.edges:
        known = strongest.get((edge.source, edge.target))
        if known is None or edge.kind.stages > known.kind.stages:
            strongest[edge.source, edge.target] = edge
    implied, implied_late = _implied(found.nodes, list(strongest.values()))
    return [
        edge
        for edge in strongest.values()
        if not (implied_late if edge.kind.stages else implied)[edge.source] >> edge.target.number & 1
    ]


def _implied(nodes: list[FlowNode], edges: list[Dependency]) -> tuple[dict[FlowNode, int], dict[FlowNode, int]]:
    """For each node those that a chain of at least two dependencies leads to, as bits by number; and those that such a
    chain puts at least a stage later.
    """
    out: dict[FlowNode, list[Dependency]] = defaultdict(list)
    for edge in edges:
        out[edge.source].append(edge)
    after: dict[FlowNode, int] = {}
    later: dict[FlowNode, int] = {}
    implied: dict[FlowNode, int] = {}
    implied_late: dict[FlowNode, int] = {}
    for node in reversed(nodes):  # numbers grow along every dependency
        direct = direct_late = by_others = by_others_late = 0
        for edge in out[node]:
            bit = 1 << edge.target.number
            direct |= bit
            by_others |= after[edge.target]
            if edge.kind.stages:
                direct_late |= bit
                by_others_late |= after[edge.target]
            else:
                by_others_late |= later[edge.target]
        after[node], later[node] = direct | by_others, direct_late | by_others_late
        implied[node], implied_late[node] = by_others, by_others_late
    return implied, implied_late


# --- control flow ---


def _successors(flow: Flow) -> dict[FlowNode, list[FlowNode]]:
    """What may run next, where the end of a loop's body goes on with what follows the loop."""
    successors: dict[FlowNode, list[FlowNode]] = defaultdict(list)
    done = {edge.source: edge.target for edge in flow.edges if edge.label == "done" and not edge.back}
    for edge in flow.edges:
        if not edge.back:
            successors[edge.source].append(edge.target)
        elif edge.source is not edge.target and edge.target in done:
            successors[edge.source].append(done[edge.target])
    return successors


def _reachable(flow: Flow) -> dict[FlowNode, int]:
    """For each node the set of those that may run after it, as bits by number; loops are not gone round."""
    successors = _successors(flow)
    after: dict[FlowNode, int] = {}
    for node in reversed(flow.nodes):
        bits = 0
        for successor in successors[node]:
            bits |= 1 << successor.number | after[successor]
        after[node] = bits
    return after


def _control_dependencies(flow: Flow) -> Iterable[tuple[FlowNode, FlowNode]]:
    """(A, B) where A has a way on which B surely runs, and another on which it may not (Ferrante et al., 1987)."""
    successors = _successors(flow)
    surely: dict[FlowNode, int] = {}
    for node in reversed(flow.nodes):
        common = -1
        for successor in successors[node]:
            common &= surely[successor]
        surely[node] = (common if successors[node] else 0) | 1 << node.number
    for node in flow.nodes:
        if len(set(successors[node])) < 2:
            continue
        decided = 0
        for successor in successors[node]:
            decided |= surely[successor] & ~surely[node]
        for other in flow.nodes:
            if decided >> other.number & 1 and other.kind is not FlowKind.EXIT:
                yield node, other


# --- data ---


class _Index:
    """Which nodes touch storage that overlaps a path."""

    def __init__(self) -> None:
        self._at: dict[Path, set[FlowNode]] = defaultdict(set)
        self._below: dict[Path, set[FlowNode]] = defaultdict(set)

    def add(self, path: Path, node: FlowNode) -> None:
        self._at[path].add(node)
        for length in range(len(path.steps)):
            self._below[Path(path.root, path.steps[:length])].add(node)

    def overlapping(self, path: Path) -> set[FlowNode]:
        found = self._at.get(path, set()) | self._below.get(path, set())
        for length in range(len(path.steps)):
            found |= self._at.get(Path(path.root, path.steps[:length]), set())
        return found


def _data_dependencies(
    nodes: list[FlowNode],
    after: dict[FlowNode, int],
    found: dict[tuple[FlowNode, FlowNode, DependencyKind], set[str]],
) -> None:
    writers, users = _Index(), _Index()
    for node in nodes:
        for path in node.writes:
            writers.add(path, node)
        for path in node.matches | node.reads:
            users.add(path, node)

    def note(path: Path, target: FlowNode, sources: set[FlowNode], kind: DependencyKind) -> None:
        text = describe(path)
        for source in sources:
            if after[source] >> target.number & 1:
                found[source, target, kind].add(text)

    for node in nodes:
        for path in node.matches:
            note(path, node, writers.overlapping(path), DependencyKind.MATCH)
        for path in node.reads | node.writes:
            note(path, node, writers.overlapping(path), DependencyKind.ACTION)
        for path in node.writes:
            note(path, node, users.overlapping(path), DependencyKind.REVERSE)


def _assign_stages(found: Dependencies) -> None:
    into: dict[FlowNode, list[Dependency]] = defaultdict(list)
    for edge in found.edges:
        into[edge.target].append(edge)
    for node in found.nodes:  # numbers grow along every dependency
        found.stage[node] = max((found.stage[e.source] + e.kind.stages for e in into[node]), default=1)


def _longest_chain(found: Dependencies) -> list[Dependency]:
    """From the first of the last stage's nodes back by essential links that leave no slack."""
    if not found.nodes:
        return []
    into: dict[FlowNode, list[Dependency]] = defaultdict(list)
    for edge in found.essential:
        into[edge.target].append(edge)
    node = next(node for node in found.nodes if found.stage[node] == found.stages)
    chain: list[Dependency] = []
    while found.stage[node] > 1:
        tight = [e for e in into[node] if found.stage[e.source] + e.kind.stages == found.stage[node]]
        edge = min(tight, key=lambda e: (-e.kind.stages, e.source.number))
        chain.append(edge)
        node = edge.source
    return chain[::-1]
