"""The evaluator itself. Oracle: the recorded packets of BMv2, with what is right where BMv2 or p4c falls short."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fuzz.evaluator import Pipeline, Undefined
from tests.fuzz.evaluator.program import Declarations
from tests.fuzz.evaluator.values import Scalar
from tests.fuzz.reading import read_syntax

GOLDEN = Path(__file__).parents[1] / "golden"
EXCEPTIONS = yaml.safe_load((GOLDEN / "exceptions.yaml").read_text())
PROGRAMS = sorted(path for path in (GOLDEN / "v1model").iterdir() if path.is_dir())
BEYOND = {
    # externs, and things of the switch, that generated programs do not use
    "checksum_crc_algorithms", "checksum_l4_update_payload", "checksum_l4_verify_payload", "clone_i2e",
    "counter_indirect", "digest", "egress_cpu_and_drop_ports", "generic_functions", "hash_algorithms",
    "hash_base_max", "hash_narrow_result", "hash_one_field", "l3_router_ecmp_acl", "meter_direct", "meter_indirect",
    "multicast", "packet_in_out", "random_bounds", "recirculate", "register_per_flow", "truncate", "vxlan_gateway",
    # implicit casts of an int by what stands beside it in the same conditional expression
    "constants_folding", "parser_union", "stack_push_pop",
}  # fmt: skip


def recorded(case: Path) -> list[tuple[int, bytes, list[dict[str, Any]]]]:
    """The packets that are sent before the control plane writes anything, with what leaves."""
    steps = yaml.safe_load((case / "steps.yaml").read_text())
    right = {e["step"]: e for e in EXCEPTIONS.get(case.name, ())}
    packets = []
    for number, step in enumerate(steps):
        if "packet" not in step:
            break
        expect = right.get(number, {}).get("expect", step.get("expect", []))
        packets.append((step["packet"]["port"], bytes.fromhex(step["packet"]["hex"]), expect))
    return packets


@pytest.mark.parametrize("part", range(4))
def test_it_agrees_with_the_recorded_packets(part: int) -> None:
    sys.setrecursionlimit(10_000)
    compared = 0
    for case in PROGRAMS[part::4]:
        packets = recorded(case)
        if case.name in BEYOND or not packets:
            continue
        pipeline = Pipeline(read_syntax((case / f"{case.name}.p4").read_text()))
        for port, data, expect in packets:
            try:
                got = pipeline.process(port, data)
            except Undefined:
                continue
            agree = all(g.agrees(e["port"], bytes.fromhex(e["hex"])) for g, e in zip(got, expect, strict=False))
            assert len(got) == len(expect) and agree, f"{case.name}: {data.hex()} gives {got}, not {expect}"
            compared += 1
    assert compared > 50


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(8w200 + 8w100)", 44),
        ("(8w200 |+| 8w100)", 255),
        ("(8w3 |-| 8w5)", 0),
        ("(bit<8>) (8s100 |+| 8s100)", 127),
        ("(bit<8>) ((int<8>) (-128) >> 3)", 0xF0),
        ("(8w0x81 >> 9)", 0),
        ("(8w0x81 << 1)", 2),
        ("(4w0xA ++ 4w0x5)", 0xA5),
        ("(16w0x1234)[11:4]", 0x23),
        ("(bit<8>) (int<8>) (int<4>) (4w0x9)", 0xF9),
        ("((int<8>) (-1) < 8s1 ? 8w1 : 8w2)", 1),
        ("(8w255 < 8w1 ? 8w1 : 8w2)", 2),
        ("(3 - 8w5)", 254),
        ("(8w7 & 3 | 8)", 11),
    ],
)
def test_operators(expression: str, value: int) -> None:
    """Results by hand, from §8.7 to §8.12."""
    tree = read_syntax(f"const bit<8> x = {expression};")
    constant = Declarations(tree).globals.find("x")
    assert isinstance(constant, Scalar)
    assert constant.value == value
