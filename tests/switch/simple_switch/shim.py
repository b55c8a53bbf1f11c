"""p4gate-switch under the name simple_switch_grpc, for a PATH; and a program that needs no entries."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NAME = "simple_switch_grpc"

# Ports 1 and 2 are joined; what ends in 0xff goes to the CPU with its port, what has a table entry where that says.
PROGRAM = """
#include <core.p4>
#include <v1model.p4>
header ethernet_t { bit<48> dst; bit<48> src; bit<16> type; }
@controller_header("packet_in") header packet_in_t { bit<9> port; bit<7> pad; }
@controller_header("packet_out") header packet_out_t { bit<9> port; bit<7> pad; }
struct headers_t { packet_in_t to_cpu; packet_out_t from_cpu; ethernet_t ethernet; }
struct meta_t { }
parser P(packet_in p, out headers_t h, inout meta_t m, inout standard_metadata_t s) {
    state start { transition select(s.ingress_port) { 255: from_cpu; default: ethernet; } }
    state from_cpu { p.extract(h.from_cpu); transition ethernet; }
    state ethernet { p.extract(h.ethernet); transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t s) {
    action to(bit<9> port) { s.egress_spec = port; }
    table there { key = { h.ethernet.dst: exact; } actions = { to; NoAction; } default_action = NoAction(); }
    apply {
        s.egress_spec = s.ingress_port ^ 3;
        if (h.from_cpu.isValid()) { s.egress_spec = h.from_cpu.port; h.from_cpu.setInvalid(); }
        else if (h.ethernet.src == 0xff) {
            s.egress_spec = 255; h.to_cpu.setValid(); h.to_cpu.port = s.ingress_port;
        }
        there.apply();
    }
}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t s) { apply { } }
control C(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out p, in headers_t h) { apply { p.emit(h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def install(directory: Path) -> Path:
    """The executable; `python -m switch.simple_switch_cli` is what the console script p4gate-switch calls."""
    path = directory / NAME
    path.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m switch.simple_switch_cli "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def environment(directory: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}


def compile_program(directory: Path) -> tuple[Path, Path]:
    """JSON and P4Info of PROGRAM."""
    source = directory / "joined.p4"
    source.write_text(PROGRAM)
    subprocess.run([sys.executable, "-m", "p4gate", "compile", source, "-o", directory], cwd=ROOT, check=True)
    return directory / "joined.json", directory / "joined.p4info.txtpb"
