"""Random updates and packets with the switch under sanitizers: clones, recirculation, digests, meters, all tables.

Oracle: AddressSanitizer and UndefinedBehaviorSanitizer, and the model besides. `scripts/fuzz switch --sanitize` does it
for all programs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.native import program as programs
from tests.fuzz.native.campaign import verdicts
from tests.fuzz.sanitizers import NoSanitizers, environment

PACKETS = 80
PROGRAMS = ("made/copies", "made/stateful", "made/groups", "made/foreign", "p4c/l3_router_ecmp_acl")


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    try:
        return environment(tmp_path_factory.mktemp("sanitized"))
    except NoSanitizers as reason:
        pytest.skip(str(reason))


def test_the_sanitizers_bite(sanitized: dict[str, str], tmp_path: Path) -> None:
    """Else the test below would prove nothing."""
    code = (
        "import ctypes; from pathlib import Path; from switch import build\n"
        "source = 'int f(void) { volatile int i = 3; int a[3] = {0}; return a[i]; }'\n"
        "print(ctypes.CDLL(str(build.build_code(source, '-O0', Path.cwd()))).f())"
    )
    root = Path(__file__).parents[3]
    environ = sanitized | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "stack-buffer-overflow" in done.stderr or "out of bounds" in done.stderr


def test_sanitizers_find_nothing(sanitized: dict[str, str]) -> None:
    seeds = [programs.names().index(name) for name in PROGRAMS]
    found = list(verdicts(seeds, PACKETS, "none", sanitized))
    assert [f"{v['program']}: {v['kind']}\n{v['detail']}" for v in found if v["kind"] != "ok"] == []
    assert sum(v["packets"] for v in found) > 0.9 * PACKETS * len(PROGRAMS)
