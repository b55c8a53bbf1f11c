"""What the JSON says of a table's size and entries. Oracle: p4c's JSON for the same declarations, read by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compiler.programs import compile_text, program


def table(properties: str) -> dict[str, Any]:
    locals = f"action a() {{ }} table t {{ key = {{ hdr.h.a : exact; }} actions = {{ a; }} {properties} }}"
    json = compile_text(program("t.apply();", locals=locals))
    (found,) = (t for t in json["pipelines"][0]["tables"] if t["name"] == "I.t")
    return dict(found)


@pytest.mark.parametrize(("size", "expected"), [("", 1024), ("size = 0;", 1024), ("size = 1;", 1), ("size = 9;", 9)])
def test_size_nought_is_the_default(size: str, expected: int) -> None:
    """PINS has a table of size 0, which takes entries."""
    assert table(size)["max_size"] == expected


def test_an_empty_list_of_const_entries_makes_the_table_constant() -> None:
    """BMv2 refuses entries at run time where the JSON has a list of entries, even an empty one."""
    assert table("const entries = { }")["entries"] == []
    assert "entries" not in table("")
