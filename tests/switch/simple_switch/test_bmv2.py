"""switch.bmv2 drives a simple_switch_grpc as an Engine: the real one if it is on the PATH, and p4gate-switch under its
name, which proves that the options are the same. Oracle: the Engine, with the same program, entries and packets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from finsy.proto import p4r
from golden.replay import CASES
from shim import NAME, ROOT, compile_program, environment, install

from switch import errors
from switch.bmv2 import Bmv2, NotInstalled
from switch.engine import Engine
from switch.values import Action, CloneSession, Entry, Exact, Lpm, Range, Replica, Ternary

CASE = CASES / "table_exact"


@pytest.fixture(params=["p4gate-switch", "real"])
def on_path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "p4gate-switch":
        install(tmp_path)
        monkeypatch.setenv("PATH", environment(tmp_path)["PATH"])
    elif shutil.which(NAME) is None:
        pytest.skip(f"no {NAME} on the PATH")


@pytest.fixture
def both(on_path: None) -> Iterator[tuple[Bmv2, Engine]]:
    with (
        Bmv2.load(CASE / "table_exact.json", CASE / "table_exact.p4info.txtpb") as bmv2,
        Engine.load(CASE / "table_exact.json", optimise="quick") as engine,
    ):
        yield bmv2, engine


def packet(key: int) -> bytes:
    return key.to_bytes(2, "big") + bytes(30)


def entry(key: int, port: int, value: int) -> Entry:
    return Entry((Exact(key),), Action("MyIngress.set", (port, value)))


def test_the_same_entries_and_packets_give_the_same(both: tuple[Bmv2, Engine]) -> None:
    for switch in both:
        switch.insert("MyIngress.t", entry(5, 7, 0xAAAA))
        switch.insert("MyIngress.t", entry(6, 8, 0xBBBB))
        switch.modify("MyIngress.t", entry(6, 9, 0xCCCC))
        switch.insert("MyIngress.t", entry(7, 1, 1))
        switch.delete("MyIngress.t", (Exact(7),))
        results = switch.write_many("MyIngress.t", [("insert", entry(10, 1, 1)), ("insert", entry(5, 1, 1))])
        assert [type(result) for result in results] == [type(None), errors.AlreadyExists]
    bmv2, engine = both
    for key in (5, 6, 7, 10, 11):
        assert bmv2.process(1, packet(key)) == engine.process(1, packet(key)), key
    assert set(bmv2.entries("MyIngress.t")) == set(engine.entries("MyIngress.t"))
    for switch in both:
        switch.set_default("MyIngress.t", Action("MyIngress.set", (3, 0xDDDD)))
        assert [out for out, _ in switch.process(1, packet(7))] == [3]
        switch.set_default("MyIngress.t", None)
        assert switch.process(1, packet(7)) == []


def test_errors_are_the_engines(both: tuple[Bmv2, Engine]) -> None:
    for switch in both:
        switch.insert("MyIngress.t", entry(5, 7, 1))
        with pytest.raises(errors.AlreadyExists):
            switch.insert("MyIngress.t", entry(5, 7, 1))
        with pytest.raises(errors.NotFound):
            switch.delete("MyIngress.t", (Exact(6),))
        with pytest.raises(errors.NotFound, match="nosuch"):
            switch.insert("nosuch", entry(5, 7, 1))
        for number in range(100, 115):
            switch.insert("MyIngress.t", entry(number, 1, 1))
        with pytest.raises(errors.Full):
            switch.insert("MyIngress.t", entry(200, 1, 1))


def test_tables_are_described_alike(both: tuple[Bmv2, Engine]) -> None:
    (ours,), (theirs,) = both[1].tables(), both[0].tables()
    assert (ours.name, ours.match_kinds, ours.match_widths) == (theirs.name, theirs.match_kinds, theirs.match_widths)
    assert set(ours.actions) == set(theirs.actions)


def test_groups_sessions_lpm_and_ternary_reach_it(on_path: None) -> None:
    """Programs of the recorded cases; what must come out is the Engine's."""
    name = "multicast"
    with (
        Bmv2.load(CASES / name / f"{name}.json", CASES / name / f"{name}.p4info.txtpb") as bmv2,
        Engine.load(CASES / name / f"{name}.json", optimise="quick") as engine,
    ):
        for switch in (bmv2, engine):
            switch.set_multicast_group(1, [Replica(1, 1)])
            switch.set_multicast_group(1, [Replica(4, 2), Replica(5, 3)])
            switch.set_clone_session(3, CloneSession((Replica(2),)))
            switch.set_clone_session(3, None)
        for data in (bytes(40), b"\x00\x01" * 20, b"\xff" * 40):
            assert sorted(bmv2.process(1, data)) == sorted(engine.process(1, data))
    name = "lpm_and_ternary_many"
    with Bmv2.load(CASES / name / f"{name}.json", CASES / name / f"{name}.p4info.txtpb") as bmv2:
        for table in bmv2.tables():
            action = next(a for a in table.actions if a != "NoAction")
            kinds = {"lpm": Lpm(0, 0), "ternary": Ternary(1, 1), "exact": Exact(1), "range": Range(0, 1)}
            match = tuple(kinds[kind] for kind in table.match_kinds)
            count = next(len(a.params) for a in bmv2._schema.actions.values() if a.name == action)
            wanted = Entry(match, Action(action, (1,) * count), 5 if {"ternary", "range"} & {*table.match_kinds} else 0)
            bmv2.insert(table.name, wanted)
            assert list(bmv2.entries(table.name)) == [wanted]


def test_backups_and_classes_of_service_are_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """BMv2 has neither, and answers for itself; p4gate-switch has both."""
    install(tmp_path)
    monkeypatch.setenv("PATH", environment(tmp_path)["PATH"])
    name = "multicast"
    with Bmv2.load(CASES / name / f"{name}.json", CASES / name / f"{name}.p4info.txtpb") as bmv2:
        bmv2.set_clone_session(3, CloneSession((Replica(2, 1, (Replica(4, 5),)),), truncate=60, priority=7))
        request = p4r.Entity()
        request.packet_replication_engine_entry.clone_session_entry.session_id = 3
        [found] = bmv2._client.read([request])
        session = found.packet_replication_engine_entry.clone_session_entry
        assert (session.packet_length_bytes, session.class_of_service) == (60, 7)
        assert [(b.port, b.instance) for b in session.replicas[0].backup_replicas] == [(b"\x04", 5)]


def test_without_it_one_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalled, match=f"{NAME} is not on the PATH"):
        Bmv2.load(CASE / "table_exact.json", CASE / "table_exact.p4info.txtpb")


def test_one_that_does_not_start_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = install(tmp_path)
    path.write_text("#!/bin/sh\necho first; echo no luck today; exit 3\n")
    monkeypatch.setenv("PATH", environment(tmp_path)["PATH"])
    with pytest.raises(errors.EngineError, match=r"exit status 3.*no luck today"):
        Bmv2.load(CASE / "table_exact.json", CASE / "table_exact.p4info.txtpb")


def test_a_program_that_it_refuses_is_an_error_and_leaves_no_process(on_path: None) -> None:
    with pytest.raises(errors.EngineError):
        Bmv2.load(b"{}", CASE / "table_exact.p4info.txtpb")


@pytest.mark.parametrize("option", [["--target", "bmv2"], ["--compiler", "p4c"]])
def test_the_ptf_runner_says_in_one_line_what_is_not_on_the_path(option: list[str], tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "ptf_tests" / "run.py"), *option, "arp"]
    done = subprocess.run(
        command, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "is not on the PATH" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_programs_of_these_tests_run_on_it(on_path: None, tmp_path: Path) -> None:
    json, info = compile_program(tmp_path)
    with Bmv2.load(json, info, cpu_port=255) as bmv2:
        frame = b"\x02" * 12 + b"\x88\xb5" + bytes(46)
        assert bmv2.process(1, frame) == [(2, frame)]
