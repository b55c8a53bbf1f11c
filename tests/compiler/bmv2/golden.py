"""Replays a recorded `steps.yaml` on the interpreter: writes of P4Runtime in, packets compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from finsy.proto import p4i, p4r
from google.protobuf import text_format

from tests.compiler.bmv2.simple_switch import Entry, SimpleSwitch

ROOT = Path(__file__).parents[2] / "golden" / "v1model"


class Replay:
    """One switch with the names of its P4Info."""

    def __init__(self, json: dict[str, Any], p4info: p4i.P4Info) -> None:
        self.switch = SimpleSwitch(json)
        self.p4info = p4info
        self.tables = {t.preamble.id: t for t in p4info.tables}
        self.actions = {a.preamble.id: a for a in p4info.actions}
        self.profiles = {a.preamble.id: a.preamble.name for a in p4info.action_profiles}
        self.oneshots = 0

    def write(self, request: p4r.WriteRequest, codes: list[str] | None) -> None:
        """Apply the updates; `codes` are the recorded results of each, where not all succeeded."""
        for i, update in enumerate(request.updates):
            if codes is None or codes[i] == "OK":
                self._update(update)

    def _update(self, update: p4r.Update) -> None:
        entity = update.entity
        delete = update.type == p4r.Update.DELETE
        match entity.WhichOneof("entity"):
            case "table_entry":
                self._table_entry(entity.table_entry, update.type)
            case "action_profile_member":
                member = entity.action_profile_member
                name = self.profiles[member.action_profile_id]
                if delete:
                    self.switch.members.pop((name, member.member_id), None)
                else:
                    user = next(t.json for t in self.switch.tables.values() if t.json.get("action_profile") == name)
                    self.switch.members[name, member.member_id] = self._action(member.action, user)
            case "action_profile_group":
                group = entity.action_profile_group
                name = self.profiles[group.action_profile_id]
                members = [m.member_id for m in group.members for _ in range(m.weight)]
                self.switch.groups[name, group.group_id] = [] if delete else members
            case "packet_replication_engine_entry":
                self._replication(entity.packet_replication_engine_entry, delete)

    def _replication(self, entry: p4r.PacketReplicationEngineEntry, delete: bool) -> None:
        if entry.WhichOneof("type") == "multicast_group_entry":
            group = entry.multicast_group_entry
            replicas = [(_port(r), r.instance) for r in group.replicas]
            self.switch.multicast[group.multicast_group_id] = [] if delete else replicas
        else:
            session = entry.clone_session_entry
            replicas = [(_port(r), r.instance) for r in session.replicas]
            self.switch.sessions[session.session_id] = [] if delete else replicas

    def _table_entry(self, entry: p4r.TableEntry, kind: int) -> None:
        info = self.tables[entry.table_id]
        table = self.switch.tables[info.preamble.name]
        if entry.is_default_action:
            initial = self.switch.initial_defaults[info.preamble.name]
            table.default = self._action(entry.action.action, table.json) if entry.HasField("action") else initial
            return
        match = self._match(entry, info, table.json)
        # P4Runtime: the highest number wins; BMv2: the lowest.
        new = Entry(match, None, -entry.priority)
        old = [e for e in table.entries if e.match == match and e.priority == new.priority]
        if kind == p4r.Update.DELETE:
            table.entries.remove(old[0])
            return
        new.action = self._table_action(entry.action, table.json)
        if kind == p4r.Update.MODIFY:
            old[0].action = new.action
        else:
            table.entries.append(new)

    def _match(self, entry: p4r.TableEntry, info: p4i.Table, json: dict[str, Any]) -> list[tuple[Any, ...]]:
        given = {m.field_id: m for m in entry.match}
        result: list[tuple[Any, ...]] = []
        for f, key in zip(info.match_fields, json["key"], strict=True):
            ones = (1 << f.bitwidth) - 1
            m = given.get(f.id)
            match key["match_type"]:
                case "exact":
                    assert m
                    result.append(("exact", _number(m.exact.value)))
                case "lpm":
                    result.append(("lpm", _number(m.lpm.value), m.lpm.prefix_len) if m else ("lpm", 0, 0))
                case "ternary" if m and m.HasField("optional"):
                    result.append(("ternary", _number(m.optional.value), ones))
                case "ternary":
                    result.append(
                        ("ternary", _number(m.ternary.value), _number(m.ternary.mask)) if m else ("ternary", 0, 0)
                    )
                case _:
                    result.append(("range", _number(m.range.low), _number(m.range.high)) if m else ("range", 0, ones))
        return result

    def _table_action(self, action: p4r.TableAction, json: dict[str, Any]) -> Any:
        match action.WhichOneof("type"):
            case "action_profile_member_id":
                return ("member", action.action_profile_member_id)
            case "action_profile_group_id":
                return ("group", action.action_profile_group_id)
            case "action_profile_action_set":
                self.oneshots += 1
                members = []
                for i, a in enumerate(action.action_profile_action_set.action_profile_actions):
                    number = self.oneshots * 1000000 + i * 1000
                    self.switch.members[json["action_profile"], number] = self._action(a.action, json)
                    members += [number] * a.weight
                self.switch.groups[json["action_profile"], self.oneshots * 1000000] = members
                return ("group", self.oneshots * 1000000)
            case _:
                return self._action(action.action, json)

    def _action(self, action: p4r.Action, json: dict[str, Any]) -> tuple[int, list[int]]:
        info = self.actions[action.action_id]
        values = {p.param_id: _number(p.value) for p in action.params}
        data = [values[p.id] for p in info.params]
        return json["action_ids"][json["actions"].index(info.preamble.name)], data


def _port(replica: p4r.Replica) -> int:
    return _number(replica.port) if replica.port else replica.egress_port


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def load(folder: Path) -> tuple[p4i.P4Info, list[dict[str, Any]]]:
    """The recorded P4Info and steps of a golden program."""
    p4info = text_format.Parse((folder / f"{folder.name}.p4info.txtpb").read_text(), p4i.P4Info())
    steps = yaml.load((folder / "steps.yaml").read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return p4info, steps


def replay(json: dict[str, Any], folder: Path, expected: dict[str, list[str]] | None = None) -> list[str]:
    """What differs from the record, a line for each packet; `expected` replaces recorded output by input (hex)."""
    p4info, steps = load(folder)
    run = Replay(json, p4info)
    wrong: list[str] = []
    for step in steps:
        if "write" in step:
            request = text_format.Parse(step["write"], p4r.WriteRequest())
            codes = [u["code"] for u in step["updates"]] if "updates" in step else None
            if codes is None and step["expect"] != "OK":
                codes = ["refused"] * len(request.updates)
            run.write(request, codes)
        elif "packet" in step and "undefined" not in step.get("note", ""):
            packet = step["packet"]
            wanted = sorted((p["port"], p["hex"]) for p in step["expect"])
            wanted += [(510, _packet_in(run.p4info, p)) for p in step.get("packet_in", ())]
            if expected and packet["hex"] in expected:
                wanted = [(p["port"], h) for p, h in zip(step["expect"], expected[packet["hex"]], strict=True)]
            got = [(port, data.hex()) for port, data in run.switch.send(packet["port"], bytes.fromhex(packet["hex"]))]
            if got != sorted(wanted):
                wrong.append(f"{packet}: expected {wanted}, got {got}")
    return wrong


def _packet_in(p4info: p4i.P4Info, packet: dict[str, Any]) -> str:
    """The bytes at the CPU port that a PacketIn came from."""
    header = next((h for h in p4info.controller_packet_metadata if h.preamble.name == "packet_in"), None)
    if header is None:
        return str(packet["payload"])
    values = {m["id"]: int(m["value"], 16) for m in packet["metadata"]}
    joined = width = 0
    for m in header.metadata:
        joined, width = joined << m.bitwidth | values[m.id], width + m.bitwidth
    return joined.to_bytes(width // 8, "big").hex() + str(packet["payload"])
