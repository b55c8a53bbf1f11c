"""A hostile client costs others nothing: each attack of hostile.py beside a healthy client whose calls go on.

Oracle: the healthy client's own state, which must read back as written; the switch's memory and its log.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from golden.client import Client
from hostile import ATTACKS
from siege import Running, attacking, healthy_round, prepare, running_switch

ROUNDS = 20  # of the healthy client, while the attack goes on
MEMORY_MAX = 1500 << 20  # bytes more than before, at most
LINES_MAX = 500  # in the log


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_switch(tmp_path_factory.mktemp("switch")) as running:
        yield running
    text = "".join(running.log)
    assert "Traceback" not in text, text
    assert len(running.log) < LINES_MAX, text


@pytest.fixture(scope="module")
def client(switch: Running) -> Iterator[Client]:
    with Client(switch.address) as client:
        prepare(client)
        yield client
        assert client.arbitrate().status.code == 0  # still the primary


@pytest.mark.parametrize("name", ATTACKS)
def test_others_notice_nothing_of(switch: Running, client: Client, name: str) -> None:
    """Security concerns: a malicious actor."""
    before = switch.memory()
    with attacking(switch.address, name):
        for number in range(ROUNDS):
            healthy_round(client, number)
        with Client(switch.address, election_id=0) as newcomer:  # there is room for one more
            assert newcomer.arbitrate().status.code == 6  # ALREADY_EXISTS: a backup
        assert switch.memory() - before < MEMORY_MAX
    client.received()  # the packet-ins of floods
    healthy_round(client, 0)
    assert switch.process.poll() is None
