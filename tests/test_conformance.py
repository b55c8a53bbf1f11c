"""scripts/conformance over a small folder of samples. Oracle: what each sample was made to be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tests" / "golden" / "v1model" / "table_exact" / "table_exact.p4"
PASSES = "packet 1 0001000004\nno_packet\n"
FAILS = "packet 1 0001000004\nexpect 1\n"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    good = PROGRAM.read_text()
    package = good[good.index("V1Switch(") :]
    files = {
        "samples/good.p4": good,
        "samples/good.stf": PASSES,
        "samples/differs.p4": good,
        "samples/differs.stf": FAILS,
        "samples/broken.p4": good.replace("t.apply()", "u.apply()"),
        "samples/broken.stf": PASSES,
        "samples/in_two_files.p4": '#include "body.inc"\n',
        "samples/body.inc": good,
        "samples/other_architecture.p4": good.replace("V1Switch(", "PSA_Switch("),
        "samples/only_mentioned.p4": f"// {package}",
        "samples_errors/refused.p4": good.replace("t.apply()", "u.apply()"),
        "samples_errors/accepted.p4": good,
        "p4_14_samples_outputs/old.p4": good,
        "p4_14_samples_outputs/old-midend.p4": good,
        "p4_14_samples/deeper/old.stf": PASSES,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def conformance(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "conformance.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_counts_and_misses(samples: Path) -> None:
    done = conformance(samples, "--json")
    assert done.returncode == 1, done.stderr
    found = {Path(r["program"]).name: r for r in json.loads(done.stdout)}
    verdicts = {name: (r["outcome"], r["expected"]) for name, r in found.items()}
    assert verdicts == {
        "good.p4": ("compiled", "compiled"),
        "differs.p4": ("compiled", "compiled"),
        "broken.p4": ("refused", "compiled"),
        "in_two_files.p4": ("compiled", "compiled"),
        "refused.p4": ("refused", "refused"),
        "accepted.p4": ("compiled", "refused"),
        "old.p4": ("compiled", "compiled"),
    }
    tests = {
        name: {k: v.split(":")[0:2] if v else "passed" for k, v in r["tests"].items()} for name, r in found.items()
    }
    assert tests["good.p4"] == {"good.stf": "passed"}
    assert tests["differs.p4"] == {"differs.stf": ["differs.stf", "2"]}
    assert tests["broken.p4"]["broken.stf"][0] == "the program does not compile"
    assert tests["old.p4"] == {"old.stf": "passed"}


def test_what_is_printed(samples: Path) -> None:
    done = conformance(samples, "--program", "samples/good*", "--program", "broken.p4", "--jobs", 1)
    assert done.returncode == 1
    assert "refused, expected: compiled (1)" in done.stdout
    assert "packet tests that fail (1)" in done.stdout
    assert conformance(samples, "--program", "good.p4").returncode == 0
    assert "matches" in conformance(samples, "--program", "nothing*").stderr


def test_another_compiler_decides(samples: Path, tmp_path: Path) -> None:
    """--p4c: called as p4c-bm2-ss is; this one refuses everything."""
    compiler = tmp_path / "p4c"
    compiler.write_text("#!/bin/sh\nexit 1\n")
    compiler.chmod(0o755)
    done = conformance(samples, "--program", "good.p4", "--p4c", compiler, "--json")
    assert [(r["outcome"], r["expected"]) for r in json.loads(done.stdout)] == [("compiled", "refused")]
