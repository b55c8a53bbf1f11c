"""What changed messages brought to light. Oracle: the codes that the specification asks for."""

from __future__ import annotations

import pytest
from finsy.proto import p4i

from switch import table_store
from switch.engine import Engine
from switch.errors import EngineError
from switch.p4runtime.server import Options
from tests.fuzz.p4runtime.recorded import recorded
from tests.golden.client import Client, Refused
from tests.golden.replay import CASES
from tests.golden.switch_thread import SwitchThread


def _without_a_parameter(info: p4i.P4Info) -> None:
    del next(a for a in info.actions if a.preamble.name == "MyIngress.set").params[:]


def _without_the_default_action(info: p4i.P4Info) -> None:
    refs = info.tables[0].action_refs
    drop = next(a.preamble.id for a in info.actions if a.preamble.name == "MyIngress.drop")
    del refs[[r.id for r in refs].index(drop)]


def _of_a_profile_that_is_not_there(info: p4i.P4Info) -> None:
    info.tables[0].implementation_id = 4294967295


def _of_a_size_beyond_memory(info: p4i.P4Info) -> None:
    info.tables[0].size = 1 << 62


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "table_exact",
            _without_a_parameter,
            "action MyIngress.set of table MyIngress.t has 0 parameters in P4Info and 2 in",
        ),
        ("table_exact", _without_the_default_action, "table MyIngress.t has no action MyIngress.drop in P4Info"),
        (
            "action_profile",
            _of_a_profile_that_is_not_there,
            "P4Info: MyIngress.t: action profile id 4294967295 is not declared",
        ),
        ("table_exact", _of_a_size_beyond_memory, f"P4Info: MyIngress.t: size {1 << 62}; the most is 2147483647"),
    ],
)
def test_p4info_of_another_program_is_refused(name: str, change, message: str) -> None:  # type: ignore[no-untyped-def]
    """It ended in INTERNAL, in the middle of the commit; the last one freed a table twice."""
    source = recorded(name)
    info = p4i.P4Info.FromString(source.p4info.SerializeToString())
    change(info)
    with (
        SwitchThread(Options(address="127.0.0.1:0", optimise="none")) as switch,
        Client(switch.address) as client,
    ):
        client.arbitrate()
        with pytest.raises(Refused, match=message) as caught:
            client.set_pipeline(info, source.device_config)
        assert caught.value.code == "INVALID_ARGUMENT"


def test_a_table_that_gets_no_memory_for_more_entries_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had was freed before, and once more when the engine was closed. Oracle: the entries in the JSON."""
    path = CASES / "table_entries_priority" / "table_entries_priority.json"
    with Engine.load(path, optimise="none") as engine:
        before = sorted(map(repr, engine.entries("MyIngress.t")))
        assert before
        with monkeypatch.context() as patched:
            patched.setattr(table_store, "create", _no_memory)
            with pytest.raises(EngineError, match=r"MyIngress\.t: out of memory"):
                engine.unlock_entries("MyIngress.t", 1 << 20)
        assert sorted(map(repr, engine.entries("MyIngress.t"))) == before
        engine.unlock_entries("MyIngress.t", 1 << 10)
        assert engine.entry_count("MyIngress.t") == len(before)


def _no_memory(*_: object) -> None:
    raise EngineError("out of memory")
