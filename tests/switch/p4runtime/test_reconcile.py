"""RECONCILE_AND_COMMIT: what clients wrote and packets counted survives a new config, or the config is refused.

Oracle: P4Runtime 1.5, "SetForwardingPipelineConfig RPC": everything must read as before. On everything.p4 and variants
of it, by finsy's entities.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import everything
import finsy as fy
import grpc
import pytest
from click.testing import CliRunner
from device import Device, entities
from everything import packet
from finsy.p4entity import P4Replica, P4ValueSetMember
from finsy.proto import p4i, p4r, p4r_grpc
from golden.switch_thread import SwitchThread
from google.protobuf import text_format

from compiler.cli import compile_command
from switch.p4runtime.reconcile import carry_over, initial_state
from switch.p4runtime.status import StatusError

Set = p4r.SetForwardingPipelineConfigRequest
DEFAULT = fy.P4TableEntry("exact_table", action=fy.Action("forward_counted", port=6), is_default_action=True)
STATE: list[list[Any]] = [
    [
        fy.P4ActionProfileMember("hash_of", member_id=1, action=fy.Action("forward", port=11)),
        fy.P4ActionProfileMember("shared", member_id=7, action=fy.Action("forward", port=30)),
        fy.P4CloneSessionEntry(5, replicas=(P4Replica(17, instance=1),), packet_length_bytes=6),
        fy.P4MulticastGroupEntry(3, replicas=(P4Replica(1, instance=1), P4Replica(2, instance=1))),
        fy.P4DigestEntry("learnt_t", max_list_size=1, ack_timeout_ns=10**9),
    ],
    [fy.P4ActionProfileGroup("hash_of", group_id=1, members=[fy.P4Member(1, weight=2)])],
    [
        fy.P4TableEntry(
            "exact_table", match=fy.Match(a=1), action=fy.Action("forward_counted", port=4), metadata=b"mine"
        ),
        fy.P4TableEntry(
            "lpm_table",
            match=fy.Match(a=(0x0A000000, 8)),
            action=fy.Action("forward_paced", port=4),
            meter_config=fy.P4MeterConfig(cir=1, cburst=2, pir=3, pburst=4),
        ),
        fy.P4TableEntry(
            "ternary_table",
            match=fy.Match(a=(0x0A000000, 0xFF000000)),
            action=fy.Action("forward", port=4),
            priority=9,
        ),
        fy.P4TableEntry("range_table", match=fy.Match(b=(1, 9)), action=fy.Action("forward", port=4), priority=1),
        fy.P4TableEntry("optional_table", match=fy.Match(b=7), action=fy.Action("forward", port=4), priority=1),
        fy.P4TableEntry("selected", match=fy.Match(a=1), action=fy.P4IndirectAction(group_id=1)),
        fy.P4TableEntry("indirect", match=fy.Match(a=3), action=fy.P4IndirectAction(member_id=7)),
        fy.P4TableEntry("aged", match=fy.Match(a=9), action=fy.Action("forward", port=1), idle_timeout_ns=10**15),
        fy.P4TableEntry("special_actions", match=fy.Match(c=1), action=fy.Action("copy", session=5)),
    ],
]
CHANGED: list[Any] = [
    DEFAULT,
    fy.P4CounterEntry("counts", index=7, data=fy.P4CounterData(packet_count=8, byte_count=9)),
    fy.P4MeterEntry("police", index=2, config=fy.P4MeterConfig(cir=1, cburst=2, pir=3, pburst=4)),
    fy.P4RegisterEntry("last", index=6, data=99),
    fy.P4ValueSetEntry("special", members=[P4ValueSetMember(200)]),
]
READ: list[Any] = [
    fy.P4ActionProfileMember(),
    fy.P4ActionProfileGroup(),
    fy.P4TableEntry(counter_data=fy.P4CounterData(), meter_config=fy.P4MeterConfig(cir=0, cburst=0, pir=0, pburst=0)),
    DEFAULT,
    fy.P4CounterEntry("counts"),
    fy.P4MeterEntry("police"),
    fy.P4RegisterEntry("last"),
    fy.P4ValueSetEntry("special", members=[]),
    fy.P4CloneSessionEntry(),
    fy.P4MulticastGroupEntry(),
    fy.P4DigestEntry(),
]
Test = Callable[[SwitchThread, fy.Switch], Coroutine[Any, Any, None]]


def run(test: Test) -> None:
    options = fy.SwitchOptions(p4info=everything.p4info_path(), p4blob=everything.json_path())

    async def inside(switch: SwitchThread) -> None:
        async with fy.Switch("sw", switch.address, options) as client:
            await test(switch, client)

    with SwitchThread() as switch:
        switch.call(asyncio.wait_for(inside(switch), 110))


async def reconcile(client: fy.Switch, json: Path) -> None:
    request = Set(device_id=1, election_id={"low": 10}, action=Set.RECONCILE_AND_COMMIT)
    request.config.p4_device_config = json.read_bytes()
    text_format.Parse(json.with_suffix(".p4info.txtpb").read_text(), request.config.p4info)
    async with grpc.aio.insecure_channel(client.address) as channel:
        await p4r_grpc.P4RuntimeStub(channel).SetForwardingPipelineConfig(request)  # type: ignore[no-untyped-call]


async def read(client: fy.Switch) -> list[str]:
    found = []
    for entity in READ:
        text = sorted([str(entity) async for entity in client.read([entity])])
        found += [line for line in text if "time_since" not in line]
    return found


async def write(client: fy.Switch) -> None:
    for batch in STATE:
        await client.insert(batch)
    await client.modify(CHANGED)


def variant(folder: Path, *changes: tuple[str, str]) -> Path:
    """everything.p4 with other text, compiled."""
    text = everything.SOURCE.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    source = folder / "everything.p4"
    source.write_text(text)
    done = CliRunner().invoke(compile_command, [str(source), "-o", str(folder)])
    assert done.exit_code == 0, done.output
    return folder / "everything.json"


def test_everything_reads_as_before_with_the_same_program() -> None:
    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        await write(client)
        switch.plane.inject(1, packet(1, 1, 2, 3))
        await asyncio.to_thread(switch.plane.settle)
        before = await read(client)
        assert len(before) > 30
        await reconcile(client, everything.json_path())
        assert await read(client) == before
        switch.plane.take()
        switch.plane.inject(1, packet(1, 1, 2, 3))
        await asyncio.to_thread(switch.plane.settle)
        assert switch.plane.take() == [(4, packet(1, 1, 2, 3))]

    run(test)


ANOTHER = "table another { key = { hdr.data.a : exact; } actions = { drop; } }"


def test_a_program_that_has_more_takes_the_state_over(tmp_path: Path) -> None:
    new = variant(
        tmp_path,
        ("    apply {\n        counts.count", f"    {ANOTHER}\n    apply {{\n        another.apply(); counts.count"),
        ("register<bit<32>>(8) last", "register<bit<32>>(16) last"),
    )

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        await write(client)
        before = [line for line in await read(client) if "P4RegisterEntry" not in line]
        await reconcile(client, new)
        after = [line for line in await read(client) if "P4RegisterEntry" not in line]
        assert after == before
        found = [e.data async for e in client.read([fy.P4RegisterEntry("last")])]
        assert found == [0] * 6 + [99] + [0] * 9

    run(test)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (("special_actions.apply();", "NoAction();"), [STATE[0][2], STATE[2][8]]),
        (("register<bit<32>>(8) last", "register<bit<32>>(4) last"), [CHANGED[3]]),
        (("key = { hdr.data.b : range; }", "key = { hdr.data.a : range; hdr.data.b : range; }"), [STATE[2][3]]),
    ],
    ids=["no such table", "shorter array", "other key"],
)
def test_what_has_no_place_in_the_new_program_keeps_the_old_one(
    tmp_path: Path, change: tuple[str, str], state: list[Any]
) -> None:
    """INVALID_ARGUMENT "if the existing forwarding state cannot be preserved"; nothing has changed then."""
    new = variant(tmp_path, change)

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        await reconcile(client, new)  # nothing is there that could get lost
        await reconcile(client, everything.json_path())
        for entity in state:
            if isinstance(entity, fy.P4RegisterEntry):
                await client.modify([entity])
            else:
                await client.insert([entity])
        before = await read(client)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await reconcile(client, new)
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert await read(client) == before

    run(test)


def test_registers_that_nobody_wrote_need_no_place() -> None:
    """The same of every type: INVALID_ARGUMENT if state cannot be preserved, and there is none."""

    def fewer(info: p4i.P4Info) -> None:
        kept = [register for register in info.registers if register.preamble.alias not in ("reg_kind", "reg_vrf")]
        del info.registers[:]
        info.registers.extend(kept)

    async def carry(old: Device) -> None:
        with entities(fewer) as new:
            await carry_over(old.pipeline, initial_state(old.pipeline), new.pipeline, initial_state(new.pipeline))

    with entities() as old:
        asyncio.run(carry(old))
    for written in (
        'register_id: <reg_kind> data { enum_value: "\\002" }',
        'register_id: <reg_vrf> data { bitstring: "red" }',
    ):
        with entities() as old:
            old.modify(f"register_entry {{ {written} }}")
            with pytest.raises(StatusError):
                asyncio.run(carry(old))


def test_the_programs_own_default_is_the_new_programs_unless_a_client_changed_it(tmp_path: Path) -> None:
    new = variant(tmp_path, ("default_action = drop(); size", "default_action = forward_counted(7); size"))

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        await reconcile(client, new)
        assert [e.action async for e in client.read([DEFAULT])] == [fy.Action("forward_counted", port=7)]
        await client.modify([DEFAULT])
        await reconcile(client, everything.json_path())
        assert [e.action async for e in client.read([DEFAULT])] == [DEFAULT.action]

    run(test)


def test_initial_entries_are_the_new_programs_but_for_what_clients_did_to_them(tmp_path: Path) -> None:
    """Preinitialized tables."""
    entries = "size = 65536; entries = { 1 : forward_counted(1); 2 : forward_counted(2); %s } }"
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    old = variant(folders[0], ("size = 65536; }", entries % "3 : forward_counted(3);"))
    new = variant(folders[1], ("size = 65536; }", entries % "4 : forward_counted(4);"))

    async def ports(client: fy.Switch) -> dict[int, int]:
        found = [e async for e in client.read([fy.P4TableEntry("exact_table")])]
        return {e.match["a"]: e.action.args["port"] for e in found}

    async def test(switch: SwitchThread, client: fy.Switch) -> None:
        await reconcile(client, old)
        assert await ports(client) == {1: 1, 2: 2, 3: 3}
        one, two = (
            fy.P4TableEntry("exact_table", match=fy.Match(a=n), action=fy.Action("forward_counted", port=8))
            for n in (1, 2)
        )
        await client.modify([one])
        await client.delete([two])
        await reconcile(client, new)
        assert await ports(client) == {1: 8, 3: 3, 4: 4}

    run(test)
