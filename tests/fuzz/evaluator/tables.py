"""Tables (P4_16 §14.2): the key is evaluated, an entry is chosen, its action runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from compiler import syntax
from compiler.syntax import Direction
from tests.fuzz.evaluator.calls import Bound
from tests.fuzz.evaluator.convert import cast_scalar, convert
from tests.fuzz.evaluator.scopes import Match, Routine, Rule, Scope, Table, WrittenRule
from tests.fuzz.evaluator.statements import Statements
from tests.fuzz.evaluator.types import IntType, Type, width_of
from tests.fuzz.evaluator.values import Applied, Scalar, Value, bits, pattern, scalar_width

BY_PRIORITY = {"ternary", "range", "optional"}


class Tables(Statements):
    written_rules: dict[str, list[WrittenRule]]
    """Entries of the control plane, by the table's control-plane name."""

    def apply_table(self, table: Table) -> Applied:
        """§14.2.2, §14.2.3: keys from left to right, then the match, then the action."""
        keys = [self.scalar(k.expression, table.scope) for k in key_elements(table.declaration)]
        rules = [*table.rules, *(self.written_rule(w, keys, table) for w in self.written_rules.get(table.path, ()))]
        rule = choose(table, rules, [(k.known(), pattern(k))[1] for k in keys]) if keys else None
        if rule is not None:
            self.run_action(table, rule.action, rule.data)
            return Applied(True, rule.action)
        name, arguments = self.default_action(table)
        self.run_action(table, name, arguments)
        return Applied(False, name)

    def written_rule(self, written: WrittenRule, keys: Sequence[Scalar], table: Table) -> Rule:
        """An entry of the control plane, its data as values of the action's parameters."""
        matches = tuple(match_of(m, scalar_width(k.type)) for m, k in zip(written.matches, keys, strict=True))
        types: list[Type] = []
        if written.action != "NoAction":
            routine = table.scope.find(written.action)
            assert isinstance(routine, Routine)
            parameters = [p for p in routine.declaration.parameters if p.direction is Direction.NONE]
            types = [self.type_of(p.type, routine.scope) for p in parameters]
        values = [convert(bits(width_of(t), d), t) for t, d in zip(types, written.data, strict=True)]
        data = tuple(replace(v, written=True) if isinstance(v, Scalar) else v for v in values)
        return Rule(matches, written.action, data, written.priority)

    def default_action(self, table: Table) -> tuple[str, Sequence[Value]]:
        """The action and its data. NoAction where the program names none (§14.2.1.3)."""
        for p in table.declaration.properties:
            if isinstance(p, syntax.CustomProperty) and p.name.text == "default_action":
                if isinstance(p.value, syntax.CallExpression):
                    assert isinstance(p.value.callee, syntax.NameExpression)
                    return p.value.callee.name, self.data_of(p.value.callee.name, p.value.arguments, table.scope)
                assert isinstance(p.value, syntax.NameExpression)
                return p.value.name, ()
        return "NoAction", ()

    def data_of(self, action: str, arguments: Sequence[syntax.Argument], scope: Scope) -> list[Value]:
        """The directionless arguments of an action written in an entry or as default; those before them have been
        bound in the table's list of actions."""
        routine = scope.find(action)
        assert isinstance(routine, Routine)
        data = [p for p in routine.declaration.parameters if p.direction is Direction.NONE]
        if arguments and arguments[0].name is not None:
            named = {a.name.text: a.value for a in arguments if a.name is not None}
            return [self.evaluate(named[p.name.text], scope) for p in data]
        given = arguments[len(arguments) - len(data) :] if data else ()
        return [self.evaluate(a.value, scope) for a in given]

    def run_action(self, table: Table, name: str, data: Sequence[Value]) -> None:
        """The arguments bound in the list of actions are evaluated when the action runs (§14.2.1.2)."""
        if name == "NoAction":
            return
        routine = table.scope.find(name)
        assert isinstance(routine, Routine)
        listed = next(
            (
                a
                for p in table.declaration.properties
                if isinstance(p, syntax.ActionsProperty)
                for a in p.actions
                if a.action.name == name
            ),
            None,
        )
        parameters = routine.declaration.parameters
        directed = [p for p in parameters if p.direction is not Direction.NONE]
        bound = self.bind(directed, (listed.arguments or ()) if listed else (), table.scope)
        rest = [p for p in parameters if p.direction is Direction.NONE]
        bound += [Bound(p, v, None) for p, v in zip(rest, data, strict=True)]
        self.run_routine(routine, bound, Scope(routine.scope))

    # ---- entries of the program (§14.2.1.4)

    def program_rules(self, declaration: syntax.TableDeclaration, scope: Scope) -> list[Rule]:
        """The entries in the program; priorities so that the highest wins."""
        entries = next((p.entries for p in declaration.properties if isinstance(p, syntax.EntriesProperty)), ())
        largest, delta = True, 1
        for p in declaration.properties:
            if isinstance(p, syntax.CustomProperty) and p.name.text == "largest_priority_wins":
                largest = bool(self.number_of(p.value, scope))
            if isinstance(p, syntax.CustomProperty) and p.name.text == "priority_delta":
                delta = self.number_of(p.value, scope)
        written = [None if e.priority is None else self.number_of(e.priority, scope) for e in entries]
        priorities = given_priorities(written, largest, delta)
        keys = key_elements(declaration)
        return [
            Rule(
                tuple(self.keyset(s, scope, None) for s, _ in zip(entry.keysets, keys, strict=True)),
                entry.action.action.name,
                tuple(self.data_of(entry.action.action.name, entry.action.arguments or (), scope)),
                priority if largest else -priority,
            )
            for entry, priority in zip(entries, priorities, strict=True)
        ]

    def keyset(self, keyset: syntax.Expression, scope: Scope, like: Scalar | None) -> Match:
        """A set of values (§8.16) as bits; `like` is the key that a number without a width is cast to."""
        match keyset:
            case syntax.DefaultKeyset() | syntax.DontCareExpression():
                return Match(0, 0)
            case syntax.MaskExpression(value=value, mask=mask):
                return Match(self.bits_of(value, scope, like), self.bits_of(mask, scope, like))
            case syntax.RangeExpression(low=low, high=high):
                return Match(self.bits_of(low, scope, like), -1, self.bits_of(high, scope, like))
        return Match(self.bits_of(keyset, scope, like), -1)

    def bits_of(self, expression: syntax.Expression, scope: Scope, like: Scalar | None) -> int:
        value = self.scalar(expression, scope)
        value.known()
        if isinstance(value.type, IntType):
            return pattern(cast_scalar(value, like.type)) if like is not None else value.value
        return pattern(value)


def key_elements(declaration: syntax.TableDeclaration) -> tuple[syntax.KeyElement, ...]:
    return next((p.elements for p in declaration.properties if isinstance(p, syntax.KeyProperty)), ())


def given_priorities(written: Sequence[int | None], largest: bool, delta: int) -> list[int]:
    """§14.2.1.4: counted from the last entry if none is written; else each from the one before it."""
    if all(w is None for w in written):
        numbers = [1 + delta * i for i in range(len(written))]
        return numbers[::-1] if largest else numbers
    got: list[int] = []
    for w in written:
        got.append(w if w is not None else got[-1] + (-delta if largest else delta))
    return got


def choose(table: Table, rules: Sequence[Rule], key: Sequence[int]) -> Rule | None:
    """The entry that matches: by priority, or the longest prefix where a key is lpm and none asks for priorities."""
    fitting = [r for r in rules if all(m.holds(k) for m, k in zip(r.matches, key, strict=True))]
    kinds = {k.match_kind.text for k in key_elements(table.declaration)}
    if not fitting:
        return None
    if kinds & BY_PRIORITY:
        return max(fitting, key=lambda r: r.priority)
    if "lpm" in kinds:
        return max(fitting, key=prefix_length)
    return fitting[0]


def prefix_length(rule: Rule) -> int:
    """Of all keys together: only the lpm key's differ between entries that match alike."""
    return sum(m.mask.bit_count() if m.mask >= 0 else 1 << 20 for m in rule.matches)


def match_of(match: tuple[Any, ...], width: int) -> Match:
    """A match of the control plane on a key of `width` bits."""
    kind, first, *rest = match
    match kind:
        case "lpm":
            return Match(first, (1 << width) - (1 << width - rest[0]))
        case "ternary":
            return Match(first, rest[0])
        case "range":
            return Match(first, -1, rest[0])
    return Match(first, -1)
