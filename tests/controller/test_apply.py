"""Apply, verify and status against a switch over gRPC. Oracle: what fake_switch.py took, entry by entry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from fake_switch import FakeSwitch, Stop, entry_key, fake_gateway
from finsy.proto import p4r, p4r_grpc
from gateway_info import gateway_info
from google.protobuf import text_format
from hypothesis import HealthCheck, given, settings
from intents import intents, packets
from packets import fates, intended

from controller.gateway import Job, Outcome, apply, read_state, survey
from controller.intent import Intent, parse_intent
from controller.p4runtime.bind import bind
from controller.p4runtime.connection import Connection
from controller.p4runtime.errors import GatewayError, NoPipeline, NotPrimary, Refused, Unreachable
from controller.p4runtime.pipeline import Pipeline, load_pipeline
from controller.planner import plan
from controller.status import status

EXAMPLE = (Path(__file__).parents[2] / "examples" / "two_vpcs.yaml").read_text()


@pytest.fixture
def switch() -> Iterator[FakeSwitch]:
    with fake_gateway() as fake:
        yield fake


def job(switch: FakeSwitch, text: str = EXAMPLE, pipeline: Pipeline | None = None) -> Job:
    intent: Intent = parse_intent(text)
    return Job("gw1", intent.gateways["gw1"], switch.address, intent, pipeline)


def run(switch: FakeSwitch, text: str = EXAMPLE, pipeline: Pipeline | None = None, election_id: int = 1) -> Outcome:
    with Connection(switch.address, 1) as connection:
        return apply(connection, job(switch, text, pipeline), election_id, lambda phase, done, total: None)


def entries(switch: FakeSwitch) -> set[bytes]:
    return {entry.SerializeToString(deterministic=True) for entry in switch.entries.values()}


def test_first_apply_writes_everything_and_the_second_nothing(switch: FakeSwitch) -> None:
    outcome = run(switch)
    # 4 hosts, 12 access list entries (8000-8999 is 6 prefixes), 16 VMs, 4 gateways, 4 subnets, 1 VTEP, 2 tenants
    assert outcome.writes == len(switch.entries) == 4 + 12 + 16 + 16 + 4 + 4 + 1 + 2
    switch.log.clear()
    assert run(switch).writes == 0
    assert switch.log == []


def test_only_the_difference_is_written(switch: FakeSwitch) -> None:
    run(switch)
    before = entries(switch)
    switch.log.clear()
    moved = EXAMPLE.replace("web2: {ip: 10.1.0.12, host: h2, mac: 02:01", "web2: {ip: 10.1.0.12, host: h3, mac: 02:01")
    assert run(switch, moved).writes == 3
    kinds = [update.type for update in switch.log]
    assert kinds == [p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE]  # new source, endpoint, old source
    assert len(entries(switch) ^ before) == 4
    run(switch)
    assert entries(switch) == before


def test_what_is_in_the_way_is_corrected_and_removed(switch: FakeSwitch) -> None:
    run(switch)
    right = entries(switch)
    some = sorted(switch.entries)
    del switch.entries[some[0]], switch.entries[some[20]]
    vm = next(
        entry for entry in switch.entries.values() if len(entry.action.action.params) == 2 and len(entry.match) == 2
    )
    vm.action.action.params[0].value = b"\x09"
    alien = p4r.TableEntry()
    alien.CopyFrom(vm)
    alien.match[1].exact.value = b"\x01\x02\x03\x04"
    switch.entries[entry_key(alien)] = alien
    assert run(switch).writes == 4
    assert entries(switch) == right


def test_a_crash_after_any_write_is_finished_by_the_next_run(switch: FakeSwitch) -> None:
    """The write that fails takes the rest of its batch with it; then the run ends. At every 7th of 59 writes."""
    run(switch)
    right = entries(switch)
    for stop in range(0, len(right), 7):
        switch.entries.clear()
        switch.log.clear()

        def crash(count: int, stop: int = stop) -> None:
            if count == stop:
                raise Stop

        switch.before_update = crash
        with pytest.raises(GatewayError):
            run(switch)
        assert len(switch.log) == stop
        switch.before_update = lambda count: None
        assert run(switch).writes == len(right) - stop
        assert entries(switch) == right


def test_a_batch_that_a_killed_controller_had_under_way_is_mended_in_another_round(switch: FakeSwitch) -> None:
    """It lands between read-back and the writes: some entries are there already, and one that nobody wants."""
    run(switch)
    right = dict(switch.entries)
    gone = p4r.TableEntry()
    gone.CopyFrom(next(entry for entry in right.values() if entry.table_id == 0x02000006))
    gone.match[1].exact.value = b"\x01\x02\x03\x04"
    switch.entries.clear()
    switch.log.clear()

    def land(count: int) -> None:
        if count == 10:
            switch.entries.update(list(right.items())[10:30])
            switch.entries[entry_key(gone)] = gone

    switch.before_update = land
    run(switch)
    assert switch.entries == right


def test_a_switch_that_forgets_is_not_called_verified(switch: FakeSwitch) -> None:
    switch.forgets = 0x02000006
    with pytest.raises(GatewayError, match="read-back differs from the intent again and again"):
        run(switch)


def test_a_full_table_is_reported_before_anything_is_written() -> None:
    with fake_gateway({"vm_source": 10, "acl": 3}) as switch:
        with pytest.raises(Refused) as caught:
            run(switch)
        assert switch.log == []
    assert "table vm_source is full: size 10, and the intent needs 16" in str(caught.value)
    assert "table acl is full: size 3, and the intent needs 12" in str(caught.value)


def test_a_refused_write_is_named(switch: FakeSwitch) -> None:
    """The switch has less room than its P4Info says."""
    switch.room = {"endpoint": 5}
    with pytest.raises(Refused) as caught:
        run(switch)
    assert "refused 15 writes to table endpoint" in str(caught.value)
    assert "insert endpoint[tenant=" in str(caught.value)
    assert "RESOURCE_EXHAUSTED table is full" in str(caught.value)
    switch.room = {}
    run(switch)
    assert run(switch).writes == 0


def test_a_second_controller_is_told_that_there_is_a_primary(
    switch: FakeSwitch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.p4runtime.connection.TAKEOVER", 0.2)
    with Connection(switch.address, 1) as other:
        other.become_primary(7)
        with pytest.raises(
            NotPrimary, match=r"another controller is primary of device 1, with election id 7\..*--election-id 8"
        ):
            run(switch)
        assert switch.log == []
        assert run(switch, election_id=8).writes == 59
        with pytest.raises(NotPrimary):
            other.write_one(p4r.WriteRequest(), "writing")


def test_the_place_of_a_controller_that_left_is_taken_over(switch: FakeSwitch) -> None:
    """Nobody below the highest id ever seen can be primary, so that id is asked for."""
    with Connection(switch.address, 1) as other:
        other.become_primary(1 << 70)
    assert run(switch).writes == 59


def test_a_killed_controller_may_hold_its_place_for_a_while(switch: FakeSwitch) -> None:
    ask = p4r.StreamMessageRequest()
    ask.arbitration.device_id = 1
    ask.arbitration.election_id.low = 1
    left = time.monotonic() + 0.5

    def linger() -> Iterator[p4r.StreamMessageRequest]:
        yield ask
        while time.monotonic() < left:
            time.sleep(0.05)

    with grpc.insecure_channel(switch.address) as channel:
        stream = p4r_grpc.P4RuntimeStub(channel).StreamChannel(linger())
        next(stream)
        assert run(switch).writes == 59


def test_nobody_listens() -> None:
    with FakeSwitch() as gone:
        address = gone.address
    with pytest.raises(Unreachable, match="Start the switch"), Connection(address, 1) as connection:
        connection.become_primary()
    with pytest.raises(Unreachable, match="Start the switch"), Connection(address, 1) as connection:
        connection.pipeline()


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "gateway.json").write_text("{}")
    (tmp_path / "gateway.p4info.txtpb").write_text(text_format.MessageToString(gateway_info()))
    return tmp_path


def test_a_switch_without_pipeline_gets_it(build: Path) -> None:
    with FakeSwitch() as switch:
        with pytest.raises(NoPipeline, match="--pipeline"):
            run(switch)
        outcome = run(switch, pipeline=load_pipeline(build))
        assert outcome.pushed
        assert outcome.writes == 59
        assert switch.pushes == [p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT]
        assert not run(switch, pipeline=load_pipeline(build / "gateway.json")).pushed


def test_another_pipeline_is_replaced_and_entries_kept_where_the_switch_can(build: Path) -> None:
    with fake_gateway() as switch:
        run(switch)
        (build / "gateway.json").write_text('{"program": "newer"}')
        newer = load_pipeline(build)
        with Connection(switch.address, 1) as connection:
            assert survey(connection, job(switch, pipeline=newer)).push
        outcome = run(switch, pipeline=newer)
        assert (outcome.pushed, outcome.writes) == (True, 0)
        (build / "gateway.json").write_text('{"program": "newest"}')
        switch.reconcile = False
        outcome = run(switch, pipeline=load_pipeline(build))
        assert (outcome.pushed, outcome.writes) == (True, 59)


def test_another_program_is_said_to_be_one() -> None:
    info = gateway_info()
    del info.tables[3:5]
    info.tables[0].match_fields[0].bitwidth = 128
    with FakeSwitch(info) as switch, pytest.raises(NoPipeline) as caught:
        run(switch)
    for word in ("table acl", "table route", "key local_vtep.address (exact, 32 bits)", "not the gateway"):
        assert word in str(caught.value)


def test_pipeline_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoPipeline, match="p4gate compile"):
        load_pipeline(tmp_path)
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(NoPipeline, match=r"a\.p4info\.txtpb: cannot be read"):
        load_pipeline(tmp_path / "a.json")
    (tmp_path / "a.p4info.txtpb").write_text("tables {")
    with pytest.raises(NoPipeline, match="not a P4Info"):
        load_pipeline(tmp_path)


def test_counters_of_a_number_given_anew_start_at_zero(switch: FakeSwitch) -> None:
    rx, drops = 0x12000002, 0x12000003
    switch.counters = {(rx, 1): (5, 500), (rx, 3): (6, 600), (drops, 21): (2, 200)}
    run(switch)
    assert switch.counters == {(rx, 1): (0, 0), (rx, 3): (6, 600), (drops, 21): (2, 200)}
    switch.counters[rx, 1] = (9, 900)
    run(switch, EXAMPLE.replace("host: h2", "host: h1"))
    assert switch.counters[rx, 1] == (9, 900)


def test_status_names_tenants_hosts_and_reasons(switch: FakeSwitch) -> None:
    run(switch)
    switch.counters = {(0x12000001, 2): (7, 700), (0x12000003, 22): (3, 300), (0x12000003, 63): (1, 60)}
    with Connection(switch.address, 1) as connection:
        found = status(connection, {1001: "red"}, {0x0AFF0101: "h1"})
    assert found.tables["endpoint"] == {"entries": 20, "size": 73728}
    assert [(t.name, t.vni, t.tenant_id, t.counters["tenant_tx"].packets) for t in found.tenants] == [
        ("red", 1001, 1, 0),
        ("?", 1002, 2, 7),
    ]
    assert {reason: count.packets for reason, count in found.drops.items()} == {"ACL_DENIED": 3, "reason 63": 1}
    assert found.ports == {1: ["h1", "10.255.1.2"], 2: ["10.255.1.3", "10.255.1.4"]}


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(intents(), intents())
def test_any_intent_then_any_other_gives_exactly_the_other(first: Intent, second: Intent) -> None:
    """Over gRPC. Oracles: packets.py on what is read back; the switch's entries before and after, for what was written;
    and at every write, that each VM's host has its next hop (docs/gateway.md: the only reference)."""
    endpoint, next_hop = 0x02000006, 0x02000007
    with fake_gateway() as switch, Connection(switch.address, 1) as connection:

        def nothing_dangles(count: int) -> None:
            ways = {entry.match[0].exact.value for entry in switch.entries.values() if entry.table_id == next_hop}
            vms = [e for e in switch.entries.values() if e.table_id == endpoint and e.action.action.params]
            dangling.extend(vm for vm in vms if vm.action.action.params[0].value not in ways)

        dangling: list[p4r.TableEntry] = []
        switch.before_update = nothing_dangles
        before: dict[object, bytes] = {}
        for intent in (first, second):
            before = {key: entry.SerializeToString(deterministic=True) for key, entry in switch.entries.items()}
            switch.log.clear()
            one = Job("gw1", intent.gateways["gw1"], switch.address, intent, None)
            apply(connection, one, 1, lambda phase, done, total: None)
        after = {key: entry.SerializeToString(deterministic=True) for key, entry in switch.entries.items()}
        written = sorted(entry_key(update.entity.table_entry) for update in switch.log)
        assert written == sorted({key for key, _ in before.items() ^ after.items()})
        assert not dangling
        state = read_state(connection, bind(gateway_info()))
        for packet in packets(second)[:60]:
            assert fates(state, packet) == {intended(second, "gw1", packet)}
        assert len(after) == sum(map(len, plan(second, second.gateways["gw1"], {}, 4096).wanted.values()))
