"""The forwarder without a pipeline (bare.c), in the place of an Engine."""

from __future__ import annotations

import ctypes
from pathlib import Path

from switch import build


class BareForwarder:
    """Packets of port `a` leave from port `b` and the other way round."""

    def __init__(self, a: int, b: int) -> None:
        self._ports = a, b
        build.runtime_library()
        source = Path(__file__).with_name("bare.c").read_text()
        self._create = ctypes.CDLL(str(build.build_code(source, "-O3"))).bare_worker
        self._create.restype = ctypes.c_void_p
        self._create.argtypes = [ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint16, ctypes.c_uint16]

    def create_worker(self, index: int, deliver: int, context: int) -> int:
        worker: int | None = self._create(index, deliver, context, *self._ports)
        if worker is None:
            raise MemoryError
        return worker

    def destroy_worker(self, worker: int) -> None:
        """It is small, and stays for the process's life."""
