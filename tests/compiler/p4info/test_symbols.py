"""Ids and aliases. Oracles: published values of the hash; P4Runtime 1.4 §6.3, §6.4; p4c's rules for collisions."""

from __future__ import annotations

import pytest

from compiler.annotations import Annotation, Annotations
from compiler.backends.p4info.symbols import Kind, Symbols, jenkins_one_at_a_time, number_fields
from compiler.diagnostics import Diagnostics, Span

HERE = Span("test.p4", 1, 1, 1, 2)


def id_annotation(number: int) -> Annotations:
    return (Annotation("id", (number,), (), str(number), False, HERE),)


def symbols(*names: tuple[Kind, str, int | None]) -> tuple[Symbols, Diagnostics]:
    diagnostics = Diagnostics()
    made = Symbols(diagnostics)
    for kind, name, number in names:
        made.add(kind, name, () if number is None else id_annotation(number), HERE)
    made.assign_ids()
    return made, diagnostics


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"", 0), (b"a", 0xCA2E9442), (b"The quick brown fox jumps over the lazy dog", 0x519E91F5)],
)
def test_the_hash_has_its_published_values(text: bytes, value: int) -> None:
    assert jenkins_one_at_a_time(text) == value


def test_the_same_name_has_a_different_id_as_another_kind() -> None:
    made, _ = symbols((Kind.ACTION, "a", None), (Kind.TABLE, "a", None))
    assert made.id(Kind.ACTION, "a") == 0x012E9442
    assert made.id(Kind.TABLE, "a") == 0x022E9442


def test_a_name_whose_hash_is_taken_gets_the_next_number() -> None:
    made, diagnostics = symbols((Kind.ACTION, "a", None), (Kind.ACTION, "b", 0x2E9442), (Kind.ACTION, "c", 0x012E9443))
    assert made.id(Kind.ACTION, "b") == 0x012E9442
    assert made.id(Kind.ACTION, "a") == 0x012E9444
    assert not diagnostics.items


@pytest.mark.parametrize("number", [-1, 1 << 32, 0x02000001])
def test_an_id_that_cannot_be_is_refused(number: int) -> None:
    made, diagnostics = symbols((Kind.ACTION, "a", number))
    assert diagnostics.error_count == 1
    assert made.id(Kind.ACTION, "a") == 0x012E9442


def test_an_id_given_twice_is_refused() -> None:
    _, diagnostics = symbols((Kind.ACTION, "a", 7), (Kind.ACTION, "b", 7))
    assert diagnostics.error_count == 1


def test_aliases_are_the_shortest_suffixes_that_are_unique() -> None:
    names = ["I.t", "I.c1.t", "I.c2.u", "E.u", "v", "I.v", "I.w"]
    made, _ = symbols(*((Kind.TABLE, name, None) for name in names), (Kind.ACTION, "I.w", None))
    assert [made.alias(name) for name in names] == ["I.t", "c1.t", "c2.u", "E.u", "v", "I.v", "w"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None, None, None], [1, 2, 3]),
        ([5, None, None], [5, 2, 3]),
        ([None, 1, None], [2, 1, 3]),
        ([None, None, 2], [1, 3, 2]),
        ([3, 1, None], [3, 1, 4]),
    ],
)
def test_fields_without_an_id_take_the_free_numbers(given: list[int | None], expected: list[int]) -> None:
    annotations = [() if number is None else id_annotation(number) for number in given]
    diagnostics = Diagnostics()
    assert number_fields(annotations, [HERE] * len(given), diagnostics) == expected
    assert not diagnostics.items


@pytest.mark.parametrize("given", [[4, 4], [0, 1]])
def test_field_ids_that_cannot_be_are_refused(given: list[int]) -> None:
    diagnostics = Diagnostics()
    number_fields([id_annotation(number) for number in given], [HERE] * len(given), diagnostics)
    assert diagnostics.error_count == 1
