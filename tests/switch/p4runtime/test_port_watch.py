"""Watch ports and backup replicas on a running switch whose links go down and up, through gRPC.

Oracle: P4Runtime 1.5, "Group Programming", "MulticastGroupEntry"; a veth whose other side is taken down.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from device import INSERT, compiled_entities, ids_in
from finsy.proto import p4r
from golden.client import Client
from golden.switch_thread import SwitchThread
from google.protobuf import text_format
from pyroute2 import NetNS

from switch.p4runtime.port_numbers import ports_up
from switch.ports import Interface, Port, PortCounters

sys.path.insert(0, str(Path(__file__).parents[1] / "ports"))
from veths import TIMEOUT, veths

MEMBERS = """
action_profile_member { action_profile_id: <sel> member_id: 1
  action { action_id: <send> params { param_id: 1 value: "\\013" } } }
---
action_profile_member { action_profile_id: <sel> member_id: 2
  action { action_id: <send> params { param_id: 1 value: "\\024" } } }
---
action_profile_group { action_profile_id: <sel> group_id: 1 max_size: 4
  members { member_id: 1 weight: 1 watch_port: "\\013" } members { member_id: 2 weight: 1 } }
---
table_entry { table_id: <ecmp> match { field_id: 1 exact { value: "\\001" } } action { action_profile_group_id: 1 } }
---
packet_replication_engine_entry { multicast_group_entry { multicast_group_id: 5
  replicas { port: "\\013" instance: 1 backup_replicas { port: "\\025" instance: 2 } } } }
"""


def wait_until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < end, what


def link(namespace: str, name: str, state: str) -> None:
    with NetNS(Path(namespace).name) as inside:
        inside.link("set", index=inside.link_lookup(ifname=name)[0], state=state)


@pytest.mark.skipif(os.geteuid() != 0, reason="veths in namespaces need root")
def test_members_and_replicas_follow_the_links() -> None:
    """ "Group Programming": the member must be excluded while its watch port is down, and is back when it is up."""
    info, program = compiled_entities()
    with veths([11]) as place, SwitchThread() as switch, Client(switch.address) as client:
        client.arbitrate()
        client.set_pipeline(info, program)
        for text in ids_in(info, MEMBERS).split("---"):
            update = p4r.Update(type=INSERT, entity=text_format.Parse(text, p4r.Entity()))
            client.write(p4r.WriteRequest(updates=[update]))

        def unlinked(op: int, key: int, count: int) -> list[int]:
            """The ports without a link that packets of as many flows go to."""
            for a in range(count):
                switch.plane.inject(3, bytes([op, key]) + (a * 7919).to_bytes(4, "big") + bytes(7))
            switch.settle()
            return [port for port, _ in switch.plane.take()]

        assert set(unlinked(5, 1, 40)) == {11, 20}
        switch.plane.add_interface(Interface(11, "near11", place))
        wait_until(lambda: 0 < len(unlinked(5, 1, 40)) < 40, "some flows take the link that is up")
        link(place, "far11", "down")
        wait_until(lambda: unlinked(5, 1, 40) == [20] * 40, "all flows leave the port that is down")
        wait_until(lambda: unlinked(10, 5, 1) == [21], "the backup replica is made")
        link(place, "far11", "up")
        wait_until(lambda: 0 < len(unlinked(5, 1, 40)) < 40, "the member is back")
        wait_until(lambda: unlinked(10, 5, 1) == [], "the primary replica is back")
        switch.plane.enable(11, False)
        wait_until(lambda: unlinked(5, 1, 40) == [20] * 40, "a port that is shut is down, too")


def port(number: int, enabled: bool, running: bool) -> Port:
    return Port(number, "packet", "", enabled, running, PortCounters(0, 0, 0, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(("unconnected", "expected"), [(False, {1, 510}), (True, {1, 4, 510})])
def test_a_port_is_up_if_it_is_open_and_its_other_side_is(unconnected: bool, expected: set[int]) -> None:
    """ "Group Programming": a port without a link carries nothing, but for the CPU port, and ports in memory."""
    ports = [port(1, True, True), port(2, True, False), port(3, False, True)]
    assert ports_up(ports, {1, 2, 3, 4, 510}, 510, unconnected) == expected
