"""The order of things in simple_switch (docs/simple_switch.md of behavioral-model)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.bmv2_model.calculations import Checksums, calculation
from tests.bmv2_model.expressions import Expressions
from tests.bmv2_model.headers import VALID, Headers, Json, Packet, store
from tests.bmv2_model.meters import Meters
from tests.bmv2_model.parser import Deparser, Parser
from tests.bmv2_model.primitives import Primitives, Surroundings
from tests.bmv2_model.random_numbers import Random
from tests.bmv2_model.state import Counters, Registers
from tests.bmv2_model.tables import Entry, Profile, Table

NORMAL, INGRESS_CLONE, EGRESS_CLONE, RECIRCULATED, REPLICATION, RESUBMITTED = 0, 1, 2, 4, 5, 6
PASSES_MAX = 256
NODES_MAX = 10_000
WORK_MAX = 1000


Replica = list[tuple[int, int]]
"""Port and egress_rid, and those of which the first whose port is up takes its place while its own is down
(P4Runtime's backups)."""


class Overload(Exception):
    """The packet keeps the switch busy for longer than the model follows it."""


@dataclass
class Sent:
    """What one packet brought about."""

    packets: list[tuple[int, bytes]] = field(default_factory=list)
    """Port and bytes."""
    digests: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    """Name of the list and its values, without sign."""


class Model:
    """`json` as parsed from a file. `start`: the clock in nanoseconds when the switch began."""

    def __init__(self, json: Json, *, drop_port: int = 511, start: int = 0) -> None:
        self.headers = h = Headers(json)
        self.counters, self.registers, self.meters = Counters(json), Registers(json), Meters(json)
        x = Expressions(h, self.registers)
        named = {c["name"]: calculation(c, h) for c in json.get("calculations") or ()}
        self.random = Random()
        self.around = Surroundings(
            h, x, self.counters, self.registers, self.meters, named, self.random, drop_port, start
        )
        self.start = start
        primitives = Primitives(self.around)
        self.value_sets: dict[str, list[Any]] = {v["name"]: [] for v in json.get("parse_vsets") or ()}
        self.parser = Parser(json, h, x, primitives, self.value_sets)
        self.checksums = Checksums(json, h, x, named)
        self.deparser = Deparser(json, h, primitives, self.checksums)
        by_id = {a["id"]: a for a in json["actions"]}
        self.actions = {a["id"]: primitives.action(a.get("primitives") or []) for a in json["actions"]}
        self.profiles: dict[str, Profile] = {}
        self.tables: dict[str, Table] = {}
        self.action_ids: dict[str, dict[str, int]] = {}
        """For each table, its actions by name."""
        self.nodes: dict[str, dict[str, Any]] = {}
        self.first: dict[str, str | None] = {}
        for pipeline in json["pipelines"]:
            self._pipeline(pipeline, by_id, x)
        for name, target in self.meters.target.items():
            self.meters.target[name] = h.field(*target)
        self.field_lists = {
            f["id"]: [h.field(*e["value"]) for e in f["elements"] if e["type"] == "field" and e["value"][1] != VALID]
            for f in json.get("field_lists") or ()
        }
        self.learn_lists = {
            f["id"]: (f["name"], [self._element(e, x) for e in f["elements"]]) for f in json.get("learn_lists") or ()
        }
        self.around.learn_lists = self.learn_lists
        self.down: set[int] = set()
        """Ports."""
        self.multicast: dict[int, list[Replica]] = {}
        self.sessions: dict[int, tuple[list[Replica], int]] = {}
        """Ports and egress_rids; bytes that are sent at most, 0: all."""
        self.standard = {name.rpartition(".")[2]: h.standard(name) for name in STANDARD}

    def _pipeline(self, json: Json, actions: dict[int, Json], x: Expressions) -> None:
        for p in json.get("action_profiles") or ():
            self.profiles[p["name"]] = Profile(p, self.headers)
        nodes: dict[str, Any] = {}
        for t in json.get("tables") or ():
            table = self.tables[t["name"]] = nodes[t["name"]] = Table(t, self.headers, actions, self.profiles)
            ids = t.get("action_ids")
            if ids is None:
                ids = [next(i for i, a in actions.items() if a["name"] == name) for name in t["actions"]]
            self.action_ids[table.name] = {actions[i]["name"]: i for i in ids}
            if table.initial_default is not None:
                self.action_ids[table.name].setdefault(table.initial_default[0], t["default_entry"]["action_id"])
        for c in json.get("conditionals") or ():
            condition = x.function(c["expression"])
            nodes[c["name"]] = condition, c.get("true_next"), c.get("false_next")
        for c in json.get("action_calls") or ():
            nodes[c["name"]] = self.actions[c["action_id"]], c.get("next_node")
        self.nodes[json["name"]] = nodes
        self.first[json["name"]] = json.get("init_table")

    def _element(self, json: Json, x: Expressions) -> tuple[Any, int]:
        """Of a learn list: how to read it, and its width."""
        if json["type"] == "field":
            f = self.headers.by_name[json["value"][0]]
            width = 1 if json["value"][1] == VALID else f.field(json["value"][1]).width
        else:
            width = 4 * len(json["value"].removeprefix("0x"))
        return x.number(json), width

    # ---- standard metadata

    def _set(self, p: Packet, **values: int) -> None:
        for name, value in values.items():
            f = self.standard[name]
            if f is not None:
                store(p, f, value)

    def _get(self, p: Packet, name: str) -> int:
        f = self.standard[name]
        return int(p.fields[f.place]) if f is not None else 0

    @property
    def _micros(self) -> int:
        return (self.around.now - self.start) // 1000

    # ---- packets

    def send(self, port: int, data: bytes, now: int | None = None) -> list[tuple[int, bytes]]:
        """What leaves for `data` at `port`, sorted: (port, bytes)."""
        return sorted(self.process(port, data, now).packets)

    def process(self, port: int, data: bytes, now: int | None = None) -> Sent:
        """`now`: nanoseconds. Raises Overload."""
        if now is not None:
            self.around.now = now
        sent = Sent()
        p = self._fresh(port, len(data))
        p.ingress_length = len(data)
        self._set(p, ingress_port=port, packet_length=len(data), ingress_global_timestamp=self._micros)
        waiting: list[tuple[Any, ...]] = [("ingress", p, data)]
        work = 0
        while waiting:
            work += 1
            if work > WORK_MAX:
                raise Overload
            what, p, more = waiting.pop(0)
            if what == "ingress":
                self._ingress(p, more, sent, waiting)
            else:
                self._replicate(p, more[0], more[1], sent, waiting)
        return sent

    def _fresh(self, port: int, length: int) -> Packet:
        p = self.headers.packet()
        p.ingress_port, p.length = port, length
        return p

    def _ingress(self, p: Packet, data: bytes, sent: Sent, waiting: list[Any]) -> None:
        error = self.parser.parse(p, data)
        self._set(p, parser_error=error)
        self._set(p, checksum_error=int(self.checksums.wrong(p)))
        self._run("ingress", p)
        if p.clone is not None:
            self._clone_ingress(p, data, sent, waiting)
            p.clone = None
        sent.digests += p.digests  # BMv2: the last one only
        p.digests = []
        if p.failed:
            return
        p.exited = False
        if p.resubmit:
            if p.passes < PASSES_MAX:
                copied = self._fresh(p.ingress_port, p.ingress_length)
                copied.ingress_length, copied.passes = p.ingress_length, p.passes + 1
                self._keep(copied, p, p.resubmit)
                self._set(copied, instance_type=RESUBMITTED, packet_length=p.ingress_length)
                waiting.append(("ingress", copied, data))
            return
        group = self._get(p, "mcast_grp")
        if group:
            self._set(p, instance_type=REPLICATION)
            self._replicate(p, self.multicast.get(group, []), 0, sent, waiting)
            return
        port = self._get(p, "egress_spec")
        if port == self.around.drop_port:
            return
        self._set(p, instance_type=NORMAL)
        self._egress(p, port, sent, waiting)

    def _keep(self, to: Packet, source: Packet, number: int) -> None:
        for f in self.field_lists.get(number, ()):
            to.fields[f.place] = source.fields[f.place]

    def _clone_ingress(self, p: Packet, data: bytes, sent: Sent, waiting: list[Any]) -> None:
        """The packet as it came, parsed again, with the field list's metadata of the end of ingress."""
        assert p.clone is not None
        session, number = p.clone
        if session not in self.sessions or p.passes >= PASSES_MAX:
            return
        copied = self._fresh(p.ingress_port, p.ingress_length)
        copied.ingress_length, copied.passes = p.ingress_length, p.passes + 1
        self._set(copied, ingress_port=p.ingress_port)
        self.parser.parse(copied, data)
        self.headers.reset_metadata(copied)
        self._keep(copied, p, number)
        self._set(copied, instance_type=INGRESS_CLONE)
        self._replicate(copied, *self.sessions[session], sent, waiting)

    def _clone_egress(self, p: Packet, waiting: list[Any]) -> None:
        """The headers as they are at the end of egress."""
        assert p.clone is not None
        session, number = p.clone
        if session not in self.sessions or p.passes >= PASSES_MAX:
            return
        copied = self.headers.watched(p.copy())
        copied.passes += 1
        self.headers.reset_metadata(copied)
        self._keep(copied, p, number)
        self._set(copied, instance_type=EGRESS_CLONE)
        waiting.append(("replicate", copied, self.sessions[session]))

    def _replicate(self, p: Packet, to: Any, truncate: int, sent: Sent, waiting: list[Any]) -> None:
        for replica in to:
            port, rid = next((r for r in replica if r[0] not in self.down), replica[0])
            copied = self.headers.watched(p.copy())
            copied.truncate = truncate or None
            self._set(copied, egress_rid=rid)
            self._egress(copied, port, sent, waiting)

    def _egress(self, p: Packet, port: int, sent: Sent, waiting: list[Any]) -> None:
        now = self._micros
        self._set(p, enq_timestamp=now, egress_global_timestamp=now, deq_timedelta=0)
        self._set(p, egress_port=port, egress_spec=self.around.drop_port + 1, packet_length=p.length)
        self._run("egress", p)
        if p.clone is not None:
            self._clone_egress(p, waiting)
        if p.failed or self._get(p, "egress_spec") == self.around.drop_port:
            return
        data = self.deparser.deparse(p)
        if not p.recirculate:
            sent.packets.append((port, data if p.truncate is None else data[: p.truncate]))
            return
        if p.passes < PASSES_MAX:
            copied = self._fresh(p.ingress_port, len(data))
            copied.ingress_length, copied.passes = len(data), p.passes + 1
            self._keep(copied, p, p.recirculate)
            self._set(copied, instance_type=RECIRCULATED, packet_length=len(data))
            waiting.append(("ingress", copied, data))

    # ---- controls

    def _run(self, pipeline: str, p: Packet) -> None:
        nodes, name = self.nodes[pipeline], self.first[pipeline]
        steps = 0
        while name is not None and not p.exited:
            steps += 1
            if steps > NODES_MAX:
                raise Overload
            node = nodes[name]
            if isinstance(node, Table):
                name = self._apply(node, p)
            elif len(node) == 3:
                name = node[1 if node[0](p, []) else 2]
            else:
                node[0](p, [])
                name = node[1]

    def _apply(self, table: Table, p: Packet) -> str | None:
        json, entry = table.json, table.lookup(p)
        meter = json.get("direct_meters")
        if entry is not None:
            entry.count[0] += 1
            entry.count[1] += p.ingress_length
            entry.hit_at = self.around.now
            if meter:
                colour = self.meters.colour(meter, entry.meter, p.ingress_length, self.around.now)
                store(p, self.meters.target[meter], colour)
            chosen = self._resolve(table, entry, p)
        else:
            table.default_count[0] += 1
            table.default_count[1] += p.ingress_length
            if meter and table.default_meter is not None:
                colour = self.meters.colour(meter, table.default_meter, p.ingress_length, self.around.now)
                store(p, self.meters.target[meter], colour)
            chosen = table.default
        if chosen is not None:
            self.actions[self.action_ids[table.name][chosen[0]]](p, chosen[1])
        following = json["next_tables"]
        if "__HIT__" in following or "__MISS__" in following:
            return following.get("__HIT__" if entry is not None else "__MISS__")  # type: ignore[no-any-return]
        if chosen is None:
            return json.get("base_default_next")  # type: ignore[no-any-return]
        return following.get(chosen[0], json.get("base_default_next"))  # type: ignore[no-any-return]

    def _resolve(self, table: Table, entry: Entry, p: Packet) -> tuple[str, list[int]] | None:
        kind, what, *data = entry.action
        if kind == "action":
            return what, data[0]
        assert table.profile is not None
        return table.profile.members[what] if kind == "member" else table.profile.choose(what, p, self.down)


STANDARD = (
    "standard_metadata.ingress_port",
    "standard_metadata.egress_spec",
    "standard_metadata.egress_port",
    "standard_metadata.instance_type",
    "standard_metadata.packet_length",
    "standard_metadata.parser_error",
    "standard_metadata.checksum_error",
    "intrinsic_metadata.mcast_grp",
    "intrinsic_metadata.egress_rid",
    "intrinsic_metadata.ingress_global_timestamp",
    "intrinsic_metadata.egress_global_timestamp",
    "queueing_metadata.enq_timestamp",
    "queueing_metadata.deq_timedelta",
)
