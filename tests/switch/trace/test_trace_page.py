"""docs/trace.md shows what the commands print, and names every key of the JSON. Oracle: the commands, run here."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from switch.trace import to_json

from .recorded import Recorded

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "trace.md").read_text()


def examples() -> list[tuple[str, list[str]]]:
    """(command, lines it prints) of the blocks that begin with $."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"(?:^    .*\n|^\n(?=    [^$ ]))+", PAGE, re.M):
        for line in block.splitlines():
            if line.startswith("    $ "):
                found.append((line[6:], []))
            elif found and block.lstrip().startswith("$ "):
                found[-1][1].append(line[4:])
    return found


def test_the_page_shows_what_the_commands_print(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = examples()
    assert len(commands) >= 5
    for command, expected in commands:
        words = shlex.split(command)
        assert words[0] == "p4gate"
        done = subprocess.run(
            [sys.executable, str(ROOT / "p4gate.py"), *words[1:]],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert [line.rstrip() for line in done.stdout.splitlines()] == expected, command


def test_the_page_names_every_key() -> None:
    keys: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            keys.update(k for k in value if re.fullmatch(r"[a-z_]+", k))
            for k, inner in value.items():
                if k not in ("fields", "values"):  # names of the program's
                    collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    for name in ("l3_router_ecmp_acl", "clone_resubmit_recirculate", "register_rw", "meter_direct", "digest"):
        with Recorded(name) as recorded:
            for _, trace in recorded.traces():
                collect(to_json(trace))
    assert len(keys) > 60
    missing = {key for key in keys if not re.search(rf"`[^`]*\b{key}\b[^`]*`", PAGE)}
    assert not missing
