"""The wire benchmark measures what it says; no figure of it is asserted. Oracle: the kernel's counters, and that the
forwarder without pipeline and the switch are measured on ports of both kinds.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from veths import frame, raw_socket, veths

from switch.benchmark import wire
from switch.benchmark.generator import Generator

ROOT = Path(__file__).resolve().parents[3]
JSON = ROOT / "tests" / "golden" / "v1model" / "metadata_values" / "metadata_values.json"
PACKET = bytes.fromhex("01" + "00" * 14) + bytes(60)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and raw packets need root")


def test_a_generator_sends_its_packets_round_and_round() -> None:
    packets = [frame(1), frame(2, 100), frame(3, 1500)]
    with veths([1]) as place, raw_socket(place, "far1") as far:
        with Generator(place, "near1", packets) as generator:
            assert generator.kind == "AF_XDP"
            assert generator.send(7) == 7
        assert [far.recv(2000) for _ in range(7)] == [packets[i % 3] for i in range(7)]


def test_both_kinds_of_port_are_measured_with_and_without_a_pipeline() -> None:
    result = wire.measure(JSON, lambda engine: None, [(7, PACKET)], seconds=0.2)
    for turns in (*result.bare.values(), *result.switch.values()):
        assert len(turns) == wire.TURNS
        for turn in turns:
            assert turn.mpps > 0
            assert turn.offered_mpps > 0
            assert turn.packet_ns > 0
    assert result.bmv2_mpps == []
    assert {name for name, _, _ in result.rows()} >= {"wire, quickest switch / quickest without pipeline"}
