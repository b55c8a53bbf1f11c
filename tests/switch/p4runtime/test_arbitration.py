"""Client arbitration against P4Runtime 1.4, "Client Arbitration and Controller Replication". Oracle: its rules, and for
random sequences a second implementation that searches the whole history for the primary.
"""

from __future__ import annotations

import pytest
from finsy.proto import U128, p4r
from google.protobuf import any_pb2
from hypothesis import given
from hypothesis import strategies as st

from switch.p4runtime.arbitration import (
    Arbitration,
    ClientId,
    Reply,
    check_writer,
    on_arbitration,
    on_disconnect,
)
from switch.p4runtime.limits import ROLES_MAX, STREAMS_MAX, STREAMS_PER_ROLE
from switch.p4runtime.status import (
    ALREADY_EXISTS,
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    NOT_FOUND,
    OK,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    StatusError,
)

A, B, C = ClientId(1), ClientId(2), ClientId(3)


def update(election_id: int | None, device_id: int = 1, role: str = "") -> p4r.MasterArbitrationUpdate:
    message = p4r.MasterArbitrationUpdate(device_id=device_id)
    if role:
        message.role.name = role
    if election_id is not None:
        message.election_id.CopyFrom(U128.encode(election_id))
    return message


def told(replies: list[Reply]) -> list[tuple[ClientId, int, int | None]]:
    """(client, status, election id) of each reply."""
    return [
        (
            r.client,
            r.update.status.code,
            U128.decode(r.update.election_id) if r.update.HasField("election_id") else None,
        )
        for r in replies
    ]


def join(state: Arbitration, *members: tuple[ClientId, int | None]) -> Arbitration:
    for client, election_id in members:
        state, _ = on_arbitration(state, client, update(election_id))
    return state


def refused(state: Arbitration, client: ClientId, message: p4r.MasterArbitrationUpdate) -> int:
    with pytest.raises(StatusError) as caught:
        on_arbitration(state, client, message)
    return caught.value.code


def test_the_first_client_with_an_election_id_is_primary() -> None:
    _, replies = on_arbitration(Arbitration(1), A, update(7))
    assert told(replies) == [(A, OK, 7)]


def test_a_client_without_election_id_is_backup_of_nobody() -> None:
    _, replies = on_arbitration(Arbitration(1), A, update(None))
    assert told(replies) == [(A, NOT_FOUND, None)]


def test_election_id_zero_is_an_id() -> None:
    state, replies = on_arbitration(Arbitration(1), A, update(0))
    assert told(replies) == [(A, OK, 0)]
    check_writer(state, 1, "", 0)


def test_a_higher_id_takes_over_and_everybody_hears_of_it_the_new_primary_last() -> None:
    state = join(Arbitration(1), (A, 7), (B, 3))
    state, replies = on_arbitration(state, C, update(9))
    assert told(replies) == [(A, ALREADY_EXISTS, 9), (B, ALREADY_EXISTS, 9), (C, OK, 9)]
    assert state.is_primary(C) and not state.is_primary(A)


def test_a_lower_id_is_a_backup_and_only_it_hears() -> None:
    state = join(Arbitration(1), (A, 7))
    _, replies = on_arbitration(state, B, update(3))
    assert told(replies) == [(B, ALREADY_EXISTS, 7)]


def test_nobody_is_promoted_when_the_primary_leaves() -> None:
    state = join(Arbitration(1), (A, 7), (B, 3))
    state, replies = on_disconnect(state, A)
    assert told(replies) == [(B, NOT_FOUND, 7)]
    assert state.primaries() == []
    state, replies = on_arbitration(state, B, update(6))
    assert told(replies) == [(B, NOT_FOUND, 7)]
    _, replies = on_arbitration(state, B, update(7))
    assert told(replies) == [(B, OK, 7)]


def test_a_backup_that_leaves_is_not_announced() -> None:
    state = join(Arbitration(1), (A, 7), (B, 3))
    _, replies = on_disconnect(state, B)
    assert replies == []


def test_a_primary_that_lowers_its_id_leaves_no_primary() -> None:
    state = join(Arbitration(1), (A, 7), (B, 5))
    state, replies = on_arbitration(state, A, update(2))
    assert sorted(told(replies)) == [(A, NOT_FOUND, 7), (B, NOT_FOUND, 7)]
    with pytest.raises(StatusError):
        check_writer(state, 1, "", 2)


def test_a_primary_that_repeats_its_update_is_announced_like_a_new_one() -> None:
    """Rules for Handling MasterArbitrationUpdate, 3.2: "a previous primary, including this controller"."""
    state = join(Arbitration(1), (A, 7), (B, 5))
    after, replies = on_arbitration(state, A, update(7))
    assert told(replies) == [(B, ALREADY_EXISTS, 7), (A, OK, 7)]
    assert after == state


def test_a_backup_that_repeats_its_update_is_answered_alone() -> None:
    """Rules for Handling MasterArbitrationUpdate, 4."""
    state = join(Arbitration(1), (A, 7), (B, 5))
    after, replies = on_arbitration(state, B, update(5))
    assert told(replies) == [(B, ALREADY_EXISTS, 7)]
    assert after == state


def test_two_live_clients_may_not_share_an_id() -> None:
    state = join(Arbitration(1), (A, 7), (B, 5))
    assert refused(state, C, update(5)) == INVALID_ARGUMENT
    assert refused(state, B, update(7)) == INVALID_ARGUMENT


def test_the_id_of_a_client_that_left_is_free() -> None:
    state, _ = on_disconnect(join(Arbitration(1), (A, 7)), A)
    _, replies = on_arbitration(state, B, update(7))
    assert told(replies) == [(B, OK, 7)]


def test_roles_are_independent() -> None:
    state = join(Arbitration(1), (A, 7))
    state, replies = on_arbitration(state, B, update(1, role="monitor"))
    assert told(replies) == [(B, OK, 1)]
    assert replies[0].update.role.name == "monitor"
    check_writer(state, 1, "", 7)
    check_writer(state, 1, "monitor", 1)
    assert state.primaries() == [(A, None), (B, None)]


def test_streams_that_break_the_rules_are_ended() -> None:
    state = join(Arbitration(1), (A, 7))
    configured = update(9)
    configured.role.config.CopyFrom(any_pb2.Any(type_url="x"))
    assert refused(state, B, update(9, device_id=2)) == NOT_FOUND
    assert refused(state, A, update(9, device_id=2)) == FAILED_PRECONDITION
    assert refused(state, A, update(9, role="other")) == FAILED_PRECONDITION
    assert refused(state, B, configured) == INVALID_ARGUMENT


def test_streams_are_limited() -> None:
    """Rules for Handling MasterArbitrationUpdate, 1.4."""
    state = join(Arbitration(1), *((ClientId(i), i) for i in range(STREAMS_PER_ROLE)))
    assert refused(state, ClientId(1000), update(1000)) == RESOURCE_EXHAUSTED
    on_arbitration(state, ClientId(1), update(1000))  # those who are in may go on


def test_streams_and_roles_of_the_whole_device_are_limited() -> None:
    """Rules for Handling MasterArbitrationUpdate, 1.4."""
    state = Arbitration(1)
    for number in range(STREAMS_MAX):
        state, _ = on_arbitration(state, ClientId(number), update(number, role=f"r{number // STREAMS_PER_ROLE}"))
    assert refused(state, ClientId(1000), update(1, role="another")) == RESOURCE_EXHAUSTED
    state = Arbitration(1)
    for number in range(ROLES_MAX - 1):
        state, _ = on_arbitration(state, A, update(1, role=f"r{number}"))
        state, _ = on_disconnect(state, A)
    assert refused(state, A, update(1, role="another")) == RESOURCE_EXHAUSTED
    assert refused(Arbitration(1), A, update(1, role="x" * 1000)) == INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("device", "role", "election_id", "code"),
    [
        (2, "", 7, NOT_FOUND),
        (1, "unheard", 7, NOT_FOUND),
        (1, "", 6, PERMISSION_DENIED),
        (1, "", 8, PERMISSION_DENIED),
        (1, "", None, PERMISSION_DENIED),
    ],
)
def test_only_the_primary_writes(device: int, role: str, election_id: int | None, code: int) -> None:
    state = join(Arbitration(1), (A, 7), (B, 6))
    check_writer(state, 1, "", 7)
    with pytest.raises(StatusError) as caught:
        check_writer(state, device, role, election_id)
    assert caught.value.code == code


EVENTS = st.lists(st.tuples(st.integers(1, 4), st.none() | st.integers(0, 6), st.booleans()), max_size=30)


@given(EVENTS)
def test_random_sequences_agree_with_a_search_of_the_history(events: list[tuple[int, int | None, bool]]) -> None:
    state = Arbitration(1)
    live: dict[int, int | None] = {}
    history: list[int] = []
    for number, election_id, leaves in events:
        if leaves:
            state, _ = on_disconnect(state, ClientId(number))
            live.pop(number, None)
        elif election_id is not None and election_id in [e for n, e in live.items() if n != number]:
            assert refused(state, ClientId(number), update(election_id)) == INVALID_ARGUMENT
        else:
            state, replies = on_arbitration(state, ClientId(number), update(election_id))
            live[number] = election_id
            if election_id is not None:
                history.append(election_id)
            assert number in [r.client for r in replies]
        # The primary: whoever is connected with the highest id that was ever seen.
        expected = [ClientId(n) for n, e in live.items() if e is not None and e == max(history)]
        assert [client for client, _ in state.primaries()] == expected
