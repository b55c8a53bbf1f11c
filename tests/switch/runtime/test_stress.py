"""stress.c: a writer and two readers on each kind of table, under ThreadSanitizer, and under Address- and UBSanitizer.

Oracle: every entry carries a checksum and says which keys it is for; some entries are always there; the sanitizers.
Bounded by the number of writes, not by time.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from runtime_library import HERE, build

SANITIZERS = {
    "thread": (["-fsanitize=thread"], 3000),
    "address": (["-fsanitize=address,undefined", "-fno-sanitize-recover=all"], 10_000),
}


@pytest.fixture(scope="module", params=SANITIZERS)
def stress(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """(program, writes)"""
    flags, writes = SANITIZERS[request.param]
    program = tmp_path_factory.mktemp("stress") / f"stress-{request.param}"
    try:
        build(program, [HERE / "stress.c"], ["-O1", "-g", "-march=native", "-pthread", "-DTERNARY_SMALL=256", *flags])
    except subprocess.CalledProcessError:
        trial = program.with_suffix(".c")
        trial.write_text("int main(void) { return 0; }\n")
        if subprocess.run(["cc", *flags, str(trial), "-o", str(program)], check=False).returncode:
            pytest.skip(f"the C compiler has no {request.param} sanitizer")
        raise
    return program, writes


@pytest.mark.parametrize(
    "subject", ["exact", "lpm", "lpm-exact", "ternary", "ternary-range", "ternary-split", "selector"]
)
def test_readers_see_the_old_entry_or_the_new_one(stress: tuple[Path, int], subject: str) -> None:
    program, writes = stress
    # ThreadSanitizer wants a layout of memory that randomisation may not leave it
    fixed_layout = ["setarch", "--addr-no-randomize"] if shutil.which("setarch") else []
    command = [*fixed_layout, str(program), subject, str(writes), "1"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith(f"{subject}: {writes} writes, ")
