"""Records, random updates and random packets with the switch under sanitizers.

Oracle: AddressSanitizer and UndefinedBehaviorSanitizer, and the model besides. `scripts/fuzz records --sanitize` and
`scripts/fuzz switch --sanitize` do it for all programs; here are few, which have all that any program has.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.native import program as programs
from tests.fuzz.native.campaign import verdicts
from tests.fuzz.native.records import verdicts as record_verdicts
from tests.fuzz.sanitizers import NoSanitizers, environment

PACKETS = 60
PROGRAMS = (
    "made/copies",
    "made/foreign",
    "made/groups",
    "made/stateful",
    "ours/int_compare",
    "ours/parser_stack_next",
    "ours/stack_copy",
    "p4c/bit_shift_dynamic",
    "p4c/checksum_crc_algorithms",
    "p4c/clone_resubmit_recirculate",
    "p4c/int_add_sub_mul",
    "p4c/int_logic",
    "p4c/int_saturating",
    "p4c/log_and_assert",
    "p4c/p4info_all_kinds",
    "p4c/p4info_annotations",
    "p4c/p4runtime_group_limits",
    "p4c/parser_locals",
    "p4c/parser_stack_next",
    "p4c/table_entries_priority",
    "p4c/vxlan_gateway",
)


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


def test_a_record_over_p4runtime_is_clean(sanitized: dict[str, str]) -> None:
    """Replayed, traced, counted: the server, the workers and the two other objects of a program, too."""
    names = ["p4c/p4runtime_group_limits", "p4c/clone_resubmit_recirculate"]
    found = list(record_verdicts(names, sanitized))
    assert [f"{v['item']}: {v['kind']}\n{v['detail']}" for v in found if v["kind"] != "ok"] == []
    assert len(found) == 2 * len(names) and sum(v.get("traces", 0) for v in found) > 10


def test_the_programs_have_what_any_program_has() -> None:
    """Operations, kinds of values, matches and hashes, by p4c's JSON of all golden programs."""
    covered = set().union(*(_features(programs.load(name), "") for name in PROGRAMS))
    for name in programs.names():
        if not name.startswith("ours/"):
            assert _features(programs.load(name), "") <= covered, name


def _features(part: Any, key: str) -> set[tuple[str, str]]:
    if isinstance(part, list):
        return set().union(*(_features(value, key) for value in part))
    if not isinstance(part, dict):
        return set()
    found = {(key, f"{k} {part[k]}") for k in ("type", "match_type", "algo") if isinstance(part.get(k), str)}
    flags = ("with_counters", "support_timeout", "direct_meters", "selector", "binding", "if_cond")
    found |= {("table or array", k) for k in flags if part.get(k)}
    if isinstance(part.get("op"), str):
        found.add(("operation", part["op"]))
    return found.union(*(_features(value, k) for k, value in part.items()))
