"""What p4src/ compiles to is what the controller fills. Oracle: gateway_info.py, by hand from the docs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from finsy.proto import p4i
from gateway_info import COUNTERS, DROP_REASONS, TABLES

from controller.p4runtime.bind import bind
from controller.p4runtime.pipeline import Pipeline, load_pipeline

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    out = tmp_path_factory.mktemp("build")
    command = [sys.executable, "-m", "p4gate", "compile", "p4src/v1model/gateway.p4", "-o", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return load_pipeline(out)


def test_it_has_all_that_the_controller_asks_for(compiled: Pipeline) -> None:
    bound = bind(compiled.info)
    assert set(bound.codecs) == {path.split(".")[-1] for path in TABLES}
    assert bound.sizes == {path.split(".")[-1]: size for path, (size, _, _) in TABLES.items()}
    assert bound.tenant_ids == 4096
    assert DROP_REASONS.items() <= bound.drop_reasons.items()


def test_the_fake_switch_runs_the_same_tables(compiled: Pipeline) -> None:
    by_alias: dict[str, p4i.Table] = {table.preamble.alias: table for table in compiled.info.tables}
    actions = {action.preamble.id: action for action in compiled.info.actions}
    for path, (size, keys, wanted) in TABLES.items():
        table = by_alias[path.split(".")[-1]]
        assert table.size == size
        kind: Any = p4i.MatchField.MatchType
        assert [(f.name, kind.Name(f.match_type), f.bitwidth) for f in table.match_fields] == keys
        found = {
            actions[ref.id].preamble.name.split(".")[-1]: [(p.name, p.bitwidth) for p in actions[ref.id].params]
            for ref in table.action_refs
            if ref.scope != p4i.ActionRef.DEFAULT_ONLY
        }
        assert found == wanted
    sizes = {counter.preamble.alias: counter.size for counter in compiled.info.counters}
    assert sizes == {path.split(".")[-1]: size for path, size in COUNTERS.items()}
