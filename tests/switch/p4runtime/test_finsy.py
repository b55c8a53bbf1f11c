"""finsy, a P4Runtime client that others wrote, against our switch. Oracle: what it wrote, and the program's behaviour.

It runs on the switch's own loop: grpc.aio does not take well to two loops in one process.
"""

from __future__ import annotations

import asyncio

import finsy as fy
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
