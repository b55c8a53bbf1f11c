"""A stupid simple_switch: BMv2 JSON, interpreted field by field. The oracle for the compiler's JSON.

Slow and plain on purpose, and written from the format's description and the recorded packets alone; it runs p4c's JSON
of all golden programs with the recorded results, and so says what our JSON means. No time, no counters, no meters'
rates.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from tests.compiler.bmv2.bits import HASHES, Bits, ParserError, Writer
from tests.compiler.bmv2.storage import Json, Packet, Storage

DROP_PORT = 511


@dataclass
class Entry:
    match: list[tuple[Any, ...]]
    """For each key: ("exact", v), ("lpm", v, length), ("ternary", v, mask), ("range", low, high)."""
    action: Any
    """(action id, [data]), ("member", n) or ("group", n)."""
    priority: int = 0


@dataclass
class Table:
    json: Json
    entries: list[Entry] = field(default_factory=list)
    default: tuple[int, list[int]] | None = None


class SimpleSwitch(Storage):
    def __init__(self, json: Json) -> None:
        super().__init__(json)
        self.errors = dict(json["errors"])
        self.actions = {a["id"]: a for a in json["actions"]}
        self.calculations = {c["name"]: c for c in json["calculations"]}
        self.field_lists = {f["id"]: f["elements"] for f in json["field_lists"]}
        self.learn_lists = {f["id"]: f["elements"] for f in json["learn_lists"]}
        self.tables = {t["name"]: Table(t) for p in json["pipelines"] for t in p["tables"]}
        self.conditions = {c["name"]: c for p in json["pipelines"] for c in p["conditionals"]}
        self.profiles = {a["name"]: a for p in json["pipelines"] for a in p["action_profiles"]}
        self.members: dict[tuple[str, int], tuple[int, list[int]]] = {}
        self.groups: dict[tuple[str, int], list[int]] = {}
        self.value_sets: dict[str, list[int]] = {v["name"]: [] for v in json["parse_vsets"]}
        self.registers = {r["name"]: [0] * r["size"] for r in json["register_arrays"]}
        self.register_widths = {r["name"]: r["bitwidth"] for r in json["register_arrays"]}
        self.counters: dict[tuple[str, int], int] = {}
        self.multicast: dict[int, list[tuple[int, int]]] = {}
        self.sessions: dict[int, list[tuple[int, int]]] = {}
        self.digests: list[tuple[int, list[int]]] = []
        for table in self.tables.values():
            default = table.json.get("default_entry")
            if default:
                table.default = (default["action_id"], [int(x, 16) for x in default["action_data"]])
            for entry in table.json.get("entries", ()):
                table.entries.append(self._entry(entry))
        self.initial_defaults = {name: table.default for name, table in self.tables.items()}

    def _entry(self, json: Json) -> Entry:
        match: list[tuple[Any, ...]] = []
        for key in json["match_key"]:
            kind = key["match_type"]
            if kind == "exact":
                match.append((kind, int(key["key"], 16)))
            elif kind == "lpm":
                match.append((kind, int(key["key"], 16), key["prefix_length"]))
            elif kind == "ternary":
                match.append((kind, int(key["key"], 16), int(key["mask"], 16)))
            else:
                match.append((kind, int(key["start"], 16), int(key["end"], 16)))
        action = json["action_entry"]
        return Entry(match, (action["action_id"], [int(x, 16) for x in action["action_data"]]), json["priority"])

    # --- packets ---

    def send(self, port: int, data: bytes) -> list[tuple[int, bytes]]:
        """What comes out for `data` in at `port`, sorted."""
        out: list[tuple[int, bytes]] = []
        work: list[tuple[int, bytes, int, dict[tuple[str, str], int]]] = [(port, data, 0, {})]
        rounds = 0
        while work:
            rounds += 1
            assert rounds < 100, "the packet goes round for ever"
            self._ingress(*work.pop(0), out, work)
        return sorted(out)

    def _new(self, port: int, data: bytes, instance: int, kept: dict[tuple[str, str], int]) -> Packet:
        packet = Packet(set(), {}, {}, dict.fromkeys((*self.stacks, *self.union_stacks), 0))
        for key, (width, _) in self.widths.items():
            if width == "*":
                packet.varbits[key] = b""
            else:
                packet.fields[key] = 0
        packet.valid |= self.metadata
        packet.fields |= kept
        self._std(packet, ingress_port=port, packet_length=len(data), instance_type=instance)
        self._parse(packet, data)
        return packet

    def _std(self, packet: Packet, **values: int) -> None:
        for name, value in values.items():
            packet.fields["standard_metadata", name] = value

    def _ingress(
        self,
        port: int,
        data: bytes,
        instance: int,
        kept: dict[tuple[str, str], int],
        out: list[tuple[int, bytes]],
        work: list[Any],
    ) -> None:
        packet = self._new(port, data, instance, kept)
        self._verify(packet)
        self._pipeline(0, packet)
        if packet.clone is not None:
            session, number = packet.clone
            copied = self._new(port, data, 1, self._kept(packet, number))
            for egress_port, rid in self.sessions.get(session, ()):
                self._egress(copy.deepcopy(copied), egress_port, rid, 1, out, work)
            packet.clone = None
        if packet.digest is not None:
            self.digests.append((packet.digest[0], packet.digest[1:]))
        std = {name: packet.fields["standard_metadata", name] for name in ("egress_spec", "mcast_grp")}
        if packet.resubmit:
            work.append((port, data, 6, self._kept(packet, packet.resubmit)))
        elif std["mcast_grp"]:
            for egress_port, rid in self.multicast.get(std["mcast_grp"], ()):
                self._egress(copy.deepcopy(packet), egress_port, rid, 5, out, work)
        elif std["egress_spec"] != DROP_PORT:
            self._egress(packet, std["egress_spec"], 0, 0, out, work)

    def _egress(
        self, packet: Packet, port: int, rid: int, instance: int, out: list[tuple[int, bytes]], work: list[Any]
    ) -> None:
        self._std(packet, egress_port=port, egress_rid=rid, instance_type=instance, egress_spec=0)
        packet.exited = False
        self._pipeline(1, packet)
        if packet.clone is not None:
            session, number = packet.clone
            packet.clone = None
            kept = self._kept(packet, number)
            for egress_port, new_rid in self.sessions.get(session, ()):
                copied = copy.deepcopy(packet)
                for key in copied.fields:
                    if key[0] in self.metadata:
                        copied.fields[key] = 0
                copied.fields |= kept
                copied.recirculate = 0
                self._std(copied, packet_length=packet.fields["standard_metadata", "packet_length"])
                self._egress(copied, egress_port, new_rid, 2, out, work)
        if packet.fields["standard_metadata", "egress_spec"] == DROP_PORT:
            return
        data = self._deparse(packet)
        if packet.recirculate:
            work.append((0, data, 4, self._kept(packet, packet.recirculate)))  # BMv2 forgets the ingress port
            return
        out.append((port, data if packet.truncate is None else data[: packet.truncate]))

    def _kept(self, packet: Packet, number: int) -> dict[tuple[str, str], int]:
        return {tuple(e["value"]): packet.fields[tuple(e["value"])] for e in self.field_lists[number]}  # type: ignore[misc]

    # --- parser ---

    def _parse(self, packet: Packet, data: bytes) -> None:
        states = {s["name"]: s for s in self.json["parsers"][0]["parse_states"]}
        bits = Bits(data)
        state: str | None = self.json["parsers"][0]["init_state"]
        steps = 0
        try:
            while state is not None:
                steps += 1
                assert steps < 1000, "the parser goes round for ever"
                for op in states[state]["parser_ops"]:
                    self._parser_op(op, packet, bits)
                state = self._transition(states[state], packet, bits)
        except ParserError as error:
            number = error.name if isinstance(error.name, int) else self.errors[error.name]
            self._std(packet, parser_error=number)
        packet.payload = data[bits.at // 8 :]

    def _parser_op(self, op: Json, packet: Packet, bits: Bits) -> None:
        parameters = op["parameters"]
        match op["op"]:
            case "extract" | "extract_VL":
                length = self._eval(parameters[1], packet) if len(parameters) == 2 else 0
                self._extract(parameters[0], length, packet, bits)
            case "set":
                target, value = parameters
                lookahead = value["type"] == "lookahead"
                number = bits.peek(*value["value"]) if lookahead else self._eval(value, packet)
                self._store(packet, tuple(target["value"]), number)
            case "verify":
                if not self._eval(parameters[0], packet):
                    raise ParserError(self._eval(parameters[1], packet))
            case "advance":
                bits.advance(self._eval(parameters[0], packet))
            case "primitive":
                self._primitive(parameters[0], packet, [])
            case name:
                raise AssertionError(name)

    def _extract(self, target: Json, length: int, packet: Packet, bits: Bits) -> None:
        kind, name = target["type"], target["value"]
        if kind == "stack":
            elements, stack = self.stacks[name], name
        elif kind == "union_stack":
            stack = name[0]
            elements = [next(h for h in self.unions[u] if h == f"{u}.{name[1]}") for u in self.union_stacks[stack]]
        else:
            elements, stack = [name], None
        index = packet.stack_next[stack] if stack else 0
        if index >= len(elements):
            raise ParserError("StackOutOfBounds")
        header = elements[index]
        fixed = sum(f[1] for f in self.types[header] if f[1] != "*")
        if length % 8:
            raise ParserError("ParserInvalidArgument")
        if bits.left < fixed + length:
            raise ParserError("PacketTooShort")
        if self.max_length[header] and fixed + length > self.max_length[header] * 8:
            raise ParserError("HeaderTooShort")
        for f in self.types[header]:
            if f[1] == "*":
                packet.varbits[header, f[0]] = bits.take(length).to_bytes(length // 8, "big")
            else:
                self._store(packet, (header, f[0]), bits.take(f[1]))
        self._set_valid(packet, header)
        if stack:
            packet.stack_next[stack] += 1

    def _transition(self, state: Json, packet: Packet, bits: Bits) -> str | None:
        key: list[tuple[int, int]] = []
        for k in state["transition_key"]:
            match k["type"]:
                case "field":
                    header, name = k["value"]
                    width = 1 if name == "$valid$" else self.widths[header, name][0]
                    key.append((self._field(packet, header, name), width))
                case "stack_field":
                    header = self._last(packet, k["value"][0])
                    key.append((packet.fields[header, k["value"][1]], self.widths[header, k["value"][1]][0]))
                case "lookahead":
                    key.append((bits.peek(*k["value"]), k["value"][1]))
                case name:
                    raise AssertionError(name)
        joined = b"".join((v & (1 << w) - 1).to_bytes((w + 7) // 8, "big") for v, w in key)
        default: str | None = None
        for transition in state["transitions"]:
            match transition["type"]:
                case "default":
                    default = transition["next_state"]
                case "parse_vset":
                    compressed = 0
                    for v, w in key:
                        compressed = compressed << w | v
                    if compressed in self.value_sets[transition["value"]]:
                        return transition["next_state"]  # type: ignore[no-any-return]
                case _:
                    value = bytes.fromhex(transition["value"][2:])
                    assert len(value) == len(joined)
                    mask = transition["mask"]
                    masks = bytes.fromhex(mask[2:]) if mask else b"\xff" * len(value)
                    if all(a & m == b & m for a, b, m in zip(joined, value, masks, strict=True)):
                        return transition["next_state"]  # type: ignore[no-any-return]
        return default

    # --- controls ---

    def _pipeline(self, number: int, packet: Packet) -> None:
        node = self.json["pipelines"][number]["init_table"]
        while node is not None and not packet.exited:
            if node in self.conditions:
                condition = self.conditions[node]
                node = condition["true_next" if self._eval(condition["expression"], packet) else "false_next"]
            else:
                node = self._apply(self.tables[node], packet)

    def _apply(self, table: Table, packet: Packet) -> str | None:
        json = table.json
        keys = []
        for key in json["key"]:
            header, name = key["target"]
            width = 1 if name == "$valid$" else self.widths[header, name][0]
            keys.append((self._field(packet, header, name) & (1 << width) - 1, width))
        entry = self._lookup(table, keys)
        chosen = self._resolve(json, entry.action, packet) if entry else table.default
        if chosen is None:
            next_tables = json["next_tables"]
            return next_tables["__MISS__"] if "__MISS__" in next_tables else json["base_default_next"]  # type: ignore[no-any-return]
        action = self.actions[chosen[0]]
        assert chosen[0] in json["action_ids"], "an action of another table"
        meter = json["direct_meters"]
        if entry and meter:
            array = next(m for m in self.json["meter_arrays"] if m["name"] == meter)
            self._store(packet, tuple(array["result_target"]), 0)
        self._run(action["primitives"], packet, chosen[1])
        next_tables = json["next_tables"]
        if "__HIT__" in next_tables or "__MISS__" in next_tables:
            return next_tables["__HIT__" if entry else "__MISS__"]  # type: ignore[no-any-return]
        return next_tables[action["name"]]  # type: ignore[no-any-return]

    def _resolve(self, json: Json, action: Any, packet: Packet) -> tuple[int, list[int]]:
        if action[0] not in ("member", "group"):
            return action  # type: ignore[no-any-return]
        profile = json["action_profile"]
        if action[0] == "member":
            return self.members[profile, action[1]]
        selector = self.profiles[profile]["selector"]
        members = sorted(self.groups[profile, action[1]])
        return self.members[profile, members[self._hash(selector, packet) % len(members)]]

    def _lookup(self, table: Table, keys: list[tuple[int, int]]) -> Entry | None:
        found: tuple[Any, Entry] | None = None
        for entry in table.entries:
            rank = _rank(entry, keys)
            if rank is not None and (found is None or rank > found[0]):
                found = (rank, entry)
        return found[1] if found else None

    def _run(self, primitives: list[Json], packet: Packet, data: list[int]) -> None:
        at = steps = 0
        while at < len(primitives):
            steps += 1
            assert steps < 10000, "the action goes round for ever"
            primitive = primitives[at]
            at += 1
            if primitive["op"] == "_jump":
                at = self._eval(primitive["parameters"][0], packet, data)
            elif primitive["op"] == "_jump_if_zero":
                if not self._eval(primitive["parameters"][0], packet, data):
                    at = self._eval(primitive["parameters"][1], packet, data)
            else:
                self._primitive(primitive, packet, data)

    def _primitive(self, primitive: Json, packet: Packet, data: list[int]) -> None:
        parameters = primitive["parameters"]

        def value(i: int) -> int:
            number = self._eval(parameters[i], packet, data)
            assert not isinstance(number, bool), primitive
            return int(number)

        def store(i: int, number: int) -> None:
            self._store(packet, tuple(parameters[i]["value"]), number)

        name = parameters[0].get("value") if parameters else None
        match primitive["op"]:
            case "assign":
                store(0, value(1))
            case "assign_VL":
                packet.varbits[tuple(name)] = packet.varbits[tuple(parameters[1]["value"])]
            case "assign_header":
                self._copy(packet, name, parameters[1]["value"])
            case "assign_union":
                for to, source in zip(self.unions[name], self.unions[parameters[1]["value"]], strict=True):
                    self._copy(packet, to, source)
            case "assign_header_stack":
                packet.stack_next[name] = packet.stack_next[parameters[1]["value"]]
                for to, source in zip(self.stacks[name], self.stacks[parameters[1]["value"]], strict=True):
                    self._copy(packet, to, source)
            case "add_header":
                if name not in packet.valid:
                    for f in self.types[name]:
                        if f[1] != "*":
                            packet.fields[name, f[0]] = 0
                    self._set_valid(packet, name)
            case "remove_header":
                packet.valid.discard(name)
            case "push" | "pop":
                self._shift(packet, name, value(1) if primitive["op"] == "push" else -value(1))
            case "exit":
                packet.exited = True
            case "mark_to_drop":
                self._std(packet, egress_spec=DROP_PORT, mcast_grp=0)
            case "modify_field_with_hash_based_offset":
                calculation = self.calculations[parameters[2]["value"]]
                store(0, value(1) + self._hash(calculation, packet) % (value(3) or 1))
            case "modify_field_rng_uniform":
                store(0, value(1))
            case "count":
                self.counters[name, value(1)] = self.counters.get((name, value(1)), 0) + 1
            case "execute_meter":
                store(2, 0)
            case "register_read":
                store(0, self.registers[parameters[1]["value"]][value(2)])
            case "register_write":
                self.registers[name][value(1)] = value(2) & (1 << self.register_widths[name]) - 1
            case "generate_digest":
                number = value(1)
                packet.digest = [number]
                packet.digest += [packet.fields[tuple(e["value"])] for e in self.learn_lists[number]]
            case "clone_ingress_pkt_to_egress" | "clone_egress_pkt_to_egress":
                packet.clone = (value(0), value(1))
            case "resubmit":
                packet.resubmit = value(0)
            case "recirculate":
                packet.recirculate = value(0)
            case "truncate":
                packet.truncate = value(0)
            case "assert" | "assume":
                assert value(0)
            case "log_msg":
                for parameter in parameters[1]["value"]:
                    self._eval(parameter, packet, data)
            case op:
                raise AssertionError(op)

    def _copy(self, packet: Packet, to: str, source: str) -> None:
        if source not in packet.valid:
            packet.valid.discard(to)
            return
        self._set_valid(packet, to)
        for f in self.types[to]:
            if f[1] == "*":
                packet.varbits[to, f[0]] = packet.varbits[source, f[0]]
            else:
                packet.fields[to, f[0]] = packet.fields[source, f[0]]

    def _shift(self, packet: Packet, name: str, by: int) -> None:
        stack = self.stacks[name]
        old = [(h in packet.valid, [packet.fields[h, f[0]] for f in self.types[h]]) for h in stack]
        for i, header in enumerate(stack):
            valid, values = old[i - by] if 0 <= i - by < len(stack) else (False, [0] * len(self.types[header]))
            packet.valid.discard(header)
            if valid:
                packet.valid.add(header)
            packet.fields |= {(header, f[0]): v for f, v in zip(self.types[header], values, strict=True)}
        packet.stack_next[name] = max(0, min(len(stack), packet.stack_next[name] + by))

    # --- calculations, checksums, deparser ---

    def _hash(self, calculation: Json, packet: Packet) -> int:
        bits = Writer()
        for item in calculation["input"]:
            if item["type"] == "payload":
                bits.data(packet.payload)
            elif item["type"] == "hexstr":
                bits.add(int(item["value"], 16), item["bitwidth"])
            else:
                header, name = item["value"]
                if header not in packet.valid:
                    continue
                if (header, name) in packet.varbits:
                    bits.data(packet.varbits[header, name])
                else:
                    width = self.widths[header, name][0]
                    bits.add(packet.fields[header, name] & (1 << width) - 1, width)
        return HASHES[calculation["algo"]](bits.finish())

    def _verify(self, packet: Packet) -> None:
        for checksum in self.json["checksums"]:
            if checksum["verify"] and self._wanted(checksum, packet):
                value = self._hash(self.calculations[checksum["calculation"]], packet)
                width = self.widths[tuple(checksum["target"])][0]  # type: ignore[index]
                if packet.fields[tuple(checksum["target"])] != value & (1 << width) - 1:  # type: ignore[index]
                    self._std(packet, checksum_error=1)

    def _wanted(self, checksum: Json, packet: Packet) -> bool:
        condition = checksum.get("if_cond")
        return checksum["target"][0] in packet.valid and (condition is None or self._eval(condition, packet))

    def _deparse(self, packet: Packet) -> bytes:
        for checksum in self.json["checksums"]:
            if checksum["update"] and self._wanted(checksum, packet):
                value = self._hash(self.calculations[checksum["calculation"]], packet)
                self._store(packet, tuple(checksum["target"]), value)
        deparser = self.json["deparsers"][0]
        for primitive in deparser["primitives"]:
            self._primitive(primitive, packet, [])
        data = b""
        for header in deparser["order"]:
            if header not in packet.valid:
                continue
            bits = Writer()
            for f in self.types[header]:
                if f[1] == "*":
                    bits.data(packet.varbits[header, f[0]])
                else:
                    bits.add(packet.fields[header, f[0]] & (1 << f[1]) - 1, f[1])
            data += bits.finish()
        return data + packet.payload


def _rank(entry: Entry, keys: list[tuple[int, int]]) -> Any:
    """How good a match `entry` is: None for no match; prefix length, then the lowest priority number wins."""
    length = 0
    for match, (value, width) in zip(entry.match, keys, strict=True):
        match match:
            case ("exact", wanted) if value != wanted:
                return None
            case ("lpm", wanted, bits):
                if value >> width - bits != wanted >> width - bits:
                    return None
                length = bits
            case ("ternary", wanted, mask) if value & mask != wanted & mask:
                return None
            case ("range", low, high) if not low <= value <= high:
                return None
    ternary = any(m[0] in ("ternary", "range") for m in entry.match)
    return -entry.priority if ternary else length
