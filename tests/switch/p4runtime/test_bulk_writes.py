"""The native path for writes and reads of table entries. Oracle: the Python path, on the same requests."""

from __future__ import annotations

import json

import pytest

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source
from tests.fuzz.write_paths import PROGRAMS, Paths, compare, compare_both, load
from tests.fuzz.write_requests import Requests

PREINITIALIZED = """
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> key; bit<8> value; }
struct headers_t { h_t h; }
struct metadata_t { }
parser P(packet_in packet, out headers_t h, inout metadata_t m, inout standard_metadata_t s) {
    state start { packet.extract(h.h); transition accept; }
}
control V(inout headers_t h, inout metadata_t m) { apply { } }
control I(inout headers_t h, inout metadata_t m, inout standard_metadata_t s) {
    action set(bit<8> value) { h.h.value = value; }
    table t {
        key = { h.h.key: ternary; }
        actions = { set; NoAction; }
        size = 64;
        entries = {
            const priority = 1000: 1 &&& 1: set(1);
            priority = 1: 2 &&& 255: set(2);
            const priority = 2: 0 &&& 0x0f: set(3);
        }
    }
    apply { t.apply(); }
}
control E(inout headers_t h, inout metadata_t m, inout standard_metadata_t s) { apply { } }
control C(inout headers_t h, inout metadata_t m) { apply { } }
control D(packet_out packet, in headers_t h) { apply { packet.emit(h.h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_paths_answer_the_same_and_leave_the_same_entries(name: str) -> None:
    paths = compare(name, seed=1, count=150)
    assert paths.decoded > 100


def test_const_entries_among_others_stay_as_they_are() -> None:
    program = compile_source(PREINITIALIZED, Diagnostics())
    assert program is not None
    data = json.dumps(program.json).encode()
    with load(data, program.p4info) as native, load(data, program.p4info) as python:
        paths = compare_both(Paths(native, python), "preinitialized", Requests(native.schema, 3), 150)
        assert sum(entry.const for entry in native.engine.entries("I.t")) == 2
        assert paths.decoded > 100
