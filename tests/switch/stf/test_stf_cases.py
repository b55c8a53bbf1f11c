"""Our packet tests in cases/, on the recorded programs of their names. Oracle: the golden records, from which they are.

The JSON is p4c's: what is tested here is the reader and the runner, not the compiler.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.engine import Engine
from switch.stf.reader import read_stf
from switch.stf.runner import Outcome, run_stf

CASES = Path(__file__).parent / "cases"
PROGRAMS = Path(__file__).parents[2] / "golden" / "v1model"


def run(name: str, text: str, trace: bool = False) -> Outcome:
    with Engine.load(PROGRAMS / name / f"{name}.json", optimise="quick") as engine:
        return run_stf(read_stf(text, f"{name}.stf"), engine, trace)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.stf")), ids=lambda path: path.stem)
def test_case_passes(path: Path) -> None:
    outcome = run(path.stem, path.read_text())
    assert outcome.failures == []
    assert outcome.packets >= 3


def test_what_was_read_is_told() -> None:
    said = run("register_rw", (CASES / "register_rw.stf").read_text()).said
    assert [text for _, text in said] == ["MyIngress.r16[3]: 48879"]


# ---- a file that is wrong about the program fails, at the right line

# Line 1 of each; after it the packet 0001 0000 04 leaves by port 9 as 0001 0203 04.
ENTRY = "add t hdr.h.k:1 set(port:9, v:0x0203)\n"
FAILING: dict[str, tuple[str, int, str]] = {
    "longer than the packet": ("packet 1 0001000004\nexpect 9 000102030405\n", 3, "too short"),
    "a byte that differs": ("packet 1 0001000004\nexpect 9 0001**ff\n", 3, "byte 3 differs"),
    "more than the end": ("packet 1 0001000004\nexpect 9 00010203$\n", 3, "too long"),
    "no such packet": ("packet 1 0001000004\nexpect 9 0*\nexpect 9\n", 4, "no such packet came"),
    "a packet too many": ("packet 9 0001000004\n", 2, "came out of port 9 unexpectedly"),
    "expected to be dropped": ("packet 1 0001000004\nexpect 9\nno_packet\n", 4, "expected no packet"),
    "no packet before": ("no_packet\n", 2, "no packet has been sent"),
    "no such table": ("add nowhere k:1 set()\n", 2, "no table nowhere"),
    "no such key": ("add t nokey:1 drop()\n", 2, "has no key nokey"),
    "no such action": ("add t k:2 nothing()\n", 2, "no action of table MyIngress.t called nothing"),
    "no such parameter": ("add t k:2 set(q:1)\n", 2, "has no parameter q"),
    "a missing parameter": ("add t k:2 set(port:1)\n", 2, "no value for v"),
    "a key too wide": ("add t k:0x10000 drop()\n", 2, "more than 16 bits"),
    "an argument too wide": ("add t k:2 set(port:512, v:0)\n", 2, "more than 9 bits"),
    "added twice": ("add t k:1 drop()\n", 2, "exists already"),
    "a wildcard in an exact key": ("add t k:0x1* drop()\n", 2, "no plain value"),
    "no such counter": ("check_counter c(0) packets == 1\n", 2, "no counter c"),
    "no such session": ("mirroring_get 5\n", 2, "no mirroring session 5"),
    "no such node": ("mc_mgrp_create 1\nmc_node_associate 1 0\n", 3, "no multicast node 0"),
    "no such group": ("mc_node_create 1 1\nmc_node_associate 1 0\n", 3, "no multicast group 1"),
}


@pytest.mark.parametrize("name", FAILING)
def test_difference_is_reported(name: str) -> None:
    text, line, words = FAILING[name]
    failures = run("table_exact", ENTRY + text).failures
    assert [(f.line, words in f.message) for f in failures] == [(line, True)], failures


def test_only_named_ports_are_looked_at() -> None:
    """Real simple_switch has only the ports that its test names: what leaves by others is lost."""
    outcome = run("table_exact", ENTRY + "packet 1 0001000004\n")
    assert outcome.failures == []
    assert outcome.unseen == [(2, 9, bytes.fromhex("0001020304"))]


def test_trace_is_kept_by_line() -> None:
    outcome = run("table_exact", ENTRY + "packet 1 0001000004\nexpect 9 ff\n", trace=True)
    assert outcome.failures[0].packets == (2,)
    assert "MyIngress.t" in outcome.traces[2]


def test_remove_all_empties_the_tables() -> None:
    assert run("table_exact", ENTRY + "remove all\npacket 1 0001000004\nno_packet\n").failures == []
