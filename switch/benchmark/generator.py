"""Packets into an interface as quickly as one thread can send them (traffic.c): by AF_XDP, or AF_PACKET without it."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from switch import build
from switch.ports import in_namespace

FOR_EVER = (1 << 64) - 1
LARGEST = 9018  # bytes of a frame


class Generator:
    """Goes round a list of packets. `with Generator(...)`, or close() when done."""

    def __init__(self, namespace: str, interface: str, packets: Sequence[bytes]) -> None:
        build.runtime_library()
        self._lib = ctypes.CDLL(str(build.build_code(Path(__file__).with_name("traffic.c").read_text(), "-O2")))
        for name in ("traffic_send", "traffic_send_xdp"):
            getattr(self._lib, name).restype = ctypes.c_uint64
        self._lib.traffic_open_xdp.restype = ctypes.c_void_p
        self._bytes = b"".join(packets)
        self._lengths = (ctypes.c_uint32 * len(packets))(*map(len, packets))
        self._stop = ctypes.c_int(0)
        with in_namespace(namespace):
            self._xdp = self._lib.traffic_open_xdp(interface.encode(), ctypes.c_uint32(LARGEST))
            self._fd = -1 if self._xdp else self._lib.traffic_open(interface.encode())
        if not self._xdp and self._fd < 0:
            raise OSError(-self._fd, os.strerror(-self._fd), interface)
        self.kind = "AF_XDP" if self._xdp else "AF_PACKET"

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._xdp:
            self._lib.traffic_close_xdp(ctypes.c_void_p(self._xdp))
        else:
            os.close(self._fd)

    def send(self, count: int = FOR_EVER) -> int:
        """Send so many packets, from the first on; how many were sent."""
        function: Callable[..., int] = self._lib.traffic_send_xdp if self._xdp else self._lib.traffic_send
        socket = ctypes.c_void_p(self._xdp) if self._xdp else ctypes.c_int(self._fd)
        total = ctypes.c_uint32(len(self._lengths))
        return function(socket, self._bytes, self._lengths, total, ctypes.c_uint64(count), ctypes.byref(self._stop))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send meanwhile, in a thread."""
        self._stop.value = 0
        thread = threading.Thread(target=self.send)
        thread.start()
        try:
            yield
        finally:
            self._stop.value = 1
            thread.join()
            self._stop.value = 0
