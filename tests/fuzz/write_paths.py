"""The same WriteRequests through the native path and through Python alone: same answers, same entries read back.

Oracle: the Python path (switch/p4runtime/tables.py and around it), which decodes with protobuf.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from finsy.proto import p4i, p4r
from google.protobuf import text_format

from switch.engine import Engine
from switch.p4runtime import schema
from switch.p4runtime.config import fit_together
from switch.p4runtime.data_widths import data_widths
from switch.p4runtime.device import Pipeline
from switch.p4runtime.status import StatusError, parse
from tests.fuzz.write_requests import Requests

CASES = Path(__file__).parents[1] / "golden" / "v1model"
# Between them all kinds of match, wide keys, direct counters and meters, idle timeouts, profiles, const tables.
PROGRAMS = (
    "p4info_all_kinds",
    "l3_router_ecmp_acl",
    "p4runtime_canonical_bytes",
    "table_key_widths",
    "meter_direct",
    "vxlan_gateway",
    "idle_timeout",
    "action_param_types",
    "table_size_full",
    "table_optional",
    "table_range",
)


@contextmanager
def pipeline(name: str) -> Iterator[Pipeline]:
    """A recorded program, loaded, without ports and server."""
    folder = CASES / name
    info = text_format.Parse((folder / f"{name}.p4info.txtpb").read_text(), p4i.P4Info())
    with load((folder / f"{name}.json").read_bytes(), info) as made:
        yield made


@contextmanager
def load(json: bytes, info: p4i.P4Info) -> Iterator[Pipeline]:
    """A program as a switch holds it."""
    engine = Engine.load(json, cpu_port=510, optimise="none")
    known = schema.build(info, data_widths(engine.program, engine.value_set_widths()))
    fit_together(known, engine)
    made = Pipeline(p4r.ForwardingPipelineConfig(), known, engine, nullcontext)
    try:
        yield made
    finally:
        made.close()


class Paths:
    """One pipeline that takes requests natively, one that takes them in Python."""

    def __init__(self, native: Pipeline, python: Pipeline) -> None:
        self.native, self.python = native, python
        self.decoded = 0  # requests that the runtime took apart

    def write(self, data: bytes) -> tuple[list[p4r.Error], list[p4r.Error]] | None:
        """The answers of both; None if both called the request malformed. Raises AssertionError if only one did."""
        try:
            request = parse(p4r.WriteRequest, data)
        except StatusError:
            request = None
        try:
            batch = self.native.decode(data)
        except StatusError:
            assert request is None, "malformed for the native path only"
            return None
        assert request is not None, "malformed for protobuf only"
        self.decoded += batch.decoded
        head = p4r.WriteRequest()
        head.CopyFrom(request)
        del head.updates[:]
        assert p4r.WriteRequest.FromString(batch.head.SerializeToString()).atomicity == head.atomicity
        assert batch.head.device_id == head.device_id and batch.head.role == head.role
        assert batch.head.HasField("election_id") == head.HasField("election_id")
        assert batch.count == len(request.updates)
        return self.native.write_batch(batch), self.python.write(request.updates, request.atomicity)

    def states(self) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """All entries of each with counters and meters; the native one's once more as the runtime encodes them."""
        return _state(self.native), _state(self.python), _encoded(self.native)


def _requests(of: Pipeline) -> Iterator[p4r.TableEntry]:
    for table in of.schema.tables.values():
        yield p4r.TableEntry(table_id=table.id)
        if not table.profile:
            yield p4r.TableEntry(table_id=table.id, is_default_action=True)


def _state(of: Pipeline) -> list[bytes]:
    """In an order of its own: entries have none."""
    found = [e for request in _requests(of) for e in of.read(p4r.Entity(table_entry=request))]
    for table in of.schema.tables.values():
        direct = p4r.TableEntry(table_id=table.id)
        if table.direct_counter:
            direct.counter_data.SetInParent()
        if table.direct_meter:
            direct.meter_config.SetInParent()
        if table.direct_counter or table.direct_meter:
            found += of.read(p4r.Entity(table_entry=direct))
    return sorted(e.SerializeToString(deterministic=True) for e in found)


def _encoded(of: Pipeline) -> list[bytes]:
    """As _state, but for meters."""
    return sorted(
        e.SerializeToString(deterministic=True) for r in _requests(of) for e in _parts(of, p4r.Entity(table_entry=r))
    )


def _parts(of: Pipeline, request: p4r.Entity) -> Iterator[p4r.Entity]:
    """What read_parts gives, a little at a time."""
    for part in of.read_parts(request, 500):
        if not isinstance(part, bytes):
            yield part
            continue
        response = p4r.ReadResponse.FromString(part)
        assert response.SerializeToString(deterministic=True) == part, "not encoded as protobuf does"
        yield from response.entities


def check_reads(of: Pipeline) -> None:
    """Reads of counters, and those with filters, give the same by both paths. Raises AssertionError."""
    asked: list[p4r.Entity] = [
        p4r.Entity(table_entry=p4r.TableEntry()),
        p4r.Entity(direct_counter_entry=p4r.DirectCounterEntry()),
        p4r.Entity(table_entry=p4r.TableEntry(counter_data=p4r.CounterData())),
    ]
    for table in of.schema.tables.values():
        for action_id in table.actions:
            asked.append(p4r.Entity(table_entry=p4r.TableEntry(table_id=table.id)))
            asked[-1].table_entry.action.action.action_id = action_id
        if table.has_priority:
            asked.append(p4r.Entity(table_entry=p4r.TableEntry(table_id=table.id, priority=2)))
        counted = p4r.TableEntry(table_id=table.id, counter_data=p4r.CounterData())
        asked.append(p4r.Entity(table_entry=counted))
        if table.direct_counter:
            counter = p4r.DirectCounterEntry(table_entry=p4r.TableEntry(table_id=table.id))
            asked.append(p4r.Entity(direct_counter_entry=counter))
    for request in asked:
        natively = sorted(e.SerializeToString(deterministic=True) for e in _parts(of, request))
        assert natively == sorted(e.SerializeToString(deterministic=True) for e in of.read(request)), request


def compare(name: str, seed: int, count: int) -> Paths:
    """Send `count` requests to both paths of a recorded program. Raises AssertionError where they differ."""
    with pipeline(name) as native, pipeline(name) as python:
        return compare_both(Paths(native, python), f"{name}, seed {seed}", Requests(native.schema, seed), count)


def compare_both(paths: Paths, what: str, requests: Requests, count: int) -> Paths:
    """`what` it is, for whoever has to find out why they differ."""
    for number in range(count):
        data = requests.next()
        answers = paths.write(data)
        if answers is not None:
            assert answers[0] == answers[1], f"{what}, request {number}: {data.hex()}"
        if number % 10 == 9 or number == count - 1:
            ours, theirs, encoded = paths.states()
            assert ours == theirs, f"{what}, after request {number}"
            plain = [e for e in ours if not _shows_direct(e)]
            assert sorted(set(encoded)) == sorted(set(plain)), f"{what}, after request {number}"
            assert len(encoded) == len(set(encoded))
            check_reads(paths.native)
    return paths


def _shows_direct(data: bytes) -> bool:
    entry = p4r.Entity.FromString(data).table_entry
    return entry.HasField("counter_data") or entry.HasField("meter_config")
