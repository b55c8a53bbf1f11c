"""Queue metadata and time stamps are what docs/switch.md says. Oracle: that page, and the clock around the packet."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from switch.engine import Engine

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
#include <core.p4>
#include <v1model.p4>
header times_t { bit<48> ingress; bit<48> enq; bit<48> egress; bit<32> delta; bit<24> enq_depth; bit<24> deq_depth; }
struct headers_t { times_t times; }
struct meta_t { }
parser P(packet_in p, out headers_t h, inout meta_t m, inout standard_metadata_t s) {
    state start { p.extract(h.times); transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t s) {
    apply { s.egress_spec = 2; s.priority = 3; h.times.ingress = s.ingress_global_timestamp; }
}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t s) {
    apply {
        h.times.enq = (bit<48>) s.enq_timestamp; h.times.egress = s.egress_global_timestamp;
        h.times.delta = s.deq_timedelta;
        h.times.enq_depth = (bit<24>) s.enq_qdepth; h.times.deq_depth = (bit<24>) s.deq_qdepth;
    }
}
control C(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out p, in headers_t h) { apply { p.emit(h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("queue")
    (directory / "times.p4").write_text(PROGRAM)
    command = [sys.executable, "-m", "p4gate", "compile", directory / "times.p4", "-o", directory]
    subprocess.run(command, cwd=ROOT, check=True)
    return directory / "times.json"


def test_a_packet_passes_without_a_queue_and_its_stamps_are_microseconds_since_the_program_was_loaded(
    program: Path,
) -> None:
    before_load = time.monotonic_ns() // 1000
    with Engine.load(program, optimise="quick") as engine:
        loaded = time.monotonic_ns() // 1000
        stamps = []
        for _ in range(5):
            start = time.monotonic_ns() // 1000
            ((port, data),) = engine.process(1, b"\xff" * 28)
            end = time.monotonic_ns() // 1000
            assert port == 2  # whatever its priority
            ingress, enq, egress = (int.from_bytes(data[i : i + 6], "big") for i in (0, 6, 12))
            assert ingress == enq == egress
            assert data[18:28] == bytes(10)  # deq_timedelta and both depths
            # loaded at some time between before_load and loaded
            assert start - loaded - 1 <= ingress <= end - before_load + 1
            stamps.append(ingress)
            time.sleep(0.001)
        assert stamps == sorted(set(stamps))
