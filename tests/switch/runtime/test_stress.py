"""stress.c: a writer and two readers on each kind of table; stress_meter.c: three workers and a control thread on
meters. Under ThreadSanitizer, and under Address- and UBSanitizer. stress_ring.c: one thread at a ring's both ends.

Oracle: every entry carries a checksum and says which keys it is for; some entries are always there; what RFC 2697 and
RFC 2698 let pass at most, and by how little several workers may miss it; the sanitizers. Bounded by the number of
writes or bursts, not by time.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from runtime_library import HERE, SOURCES, build

SANITIZERS = {
    "thread": (["-fsanitize=thread"], 3000),
    "address": (["-fsanitize=address,undefined", "-fno-sanitize-recover=all"], 10_000),
}
METER_SOURCES = ["counter.c", "memory.c", "meter.c"]
METER_STRESSES = ["share", "below", "configure"]


def built(sanitizer: str, source: str, folder: Path, sources: Sequence[Path], runtime: Sequence[str]) -> Path:
    """The program with this sanitizer; skips if the C compiler has none."""
    flags, program = SANITIZERS[sanitizer][0], folder / f"{source}-{sanitizer}"
    options = ["-O1", "-g", "-march=native", "-pthread", "-DTERNARY_SMALL=256", *flags]
    try:
        build(program, [HERE / f"{source}.c", *sources], options, runtime)
    except subprocess.CalledProcessError:
        trial = program.with_suffix(".c")
        trial.write_text("int main(void) { return 0; }\n")
        if subprocess.run(["cc", *flags, str(trial), "-o", str(program)], check=False).returncode:
            pytest.skip(f"the C compiler has no {sanitizer} sanitizer")
        raise
    return program


def run(program: Path, *arguments: object) -> str:
    # ThreadSanitizer wants a layout of memory that randomisation may not leave it
    fixed_layout = ["setarch", "--addr-no-randomize"] if shutil.which("setarch") else []
    command = [*fixed_layout, str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=SANITIZERS)
def stress(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """(program, writes)"""
    return built(request.param, "stress", tmp_path_factory.mktemp("stress"), [], SOURCES), SANITIZERS[request.param][1]


@pytest.fixture(scope="module", params=SANITIZERS)
def stress_meter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """(program, bursts)"""
    folder, runtime = tmp_path_factory.mktemp("stress"), [*METER_SOURCES, "membarrier.c"]
    return built(request.param, "stress_meter", folder, [], runtime), 8 * SANITIZERS[request.param][1]


@pytest.mark.parametrize(
    "subject", ["exact", "lpm", "lpm-exact", "ternary", "ternary-range", "ternary-split", "selector"]
)
def test_readers_see_the_old_entry_or_the_new_one(stress: tuple[Path, int], subject: str) -> None:
    program, writes = stress
    assert run(program, subject, writes, 1).startswith(f"{subject}: {writes} writes, ")


@pytest.mark.parametrize("what", METER_STRESSES)
def test_workers_at_one_meter_let_pass_what_the_rfcs_do(stress_meter: tuple[Path, int], what: str) -> None:
    program, bursts = stress_meter
    assert run(program, what, bursts).startswith(f"{what}: ")


@pytest.mark.parametrize("what", METER_STRESSES)
def test_meters_without_membarrier(tmp_path: Path, what: str) -> None:
    """An old kernel or a sandbox: every execution takes the lock."""
    assert run(
        built("address", "stress_meter", tmp_path, [never_called(tmp_path, has_it=False)], METER_SOURCES), what, 25_000
    )


def test_workers_at_a_meter_that_is_off_do_not_disturb_each_other(tmp_path: Path) -> None:
    sources = [never_called(tmp_path, has_it=True)]
    assert run(built("address", "stress_meter", tmp_path, sources, METER_SOURCES), "off", 25_000)


def test_a_ring_keeps_records_of_any_length_within_its_memory(tmp_path: Path) -> None:
    assert run(built("address", "stress_ring", tmp_path, [], ["ring.c"]), 100_000).endswith(" records\n")


def never_called(folder: Path, has_it: bool) -> Path:
    """A membarrier.c that ends the program where a barrier is asked for."""
    source = folder / "never_called.c"
    source.write_text(
        f'#include "membarrier.h"\nint membarrier_prepare(void) {{ return {int(has_it)}; }}\n'
        "void membarrier_everywhere(void) { __builtin_trap(); }\n"
    )
    return source
