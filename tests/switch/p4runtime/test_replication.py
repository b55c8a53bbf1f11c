"""The packet replication engine. Oracle: P4Runtime 1.5, the section that each test names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from device import DELETE, INSERT, MODIFY, Device, entities


@pytest.fixture
def device() -> Iterator[Device]:
    with entities() as made:
        yield made


def multicast(replicas: str, group: int = 5, more: str = "") -> str:
    return (
        "packet_replication_engine_entry { multicast_group_entry { "
        f"multicast_group_id: {group} {replicas} {more} }} }}"
    )


def session(replicas: str, more: str = "", number: int = 7) -> str:
    return f"packet_replication_engine_entry {{ clone_session_entry {{ session_id: {number} {replicas} {more} }} }}"


ALL_GROUPS = "packet_replication_engine_entry { multicast_group_entry { } }"
ALL_SESSIONS = "packet_replication_engine_entry { clone_session_entry { } }"

WITH_BACKUPS = """
    replicas { port: "\\005" instance: 1 }
    replicas { port: "\\014" instance: 2 backup_replicas { port: "\\015" instance: 5 } }
    replicas {
      port: "\\022" instance: 3
      backup_replicas { port: "\\024" instance: 7 } backup_replicas { port: "\\023" instance: 6 }
    }
"""


def copies(device: Device) -> list[tuple[int, int]]:
    """(port, instance) of the replicas of a packet to group 5."""
    return sorted((port, sent["rid"]) for port, sent in device.send(op=10, key=5))


# ---- "MulticastGroupEntry"


def test_the_most_preferred_replica_whose_port_is_up_is_made(device: Device) -> None:
    """ "MulticastGroupEntry": the next highest-preferred backup replica whose port is up, and back again."""
    device.insert(multicast(WITH_BACKUPS))
    assert copies(device) == [(5, 1), (12, 2), (18, 3)]
    for port, up, expected in (
        (12, False, [(5, 1), (13, 5), (18, 3)]),
        (18, False, [(5, 1), (13, 5), (20, 7)]),
        (20, False, [(5, 1), (13, 5), (19, 6)]),
        (20, True, [(5, 1), (13, 5), (20, 7)]),
        (12, True, [(5, 1), (12, 2), (20, 7)]),
        (18, True, [(5, 1), (12, 2), (18, 3)]),
    ):
        device.engine.set_port_up(port, up)
        assert copies(device) == expected


def test_with_all_ports_down_the_primary_replica_is_made_for_its_side_effects(device: Device) -> None:
    """ "MulticastGroupEntry", behaviour 2: one replica to the primary port, which gets dropped there."""
    device.insert(multicast(WITH_BACKUPS))
    for port in (5, 12, 13):
        device.engine.set_port_up(port, False)
    assert copies(device) == [(5, 1), (12, 2), (18, 3)]


def test_backup_replicas_are_read_back_in_their_order(device: Device) -> None:
    """ "Read-Write Symmetry": backup_replicas must be returned in order; metadata with the entry."""
    written = multicast(WITH_BACKUPS, more='metadata: "mine"')
    device.insert(written)
    device.engine.set_port_up(12, False)
    device.reads_back(written, by=ALL_GROUPS)
    device.reads_back(written, by=multicast("", group=5))
    device.reads_back(by=multicast("", group=6))


@pytest.mark.parametrize(
    ("made", "replicas"),
    [
        (multicast, 'replicas { port: "\\000\\005" backup_replicas { port: "\\000\\000\\006" } }'),
        (session, 'replicas { port: "\\000\\005" } replicas { port: "\\000" instance: 1 }'),
    ],
)
def test_ports_are_read_in_their_shortest_form(device: Device, made: Callable[[str], str], replicas: str) -> None:
    """ "Bytestrings": the encoder of a reply uses the shortest strings that fit the values."""
    device.insert(made(replicas))
    shortest = replicas.replace("\\000\\000\\006", "\\006").replace("\\000\\005", "\\005")
    device.reads_back(made(shortest), by=ALL_GROUPS if made is multicast else ALL_SESSIONS)
    device.modify(made(replicas))
    device.reads_back(made(shortest), by=ALL_GROUPS if made is multicast else ALL_SESSIONS)


def test_a_group_that_is_modified_while_a_port_is_down_uses_the_backup_at_once(device: Device) -> None:
    """ "MulticastGroupEntry": MODIFY, same restrictions as INSERT."""
    device.engine.set_port_up(12, False)
    device.insert(multicast('replicas { port: "\\005" instance: 1 }'))
    device.modify(multicast(WITH_BACKUPS))
    assert copies(device) == [(5, 1), (13, 5), (18, 3)]
    assert device.engine.watched_ports() == {12, 13, 18, 19, 20}
    device.delete(multicast(""))
    assert copies(device) == [] and device.engine.watched_ports() == set()


@pytest.mark.parametrize(
    "replicas",
    [
        'replicas { port: "\\005" instance: 1 backup_replicas { port: "\\005" instance: 2 } }',
        'replicas { port: "\\005" instance: 1 } replicas { port: "\\005" instance: 1 }',
        'replicas { port: "\\005" instance: 1 } '
        'replicas { port: "\\006" backup_replicas { port: "\\005" instance: 1 } }',
        'replicas { port: "\\005" backup_replicas { port: "\\006" } backup_replicas { port: "\\006" } }',
        'replicas { port: "\\005" instance: 65536 }',
        'replicas { port: "\\005" backup_replicas { port: "\\006" instance: 65536 } }',
        'replicas { port: "\\002\\000" }',
        'replicas { port: "\\005" backup_replicas { port: "" } }',
    ],
)
def test_replicas_that_cannot_be_are_refused(device: Device, replicas: str) -> None:
    """ "MulticastGroupEntry": unique (port, instance) pairs, a replica on another port than its backups, instances and
    ports of the target; or INVALID_ARGUMENT."""
    good = multicast('replicas { port: "\\007" }')
    assert device.write(INSERT, multicast(replicas)) == "INVALID_ARGUMENT"
    device.insert(good)
    assert device.write(MODIFY, multicast(replicas)) == "INVALID_ARGUMENT"
    device.reads_back(good, by=ALL_GROUPS)


def test_one_port_may_have_several_instances(device: Device) -> None:
    """ "MulticastGroupEntry": uniqueness among (port, instance) pairs, not among ports."""
    device.insert(multicast('replicas { port: "\\005" instance: 1 } replicas { port: "\\005" instance: 2 }'))
    assert copies(device) == [(5, 1), (5, 2)]


def test_groups_and_sessions_0_cannot_be_written(device: Device) -> None:
    """ "Valid Values for multicast_group_id", "Valid Values for session_id": 0 is for wildcard reads only."""
    replicas = 'replicas { port: "\\005" }'
    for kind in (INSERT, MODIFY, DELETE):
        assert device.write(kind, multicast(replicas, group=0)) == "INVALID_ARGUMENT"
        assert device.write(kind, session(replicas, number=0)) == "INVALID_ARGUMENT"
    assert device.write(MODIFY, multicast(replicas)) == device.write(DELETE, session("")) == "NOT_FOUND"
    device.insert(multicast(replicas), session(replicas))
    assert device.write(INSERT, multicast(replicas)) == device.write(INSERT, session(replicas)) == "ALREADY_EXISTS"


# ---- "CloneSessionEntry"


def test_the_class_of_service_is_that_of_the_clones(device: Device) -> None:
    """ "CloneSessionEntry": the class of service for each clone will be set to the value programmed."""
    written = session(
        'replicas { port: "\\011" instance: 4 } replicas { port: "\\012" instance: 5 }', "class_of_service: 3"
    )
    device.insert(written)
    clones = [(port, sent["rid"], sent["prio"]) for port, sent in device.send(op=11)]
    assert sorted(clones) == [(1, 0, 0), (9, 4, 3), (10, 5, 3)]
    device.reads_back(written, by=ALL_SESSIONS)
    device.modify(session('replicas { port: "\\011" }'))
    assert [sent["prio"] for port, sent in device.send(op=11) if port == 9] == [0]
    assert device.write(MODIFY, session("", "class_of_service: 8")) == "INVALID_ARGUMENT"


def test_clones_are_cut_to_packet_length_bytes(device: Device) -> None:
    """ "CloneSessionEntry": truncated to the given value; 0: no truncation."""
    device.insert(session('replicas { port: "\\011" }', "packet_length_bytes: 5"))
    lengths = {port: len(data) for port, data in device.engine.process(3, bytes([11]) + bytes(50))}
    assert lengths == {1: 51, 9: 5}
    device.modify(session('replicas { port: "\\011" }'))
    assert {port: len(data) for port, data in device.engine.process(3, bytes([11]) + bytes(50))} == {1: 51, 9: 51}
    assert device.write(MODIFY, session("", "packet_length_bytes: -1")) == "INVALID_ARGUMENT"
    device.delete(session(""))
    assert [port for port, _ in device.send(op=11)] == [1]


def test_a_clone_has_backups_too(device: Device) -> None:
    """ "CloneSessionEntry": its replicas are those of multicast groups."""
    device.insert(session('replicas { port: "\\011" instance: 1 backup_replicas { port: "\\012" instance: 2 } }'))
    device.engine.set_port_up(9, False)
    assert [(port, sent["rid"]) for port, sent in device.send(op=11) if port != 1] == [(10, 2)]
