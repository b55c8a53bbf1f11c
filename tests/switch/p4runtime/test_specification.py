"""The server around the entities, rule by rule. Oracle: P4Runtime 1.5, the section that each test names."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import everything
import grpc
import pytest
from everything import packet
from finsy.proto import U128, p4i, p4r, rpc_code, rpc_status
from golden.client import Client, Refused
from golden.switch_thread import SwitchThread
from google.protobuf import any_pb2, text_format

from switch.p4runtime.limits import MESSAGE_MAX
from switch.p4runtime.servicer import Servicer
from switch.p4runtime.status import StatusError
from switch.p4runtime.stream import Caller
from switch.p4runtime.stream import Client as Stream

INSERT, MODIFY, DELETE = p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE
Set = p4r.SetForwardingPipelineConfigRequest
Get = p4r.GetForwardingPipelineConfigRequest
ALL_ENTRIES = p4r.Entity(table_entry=p4r.TableEntry())


@pytest.fixture(scope="module")
def info() -> p4i.P4Info:
    return text_format.Parse(everything.p4info_path().read_text(), p4i.P4Info())


@pytest.fixture(scope="module")
def shared() -> Iterator[SwitchThread]:
    with SwitchThread() as switch:
        yield switch


@pytest.fixture
def switch(shared: SwitchThread) -> SwitchThread:
    shared.plane.take()
    return shared


@pytest.fixture
def client(switch: SwitchThread, info: p4i.P4Info) -> Iterator[Client]:
    """The primary, with a fresh pipeline."""
    with Client(switch.address, election_id=100) as client:
        client.arbitrate()
        client.set_pipeline(info, everything.json_path().read_bytes())
        yield client


def entries(info: p4i.P4Info, count: int, port: int = 1) -> list[p4r.Entity]:
    """Entries of the exact table with the keys 1 to count."""
    table = next(t for t in info.tables if t.preamble.alias == "exact_table")
    action = next(a for a in info.actions if a.preamble.alias == "forward_counted")
    found = []
    for key in range(1, count + 1):
        entry = p4r.TableEntry(table_id=table.preamble.id)
        entry.match.add(field_id=1).exact.value = key.to_bytes(4, "big").lstrip(b"\0")
        entry.action.action.action_id = action.preamble.id
        entry.action.action.params.add(param_id=1, value=bytes([port]))
        found.append(p4r.Entity(table_entry=entry))
    return found


def group(number: int) -> p4r.Entity:
    """A multicast group without replicas; 0: all of them."""
    message = p4r.MulticastGroupEntry(multicast_group_id=number)
    return p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(multicast_group_entry=message))


def batch(kind: p4r.Update.Type.ValueType, found: list[p4r.Entity], **fields: object) -> p4r.WriteRequest:
    updates = [p4r.Update(type=kind, entity=entity) for entity in found]
    return p4r.WriteRequest(updates=updates, **fields)  # type: ignore[arg-type]


def encoded(entity: p4r.Entity) -> bytes:
    return entity.SerializeToString(deterministic=True)


def code(call, *arguments, **options) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as caught:
        call(*arguments, **options)
    assert "\n" not in (caught.value.message or "")
    return str(caught.value.code)


# ---- Client Arbitration and Controller Replication


def arbitration(election_id: int | None, device_id: int = 1) -> p4r.StreamMessageRequest:
    update = p4r.MasterArbitrationUpdate(device_id=device_id)
    if election_id is not None:
        update.election_id.CopyFrom(U128.encode(election_id))
    return p4r.StreamMessageRequest(arbitration=update)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (arbitration(1, device_id=0), None, "NOT_FOUND"),
        (arbitration(1, device_id=2), None, "NOT_FOUND"),
        (arbitration(100), None, "INVALID_ARGUMENT"),
        (arbitration(1), arbitration(100), "INVALID_ARGUMENT"),
        (arbitration(1), arbitration(1, device_id=2), "FAILED_PRECONDITION"),
    ],
)
def test_a_wrong_arbitration_update_ends_the_stream_and_is_no_stream_error(
    switch: SwitchThread,
    client: Client,
    first: p4r.StreamMessageRequest,
    second: p4r.StreamMessageRequest | None,
    expected: str,
) -> None:
    """Rules for Handling MasterArbitrationUpdate; Stream Error Reporting: never for arbitration."""
    with Client(switch.address) as other:
        other.send(first)
        if second is not None:
            assert other.receive().HasField("arbitration")
            other.send(second)
        assert code(other.receive) == expected
    assert client.arbitrate().status.code == rpc_code.OK


def test_an_election_id_changes_on_the_fly(switch: SwitchThread, client: Client) -> None:
    """Rules ..., 2.5 and 4: a primary that downgrades itself; Client Arbitration Notifications."""
    with Client(switch.address, election_id=99) as backup:
        assert backup.arbitrate().status.code == rpc_code.ALREADY_EXISTS
        client.election_id = 98
        answer = client.arbitrate()
        assert (answer.status.code, U128.decode(answer.election_id)) == (rpc_code.NOT_FOUND, 100)
        assert backup.receive().arbitration == answer
        assert code(client.write, p4r.WriteRequest()) == "PERMISSION_DENIED"
        assert code(backup.write, p4r.WriteRequest()) == "PERMISSION_DENIED"
        backup.election_id = 100
        assert backup.arbitrate().status.code == rpc_code.OK
        backup.write(p4r.WriteRequest())
        assert client.receive().arbitration.status.code == rpc_code.ALREADY_EXISTS


def test_an_unset_election_id_never_becomes_primary_but_zero_may() -> None:
    """Unset Election ID."""
    with SwitchThread() as switch, Client(switch.address) as first, Client(switch.address) as second:
        first.send(arbitration(None))
        answer = first.receive().arbitration
        assert answer.status.code == rpc_code.NOT_FOUND and not answer.HasField("election_id")
        second.send(arbitration(0))
        answer = second.receive().arbitration
        assert answer.status.code == rpc_code.OK and answer.HasField("election_id")
        assert first.receive().arbitration.status.code == rpc_code.ALREADY_EXISTS


async def in_the_middle_of_a_write(servicer: Servicer, request: p4r.WriteRequest) -> None:
    loop = asyncio.get_running_loop()
    old, new = servicer.connect(Caller("old")), servicer.connect(Caller("new"))
    await servicer.on_message(old, arbitration(200))
    assert status(old) == rpc_code.OK
    request.device_id = 1
    request.election_id.CopyFrom(U128.encode(200))
    written = loop.create_task(servicer.write(request.SerializeToString(), Caller("old")))
    while not servicer._write_runs:
        await asyncio.sleep(0)
    taking_over = loop.create_task(servicer.on_message(new, arbitration(300)))
    await asyncio.sleep(0)
    assert not written.done() and not taking_over.done()
    assert status(old) == rpc_code.ALREADY_EXISTS  # told at once
    assert new.take() is None  # not yet
    with pytest.raises(StatusError) as caught:  # the previous primary writes no more
        await servicer.write(request.SerializeToString(), Caller("old"))
    assert caught.value.code == rpc_code.PERMISSION_DENIED
    await taking_over
    assert written.done()
    await written  # without an error
    assert status(new) == rpc_code.OK
    servicer.disconnect(old)
    servicer.disconnect(new)


def status(client: Stream) -> int:
    message = client.take()
    assert message is not None
    return int(p4r.StreamMessageResponse.FromString(message).arbitration.status.code)


def test_a_new_primary_waits_for_the_writes_of_the_one_before(info: p4i.P4Info) -> None:
    """Rules ..., 3.2: the order of the steps."""
    with SwitchThread() as switch, Client(switch.address) as client:
        client.arbitrate()
        client.set_pipeline(info, everything.json_path().read_bytes())
        groups = [group(number) for number in range(1, 20_000)]  # a batch of many slices
        switch.call(in_the_middle_of_a_write(switch.switch.servicer, batch(INSERT, groups)))
        assert len(client.read(group(0))) == len(groups)


# ---- SetForwardingPipelineConfig RPC, GetForwardingPipelineConfig RPC


def test_the_checks_before_a_config_come_in_their_order(switch: SwitchThread, client: Client) -> None:
    """SetForwardingPipelineConfig RPC."""
    for request, expected in (
        (Set(device_id=9, election_id=U128.encode(100)), "NOT_FOUND"),
        (Set(device_id=1, role="unheard of", election_id=U128.encode(100)), "NOT_FOUND"),
        (Set(device_id=1, election_id=U128.encode(7)), "PERMISSION_DENIED"),
        (Set(device_id=1), "PERMISSION_DENIED"),
        (Set(device_id=1, election_id=U128.encode(100)), "INVALID_ARGUMENT"),
        (Set(device_id=1, election_id=U128.encode(100), action=17), "INVALID_ARGUMENT"),  # type: ignore[arg-type]
        (Set(device_id=1, election_id=U128.encode(100), action=Set.COMMIT), "NOT_FOUND"),
        *(
            (Set(device_id=1, election_id=U128.encode(100), action=action), "INVALID_ARGUMENT")
            for action in (Set.VERIFY, Set.VERIFY_AND_SAVE, Set.VERIFY_AND_COMMIT, Set.RECONCILE_AND_COMMIT)
        ),
    ):
        assert code(client._call, client.stub.SetForwardingPipelineConfig, request) == expected


def test_the_config_reads_as_it_was_written(client: Client, info: p4i.P4Info) -> None:
    """GetForwardingPipelineConfig RPC: symmetry; a cookie only if one was set, 0 too."""
    data = everything.json_path().read_bytes()
    config = client.stub.GetForwardingPipelineConfig(Get(device_id=1)).config
    assert config == p4r.ForwardingPipelineConfig(p4info=info, p4_device_config=data)
    config.cookie.cookie = 0
    request = Set(device_id=1, election_id=U128.encode(100), action=Set.VERIFY_AND_COMMIT, config=config)
    client.stub.SetForwardingPipelineConfig(request)
    assert client.stub.GetForwardingPipelineConfig(Get(device_id=1)).config == config
    assert config.HasField("cookie")


# ---- Write RPC


def test_the_checks_before_a_write_come_in_their_order(client: Client) -> None:
    """Write RPC."""
    for request, expected in (
        (p4r.WriteRequest(device_id=9, election_id=U128.encode(100)), "NOT_FOUND"),
        (p4r.WriteRequest(device_id=1, role="unheard of", election_id=U128.encode(100)), "NOT_FOUND"),
        (p4r.WriteRequest(device_id=1, role_id=77, election_id=U128.encode(100)), "NOT_FOUND"),
        (p4r.WriteRequest(device_id=1, election_id=U128.encode(7)), "PERMISSION_DENIED"),
        (p4r.WriteRequest(device_id=1), "PERMISSION_DENIED"),
        (p4r.WriteRequest(device_id=1, election_id=U128.encode(100), atomicity=9), "INVALID_ARGUMENT"),  # type: ignore[arg-type]
    ):
        assert code(client._call, client.stub.Write, request) == expected


def test_before_a_pipeline_permission_comes_first() -> None:
    """Write RPC, Read RPC: FAILED_PRECONDITION is the last check."""
    with SwitchThread() as switch, Client(switch.address) as client:
        assert code(client.write, p4r.WriteRequest(device_id=9)) == "NOT_FOUND"
        assert code(client.write, p4r.WriteRequest()) == "PERMISSION_DENIED"
        client.arbitrate()
        assert code(client.write, p4r.WriteRequest()) == "FAILED_PRECONDITION"
        assert code(client.read, ALL_ENTRIES, device_id=9) == "NOT_FOUND"
        assert code(client.read, ALL_ENTRIES) == "FAILED_PRECONDITION"


def test_each_update_has_its_error_at_its_place(client: Client, info: p4i.P4Info) -> None:
    """Error Reporting; Error Reporting Messages: UNKNOWN, one p4.Error for each update, code and message repeated."""
    one, two = entries(info, 2)
    request = p4r.WriteRequest(device_id=1, election_id=U128.encode(100))
    request.updates.add(type=INSERT, entity=one)
    request.updates.add(type=INSERT, entity=one)
    request.updates.add(type=MODIFY, entity=two)
    request.updates.add(type=DELETE, entity=two)
    request.updates.add(entity=two)
    request.updates.add(type=INSERT, entity=p4r.Entity(table_entry=p4r.TableEntry()))
    with pytest.raises(grpc.RpcError) as caught:
        client.stub.Write(request)
    assert caught.value.code() == grpc.StatusCode.UNKNOWN
    (trailer,) = [value for key, value in caught.value.trailing_metadata() if key == "grpc-status-details-bin"]
    told = rpc_status.Status.FromString(trailer)
    assert (told.code, told.message) == (rpc_code.UNKNOWN, caught.value.details())
    errors = [p4r.Error() for _ in told.details]
    assert all(packed.Unpack(error) for packed, error in zip(told.details, errors, strict=True))
    assert errors[0] == p4r.Error()  # OK, and nothing else
    assert [rpc_code.Code.Name(error.canonical_code) for error in errors[1:5]] == [
        "ALREADY_EXISTS",
        "NOT_FOUND",
        "NOT_FOUND",
        "INVALID_ARGUMENT",
    ]
    assert errors[5].canonical_code in (rpc_code.INVALID_ARGUMENT, rpc_code.NOT_FOUND)  # 0 is no id of an object
    assert all(error.message for error in errors[1:])


def test_an_error_of_the_whole_call_has_no_details(client: Client) -> None:
    """Error Reporting, 2."""
    with pytest.raises(grpc.RpcError) as caught:
        client.stub.Write(p4r.WriteRequest(device_id=1))
    assert caught.value.details()
    assert "grpc-status-details-bin" not in dict(caught.value.trailing_metadata() or ())


def test_packets_see_a_dataplane_atomic_batch_wholly_or_not_at_all(
    switch: SwitchThread, client: Client, info: p4i.P4Info
) -> None:
    """Batch Atomicity: DATAPLANE_ATOMIC. Packets look at the entries in the opposite order of the updates."""
    number = 400
    client.write(batch(INSERT, [*entries(info, number, port=1), group(1)]))
    stop = threading.Event()
    rounds = 0
    seen: list[int] = []  # the ports to which packets went, in their order

    def inject() -> None:
        nonlocal rounds
        while not stop.is_set():
            rounds += 1
            for key in range(number, 0, -1):
                switch.plane.inject(1, packet(1, key))
            switch.plane.settle()
            seen.extend(port for port, _ in switch.plane.take())

    sender = threading.Thread(target=inject)
    sender.start()
    try:
        for port in range(2, 30):
            # Between two entries something that takes its time, so that there is a middle to be seen.
            changed = [each for entity in entries(info, number, port=port) for each in (entity, group(1))]
            client.write(batch(MODIFY, changed, atomicity=p4r.WriteRequest.DATAPLANE_ATOMIC))
    finally:
        stop.set()
        sender.join(60)
    switch.settle()
    seen += [port for port, _ in switch.plane.take()]
    assert len(seen) == rounds * number
    assert seen == sorted(seen) and len(set(seen)) > 2


# ---- Read RPC


def test_reading_needs_no_stream_and_no_election_id(switch: SwitchThread, client: Client, info: p4i.P4Info) -> None:
    """Read RPC."""
    client.write(batch(INSERT, entries(info, 3)))
    with Client(switch.address) as stranger:
        assert len(stranger.read(ALL_ENTRIES)) == 3
        assert stranger.read(entries(info, 2)[1]) == [entries(info, 2)[1]]


def test_a_table_that_is_too_long_for_one_message_comes_in_several(client: Client, info: p4i.P4Info) -> None:
    """Read RPC, Batch Processing; a client whose messages are bounded by gRPC's default, 4 MiB, reads all of it."""
    wanted = entries(info, 35_000)
    for entity in wanted:
        entity.table_entry.metadata = bytes(100)
    for start in range(0, len(wanted), 10_000):
        client.write(batch(INSERT, wanted[start : start + 10_000]))
    request = p4r.ReadRequest(device_id=1, entities=[ALL_ENTRIES])
    answers = list(client.stub.Read(request, timeout=120))
    assert len(answers) > 1 and max(answer.ByteSize() for answer in answers) < 4 << 20
    found = [entity for answer in answers for entity in answer.entities]
    assert sorted(map(encoded, found)) == sorted(map(encoded, wanted))


def test_a_read_sees_a_write_wholly_or_not_at_all(switch: SwitchThread, client: Client, info: p4i.P4Info) -> None:
    """Parallelism of Read and Write Requests."""
    wanted = entries(info, 6000)
    stop = threading.Event()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            while not stop.is_set():
                client.write(batch(INSERT, wanted))
                client.write(batch(DELETE, wanted))
        except BaseException as e:
            failed.append(e)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with Client(switch.address) as reader:
            seen = set()
            for _ in range(300):
                seen.add(len(reader.read(ALL_ENTRIES)))
                if seen == {0, len(wanted)}:
                    break
            seen |= {len(reader.read(ALL_ENTRIES, ALL_ENTRIES)) // 2 for _ in range(10)}
    finally:
        stop.set()
        writer.join(120)
    assert not failed
    assert seen == {0, len(wanted)}


# ---- P4Runtime Stream Messages


def test_what_is_wrong_with_a_stream_message_is_told_and_the_stream_goes_on(
    switch: SwitchThread, client: Client
) -> None:
    """Stream Error Reporting: the code, and which kind of message it was."""
    long = p4r.PacketOut(payload=bytes(20_000))
    long.metadata.add(metadata_id=1, value=b"\x01")
    long.metadata.add(metadata_id=2, value=b"\x00")
    strange = any_pb2.Any(type_url="type.googleapis.com/example.Message")
    unknown = p4r.PacketOut(payload=b"x", metadata=[*long.metadata, p4r.PacketMetadata(metadata_id=7, value=b"\x01")])
    for message, expected, kind in (
        (p4r.StreamMessageRequest(packet=long), rpc_code.INVALID_ARGUMENT, "packet_out"),
        (p4r.StreamMessageRequest(packet=unknown), rpc_code.INVALID_ARGUMENT, "packet_out"),
        (p4r.StreamMessageRequest(digest_ack={"digest_id": 9}), rpc_code.INVALID_ARGUMENT, "digest_list_ack"),
        (p4r.StreamMessageRequest(other=strange), rpc_code.UNIMPLEMENTED, "other"),
        (p4r.StreamMessageRequest(), rpc_code.INVALID_ARGUMENT, "other"),
    ):
        client.send(message)
        error = client.receive().error
        assert (error.canonical_code, error.WhichOneof("details")) == (expected, kind)
        assert error.message
    switch.settle()
    assert switch.plane.take() == []


def test_packet_ins_are_for_the_primary_only(switch: SwitchThread, client: Client) -> None:
    """Client Arbitration ..., "only the primary controller can participate in packet I/O"; Packet I/O."""
    with Client(switch.address, election_id=5) as backup:
        backup.arbitrate()
        switch.plane.inject(6, packet(0, 1))
        switch.settle()
        message = client.receive().packet
        assert message.payload == packet(0, 1)
        assert {m.metadata_id: m.value for m in message.metadata} == {1: b"\x06", 2: b"\x00"}
        backup.arbitrate()
        assert backup.received() == []  # nothing came before the answer


# ---- Capabilities RPC, Guidelines for Implementations


def test_capabilities(client: Client) -> None:
    """Capabilities RPC: the version, server-wide and of a device; NOT_FOUND for a device that is not here."""
    for device_id in (0, 1):
        answer = client.stub.Capabilities(p4r.CapabilitiesRequest(device_id=device_id))
        assert answer == p4r.CapabilitiesResponse(p4runtime_api_version="1.5.0")
    assert code(client._call, client.stub.Capabilities, p4r.CapabilitiesRequest(device_id=2)) == "NOT_FOUND"


def test_requests_may_be_longer_than_grpcs_default(client: Client, info: p4i.P4Info) -> None:
    """gRPC Server Maximum Receive Message Size: not below 4 MiB, and enough for a device config."""
    assert MESSAGE_MAX >= 4 << 20
    one, two = entries(info, 2)
    for entity in (one, two):
        entity.table_entry.metadata = bytes(3 << 20)
    client.write(batch(INSERT, [one, two]))
    assert sorted(map(encoded, client.read(ALL_ENTRIES))) == sorted(map(encoded, [one, two]))
    one.table_entry.metadata = bytes(MESSAGE_MAX)
    assert code(client.write, batch(MODIFY, [one])) == "RESOURCE_EXHAUSTED"
