"""What one client may take of the server: turns, memory, log lines. Oracle: limits.py and what each class promises."""

from __future__ import annotations

import asyncio
import logging

import pytest
from finsy.proto import p4r
from hypothesis import example, given
from hypothesis import strategies as st

from switch.p4runtime import limits
from switch.p4runtime.complaints import PER_SECOND, Complaints, OneLine
from switch.p4runtime.lock import ReadWriteLock
from switch.p4runtime.rpc import Places
from switch.p4runtime.snapshot import Room, Snapshot
from switch.p4runtime.status import RESOURCE_EXHAUSTED, Misbehaved, StatusError
from switch.p4runtime.stream import Caller, Client

PACKET = p4r.StreamMessageResponse(packet=p4r.PacketIn(payload=bytes(10_000)))
ARBITRATION = p4r.StreamMessageResponse(arbitration=p4r.MasterArbitrationUpdate(device_id=1))


# ---- the lock


async def turn(lock: ReadWriteLock, log: list[str], name: str, hold: int) -> None:
    async with lock.reading() if name[0] == "r" else lock.writing():
        log.append(f"+{name}")
        for _ in range(hold):
            await asyncio.sleep(0)
        log.append(f"-{name}")


@given(
    st.lists(st.tuples(st.sampled_from("rw"), st.integers(0, 3), st.integers(0, 3), st.none() | st.integers(0, 9))),
    st.integers(1, 3),
)
@example([("w", 0, 2, None), ("r", 2, 0, None), ("r", 0, 0, None)], 2)  # a reader beside one whose turn has just come
@example([("r", 0, 3, None), ("w", 0, 0, None), ("r", 0, 0, None)], 2)  # a reader behind a writer that waits
def test_a_writer_is_alone_readers_are_few_and_first_come_first_served(
    wanted: list[tuple[str, int, int, int | None]], most: int
) -> None:
    """Parallelism of Read and Write Requests: R sees W wholly or not at all."""
    log: list[str] = []

    async def run() -> None:
        lock = ReadWriteLock(most)
        tasks = []
        for i, (kind, pause, hold, cancelled_after) in enumerate(wanted):
            tasks.append(asyncio.create_task(turn(lock, log, f"{kind}{i}", hold)))
            if cancelled_after is not None:
                asyncio.get_running_loop().call_later(cancelled_after * 1e-5, tasks[-1].cancel)
            for _ in range(pause):
                await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        async with lock.writing():  # nothing is left held
            pass

    asyncio.run(asyncio.wait_for(run(), 60))
    inside: set[str] = set()
    begun = [name[1:] for name in log if name[0] == "+"]
    for event in log:
        if event[0] == "+":
            inside.add(event[1:])
        else:
            inside.discard(event[1:])
        if not any(cancelled is not None for *_, cancelled in wanted):
            assert len(inside) <= (1 if any(name[0] == "w" for name in inside) else most)
    if not any(cancelled is not None for *_, cancelled in wanted):
        for place, name in enumerate(begun):
            earlier = [
                i for i, _ in enumerate(wanted) if f"{wanted[i][0]}{i}" in begun[place + 1 :] and i < int(name[1:])
            ]
            # who has a reader's turn, but has not run yet, may be overtaken by a reader that is let in beside it
            assert all(wanted[i][0] == name[0] == "r" for i in earlier)
            assert len(earlier) < most
        assert sorted(begun) == sorted(f"{kind}{i}" for i, (kind, *_) in enumerate(wanted))


# ---- streams


def test_a_slow_client_loses_packets_but_no_arbitration() -> None:
    """Stream Error Reporting, Table Idle Timeout Notification, DigestEntry: the server may drop what goes too fast."""
    client = Client(1, Caller("peer"))
    number = limits.WAITING_BYTES // PACKET.ByteSize() + 100
    for _ in range(number):
        client.send(PACKET)
    client.send(ARBITRATION)
    taken = 0
    while (data := client.take()) is not None:
        last = data
        taken += 1
    assert last == ARBITRATION.SerializeToString()
    assert taken - 1 + client.lost == number
    assert (taken - 1) * PACKET.ByteSize() <= limits.WAITING_BYTES
    client.send(PACKET)
    assert client.take() == PACKET.SerializeToString()  # there is room again


def test_a_client_that_takes_no_arbitration_is_ended() -> None:
    """Client Arbitration Notifications."""
    client = Client(1, Caller("peer"))
    interrupted: list[bool] = []
    client.interrupt = lambda: interrupted.append(True)
    for _ in range(limits.WAITING_REPLIES):
        client.send(ARBITRATION)
    assert not client.ended
    client.send(ARBITRATION)
    assert client.ended and client.error is not None and client.error.code == RESOURCE_EXHAUSTED
    assert interrupted == [True]
    assert client.take() is None


# ---- reads


def entity(size: int) -> p4r.Entity:
    return p4r.Entity(table_entry=p4r.TableEntry(table_id=1, metadata=bytes(size)))


@given(st.lists(st.integers(0, 200_000) | st.integers(0, 300), max_size=60))
def test_a_snapshot_is_what_was_added_in_responses_of_bounded_size(sizes: list[int]) -> None:
    """Read RPC, Batch Processing: the server is free to break entities apart across ReadResponses."""
    snapshot = Snapshot(Room(), "peer")
    for size in sizes:
        snapshot.add(entity(size))
    snapshot.flush()
    found = []
    while (piece := snapshot.take()) is not None:
        response = p4r.ReadResponse.FromString(piece)
        assert len(piece) <= limits.READ_CHUNK or len(response.entities) == 1
        found += response.entities
    assert found == [entity(size) for size in sizes]


def test_the_greediest_connection_loses_its_oldest_answer() -> None:
    """Read RPC, Batch Processing: memory pressure."""
    room = Room(1_000_000)

    def read(peer: str, pieces: int) -> Snapshot:
        snapshot = Snapshot(room, peer)
        for _ in range(pieces):
            snapshot.add(entity(limits.READ_CHUNK))
        snapshot.flush()
        return snapshot

    modest, first, second = read("modest", 1), read("greedy", 7), read("greedy", 9)
    assert (modest.error, second.error) == (None, None)
    assert first.error is not None and first.error.code == RESOURCE_EXHAUSTED
    assert first.take() is None and second.take() is not None
    with pytest.raises(StatusError):
        read("greedy", 30)
    modest.drop()
    second.drop()
    assert read("greedy", 14).error is None  # all of it is free again


# ---- calls that are arriving


def test_one_call_too_many_ends_the_oldest_and_a_slow_one_is_ended_in_time() -> None:
    """Security concerns."""

    async def run() -> None:
        places = Places(2, "full")

        async def call(seconds: float) -> str:
            try:
                with places.take(seconds, "late"):
                    await asyncio.sleep(3600)
            except Misbehaved as e:
                return e.message
            raise AssertionError

        calls = []
        for _ in range(4):
            calls.append(asyncio.create_task(call(3000)))
            await asyncio.sleep(0)
        assert await asyncio.gather(*calls[:2]) == ["full", "full"]
        assert not any(task.done() for task in calls[2:])
        calls.append(asyncio.create_task(call(0)))
        assert await calls[4] == "late"
        calls[3].cancel()
        with pytest.raises(asyncio.CancelledError):  # a client that goes away is no misbehaviour
            await calls[3]

    asyncio.run(asyncio.wait_for(run(), 60))


# ---- log lines


def test_misbehaviour_is_told_in_a_bounded_number_of_lines(caplog: pytest.LogCaptureFixture) -> None:
    """Security concerns."""
    now = 0.0
    complaints = Complaints(logging.getLogger("complaints"), lambda: now)
    for i in range(1000):
        complaints.say("bad %d", i)
    assert len(caplog.messages) == PER_SECOND
    now = 1.0
    complaints.say("bad %d", 7)
    assert caplog.messages[-1] == f"bad 7 (and {1000 - PER_SECOND} more)"


def test_tracebacks_of_the_library_become_one_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as e:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed: %s", ("a",), (type(e), e, e.__traceback__))
    assert OneLine().filter(record)
    assert logging.Formatter().format(record) == "failed: a: ValueError: two"
