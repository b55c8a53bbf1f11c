"""A P4Runtime server for tests: a dict of entries behind gRPC on loopback.

It is as strict as the specification (canonical bytes, INSERT of what is there, MODIFY of what is not, table sizes,
arbitration) and as stupid as possible, so that it can be the oracle for what the controller wrote. `log` has every
update taken, in order; `before_update` may stop a write midway, as a crash would.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
from finsy.proto import p4i, p4r, p4r_grpc, rpc_code, rpc_status
from gateway_info import gateway_info

Entry = tuple[int, bytes]


class Stop(Exception):
    """Raised by `before_update`: the rest of the batch is not looked at."""


class FakeSwitch(p4r_grpc.P4RuntimeServicer):
    """Use as a context manager; `address` is where it listens."""

    def __init__(self, info: p4i.P4Info | None = None) -> None:
        self.config: p4r.ForwardingPipelineConfig | None = None
        if info is not None:
            self.config = p4r.ForwardingPipelineConfig(p4info=info, p4_device_config=b"{}")
        self.entries: dict[Entry, p4r.TableEntry] = {}
        self.counters: dict[tuple[int, int], tuple[int, int]] = {}
        self.log: list[p4r.Update] = []
        self.batches: list[int] = []
        self.before_update: Callable[[int], None] = lambda count: None
        self.reconcile = True
        self.room: dict[str, int] = {}  # less room in a table (by alias) than P4Info says
        self.forgets = 0  # id of a table whose entries are acknowledged and lost
        self.pushes: list[int] = []
        self._lock = threading.Lock()
        self._clients: dict[Any, int] = {}
        self._highest = 0
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
        p4r_grpc.add_P4RuntimeServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> FakeSwitch:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()

    # Arbitration: the highest id connected is primary; an id that another client holds is refused.

    def StreamChannel(self, request_iterator: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        token = object()
        context.add_callback(lambda: self._clients.pop(token, None))
        for request in request_iterator:
            ask = request.arbitration
            election_id = ask.election_id.high << 64 | ask.election_id.low
            with self._lock:
                if election_id in self._clients.values():
                    context.abort(grpc.StatusCode.INVALID_ARGUMENT, "election id is in use")
                self._clients[token] = election_id
                self._highest = max(self._highest, election_id)
                primary = self._highest in self._clients.values()
                answer = p4r.StreamMessageResponse()
                answer.arbitration.device_id = ask.device_id
                answer.arbitration.election_id.high = self._highest >> 64
                answer.arbitration.election_id.low = self._highest & (1 << 64) - 1
                code = rpc_code.OK if election_id == self._highest else rpc_code.ALREADY_EXISTS
                answer.arbitration.status.code = code if primary else rpc_code.NOT_FOUND
            yield answer

    def _check_primary(self, request: Any, context: grpc.ServicerContext) -> None:
        election_id = request.election_id.high << 64 | request.election_id.low
        if election_id != self._highest or election_id not in self._clients.values():
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "not primary")

    # Pipeline.

    def SetForwardingPipelineConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._check_primary(request, context)
        kinds = p4r.SetForwardingPipelineConfigRequest
        if request.action == kinds.RECONCILE_AND_COMMIT and not self.reconcile:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "cannot reconcile")
        self.pushes.append(request.action)
        if request.action == kinds.VERIFY_AND_COMMIT:
            self.entries.clear()
        self.config = request.config
        return p4r.SetForwardingPipelineConfigResponse()

    def GetForwardingPipelineConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        if self.config is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no pipeline")
        return p4r.GetForwardingPipelineConfigResponse(config=self.config)

    # Entries.

    def Write(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._check_primary(request, context)
        with self._lock:
            self.batches.append(len(request.updates))
            errors = []
            for update in request.updates:
                try:
                    self.before_update(len(self.log))
                except Stop:
                    context.abort(grpc.StatusCode.ABORTED, "stopped by the test")
                errors.append(self._update(update))
            if any(error.canonical_code for error in errors):
                status = rpc_status.Status(code=rpc_code.UNKNOWN, message="some updates failed")
                for error in errors:
                    status.details.add().Pack(error)
                context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
                context.abort(grpc.StatusCode.UNKNOWN, "some updates failed")
        return p4r.WriteResponse()

    def _update(self, update: Any) -> Any:
        if update.entity.HasField("counter_entry"):
            cell = update.entity.counter_entry
            self.counters[cell.counter_id, cell.index.index] = (cell.data.packet_count, cell.data.byte_count)
            return p4r.Error()
        entry = update.entity.table_entry
        table = next((t for t in self.config.p4info.tables if t.preamble.id == entry.table_id), None)
        wrong = "no such table" if table is None else self._wrong(table, entry, update.type)
        if wrong:
            return p4r.Error(canonical_code=rpc_code.INVALID_ARGUMENT, message=wrong)
        key = entry_key(entry)
        if update.type == p4r.Update.INSERT and key in self.entries:
            return p4r.Error(canonical_code=rpc_code.ALREADY_EXISTS, message="entry exists")
        if update.type != p4r.Update.INSERT and key not in self.entries:
            return p4r.Error(canonical_code=rpc_code.NOT_FOUND, message="no such entry")
        held = sum(1 for table_id, _ in self.entries if table_id == entry.table_id)
        if update.type == p4r.Update.INSERT and held >= self.room.get(table.preamble.alias, table.size):
            return p4r.Error(canonical_code=rpc_code.RESOURCE_EXHAUSTED, message="table is full")
        if update.type == p4r.Update.DELETE:
            del self.entries[key]
        elif entry.table_id != self.forgets:
            self.entries[key] = entry
        self.log.append(update)
        return p4r.Error()

    def _wrong(self, table: Any, entry: Any, kind: int) -> str:
        fields = {field.id: field for field in table.match_fields}
        for match in entry.match:
            field = fields.pop(match.field_id, None)
            if field is None:
                return f"field {match.field_id} is unknown or given twice"
            which = match.WhichOneof("field_match_type")
            if which.upper() != p4i.MatchField.MatchType.Name(field.match_type):
                return f"{field.name} is not {which}"
            value = getattr(match, which)
            numbers = [value.value] + ([value.mask] if which == "ternary" else [])
            for number in numbers:
                if number != canonical(number) or int.from_bytes(number, "big") >= 1 << field.bitwidth:
                    return f"{field.name}: {number!r} is not canonical or too wide"
            low = int.from_bytes(value.value, "big")
            if which == "ternary" and (not value.mask.strip(b"\0") or low & ~int.from_bytes(value.mask, "big")):
                return f"{field.name}: don't-care or bits outside of the mask"
            if which == "lpm" and (value.prefix_len == 0 or low & (1 << 32 - value.prefix_len) - 1):
                return f"{field.name}: don't-care or bits outside of the prefix"
        if any(field.match_type == p4i.MatchField.EXACT for field in fields.values()):
            return "an exact field is missing"
        ternary = any(field.match_type == p4i.MatchField.TERNARY for field in table.match_fields)
        if bool(entry.priority) != ternary:
            return "priority where none belongs, or none where one does"
        return self._wrong_action(table, entry) if kind != p4r.Update.DELETE else ""

    def _wrong_action(self, table: Any, entry: Any) -> str:
        chosen = entry.action.action
        if chosen.action_id not in [ref.id for ref in table.action_refs]:
            return f"action {chosen.action_id} is not the table's"
        action = next(a for a in self.config.p4info.actions if a.preamble.id == chosen.action_id)
        if sorted(p.param_id for p in chosen.params) != sorted(p.id for p in action.params):
            return "parameters do not fit the action"
        widths = {p.id: p.bitwidth for p in action.params}
        for param in chosen.params:
            if (
                param.value != canonical(param.value)
                or int.from_bytes(param.value, "big") >= 1 << widths[param.param_id]
            ):
                return f"parameter {param.param_id} is not canonical or too wide"
        return ""

    def Read(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        response = p4r.ReadResponse()
        for entity in request.entities:
            if entity.HasField("counter_entry"):
                wanted = entity.counter_entry.counter_id
                for (counter, index), (packets, octets) in self.counters.items():
                    if counter == wanted:
                        cell = response.entities.add().counter_entry
                        cell.counter_id, cell.index.index = counter, index
                        cell.data.packet_count, cell.data.byte_count = packets, octets
            else:
                for (table_id, _), entry in self.entries.items():
                    if table_id == entity.table_entry.table_id:
                        response.entities.add().table_entry.CopyFrom(entry)
        yield response


def canonical(value: bytes) -> bytes:
    return value.lstrip(b"\0") or b"\0"


def entry_key(entry: Any) -> Entry:
    """Table and match: the identity of an entry. Matches are sorted by field."""
    only = p4r.TableEntry(table_id=entry.table_id, priority=entry.priority)
    only.match.extend(sorted(entry.match, key=lambda match: match.field_id))
    return entry.table_id, only.SerializeToString(deterministic=True)


def fake_gateway(sizes: dict[str, int] | None = None) -> FakeSwitch:
    """A fake that runs the gateway already."""
    return FakeSwitch(gateway_info(sizes))
