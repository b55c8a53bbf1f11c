"""What workers push to the control plane: packets for the CPU port, digest samples, log messages. Reads their rings."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence

from switch import native as n
from switch.bmv2_json.program import LearnList, Program
from switch.values import Digest, PacketIn


class Drained:
    """The three kinds, each in the order of its worker."""

    def __init__(self) -> None:
        self.packets: list[PacketIn] = []
        self.digests: list[Digest] = []
        self.logs: list[str] = []


class RingReader:
    """One consumer of all rings; calls must not overlap."""

    def __init__(self, program: Program, messages: Sequence[str]) -> None:
        self._learn_lists = program.learn_lists
        self._messages = messages
        self._buffer = ctypes.create_string_buffer(max(n.PACKET_LENGTH_MAX, 1 << 16))
        self._record = n.RingRecord()

    def read(self, ring: int, into: Drained) -> None:
        pop = n.native().ring_pop
        record, buffer = self._record, self._buffer
        while pop(ring, ctypes.byref(record), buffer, len(buffer)):
            data = ctypes.string_at(buffer, min(record.length, len(buffer)))
            match record.kind:
                case n.RING_PACKET_IN:
                    into.packets.append(PacketIn(data, record.port))
                case n.RING_DIGEST:
                    into.digests.append(digest_of(self._learn_lists[record.id], data))
                case n.RING_LOG:
                    into.logs.append(log_line(self._messages[record.id], data))


def digest_of(learn_list: LearnList, data: bytes) -> Digest:
    """Elements one after the other, each padded to bytes."""
    values, at = [], 0
    for _, width in learn_list.elements:
        size = (width + 7) // 8
        values.append(int.from_bytes(data[at : at + size], "big"))
        at += size
    return Digest(learn_list.name, tuple(values))


def log_line(text: str, data: bytes) -> str:
    """{} replaced by the values, one after the other; \\{ and \\} stand for themselves."""
    values = iter([int.from_bytes(data[i : i + 16], "little", signed=True) for i in range(0, len(data), 16)])
    filled = re.sub(r"(?<!\\)\{[^}]*\}", lambda m: str(next(values, m.group())), text)
    return filled.replace("\\{", "{").replace("\\}", "}")
