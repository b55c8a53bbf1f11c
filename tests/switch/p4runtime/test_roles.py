"""Roles with a config, a stratum.P4RoleConfig. Oracle: P4Runtime 1.5, "Role Config" and what roles.py promises of the
scheme; over loopback gRPC, on the program of everything.p4.
"""

from __future__ import annotations

from collections.abc import Iterator

import everything
import pytest
from everything import packet
from finsy.proto import U128, p4i, p4r, stratum
from golden.client import Client, Refused
from golden.switch_thread import SwitchThread
from google.protobuf import any_pb2, text_format

from switch.p4runtime import roles
from switch.p4runtime.arbitration import Arbitration, ClientId, on_arbitration, on_disconnect
from switch.p4runtime.limits import ROLE_CONFIG_MAX
from switch.p4runtime.status import INVALID_ARGUMENT, StatusError

A, B = ClientId(1), ClientId(2)
INSERT, DELETE, MODIFY = p4r.Update.INSERT, p4r.Update.DELETE, p4r.Update.MODIFY


def packed(**fields: object) -> any_pb2.Any:
    config = any_pb2.Any()
    config.Pack(stratum.P4RoleConfig(**fields))  # type: ignore[arg-type]
    return config


def update(election_id: int | None, role: str, config: any_pb2.Any | None = None) -> p4r.MasterArbitrationUpdate:
    message = p4r.MasterArbitrationUpdate(device_id=1)
    message.role.name = role
    if election_id is not None:
        message.election_id.CopyFrom(U128.encode(election_id))
    if config is not None:
        message.role.config.CopyFrom(config)
    return message


# ---- the state machine


@pytest.mark.parametrize(
    "config",
    [
        any_pb2.Any(),
        any_pb2.Any(type_url="type.googleapis.com/p4.v1.TableEntry"),
        any_pb2.Any(type_url="type.googleapis.com/stratum.P4RoleConfig", value=b"\xff"),
        any_pb2.Any(type_url="type.googleapis.com/stratum.P4RoleConfig", value=b"\x30\x01" * ROLE_CONFIG_MAX),
        packed(exclusive_p4_ids=[3], shared_p4_ids=[3]),
    ],
)
def test_a_config_of_another_scheme_ends_the_stream(config: any_pb2.Any) -> None:
    """Rules for Handling MasterArbitrationUpdate, 1.3 and 2.3."""
    with pytest.raises(StatusError) as caught:
        on_arbitration(Arbitration(1), A, update(1, "r", config))
    assert caught.value.code == INVALID_ARGUMENT
    state, _ = on_arbitration(Arbitration(1), A, update(1, "r"))
    with pytest.raises(StatusError) as caught:
        on_arbitration(state, A, update(2, "r", config))
    assert caught.value.code == INVALID_ARGUMENT


def test_the_default_role_takes_no_config() -> None:
    """Default Role and Default Device ID: full pipeline access."""
    with pytest.raises(StatusError) as caught:
        on_arbitration(Arbitration(1), A, update(1, "", packed()))
    assert caught.value.code == INVALID_ARGUMENT


def test_what_is_exclusive_to_a_role_is_no_other_roles() -> None:
    state, _ = on_arbitration(Arbitration(1), A, update(1, "r", packed(exclusive_p4_ids=[3], shared_p4_ids=[4])))
    for theirs in (packed(exclusive_p4_ids=[3]), packed(shared_p4_ids=[3]), packed(exclusive_p4_ids=[4])):
        with pytest.raises(StatusError) as caught:
            on_arbitration(state, B, update(1, "s", theirs))
        assert caught.value.code == INVALID_ARGUMENT
    state, _ = on_arbitration(state, B, update(1, "s", packed(shared_p4_ids=[4], exclusive_p4_ids=[5])))
    state, _ = on_arbitration(state, A, update(1, "r", packed(exclusive_p4_ids=[3])))  # its own it may give up
    on_arbitration(state, B, update(2, "s", packed(exclusive_p4_ids=[4])))


def test_the_config_is_the_last_primarys_and_is_told_to_everybody() -> None:
    """Client Arbitration Notifications: role.config; Rules ..., 3: "The server updates the role configuration"."""
    first, second, third = packed(shared_p4_ids=[1]), packed(shared_p4_ids=[2]), packed(shared_p4_ids=[3])
    state, replies = on_arbitration(Arbitration(1), A, update(5, "r", first))
    assert [r.update.role.config for r in replies] == [first]
    state, replies = on_arbitration(state, B, update(3, "r", second))  # a backup's is not taken
    assert [(r.client, r.update.role.config) for r in replies] == [(B, first)]
    state, replies = on_arbitration(state, A, update(5, "r", third))
    assert [(r.client, r.update.role.config) for r in replies] == [(B, third), (A, third)]
    state, replies = on_disconnect(state, A)
    assert [(r.client, r.update.role.config) for r in replies] == [(B, third)]  # it is remembered
    state, replies = on_arbitration(state, B, update(9, "r"))
    assert not replies[0].update.role.HasField("config")
    assert state.config_of("r") is None


def test_roles_by_number_are_roles_of_their_own() -> None:
    """MasterArbitrationUpdate: role.id, of clients from before 1.4."""
    message = p4r.MasterArbitrationUpdate(device_id=1, election_id=U128.encode(1))
    message.role.id = 7
    state, replies = on_arbitration(Arbitration(1), A, message)
    assert (replies[0].update.role.id, replies[0].update.role.name) == (7, "")
    state, replies = on_arbitration(state, B, update(1, "7"))
    assert (replies[0].update.role.id, replies[0].update.role.name) == (0, "7")
    assert [client for client, _ in state.primaries()] == [A, B]


def test_the_id_of_every_kind_of_entity() -> None:
    entry = p4r.TableEntry(table_id=1)
    for entity, number in (
        (p4r.Entity(table_entry=entry), 1),
        (p4r.Entity(direct_counter_entry=p4r.DirectCounterEntry(table_entry=entry)), 1),
        (p4r.Entity(direct_meter_entry=p4r.DirectMeterEntry(table_entry=entry)), 1),
        (p4r.Entity(action_profile_member=p4r.ActionProfileMember(action_profile_id=2)), 2),
        (p4r.Entity(action_profile_group=p4r.ActionProfileGroup(action_profile_id=2)), 2),
        (p4r.Entity(counter_entry=p4r.CounterEntry(counter_id=3)), 3),
        (p4r.Entity(meter_entry=p4r.MeterEntry(meter_id=4)), 4),
        (p4r.Entity(register_entry=p4r.RegisterEntry(register_id=5)), 5),
        (p4r.Entity(value_set_entry=p4r.ValueSetEntry(value_set_id=6)), 6),
        (p4r.Entity(digest_entry=p4r.DigestEntry(digest_id=7)), 7),
        (p4r.Entity(extern_entry=p4r.ExternEntry(extern_id=8)), 8),
        (p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry()), roles.REPLICATION_ID),
        (p4r.Entity(), None),
    ):
        assert roles.p4_id(entity) == number
    kinds = {field.name for field in p4r.Entity.DESCRIPTOR.fields}
    assert len(kinds) == 12, "a new kind of entity needs its id"


# ---- over gRPC


@pytest.fixture(scope="module")
def switch() -> Iterator[SwitchThread]:
    with SwitchThread() as switch:
        yield switch


@pytest.fixture(scope="module")
def info() -> p4i.P4Info:
    return text_format.Parse(everything.p4info_path().read_text(), p4i.P4Info())


@pytest.fixture
def owner(switch: SwitchThread, info: p4i.P4Info) -> Iterator[Client]:
    """The primary of the default role; the pipeline is fresh."""
    with Client(switch.address, election_id=1) as client:
        client.arbitrate()
        client.set_pipeline(info, everything.json_path().read_bytes())
        switch.plane.take()
        yield client


class Member(Client):
    """The primary of a role with this config."""

    def __init__(self, switch: SwitchThread, role: str, election_id: int, config: any_pb2.Any) -> None:
        super().__init__(switch.address, election_id=election_id)
        self.role = role
        self.send(p4r.StreamMessageRequest(arbitration=update(election_id, role, config)))
        answer = self.receive().arbitration
        assert (answer.status.code, answer.role.name, answer.role.config) == (0, role, config)

    def update(self, kind: p4r.Update.Type.ValueType, *entities: p4r.Entity, atomicity: int = 0) -> None:
        request = p4r.WriteRequest(role=self.role, atomicity=atomicity)  # type: ignore[arg-type]
        request.updates.extend(p4r.Update(type=kind, entity=entity) for entity in entities)
        self.write(request)

    def seen(self, *entities: p4r.Entity) -> list[p4r.Entity]:
        request = p4r.ReadRequest(device_id=1, role=self.role, entities=entities)
        return [entity for response in self.stub.Read(request, timeout=60) for entity in response.entities]


def ids(info: p4i.P4Info) -> dict[str, int]:
    kinds = (info.tables, info.counters, info.digests, info.controller_packet_metadata)
    return {o.preamble.name: o.preamble.id for kind in kinds for o in kind}  # type: ignore[attr-defined]


def entry(info: p4i.P4Info, table: str, key: int, action: str, *params: int) -> p4r.Entity:
    message = p4r.TableEntry(table_id=ids(info)[table])
    width = 4 if table != "I.special_actions" else 1
    message.match.add(field_id=1).exact.value = key.to_bytes(width, "big").lstrip(b"\0") or b"\0"
    message.action.action.action_id = next(a.preamble.id for a in info.actions if a.preamble.name == action)
    for number, value in enumerate(params, 1):
        message.action.action.params.add(param_id=number, value=value.to_bytes(1, "big"))
    return p4r.Entity(table_entry=message)


def group(number: int) -> p4r.Entity:
    message = p4r.MulticastGroupEntry(multicast_group_id=number)
    return p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(multicast_group_entry=message))


def parts(call, *arguments, **options) -> list[str]:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as caught:
        call(*arguments, **options)
    assert caught.value.code == "UNKNOWN"
    return [Refused.part_code(part) for part in caught.value.parts]


def test_updates_outside_of_the_role_are_refused_one_by_one(
    switch: SwitchThread, owner: Client, info: p4i.P4Info
) -> None:
    """Write RPC: "If an update is not allowed under the given controller role", PERMISSION_DENIED for this update."""
    mine = entry(info, "I.exact_table", 1, "I.forward_counted", 4)
    theirs = entry(info, "I.special_actions", 1, "I.learn")
    with Member(switch, "mine", 1, packed(shared_p4_ids=[ids(info)["I.exact_table"]])) as member:
        for mode in (p4r.WriteRequest.ROLLBACK_ON_ERROR, p4r.WriteRequest.DATAPLANE_ATOMIC):
            codes = parts(member.update, INSERT, mine, theirs, atomicity=mode)
            assert codes == ["ABORTED", "PERMISSION_DENIED"]
            assert member.seen(mine) == []
        assert parts(member.update, INSERT, theirs, mine, group(1), mine, p4r.Entity()) == [
            "PERMISSION_DENIED",
            "OK",
            "PERMISSION_DENIED",
            "ALREADY_EXISTS",
            "UNKNOWN",
        ]
        switch.plane.inject(1, packet(1, 1))
        switch.settle()
        assert switch.plane.take() == [(4, packet(1, 1))]
        owner.write(p4r.WriteRequest(updates=[p4r.Update(type=INSERT, entity=theirs)]))  # full access


def test_multicast_groups_and_clone_sessions_have_the_id_0(
    switch: SwitchThread, owner: Client, info: p4i.P4Info
) -> None:
    """Role Config: PRE entities have no P4Info id."""
    with Member(switch, "replication", 1, packed(shared_p4_ids=[0])) as member:
        member.update(INSERT, group(9))
        assert member.seen(group(0)) == [group(9)]


def test_reads_tell_of_the_roles_entities_only(switch: SwitchThread, owner: Client, info: p4i.P4Info) -> None:
    """Read RPC: "The role field acts as a filter"."""
    mine = entry(info, "I.exact_table", 1, "I.drop")
    theirs = entry(info, "I.special_actions", 1, "I.learn")
    owner.write(p4r.WriteRequest(updates=[p4r.Update(type=INSERT, entity=e) for e in (mine, theirs, group(3))]))
    with Member(switch, "reader", 1, packed(shared_p4_ids=[ids(info)["I.exact_table"]])) as member:
        assert member.seen(p4r.Entity(table_entry=p4r.TableEntry()), theirs, group(3)) == [mine]
        assert len(owner.read(p4r.Entity(table_entry=p4r.TableEntry()), group(3))) == 3  # without the role: all
    request = p4r.ReadRequest(device_id=1, role="reader", entities=[theirs, mine])  # no stream is needed for reading,
    answers = owner.stub.Read(request, timeout=60)  # and the role's config is remembered
    assert [entity for answer in answers for entity in answer.entities] == [mine]


def test_a_config_without_ids_is_a_read_only_role(switch: SwitchThread, owner: Client, info: p4i.P4Info) -> None:
    """Role Config."""
    with Member(switch, "watcher", 1, packed()) as member:
        assert parts(member.update, INSERT, entry(info, "I.exact_table", 1, "I.drop")) == ["PERMISSION_DENIED"]
        assert len(owner.read(p4r.Entity(table_entry=p4r.TableEntry()))) == 0


@pytest.mark.parametrize("allowed", [False, True])
def test_only_some_roles_set_the_pipeline(switch: SwitchThread, owner: Client, info: p4i.P4Info, allowed: bool) -> None:
    """SetForwardingPipelineConfig RPC; Role Config."""
    with Member(switch, f"push {allowed}", 1, packed(can_push_pipeline=allowed)) as member:
        request = p4r.SetForwardingPipelineConfigRequest(device_id=1, role=member.role, election_id=U128.encode(1))
        request.action = p4r.SetForwardingPipelineConfigRequest.VERIFY
        request.config.p4info.CopyFrom(info)
        request.config.p4_device_config = everything.json_path().read_bytes()
        if allowed:
            member.stub.SetForwardingPipelineConfig(request, timeout=60)
        else:
            with pytest.raises(Refused) as caught:
                member._call(member.stub.SetForwardingPipelineConfig, request)
            assert caught.value.code == "PERMISSION_DENIED"


def packet_out(port: int, payload: bytes) -> p4r.StreamMessageRequest:
    message = p4r.PacketOut(payload=payload)
    message.metadata.add(metadata_id=1, value=port.to_bytes(2, "big"))
    message.metadata.add(metadata_id=2, value=b"\0")
    return p4r.StreamMessageRequest(packet=message)


def test_packet_ins_and_outs_are_for_roles_that_may_have_them(
    switch: SwitchThread, owner: Client, info: p4i.P4Info
) -> None:
    """Role Config; Packet I/O; Stream Error Reporting: PERMISSION_DENIED."""
    some = stratum.P4RoleConfig.PacketFilter(metadata_id=1, value=b"\x00\x06")
    with (
        Member(switch, "all packets", 1, packed(receives_packet_ins=True)) as everybody,
        Member(switch, "some packets", 1, packed(receives_packet_ins=True, packet_in_filter=some)) as choosy,
        Member(switch, "no packets", 1, packed()) as nobody,
    ):
        for port in (5, 6):
            switch.plane.inject(port, packet(0, port))
        switch.settle()
        for member, ports in ((owner, [5, 6]), (everybody, [5, 6]), (choosy, [6])):
            assert [member.receive().packet.payload for _ in ports] == [packet(0, port) for port in ports]
        switch.plane.take()
        nobody.send(packet_out(3, packet(0)))
        error = nobody.receive().error  # and no packet-in before it
        assert error.canonical_code == 7 and error.HasField("packet_out")
        everybody.send(packet_out(4, packet(0)))
        everybody.send(packet_out(510, packet(0)))
        assert everybody.receive().packet.payload == packet(0)
        switch.settle()
        assert switch.plane.take() == [(4, packet(0))]


def test_digests_go_to_the_roles_that_have_them(switch: SwitchThread, owner: Client, info: p4i.P4Info) -> None:
    """Role Config: notification messages; DigestEntry."""
    digest_id = ids(info)["learnt_t"]
    config = p4r.DigestEntry.Config(max_list_size=1)
    owner.write(
        p4r.WriteRequest(
            updates=[
                p4r.Update(type=INSERT, entity=e)
                for e in (
                    entry(info, "I.special_actions", 1, "I.learn"),
                    p4r.Entity(digest_entry=p4r.DigestEntry(digest_id=digest_id, config=config)),
                )
            ]
        )
    )
    with (
        Member(switch, "learner", 1, packed(shared_p4_ids=[digest_id])) as learner,
        Member(switch, "other", 1, packed()) as other,
    ):
        switch.plane.inject(1, packet(99, 7, 8, 1))
        switch.settle()
        for client in (owner, learner):
            assert client.receive().digest.digest_id == digest_id
        ack = p4r.StreamMessageRequest(digest_ack=p4r.DigestListAck(digest_id=digest_id, list_id=1))
        other.send(ack)
        error = other.receive().error
        assert error.canonical_code == 7 and error.HasField("digest_list_ack")
