"""Programs that would take all memory or time are refused with one error. Oracle: the compiler's bounds.

Each was a hang, a traceback or gigabytes once.
"""

from __future__ import annotations

import json
import sys

import pytest

from compiler import build, recursion
from compiler.diagnostics import Diagnostics, Severity
from compiler.driver import compile_source
from compiler.request import STDIN, Request
from tests.compiler.programs import program


def _doubling(first: str, step: str) -> str:
    return first + "".join(step.format(i=i, j=i + 1) for i in range(40))


FUNCTIONS = _doubling(
    "bit<8> f0(in bit<8> v) { return v + 1; }", "bit<8> f{j}(in bit<8> v) {{ return f{i}(v) + f{i}(v ^ 3); }}"
)
ACTIONS = _doubling("action a0() { hdr.h.a = hdr.h.a + 1; }", "action a{j}() {{ a{i}(); a{i}(); }}")
CALLS = _doubling(
    "control C0(inout bit<8> v) { apply { v = v + 1; } }",
    "control C{j}(inout bit<8> v) {{ C{i}() c; apply {{ c.apply(v); c.apply(v); }} }}",
)
INSTANCES = _doubling(
    "control C0(inout bit<8> v) { apply { v = v + 1; } }",
    "control C{j}(inout bit<8> v) {{ C{i}() c; C{i}() d; apply {{ c.apply(v); d.apply(v); }} }}",
)
STRUCTS = _doubling("struct s0 { bit<8> a; bit<8> b; }", "struct s{j} {{ s{i} a; s{i} b; }}")
TUPLES = _doubling("typedef tuple<bit<8>, bit<8>> t0;", "typedef tuple<t{i}, t{i}> t{j};")
SQUARES = _doubling("const int K0 = 3;", "const int K{j} = K{i} * K{i};")
RANGES = """state start { pkt.extract(hdr.h); transition select(hdr.h.w, hdr.h.w, hdr.h.w, hdr.h.w) {
    (1..65534, 1..65534, 1..65534, 1..65534): accept; default: reject; } }"""


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("overlimit", program("hdr.h.a = f40(hdr.h.b);", types=FUNCTIONS)),
        ("overlimit", program("a40();", locals=ACTIONS)),
        ("overlimit", program("c.apply(hdr.h.a);", types=CALLS, locals="C40() c;")),
        ("overlimit", program("c.apply(hdr.h.a);", types=INSTANCES, locals="C40() c;")),
        ("overlimit", program(types=STRUCTS)),
        ("overlimit", program(types=TUPLES)),
        ("overlimit", program("x_t[1000000000] xs;")),
        ("overlimit", program("hdr.h.w = 0x" + "f" * 100_000 + ";")),
        ("invalid", program(types=SQUARES)),
        ("invalid", program(types="const int K = 1 << 1000000000;")),
        ("unsupported", program(parser=RANGES)),
    ],
)
def test_refused(kind: str, text: str) -> None:
    diagnostics = Diagnostics()
    assert compile_source(text, diagnostics) is None
    errors = {item.kind for item in diagnostics.items if item.severity is Severity.ERROR}
    assert errors == {kind}, diagnostics.render()[:2000]


def test_what_is_too_deep_for_python_is_an_error_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    text = program("if (" + " && ".join(["hdr.h.a == 1"] * 900) + ") { hdr.h.b = 1; }")
    monkeypatch.setattr(recursion, "STACK_DEPTH", 0)
    limit = sys.getrecursionlimit()
    diagnostics = Diagnostics()
    assert compile_source(text, diagnostics) is None
    assert [item.kind for item in diagnostics.items] == ["overlimit"]
    assert sys.getrecursionlimit() == limit


def test_the_longest_expression_is_written_down_and_read_back() -> None:
    text = program("hdr.h.w = " + " + ".join(["(bit<16>)hdr.h.a", "hdr.h.w"] * 480) + ";")
    request = Request(STDIN, ("json",), text=text.encode(), without_assertions=True)
    outcome = build.run(request, use_cache=False)
    assert outcome.artefacts is not None, outcome.diagnostics.render()
    with recursion.deep_recursion():
        assert str(json.loads(outcome.artefacts["json"])).count("'+'") == 959


def test_long_switches_are_no_deeper_than_short_ones() -> None:
    cases = " ".join(f"{i}: {{ hdr.h.a = {i % 256}; }}" for i in range(2000))
    diagnostics = Diagnostics()
    compiled = compile_source(program(f"switch (hdr.h.w) {{ {cases} }}"), diagnostics)
    assert compiled is not None, diagnostics.render()
