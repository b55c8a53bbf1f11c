"""Digest lists on a clock of our own. Oracle: P4Runtime 1.4, "DigestEntry"."""

from __future__ import annotations

import pytest
from device import entities
from finsy.proto import p4i, p4r, p4t

from switch.p4runtime import schema
from switch.p4runtime.digests import Digests
from switch.p4runtime.updates import DELETE, INSERT, MODIFY, Undo

ID, NAME = 0x17000001, "learn_t"


def digests(*, size: int, timeout: int = 0, ack: int = 0) -> Digests:
    """One digest of a 16-bit value, configured."""
    spec = p4t.P4DataTypeSpec()
    spec.bitstring.bit.bitwidth = 16
    info = p4i.P4Info()
    info.digests.add(preamble=p4i.Preamble(id=ID, name=NAME), type_spec=spec)
    made = Digests(schema.build(info))
    config = p4r.DigestEntry.Config(max_list_size=size, max_timeout_ns=timeout, ack_timeout_ns=ack)
    made.write(INSERT, p4r.DigestEntry(digest_id=ID, config=config), Undo())
    return made


def sent(made: Digests, now: int) -> list[list[int]]:
    return [[int.from_bytes(d.bitstring, "big") for d in message.data] for message in made.due(now)]


def test_a_list_is_sent_when_it_is_full() -> None:
    made = digests(size=3, timeout=100)
    for value in (1, 2, 1, 3, 4):
        made.sample(NAME, (value,), now=0)
    assert sent(made, 0) == [[1, 2, 3]]
    assert sent(made, 99) == []
    assert made.deadline() == 100


def test_a_list_is_sent_when_its_first_sample_is_old_enough() -> None:
    made = digests(size=10, timeout=100)
    made.sample(NAME, (1,), now=5)
    made.sample(NAME, (2,), now=90)
    assert made.deadline() == 105
    assert sent(made, 104) == []
    assert sent(made, 105) == [[1, 2]]
    assert made.deadline() is None


def test_a_list_size_without_a_timeout_waits_for_full_lists() -> None:
    """Oracle: BMv2 (golden case `digest`)."""
    made = digests(size=2)
    made.sample(NAME, (1,), now=0)
    assert sent(made, 10**12) == []
    assert made.deadline() is None
    made.sample(NAME, (2,), now=10**12)
    assert sent(made, 10**12) == [[1, 2]]


def test_without_size_and_timeout_a_sample_is_sent_at_once() -> None:
    made = digests(size=0)
    made.sample(NAME, (1,), now=5)
    assert made.deadline() == 5
    assert sent(made, 5) == [[1]]


def test_what_is_not_acknowledged_is_not_sent_again_until_the_timeout() -> None:
    made = digests(size=1, ack=100)
    made.sample(NAME, (1,), now=0)
    assert sent(made, 0) == [[1]]
    made.sample(NAME, (1,), now=99)
    assert sent(made, 99) == []
    made.sample(NAME, (1,), now=100)
    assert sent(made, 100) == [[1]]


def test_an_acknowledged_list_may_be_sent_again() -> None:
    made = digests(size=2, timeout=10, ack=1000)
    made.sample(NAME, (1,), now=0)
    made.sample(NAME, (2,), now=0)
    (message,) = made.due(0)
    made.acknowledge(p4r.DigestListAck(digest_id=ID, list_id=message.list_id + 1))
    made.sample(NAME, (1,), now=1)
    assert sent(made, 20) == []
    made.acknowledge(p4r.DigestListAck(digest_id=ID, list_id=message.list_id))
    made.sample(NAME, (1,), now=21)
    assert sent(made, 31) == [[1]]


def test_a_list_is_never_longer_than_a_client_can_take() -> None:
    """ "DigestEntry": max_list_size is a maximum. A message of more than gRPC's 4 MiB would end the client's stream."""
    made = digests(size=(1 << 31) - 1, timeout=0)
    for value in range(25_000):
        made.sample(NAME, (value,), now=0)
    lists = sent(made, 0)
    assert [len(samples) for samples in lists] == [10_000, 10_000]
    assert lists[1][0] == 10_000


def test_a_client_that_acknowledges_nothing_does_not_cost_ever_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "DigestEntry": the server may drop what it cannot handle. Here the oldest lists of its cache."""
    monkeypatch.setattr("switch.p4runtime.digests.DIGEST_CACHE_MAX", 4)
    made = digests(size=2, ack=1 << 62)
    for value in (1, 2, 3, 4, 5, 6):
        made.sample(NAME, (value,), now=0)
    assert sent(made, 0) == [[1, 2], [3, 4], [5, 6]]
    for value in (3, 4, 5, 6, 1, 2):
        made.sample(NAME, (value,), now=1)
    assert sent(made, 1) == [[1, 2]]
    made.acknowledge(p4r.DigestListAck(digest_id=ID, list_id=1))  # forgotten
    made.acknowledge(p4r.DigestListAck(digest_id=ID, list_id=3))
    for value in (5, 6, 1, 2):
        made.sample(NAME, (value,), now=2)
    assert sent(made, 2) == [[5, 6]]


def test_with_ack_timeout_0_every_sample_counts() -> None:
    made = digests(size=1)
    for now in (0, 1):
        made.sample(NAME, (1,), now)
        assert sent(made, now) == [[1]]


def test_without_configuration_nothing_is_kept_and_undo_brings_it_back() -> None:
    made = digests(size=2, timeout=10)
    made.sample(NAME, (1,), now=0)
    undo = Undo()
    made.write(DELETE, p4r.DigestEntry(digest_id=ID), undo)
    made.sample(NAME, (2,), now=0)
    assert sent(made, 10) == []
    undo.roll_back()
    assert sent(made, 10) == [[1]]


def test_each_digest_call_of_a_packet_is_a_message_of_its_own() -> None:
    """ "DigestEntry": the data learned by a single data plane call is a message; BMv2 sends the last only."""
    with entities() as device:
        device.insert(
            "digest_entry { digest_id: <learn_t> config { max_list_size: 2 max_timeout_ns: 100 } }",
            "digest_entry { digest_id: <also_t> config { max_list_size: 1 } }",
        )
        device.send(op=12, key=0x25, a=0x01020304, r=1)
        for found in device.engine.drain()[1]:
            device.pipeline.digests.sample(found.name, found.values, now=0)
        lists = list(device.pipeline.digests.due(0))
        assert [[[m.bitstring for m in d.struct.members] for d in message.data] for message in lists] == [
            [[b"\x25", b"\1\2\3\4"], [b"\x26", b"\1\2\3\4"]],
            [[b"\x0c", b"5"]],  # a vrf is a string
        ]


def test_a_new_configuration_keeps_what_was_learnt_and_what_was_sent() -> None:
    """ "DigestEntry": MODIFY: use provided configuration parameters; with ack_timeout_ns 0 the cache is empty."""
    made = digests(size=2, timeout=100, ack=1000)
    for value in (1, 2, 3):
        made.sample(NAME, (value,), now=0)
    assert sent(made, 0) == [[1, 2]]

    def modify(ack: int) -> None:
        config = p4r.DigestEntry.Config(max_list_size=5, max_timeout_ns=50, ack_timeout_ns=ack)
        made.write(MODIFY, p4r.DigestEntry(digest_id=ID, config=config), Undo())

    modify(ack=1000)
    made.sample(NAME, (1,), now=10)  # sent, not acknowledged
    made.sample(NAME, (4,), now=10)
    assert sent(made, 49) == []
    assert sent(made, 50) == [[3, 4]]
    modify(ack=0)
    made.sample(NAME, (1,), now=60)
    assert sent(made, 110) == [[1]]
