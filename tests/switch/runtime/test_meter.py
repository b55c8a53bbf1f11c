"""switch/runtime/meter.c against RFC 2698 and RFC 2697, word for word, on whole numbers. Time is an argument."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_library import INVALID, OK, load

GREEN, YELLOW, RED = range(3)
PACKETS, BYTES = range(2)
OFF, TWO_RATE, SINGLE_RATE = range(3)
SECOND = 10**9


@dataclass
class Rfc2698:
    """§3: Tp and Tc start full and grow by PIR and CIR tokens a second up to PBS and CBS."""

    cir: int
    cbs: int
    pir: int
    pbs: int

    def __post_init__(self) -> None:
        self.tp, self.tc, self.credited = self.pbs, self.cbs, (0, 0)

    def execute(self, size: int, elapsed: int, color: int) -> int:
        credit = self.cir * elapsed // SECOND, self.pir * elapsed // SECOND
        self.tc = min(self.cbs, self.tc + credit[0] - self.credited[0])
        self.tp = min(self.pbs, self.tp + credit[1] - self.credited[1])
        self.credited = credit
        if color == RED or self.tp < size:
            return RED
        if color == YELLOW or self.tc < size:
            self.tp -= size
            return YELLOW
        self.tp -= size
        self.tc -= size
        return GREEN


@dataclass
class Rfc2697:
    """§3: CIR tokens a second go to Tc up to CBS, else to Te up to EBS."""

    cir: int
    cbs: int
    pir: int
    ebs: int

    def __post_init__(self) -> None:
        self.tc, self.te, self.credited = self.cbs, self.ebs, 0

    def execute(self, size: int, elapsed: int, color: int) -> int:
        credit = self.cir * elapsed // SECOND
        for _ in range(min(credit - self.credited, self.cbs + self.ebs)):
            if self.tc < self.cbs:
                self.tc += 1
            elif self.te < self.ebs:
                self.te += 1
        self.credited = credit
        if color == GREEN and self.tc >= size:
            self.tc -= size
            return GREEN
        if color != RED and self.te >= size:
            self.te -= size
            return YELLOW
        return RED


class Meters:
    def __init__(self, unit: int, size: int = 4, workers: int = 3) -> None:
        self.library = load()
        handle = self.library.meters_create(ctypes.c_uint32(workers), unit, ctypes.c_uint64(size))
        self.handle = ctypes.c_void_p(handle)

    def configure(self, index: int, kind: int, config: tuple[int, int, int, int], now: int) -> int:
        numbers = (ctypes.c_uint64 * 4)(*config)
        return int(
            self.library.meter_configure(self.handle, ctypes.c_uint64(index), kind, numbers, ctypes.c_uint64(now))
        )

    def execute(self, index: int, size: int, now: int, color: int = GREEN, worker: int = 0) -> int:
        arguments = (ctypes.c_uint64(n) for n in (index, size, now))
        return int(self.library.probe_meter_execute(self.handle, ctypes.c_uint32(worker), *arguments, color))

    def peek(self, index: int, size: int, now: int, color: int = GREEN) -> int:
        arguments = (ctypes.c_uint64(n) for n in (index, size, now))
        return int(self.library.meter_peek(self.handle, *arguments, color))

    def close(self) -> None:
        self.library.meters_destroy(self.handle)


RATES = st.integers(0, 5000)
PACKETS_SEEN = st.lists(
    st.tuples(st.integers(0, SECOND // 2), st.integers(1, 300), st.sampled_from([GREEN, GREEN, GREEN, YELLOW, RED])),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([TWO_RATE, SINGLE_RATE]),
    RATES,
    RATES,
    RATES,
    RATES,
    PACKETS_SEEN,
    st.sampled_from([PACKETS, BYTES]),
)
def test_any_sequence_of_packets(kind, cir, cburst, extra, pburst, packets, unit):
    """Oracle: the RFC's text as a second implementation; packets with colours make it colour-aware."""
    config = (cir, cburst, cir + extra, pburst)
    model = Rfc2698(*config) if kind == TWO_RATE else Rfc2697(*config)
    meters, start = Meters(unit), 12345
    assert meters.configure(1, kind, config, start) == OK
    elapsed = 0
    for number, (gap, size, color) in enumerate(packets):
        elapsed += gap
        expected = model.execute(size if unit == BYTES else 1, elapsed, color)
        if number % 3 == 0:  # a trace takes the buckets away from the worker for a moment, and spends nothing
            assert meters.peek(1, size, start + elapsed, color) == expected
        assert meters.execute(1, size, start + elapsed, color) == expected
    meters.close()


class Bucket:
    """What may pass at most: `rate` tokens a second and a burst."""

    def __init__(self, rate: int, burst: int) -> None:
        self.rate, self.burst, self.level, self.credited = rate, burst, burst, 0

    def take(self, size: int, elapsed: int) -> None:
        credit = self.rate * elapsed // SECOND
        self.level = min(self.burst, self.level + credit - self.credited) - size
        self.credited = credit
        assert self.level >= 0


MANY_WORKERS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, SECOND // 20), st.integers(0, SECOND // 100), st.integers(1, 300)),
    max_size=150,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([TWO_RATE, SINGLE_RATE]), RATES, RATES, RATES, RATES, MANY_WORKERS)
def test_several_workers_let_pass_no_more_than_the_rfc(kind, cir, cburst, extra, pburst, packets):
    """Oracle: rate * time + burst in whole tokens, over any stretch of time; the workers' clocks differ. After a
    pause a worker that is alone has the RFC's colours."""
    meters, start = Meters(BYTES), 12345
    assert meters.configure(1, kind, (cir, cburst, cir + extra, pburst), start) == OK
    green = Bucket(cir, cburst)
    passed = Bucket(cir + extra, pburst) if kind == TWO_RATE else Bucket(cir, cburst + pburst)
    model = Rfc2698(cir, cburst, cir + extra, pburst) if kind == TWO_RATE else Rfc2697(cir, cburst, 0, pburst)
    elapsed = 0
    for worker, gap, behind, size in packets:
        elapsed += gap
        result = meters.execute(1, size, start + max(0, elapsed - behind), worker=worker)
        green.take(size if result == GREEN else 0, elapsed)
        passed.take(size if result != RED else 0, elapsed)
    if cir:
        elapsed += 200 * SECOND + (cburst + pburst) * SECOND // cir
        model.execute(0, elapsed, RED)
        for _, gap, _, size in packets:
            assert meters.execute(1, size, start + elapsed, worker=1) == model.execute(size, elapsed, GREEN)
            elapsed += gap
    meters.close()


def test_workers_that_take_turns_lose_little():
    """Two workers in turns offer four times the rate. Oracle: rate * time + burst, less a lease of the other's."""
    meters, rate, burst, size = Meters(BYTES), 10**8, 10**6, 200
    assert meters.configure(0, TWO_RATE, (rate, burst, rate, burst), 0) == OK
    green, now = 0, 0
    for number in range(200_000):
        now = number * 500
        green += size * (meters.execute(0, size, now, worker=number // 8 % 2) == GREEN)
    most = burst + rate * now // SECOND
    assert most - burst // 8 - burst // 64 - 2 * size <= green <= most
    meters.close()


def test_packets_as_recorded_from_bmv2():
    """Golden meter_indirect: no configuration is green; a committed burst of one packet, then both bursts of one."""
    meters = Meters(PACKETS)
    assert meters.execute(0, 100, 5) == GREEN
    meters.configure(1, TWO_RATE, (0, 1, 1_000_000, 1_000_000), 0)
    assert [meters.execute(1, 100, t) for t in (1, 2)] == [GREEN, YELLOW]
    meters.configure(2, TWO_RATE, (0, 1, 0, 1), 0)
    assert [meters.execute(2, 100, t) for t in (1, 2)] == [GREEN, RED]
    in_bytes = Meters(BYTES)
    in_bytes.configure(3, TWO_RATE, (0, 1, 0, 1), 0)
    assert in_bytes.execute(3, 4, 1) == RED
    meters.configure(2, OFF, (0, 0, 0, 0), 0)
    assert meters.execute(2, 100, 3) == GREEN
    meters.close()
    in_bytes.close()


@pytest.mark.parametrize("rate", [1, 1_000, 12_500_000_000, 10**12])
def test_rates_hold_for_years(rate):
    """After any time the bucket gives its burst and no more, and a second later a second's tokens, within a thousandth:
    rounding does not add up. Oracle: rate * time."""
    meters, now = Meters(BYTES), 0
    burst = max(10, rate)
    meters.configure(0, TWO_RATE, (rate, burst, rate, burst), now)
    for pause in (1, 10**7, 10**9):  # seconds: up to 30 years
        now += pause * SECOND
        if rate * pause >= burst:
            assert meters.execute(0, burst, now) == GREEN
            assert meters.execute(0, 1, now) == RED
            now += SECOND
            got = rate - rate // 1000 - 1
            assert got <= 0 or meters.execute(0, got, now) == GREEN
            assert meters.execute(0, rate // 500 + 3, now) == RED
    meters.close()


def test_time_may_step_back_between_workers():
    meters = Meters(PACKETS)
    meters.configure(0, TWO_RATE, (1, 2, 1, 2), 10 * SECOND)
    assert [meters.execute(0, 1, t * SECOND) for t in (20, 20, 5, 20)] == [GREEN, GREEN, RED, RED]
    meters.close()


def test_a_worker_with_an_older_time_finds_the_tokens_of_the_latest():
    """Many tokens a nanosecond: at the older time, the bucket that was full at the latest would be empty."""
    meters = Meters(BYTES)
    assert meters.configure(0, TWO_RATE, (10**11, 10**6, 10**11, 10**6), 0) == OK
    assert meters.execute(0, 100, 900_000_000) == GREEN
    assert meters.execute(0, 100, 800_000_000) == GREEN  # 10**10 tokens fewer had been credited by then
    assert meters.execute(0, 10**6 - 200, 800_000_000) == GREEN
    assert meters.execute(0, 1, 800_000_000) == RED
    meters.close()


def test_what_is_out_of_range():
    """An index past the end is green; a peak rate below the committed one is refused, as BMv2 does."""
    meters = Meters(PACKETS, size=2)
    assert meters.execute(2, 1, 0) == GREEN
    assert meters.configure(2, TWO_RATE, (1, 1, 1, 1), 0) == INVALID
    assert meters.configure(0, TWO_RATE, (2, 1, 1, 1), 0) == INVALID
    assert meters.configure(0, SINGLE_RATE, (2, 1, 0, 1), 0) == OK
    config = (ctypes.c_uint64 * 4)()
    assert meters.library.meter_configuration(meters.handle, ctypes.c_uint64(0), config) == SINGLE_RATE
    assert tuple(config) == (2, 1, 0, 1)
    meters.close()


def test_every_execution_is_counted_by_colour_whatever_the_configuration():
    """Oracle: the colours that came out; P4Runtime 1.4, "MeterCounterData"."""
    meters = Meters(BYTES, size=2)
    counted = [[0, 0] for _ in range(3)]

    def execute(size: int, now: int, color: int = GREEN) -> None:
        got = meters.execute(1, size, now, color)
        counted[got][0] += 1
        counted[got][1] += size

    def counts(index: int) -> list[list[int]]:
        out = (ctypes.c_uint64 * 6)()
        meters.library.meter_counts(meters.handle, ctypes.c_uint64(index), out)
        return [[out[2 * i], out[2 * i + 1]] for i in range(3)]

    execute(70, 0)  # off: green
    for kind, config in ((TWO_RATE, (1000, 300, 2000, 900)), (SINGLE_RATE, (1000, 300, 0, 200))):
        meters.configure(1, kind, config, SECOND)
        for i in range(20):
            execute(100 + i, SECOND + i * SECOND // 20)
    execute(5, 3 * SECOND, RED)
    assert counts(1) == counted and all(packets for packets, _ in counted)
    assert counts(0) == counts(2) == [[0, 0]] * 3
    meters.library.meter_set_counts(meters.handle, ctypes.c_uint64(1), (ctypes.c_uint64 * 6)(1, 2, 3, 4, 5, 6))
    execute(7, 100 * SECOND)
    assert counts(1) == [[2, 9], [3, 4], [5, 6]]
    meters.library.meter_reset(meters.handle, ctypes.c_uint64(1))
    assert counts(1) == [[0, 0]] * 3 and meters.execute(1, 10**6, 100 * SECOND) == GREEN
    meters.close()
