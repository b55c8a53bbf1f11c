"""Types that the control plane sees otherwise than the data plane. Oracle: P4Runtime 1.5, the section of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from device import DELETE, INSERT, MODIFY, ROLLBACK, Device, compiled_entities, entities, golden
from finsy.proto import p4i, p4r
from golden.client import Client, Refused
from golden.switch_thread import SwitchThread

from switch.p4runtime import packetio, schema
from switch.p4runtime.data_widths import DataWidths
from switch.p4runtime.status import StatusError
from switch.p4runtime.translation import Translation


@pytest.fixture
def device() -> Iterator[Device]:
    with entities() as made:
        yield made


def to_vrf(key: int, vrf: str) -> str:
    return (
        f'table_entry {{ table_id: <vrfs> match {{ field_id: 1 exact {{ value: "\\{key:03o}" }} }} '
        f'action {{ action {{ action_id: <set_vrf> params {{ param_id: 1 value: "{vrf}" }} }} }} }}'
    )


def by_vrf(vrf: str, mark: int, number: str = "") -> str:
    optional = f'match {{ field_id: 2 optional {{ value: "{number}" }} }}' if number else ""
    return (
        f'table_entry {{ table_id: <by_vrf> match {{ field_id: 1 exact {{ value: "{vrf}" }} }} {optional} priority: 1 '
        f'action {{ action {{ action_id: <mark> params {{ param_id: 1 value: "\\{mark:03o}" }} }} }} }}'
    )


ALL = "table_entry { table_id: <vrfs> }"

# ---- "User-defined types", "PSA Metadata Translation": strings


def test_a_string_means_the_same_in_keys_and_parameters_and_is_read_back(device: Device) -> None:
    """ "Translation of Match Fields", "Translation of Action Parameters"; "Read-Write Symmetry"."""
    written = [to_vrf(1, "vrf-red"), to_vrf(2, "vrf-blue"), to_vrf(3, "7")]
    device.insert(*written, by_vrf("vrf-blue", 22), by_vrf("vrf-red", 11), by_vrf("7", 33))
    assert [device.send(op=4, key=key)[0][1]["r"] for key in (1, 2, 3)] == [11, 22, 33]
    assert device.send(op=4, key=3)[0][1]["port"] == 7  # a decimal number stands for itself
    device.reads_back(*written, by=ALL)
    device.reads_back(by_vrf("vrf-red", 11), by=by_vrf("vrf-red", 11))
    device.delete(by_vrf("vrf-red", 11))
    assert device.send(op=4, key=1)[0][1]["r"] == 0


def test_strings_come_and_go_and_numbers_are_used_again(device: Device) -> None:
    """ "TableEntry": RESOURCE_EXHAUSTED only where there is no room: the type has 16 values here."""
    for i in range(100):
        device.insert(to_vrf(1, f"vrf-{i}"))
        device.reads_back(to_vrf(1, f"vrf-{i}"), by=ALL)
        device.delete(to_vrf(1, f"vrf-{i}"))
    many = [to_vrf(key, f"many-{key}") for key in range(16)]
    device.insert(*many[:15])  # one is in a register: 0
    device.reads_back(*many[:15], by=ALL)
    assert device.write(INSERT, to_vrf(20, "one-too-many")) == "RESOURCE_EXHAUSTED"
    device.delete(many[3])
    device.insert(to_vrf(20, "one-too-many"))


def test_a_batch_that_is_taken_back_gives_the_numbers_back_to_their_strings(device: Device) -> None:
    """ "Batch Atomicity": all or none; the batch frees a number, and gives it to another string."""
    many = [to_vrf(key, f"many-{key}") for key in range(15)]
    device.insert(*many)
    for failing in (to_vrf(20, "new"), to_vrf(21, "one-too-many")):
        updates = [(DELETE, many[3]), (INSERT, to_vrf(20, "new")), (INSERT, failing)]
        codes = device.batch(updates, ROLLBACK)
        assert codes[:2] == ["ABORTED"] * 2 and codes[2] in ("ALREADY_EXISTS", "RESOURCE_EXHAUSTED")
        device.reads_back(*many, by=ALL)
    device.delete(many[3])
    device.insert(to_vrf(20, "new"))
    device.reads_back(*many[:3], *many[4:], to_vrf(20, "new"), by=ALL)


def test_a_batch_of_new_ports_is_taken_back() -> None:
    """ "Batch Atomicity", where the steps back name ports by strings that only the batch knew."""

    def group(port: str) -> str:
        return (
            "packet_replication_engine_entry { multicast_group_entry { multicast_group_id: 5 "
            f'replicas {{ port: "{port}" }} }} }}'
        )

    with entities(headers) as device:
        assert device.schema.port_strings is not None
        device.schema.port_strings.narrow(2)
        device.insert(group("kept"))
        [(port, _)] = device.send(op=10, key=5)
        updates = [(MODIFY, group(name)) for name in ("a", "b", "c", "d")]
        assert device.batch([*updates, (INSERT, group("kept"))], ROLLBACK)[-1] == "ALREADY_EXISTS"
        device.reads_back(group("kept"), by="packet_replication_engine_entry { multicast_group_entry { } }")
        assert [out for out, _ in device.send(op=10, key=5)] == [port]


@pytest.mark.parametrize("bad", ["", "\\377\\376"])
def test_what_is_no_string_is_refused(device: Device, bad: str) -> None:
    """ "Action Specification", "Match Format": INVALID_ARGUMENT; an empty byte string is always rejected."""
    assert device.write(INSERT, to_vrf(1, bad)) == device.write(INSERT, by_vrf(bad, 1)) == "INVALID_ARGUMENT"


def test_a_number_that_the_data_plane_shows_first_appears_in_digits() -> None:
    made = Translation("vrf")
    made.narrow(4)
    assert made.string(5) == b"5" and made.number(b"5", "") == 5
    assert made.number(b"red", "") == 1 and made.number(b"1", "") == 2
    assert made.string(1) == b"red" and made.string(2) == b"1"
    assert made.number(b"\xc3\xa9" * 5000, "") == 3 and made.number(b"9" * 5000, "") == 4


# ---- numbers of another width


def test_a_number_of_another_width_stands_for_the_same_number(device: Device) -> None:
    """ "Translation of Match Fields": optional, a value of 32 bits for the control plane, 9 in the data plane."""
    to_number = to_vrf(1, "x").replace("set_vrf", "set_number").replace('value: "x"', 'value: "\\001\\101"')
    device.insert(to_number, by_vrf("0", 44, number="\\001\\101"))
    device.reads_back(by_vrf("0", 44, number="\\001\\101"), by="table_entry { table_id: <by_vrf> }")
    device.reads_back(to_number, by=ALL)
    assert device.send(op=4, key=1)[0][1]["r"] == 44
    assert device.send(op=4, key=2)[0][1]["r"] == 0
    assert device.write(INSERT, by_vrf("0", 1, number="\\002\\000")) == "OUT_OF_RANGE"  # fits bit<32>, not bit<9>
    assert device.write(INSERT, by_vrf("0", 1, number="\\001\\000\\000\\000\\000")) == "INVALID_ARGUMENT"


FULL = "\\377" * 5
KINDS = {
    p4i.MatchField.TERNARY: (
        f'ternary {{ value: "\\005" mask: "{FULL}" }}',
        'ternary { value: "\\004" mask: "\\004" }',
    ),
    p4i.MatchField.RANGE: ('range { low: "\\005" high: "\\005" }', 'range { low: "\\005" high: "\\006" }'),
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_match_one_value_or_all(kind: p4i.MatchField.MatchType.ValueType) -> None:
    """ "Translation of Match Fields": either de facto exact or "don't care"."""
    exact, not_exact = KINDS[kind]

    def change(info: p4i.P4Info) -> None:
        field = info.tables[0].match_fields[0]
        field.match_type = kind
        field.bitwidth = 40
        field.type_name.name = "wide"
        info.type_info.new_types["wide"].translated_type.sdn_bitwidth = 40

    name = {p4i.MatchField.TERNARY: "table_ternary_ties", p4i.MatchField.RANGE: "table_range"}[kind]
    with golden(name, change) as device:
        table = device.info.tables[0]
        rest = " ".join(f'match {{ field_id: {f.id} exact {{ value: "\\001" }} }}' for f in table.match_fields[1:])
        head = f"table_entry {{ table_id: {table.preamble.id} priority: 3 {rest} "
        action = next(a for a in device.info.actions if a.preamble.id == table.action_refs[0].id)
        params = " ".join(f'params {{ param_id: {p.id} value: "\\001" }}' for p in action.params)
        tail = f" action {{ action {{ action_id: {action.preamble.id} {params} }} }} }}"
        wanted = f"{head} match {{ field_id: {table.match_fields[0].id} {exact} }} {tail}"
        device.insert(wanted)
        [found] = device.read(f"table_entry {{ table_id: {table.preamble.id} priority: 3 }}")
        first = [m for m in found.table_entry.match if m.field_id == table.match_fields[0].id]
        assert first == [m for m in device.entity(wanted).table_entry.match if m.field_id == first[0].field_id]
        refused = f"{head} match {{ field_id: {table.match_fields[0].id} {not_exact} }} {tail}"
        assert device.write(INSERT, refused) == "INVALID_ARGUMENT"
        device.insert(head + tail)


# ---- "Translation of Packet-IO Header Fields", "Port Translation for PSA Extern APIs"


def headers(info: p4i.P4Info) -> None:
    """Controller headers whose ports are strings."""
    info.type_info.new_types["port_t"].translated_type.sdn_string.SetInParent()
    for name in ("packet_in", "packet_out"):
        header = info.controller_packet_metadata.add(preamble=p4i.Preamble(id=len(name), name=name))
        header.metadata.add(
            id=1, name="ingress_port" if name == "packet_in" else "egress_port"
        ).type_name.name = "port_t"
        header.metadata.add(id=2, name="pad", bitwidth=7)


def test_controller_headers_carry_strings_over_the_data_planes_widths() -> None:
    """ "Translation of Packet-IO Header Fields": the server translates both ways; the header has 9 + 7 bits."""
    info = p4i.P4Info()
    headers(info)
    widths = DataWidths(headers=[{"ingress_port": 9, "pad": 7}, {"egress_port": 9, "pad": 7}])
    made = schema.build(info, widths)
    message = p4r.PacketOut(payload=b"x")
    message.metadata.add(metadata_id=1, value=b"Ethernet8")
    message.metadata.add(metadata_id=2, value=b"\0")
    assert packetio.packet_out(made.packet_out, message) == (1 << 7).to_bytes(2, "big") + b"x"
    shown = packetio.packet_in(made.packet_in, (1 << 7 | 5).to_bytes(2, "big") + b"y")
    assert [m.value for m in shown.metadata] == [b"Ethernet8", b"\5"]
    message.metadata[0].value = b""
    with pytest.raises(StatusError):
        packetio.packet_out(made.packet_out, message)


def test_watch_ports_and_replicas_are_strings_where_ports_are() -> None:
    """ "Port Translation for PSA Extern APIs": bytes carry the SDN representation of the port."""
    with entities(headers) as device:
        group = (
            "packet_replication_engine_entry { multicast_group_entry { multicast_group_id: 5 "
            'replicas { port: "12" instance: 1 backup_replicas { port: "13" } } } }'
        )
        device.insert(group)
        assert [port for port, _ in device.send(op=10, key=5)] == [12]
        device.engine.set_port_up(12, False)
        assert [port for port, _ in device.send(op=10, key=5)] == [13]
        device.reads_back(group, by="packet_replication_engine_entry { multicast_group_entry { } }")


def test_the_number_of_a_port_that_replicas_or_members_name_is_not_given_to_another() -> None:
    """ "Port Translation for PSA Extern APIs": two names are two ports, however many others came and went."""

    def group(number: int, port: str) -> str:
        return (
            f"packet_replication_engine_entry {{ multicast_group_entry {{ multicast_group_id: {number} "
            f'replicas {{ port: "{port}" }} }} }}'
        )

    def session(port: str) -> str:
        return (
            "packet_replication_engine_entry { clone_session_entry { session_id: 7 "
            f'replicas {{ port: "{port}-first" backup_replicas {{ port: "{port}" }} }} }} }}'
        )

    def watching(port: str) -> str:
        send = 'action { action_id: <send> params { param_id: 1 value: "\\013" } }'
        return (
            'table_entry { table_id: <ecmp> match { field_id: 1 exact { value: "\\001" } } action { '
            f'action_profile_action_set {{ action_profile_actions {{ {send} weight: 1 watch_port: "{port}" }} }} }} }}'
        )

    with entities(headers) as device:
        strings = device.schema.port_strings
        assert strings is not None
        strings.narrow(4)
        device.insert(group(5, "kept"), session("mirror"), watching("uplink"))
        held = {name: strings.number(name.encode(), "") for name in ("kept", "mirror-first", "mirror", "uplink")}
        for i in range(40):
            device.insert(group(6, f"port-{i}"))
            [(port, _)] = device.send(op=10, key=6)
            assert port not in held.values()
            device.delete(group(6, ""))
        assert {name: strings.number(name.encode(), "") for name in held} == held


def test_p4info_of_another_program_is_refused() -> None:
    """ "SetForwardingPipelineConfig RPC": INVALID_ARGUMENT, also where strings are looked for in what is not there."""
    info, program = compiled_entities()
    next(r for r in info.registers if r.preamble.alias == "reg_vrf").preamble.name = "nowhere"
    with SwitchThread() as switch, Client(switch.address) as client:
        client.arbitrate()
        with pytest.raises(Refused) as caught:
            client.set_pipeline(info, program)
        assert caught.value.code == "INVALID_ARGUMENT" and "nowhere" in str(caught.value.message)
