"""Real traffic between the VMs of a lab: pings of many pairs at once, and a TCP flow. Needs root, as labs do.

The sockets are opened inside the VMs' namespaces by threads that visit them, so one process speaks for every VM.
"""

from __future__ import annotations

import hashlib
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from topo.namespace import Namespace

IDENTITY_PORT = 7  # echo (RFC 862): here it answers with the name of the VM
_ROUND_SECONDS = 0.5
_ECHO_REPLY, _ECHO_REQUEST = 0, 8


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A VM that sends and the address that it sends to, within its own network."""

    source: str
    destination: str


def internet_checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(identifier: int, sequence: int, payload: bytes) -> bytes:
    """An ICMP echo request (RFC 792)."""
    body = struct.pack("!HH", identifier, sequence) + payload
    head = struct.pack("!BBH", _ECHO_REQUEST, 0, 0)
    return struct.pack("!BBH", _ECHO_REQUEST, 0, internet_checksum(head + body)) + body


def ping_all(
    namespaces: Mapping[str, str], pairs: Collection[Pair], expected: Collection[Pair], rounds: int = 12
) -> set[Pair]:
    """Send an echo request for every pair and return the pairs that were answered by the address that was asked.

    Every pair is tried at least twice; those of `expected` for up to `rounds` rounds of half a second.

    Args:
        namespaces: VM -> path of its namespace.
    """
    ordered = sorted(pairs)
    identifier = os.getpid() & 0xFFFF
    answered: set[Pair] = set()
    with ExitStack() as stack:
        sockets = {
            vm: stack.enter_context(_open(namespaces[vm], socket.SOCK_RAW, socket.IPPROTO_ICMP))
            for vm in sorted({pair.source for pair in ordered})
        }
        names = {sock: vm for vm, sock in sockets.items()}
        for done in range(rounds):
            if done >= 2 and answered >= set(expected):
                break
            for sequence, pair in enumerate(ordered):
                if pair not in answered:
                    request = echo_request(identifier, sequence, b"p4gate")
                    sockets[pair.source].sendto(request, (pair.destination, 0))
            deadline = time.monotonic() + _ROUND_SECONDS
            while (left := deadline - time.monotonic()) > 0:
                for sock in select.select(list(names), [], [], left)[0]:
                    packet, (sender, _) = sock.recvfrom(2048)
                    icmp = packet[(packet[0] & 15) * 4 :]
                    kind, _, _, echo_identifier, sequence = struct.unpack("!BBHHH", icmp[:8])
                    if kind != _ECHO_REPLY or echo_identifier != identifier or sequence >= len(ordered):
                        continue
                    if ordered[sequence] == Pair(names[sock], sender):
                        answered.add(ordered[sequence])
                if len(answered) == len(ordered):
                    return answered
    return answered


def identify_all(namespaces: Mapping[str, str], pairs: Iterable[Pair], rounds: int = 6) -> dict[Pair, str]:
    """Ask for the name of the VM behind each pair's address, by UDP; pair -> name, without those that never answered.

    It tells apart VMs of different networks that have the same address.
    """
    ordered = sorted(pairs)
    names: dict[Pair, str] = {}
    with ExitStack() as stack:
        servers: dict[socket.socket, str] = {}
        for vm, path in namespaces.items():
            server = stack.enter_context(_open(path, socket.SOCK_DGRAM, 0))
            server.bind(("", IDENTITY_PORT))
            servers[server] = vm
        clients = {
            vm: stack.enter_context(_open(namespaces[vm], socket.SOCK_DGRAM, 0))
            for vm in sorted({pair.source for pair in ordered})
        }
        asking = {sock: vm for vm, sock in clients.items()}
        for _ in range(rounds):
            for pair in ordered:
                if pair not in names:
                    clients[pair.source].sendto(b"who are you?", (pair.destination, IDENTITY_PORT))
            deadline = time.monotonic() + _ROUND_SECONDS
            while len(names) < len(ordered) and (left := deadline - time.monotonic()) > 0:
                for sock in select.select([*servers, *asking], [], [], left)[0]:
                    message, address = sock.recvfrom(2048)
                    if sock in servers:
                        sock.sendto(servers[sock].encode(), address)
                    else:
                        names[Pair(asking[sock], address[0])] = message.decode()
            if len(names) == len(ordered):
                break
    return names


@dataclass(frozen=True, slots=True)
class Flow:
    """What became of a TCP flow: whether the same bytes arrived, and how long it took."""

    intact: bool
    seconds: float
    error: str = ""


def tcp_flow(source: str, destination: str, address: str, port: int, size: int, timeout: float = 10.0) -> Flow:
    """Send `size` bytes by the kernel's TCP from one namespace to a server in another.

    Args:
        source: path of the client's namespace.
        destination: path of the server's namespace.
        address: the server's address as the client knows it.
    """
    data = os.urandom(1 << 16) * (size // (1 << 16) + 1)
    data = data[:size]
    received: list[bytes] = []
    with _open(destination, socket.SOCK_STREAM, 0) as listener, _open(source, socket.SOCK_STREAM, 0) as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(timeout)
        listener.bind(("", port))
        listener.listen(1)

        def serve() -> None:
            digest = hashlib.sha256()
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(timeout)
                    while chunk := connection.recv(1 << 16):
                        digest.update(chunk)
            except OSError:
                return  # the client's side tells why
            received.append(digest.digest())

        server = threading.Thread(target=serve)
        server.start()
        error = ""
        begin = time.monotonic()
        try:
            client.settimeout(timeout)
            client.connect((address, port))
            client.sendall(data)
        except OSError as failure:
            error = str(failure)
        finally:
            client.close()
            if error:
                listener.shutdown(socket.SHUT_RDWR)
            server.join()
        seconds = time.monotonic() - begin
    return Flow(received == [hashlib.sha256(data).digest()], seconds, error)


def _open(path: str, kind: int, protocol: int) -> socket.socket:
    return Namespace(path).run(lambda: socket.socket(socket.AF_INET, kind, protocol))
