"""As much of TCP (RFC 9293) as one flow over a path that loses little needs: handshake, window, retransmission, end.

Pure: segments in, segments out. Sequence numbers count from 0.
"""

from __future__ import annotations

import hashlib

from scapy.layers.inet import TCP
from scapy.packet import Packet, Raw

_SEGMENT = 1400
_WINDOW = 16


class TcpClient:
    """Sends `size` bytes and closes."""

    def __init__(self, source_port: int, destination_port: int, size: int) -> None:
        self._ports = {"sport": source_port, "dport": destination_port}
        self._data = bytes(i * 31 & 0xFF for i in range(size))
        self._acknowledged = -1  # bytes of data that the server has; -1: no SYN-ACK yet
        self._server_next = 0
        self.done = False

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self._data).digest()

    def pending(self) -> list[Packet]:
        """The segments to send now, first or again: the SYN, a window of data, or the FIN."""
        if self.done:
            return []
        if self._acknowledged < 0:
            return [TCP(**self._ports, flags="S", seq=0)]
        segments = []
        begin = self._acknowledged
        for start in range(begin, min(len(self._data), begin + _WINDOW * _SEGMENT), _SEGMENT):
            header = TCP(**self._ports, flags="PA", seq=1 + start, ack=self._server_next)
            segments.append(header / Raw(self._data[start : start + _SEGMENT]))
        if not segments:
            segments.append(TCP(**self._ports, flags="FA", seq=1 + len(self._data), ack=self._server_next))
        return segments

    def receive(self, header: Packet, data: bytes) -> list[Packet]:
        flags = str(header.flags)
        if "S" in flags and "A" in flags:
            self._server_next = header.seq + 1
            self._acknowledged = max(self._acknowledged, 0)
            return self.pending()
        if "F" in flags and header.ack == len(self._data) + 2:
            self.done = True
            return [TCP(**self._ports, flags="A", seq=header.ack, ack=header.seq + 1)]
        before = self._acknowledged
        self._acknowledged = max(before, min(header.ack - 1, len(self._data)))
        window_ended = (self._acknowledged - before) and self._acknowledged % (_WINDOW * _SEGMENT) == 0
        return self.pending() if window_ended or self._acknowledged == len(self._data) else []


class TcpServer:
    """Takes what comes in order, and closes when the client does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._hash = hashlib.sha256()
        self._next = 0

    @property
    def digest(self) -> bytes:
        return self._hash.digest()

    @property
    def done(self) -> bool:
        """A server has nothing of its own to end."""
        return True

    def pending(self) -> list[Packet]:
        return []

    def receive(self, header: Packet, data: bytes) -> list[Packet]:
        reply = {"sport": self._port, "dport": header.sport}
        flags = str(header.flags)
        if "S" in flags:
            self._next = header.seq + 1
            return [TCP(**reply, flags="SA", seq=0, ack=self._next)]
        if header.seq == self._next and data:
            self._hash.update(data)
            self._next += len(data)
        if "F" in flags and header.seq == self._next:
            return [TCP(**reply, flags="FA", seq=1, ack=self._next + 1)]
        return [TCP(**reply, flags="A", seq=1, ack=self._next)] if data or "F" in flags else []
