"""The dialing side of PTF's nn platform: packets to and from a switch that listens with --packet-in ipc://PATH.

The wire is that of runtime/port_nn.c: Pair version 0 over a Unix socket; messages of three little-endian int32 (type,
port, length) and data.
"""

from __future__ import annotations

import socket
import struct
import time

from switch.errors import EngineError

HELLO = b"\0SP\0\0\x10\0\0"  # 16: Pair, version 0
PORT_ADD, PACKET_IN, PACKET_OUT = 0, 3, 4
DIAL_TIMEOUT = 30.0


class Packets:
    """A connection with ports. Frames leave whole; receive() waits for one."""

    def __init__(self, address: str, ports: range) -> None:
        """`address` as --packet-in has it. The switch may still be about to listen. Raises EngineError."""
        path = address.removeprefix("ipc://")
        end = time.monotonic() + DIAL_TIMEOUT
        while True:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(DIAL_TIMEOUT)
            try:
                self._socket.connect(path)
                break
            except OSError as e:
                self._socket.close()
                if time.monotonic() > end:
                    raise EngineError(f"{address}: {e.strerror}") from None
                time.sleep(0.02)
        self._waiting = b""
        self._socket.sendall(HELLO)
        if self._take(len(HELLO), DIAL_TIMEOUT) != HELLO:
            raise EngineError(f"{address}: the other side does not speak Pair version 0")
        for port in ports:
            self._send(PORT_ADD, port, 0, b"")

    def send(self, port: int, data: bytes) -> None:
        self._send(PACKET_IN, port, len(data), data)

    def receive(self, timeout: float) -> tuple[int, bytes] | None:
        """The next packet that left the switch, (port, bytes); None when there is none within `timeout` seconds."""
        while True:
            head = self._take(9, timeout)
            if head is None:
                return None
            size = int.from_bytes(head[1:], "big")
            message = self._take(size, DIAL_TIMEOUT)
            if message is None or size < 12:
                raise EngineError("the switch broke a message off")
            kind, port, length = struct.unpack_from("<iii", message)
            if kind == PACKET_OUT:
                return port, message[12 : 12 + length]

    def _send(self, kind: int, port: int, more: int, data: bytes) -> None:
        message = struct.pack("<iii", kind, port, more) + data
        self._socket.sendall(b"\x01" + len(message).to_bytes(8, "big") + message)

    def _take(self, size: int, timeout: float) -> bytes | None:
        """`size` bytes; None if they have not come in time, and then none is taken."""
        end = time.monotonic() + timeout
        while len(self._waiting) < size:
            self._socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                got = self._socket.recv(1 << 16)
            except TimeoutError:
                return None
            if not got:
                raise EngineError("the switch hung up")
            self._waiting += got
        taken, self._waiting = self._waiting[:size], self._waiting[size:]
        return taken

    def close(self) -> None:
        self._socket.close()
