"""Replays a recorded `steps.yaml` on the model: writes of P4Runtime in; packets, digests and counters compared."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from finsy.proto import p4d, p4i, p4r
from google.protobuf import text_format

from tests.bmv2_model.meters import Meter
from tests.bmv2_model.model import Model
from tests.bmv2_model.tables import Entry, Match, Table

ROOT = Path(__file__).parents[1] / "golden" / "v1model"
CPU_PORT = 510
STEP = 1_000_000
"""Nanoseconds between two steps."""


class Replay:
    """One model with the names of its P4Info."""

    def __init__(self, json: dict[str, Any], p4info: p4i.P4Info) -> None:
        self.model = Model(json)
        self.p4info = p4info
        self.tables = {t.preamble.id: t for t in p4info.tables}
        self.actions = {a.preamble.id: a for a in p4info.actions}
        self.profiles = {a.preamble.id: a.preamble.name for a in p4info.action_profiles}
        self.counters = {c.preamble.id: c for c in p4info.counters}
        self.meters = {m.preamble.id: m.preamble.name for m in p4info.meters}
        self.one_shots = 0
        self.now = 0
        self.digests: list[tuple[int, ...]] = []

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
                profile = self.model.profiles[self.profiles[member.action_profile_id]]
                if delete:
                    profile.members.pop(member.member_id, None)
                else:
                    profile.members[member.member_id] = self._action(member.action)
            case "action_profile_group":
                group = entity.action_profile_group
                groups = self.model.profiles[self.profiles[group.action_profile_id]].groups
                members: list[tuple[int, int, int | None]] = [(m.member_id, m.weight, None) for m in group.members]
                groups[group.group_id] = [] if delete else sorted(members)  # BMv2: a set of their handles
            case "packet_replication_engine_entry":
                self._replication(entity.packet_replication_engine_entry, delete)
            case "meter_entry":
                self._meter_entry(entity.meter_entry)
            case "direct_meter_entry":
                entry = entity.direct_meter_entry
                self._found(entry.table_entry).meter = self._meter(entry.config) if entry.HasField("config") else None
            case "counter_entry":
                counter = entity.counter_entry
                cells = self.model.counters.cells[self.counters[counter.counter_id].preamble.name]
                for cell in [cells[counter.index.index]] if counter.HasField("index") else cells:
                    cell[:] = [counter.data.packet_count, counter.data.byte_count]
            case "direct_counter_entry":
                direct = entity.direct_counter_entry
                self._found(direct.table_entry).count = [direct.data.packet_count, direct.data.byte_count]

    def _meter(self, config: p4r.MeterConfig) -> Meter:
        return Meter(config.cir, config.cburst, config.pir, config.pburst, self.now)

    def _meter_entry(self, entry: p4r.MeterEntry) -> None:
        name = self.meters[entry.meter_id]
        for index in [entry.index.index] if entry.HasField("index") else range(self.model.meters.size[name]):
            self.model.meters.cells.pop((name, index), None)
            if entry.HasField("config"):
                self.model.meters.cells[name, index] = self._meter(entry.config)

    def _replication(self, entry: p4r.PacketReplicationEngineEntry, delete: bool) -> None:
        if entry.WhichOneof("type") == "multicast_group_entry":
            group = entry.multicast_group_entry
            replicas = [[(_port(r), r.instance)] for r in group.replicas]
            self.model.multicast[group.multicast_group_id] = [] if delete else replicas
            return
        session = entry.clone_session_entry
        replicas = [[(_port(r), r.instance)] for r in session.replicas]
        self.model.sessions.pop(session.session_id, None)
        if not delete:
            self.model.sessions[session.session_id] = replicas, session.packet_length_bytes

    def _table(self, table_id: int) -> Table:
        return self.model.tables[self.tables[table_id].preamble.name]

    def _found(self, entry: p4r.TableEntry) -> Entry:
        table = self._table(entry.table_id)
        found = table.find(self._match(entry, table), entry.priority)
        assert found is not None
        return found

    def _table_entry(self, entry: p4r.TableEntry, kind: int) -> None:
        table = self._table(entry.table_id)
        if entry.is_default_action:
            table.default = self._action(entry.action.action) if entry.HasField("action") else table.initial_default
            return
        if kind == p4r.Update.DELETE:
            table.remove(self._found(entry))
        elif kind == p4r.Update.MODIFY:
            self._found(entry).action = self._table_action(entry.action, table)
        else:
            match, action = self._match(entry, table), self._table_action(entry.action, table)
            table.add(Entry(match, action, entry.priority))
        if kind != p4r.Update.DELETE and entry.HasField("meter_config"):
            self._found(entry).meter = self._meter(entry.meter_config)

    def _match(self, entry: p4r.TableEntry, table: Table) -> tuple[Match, ...]:
        given = {m.field_id: m for m in entry.match}
        result: list[Match] = []
        fields = self.tables[entry.table_id].match_fields
        for f, kind, width in zip(fields, table.kinds, table.widths, strict=True):
            ones = (1 << width) - 1
            m = given.get(f.id)
            if kind == "exact":
                assert m
                result.append(("exact", _number(m.exact.value)))
            elif kind == "lpm":
                result.append(("lpm", _number(m.lpm.value), m.lpm.prefix_len) if m else ("lpm", 0, 0))
            elif kind == "range":
                result.append(("range", _number(m.range.low), _number(m.range.high)) if m else ("range", 0, ones))
            elif m is None:
                result.append(("ternary", 0, 0))
            elif m.HasField("optional"):
                result.append(("ternary", _number(m.optional.value), ones))
            else:
                result.append(("ternary", _number(m.ternary.value), _number(m.ternary.mask)))
        return tuple(result)

    def _table_action(self, action: p4r.TableAction, table: Table) -> tuple[Any, ...]:
        match action.WhichOneof("type"):
            case "action_profile_member_id":
                return ("member", action.action_profile_member_id)
            case "action_profile_group_id":
                return ("group", action.action_profile_group_id)
            case "action_profile_action_set":
                assert table.profile is not None
                self.one_shots += 1
                members: list[tuple[int, int, int | None]] = []
                for i, a in enumerate(action.action_profile_action_set.action_profile_actions):
                    number = self.one_shots * 1_000_000 + i
                    table.profile.members[number] = self._action(a.action)
                    members.append((number, a.weight, None))
                table.profile.groups[self.one_shots * 1_000_000] = members
                return ("group", self.one_shots * 1_000_000)
        return ("action", *self._action(action.action))

    def _action(self, action: p4r.Action) -> tuple[str, list[int]]:
        info = self.actions[action.action_id]
        values = {p.param_id: _number(p.value) for p in action.params}
        return info.preamble.name, [values[p.id] for p in info.params]

    # ---- what is compared

    def counts(self, wanted: list[str]) -> list[str]:
        """Which of the counters that were read differ from the record."""
        wrong = []
        for text in wanted:
            entity = text_format.Parse(text, p4r.Entity())
            if entity.HasField("counter_entry"):
                c, info = entity.counter_entry, self.counters[entity.counter_entry.counter_id]
                got = self.model.counters.cells[info.preamble.name][c.index.index]
                unit, data = info.spec.unit, c.data
            elif entity.HasField("direct_counter_entry"):
                direct = entity.direct_counter_entry
                got, data = self._found(direct.table_entry).count, direct.data
                unit = p4i.CounterSpec.Unit.BOTH
            else:
                continue
            if unit != p4i.CounterSpec.Unit.BYTES and got[0] != data.packet_count:
                wrong.append(f"{text}: {got} packets and bytes counted")
            if unit == p4i.CounterSpec.Unit.BYTES and got[1] != data.byte_count:
                wrong.append(f"{text}: {got} packets and bytes counted")
        return wrong


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
    digests: list[tuple[int, ...]] = []
    for step in steps:
        run.now += STEP
        if "write" in step:
            request = text_format.Parse(step["write"], p4r.WriteRequest())
            codes = [u["code"] for u in step["updates"]] if "updates" in step else None
            if codes is None and step["expect"] != "OK":
                codes = ["refused"] * len(request.updates)
            run.write(request, codes)
        elif "packet" in step and "undefined" not in step.get("note", ""):
            wrong += _packet(run, step, expected)
        elif "read" in step and "entities" in step:
            wrong += run.counts(step["entities"])
        for text in step.get("digest", ()):
            digests += [tuple(_digest_values(data)) for data in text_format.Parse(text, p4r.DigestList()).data]
    if Counter(digests) - Counter(run.digests):  # those of digests that were not configured have no record
        wrong.append(f"expected digests {digests}, got {run.digests}")
    return wrong


def _packet(run: Replay, step: dict[str, Any], expected: dict[str, list[str]] | None) -> list[str]:
    packet = step["packet"]
    wanted = sorted((p["port"], p["hex"]) for p in step["expect"])
    wanted += [(CPU_PORT, _packet_in(run.p4info, p)) for p in step.get("packet_in", ())]
    if expected and packet["hex"] in expected:
        wanted = [(p["port"], h) for p, h in zip(step["expect"], expected[packet["hex"]], strict=True)]
    sent = run.model.process(packet["port"], bytes.fromhex(packet["hex"]), run.now)
    got = sorted((port, data.hex()) for port, data in sent.packets)
    wrong = [f"{packet}: expected {wanted}, got {got}"] if got != sorted(wanted) else []
    run.digests += [values for _, values in sent.digests]
    return wrong


def _digest_values(data: p4d.P4Data) -> list[int]:
    kind = data.WhichOneof("data")
    if kind == "bitstring":
        return [_number(data.bitstring)]
    if kind == "bool":
        return [int(data.bool)]
    members = data.struct.members if kind == "struct" else data.tuple.members
    return [value for member in members for value in _digest_values(member)]


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
