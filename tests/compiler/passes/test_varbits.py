"""Comparison of varbits (P4_16 §8.10): as long and with the same bits. Oracle: results by hand."""

from __future__ import annotations

import pytest

from tests.compiler.programs import program, send

PARSER = """
state start {
    pkt.extract(hdr.h);
    pkt.extract(meta.v, (bit<32>)hdr.h.a);
    pkt.extract(meta.w, (bit<32>)hdr.h.b);
    transition accept;
}"""
TYPES = "header v_t { bit<8> n; varbit<32> o; }"


def compared(condition: str, first: str, second: str, parser: str = PARSER) -> str:
    """hdr.h.r (two digits) for the bytes of two varbits."""
    lengths = " ".join(f"{8 * len(bytes.fromhex(data)):02x}" for data in (first, second))
    text = program(f"if ({condition}) {{ hdr.h.r = 1; }}", parser=parser, meta="v_t v; v_t w;")
    text = text.replace("struct meta_t", f"{TYPES} struct meta_t", 1)
    return send(text, f"{lengths} 03 04 00 05 06 00 99 {first} 99 {second}")[-2:]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("0102", "0102", True), ("0102", "0103", False), ("", "", True), ("0102", "02", False), ("0002", "02", False),
     ("", "00", False), ("0000", "00", False), ("00000001", "00000001", True)],
)  # fmt: skip
def test_varbits_are_equal_when_as_long_and_alike(first: str, second: str, same: bool) -> None:
    assert compared("meta.v.o == meta.w.o", first, second) == ("01" if same else "00")
    assert compared("hdr.h.a > 99 || meta.v.o != meta.w.o", first, second) == ("00" if same else "01")
    assert compared("meta.v == meta.w", first, second) == ("01" if same else "00")


def test_varbits_are_compared_in_a_select() -> None:
    parser = PARSER.replace("transition accept;", "transition select(meta.v.o == meta.w.o) { true: same; _: accept; }")
    parser += "state same { hdr.h.c = 7; transition accept; }"
    assert compared("hdr.h.c == 7", "0102", "0102", parser) == "01"
    assert compared("hdr.h.c == 7", "0002", "02", parser) == "00"
