"""One StreamChannel: what waits to be sent on it, within bounds, and why it must end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from finsy.proto import p4r

from switch.p4runtime.arbitration import ClientId
from switch.p4runtime.limits import WAITING_BYTES, WAITING_REPLIES
from switch.p4runtime.status import RESOURCE_EXHAUSTED, StatusError


@dataclass(frozen=True)
class Caller:
    """Who calls: the address of its connection, and whether its certificate lets it change the switch."""

    peer: str
    may_write: bool = True


class Client:
    """One stream. `send` never waits: what its client does not take in time is lost and counted, or ends the stream."""

    def __init__(self, number: int, caller: Caller) -> None:
        self.id = ClientId(number)
        self.caller = caller
        self.changed = asyncio.Event()
        self.ended = False
        self.error: StatusError | None = None
        self.lost = 0
        self.interrupt: Callable[[], object] = lambda: None  # wakes whoever waits for the client to take a message
        self._waiting: deque[tuple[bytes, bool]] = deque()  # (StreamMessageResponse, may be lost)
        self._bytes = 0
        self._replies = 0

    def send(self, message: p4r.StreamMessageResponse) -> None:
        """Answers to arbitration cannot be lost; everything else can ("Digest", "Idle Timeout", "Stream Error")."""
        if self.ended:
            return
        may_be_lost = not message.HasField("arbitration")
        data = message.SerializeToString()
        if may_be_lost and self._bytes + len(data) > WAITING_BYTES:
            self.lost += 1
            return
        if not may_be_lost:
            if self._replies >= WAITING_REPLIES:
                self.end(StatusError(RESOURCE_EXHAUSTED, f"{WAITING_REPLIES} notifications wait for this client"))
                return
            self._replies += 1
        self._waiting.append((data, may_be_lost))
        self._bytes += len(data)
        self.changed.set()

    def end(self, error: StatusError | None = None) -> None:
        """Send nothing more than what waits; with an error, not even that."""
        if self.ended:
            return
        self.ended, self.error = True, error
        self.changed.set()
        if error is not None:
            self._waiting.clear()
            self.interrupt()

    def take(self) -> bytes | None:
        """The next message to be sent, or None if there is none."""
        if not self._waiting:
            return None
        data, may_be_lost = self._waiting.popleft()
        self._bytes -= len(data)
        self._replies -= not may_be_lost
        return data
