"""The native switch against the model: a bounded slice of `scripts/fuzz switch`, and every difference that it ever
found.

Oracle: tests/bmv2_model, which BMv2's records hold (tests/bmv2_model/test_records.py). In processes of their own: the
clock is theirs, and the switch may die.
"""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.native import program as programs
from tests.fuzz.native.campaign import PER_PROCESS, again, verdicts
from tests.fuzz.native.generate import generate

FOUND = sorted((Path(__file__).parent / "found").glob("*.json"))
PACKETS = 60
EVERY = 5
"""Every so manyth program, another one for p4c's JSON and for ours."""


def test_random_updates_and_packets_do_the_same_on_model_and_switch() -> None:
    seeds = range(0, len(programs.names()), EVERY)
    wrong, packets, updates = [], 0, 0
    for i in range(0, len(seeds), PER_PROCESS):
        for verdict in verdicts(list(seeds[i : i + PER_PROCESS]), PACKETS, "none"):
            packets += verdict["packets"]
            updates += verdict.get("updates", 0)
            if verdict["kind"] != "ok":
                wrong.append(f"seed {verdict['seed']}, {verdict['program']}: {verdict['kind']}\n{verdict['detail']}")
    assert not wrong, "\n".join(wrong)
    assert packets > len(seeds) * PACKETS * 0.9, "too many packets were not compared"
    assert updates > len(seeds) * 10


def test_what_was_found_stays_mended() -> None:
    assert FOUND, "the kept cases are gone"
    answers = again(FOUND)
    assert [f"{a['path']}: {a['kind']}\n{a['detail']}" for a in answers if a["kind"] != "ok"] == []
    assert len(answers) == len(FOUND)


def test_the_same_case_for_the_same_seed() -> None:
    assert generate(3, "p4c/table_lpm", 20) == generate(3, "p4c/table_lpm", 20) != generate(4, "p4c/table_lpm", 20)
