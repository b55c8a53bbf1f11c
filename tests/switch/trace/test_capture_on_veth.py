"""A capture on Linux interfaces, a worker for each port. Oracle: the frames that were sent into the veth pairs."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pyroute2 import NetNS, netns

from switch import build
from switch.engine import Engine
from switch.ports import DataPlane, Interface, in_namespace
from switch.trace.filter import parse, resolve

from .recorded import CASES

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and raw packets need root")

PATIENCE = 60.0
NAME = "l3_router_ecmp_acl"


def frame(source: int, port: int) -> bytes:
    """UDP from 10.0.0.`source`; the IPv4 checksum is not right, which is seen."""
    ip = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 32, 1, 0, 64, 17, 0, 10, 0, 0, source, 10, 1, 0, 1)
    return bytes.fromhex("00000000000a00000000000b0800") + ip + struct.pack(">HHHH", 1000, port, 12, 0) + b"test"


@pytest.fixture
def namespace() -> Iterator[str]:
    """Two veth pairs in a namespace of their own: near1 - far1, near2 - far2."""
    name = f"p4gate-test-{os.getpid()}-capture"
    with ExitStack() as stack:
        netns.create(name)
        stack.callback(netns.remove, name)
        with NetNS(name) as middle:
            for number in (1, 2):
                middle.link("add", ifname=f"near{number}", kind="veth", peer={"ifname": f"far{number}"})
                for end in ("near", "far"):
                    middle.link("set", index=middle.link_lookup(ifname=f"{end}{number}")[0], state="up")
        yield f"/run/netns/{name}"


def test_packets_of_every_worker_are_looked_at(namespace: str) -> None:
    with (
        Engine.load(CASES / NAME / f"{NAME}.json", optimise="none", workers=2) as engine,
        DataPlane(build.runtime_library(), workers=2) as plane,
    ):
        plane.start()
        plane.attach(engine)
        for number in (1, 2):
            plane.add_interface(Interface(number, f"near{number}", namespace))
        capture = engine.capture(plane, resolve(parse("l4.dst==7777 && dropped"), engine.program))
        try:
            for number in (1, 2):
                with in_namespace(namespace):
                    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                with sender:
                    sender.bind((f"far{number}", 0))
                    for port in (1, 7777, 2):
                        sender.send(frame(number, port))
            found = [capture.next(PATIENCE) for _ in range(2)]
        finally:
            capture.close()
    traces = {c.trace.port: c.trace for c in found if c is not None}
    assert {port: trace.data for port, trace in traces.items()} == {n: frame(n, 7777) for n in (1, 2)}
    assert not any(c.right for trace in traces.values() for c in trace.packet.checksums)
