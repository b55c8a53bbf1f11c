"""Updates while packets run. Oracle: the packets' contents, which say what state of each table they met."""

from __future__ import annotations

from tests.fuzz.traffic.updates import run


def test_no_packet_is_lost_to_updates_or_meets_half_an_entry() -> None:
    seen = run(updates=3000)
    assert seen.packets > 0 and seen.received == seen.packets
    assert not seen.wrong, seen.first
    assert seen.rolled_back > 0
