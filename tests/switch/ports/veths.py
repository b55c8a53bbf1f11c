"""Veth pairs in a namespace of their own, nearN (the switch's) -- farN (the test's): silent but for what tests send."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from pyroute2 import NetNS, netns

from switch.ports import in_namespace

TIMEOUT = 30
SOL_PACKET, PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE = 263, 23, 33
_numbers = count(1)


@contextmanager
def veths(ports: Iterable[int], mtu: int = 1500, **options: int) -> Iterator[str]:
    """The path of a namespace with a pair for each port. `options`: num_rx_queues, num_tx_queues ..."""
    name = f"p4gate-veths-{os.getpid()}-{next(_numbers)}"
    netns.create(name)
    path = f"/run/netns/{name}"
    try:
        with in_namespace(path):
            # The kernel's own IPv6 packets would show up among those of the tests.
            for which in ("default", "all"):
                Path(f"/proc/sys/net/ipv6/conf/{which}/disable_ipv6").write_text("1")
        with NetNS(name) as inside:
            for port in ports:
                peer = {"ifname": f"far{port}", **options}
                inside.link("add", ifname=f"near{port}", kind="veth", peer=peer, **options)
                for end in ("near", "far"):
                    index = inside.link_lookup(ifname=f"{end}{port}")[0]
                    inside.link("set", index=index, mtu=mtu, state="up")
        yield path
    finally:
        netns.remove(name)


def raw_socket(namespace: str, interface: str) -> socket.socket:
    """Frames from and to an interface; not those that it sends itself."""
    with in_namespace(namespace):
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    made.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    made.bind((interface, 3))
    made.settimeout(TIMEOUT)
    return made


def frame(number: int, length: int = 60) -> bytes:
    """A frame of an unassigned EtherType that no kernel answers, with a number in it."""
    head = bytes.fromhex("020000000002 020000000001 88b5") + number.to_bytes(8, "big")
    return head + bytes(length - len(head))


def number_of(data: bytes) -> int:
    return int.from_bytes(data[14:22], "big")
