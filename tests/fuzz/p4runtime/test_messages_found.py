"""What changed messages brought to light. Oracle: the codes that the specification asks for."""

from __future__ import annotations

import pytest
from finsy.proto import p4i

from switch.p4runtime.server import Options
from tests.fuzz.p4runtime.recorded import recorded
from tests.golden.client import Client, Refused
from tests.golden.switch_thread import SwitchThread


def _without_a_parameter(info: p4i.P4Info) -> None:
    del next(a for a in info.actions if a.preamble.name == "MyIngress.set").params[:]


def _without_the_default_action(info: p4i.P4Info) -> None:
    refs = info.tables[0].action_refs
    drop = next(a.preamble.id for a in info.actions if a.preamble.name == "MyIngress.drop")
    del refs[[r.id for r in refs].index(drop)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without_a_parameter, "action MyIngress.set of table MyIngress.t has 0 parameters in P4Info and 2 in"),
        (_without_the_default_action, "table MyIngress.t has no action MyIngress.drop in P4Info"),
    ],
)
def test_p4info_of_another_program_is_refused(change, message: str) -> None:  # type: ignore[no-untyped-def]
    """It ended in INTERNAL, in the middle of the commit."""
    source = recorded("table_exact")
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
