"""The P4Runtime service over loopback gRPC. Oracle: P4Runtime 1.4, the section that each test names."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from finsy.proto import U128, p4i, p4r
from golden.client import Client, Refused
from golden.replay import CASES
from golden.switch_thread import SwitchThread
from google.protobuf import text_format

Set = p4r.SetForwardingPipelineConfigRequest
Get = p4r.GetForwardingPipelineConfigRequest
TABLE, ACTION = 38312804, 30476745  # MyIngress.t_exact of p4runtime_table_errors, and its action with one parameter


def program(name: str) -> tuple[p4i.P4Info, bytes]:
    folder = CASES / name
    info = text_format.Parse((folder / f"{name}.p4info.txtpb").read_text(), p4i.P4Info())
    return info, (folder / f"{name}.json").read_bytes()


@pytest.fixture
def switch() -> Iterator[SwitchThread]:
    with SwitchThread() as switch:
        yield switch


@pytest.fixture
def client(switch: SwitchThread) -> Iterator[Client]:
    with Client(switch.address) as client:
        client.arbitrate()
        yield client


def entry(key: int, param: int = 1) -> p4r.TableEntry:
    message = p4r.TableEntry(table_id=TABLE)
    message.match.add(field_id=1).exact.value = bytes([key])
    message.action.action.action_id = ACTION
    message.action.action.params.add(param_id=1, value=bytes([param]))
    return message


def update(kind: p4r.Update.Type.ValueType, message: p4r.TableEntry) -> p4r.Update:
    return p4r.Update(type=kind, entity=p4r.Entity(table_entry=message))


def keys(client: Client) -> list[int]:
    found = client.read(p4r.Entity(table_entry=p4r.TableEntry(table_id=TABLE)))
    return sorted(e.table_entry.match[0].exact.value[0] for e in found)


def insert(client: Client, *numbers: int) -> None:
    client.write(p4r.WriteRequest(updates=[update(p4r.Update.INSERT, entry(n)) for n in numbers]))


def code(call, *arguments, **options) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as caught:
        call(*arguments, **options)
    assert "\n" not in (caught.value.message or "")
    return str(caught.value.code)


# ---- "SetForwardingPipelineConfig RPC", "GetForwardingPipelineConfig RPC"


def test_without_a_pipeline_nothing_can_be_read_or_written(client: Client) -> None:
    assert code(client.read, p4r.Entity(table_entry=p4r.TableEntry())) == "FAILED_PRECONDITION"
    assert code(client.write, p4r.WriteRequest()) == "FAILED_PRECONDITION"
    assert not client.stub.GetForwardingPipelineConfig(Get(device_id=1)).HasField("config")


def test_the_config_is_given_back_in_the_parts_that_are_asked_for(client: Client) -> None:
    info, data = program("p4runtime_table_errors")
    client.set_pipeline(info, data, cookie=77)
    for asked, has_info, has_data in (
        (Get.ALL, True, True),
        (Get.COOKIE_ONLY, False, False),
        (Get.P4INFO_AND_COOKIE, True, False),
        (Get.DEVICE_CONFIG_AND_COOKIE, False, True),
    ):
        config = client.stub.GetForwardingPipelineConfig(Get(device_id=1, response_type=asked)).config
        assert config.cookie.cookie == 77
        assert config.p4info == (info if has_info else p4i.P4Info())
        assert config.p4_device_config == (data if has_data else b"")
    with pytest.raises(grpc.RpcError) as caught:
        client.stub.GetForwardingPipelineConfig(Get(device_id=9))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_verify_changes_nothing(client: Client) -> None:
    info, data = program("p4runtime_table_errors")
    client.set_pipeline(info, data, Set.VERIFY)
    assert not client.stub.GetForwardingPipelineConfig(Get(device_id=1)).HasField("config")
    client.set_pipeline(info, data)
    insert(client, 1)
    client.set_pipeline(*program("packet_in_out"), Set.VERIFY)
    assert keys(client) == [1]


def test_a_saved_pipeline_is_written_to_and_takes_packets_when_it_is_committed(
    switch: SwitchThread, client: Client
) -> None:
    client.set_pipeline(*program("packet_in_out"))
    client.set_pipeline(*program("p4runtime_table_errors"), Set.VERIFY_AND_SAVE)
    insert(client, 3)
    switch.plane.inject(3, bytes.fromhex("0000aabb"))  # packet_in_out sends this to port 2
    switch.settle()
    assert switch.plane.take() == [(2, bytes.fromhex("0000aabb"))]
    commit = Set(device_id=1, election_id=U128.encode(1), action=Set.COMMIT)
    client.stub.SetForwardingPipelineConfig(commit)
    assert keys(client) == [3]
    with pytest.raises(grpc.RpcError) as caught:
        client.stub.SetForwardingPipelineConfig(commit)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    assert code(client.set_pipeline, *program("packet_in_out"), Set.COMMIT) == "INVALID_ARGUMENT"


def test_committing_clears_the_state_and_reconciling_keeps_it(client: Client) -> None:
    info, data = program("p4runtime_table_errors")
    client.set_pipeline(info, data)
    insert(client, 1, 2)
    client.set_pipeline(info, data, Set.RECONCILE_AND_COMMIT)
    assert keys(client) == [1, 2]
    assert code(client.set_pipeline, *program("packet_in_out"), Set.RECONCILE_AND_COMMIT) == "INVALID_ARGUMENT"
    assert keys(client) == [1, 2]
    client.set_pipeline(info, data)
    assert keys(client) == []


@pytest.mark.parametrize(
    "bad", [b"", b"not JSON", b"[]", b"{}", b'{"program": 5}', b"\xff\xfe", b'{"pipelines": [{"tables": 3}]}']
)
def test_a_bad_device_config_is_refused_in_one_line_and_costs_nothing(client: Client, bad: bytes) -> None:
    info, data = program("p4runtime_table_errors")
    client.set_pipeline(info, data)
    insert(client, 1)
    assert code(client.set_pipeline, info, bad) == "INVALID_ARGUMENT"
    assert keys(client) == [1]


def test_p4info_of_another_program_is_refused(client: Client) -> None:
    info, _ = program("p4runtime_table_errors")
    _, data = program("packet_in_out")
    assert code(client.set_pipeline, info, data) == "INVALID_ARGUMENT"


# ---- "Batch Atomicity"


@pytest.mark.parametrize("mode", [p4r.WriteRequest.ROLLBACK_ON_ERROR, p4r.WriteRequest.DATAPLANE_ATOMIC])
def test_a_batch_that_fails_is_undone_whole(client: Client, mode: p4r.WriteRequest.Atomicity.ValueType) -> None:
    client.set_pipeline(*program("p4runtime_table_errors"))
    kept = entry(1, param=5)
    kept.metadata = b"mine"
    client.write(p4r.WriteRequest(updates=[update(p4r.Update.INSERT, kept), update(p4r.Update.INSERT, entry(2))]))
    before = client.read(p4r.Entity(table_entry=p4r.TableEntry()))
    batch = [
        update(p4r.Update.INSERT, entry(3)),
        update(p4r.Update.MODIFY, entry(1, param=6)),
        update(p4r.Update.DELETE, entry(2)),
        update(p4r.Update.INSERT, entry(2, param=7)),
        update(p4r.Update.DELETE, entry(1)),
        update(p4r.Update.DELETE, entry(99)),
    ]
    with pytest.raises(Refused) as caught:
        client.write(p4r.WriteRequest(updates=batch, atomicity=mode))
    assert [Refused.part_code(p) for p in caught.value.parts] == ["ABORTED"] * 5 + ["NOT_FOUND"]
    after = client.read(p4r.Entity(table_entry=p4r.TableEntry()))
    assert sorted(map(str, after)) == sorted(map(str, before))
    client.write(p4r.WriteRequest(updates=batch[:-1], atomicity=mode))
    assert keys(client) == [2, 3]


def test_updates_after_a_failed_one_are_done_by_default(client: Client) -> None:
    client.set_pipeline(*program("p4runtime_table_errors"))
    with pytest.raises(Refused) as caught:
        insert(client, 1, 1, 2)
    assert [Refused.part_code(p) for p in caught.value.parts] == ["OK", "ALREADY_EXISTS", "OK"]
    assert keys(client) == [1, 2]


# ---- "Client Arbitration and Controller Replication", over real streams


def test_a_backup_cannot_write_and_is_not_promoted_when_the_primary_goes(switch: SwitchThread) -> None:
    with Client(switch.address, election_id=1) as backup:
        with Client(switch.address, election_id=5) as primary:
            assert primary.arbitrate().status.code == 0
            assert backup.arbitrate().status.code == 6  # ALREADY_EXISTS
            primary.set_pipeline(*program("p4runtime_table_errors"))
            assert code(backup.write, p4r.WriteRequest()) == "PERMISSION_DENIED"
            assert code(backup.set_pipeline, *program("p4runtime_table_errors")) == "PERMISSION_DENIED"
        told = backup.receive()
        assert told.arbitration.status.code == 5  # NOT_FOUND: no primary
        assert U128.decode(told.arbitration.election_id) == 5
        assert code(backup.write, p4r.WriteRequest()) == "PERMISSION_DENIED"
        backup.election_id = 6
        assert backup.arbitrate().status.code == 0
        insert(backup, 1)


def test_a_stream_for_another_device_is_ended(switch: SwitchThread) -> None:
    with Client(switch.address, device_id=2) as stranger, pytest.raises(Refused) as caught:
        stranger.arbitrate()
    assert caught.value.code == "NOT_FOUND"


# ---- "Packet I/O", "Stream Error Reporting"


def test_packet_outs_that_are_not_allowed_are_told_and_cost_nothing(switch: SwitchThread, client: Client) -> None:
    client.set_pipeline(*program("packet_in_out"))
    good = p4r.PacketOut(payload=b"\x00\x05")
    good.metadata.add(metadata_id=1, value=b"\x04")
    good.metadata.add(metadata_id=2, value=b"\x00")
    wide = p4r.PacketOut.FromString(good.SerializeToString())
    wide.metadata[0].value = b"\xff\xff"
    with Client(switch.address, election_id=0) as backup:
        backup.arbitrate()
        for who, message, expected in ((backup, good, 7), (client, wide, 3), (client, p4r.PacketOut(), 3)):
            who.send(p4r.StreamMessageRequest(packet=message))
            error = who.receive().error
            assert error.canonical_code == expected
            assert error.packet_out.packet_out == message
    client.send(p4r.StreamMessageRequest(packet=good))
    client.arbitrate()
    switch.settle()
    assert switch.plane.take() == [(4, b"\x00\x06")]


# ---- clients that do not behave


def test_bytes_that_are_no_message_are_refused_and_others_notice_nothing(switch: SwitchThread, client: Client) -> None:
    client.set_pipeline(*program("p4runtime_table_errors"))
    with grpc.insecure_channel(switch.address) as channel:
        for method in ("Write", "SetForwardingPipelineConfig", "Capabilities"):
            call = channel.unary_unary(f"/p4.v1.P4Runtime/{method}")
            with pytest.raises(grpc.RpcError):
                call(b"\xff\xff\xff garbage", timeout=20)
        with pytest.raises(grpc.RpcError):
            list(channel.stream_stream("/p4.v1.P4Runtime/StreamChannel")(iter([b"\xff\xff garbage"]), timeout=20))
    insert(client, 1)
    assert keys(client) == [1]


def test_a_client_that_does_not_take_its_answer_holds_up_nobody(switch: SwitchThread, client: Client) -> None:
    client.set_pipeline(*program("p4runtime_table_errors"))
    insert(client, *range(1, 15))
    everything = p4r.ReadRequest(device_id=1, entities=[p4r.Entity(table_entry=p4r.TableEntry())] * 3000)
    with grpc.insecure_channel(switch.address) as channel:
        lazy = channel.unary_stream("/p4.v1.P4Runtime/Read", request_serializer=p4r.ReadRequest.SerializeToString)
        stream = lazy(everything)
        next(stream)
        insert(client, 15)
        assert 15 in keys(client)
        stream.cancel()


def test_the_unknown_is_refused_by_name(client: Client) -> None:
    client.set_pipeline(*program("p4runtime_table_errors"))
    with pytest.raises(Refused) as caught:
        client.read(p4r.Entity())
    assert [Refused.part_code(p) for p in caught.value.parts] == ["INVALID_ARGUMENT"]
    with pytest.raises(Refused) as caught:
        client.read(
            p4r.Entity(table_entry=p4r.TableEntry()), p4r.Entity(extern_entry=p4r.ExternEntry(extern_type_id=0x81))
        )
    assert [Refused.part_code(p) for p in caught.value.parts] == ["OK", "INVALID_ARGUMENT"]


# ---- "Wildcard Reads"


def test_reads_are_filtered_by_key_action_and_metadata(client: Client) -> None:
    client.set_pipeline(*program("p4runtime_table_errors"))
    marked = entry(2)
    marked.metadata = b"m"
    client.write(p4r.WriteRequest(updates=[update(p4r.Update.INSERT, m) for m in (entry(1), marked, entry(3))]))
    for wanted, expected in (
        (p4r.TableEntry(table_id=TABLE, metadata=b"m"), [marked]),
        (p4r.TableEntry(table_id=TABLE, match=entry(3).match), [entry(3)]),
        (p4r.TableEntry(table_id=TABLE, action=entry(1).action), [entry(1), marked, entry(3)]),
        (p4r.TableEntry(table_id=TABLE, metadata=b"other"), []),
    ):
        found = [e.table_entry for e in client.read(p4r.Entity(table_entry=wanted))]
        assert sorted(map(str, found)) == sorted(map(str, expected))
