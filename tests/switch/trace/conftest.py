"""A running switch with a small program. `golden` is a package beside `switch`: its client is used here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from finsy.proto import p4i, p4r
from google.protobuf import text_format

sys.path.insert(0, str(Path(__file__).parents[2]))

from golden.client import Client
from golden.switch_thread import SwitchThread

from .recorded import CASES

PROGRAM = "table_exact"


@pytest.fixture(scope="module")
def switch() -> Iterator[SwitchThread]:
    """Runs table_exact: key 1 goes to port 2, others miss and are dropped."""
    folder = CASES / PROGRAM
    info = text_format.Parse((folder / f"{PROGRAM}.p4info.txtpb").read_text(), p4i.P4Info())
    with SwitchThread() as running, Client(running.address) as client:
        client.arbitrate()
        client.set_pipeline(info, (folder / f"{PROGRAM}.json").read_bytes())
        table, action = info.tables[0], next(a for a in info.actions if a.preamble.name == "MyIngress.set")
        entry = p4r.TableEntry(table_id=table.preamble.id)
        entry.match.add(field_id=1).exact.value = b"\1"
        entry.action.action.action_id = action.preamble.id
        entry.action.action.params.add(param_id=1, value=b"\2")
        entry.action.action.params.add(param_id=2, value=b"\xbe\xef")
        client.write(p4r.WriteRequest(updates=[p4r.Update(type="INSERT", entity=p4r.Entity(table_entry=entry))]))
        yield running
