"""finsy, a P4Runtime client that others wrote, against our switch. Oracle: what it wrote, and the program's behaviour.

It runs on the switch's own loop: grpc.aio does not take well to two loops in one process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import everything
import finsy as fy
import pytest
from everything import packet
from finsy.p4entity import P4Replica, P4ValueSetMember
from finsy.proto import stratum
from golden.replay import CASES
from golden.switch_thread import SwitchThread

TIMEOUT = 60


def options(name: str) -> fy.SwitchOptions:
    folder = CASES / name
    return fy.SwitchOptions(p4info=folder / f"{name}.p4info.txtpb", p4blob=folder / f"{name}.json")


def test_finsy_sets_the_pipeline_writes_reads_and_deletes() -> None:
    async def run(address: str) -> None:
        async with fy.Switch("sw", address, options("table_lpm")) as switch:
            entries = [
                fy.P4TableEntry("t", match=fy.Match(a=(0x0A000000 + (i << 16), 16)), action=fy.Action("set", r=i))
                for i in range(1, 4)
            ]
            await switch.insert(entries)
            found = [entry async for entry in switch.read(fy.P4TableEntry("t"))]
            assert sorted(map(str, found)) == sorted(map(str, entries))
            await switch.delete_all()
            assert [entry async for entry in switch.read(fy.P4TableEntry("t"))] == []

    with SwitchThread() as switch:
        switch.call(asyncio.wait_for(run(switch.address), TIMEOUT))


def test_finsy_sends_and_receives_packets() -> None:
    async def run(switch: SwitchThread) -> None:
        async with fy.Switch("sw", switch.address, options("packet_in_out")) as client:
            packets = client.read_packets(queue_size=10)
            waiting = asyncio.create_task(anext(packets))
            await asyncio.sleep(0)  # let it subscribe before the packet comes
            switch.plane.inject(3, bytes.fromhex("0100aabb"))
            packet = await waiting
            assert packet.payload == bytes.fromhex("0100aabb")
            assert {name: packet[name] for name in ("ingress_port", "reason", "len")} == {
                "ingress_port": 3,
                "reason": 0x55,
                "len": 4,
            }
            await client.write(fy.P4PacketOut(bytes.fromhex("0005ffee"), egress_port=4, pad=0))
            while not (sent := switch.plane.take()):
                await asyncio.sleep(0.001)
            assert sent == [(4, bytes.fromhex("0006ffee"))]

    with SwitchThread() as switch:
        switch.call(asyncio.wait_for(run(switch), TIMEOUT))


# ---- everything.p4: one object of each kind

Test = Callable[[SwitchThread, fy.Switch], Coroutine[Any, Any, None]]


def run(test: Test, **options: Any) -> None:
    """A fresh switch with the program, and finsy as its primary."""
    chosen = fy.SwitchOptions(p4info=everything.p4info_path(), p4blob=everything.json_path(), **options)

    async def inside(switch: SwitchThread) -> None:
        async with fy.Switch("sw", switch.address, chosen) as client:
            await test(switch, client)

    with SwitchThread() as switch:
        switch.call(asyncio.wait_for(inside(switch), TIMEOUT))


async def sent(switch: SwitchThread, port: int, data: bytes) -> list[tuple[int, bytes]]:
    """What leaves when a packet arrives."""
    switch.plane.take()
    switch.plane.inject(port, data)
    await asyncio.to_thread(switch.plane.settle)
    switch.switch.servicer.drain()
    return switch.plane.take()


async def read(client: fy.Switch, entity: fy.P4EntityList) -> list[Any]:
    return [found async for found in client.read(entity if isinstance(entity, list) else [entity])]


@pytest.mark.parametrize(
    ("entry", "hit", "miss"),
    [
        (
            fy.P4TableEntry(
                "exact_table",
                match=fy.Match(a=0x0A000001),
                action=fy.Action("forward_counted", port=4),
                metadata=b"mine",
            ),
            packet(1, 0x0A000001),
            packet(1, 0x0A000002),
        ),
        (
            fy.P4TableEntry("lpm_table", match=fy.Match(a=(0x0A010000, 16)), action=fy.Action("forward_paced", port=4)),
            packet(2, 0x0A010203),
            packet(2, 0x0A020203),
        ),
        (
            fy.P4TableEntry(
                "ternary_table",
                match=fy.Match(a=(0x0A000000, 0xFF000000), b=(5, 7)),
                action=fy.Action("forward", port=4),
                priority=9,
            ),
            packet(3, 0x0A000001, 13),
            packet(3, 0x0A000001, 14),
        ),
        (
            fy.P4TableEntry(
                "range_table", match=fy.Match(b=(100, 200)), action=fy.Action("forward", port=4), priority=3
            ),
            packet(4, 0, 200),
            packet(4, 0, 99),
        ),
        (
            fy.P4TableEntry("optional_table", match=fy.Match(b=77), action=fy.Action("forward", port=4), priority=4),
            packet(5, 1234, 77),
            packet(5, 1234, 78),
        ),
    ],
    ids=["exact", "lpm", "ternary", "range", "optional"],
)
def test_entries_of_every_match_kind(entry: fy.P4TableEntry, hit: bytes, miss: bytes) -> None:
    """TableEntry, Match Format; Read-Write Symmetry."""

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        await client.insert([entry])
        assert await sent(switch, 1, hit) == [(4, hit)]
        assert (4, miss) not in await sent(switch, 1, miss)
        assert await read(client, fy.P4TableEntry(entry.table_id)) == [entry]
        with pytest.raises(fy.P4ClientError) as caught:
            await client.insert([entry])
        assert [d.canonical_code for d in caught.value.details.values()] == [fy.GRPCStatusCode.ALREADY_EXISTS]
        assert isinstance(entry.action, fy.P4TableAction)
        entry.action.args["port"] = 5
        await client.modify([entry])
        assert await sent(switch, 1, hit) == [(5, hit)]
        await client.delete([entry])
        assert await read(client, fy.P4TableEntry(entry.table_id)) == []

    run(test)


def test_default_entries() -> None:
    """Default Entry."""

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        mine = fy.P4TableEntry("exact_table", action=fy.Action("forward_counted", port=6), is_default_action=True)
        await client.modify([mine])
        assert await sent(switch, 1, packet(1)) == [(6, packet(1))]
        assert await read(client, fy.P4TableEntry("exact_table", is_default_action=True)) == [mine]
        await client.delete_all()
        assert await sent(switch, 1, packet(1)) == []

    run(test)


def test_members_groups_and_one_shot() -> None:
    """ActionProfileMember & ActionProfileGroup; One Shot Action Selector Programming."""

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        members = [
            fy.P4ActionProfileMember("hash_of", member_id=n, action=fy.Action("forward", port=10 + n)) for n in (1, 2)
        ]
        group = fy.P4ActionProfileGroup("hash_of", group_id=1, members=[fy.P4Member(n, weight=n) for n in (1, 2)])
        entry = fy.P4TableEntry("selected", match=fy.Match(a=1), action=fy.P4IndirectAction(group_id=1))
        for batch in (members, [group], [entry]):
            await client.insert(batch)
        ports = {(await sent(switch, 1, packet(6, 1, b)))[0][0] for b in range(64)}
        assert ports == {11, 12}
        assert await read(client, [fy.P4ActionProfileMember(), fy.P4ActionProfileGroup()]) == [*members, group]
        assert await read(client, fy.P4TableEntry("selected")) == [entry]
        for batch in ([entry], [group], members):
            await client.delete(batch)
        one_shot = fy.P4IndirectAction([(1, fy.Action("forward", port=21)), (2, fy.Action("forward", port=22))])
        entry = fy.P4TableEntry("selected", match=fy.Match(a=2), action=one_shot)
        await client.insert([entry])
        assert await read(client, fy.P4TableEntry("selected")) == [entry]
        ports = {(await sent(switch, 1, packet(6, 2, b)))[0][0] for b in range(64)}
        assert ports == {21, 22}

    run(test)


def test_counters_meters_registers_and_value_sets() -> None:
    """CounterEntry, MeterEntry, RegisterEntry, ValueSetEntry, and the direct ones."""

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        await sent(switch, 1, packet(1, 0x01020304, 9, 5))
        counter = fy.P4CounterEntry("counts", index=5)
        found = (await read(client, counter))[0].data
        assert (found.packet_count, found.byte_count) == (1, 8)
        await client.modify([fy.P4CounterEntry("counts", index=5, data=fy.P4CounterData(packet_count=7))])
        assert [e.data.packet_count for e in await read(client, fy.P4CounterEntry("counts"))] == [0] * 5 + [7, 0, 0]
        meter = fy.P4MeterEntry("police", index=2, config=fy.P4MeterConfig(cir=1, cburst=2, pir=3, pburst=4))
        await client.modify([meter])
        assert await read(client, fy.P4MeterEntry("police", index=2)) == [meter]
        register = fy.P4RegisterEntry("last", index=5)
        assert [e.data for e in await read(client, register)] == [0x01020304]
        await client.modify([fy.P4RegisterEntry("last", index=5, data=99)])
        assert [e.data for e in await read(client, fy.P4RegisterEntry("last"))] == [0] * 5 + [99, 0, 0]
        entry = fy.P4TableEntry("exact_table", match=fy.Match(a=1), action=fy.Action("forward_counted", port=1))
        await client.insert([entry])
        await sent(switch, 1, packet(1, 1))
        direct = (await read(client, fy.P4DirectCounterEntry("hits")))[0].data
        assert (direct.packet_count, direct.byte_count) == (1, 8)
        assert await sent(switch, 1, packet(200)) == [(9, packet(200))]
        name = next(iter(client.p4info.value_sets)).alias
        members = [P4ValueSetMember(200), P4ValueSetMember(201)]
        await client.modify([fy.P4ValueSetEntry(name, members=members)])
        assert await sent(switch, 1, packet(200)) == [(500, packet(200))]
        assert [e.members for e in await read(client, fy.P4ValueSetEntry(name, members=[]))] == [members]

    run(test)


def test_clone_sessions_multicast_digests_and_idle_timeouts() -> None:
    """CloneSessionEntry, MulticastGroupEntry, DigestEntry, Table Idle Timeout Notification."""

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        session = fy.P4CloneSessionEntry(5, replicas=(P4Replica(17, instance=1),), packet_length_bytes=6)
        group = fy.P4MulticastGroupEntry(3, replicas=(P4Replica(1, instance=1), P4Replica(2, instance=1)))
        await client.insert([session, group, fy.P4DigestEntry("learnt_t", max_list_size=1, ack_timeout_ns=10**9)])
        assert await read(client, [fy.P4CloneSessionEntry(), fy.P4MulticastGroupEntry()]) == [session, group]
        actions = [fy.Action("copy", session=5), fy.Action("flood", group=3), fy.Action("learn")]
        await client.insert(
            fy.P4TableEntry("special_actions", match=fy.Match(c=n), action=action) for n, action in enumerate(actions)
        )
        assert sorted(await sent(switch, 1, packet(99))) == [(9, packet(99)), (17, packet(99)[:6])]
        assert sorted(port for port, _ in await sent(switch, 1, packet(99, c=1))) == [1, 2]
        digests = client.read_digests("learnt_t")
        waiting = asyncio.ensure_future(anext(digests))
        await asyncio.sleep(0)  # let it subscribe before the digest comes
        await sent(switch, 1, packet(99, 7, 8, 2))
        digest = await waiting
        assert digest.data == [{"a": 7, "b": 8}]
        await client.write([digest.ack()])
        idle = client.read_idle_timeouts()
        notified = asyncio.ensure_future(anext(idle))
        await asyncio.sleep(0)
        aged = fy.P4TableEntry("aged", match=fy.Match(a=9), action=fy.Action("forward", port=1), idle_timeout_ns=10**8)
        await client.insert([aged])
        assert [entry.match for entry in (await notified).table_entry] == [aged.match]

    run(test)


def test_a_client_with_a_role() -> None:
    """Role Config: what is outside of the role is refused and not seen."""

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        table_id = client.p4info.tables["exact_table"].id
        options = fy.SwitchOptions(
            p4info=everything.p4info_path(),
            role_name="exact",
            role_config=stratum.P4RoleConfig(exclusive_p4_ids=[table_id]),
        )
        mine = fy.P4TableEntry("exact_table", match=fy.Match(a=1), action=fy.Action("drop"))
        theirs = fy.P4TableEntry("special_actions", match=fy.Match(c=1), action=fy.Action("learn"))
        await client.insert([theirs])
        async with fy.Switch("limited", switch.address, options) as limited:
            await limited.insert([mine])
            with pytest.raises(fy.P4ClientError) as caught:
                await limited.delete([theirs])
            assert [d.canonical_code for d in caught.value.details.values()] == [fy.GRPCStatusCode.PERMISSION_DENIED]
            assert await read(limited, fy.P4TableEntry()) == [mine]
            assert len(await read(client, fy.P4TableEntry())) == 2

    run(test)
