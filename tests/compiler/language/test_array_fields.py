"""Arrays where BMv2 wants lists of fields: each element is one. Oracle: the format of BMv2 JSON."""

from __future__ import annotations

from typing import Any

from tests.compiler.programs import compile_text, program


def fields(elements: list[dict[str, Any]]) -> list[str]:
    return [element["value"][1] for element in elements]


def test_elements_of_an_array_survive_a_clone() -> None:
    text = program("clone_preserving_field_list(CloneType.I2E, 5, 1);", meta="@field_list(1) bit<8>[2] z; bit<8> m;")
    assert fields(compile_text(text)["field_lists"][0]["elements"]) == ["meta.z.0", "meta.z.1"]


def test_elements_of_an_array_are_hashed() -> None:
    text = program("hash(hdr.h.w, HashAlgorithm.identity, 16w0, {meta.z}, 16w0);", meta="bit<8>[2] z;")
    assert fields(compile_text(text)["calculations"][0]["input"]) == ["meta.z.0", "meta.z.1"]


def test_elements_of_an_array_are_told_to_the_control_plane() -> None:
    text = program("digest<d_t>(1, {hdr.h.a, {hdr.h.b, hdr.h.c}});", types="struct d_t { bit<8> y; bit<8>[2] x; }")
    (digest,) = compile_text(text)["learn_lists"]
    assert digest["name"] == "d_t"
    assert len(digest["elements"]) == 3
