"""switch/runtime/exact.c against a dict. Oracle: a second, stupid implementation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_library import EXISTS, FULL, MISSING, OK, Exact, words_of

STEPS = st.lists(st.tuples(st.sampled_from("imdl"), st.integers(0, 40), st.integers(0, 2**32 - 1)), max_size=200)


def params_of(seed: int, count: int) -> tuple[int, ...]:
    return tuple((seed * 0x9E3779B97F4A7C15 + i) % 2**64 for i in range(count))


@settings(max_examples=60, deadline=None)
@given(
    STEPS,
    st.sampled_from([(1, 0), (1, 1), (2, 1), (2, 5), (3, 2), (4, 3), (5, 0), (9, 12)]),
    st.sampled_from([1, 7, 33, 1000]),
)
def test_any_sequence_of_writes_answers_like_a_dict(steps, shape, size):
    words, param_words = shape
    spread = 0x1_0000_0001_0000_0001 << 64 * (words - 1) if words > 1 else 0x1_0000_0001  # all words of a key differ
    table, model = Exact(words, param_words, size), {}
    numbers: dict[int, int] = {}
    for what, k, seed in steps:
        key, params = k * spread % 2 ** (64 * words), params_of(seed, param_words)
        if what == "i":
            result, number = table.insert(key, seed, params)
            assert result == (EXISTS if key in model else FULL if len(model) == size else OK)
            if result == OK:
                assert number not in numbers.values()
                model[key], numbers[key] = (seed, params), number
        elif what == "m":
            assert table.modify(key, seed, params) == (OK if key in model else MISSING)
            if key in model:
                model[key] = (seed, params)
        elif what == "d":
            assert table.delete(key) == (OK if key in model else MISSING)
            model.pop(key, None), numbers.pop(key, None)
        assert table.find(key) == ((numbers[key], *model[key]) if key in model else None)
    keys = [k * spread % 2 ** (64 * words) for k in range(41)]
    expected = [(numbers[k], *model[k]) if k in model else None for k in keys]
    assert [table.find(k) for k in keys] == expected
    assert table.burst(keys) == expected
    assert {table.at(n)[0] for n in numbers.values()} == set(model)
    table.close()


def test_every_word_of_the_key_counts():
    """Keys that differ in a single bit, for any width. Oracle: only the key itself is found."""
    for words in range(1, 9):
        table = Exact(words, 0, 10)
        key = random.Random(words).getrandbits(64 * words)
        table.insert(key, 1, ())
        assert table.find(key) == (0, 1, ())
        assert all(table.find(key ^ (1 << bit)) is None for bit in range(64 * words))
        table.close()


def test_growth_keeps_all_entries_and_their_numbers():
    draw = random.Random(1)
    keys = draw.sample(range(2**60), 50_000)
    rows = [(k, i, (i ^ 0xFFFF,)) for i, k in enumerate(keys)]
    table = Exact(1, 1, 60_000)
    results, numbers = table.insert_many(rows)
    assert set(results) == {OK} and sorted(numbers) == list(range(50_000))
    for at in range(0, 50_000, 40):
        assert table.burst(keys[at : at + 40]) == [(numbers[i], i, (i ^ 0xFFFF,)) for i in range(at, at + 40)]
    again, _ = table.insert_many(rows[:100] + [(2**63 + i, 0, (0,)) for i in range(10_050)])
    assert again == [EXISTS] * 100 + [OK] * 10_000 + [FULL] * 50
    table.close()


@pytest.mark.parametrize("shape", [(1, 0), (2, 1), (4, 3)])  # four, two and one slot in a bucket
def test_keys_of_a_small_table_lie_where_their_search_begins(shape):
    """Of 16 keys hardly one needs a second line. With the slots that a large table has an entry, one in six tables
    would have a key that does, at two slots in a bucket. Oracle: the address of each key and of its bucket."""
    draw, away = random.Random(2), 0
    for _ in range(40):
        table = Exact(*shape, 100)
        for key in draw.sample(range(2**60), 16):
            assert table.insert(key, 1, params_of(key, shape[1]))[0] == OK
        away += table.library.probe_exact_away(table.handle)
        table.close()
    assert away <= (2 if shape != (4, 3) else 20)


def test_churn_in_a_full_table():
    """Deleting and inserting for ever neither fills the table with corpses nor loses an entry. Oracle: a dict."""
    draw, table, model = random.Random(2), Exact(2, 1, 500), {}
    for i in range(40_000):
        key = draw.randrange(2**128)
        if len(model) == 500:
            victim = next(iter(model))
            assert table.delete(victim) == OK
            del model[victim]
        assert table.insert(key, i, (i,))[0] == OK
        model[key] = i
        if i % 7 == 0:
            changed = draw.choice(list(model)[-20:])
            assert table.modify(changed, i, (~i % 2**64,)) == OK
            model[changed] = i
    assert all(table.find(k)[1] == v for k, v in model.items())
    table.close()


def test_a_number_is_not_given_out_again_before_the_readers_were_quiescent():
    """entry.h: a count that comes late must not go to the next owner's cell."""
    table = Exact(1, 0, 4)
    table.qsbr.online()
    numbers = set()
    for key in range(60):  # 60 is within ENTRY_SPARE: nothing waits for the reader
        result, number = table.insert(key, 0, ())
        assert result == OK and number not in numbers
        numbers.add(number)
        assert table.delete(key) == OK
    table.qsbr.quiescent()
    assert table.insert(100, 0, ())[1] in numbers
    table.qsbr.offline()
    table.close()


def test_an_entry_stays_whole_while_a_reader_may_hold_it():
    """The memory of a deleted or modified entry is not written before the reader's next quiescent state."""
    table = Exact(1, 1, 64)
    table.qsbr.online()
    table.insert(5, 1, (11,))
    held = table.library.exact_find(table.handle, words_of(5, 1))
    table.modify(5, 2, (22,))
    for key in range(1000, 1040):
        table.insert(key, 3, (33,))
    assert table.entry(held)[1:] == (1, (11,))
    assert table.find(5)[1:] == (2, (22,))
    table.qsbr.offline()
    table.close()


@pytest.mark.parametrize("size", [0, 1])
def test_tiny_tables(size):
    table = Exact(1, 0, size)
    assert table.find(0) is None
    assert [table.insert(k, 0, ())[0] for k in range(2)] == ([FULL, FULL] if size == 0 else [OK, FULL])
    table.close()
