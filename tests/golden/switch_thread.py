"""A switch in this process: its loop in a thread, its ports in memory, its workers real."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from switch import build
from switch.p4runtime.server import Options, Switch
from switch.ports import DataPlane

T = TypeVar("T")


class SwitchThread:
    """`with SwitchThread() as s:` gives a switch that listens on s.address and has no pipeline yet."""

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options(address="127.0.0.1:0", optimise="quick")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> SwitchThread:
        self.plane = DataPlane(build.runtime_library())
        self.plane.start()
        self.plane.keep_unconnected()
        self._thread.start()
        self.switch = self.call(self._start())
        self.address = self.switch.address
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self.switch.stop())
        self.plane.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something on the switch's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(120)

    def settle(self) -> None:
        """Return when all packets are through and what they had for the CPU is on its way to the clients."""
        self.plane.settle()
        self.call(self._drain())

    async def _start(self) -> Switch:
        switch = Switch(self.plane, self._options)
        await switch.start()
        return switch

    async def _drain(self) -> None:
        self.switch.servicer.drain()
