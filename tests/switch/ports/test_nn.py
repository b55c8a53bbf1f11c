"""PTF's nn socket. The peer is pynng, which PTF uses: somebody else's implementation of the wire protocol.

Behind the ports is the bare forwarder: what comes in at port 1 leaves from port 2.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pynng
import pytest
from waiting import wait_until

from switch import build
from switch.benchmark.bare import BareForwarder
from switch.ports import DataPlane, PortError

PORT_ADD, PORT_REMOVE, PORT_STATUS, PACKET_IN, PACKET_OUT, INFO_REQUEST, INFO_REPLY = range(7)
UP, DOWN = 0, 1
TIMEOUT_MS = 20_000


@pytest.fixture(params=["ipc", "tcp"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "ipc":
        return f"ipc://{tmp_path}/nn.ipc"
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def plane(address: str) -> Iterator[DataPlane]:
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(BareForwarder(1, 2))
        plane.add_nn(address)
        yield plane


def dial(address: str, *ports: int) -> pynng.Pair0:
    peer = pynng.Pair0(recv_timeout=TIMEOUT_MS, send_timeout=TIMEOUT_MS)
    peer.dial(address)
    for port in ports:
        peer.send(struct.pack("<iii", PORT_ADD, port, 0))
    return peer


def send(peer: pynng.Pair0, port: int, data: bytes) -> None:
    peer.send(struct.pack("<iii", PACKET_IN, port, len(data)) + data)


def receive(peer: pynng.Pair0) -> tuple[int, bytes]:
    message = peer.recv()
    kind, port, length = struct.unpack("<iii", message[:12])
    assert kind == PACKET_OUT
    assert length == len(message) - 12
    return port, message[12:]


def test_packets_for_a_shut_port_do_not_undo_idleness(plane: DataPlane, address: str) -> None:
    """What a worker found to do and dropped tells nothing of the time before."""
    with dial(address, 1, 2) as peer:
        send(peer, 1, b"x")
        receive(peer)
        plane.enable(1, False)
        plane.settle()
        [before] = plane.idle_ns()
        wait_until(lambda: plane.idle_ns()[0] > before + 300_000_000, "it has been idle")
        [idle] = plane.idle_ns()
        send(peer, 1, b"y")
        wait_until(lambda: plane.counters(1).receive_drops == 1, "the packet has come")
        plane.settle()
        assert plane.idle_ns()[0] >= idle


@pytest.mark.parametrize("size", [0, 1, 13, 60, 1500, 9000, 10240])
def test_packets_of_every_size_pass_unchanged(plane: DataPlane, address: str, size: int) -> None:
    with dial(address, 1, 2) as peer:
        data = bytes(i % 251 for i in range(size))
        send(peer, 1, data)
        assert receive(peer) == (2, data)


def test_nothing_is_lost_and_order_is_kept_when_the_peer_reads_slowly(plane: DataPlane, address: str) -> None:
    count = 3000
    with dial(address, 1, 2) as peer:
        sender = threading.Thread(target=lambda: [send(peer, 2, struct.pack("<i", i) * 200) for i in range(count)])
        sender.start()
        for i in range(count):
            assert receive(peer) == (1, struct.pack("<i", i) * 200)
        sender.join()


def test_ports_that_are_not_added_or_down_neither_take_nor_get_packets(plane: DataPlane, address: str) -> None:
    with dial(address, 1) as peer:
        send(peer, 1, b"to port 2, which is not there")
        send(peer, 2, b"from port 2, which is not there")
        peer.send(struct.pack("<iii", PORT_ADD, 2, 0))
        peer.send(struct.pack("<iii", PORT_STATUS, 1, DOWN))
        send(peer, 1, b"from port 1, which is down")
        peer.send(struct.pack("<iii", PORT_STATUS, 1, UP))
        send(peer, 1, b"this one passes")
        assert receive(peer) == (2, b"this one passes")
    assert plane.counters(2).receive_drops == 1
    assert plane.counters(1).receive_drops == 1


def test_information_requests_are_answered(plane: DataPlane, address: str) -> None:
    with dial(address, 1, 2) as peer:
        send(peer, 1, b"x")
        receive(peer)
        peer.send(struct.pack("<iii", INFO_REQUEST, 1, 1))
        assert peer.recv() == struct.pack("<iiiiii", INFO_REPLY, 1, 1, 0, 1, 0)
        peer.send(struct.pack("<iii", INFO_REQUEST, 1, 0))
        assert peer.recv() == struct.pack("<iiii", INFO_REPLY, 1, 0, 1)


def test_a_second_peer_is_turned_away_and_a_new_one_is_welcome_when_the_first_has_gone(
    plane: DataPlane, address: str
) -> None:
    with dial(address, 1, 2) as first:
        with pytest.raises(pynng.NNGException):
            dial(address)
        send(first, 1, b"still here")
        assert receive(first) == (2, b"still here")
    # The switch sees the end of the connection when it comes; until then it turns the next one away.
    second = None
    for _ in range(1000):
        try:
            second = dial(address, 1, 2)
            break
        except pynng.NNGException:
            plane.settle()
    assert second is not None
    send(second, 1, b"next")
    assert receive(second) == (2, b"next")
    second.close()


GARBAGE = {
    "not the protocol": b"GET / HTTP/1.1\r\n\r\n",
    "another protocol of the family": b"\0SP\0\0\x30\0\0",
    "a message beyond any packet": b"\0SP\0\0\x10\0\0" + b"\x01" + b"\xff" * 8,
    "half a greeting": b"\0SP",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_costs_nobody_anything(plane: DataPlane, address: str, name: str) -> None:
    if address.startswith("ipc"):
        raw = socket.socket(socket.AF_UNIX)
        raw.connect(address.removeprefix("ipc://"))
    else:
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        raw = socket.create_connection((host, int(port)))
    with raw:
        raw.settimeout(20)
        assert raw.recv(8) == b"\0SP\0\0\x10\0\0"
        raw.sendall(GARBAGE[name])
        if name != "half a greeting":
            with contextlib.suppress(ConnectionResetError):
                assert raw.recv(1) == b""
    peer = None
    for _ in range(1000):
        try:
            peer = dial(address, 1, 2)
            break
        except pynng.NNGException:
            plane.settle()
    assert peer is not None
    with peer:
        send(peer, 1, b"fine")
        assert receive(peer) == (2, b"fine")


def test_short_messages_are_ignored(plane: DataPlane, address: str) -> None:
    with dial(address, 1, 2) as peer:
        for message in (b"", b"\x03", struct.pack("<iii", PACKET_IN, 1, 5) + b"four", struct.pack("<iii", 99, 1, 0)):
            peer.send(message)
        peer.send(struct.pack("<iii", PACKET_IN, 99999, 1) + b"x")
        send(peer, 1, b"whole")
        assert receive(peer) == (2, b"whole")


@pytest.mark.parametrize("bad", ["/tmp/x", "tcp://127.0.0.1", "tcp://203.0.113.1:1", "ipc:///no/such/place/x.ipc"])
def test_addresses_that_cannot_be_had_are_refused_by_name(bad: str) -> None:
    with DataPlane(build.runtime_library()) as plane, pytest.raises(PortError, match=bad.partition("//")[2] or bad):
        plane.add_nn(bad)


def test_an_address_in_use_is_refused_and_a_dead_one_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "nn.ipc"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    with DataPlane(build.runtime_library()) as plane:
        plane.add_nn(f"ipc://{path}")
        with DataPlane(build.runtime_library()) as other, pytest.raises(PortError, match="in use"):
            other.add_nn(f"ipc://{path}")
    assert not path.exists()


def test_a_packet_longer_than_any_may_be_is_counted_and_read_past(plane: DataPlane, address: str) -> None:
    with dial(address, 1, 2) as peer:
        for size in (10241, 200_000):
            send(peer, 1, bytes(size))
            send(peer, 1, b"still here")
            assert receive(peer) == (2, b"still here")
    plane.settle()
    assert plane.counters(1).receive_errors == 2
