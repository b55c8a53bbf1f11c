"""Counters, idle stamps, registers, selectors, random numbers. Oracle: what each header promises, in Python."""

from __future__ import annotations

import ctypes
import random
from ctypes import c_uint32, c_uint64, c_void_p

import pytest
from runtime_library import INVALID, MISSING, OK, Qsbr, load


def test_counters_sum_their_workers_and_keep_what_is_written():
    library, draw = load(), random.Random(1)
    counters, model = c_void_p(library.counters_create(3, c_uint64(1000))), [[0, 0] for _ in range(1000)]
    for _ in range(5000):
        index, size = draw.randrange(1003), draw.randrange(1500)
        if draw.random() < 0.1:
            wanted = draw.getrandbits(64), draw.getrandbits(64)
            library.counter_write(counters, c_uint64(index), c_uint64(wanted[0]), c_uint64(wanted[1]))
            if index < 1000:
                model[index] = list(wanted)
        else:
            library.probe_counter_add(counters, c_uint32(draw.randrange(3)), c_uint64(index), c_uint64(size))
            if index < 1000:
                model[index] = [(model[index][0] + 1) % 2**64, (model[index][1] + size) % 2**64]
    got = (c_uint64 * 2010)(*[7] * 2010)
    library.counters_read(counters, c_uint64(0), c_uint64(1005), got)
    assert list(got) == [n for cell in model for n in cell] + [0] * 10
    library.counters_read(counters, c_uint64(2**64 - 1), c_uint64(2), got)
    assert list(got[:4]) == [0] * 4
    library.counters_destroy(counters)


def test_idle_stamps():
    library = load()
    idle = c_void_p(library.idle_create(c_uint64(10)))
    for number, now in ((3, 100), (3, 250), (9, 77), (10, 5)):
        library.probe_idle_touch(idle, c_uint64(number), c_uint64(now))
    assert [library.idle_seen(idle, c_uint64(n)) for n in (0, 3, 9, 10, 2**63)] == [0, 250, 77, 0, 0]
    library.idle_destroy(idle)


@pytest.mark.parametrize("width", [1, 8, 33, 64, 65, 128, 200])
def test_registers_of_any_width(width):
    """What was written is read, cut to the width where the wide form is used; out of range reads 0."""
    library, draw, words = load(), random.Random(width), (width + 63) // 64
    registers, model = c_void_p(library.registers_create(width, c_uint64(20))), [0] * 20
    for _ in range(300):
        index, value = draw.randrange(22), draw.getrandbits(64 * words)
        if width <= 64 and draw.random() < 0.5:
            value %= 2**width
            library.probe_register_write(registers, c_uint64(index), c_uint64(value))
        else:
            numbers = [(value >> 64 * (words - 1 - i)) % 2**64 for i in range(words)]
            library.register_write_wide(registers, c_uint64(index), (c_uint64 * words)(*numbers))
        if index < 20:
            model[index] = value % 2**width
        got = (c_uint64 * words)()
        at = draw.randrange(22)
        library.register_read_wide(registers, c_uint64(at), got)
        expected = model[at] if at < 20 else 0
        assert sum(n << 64 * (words - 1 - i) for i, n in enumerate(got)) == expected
        if width <= 64:
            assert library.probe_register_read(registers, c_uint64(at)) == expected
    everything = (c_uint64 * (words * 20))()
    library.registers_read(registers, c_uint64(0), c_uint64(20), everything)
    assert list(everything) == [(n >> 64 * (words - 1 - i)) % 2**64 for n in model for i in range(words)]
    library.registers_destroy(registers)


class Selector:
    def __init__(self, members: int, groups: int) -> None:
        self.library, self.qsbr = load(), Qsbr()
        self.handle = c_void_p(self.library.selector_create(self.qsbr.pointer, 1, members, groups))
        self.state = c_uint64(1)

    def member(self, slot: int, action: int) -> int:
        return int(
            self.library.selector_set_member(self.handle, c_uint32(slot), c_uint32(action), (c_uint64 * 1)(action + 1))
        )

    def group(self, slot: int, members: list[tuple[int, int]], random: int = 0) -> int:
        slots, weights = (
            ((c_uint32 * len(members))(*column) for column in zip(*members, strict=True)) if members else ((), ())
        )
        if not members:
            slots = weights = (c_uint32 * 1)()
        return int(self.library.selector_set_group(self.handle, c_uint32(slot), len(members), slots, weights, random))

    def lookup(self, group: int, value: int) -> int | None:
        pointer = self.library.probe_selector_lookup(
            self.handle, c_uint32(group), c_uint64(value), ctypes.byref(self.state)
        )
        if not pointer:
            return None
        action = c_uint32.from_address(pointer + 4).value
        assert c_uint64.from_address(pointer + 8).value == action + 1
        return int(action)

    def close(self) -> None:
        self.library.selector_destroy(self.handle)
        self.qsbr.close()


def test_a_group_spreads_by_weight_in_the_order_given():
    selector = Selector(8, 4)
    assert all(selector.member(m, 10 + m) == OK for m in range(8))
    assert selector.group(2, [(5, 1), (0, 3), (7, 0), (1, 2)]) == OK
    assert [selector.lookup(2, h) for h in range(8)] == [15, 10, 10, 10, 11, 11, 15, 10]
    selector.member(0, 99)  # a member changes for its groups
    assert [selector.lookup(2, h) for h in range(4)] == [15, 99, 99, 99]
    selector.group(2, [(7, 1)])
    assert [selector.lookup(2, h) for h in (0, 2**63)] == [17, 17]
    selector.close()


def test_weights_too_many_to_write_out_choose_the_same_members():
    """Oracle: the members written out, each as often as its weight says."""
    selector = Selector(8, 1)
    for m in range(8):
        selector.member(m, m)
    weights = [(3, 1000), (1, 0), (5, 4000), (0, 1), (7, 60535)]
    assert selector.group(0, weights) == OK
    written_out = [m for m, weight in weights for _ in range(weight)]
    hashes = [0, 999, 1000, 4999, 5000, 5001, 65535, 65536, 2**64 - 1, *range(0, 65536, 37)]
    assert [selector.lookup(0, h) for h in hashes] == [written_out[h % 65536] for h in hashes]
    selector.close()


def test_weights_of_any_sum_are_probabilities_for_the_hashes_of_16_bits():
    """P4Runtime 1.4, "Group Programming": the weight is the probability of the member's selection."""
    selector = Selector(3, 1)
    for m in range(3):
        selector.member(m, m)
    assert selector.group(0, [(0, 2**31 - 1), (1, 1), (2, 2**31 - 1)]) == OK
    chosen = [selector.lookup(0, h) for h in range(65536)]
    assert abs(chosen.count(0) - 32768) < 5 * 128 and chosen.count(1) <= 1
    assert [selector.lookup(0, h) for h in range(100)] == chosen[:100]
    selector.close()


def test_a_random_group_asks_no_hash():
    selector = Selector(2, 1)
    for m in range(2):
        selector.member(m, m)
    for weights in ([(0, 1), (1, 3)], [(0, 100_000), (1, 300_000)]):
        selector.group(0, weights, random=1)
        chosen = [selector.lookup(0, 5) for _ in range(4000)]
        assert abs(chosen.count(1) - 3000) < 5 * 28
    selector.close()


def test_what_a_selector_refuses_and_misses():
    selector = Selector(2, 2)
    assert selector.member(2, 0) == selector.group(2, []) == selector.group(0, [(2, 1)]) == INVALID
    assert selector.lookup(0, 0) is None and selector.lookup(9, 0) is None
    assert selector.group(1, []) == OK and selector.lookup(1, 5) is None
    assert selector.library.selector_delete_member(selector.handle, 0) == MISSING
    selector.member(0, 1)
    selector.group(0, [(0, 1)])
    assert selector.lookup(0, 3) == 1
    assert selector.library.selector_delete_group(selector.handle, 0) == OK
    assert selector.lookup(0, 3) is None
    selector.close()


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (5, 5), (9, 3), (0, 1), (10, 16), (2**64 - 3, 2**64 - 1), (0, 2**64 - 1)]
)
def test_random_numbers_stay_within_bounds_and_reach_them(low, high):
    library, state = load(), c_uint64(42)
    seen = {library.probe_random_between(ctypes.byref(state), c_uint64(low), c_uint64(high)) for _ in range(400)}
    if high - low < 10:
        assert seen == (set(range(low, high + 1)) if high >= low else {low})
    else:
        assert len(seen) == 400


def test_random_numbers_are_even():
    """Three values that do not divide 2^64 evenly: each a third, within five standard deviations."""
    library, state, counts = load(), c_uint64(7), [0, 0, 0]
    for _ in range(9000):
        counts[library.probe_random_between(ctypes.byref(state), c_uint64(0), c_uint64(2))] += 1
    assert all(abs(n - 3000) < 5 * (9000 * 2 / 9) ** 0.5 for n in counts)
