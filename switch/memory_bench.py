"""Packets through a pipeline in memory, in a C loop (runtime/bench.c): what Engine.benchmark measures with."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from switch import native as n
from switch.values import Benchmark


class MemoryBench:
    """Packets laid out for the C loop once, whatever the number of workers."""

    def __init__(
        self, library: ctypes.CDLL, pipeline: int, packets: Sequence[tuple[int, bytes]], seconds: float
    ) -> None:
        self._n, self._pipeline, self._seconds, self._count = library, pipeline, seconds, len(packets)
        lengths = [len(data) for _, data in packets]
        offsets = [0]
        for length in lengths[:-1]:
            offsets.append(offsets[-1] + length)
        self._bytes = b"".join(data for _, data in packets)
        self._offsets = (ctypes.c_uint32 * self._count)(*offsets)
        self._lengths = (ctypes.c_uint32 * self._count)(*lengths)
        self._ports = (ctypes.c_uint16 * self._count)(*(port for port, _ in packets))

    def run(self, index: int) -> Benchmark:
        """On this thread, as the worker of this index."""
        result = n.BenchResult()
        code = self._n.bench_run(
            self._pipeline,
            index,
            self._bytes,
            self._offsets,
            self._lengths,
            self._ports,
            self._count,
            self._seconds,
            ctypes.byref(result),
        )
        n.check(code, "benchmark")
        return Benchmark(result.packets, result.sent, result.seconds, result.burst_p99_ns / 1000)


def merged(runs: Sequence[Benchmark]) -> Benchmark:
    """Several workers that ran at the same time, as one."""
    packets, sent = sum(r.packets for r in runs), sum(r.sent for r in runs)
    return Benchmark(packets, sent, max(r.seconds for r in runs), max(r.burst_p99_us for r in runs))
