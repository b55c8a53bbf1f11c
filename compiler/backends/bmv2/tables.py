"""The tables of a pipeline: key, actions, default entry, entries; and the action profiles they use.

Where control goes after a table (`next_tables`) is filled in by controls.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import tree
from compiler.annotations import find
from compiler.backends.bmv2.expressions import Expressions, hexstr
from compiler.backends.bmv2.labels import bounds, prefix_length, ternaries
from compiler.backends.bmv2.layout import FieldPlace, Json, scalar_width
from compiler.backends.bmv2.source_info import source_info
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.diagnostics import Diagnostics
from compiler.entry_priorities import largest_wins, priorities, priority_delta

DEFAULT_SIZE = 1024
STRONGEST_FIRST = ("range", "ternary", "lpm", "exact")
"""What a table with keys of several kinds is: the first kind that occurs."""

IN_BMV2 = {"exact": "exact", "lpm": "lpm", "ternary": "ternary", "range": "range", "optional": "ternary"}
"""Match kinds of v1model as BMv2 has them; `selector` keys are no part of the match."""


@dataclass(slots=True)
class TableWriter:
    """`action_ids` numbers every action that a table can run."""

    expressions: Expressions
    action_ids: dict[tree.Action, int]
    no_action: tree.Action
    diagnostics: Diagnostics

    def write(self, table: tree.Table, number: int) -> Json:
        """The table without its next nodes. Raises Unsupported."""
        keys = [self._key(key) for key in table.keys if key.match_kind != "selector"]
        kinds = {key["match_type"] for key in keys}
        if sum(key["match_type"] == "lpm" for key in keys) > 1:
            raise Unsupported(f"table {table.name} has two lpm keys, which this target cannot match", table.span)
        profile = profile_of(table)
        actions = table_actions(table, self.no_action)
        json: Json = {
            "name": table.control_plane_name,
            "id": number,
            **source_info(table.span, self.diagnostics.sources),
            "key": keys,
            "match_type": next((kind for kind in STRONGEST_FIRST if kind in kinds), "exact"),
            "type": "simple" if profile is None else ("indirect_ws" if is_selector(profile) else "indirect"),
        }
        if profile is not None:
            json["action_profile"] = profile.control_plane_name
        meter = _instance(table, "meters")
        json |= {
            "max_size": table_size(table),
            "with_counters": _instance(table, "counters") is not None,
            "support_timeout": _flag(table, "support_timeout"),
            "direct_meters": meter.control_plane_name if meter else None,
            "action_ids": [self.action_ids[action] for action in actions],
            "actions": [action.control_plane_name for action in actions],
        }
        if profile is None:
            json["default_entry"] = self._default_entry(table)
            if table.entries or table.entries_const:
                json["entries"] = self._entries(table)
        return json

    def _key(self, key: tree.Key) -> Json:
        kind = IN_BMV2.get(key.match_kind)
        if kind is None:
            raise Unsupported(f"match kind {key.match_kind} is not supported by this target", key.span)
        name = {} if key.control_plane_name is None else {"name": key.control_plane_name}
        return {"match_type": kind, **name, "target": self.target(key.expression), "mask": None}

    def target(self, expression: tree.Expression) -> list[str]:
        """The field that a key is."""
        if isinstance(expression, tree.HeaderCall):
            place = FieldPlace(self.expressions.layout.named(expression.header).name, "$valid$")
        else:
            place = self.expressions.layout.field(expression)
        return [place.header, place.field]

    def _default_entry(self, table: tree.Table) -> Json:
        default = table.default_action
        action = default.action if default else self.no_action
        const = bool(default and default.const)
        return {
            "action_id": self.action_ids[action],
            "action_const": const,
            "action_data": [hexstr_of(self.expressions, a) for a in (default.arguments if default else ())],
            "action_entry_const": const,
        }

    # --- entries (§14.2.1.4) ---

    def _entries(self, table: tree.Table) -> list[Json]:
        """The entries, the strongest first: priority 1 is BMv2's highest.

        `p4runtime` is for switches that show the entries to control planes: BMv2's format has no place for which of
        them are const, and for the priorities that the program gives them (where the largest wins, as in P4Runtime).
        """
        shown = _shown_priorities(table)
        keys = [key for key in table.keys if key.match_kind != "selector"]
        written: list[Json] = []
        for entry in _by_strength(table):
            extra: Json = {} if table.entries_const else {"p4runtime": {"is_const": entry.const}}
            if entry in shown:
                extra["p4runtime"]["priority"] = shown[entry]
            for match in self._matches(entry, keys):
                action_data = [hexstr_of(self.expressions, a) for a in entry.arguments]
                written.append(
                    {
                        **source_info(entry.span, self.diagnostics.sources),
                        "match_key": match,
                        "action_entry": {"action_id": self.action_ids[entry.action], "action_data": action_data},
                        "priority": len(written) + 1,
                        **extra,
                    }
                )
        return written

    def _matches(self, entry: tree.Entry, keys: list[tree.Key]) -> list[list[Json]]:
        """The keys of BMv2 entries that together match what `entry` does: several for signed ranges through zero."""
        matches: list[list[Json]] = [[]]
        for label, key in zip(entry.keys, keys, strict=True):
            choices = self._match(label, key)
            matches = [[*match, choice] for match in matches for choice in choices]
        return matches

    def _match(self, label: tree.Expression, key: tree.Key) -> list[Json]:
        type_ = key.expression.type
        width = scalar_width(type_, key.span)
        kind = IN_BMV2[key.match_kind]
        match kind:
            case "exact":
                ((value, mask),) = ternaries(label, type_, self.expressions)
                if mask != (1 << width) - 1:
                    raise Unsupported("an exact key needs a value", label.span)
                return [{"match_type": kind, "key": _hex(value, width)}]
            case "lpm":
                value, length = prefix_length(label, type_, self.expressions)
                return [{"match_type": kind, "key": _hex(value, width), "prefix_length": length}]
            case "ternary":
                return [
                    {"match_type": kind, "key": _hex(value, width), "mask": _hex(mask, width)}
                    for value, mask in ternaries(label, type_, self.expressions)
                ]
            case _:
                return [
                    {"match_type": kind, "start": _hex(low, width), "end": _hex(high, width)}
                    for low, high in bounds(label, type_, self.expressions)
                ]

    # --- action profiles ---

    def profile(self, profile: tree.ExternInstance, tables: list[tree.Table], number: int) -> Json:
        """The `action_profiles` entry of `profile`, used by `tables`. Raises Unsupported."""
        json: Json = {
            "name": profile.control_plane_name,
            "id": number,
            "max_size": self.expressions.literal(profile.argument("size")),
        }
        if not is_selector(profile):
            return json
        inputs = [self._selector_input(table) for table in tables]
        if any(other != inputs[0] for other in inputs):
            raise Unsupported(
                f"tables that share the selector {profile.name} need the same selector keys", profile.span
            )
        algorithm = profile.argument("algorithm")
        assert isinstance(algorithm, tree.EnumMember)
        return json | {"selector": {"algo": algorithm.name, "input": inputs[0]}}

    def _selector_input(self, table: tree.Table) -> list[Json]:
        keys = [key for key in table.keys if key.match_kind == "selector"]
        return [{"type": "field", "value": self.target(key.expression)} for key in keys]


def table_actions(table: tree.Table, no_action: tree.Action) -> list[tree.Action]:
    """What the table can run: its actions, and its default where that is not among them."""
    actions = [member.action for member in table.actions]
    default = table.default_action.action if table.default_action else no_action
    if default not in actions and (table.default_action is not None or profile_of(table) is None):
        actions.append(default)
    return actions


def table_size(table: tree.Table) -> int:
    """How many entries fit, as p4c counts: to constant entries none can be added, a table without keys, which has no
    entries, has a size only if it is 1, and size 0 asks for the default (as P4_16 has it: the target may choose).
    """
    if table.entries and (table.entries_const or table.size is None):
        return len(table.entries)
    return table.size if table.size and (table.keys or table.size == 1) else DEFAULT_SIZE


def profile_of(table: tree.Table) -> tree.ExternInstance | None:
    """The action profile or selector of a table."""
    return _instance(table, "implementation")


def is_selector(profile: tree.ExternInstance) -> bool:
    return profile.type.name == "action_selector"


def _instance(table: tree.Table, name: str) -> tree.ExternInstance | None:
    found = table.properties.get(name)
    if found is None or not isinstance(found.value, tree.InstanceRef):
        return None
    instance = found.value.instance
    return instance if isinstance(instance, tree.ExternInstance) else None


def _flag(table: tree.Table, name: str) -> bool:
    found = table.properties.get(name)
    return found is not None and isinstance(found.value, tree.BoolLiteral) and found.value.value


def _shown_priorities(table: tree.Table) -> dict[tree.Entry, int]:
    """What a control plane sees as priorities; empty where there are none, or where it would see their opposite."""
    annotated = any(find(entry.annotations, "priority") for entry in table.entries)
    if table.entries_const or annotated or not largest_wins(table):
        return {}
    found = dict(zip(table.entries, priorities(table), strict=True))
    return found if all(0 < priority < 1 << 31 for priority in found.values()) else {}


def _by_strength(table: tree.Table) -> list[tree.Entry]:
    """The entries by priority, the strongest first. Those without one follow the one before by `priority_delta`.

    `@priority(n)` is p4c's older way: the smallest wins, an entry without one counts as its position from 1.
    """
    if any(find(entry.annotations, "priority") for entry in table.entries):
        numbered = list(enumerate(table.entries, 1))
        return [entry for _, entry in sorted(numbered, key=lambda e: _annotated_priority(e[1], e[0]))]
    largest, delta = largest_wins(table), priority_delta(table)
    made: list[int] = []
    for entry in table.entries:
        if entry.priority is not None:
            made.append(entry.priority)
        elif not made:
            made.append((len(table.entries) - 1) * delta + 1 if largest else 1)
        else:
            made.append(made[-1] - delta if largest else made[-1] + delta)
    order = sorted(range(len(made)), key=lambda i: -made[i] if largest else made[i])
    return [table.entries[i] for i in order]


def _annotated_priority(entry: tree.Entry, position: int) -> int:
    annotation = find(entry.annotations, "priority")
    value = annotation.integer() if annotation else None
    return position if value is None else value


def hexstr_of(expressions: Expressions, argument: tree.Expression) -> str:
    """An action argument as a constant."""
    width = scalar_width(argument.type, argument.span)
    return str(hexstr(expressions.literal(argument) & ((1 << width) - 1))["value"])


def _hex(value: int, width: int) -> str:
    return str(hexstr(value, width)["value"])
