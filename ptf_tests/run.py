#!/usr/bin/env python3
"""Compile the gateway, start a switch, run the PTF tests against it: `python ptf_tests/run.py --platform nn`.

Exit code 0 if every test passed and at least one ran. Tests are named as PTF names them (`arp`, `acl.DenyBySource`).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", choices=("nn", "veth"), default="nn", help="veth needs root")
    parser.add_argument("--target", choices=target.SWITCHES, default="p4gate", help="the switch under test")
    parser.add_argument("--compiler", choices=target.COMPILERS, default="p4gate", help="what compiles the gateway")
    parser.add_argument("tests", nargs="*", help="groups or tests; all if none is named")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="p4gate-ptf-") as name:
        directory = Path(name)
        pipeline = target.COMPILERS[options.compiler](directory)
        wiring = target.veth_ports() if options.platform == "veth" else target.nn_ports(directory)
        with target.SWITCHES[options.target](wiring, directory) as grpc_address:
            passed = run_ptf(wiring, pipeline, grpc_address, directory, options.tests)
        if not passed:
            print("the end of the switch's log:\n" + (directory / "switch.log").read_text()[-4000:], file=sys.stderr)
    return 0 if passed else 1


def run_ptf(
    wiring: target.Wiring, pipeline: target.Pipeline, grpc_address: str, directory: Path, tests: list[str]
) -> bool:
    """Run PTF and show what it says. True if all tests passed, and there were some."""
    parameters = f"grpc='{grpc_address}';p4info='{pipeline.p4info}';config='{pipeline.config}'"
    command = [sys.executable, str(Path(sys.executable).with_name("ptf"))]
    command += ["--test-dir", str(Path(__file__).parent), "--test-params", parameters, "--allow-user"]
    command += ["--log-file", str(directory / "ptf.log"), "--debug", "warning", *wiring.ptf, *tests]
    ran = 0
    # PTF runs in the temporary directory: it leaves a capture and a log where it stands.
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        if found := re.match(r"Ran (\d+) test", line):
            ran = int(found[1])
    return process.wait() == 0 and ran > 0


if __name__ == "__main__":
    sys.exit(main())
