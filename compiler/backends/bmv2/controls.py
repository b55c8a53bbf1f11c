"""`pipelines`: a control as a graph of tables and conditions.

The body is walked from its end to its start, so that each node knows what comes next. A table is one node of the graph;
where different things follow it, conditions after it ask at which place it was applied (passes/mark_places.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler import rewrite, tree
from compiler.backends.bmv2.expressions import Expressions
from compiler.backends.bmv2.layout import Json
from compiler.backends.bmv2.source_info import source_info
from compiler.backends.bmv2.tables import TableWriter, profile_of
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.diagnostics import Diagnostics, Span
from compiler.passes import build

Node = str | None
"""The name of a node; None is the end of the pipeline."""


@dataclass(frozen=True, slots=True)
class _Site:
    """One of the places where a table is applied: the number that `variable` has there, and what follows."""

    variable: tree.Variable
    number: int
    nexts: dict[str, Node]
    default: Node
    span: Span


class Numbers:
    """Ids of tables, conditions and profiles, which are unique in the whole file."""

    def __init__(self) -> None:
        self.tables = self.conditions = self.profiles = self.nodes = 0


class ControlWriter:
    def __init__(
        self, expressions: Expressions, tables: TableWriter, numbers: Numbers, diagnostics: Diagnostics
    ) -> None:
        self.expressions = expressions
        self.tables = tables
        self.numbers = numbers
        self.diagnostics = diagnostics
        self._written: dict[tree.Table, Json] = {}
        self._sites: dict[tree.Table, list[_Site]] = {}
        self._control_places: dict[tree.Statement, tuple[tree.Variable, int]] = {}
        self._conditions: list[Json] = []
        self._places: dict[tree.Label, Node] = {}

    def write(self, name: str, number: int, control: tree.Control) -> Json:
        """The `pipelines` entry of `control`."""
        order = applied_tables(control)
        ids = {table: self.numbers.tables + i for i, table in enumerate(order)}
        self.numbers.tables += len(order)
        for table in order:
            try:
                self._written[table] = self.tables.write(table, ids[table])
            except Unsupported as problem:
                problem.report(self.diagnostics)
        self._control_places = control.places
        start = self._sequence(control.body.statements, None)
        for table, sites in self._sites.items():
            try:
                self._join(table, sites)
            except Unsupported as problem:
                problem.report(self.diagnostics)
        conditions = self._conditions[::-1]
        for condition in conditions:
            condition["id"] = self.numbers.conditions
            self.numbers.conditions += 1
        return {
            "name": name,
            "id": number,
            **source_info(control.type_span, self.diagnostics.sources),
            "init_table": start,
            "tables": list(self._written.values()),
            "action_profiles": self._profiles(order),
            "conditionals": conditions,
        }

    def _sequence(self, statements: Sequence[tree.Statement], after: Node) -> Node:
        """The first node of `statements`, which go on with `after`."""
        for statement in reversed(statements):
            try:
                after = self._statement(statement, after)
            except Unsupported as problem:
                problem.report(self.diagnostics)
        return after

    def _statement(self, statement: tree.Statement, after: Node) -> Node:
        match statement:
            case tree.Block():
                return self._sequence(statement.statements, after)
            case tree.CallStatement(call=tree.TableApply() as apply):
                return self._plain(apply.table, statement, after)
            case tree.If():
                return self._if(statement, after)
            case tree.ActionSwitch():
                return self._switch(statement, after)
            case tree.Scope():
                self._places[statement.label] = after
                return self._sequence(statement.body.statements, after)
            case tree.Leave():
                return self._places[statement.label]
            case tree.Exit():
                return None
            case tree.Loop():
                return self._loop(statement)
            case _:
                raise Unsupported("this statement cannot stand in a control on this target", statement.span)

    # --- tables ---

    def _plain(self, table: tree.Table, statement: tree.Statement, after: Node) -> Node:
        names = self._actions(table)
        return self._table(table, statement, dict.fromkeys(names, after), after)

    def _switch(self, statement: tree.ActionSwitch, after: Node) -> Node:
        table = statement.table
        targets: dict[str, Node] = {}
        default = after
        for case in statement.cases:
            target = self._sequence(case.body.statements, after)
            targets |= {action.control_plane_name: target for action in case.actions}
            if case.default:
                default = target
        nexts = {name: targets.get(name, default) for name in self._actions(table)}
        missed = table.default_action.action if table.default_action else self.tables.no_action
        return self._table(table, statement, nexts, targets.get(missed.control_plane_name, default))

    def _actions(self, table: tree.Table) -> list[str]:
        return list(self._written[table]["actions"]) if table in self._written else []

    def _table(self, table: tree.Table, statement: tree.Statement, nexts: dict[str, Node], default: Node) -> Node:
        """The node of `table`, with what follows it."""
        json = self._written.get(table)
        if json is None:
            return None  # refused already
        place = self._control_places.get(statement)
        if place is not None:
            self._sites.setdefault(table, []).append(_Site(*place, nexts, default, statement.span))
        elif "next_tables" in json and (json["next_tables"], json["base_default_next"]) != (nexts, default):
            raise AssertionError(f"mark_places missed that different things follow {table.name}")
        json["base_default_next"] = default
        json["next_tables"] = nexts
        return str(json["name"])

    def _join(self, table: tree.Table, sites: Sequence[_Site]) -> None:
        """What follows a table that is applied at several `sites`: conditions that ask for the place."""
        json = self._written[table]
        by_hit = [site for site in sites if "__HIT__" in site.nexts]
        switching = [site for site in sites if site not in by_hit and len(set(site.nexts.values())) > 1]
        if by_hit and switching:
            raise Unsupported(
                f"table {table.name} is asked for a hit at one place and for its action at another, which this target "
                "cannot tell apart",
                switching[0].span,
            )
        keys = ["__HIT__", "__MISS__"] if by_hit else list(json["actions"])
        known: dict[tuple[Node, ...], Node] = {}
        json["next_tables"] = {
            key: self._choice(sites, tuple(s.nexts.get(key, s.default) for s in sites), known) for key in keys
        }
        defaults = tuple(None if by_hit else site.default for site in sites)
        json["base_default_next"] = self._choice(sites, defaults, known)

    def _choice(self, sites: Sequence[_Site], targets: tuple[Node, ...], known: dict[tuple[Node, ...], Node]) -> Node:
        """The node that goes on with the target of the site that was applied; `known`: those that were made."""
        if targets not in known:
            after = targets[-1]
            for site, target in zip(reversed(sites[:-1]), reversed(targets[:-1]), strict=True):
                if target == after:
                    continue
                place = build.ref(site.variable, site.span)
                test = build.equal(place, build.integer(site.number, site.variable.type, site.span))
                after = self._condition(self.expressions.condition(test), target, after, site.span)
            known[targets] = after
        return known[targets]

    # --- conditions ---

    def _if(self, statement: tree.If, after: Node) -> Node:
        then = self._sequence(statement.then.statements, after)
        otherwise = self._sequence(statement.otherwise.statements, after) if statement.otherwise else after
        condition = statement.condition
        if isinstance(condition, tree.Unary) and isinstance(condition.operand, tree.TableApply):
            condition, then, otherwise = condition.operand, otherwise, then
        if isinstance(condition, tree.TableApply):
            if condition.result is tree.TableResult.MISS:
                then, otherwise = otherwise, then
            return self._table(condition.table, statement, {"__HIT__": then, "__MISS__": otherwise}, None)
        if then == otherwise:
            return then
        return self._condition(self.expressions.condition(condition), then, otherwise, condition.span)

    def _loop(self, statement: tree.Loop) -> Node:
        """A circle: the body goes on with the node that goes on with the body."""
        head = self._condition({"type": "bool", "value": True}, None, None, statement.span)
        json = self._conditions[-1]
        json["true_next"] = json["false_next"] = self._sequence(statement.body.statements, head)
        return head

    def _condition(self, expression: Json, then: Node, otherwise: Node, span: Span) -> str:
        name = f"node_{self.numbers.nodes}"
        self.numbers.nodes += 1
        info = source_info(span, self.diagnostics.sources)
        self._conditions.append(
            {"name": name, "id": 0, **info, "expression": expression, "true_next": then, "false_next": otherwise}
        )
        return name

    # --- action profiles ---

    def _profiles(self, tables: list[tree.Table]) -> list[Json]:
        users: dict[tree.ExternInstance, list[tree.Table]] = {}
        for table in tables:
            profile = profile_of(table)
            if profile is not None:
                users.setdefault(profile, []).append(table)
        written: list[Json] = []
        for profile, sharing in users.items():
            try:
                written.append(self.tables.profile(profile, sharing, self.numbers.profiles))
                self.numbers.profiles += 1
            except Unsupported as problem:
                problem.report(self.diagnostics)
        return written


def applied_tables(control: tree.Control) -> list[tree.Table]:
    """The tables that `control` applies, in source order."""
    found: dict[tree.Table, None] = {}
    for node in rewrite.walk(control.body):
        if isinstance(node, tree.TableApply | tree.ActionSwitch):
            found.setdefault(node.table)
    return list(found)
