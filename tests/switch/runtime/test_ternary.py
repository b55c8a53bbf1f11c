"""switch/runtime/ternary.c against a linear search over all rules. Oracle: a second, stupid implementation."""

from __future__ import annotations

import bisect
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_library import EXISTS, FULL, MISSING, OK, Found, Ternary


class Model:
    """The largest rank wins, then the lowest seat; an insert takes the lowest free one. `ranges`: (shift, width)."""

    def __init__(self, ranges: tuple[tuple[int, int], ...] = ()) -> None:
        self.ranges = ranges
        self.range_bits = sum(((1 << width) - 1) << shift for shift, width in ranges)
        self.rules: dict[tuple[int, int, int], Found] = {}
        self.seats: dict[tuple[int, int, int], int] = {}
        self.free: list[int] = []  # seats, sorted

    def name(self, value: int, mask: int, rank: int) -> tuple[int, int, int]:
        return value & (mask | self.range_bits), mask, rank

    def matches(self, value: int, mask: int, key: int) -> bool:
        for shift, width in self.ranges:
            low, high, field = ((n >> shift) % (1 << width) for n in (value, mask, key))
            if not low <= field <= high:
                return False
        return (key ^ value) & mask & ~self.range_bits == 0

    def find(self, key: int) -> Found | None:
        found = [name for name in self.rules if self.matches(name[0], name[1], key)]
        return self.rules[max(found, key=lambda name: (name[2], -self.seats[name]))] if found else None

    def insert(self, name: tuple[int, int, int], entry: Found) -> None:
        self.seats[name] = self.free.pop(0) if self.free else len(self.seats)
        self.rules[name] = entry

    def delete(self, name: tuple[int, int, int]) -> None:
        if self.rules.pop(name, None) is not None:
            bisect.insort(self.free, self.seats.pop(name))


def apply(table: Ternary, model: Model, what: str, rule: tuple[int, int, int], action: int, size: int) -> None:
    """One write on both, results compared."""
    name, params = model.name(*rule), (action ^ 0xFF,)
    if what == "i":
        result, number = table.insert(*rule, action, params)
        assert result == (EXISTS if name in model.rules else FULL if len(model.rules) == size else OK)
        if result == OK:
            assert number not in {n for n, _, _ in model.rules.values()}
            model.insert(name, (number, action, params))
    elif what == "m":
        assert table.modify(*rule, action, params) == (OK if name in model.rules else MISSING)
        if name in model.rules:
            model.rules[name] = (model.rules[name][0], action, params)
    else:
        assert table.delete(*rule) == (OK if name in model.rules else MISSING)
        model.delete(name)


def compare(table: Ternary, model: Model, keys: list[int]) -> None:
    for at in range(0, len(keys), 64):
        chunk = keys[at : at + 64]
        expected = [model.find(k) for k in chunk]
        assert table.burst(chunk) == expected
        assert [table.find(k) for k in chunk[:4]] == expected[:4]


# (bits of the key, range fields): within a byte, across bytes and words, over 64 bits, two side by side
SHAPES: list[tuple[int, tuple[tuple[int, int], ...]]] = [
    (8, ()), (13, ()), (64, ()), (104, ()), (130, ()), (300, ()), (16, ((0, 16),)), (40, ((3, 5),)), (60, ((10, 16),)),
    (104, ((0, 16), (16, 16))), (128, ((56, 16),)), (200, ((20, 100),)), (128, ((0, 128),)), (9, ((8, 1), (0, 3))),
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(SHAPES), st.sampled_from([3, 40, 1000]))
def test_any_sequence_of_writes_answers_like_a_linear_search(data, shape, size):
    width, ranges = shape
    table, model = Ternary((width + 63) // 64, 1, size, ranges), Model(ranges)
    full = 2**width - 1
    bits = st.integers(0, full) | st.sampled_from([0, full, 1, full >> width // 2, 0x55 * full // 255 & full])
    writes = st.lists(
        st.tuples(st.sampled_from("iiimdd"), bits, bits, st.integers(0, 3), st.integers(0, 2**32 - 1)), max_size=40
    )
    keys = [0, full]
    for what, value, mask, rank, action in data.draw(writes):
        for shift, field in ranges:  # most ranges should be possible
            low, high = (n >> shift & (1 << field) - 1 for n in (value, mask))
            if low > high and action % 8:
                flip = (low ^ high) << shift
                value, mask = value ^ flip, mask ^ flip
        apply(table, model, what, (value, mask, rank), action, size)
        keys += [value, value ^ ~mask & full, mask, value ^ 1 << action % width]
        compare(table, model, keys[-4:])
    compare(table, model, keys)
    for name, entry in model.rules.items():
        assert table.at(entry[0]) == (*name, entry)
    table.close()


def acl(draw: random.Random, ranges: tuple[tuple[int, int], ...], anyone: bool = False) -> tuple[int, int, int]:
    """A rule as people write them: tenant 24 | source 32 | destination 32 | protocol 8 | port 16 | port 16.
    `anyone`: some are for all tenants."""

    def prefix(lengths: list[int]) -> tuple[int, int]:
        mask = 2**32 - 2 ** (32 - draw.choice(lengths))
        return (10 << 24 | draw.getrandbits(12) << 8 | draw.getrandbits(2)) & mask, mask

    tenant, (source, source_mask), (target, target_mask) = (
        draw.randrange(6),
        prefix([0, 8, 24, 32]),
        prefix([0, 16, 22, 24]),
    )
    protocol, protocol_mask = draw.choice([(6, 255), (17, 255), (0, 0)])
    port = draw.choice([22, 53, 80, 443])
    if ranges:
        low = draw.choice([0, port, 1024])
        ports, port_mask = 0 << 16 | low, 0xFFFF << 16 | draw.choice([low, 0xFFFF])
    else:
        ports, port_mask = draw.choice([(port, 0xFFFF), (0, 0)])
    tenant_mask = 0 if anyone and draw.random() < 0.1 else 0xFFFFFF
    value = (tenant & tenant_mask) << 104 | source << 72 | target << 40 | protocol << 32 | ports
    return (
        value,
        tenant_mask << 104 | source_mask << 72 | target_mask << 40 | protocol_mask << 32 | port_mask,
        draw.randrange(50),
    )


def hit(draw: random.Random, rule: tuple[int, int, int], ranges: tuple[tuple[int, int], ...]) -> int:
    """A key near or in the rule."""
    value, mask, _ = rule
    free = draw.getrandbits(128) & ~mask & draw.getrandbits(128)
    for shift, width in ranges:
        low, high = (n >> shift & (1 << width) - 1 for n in (value, mask))
        clear = ~(((1 << width) - 1) << shift)
        value, free = value & clear | draw.randint(low, max(low, high)) << shift, free & clear
    return (value | free) ^ (1 << draw.randrange(128) if draw.random() < 0.2 else 0)


COUNT = 1300


PORTS = ((0, 16), (16, 16))


@pytest.mark.parametrize(
    ("ranges", "bulk", "anyone"), [((), False, False), ((), True, True), (PORTS, False, True), (PORTS, True, False)]
)
def test_hundreds_of_rules_move_from_bits_to_groups_or_parts_and_back(ranges, bulk, anyone):
    """Past 1,024 rules by single inserts and by a bulk insert, changes there, then deletes down to nothing. Where every
    rule is for one tenant the table is split by tenants, until a rule for all of them comes."""
    draw = random.Random(bool(ranges) * 2 + bulk)
    table, model, size = Ternary(2, 1, COUNT, ranges), Model(ranges), COUNT
    rules = [acl(draw, ranges, anyone) for _ in range(COUNT)]
    if bulk:
        rows = [(*rule, i, (i ^ 0xFF,)) for i, rule in enumerate(rules)]
        for start, stop in ((0, 100), (100, 1100), (1100, 1150), (1150, COUNT)):
            results, numbers = table.insert_many(rows[start:stop])
            for row, result, number in zip(rows[start:stop], results, numbers, strict=True):
                name = model.name(*row[:3])
                assert result == (EXISTS if name in model.rules else OK)
                if result == OK:
                    model.insert(name, (number, row[3], tuple(row[4])))
    else:
        for i, rule in enumerate(rules):
            apply(table, model, "i", rule, i, size)
            if i % 250 == 100:
                compare(table, model, [hit(draw, draw.choice(rules), ranges) for _ in range(60)])
    compare(table, model, [hit(draw, rule, ranges) for rule in rules[:250]])
    for i in range(300):
        if i == 200:
            apply(table, model, "d", rules[0], i, size)
            apply(table, model, "i", (0, 0, 40), i, size)
            compare(table, model, [hit(draw, rule, ranges) for rule in rules[:100]])
        apply(table, model, draw.choice("imd"), draw.choice([draw.choice(rules), acl(draw, ranges)]), i, size)
    compare(table, model, [hit(draw, rule, ranges) for rule in rules[:250]])
    left = list(model.rules)
    draw.shuffle(left)
    for i, rule in enumerate(left):
        apply(table, model, "d", rule, i, size)
        if i % 60 == 0:
            compare(table, model, [hit(draw, draw.choice(left), ranges) for _ in range(40)])
    assert not model.rules and table.find(rules[0][0]) is None
    table.close()


@pytest.mark.parametrize("count", [10, 400, 1100])
def test_equal_ranks_the_lower_seat_wins(count):
    """ternary.h; golden table_ternary_ties. `count` other rules put the two into either layout."""
    table = Ternary(1, 1, 2000)
    for i in range(count):
        table.insert(0xFF000000 + i, 0xFFFFFFFF, 5, i, (0,))
    table.insert(0x10, 0xF0, 7, 1001, (0,))
    table.insert(0x01, 0x0F, 7, 1002, (0,))
    assert table.find(0x11)[1] == 1001
    assert table.modify(0x10, 0xF0, 7, 1003, (0,)) == OK
    assert table.find(0x11)[1] == 1003
    table.delete(0x10, 0xF0, 7)
    assert table.find(0x11)[1] == 1002
    table.insert(0x10, 0xF0, 7, 1004, (0,))
    assert table.find(0x11)[1] == 1004
    for i in (3, 1, 2):
        table.delete(0xFF000000 + i, 0xFFFFFFFF, 5)
    table.insert(0x11, 0xFF, 7, 1005, (0,))
    assert table.find(0x11)[1] == 1005
    table.close()


def test_rules_without_any_mask_and_the_empty_table():
    table = Ternary(2, 1, 10)
    assert table.find(5) is None
    table.insert(0, 0, 1, 11, (0,))
    table.insert(0, 0, 2, 22, (0,))
    assert table.burst([0, 5, 2**128 - 1]) == [(1, 22, (0,))] * 3
    table.close()


def test_four_thousand_rules_of_sixty_four_masks():
    """Many groups: rows of several words. Oracle: the linear search, on fewer keys."""
    draw = random.Random(64)
    masks = [draw.getrandbits(128) & draw.getrandbits(128) for _ in range(64)]
    table, model = Ternary(2, 1, 5000), Model()
    rows = []
    while len(rows) < 4096:
        mask = draw.choice(masks)
        rule = (draw.getrandbits(128) & mask, mask, draw.randrange(100))
        if rule not in model.rules:
            model.insert(rule, (0, len(rows), (0,)))
            rows.append((*rule, len(rows), (0,)))
    results, numbers = table.insert_many(rows)
    assert set(results) == {OK}
    for row, number in zip(rows, numbers, strict=True):
        model.rules[row[:3]] = (number, row[3], (0,))
    for i in range(300):
        apply(table, model, "i", (draw.getrandbits(128), draw.choice(masks), i), 5000 + i, 5000)
    compare(table, model, [draw.choice(rows)[0] ^ draw.getrandbits(128) & ~draw.choice(masks) for _ in range(64)])
    compare(table, model, [draw.choice(rows)[0] for _ in range(64)])
    table.close()
