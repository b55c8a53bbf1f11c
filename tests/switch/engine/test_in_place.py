"""Headers that stay bytes, and control flow without known tests, against the traced object of the same program.

Oracle: that object keeps every header as a struct of numbers, writes all of them anew, and has every conditional of the
program (recorded cases and tests/fuzz hold both of them to BMv2 and to the evaluator).
"""

from __future__ import annotations

import random
from pathlib import Path

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source
from switch.bmv2_json import load_program
from switch.codegen import generate
from switch.codegen.layout import word_order
from switch.engine import Engine

PROGRAM = (Path(__file__).parent / "moving_headers.p4").read_text()
TEN_TABLES = Path(__file__).parents[3] / "scripts" / "bench_programs" / "ten_tables.p4"


def compiled(text: str) -> dict[str, object]:
    found = compile_source(text, Diagnostics())
    assert found is not None
    return dict(found.json)


def test_moved_added_and_removed_headers_are_the_same_either_way() -> None:
    rng = random.Random(1)
    with Engine.load(compiled(PROGRAM), optimise="quick") as engine:
        assert "uint8_t *outer;" in engine.source  # else nothing is tested
        for _ in range(3000):
            what, path = rng.getrandbits(8), rng.choice((0x00, 0x01, 0x02, 0x10, 0x12, 0x20, 0x22))
            rest = bytearray(rng.randbytes(rng.choice((0, 13, 14, 28, 40, 47, 60, 61, 75, 90, 120))))
            if len(rest) > 14 and rng.random() < 0.5:
                rest[12:14] = b"\x81\x00"
            data = bytes([what, path, *rest])
            assert engine.process(1, data) == list(engine.trace(1, data).sent), data.hex()


def test_a_hit_that_was_made_metadata_is_not_tested_again() -> None:
    source = generate(load_program(compiled(TEN_TABLES.read_text()))).source
    stages = source[source.index("ingress_stage_0(struct") : source.index("static int checksums_wrong")]
    assert stages.count("apply_TenIngress_") == 10  # every table once
    assert "condition_0" not in source and "hit_0" not in source
    assert stages.count("_stage_") == 8  # three stages: heads, calls; one of egress


def test_no_header_is_copied_out_where_none_moves() -> None:
    source = generate(load_program(compiled(TEN_TABLES.read_text()))).source
    assert "return 1; /* all headers lie where they came */" in source
    assert "extract_" not in source


def test_key_fields_are_ordered_so_that_none_crosses_words() -> None:
    assert word_order([16, 32, 48, 32]) == [0, 2, 1, 3]
    assert word_order([48, 32]) == [0, 1]  # cannot be helped
    assert word_order([128]) == [0]
    assert word_order([]) == []
    widths = [16, 32, 32, 8, 16, 16]
    order = word_order(widths)
    assert sorted(order) == list(range(6))
    shift = sum(widths)
    for i in order:
        shift -= widths[i]
        assert shift // 64 == (shift + widths[i] - 1) // 64
