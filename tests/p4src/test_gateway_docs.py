"""docs/gateway.md, from which controllers are written, against the P4 sources and the P4Info made of them.

Oracle: each of the three against the other two.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from finsy.proto import p4i
from google.protobuf import text_format

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "gateway.md").read_text()


@pytest.fixture(scope="module")
def p4info(tmp_path_factory: pytest.TempPathFactory) -> p4i.P4Info:
    out = tmp_path_factory.mktemp("gateway")
    source = ROOT / "p4src" / "v1model" / "gateway.p4"
    subprocess.run([sys.executable, "-m", "p4gate", "compile", source, "-o", out], cwd=ROOT, check=True)
    return text_format.Parse((out / "gateway.p4info.txtpb").read_text(), p4i.P4Info())


def documented_reasons() -> dict[str, int]:
    section = DOCUMENT.split("## Drop reasons")[1].split("\n## ")[0]
    return {name: int(value) for value, name in re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", section, re.MULTILINE)}


def documented_tables() -> dict[str, tuple[int, dict[str, tuple[str, int]], dict[str, dict[str, int]]]]:
    """Table name -> size, keys (name -> match kind, bits), actions (name -> parameters with bits)."""
    tables = {}
    for section in DOCUMENT.split("\n### ")[1:]:
        heading = re.match(r"(\w+), size .*?(\d+)(,|$)", section.splitlines()[0])
        if heading is None:
            continue
        keys, actions = {}, {}
        for names, kind, bits in re.findall(r"^\| ([\w, ]+) \| (exact|lpm|ternary) \| (\d+) \|", section, re.MULTILINE):
            keys.update({name: (kind, int(bits)) for name in names.split(", ")})
        for line in section.split("| action |")[1].splitlines()[2:]:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > 3 and not cells[1].endswith("(miss)"):
                actions[cells[1]] = {name: int(bits) for name, bits in re.findall(r"(\w+): (\d+)", cells[2])}
        tables[heading[1]] = (int(heading[2]), keys, actions)
    return tables


def test_drop_reasons_are_documented() -> None:
    source = (ROOT / "p4src" / "include" / "drop_reasons.p4").read_text()
    declared = {name: int(value) for name, value in re.findall(r"^    ([A-Z_]+) *= (\d+)", source, re.MULTILINE)}
    assert len(declared) > 30
    assert documented_reasons() == declared


def test_drop_reasons_are_in_p4info(p4info: p4i.P4Info) -> None:
    members = p4info.type_info.serializable_enums["DropReason"].members
    assert {m.name: int.from_bytes(m.value, "big") for m in members} == documented_reasons()
    (drops,) = [c for c in p4info.counters if c.preamble.alias == "drops"]
    assert drops.size > max(documented_reasons().values())


def test_tables_are_documented(p4info: p4i.P4Info) -> None:
    actions = {a.preamble.id: a for a in p4info.actions}
    kinds = {p4i.MatchField.EXACT: "exact", p4i.MatchField.LPM: "lpm", p4i.MatchField.TERNARY: "ternary"}
    declared = {}
    for table in p4info.tables:
        keys = {field.name: (kinds[field.match_type], field.bitwidth) for field in table.match_fields}
        offered = [actions[ref.id] for ref in table.action_refs if ref.scope != p4i.ActionRef.DEFAULT_ONLY]
        params = {a.preamble.alias: {p.name: p.bitwidth for p in a.params} for a in offered}
        declared[table.preamble.alias] = (table.size, keys, params)
    assert documented_tables() == declared


def test_counters_are_documented(p4info: p4i.P4Info) -> None:
    section = DOCUMENT.split("## Counters")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| (\w+) \| (?!index)", section, re.MULTILINE))
    declared = [c.preamble.alias for c in p4info.counters] + [c.preamble.alias for c in p4info.direct_counters]
    assert documented == set(declared)


def test_sizes_can_be_set(tmp_path: Path) -> None:
    source = ROOT / "p4src" / "v1model" / "gateway.p4"
    command = [sys.executable, "-m", "p4gate", "compile", str(source), "-o", str(tmp_path), "-DMAX_VMS=1048576"]
    subprocess.run(command, cwd=ROOT, check=True)
    p4info = text_format.Parse((tmp_path / "gateway.p4info.txtpb").read_text(), p4i.P4Info())
    sizes = {table.preamble.alias: table.size for table in p4info.tables}
    assert (sizes["vm_source"], sizes["endpoint"]) == (1 << 20, (1 << 20) + 8192)
