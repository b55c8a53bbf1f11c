"""A control as a graph of what runs after what: tables, conditions and statements, all inner controls written out.

A node stands for one place in the source: a table that is applied in two places is there twice. Statements that follow
one another without a choice between them are one node. `return` leads to what follows the (inner) control, `exit` to
the end of all; the edges that lead back from the end of a loop's body are marked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from compiler import rewrite, tree
from compiler.analysis.accesses import Accesses, Scope, accesses, action_accesses, bind
from compiler.analysis.wording import quote
from compiler.diagnostics import Sources, Span
from compiler.passes.paths import Path

_CONDITION_WIDTH = 36
_NO_PATHS: frozenset[Path] = frozenset()


class FlowKind(Enum):
    ENTRY = "entry"
    EXIT = "exit"
    TABLE = "table"
    CONDITION = "condition"
    SWITCH = "switch"
    LOOP = "loop"
    STATEMENTS = "statements"


@dataclass(eq=False, slots=True)
class FlowNode:
    """`matches` decide where control goes or which entry is hit; `reads` and `writes` are those of the actions or
    statements. All in the storage of the outermost control. `lines`: the statements, the condition.
    """

    number: int
    kind: FlowKind
    name: str
    span: Span
    lines: list[str] = field(default_factory=list)
    table: tree.Table | None = None
    matches: frozenset[Path] = _NO_PATHS
    reads: frozenset[Path] = _NO_PATHS
    writes: frozenset[Path] = _NO_PATHS


@dataclass(frozen=True, slots=True)
class FlowEdge:
    """`label`: "true", "hit", an action, a case ...; "" where there is no choice. `back`: to the head of a loop."""

    source: FlowNode
    target: FlowNode
    label: str = ""
    back: bool = False


@dataclass(slots=True)
class Flow:
    """`nodes` in the order of the source, ENTRY first, EXIT last."""

    control: tree.Control
    nodes: list[FlowNode] = field(default_factory=list)
    edges: list[FlowEdge] = field(default_factory=list)


def control_flow(control: tree.Control, sources: Sources) -> Flow:
    return _Builder(control, sources).build()


_End = tuple[FlowNode, str]
"""An edge that does not lead anywhere yet: where it comes from, and its label."""


@dataclass(slots=True)
class _Jumps:
    """Where the jumps inside a control or loop end up."""

    returns: list[_End]
    breaks: list[_End]
    continues: list[_End]


class _Builder:
    def __init__(self, control: tree.Control, sources: Sources) -> None:
        self.flow = Flow(control)
        self.sources = sources
        self.exits: list[_End] = []
        self.ends: list[_End] = []
        self.scope: Scope = {}
        self.open: tuple[FlowNode, Accesses] | None = None
        """The node to which the next statement is added, if control can only come from there."""

    def build(self) -> Flow:
        control = self.flow.control
        entry = self._add(FlowKind.ENTRY, control.name, control.type_span)
        self.ends = [(entry, "")]
        jumps = _Jumps([], [], [])
        self._control_body(control, jumps)
        self.ends += jumps.returns + self.exits
        self._add(FlowKind.EXIT, "end", control.type_span)
        return self.flow

    def _control_body(self, control: tree.Control, jumps: _Jumps) -> None:
        for variable in control.variables:
            if variable.initializer is not None:
                declare = tree.Declare(variable.span, variable, variable.initializer)
                self._statement(declare)
        self._block(control.body, jumps)

    # --- nodes and edges ---

    def _add(self, kind: FlowKind, name: str, span: Span, table: tree.Table | None = None) -> FlowNode:
        """A node that all open ends lead to, and the only one that goes on."""
        self._close()
        node = FlowNode(len(self.flow.nodes), kind, name, span, table=table)
        self.flow.nodes.append(node)
        self._connect(self.ends, node)
        self.ends = [(node, "")]
        return node

    def _connect(self, ends: Iterable[_End], target: FlowNode, back: bool = False) -> None:
        for source, label in dict.fromkeys(ends):
            self.flow.edges.append(FlowEdge(source, target, label, back))

    def _close(self) -> None:
        """Settle what the open statements read and write."""
        if self.open is not None:
            node, found = self.open
            # Variables of the block may be read by what follows: only those of actions and functions are its own.
            node.reads, node.writes = frozenset(found.reads), frozenset(found.writes)
            self.open = None

    # --- statements ---

    def _block(self, block: tree.Block | None, jumps: _Jumps) -> None:
        for statement in block.statements if block is not None else ():
            self._visit(statement, jumps)

    def _visit(self, statement: tree.Statement, jumps: _Jumps) -> None:
        match statement:
            case tree.Block():
                self._block(statement, jumps)
            case tree.If():
                self._if(statement, jumps)
            case tree.ActionSwitch():
                self._action_switch(statement, jumps)
            case tree.Switch():
                self._switch(statement, jumps)
            case tree.For() | tree.ForIn():
                self._loop(statement, jumps)
            case tree.Return():
                self._leave(jumps.returns)
            case tree.Break():
                self._leave(jumps.breaks)
            case tree.Continue():
                self._leave(jumps.continues)
            case tree.Exit():
                self._leave(self.exits)
            case tree.CallStatement(call=tree.TableApply() as call):
                self._apply_table(call.table)
            case tree.CallStatement(call=tree.ControlApply() as call):
                self._apply_control(call)
            case _:
                self._tables_in(statement)
                self._statement(statement)

    def _leave(self, to: list[_End]) -> None:
        self._close()
        to += self.ends
        self.ends = []

    def _statement(self, statement: tree.Statement) -> None:
        if self.open is None:
            self.open = (self._add(FlowKind.STATEMENTS, "", statement.span), Accesses())
        node, found = self.open
        more = accesses(statement, self.scope)
        declared = {statement.variable} if isinstance(statement, tree.Declare) else set()
        inner = more.own - declared
        for path in more.reads:
            if path.root not in inner:
                found.read(path)
        found.writes |= {path for path in more.writes if path.root not in inner}
        found.overwrites |= {path for path in more.overwrites if path.root not in inner}
        node.lines.append(quote(self.sources, statement.span) or "…")

    def _tables_in(self, node: object) -> None:
        """The tables that are applied inside an expression, before the rest of it is evaluated."""
        for part in rewrite.walk(node):
            if isinstance(part, tree.TableApply):
                self._apply_table(part.table)

    def _apply_table(self, table: tree.Table) -> FlowNode:
        node = self._add(FlowKind.TABLE, table.control_plane_name, table.span, table)
        node.matches = frozenset(accesses([key.expression for key in table.keys], self.scope).reads)
        reads: set[Path] = set()
        writes: set[Path] = set()
        runs = [(member.action, member.arguments) for member in table.actions]
        default = table.default_action
        if default is not None and all(action is not default.action for action, _ in runs):
            runs.append((default.action, default.arguments))
        for action, arguments in runs:
            some_reads, some_writes = action_accesses(action, arguments, self.scope).outside()
            reads |= some_reads
            writes |= some_writes
        node.reads, node.writes = frozenset(reads), frozenset(writes)
        return node

    def _apply_control(self, call: tree.ControlApply) -> None:
        self._close()
        outer = self.scope
        self.scope = bind(call.control.parameters, call.arguments, outer)
        jumps = _Jumps([], [], [])
        self._control_body(call.control, jumps)
        self._close()
        self.ends += jumps.returns
        self.scope = outer

    # --- choices ---

    def _condition(self, kind: FlowKind, text: str, condition: object, span: Span) -> FlowNode:
        node = self._add(kind, text, span)
        node.lines = [text]
        node.matches = frozenset(accesses(condition, self.scope).reads)
        return node

    def _if(self, statement: tree.If, jumps: _Jumps) -> None:
        condition, then, otherwise = statement.condition, "true", "false"
        while isinstance(condition, tree.Unary) and condition.op == "!":
            condition, then, otherwise = condition.operand, otherwise, then
        if isinstance(condition, tree.TableApply):
            node = self._apply_table(condition.table)
            hit = condition.result is tree.TableResult.HIT
            results = {"true": "hit" if hit else "miss", "false": "miss" if hit else "hit"}
            then, otherwise = results[then], results[otherwise]
        else:
            then, otherwise = "true", "false"
            self._tables_in(statement.condition)
            text = quote(self.sources, statement.condition.span, _CONDITION_WIDTH) or "if"
            node = self._condition(FlowKind.CONDITION, text, statement.condition, statement.condition.span)
        self.ends = [(node, then)]
        self._block(statement.then, jumps)
        self._close()
        after = self.ends
        self.ends = [(node, otherwise)]
        self._block(statement.otherwise, jumps)
        self._close()
        self.ends = after + self.ends

    def _action_switch(self, statement: tree.ActionSwitch, jumps: _Jumps) -> None:
        node = self._apply_table(statement.table)
        cases = [
            ([action.name for action in case.actions] + ["default"] * case.default, case.body)
            for case in statement.cases
        ]
        self._cases(node, cases, jumps)

    def _switch(self, statement: tree.Switch, jumps: _Jumps) -> None:
        self._tables_in(statement.subject)
        subject = quote(self.sources, statement.subject.span, _CONDITION_WIDTH)
        node = self._condition(FlowKind.SWITCH, f"switch ({subject})", statement.subject, statement.span)
        cases = [
            ([quote(self.sources, label.span, 24) for label in case.labels] + ["default"] * case.default, case.body)
            for case in statement.cases
        ]
        self._cases(node, cases, jumps)

    def _cases(self, node: FlowNode, cases: list[tuple[list[str], tree.Block]], jumps: _Jumps) -> None:
        after: list[_End] = []
        for labels, body in cases:
            self.ends = [(node, ", ".join(labels))]
            self._block(body, jumps)
            self._close()
            after += self.ends
        if not any("default" in labels for labels, _ in cases):
            after.append((node, "default"))
        self.ends = after

    def _loop(self, statement: tree.For | tree.ForIn, jumps: _Jumps) -> None:
        if isinstance(statement, tree.For):
            for before in statement.init:
                self._visit(before, jumps)
            text = quote(self.sources, statement.condition.span, _CONDITION_WIDTH)
            head = self._condition(FlowKind.LOOP, f"for ({text})", statement.condition, statement.span)
        else:
            text = quote(self.sources, statement.collection.span, _CONDITION_WIDTH)
            name = f"for ({statement.variable.name} in {text})"
            head = self._condition(FlowKind.LOOP, name, statement.collection, statement.span)
            head.writes = frozenset({Path(statement.variable)})
        inner = _Jumps(jumps.returns, [], [])
        self.ends = [(head, "next")]
        self._block(statement.body, inner)
        self._close()
        self.ends += inner.continues
        if isinstance(statement, tree.For):
            for after in statement.update:
                self._visit(after, jumps)
        self._close()
        self._connect(self.ends, head, back=True)
        self.ends = [(head, "done"), *inner.breaks]
