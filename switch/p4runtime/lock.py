"""A lock for many readers or one writer, in the order of arrival: a flood of reads cannot keep a writer out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ReadWriteLock:
    """For one asyncio loop. At most `readers_max` readers at a time; who comes later waits behind who came first."""

    def __init__(self, readers_max: int) -> None:
        self._readers_max = readers_max
        self._readers = 0
        self._writer = False
        self._queue: deque[tuple[asyncio.Future[None], bool]] = deque()  # (turn, is a writer)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        await self._enter(writer=False)
        try:
            yield
        finally:
            self._readers -= 1
            self._wake()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        await self._enter(writer=True)
        try:
            yield
        finally:
            self._writer = False
            self._wake()

    async def _enter(self, *, writer: bool) -> None:
        if not self._queue and self._is_free(writer):
            self._take(writer)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((turn, writer))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn had just come: pass it on
                self._give_back(writer)
            elif (turn, writer) in self._queue:
                self._queue.remove((turn, writer))
            self._wake()
            raise

    def _is_free(self, writer: bool) -> bool:
        return not self._writer and (self._readers == 0 if writer else self._readers < self._readers_max)

    def _take(self, writer: bool) -> None:
        if writer:
            self._writer = True
        else:
            self._readers += 1

    def _give_back(self, writer: bool) -> None:
        if writer:
            self._writer = False
        else:
            self._readers -= 1

    def _wake(self) -> None:
        while self._queue and self._is_free(self._queue[0][1]):
            turn, writer = self._queue.popleft()
            if not turn.cancelled():
                self._take(writer)
                turn.set_result(None)
