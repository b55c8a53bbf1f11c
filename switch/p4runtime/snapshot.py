"""What a Read found: encoded while no write runs, given out in pieces as fast as the client takes them.

Encoded, a table of a million entries takes some 60 MB; as messages it would take 20 times that. All snapshots together
have a bound; beyond it, the connection that holds most loses its oldest answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from finsy.proto import p4r

from switch.p4runtime.limits import READ_CHUNK, SNAPSHOT_MAX
from switch.p4runtime.status import RESOURCE_EXHAUSTED, StatusError


class Snapshot:
    """One answer: ReadResponses as bytes, then how each of the requests went."""

    def __init__(self, room: Room, peer: str) -> None:
        self.peer = peer
        self.results: list[p4r.Error] = []
        self.error: StatusError | None = None  # set when the answer has been taken away
        self.interrupt: Callable[[], object] = lambda: None  # wakes whoever waits for the client to take a piece
        self.bytes = 0
        self._room = room
        self._pieces: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, entity: p4r.Entity) -> None:
        """Raises StatusError (RESOURCE_EXHAUSTED) if there is no room for it."""
        data = entity.SerializeToString()
        if self._size and self._size + len(data) > READ_CHUNK:
            self.flush()
        # Field 1 of ReadResponse: the entities. Messages can be put together by putting their bytes together.
        self._parts += (b"\x0a", _varint(len(data)), data)
        self._size += len(data) + 6

    def add_responses(self, data: bytes) -> None:
        """A ReadResponse that is encoded already. Raises StatusError (RESOURCE_EXHAUSTED) without room for it."""
        self.flush()
        self._room.grow(self, len(data))
        self._pieces.append(data)

    def flush(self) -> None:
        """What was added becomes a piece."""
        if not self._parts:
            return
        self._room.grow(self, self._size)
        self._pieces.append(b"".join(self._parts))
        self._parts, self._size = [], 0

    def take(self) -> bytes | None:
        """The next ReadResponse, or None if there is none."""
        return self._pieces.popleft() if self._pieces else None

    def drop(self, error: StatusError | None = None) -> None:
        """Give the memory back; with an error, the reader hears why it gets no more."""
        self._room.leave(self)
        self._pieces.clear()
        if error is not None and self.error is None:
            self.error = error
            self.interrupt()


class Room:
    """The memory of all snapshots."""

    def __init__(self, limit: int = SNAPSHOT_MAX) -> None:
        self._limit = limit
        self._used: dict[str, int] = {}  # connection -> bytes
        self._snapshots: dict[Snapshot, None] = {}  # oldest first

    def grow(self, snapshot: Snapshot, size: int) -> None:
        self._snapshots.setdefault(snapshot)
        snapshot.bytes += size
        self._used[snapshot.peer] = self._used.get(snapshot.peer, 0) + size
        while sum(self._used.values()) > self._limit:
            greediest = max(self._used, key=lambda peer: self._used[peer])
            oldest = next(s for s in self._snapshots if s.peer == greediest)
            error = StatusError(RESOURCE_EXHAUSTED, "too many entities wait for their readers; read a part at a time")
            oldest.drop(error)
            if oldest is snapshot:
                raise error

    def leave(self, snapshot: Snapshot) -> None:
        if snapshot in self._snapshots:
            del self._snapshots[snapshot]
            self._used[snapshot.peer] -= snapshot.bytes
            if not self._used[snapshot.peer]:
                del self._used[snapshot.peer]


def _varint(value: int) -> bytes:
    """Base 128, least significant group first."""
    if value < 0x80:
        return bytes((value,))
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
