"""Linux interfaces as ports. The peers are Linux kernels: two namespaces on veth pairs, the bare forwarder between.

Oracle: the peers' own stacks, which drop what has a wrong checksum, and hashes of what they sent.
"""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from pyroute2 import NetNS, netns

from switch import build
from switch.benchmark.bare import BareForwarder
from switch.ports import DataPlane, Interface, in_namespace

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and raw packets need root")

TIMEOUT = 30
TCP_BYTES = 8 << 20


@dataclass
class Lab:
    """left -- 1 [switch] 2 -- right; each end 10.0.0.1 and 10.0.0.2."""

    plane: DataPlane
    left: str
    right: str
    middle: str
    mtu: int

    def socket(
        self, where: str, kind: socket.SocketKind, family: int = socket.AF_INET, proto: int = 0
    ) -> socket.socket:
        with in_namespace(where):
            made = socket.socket(family, kind, proto)
        made.settimeout(TIMEOUT)
        return made


def build_lab(stack: ExitStack, mtu: int, workers: int = 1, flow_affinity: bool = False, xdp: bool = False) -> Lab:
    names = {end: f"p4gate-test-{os.getpid()}-{end}" for end in ("left", "right", "middle")}
    for name in names.values():
        netns.create(name)
        stack.callback(netns.remove, name)
    paths = {end: f"/run/netns/{name}" for end, name in names.items()}
    with NetNS(names["middle"]) as middle:
        for number, end in ((1, "left"), (2, "right")):
            middle.link("add", ifname=f"near{number}", kind="veth", peer={"ifname": "far", "net_ns_fd": names[end]})
            index = middle.link_lookup(ifname=f"near{number}")[0]
            middle.link("set", index=index, mtu=mtu, state="up")
            with NetNS(names[end]) as outer:
                index = outer.link_lookup(ifname="far")[0]
                outer.link("set", index=index, mtu=mtu, state="up")
                outer.addr("add", index=index, address=f"10.0.0.{number}", prefixlen=24)
    plane = stack.enter_context(DataPlane(build.runtime_library(), workers=workers, flow_affinity=flow_affinity))
    plane.start()
    plane.attach(BareForwarder(1, 2))
    for number in (1, 2):
        plane.add_interface(Interface(number, f"near{number}", paths["middle"], xdp))
    assert all(port.kind.startswith("xdp") == xdp for port in plane.ports())
    return Lab(plane, paths["left"], paths["right"], paths["middle"], mtu)


LABS = {
    "mtu1500": (1500, 1, False, False),
    "mtu9000": (9000, 2, False, False),
    "by-flow": (1500, 2, True, False),
    "xdp": (1500, 1, False, True),
    "xdp-mtu9000": (9000, 2, False, True),
    "xdp-by-flow": (1500, 2, True, True),
}


@pytest.fixture(params=LABS.values(), ids=LABS)
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    with ExitStack() as stack:
        yield build_lab(stack, *request.param)


def test_datagrams_of_every_size_cross_with_checksums_that_the_kernel_accepts(lab: Lab) -> None:
    with lab.socket(lab.left, socket.SOCK_DGRAM) as a, lab.socket(lab.right, socket.SOCK_DGRAM) as b:
        a.bind(("10.0.0.1", 4000))
        b.bind(("10.0.0.2", 4000))
        for size in (0, 1, 2, 17, 18, 19, 100, lab.mtu - 29, lab.mtu - 28, 2 * lab.mtu):
            data = os.urandom(size)
            a.sendto(data, ("10.0.0.2", 4000))
            assert b.recv(65536) == data
            b.sendto(data, ("10.0.0.1", 4000))
            assert a.recv(65536) == data


def test_tcp_streams_arrive_whole_and_cut_to_the_mtu(lab: Lab) -> None:
    """The kernel hands over up to 64 KiB with unfinished checksums; a program must see what a wire would carry."""
    with lab.socket(lab.right, socket.SOCK_STREAM) as listener, lab.socket(lab.left, socket.SOCK_STREAM) as a:
        listener.bind(("10.0.0.2", 5000))
        listener.listen()
        a.connect(("10.0.0.2", 5000))
        b, _ = listener.accept()
        b.settimeout(TIMEOUT)
        with b:
            block = os.urandom(1 << 16)

            def send(to: socket.socket) -> None:
                for _ in range(TCP_BYTES // len(block)):
                    to.sendall(block)
                to.shutdown(socket.SHUT_WR)

            expected = hashlib.sha256(block * (TCP_BYTES // len(block))).hexdigest()
            sender = threading.Thread(target=send, args=(a,))
            sender.start()
            for receiver in (b, a):
                digest = hashlib.sha256()
                while data := receiver.recv(1 << 20):
                    digest.update(data)
                assert digest.hexdigest() == expected
                sender.join()
                if receiver is b:
                    sender = threading.Thread(target=send, args=(b,))
                    sender.start()
    counters = lab.plane.counters(1)
    assert (counters.receive_drops, counters.receive_errors) == (0, 0)
    assert counters.received_bytes / counters.received <= lab.mtu + 14
    # As many packets as a wire would have carried: the stream, 40 to 52 bytes of headers in each.
    assert counters.received >= TCP_BYTES // lab.mtu


@pytest.mark.parametrize(("tag", "ether_type"), [(0x0005, 0x8100), (0xE000, 0x8100), (0x2FFE, 0x88A8)])
def test_vlan_tags_that_the_kernel_takes_out_are_put_back(lab: Lab, tag: int, ether_type: int) -> None:
    frame = b"\x02" * 6 + b"\x04" * 6 + ether_type.to_bytes(2, "big") + tag.to_bytes(2, "big") + b"\x12\x34" + bytes(64)
    with (
        lab.socket(lab.left, socket.SOCK_RAW, socket.AF_PACKET) as a,
        lab.socket(lab.right, socket.SOCK_RAW, socket.AF_PACKET, 0) as b,
    ):
        a.bind(("far", 0))
        before = lab.plane.counters(1).received_bytes
        # The receiver keeps the tag apart as well: PACKET_AUXDATA (8) of SOL_PACKET (263) tells it.
        b.setsockopt(263, 8, 1)
        b.bind(("far", 3))
        a.send(frame)
        while True:
            data, ancillary, _, _ = b.recvmsg(9100, 256)
            if data[:6] == frame[:6]:
                break
        auxiliary = ancillary[0][2]
        assert data == frame[:12] + frame[16:]
        assert int.from_bytes(auxiliary[16:18], "little") == tag
        assert int.from_bytes(auxiliary[18:20], "little") == ether_type
        assert lab.plane.counters(1).received_bytes - before >= len(frame)


def test_ports_come_and_go_while_packets_flow() -> None:
    with ExitStack() as stack:
        lab = build_lab(stack, 1500)
        a = stack.enter_context(lab.socket(lab.left, socket.SOCK_DGRAM))
        b = stack.enter_context(lab.socket(lab.right, socket.SOCK_DGRAM))
        a.bind(("10.0.0.1", 4000))
        b.bind(("10.0.0.2", 4000))
        a.sendto(b"first", ("10.0.0.2", 4000))
        assert b.recv(100) == b"first"
        for _ in range(5):
            lab.plane.remove(2)
            a.sendto(b"lost", ("10.0.0.2", 4000))
            lab.plane.settle()
            lab.plane.add_interface(Interface(2, "near2", lab.middle))
            a.sendto(b"there", ("10.0.0.2", 4000))
            assert b.recv(100) == b"there"
