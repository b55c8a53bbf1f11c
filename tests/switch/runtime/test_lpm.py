"""switch/runtime/lpm.c against a linear search over all prefixes. Oracle: a second, stupid implementation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_library import EXISTS, FULL, INVALID, MISSING, OK, Found, Lpm


class Model:
    """{(exact part, prefix bits, length): (number, action, params)}; the longest that matches wins."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.routes: dict[tuple[int, int, int], Found] = {}

    def name(self, key: int, length: int) -> tuple[int, int, int]:
        return key >> self.width, key % (1 << self.width) >> self.width - length, length

    def find(self, key: int) -> Found | None:
        for length in range(self.width, -1, -1):
            if entry := self.routes.get(self.name(key, length)):
                return entry
        return None


def apply(table: Lpm, model: Model, what: str, key: int, length: int, action: int, size: int) -> None:
    """One write on both, results compared."""
    name, params = model.name(key, length), (action * 3,)
    if what == "i":
        result, number = table.insert(key, length, action, params)
        assert result == (EXISTS if name in model.routes else FULL if len(model.routes) == size else OK)
        if result == OK:
            assert number not in {n for n, _, _ in model.routes.values()}
            model.routes[name] = (number, action, params)
    elif what == "m":
        assert table.modify(key, length, action, params) == (OK if name in model.routes else MISSING)
        if name in model.routes:
            model.routes[name] = (model.routes[name][0], action, params)
    else:
        assert table.delete(key, length) == (OK if name in model.routes else MISSING)
        model.routes.pop(name, None)


SHAPES = [
    (0, 32),
    (0, 1),
    (0, 7),
    (0, 9),
    (0, 13),
    (24, 32),
    (12, 128),
    (70, 65),
    (0, 128),
    (1, 64),
    (3, 200),
    (64, 33),
]


@settings(max_examples=120, deadline=None)
@given(st.data(), st.sampled_from(SHAPES), st.sampled_from([3, 30, 1000]))
def test_any_sequence_of_writes_answers_like_a_linear_search(data, shape, size):
    exact_width, width = shape
    table, model = Lpm(exact_width, width, 1, size), Model(width)
    # few distinct bytes, so that prefixes share paths, nest and split
    patterns = [
        0,
        2**width - 1,
        0x0A01 << max(0, width - 16),
        0x0A0102 << max(0, width - 24),
        0x55 * 2**width // 255,
        1,
        2,
    ]
    address = st.sampled_from([p % 2**width for p in patterns]) | st.integers(0, 2**width - 1)
    exact = st.sampled_from([0, 2**exact_width - 1, 5 % 2**exact_width])
    write = st.tuples(st.sampled_from("iiimdd"), exact, address, st.integers(0, width), st.integers(0, 2**32 - 1))
    keys = []
    for what, e, a, length, action in data.draw(st.lists(write, max_size=60)):
        key = e << width | a
        apply(table, model, what, key, length, action, size)
        flips = [1 << bit for bit in {0, width - length, width - 1, max(0, width - length - 1)} if bit < width]
        keys += [key, *(key ^ flip for flip in flips)]
        assert [table.find(k) for k in keys[-4:]] == [model.find(k) for k in keys[-4:]]
    for at in range(0, len(keys), 64):
        assert table.burst(keys[at : at + 64]) == [model.find(k) for k in keys[at : at + 64]]
    for (e, bits, length), entry in model.routes.items():
        key, at_length, found = table.at(entry[0])
        assert (model.name(key, at_length), found) == ((e, bits, length), entry)
    table.close()


@pytest.mark.parametrize("width", [1, 8, 12, 32, 48, 128])
def test_every_prefix_length(width):
    """All prefixes of one address: a flipped bit is answered by the prefix just above it; deleted from either end."""
    for order in (range(width + 1), range(width, -1, -1)):
        table, model, base = Lpm(0, width, 1, width + 1), Model(width), random.Random(width).getrandbits(width)
        keys = [base, *(base ^ (1 << bit) for bit in range(width))]
        for length in range(width + 1):
            apply(table, model, "i", base, length, length, width + 1)
        assert [table.find(k)[1] for k in keys[1:]] == list(range(width - 1, -1, -1))
        for length in order:
            apply(table, model, "d", base, length, 0, width + 1)
            assert [table.find(k) for k in keys] == [model.find(k) for k in keys]
        table.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_root_grows_wide_and_empties_again(seed):
    """More routes than LPM_WIDE_ROUTES in one root, then changes in it, then deletes down to nothing."""
    draw = random.Random(seed)
    table, model, size = Lpm(8, 32, 1, 20_000), Model(32), 20_000
    lengths = [8, 12, 15, 16, 17, 20, 22, 24, 24, 24, 25, 28, 30, 32, 32]
    routes = {(draw.choice(lengths), draw.getrandbits(32)) for _ in range(12_000)}
    rows = []
    for length, address in routes:
        key = 7 << 32 | address >> 32 - length << 32 - length
        if model.name(key, length) not in model.routes:
            model.routes[model.name(key, length)] = (0, len(rows), (len(rows),))
            rows.append((key, length, len(rows), (len(rows),)))
    results, numbers = table.insert_many(rows)
    assert set(results) == {OK}
    for (key, length, action, params), number in zip(rows, numbers, strict=True):
        model.routes[model.name(key, length)] = (number, action, params)

    def compare() -> None:
        keys = [7 << 32 | draw.getrandbits(32) for _ in range(300)]
        keys += [(row[0] ^ draw.getrandbits(6)) for row in draw.sample(rows, 300)]
        for at in range(0, len(keys), 64):
            assert table.burst(keys[at : at + 64]) == [model.find(k) for k in keys[at : at + 64]]

    compare()
    for _ in range(600):
        length = draw.choice([0, 1, 4, 8, 9, 15, 16, 17, 24, 31])
        apply(table, model, draw.choice("imd"), 7 << 32 | draw.getrandbits(32), length, draw.getrandbits(20), size)
    compare()
    draw.shuffle(rows)
    for n, (key, length, _, _) in enumerate(rows):
        apply(table, model, "d", key, length, 0, size)
        if n % 3000 == 0:
            compare()
    for _, bits, length in list(model.routes):
        apply(table, model, "d", 7 << 32 | bits << 32 - length, length, 0, size)
    assert table.find(7 << 32) is None
    table.close()


def test_many_small_roots():
    """Three thousand tenants with the same few prefixes do not see one another's routes."""
    table = Lpm(24, 32, 1, 20_000)
    for tenant in range(3000):
        assert table.insert(tenant << 32 | 10 << 24, 8, tenant, (1,))[0] == OK
        assert table.insert(tenant << 32 | 0x0A000100, 24, tenant, (2,))[0] == OK
        if tenant % 2:
            assert table.insert(tenant << 32, 0, tenant, (3,))[0] == OK
    for tenant in range(3000):
        found = [table.find(tenant << 32 | a) for a in (0x0A000101, 0x0A000201, 0x0B000001)]
        assert [f and f[1:] for f in found] == [(tenant, (2,)), (tenant, (1,)), (tenant, (3,)) if tenant % 2 else None]
    assert table.find(3000 << 32 | 0x0A000101) is None
    for tenant in range(0, 3000, 2):
        assert table.delete(tenant << 32 | 10 << 24, 8) == table.delete(tenant << 32 | 0x0A000100, 24) == OK
        assert table.find(tenant << 32 | 0x0A000101) is None
    table.close()


def test_a_prefix_longer_than_its_field_is_refused():
    table = Lpm(0, 12, 1, 4)
    assert table.insert(0, 13, 0, (0,))[0] == table.modify(0, 13, 0, (0,)) == table.delete(0, 13) == INVALID
    table.close()
