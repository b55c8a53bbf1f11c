"""`p4gate trace` on a program: entries, packets, many of them, JSON, refusals. Oracle: the records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from google.protobuf import text_format
from scapy.utils import PcapWriter

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_file
from switch.trace_command.cli import trace_command

from .recorded import CASES

PROGRAM = CASES / "table_exact" / "table_exact.json"
WRITES = """
updates { type: INSERT entity { table_entry {
  table_id: TABLE
  match { field_id: 1 exact { value: "\\001" } }
  action { action {
    action_id: ACTION
    params { param_id: 1 value: "\\002" }
    params { param_id: 2 value: "\\276\\357" }
  } }
} } }
"""
STF = """
# entries, and packets that are passed over
add MyIngress.t hdr.h.k:1 MyIngress.set(port:2, v:0xbeef)
packet 1 0001 0000
expect 2 0001 beef
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(trace_command, [str(a) for a in arguments])


@pytest.fixture
def stf(tmp_path: Path) -> Path:
    path = tmp_path / "entries.stf"
    path.write_text(STF)
    return path


@pytest.fixture
def writes(tmp_path: Path) -> Path:
    """A WriteRequest with the ids of the recorded P4Info."""
    info = PROGRAM.with_suffix(".p4info.txtpb").read_text()
    ids = {}
    for kind, name in (("TABLE", "MyIngress.t"), ("ACTION", "MyIngress.set")):
        at = info.index(f'name: "{name}"')
        ids[kind] = info[:at].rpartition("id: ")[2].split()[0]
    text = WRITES.replace("TABLE", ids["TABLE"]).replace("ACTION", ids["ACTION"])
    path = tmp_path / "writes.txtpb"
    path.write_text(text)
    return path


def pcap(path: Path, *packets: bytes) -> Path:
    with PcapWriter(str(path), linktype=1) as writer:
        for packet in packets:
            writer.write(packet)
    return path


def test_entries_of_types_that_are_translated(tmp_path: Path) -> None:
    """As a switch takes them ("Translation of Match Fields"): a string, and a number of 32 bits for one of 9."""
    made = compile_file(Path(__file__).parents[1] / "p4runtime" / "entities.p4", Diagnostics())
    assert made is not None
    program, entries = tmp_path / "entities.json", tmp_path / "writes.txtpb"
    program.write_text(json.dumps(made.json))
    program.with_suffix(".p4info.txtpb").write_text(text_format.MessageToString(made.p4info))
    ids = {kind.preamble.alias: kind.preamble.id for kind in (*made.p4info.tables, *made.p4info.actions)}
    entries.write_text(
        f"updates {{ type: INSERT entity {{ table_entry {{ table_id: {ids['by_vrf']} "
        'match { field_id: 1 exact { value: "0" } } match { field_id: 2 optional { value: "\\000" } } priority: 1 '
        f'action {{ action {{ action_id: {ids["mark"]} params {{ param_id: 1 value: "\\007" }} }} }} }} }} }}'
    )
    shown = run(program, "--entries", entries, "--port", 1, f"04{'00' * 13}")
    assert shown.exit_code == 0, shown.output
    assert "table MyIngress.by_vrf: hit" in shown.output


def test_entries_in_stf_notation(stf: Path) -> None:
    shown = run(PROGRAM, "--entries", stf, "--port", 1, "00010000")
    assert shown.exit_code == 0, shown.output
    assert "sent to port 2: 4 bytes 0001beef" in shown.output


def test_entries_of_a_write_request(writes: Path) -> None:
    shown = run(PROGRAM, "--entries", writes, "--port", 1, "0x0001", "0000", "--json")
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["sent"] == [{"port": 2, "data": "0001beef"}]


def test_many_packets_make_a_table_and_one_of_them_a_trace(tmp_path: Path, stf: Path) -> None:
    file = pcap(tmp_path / "in.pcap", bytes.fromhex("00010000"), bytes.fromhex("00070000"), b"\0")
    arguments = [PROGRAM, "--entries", stf, "--port", 1, "--pcap", file]
    shown = run(*arguments)
    assert shown.exit_code == 0, shown.output
    head, first, second, third = shown.output.splitlines()
    assert head.split()[:2] == ["number", "bytes"]
    assert first.split()[:2] == ["1", "4"] and "sent to port 2" in first
    assert "marked by action MyIngress.drop of table MyIngress.t" in second
    assert third.split()[:2] == ["3", "1"] and "PacketTooShort" in third
    alone = run(*arguments, "-n", 2)
    assert "nearest entry 1 -> MyIngress.set(2, 0xbeef)" in alone.output
    as_json = [json.loads(line) for line in run(*arguments, "--json").stdout.splitlines()]
    assert [t["number"] for t in as_json] == [1, 2, 3]
    filtered = run(*arguments, "--filter", "miss(t) && !error!=PacketTooShort || h.k==7")
    assert [line.split()[0] for line in filtered.output.splitlines()] == ["number", "2", "3"]


def test_packets_take_effect_only_where_that_is_asked_for(tmp_path: Path) -> None:
    """register_rw: op 0 writes a register, op 1 reads it; recorded."""
    program = CASES / "register_rw" / "register_rw.json"
    file = pcap(tmp_path / "in.pcap", bytes.fromhex("01001234"), bytes.fromhex("01010000"))

    def last(*more: str) -> str:
        lines = run(program, "--port", 1, "--pcap", file, "--json", *more).stdout.splitlines()
        data: str = json.loads(lines[-1])["sent"][0]["data"]
        return data

    assert last() == "01010000"
    assert last("--carry-out") == "01011234"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "Name a program"),
        (["nowhere.json", "--port", "1", "00"], 1, "nowhere.json: there is no such program"),
        ([PROGRAM, "00"], 2, "Give --port"),
        ([PROGRAM, "--port", "1"], 2, "Give a packet"),
        ([PROGRAM, "--port", "1", "0g"], 2, "hexadecimal digits"),
        ([PROGRAM, "--port", "1", "00", "--filter", "port=="], 1, "expected a value here"),
        ([PROGRAM, "--port", "1", "00", "--filter", "h.z==1"], 1, "no field h.z"),
        ([PROGRAM, "--port", "1", "00", "--filter", "h"], 1, "no packet passed"),
        ([PROGRAM, "--port", "1", "00", "--count", "2"], 2, "give --grpc"),
        ([PROGRAM, "--port", "1", "00", "-n", "2"], 2, "--pcap"),
        ([PROGRAM.with_suffix(".p4"), "--port", "1", "00"], 1, "not JSON"),
        (["--grpc", "127.0.0.1:1", "--port", "1", "00"], 1, "127.0.0.1:1: "),
        (["--grpc", "127.0.0.1:1"], 2, "--filter or --count"),
        (["--grpc", "127.0.0.1:1", "--carry-out", "--port", "1", "00"], 2, "its own state"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: list[object], code: int, message: str) -> None:
    shown = run(*arguments)
    assert shown.exit_code == code, shown.output
    assert message in shown.output
    assert "Traceback" not in shown.output


def test_errors_in_files_name_the_file_and_the_line(tmp_path: Path) -> None:
    bad_stf, bad_writes, bad_pcap = tmp_path / "bad.stf", tmp_path / "bad.txtpb", tmp_path / "bad.pcap"
    bad_stf.write_text("add nowhere hdr.h.k:1 MyIngress.set(port:2, v:0)\n")
    bad_writes.write_text("updates { nonsense: 1 }\n")
    bad_pcap.write_bytes(b"GIF89a")
    for entries in (bad_stf, bad_writes):
        shown = run(PROGRAM, "--entries", entries, "--port", 1, "00010000")
        assert shown.exit_code == 1 and f"{entries}:1:" in shown.output
    shown = run(PROGRAM, "--port", 1, "--pcap", bad_pcap)
    assert shown.exit_code == 1 and f"{bad_pcap}: not a pcap file" in shown.output


def test_text_has_colours_on_a_terminal_only() -> None:
    """The real command, on a pseudo-terminal and on a pipe."""
    command = [sys.executable, "-m", "p4gate", "trace", str(PROGRAM), "--port", "1", "00010000"]
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    root = Path(__file__).parents[3]
    piped = subprocess.run(command, capture_output=True, check=True, env=environment, cwd=root).stdout
    ours, theirs = os.openpty()
    subprocess.run(command, stdout=theirs, check=True, env=environment, cwd=root)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 1 << 16):
            shown += piece
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    assert b"\x1b[" in shown and b"\x1b[" not in piped
    assert b"MyIngress.drop" in piped
