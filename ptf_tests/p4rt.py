"""A small P4Runtime client for the tests: one switch, one primary, entries by name.

Written for the tests alone, so that they share no code with the controller that they will one day find wrong.
Names are P4Info aliases. Values are integers; the wire form is the canonical one (shortest, P4Runtime 1.4 §8.4).
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import grpc
from finsy.proto import p4i, p4r, p4r_grpc
from google.protobuf import text_format

TIMEOUT = 60.0  # seconds; for a call that never answers

Match = Mapping[str, "int | tuple[int, int]"]  # exact: value; lpm: (value, prefix length); ternary: (value, mask)


def canonical(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


@dataclass(frozen=True)
class Count:
    packets: int
    bytes: int

    def __sub__(self, other: Count) -> Count:
        return Count(self.packets - other.packets, self.bytes - other.bytes)


class Client:
    """A primary of device 1 with the pipeline set. Raises grpc.RpcError when the switch refuses anything."""

    def __init__(self, address: str, p4info: str, config: bytes) -> None:
        self.p4info = text_format.Parse(p4info, p4i.P4Info())
        self._tables = {t.preamble.alias: t for t in self.p4info.tables}
        self._actions = {a.preamble.alias: a for a in self.p4info.actions}
        self._counters = {c.preamble.alias: c for c in self.p4info.counters}
        self._channel = grpc.insecure_channel(address)
        self._stub = p4r_grpc.P4RuntimeStub(self._channel)
        self._requests: queue.SimpleQueue[p4r.StreamMessageRequest | None] = queue.SimpleQueue()
        self._become_primary()
        self._set_pipeline(config)

    def entry(
        self, table: str, match: Match, action: str, params: Mapping[str, int] | None = None, priority: int = 0
    ) -> p4r.Entity:
        """A table entry. Ternary fields that `match` leaves out are wildcards; every other field must be there."""
        info = self._tables[table]
        entity = p4r.Entity()
        entry = entity.table_entry
        entry.table_id = info.preamble.id
        entry.priority = priority
        names = {field.name for field in info.match_fields}
        assert set(match) <= names, f"{table} has no key {set(match) - names}"
        for field in info.match_fields:
            wanted = match.get(field.name)
            if wanted is None:
                assert field.match_type == p4i.MatchField.TERNARY, f"{table}: {field.name} is missing"
            elif wanted != (0, 0):  # what matches everything is left out (§9.1.1)
                _set_match(entry.match.add(field_id=field.id), field, wanted)
        spec = self._actions[action]
        entry.action.action.action_id = spec.preamble.id
        assert set(params or {}) == {p.name for p in spec.params}, f"{action} takes {[p.name for p in spec.params]}"
        for param in spec.params:
            assert params is not None
            entry.action.action.params.add(param_id=param.id, value=canonical(params[param.name]))
        return entity

    def insert(self, *entities: p4r.Entity) -> None:
        self._write(p4r.Update.INSERT, entities)

    def delete(self, *entities: p4r.Entity) -> None:
        self._write(p4r.Update.DELETE, entities)

    def counter(self, name: str) -> dict[int, Count]:
        """Every cell of an indirect counter, by index."""
        entity = p4r.Entity()
        entity.counter_entry.counter_id = self._counters[name].preamble.id
        cells = (e.counter_entry for e in self._read(entity))
        return {c.index.index: Count(c.data.packet_count, c.data.byte_count) for c in cells}

    def cell(self, name: str, index: int) -> Count:
        """One cell of an indirect counter."""
        entity = p4r.Entity()
        entity.counter_entry.counter_id = self._counters[name].preamble.id
        entity.counter_entry.index.index = index
        (answer,) = self._read(entity)
        return Count(answer.counter_entry.data.packet_count, answer.counter_entry.data.byte_count)

    def direct_counter(self, entry: p4r.Entity) -> Count:
        """The direct counter of a table entry that is in the switch."""
        entity = p4r.Entity()
        entity.direct_counter_entry.table_entry.table_id = entry.table_entry.table_id
        entity.direct_counter_entry.table_entry.priority = entry.table_entry.priority
        entity.direct_counter_entry.table_entry.match.extend(entry.table_entry.match)
        (answer,) = self._read(entity)
        data = answer.direct_counter_entry.data
        return Count(data.packet_count, data.byte_count)

    def enum(self, name: str) -> dict[str, int]:
        """Members of a serializable enum, as P4Info gives them."""
        members = self.p4info.type_info.serializable_enums[name].members
        return {m.name: int.from_bytes(m.value, "big") for m in members}

    def _become_primary(self) -> None:
        request = p4r.StreamMessageRequest()
        request.arbitration.device_id = 1
        request.arbitration.election_id.low = 1
        self._requests.put(request)
        self._stream = self._stub.StreamChannel(iter(self._requests.get, None), wait_for_ready=True)
        answer = next(self._stream)
        assert answer.arbitration.status.code == 0, f"not primary: {answer}"

    def _set_pipeline(self, config: bytes) -> None:
        request = p4r.SetForwardingPipelineConfigRequest(
            device_id=1, action=p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
        )
        request.election_id.low = 1
        request.config.p4info.CopyFrom(self.p4info)
        request.config.p4_device_config = config
        self._stub.SetForwardingPipelineConfig(request, timeout=TIMEOUT)

    def _write(self, kind: p4r.Update.Type.ValueType, entities: tuple[p4r.Entity, ...]) -> None:
        request = p4r.WriteRequest(device_id=1)
        request.election_id.low = 1
        for entity in entities:
            request.updates.add(type=kind, entity=entity)
        self._stub.Write(request, timeout=TIMEOUT)

    def _read(self, entity: p4r.Entity) -> Iterator[p4r.Entity]:
        request = p4r.ReadRequest(device_id=1, entities=[entity])
        for response in self._stub.Read(request, timeout=TIMEOUT):
            yield from response.entities


def _set_match(out: p4r.FieldMatch, field: p4i.MatchField, wanted: int | tuple[int, int]) -> None:
    if field.match_type == p4i.MatchField.EXACT:
        assert isinstance(wanted, int)
        out.exact.value = canonical(wanted)
        return
    assert isinstance(wanted, tuple)
    if field.match_type == p4i.MatchField.LPM:
        out.lpm.value, out.lpm.prefix_len = canonical(wanted[0]), wanted[1]
    else:
        assert field.match_type == p4i.MatchField.TERNARY
        out.ternary.value, out.ternary.mask = canonical(wanted[0]), canonical(wanted[1])
