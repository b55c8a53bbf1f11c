"""The pipelines section: tables, conditionals, action calls, action profiles."""

from __future__ import annotations

from switch.bmv2_json.actions import read_source
from switch.bmv2_json.expressions import Scope, read_bool
from switch.bmv2_json.node import Node
from switch.bmv2_json.objects import read_calculation
from switch.bmv2_json.program import (
    Action,
    ActionCall,
    ActionProfile,
    Conditional,
    ConstEntry,
    ControlNode,
    EntryMatch,
    KeyField,
    Pipeline,
    Table,
    ValidBit,
)

MATCH_KINDS = ("exact", "lpm", "ternary", "range")


class PipelineReader:
    """Reads pipelines one after the other; tables and profiles are numbered through the whole program."""

    def __init__(self, scope: Scope, actions: list[Action]) -> None:
        self.scope = scope
        self.actions = {a.id: a for a in actions}
        self.by_name: dict[str, Action] = {}
        for action in actions:
            self.by_name.setdefault(action.name, action)
        self.tables: list[Table] = []
        self.profiles: dict[str, ActionProfile] = {}

    def read(self, node: Node) -> Pipeline:
        for profile_node in node.list_at("action_profiles"):
            selector_node = profile_node.get("selector")
            name = profile_node.name()
            selector = read_calculation(selector_node, name, self.scope) if selector_node is not None else None
            size = profile_node["max_size"].size() if profile_node.get("max_size") is not None else 0
            self.profiles[name] = ActionProfile(name, len(self.profiles), size, selector)
        nodes: dict[str, ControlNode] = {}
        places: dict[str, Node] = {}

        def add(control: ControlNode, place: Node) -> None:
            if control.name in nodes:
                place.fail(f"a second table, conditional or call named '{control.name}'")
            nodes[control.name] = control
            places[control.name] = place

        for table_node in node.list_at("tables"):
            table = self._table(table_node)
            self.tables.append(table)
            add(table, table_node)
        for condition_node in node.list_at("conditionals"):
            add(
                Conditional(
                    condition_node.name(),
                    read_bool(condition_node["expression"], self.scope),
                    _next(condition_node, "true_next"),
                    _next(condition_node, "false_next"),
                    read_source(condition_node),
                ),
                condition_node,
            )
        for call_node in node.list_at("action_calls"):
            action = self._action(call_node["action_id"])
            if action.params:
                call_node.fail(f"action '{action.name}' takes parameters and cannot be called so")
            call = ActionCall(call_node.name(), action, _next(call_node, "next_node"), read_source(call_node))
            add(call, call_node)
        start = _next(node, "init_table")
        for name, control in nodes.items():
            for follower in successors(control):
                if follower is not None and follower not in nodes:
                    places[name].fail(f"goes on to '{follower}', which is not in pipeline '{node.name()}'")
        if start is not None and start not in nodes:
            node["init_table"].fail(f"there is no '{start}' in the pipeline")
        return Pipeline(node.name(), start, nodes, read_source(node))

    def _action(self, id_node: Node) -> Action:
        action = self.actions.get(id_node.number())
        return action if action is not None else id_node.fail(f"no action has id {id_node.number()}")

    def _table(self, node: Node) -> Table:
        name = node.name()
        key = tuple(self._key_field(k) for k in node.list_at("key"))
        match_type = node["match_type"].text()
        if match_type not in MATCH_KINDS:
            node["match_type"].fail(f"unknown match type '{match_type}'")
        if sum(k.kind == "lpm" for k in key) > 1:
            node["key"].fail("more than one lpm field")
        profile = None
        if node["type"].text() != "simple":
            profile_node = node.get("action_profile") or node["act_prof_name"]
            profile = self.profiles.get(profile_node.text())
            if profile is None:
                profile_node.fail(f"no action profile is named '{profile_node.text()}'")
        actions = self._table_actions(node)
        next_tables = node["next_tables"]
        nexts = {k: _next(next_tables, k) for k in next_tables.mapping()}
        by_hit = "__HIT__" in nexts or "__MISS__" in nexts
        default_next = node.get("base_default_next")
        default_action, default_params, default_const = self._default(node, actions)
        entries = tuple(self._entry(e, key, actions) for e in node.list_at("entries"))
        meter_node = node.get("direct_meters")
        meter = self.scope.meters.get(meter_node.text()) if meter_node is not None else None
        if meter_node is not None and meter is None:
            meter_node.fail(f"no meter is named '{meter_node.text()}'")
        size_node = node.get("max_size")
        return Table(
            name=name,
            index=len(self.tables),
            match_type=match_type,
            profile=profile,
            key=key,
            size=size_node.size() if size_node is not None else 1024,
            actions=actions,
            next_by_action=nexts,
            next_hit=nexts.get("__HIT__"),
            next_miss=nexts.get("__MISS__"),
            by_hit=by_hit,
            base_default_next=default_next.text() if default_next is not None else None,
            default_action=default_action,
            default_params=default_params,
            default_const=default_const,
            entries=entries,
            const=node.get("entries") is not None,
            direct_counter=node.flag("with_counters"),
            direct_meter=meter,
            idle_timeout=node.flag("support_timeout"),
            source=read_source(node),
        )

    def _table_actions(self, node: Node) -> tuple[Action, ...]:
        """Each once, as BMv2 keeps them by name."""
        if node.get("action_ids") is not None:
            return tuple(dict.fromkeys(self._action(i) for i in node["action_ids"]))
        found = []
        for name_node in node["actions"]:
            action = self.by_name.get(name_node.text())
            found.append(action if action is not None else name_node.fail(f"no action is named '{name_node.text()}'"))
        return tuple(dict.fromkeys(found))

    def _key_field(self, node: Node) -> KeyField:
        kind = node["match_type"].text()
        target = node["target"]
        mask_node = node.get("mask")
        if kind == "valid":
            header_node = target if isinstance(target.value, str) else target.items()[0]
            return KeyField("exact", ValidBit(self.scope.headers.header(header_node)), None, header_node.text(), 1)
        if kind not in MATCH_KINDS:
            node["match_type"].fail(f"unknown match kind '{kind}'")
        ref = self.scope.headers.field(target)
        name_node = node.get("name")
        name = name_node.text() if name_node is not None else ".".join(t.text() for t in target)
        width = 1 if isinstance(ref, ValidBit) else ref.field.width
        return KeyField(kind, ref, mask_node.hex() if mask_node is not None else None, name, width)

    def _default(self, node: Node, actions: tuple[Action, ...]) -> tuple[Action | None, tuple[int, ...], bool]:
        entry = node.get("default_entry")
        if entry is None:
            return None, (), False
        action = self._action(entry["action_id"])
        values = tuple(v.hex() for v in entry.list_at("action_data"))
        if len(values) != len(action.params):
            entry.fail(f"action '{action.name}' takes {len(action.params)} parameters, not {len(values)}")
        return action, _fit(action, values), entry.flag("action_const") or entry.flag("action_entry_const")

    def _entry(self, node: Node, key: tuple[KeyField, ...], actions: tuple[Action, ...]) -> ConstEntry:
        parts = node["match_key"].items()
        if len(parts) != len(key):
            node["match_key"].fail(f"the table has {len(key)} key fields, not {len(parts)}")
        match = tuple(_entry_match(part, k) for part, k in zip(parts, key, strict=True))
        action_node = node["action_entry"]
        action = self._action(action_node["action_id"])
        values = tuple(v.hex() for v in action_node.list_at("action_data"))
        if len(values) != len(action.params):
            action_node.fail(f"action '{action.name}' takes {len(action.params)} parameters, not {len(values)}")
        priority = node.get("priority")
        number = priority.number() if priority is not None else 0
        shown, const = 0, False
        said = node.get("p4runtime")  # of this project's compiler
        if said is not None:
            given = said.get("priority")
            shown = given.number() if given is not None else 0
            const = said["is_const"].boolean()
        return ConstEntry(match, action, _fit(action, values), number, read_source(node), shown, const)


def _fit(action: Action, values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(v & ((1 << p.width) - 1) for v, p in zip(values, action.params, strict=True))


def _entry_match(node: Node, key: KeyField) -> EntryMatch:
    kind = node["match_type"].text()
    match kind:
        case "valid":
            return EntryMatch("exact", int(node["key"].boolean()))
        case "exact":
            return EntryMatch(kind, node["key"].hex())
        case "lpm":
            length = node["prefix_length"].natural()
            if length > key.width:
                node["prefix_length"].fail(f"the field has {key.width} bits")
            return EntryMatch(kind, node["key"].hex(), length)
        case "ternary":
            return EntryMatch(kind, node["key"].hex(), node["mask"].hex())
        case "range":
            return EntryMatch(kind, node["start"].hex(), node["end"].hex())
    return node["match_type"].fail(f"unknown match kind '{kind}'")


def _next(node: Node, key: str) -> str | None:
    member = node.get(key)
    return member.text() if member is not None else None


def successors(node: ControlNode) -> list[str | None]:
    match node:
        case Conditional():
            return [node.if_true, node.if_false]
        case ActionCall():
            return [node.next]
        case Table():
            return [*node.next_by_action.values(), node.base_default_next]
