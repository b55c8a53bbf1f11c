"""`p4gate top`: rates from snapshots (oracle: written out by hand) and on a running switch (oracle: what was sent)."""

from __future__ import annotations

import json
import struct
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pynng
import pytest
from click.testing import CliRunner
from golden.switch_thread import SwitchThread
from rich.console import Console

from switch.top.cli import top_command
from switch.top.lines import lines, short
from switch.top.rates import rates
from switch.top.view import view

COUNTERS = (
    "received",
    "received_bytes",
    "receive_drops",
    "receive_errors",
    "sent",
    "sent_bytes",
    "send_drops",
    "send_errors",
)


def snapshot(time_s: float, *, received: int, hits: int, misses: int, dropped: int, idle_s: float) -> dict[str, Any]:
    counters = dict.fromkeys(COUNTERS, 0) | {"received": received, "received_bytes": 100 * received}
    return {
        "time_ns": int(time_s * 1e9),
        "program": "router.p4",
        "counting": True,
        "ports": [{"port": 1, "interface": "veth0", "enabled": True, "running": True, "counters": counters}],
        "workers": [{"worker": 0, "idle_ns": int(idle_s * 1e9)}],
        "p4runtime": {"updates": 10 * received, "failed": 0},
        "drops": {"by the program in ingress": dropped},
        "drops_by_action": {"drop": dropped},
        "tables": [{"table": "t", "entries": 3, "size": 16, "hits": hits, "misses": misses}],
    }


BEFORE = snapshot(10, received=100, hits=10, misses=10, dropped=5, idle_s=4)


def test_rates_are_differences_over_time() -> None:
    after = snapshot(12, received=300, hits=40, misses=20, dropped=25, idle_s=5.5)
    found = rates(BEFORE, after)
    assert found["seconds"] == 2
    assert found["ports"][0]["in"]["packets_per_second"] == 100
    assert found["ports"][0]["in"]["bits_per_second"] == 80_000
    assert found["ports"][0]["state"] == "up"
    assert found["tables"][0] | {"table": "t"} == found["tables"][0]
    assert (found["tables"][0]["lookups_per_second"], found["tables"][0]["hit_ratio"]) == (20, 0.75)
    assert found["drops"] == [
        {"reason": "by the program in ingress", "total": 25, "per_second": 10},
        {"action": "drop", "total": 25, "per_second": 10},
    ]
    assert found["workers"] == [{"worker": 0, "load": 0.25}]
    assert found["p4runtime"] == {"updates_per_second": 1000, "failed_per_second": 0}


def test_a_counter_that_began_anew_is_not_negative() -> None:
    found = rates(BEFORE, snapshot(11, received=30, hits=1, misses=1, dropped=0, idle_s=0.5))
    assert found["ports"][0]["in"]["packets_per_second"] == 30
    assert found["tables"][0]["lookups_per_second"] == 2
    assert found["workers"][0]["load"] == 0.5


def test_without_counting_tables_have_no_rates() -> None:
    after = snapshot(11, received=30, hits=1, misses=1, dropped=0, idle_s=0.5) | {"counting": False}
    [table] = rates(BEFORE, after)["tables"]
    assert table["lookups_per_second"] is None and table["hit_ratio"] is None
    assert any("not counted yet" in line for line in lines(rates(BEFORE, after)))


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 "), (7, "7 "), (1234, "1.23 k"), (25e6, "25 M"), (9.99e9, "9.99 G")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text


def test_the_terminal_shows_ports_tables_and_drops() -> None:
    after = snapshot(12, received=300, hits=40, misses=20, dropped=25, idle_s=5.5)
    out = StringIO()
    Console(file=out, width=120).print(view("127.0.0.1:9559", rates(BEFORE, after)))
    shown = out.getvalue()
    for piece in ("router.p4", "1 veth0", "100", "75.0 %", "by action drop", "25 %"):
        assert piece in shown


def test_once_measures_a_running_switch(switch: SwitchThread, tmp_path: Path) -> None:
    address = f"ipc://{tmp_path}/top.ipc"
    switch.plane.add_nn(address)
    stop = threading.Event()
    with pynng.Pair0(send_timeout=20_000) as peer:
        peer.dial(address)
        peer.send(struct.pack("<iii", 0, 5, 0))

        def traffic() -> None:
            while not stop.wait(0.01):
                for key in (1, 1, 1, 9):
                    peer.send(struct.pack("<iii", 3, 5, 4) + struct.pack(">HH", key, 0))

        sender = threading.Thread(target=traffic)
        sender.start()
        try:
            arguments = ["--grpc", switch.address, "--once", "--interval", "1"]
            as_json = CliRunner().invoke(top_command, [*arguments, "--json"])
            as_lines = CliRunner().invoke(top_command, arguments)
        finally:
            stop.set()
            sender.join()
    assert as_json.exit_code == 0, as_json.output
    found = json.loads(as_json.stdout)
    [port] = [p for p in found["ports"] if p["port"] == 5]
    assert port["in"]["packets_per_second"] > 0
    [table] = found["tables"]
    assert table["table"] == "MyIngress.t" and table["lookups_per_second"] > 0
    assert 0.6 < table["hit_ratio"] < 0.9
    assert any(d.get("action") == "MyIngress.drop" and d["per_second"] > 0 for d in found["drops"])
    assert as_lines.exit_code == 0 and "table MyIngress.t: 1/16 entries" in as_lines.stdout


def test_no_switch_is_one_line() -> None:
    shown = CliRunner().invoke(top_command, ["--grpc", "127.0.0.1:1", "--once"])
    assert shown.exit_code == 1 and len(shown.output.strip().splitlines()) == 1
    for said in ("127.0.0.1:1: no switch answers there", "`p4gate switch`", "--grpc HOST:PORT"):  # what, and what next
        assert said in shown.output
