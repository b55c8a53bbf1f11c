"""Macros and files that multiply end with one message. Oracle: the bounds; without them these never end."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.source import preprocess, read_source

GIGABYTE = 1 << 30


def doubling(first: str, line: str, last: str, count: int = 40) -> str:
    """Macros M0 .. M39, each of which says the one before twice."""
    lines = [first, *(line.format(n=number, m=number - 1) for number in range(1, count)), last]
    return "\n".join(lines)


BOMBS = {
    "tokens": doubling("#define M0 x x", "#define M{n} M{m} M{m}", "M39"),
    "nothing": doubling("#define M0", "#define M{n} M{m} M{m}", "M39"),
    "arguments": doubling("#define M0(a) a a", "#define M{n}(a) M{m}(a) M{m}(a a)", "M39(x)"),
    "a condition": doubling("#define M0 1", "#define M{n} M{m} + M{m}", "#if M39\n#endif"),
    "a pasted name": doubling(
        "#define C(a, b) a##b\n#define D(x) C(x, x)\n#define M0(x) D(x)", "#define M{n}(x) M{m}(D(x))", "M39(abc)"
    ),
    "a string": "#define S(x) #x\n#define D(x) S(x x)\n#define E(x) D(D(x))\n" + "E(" * 30 + "ab" + ")" * 30,
    "calls in calls": "#define F(x) x\n" + "F(" * 20_000 + "1" + ")" * 20_000,
    "parentheses": "#if " + "(" * 20_000 + "1" + ")" * 20_000 + "\n#endif",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_macros_end_at_a_bound_with_one_message(text: str) -> None:
    diagnostics = Diagnostics()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    preprocess(text + "\n", "bomb.p4", diagnostics)
    (item,) = diagnostics.items
    assert item.span.line == len([line for line in text.split("\n") if line.startswith("#define")]) + 1
    assert any(word in item.message for word in ("more than 1,000,000 tokens", "too deeply"))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < GIGABYTE / 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('#include "x.p4"\n', "200 deep"),
        ('#if __INCLUDE_LEVEL__ < 40\n#include "x.p4"\n#include "x.p4"\n#endif\n', "10,000 files"),
    ],
)
def test_files_that_include_themselves_end_at_a_bound(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.p4").write_text(text)
    diagnostics = Diagnostics()
    read_source(tmp_path / "x.p4", diagnostics)
    (item,) = diagnostics.items
    assert said in item.message and item.kind == "overlimit"
