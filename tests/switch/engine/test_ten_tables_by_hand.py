"""scripts/bench_programs/ten_tables_by_hand.c does what ten_tables.p4 does.

Oracle: the engine with the compiled program; for the policers' arithmetic, the runtime's meter_execute. Most entries
are not the benchmark's: prefixes of all kinds, rules that permit and deny, ports and hosts that lead nowhere.
"""

from __future__ import annotations

import ctypes
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source
from switch import native
from switch.build import RUNTIME, find_compiler
from switch.engine import Engine
from switch.values import Exact, Lpm, Match, MeterConfig, Ternary
from topo.prober import internet_checksum

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))
import bench_by_hand  # noqa: E402
import bench_ten_tables  # noqa: E402
from bench_gateway import VTEP, VTEP_MAC, Row, Vm, make_packets, make_vms, write_rows  # noqa: E402
from bench_ten_tables import GATEWAY_MAC  # noqa: E402

Tables = list[tuple[str, list[Row]]]
Packet = tuple[int, bytes]
REASONS = (
    *("none", "malformed", "not ours", "tenant", "spoofed", "not routed"),
    *("denied", "policed", "no route", "no endpoint", "no host", "no port"),
)
SLOW = MeterConfig(1, 2000, 2, 4000)  # 19 green packets of 104 bytes, then as many yellow ones, then red for a minute
TENANT_IDS = (0, 1, 2, 3, 4095, 4096, 0x8001, 0xFFFF)  # not all are counted: there are 4096 counters


@pytest.fixture(scope="module")
def program() -> dict[str, object]:
    found = compile_source((ROOT / "scripts" / "bench_programs" / "ten_tables.p4").read_text(), Diagnostics())
    assert found is not None
    return dict(found.json)


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> bench_by_hand.ByHand:
    return bench_by_hand.ByHand(tmp_path_factory.mktemp("by_hand"))


class Pair:
    """The same entries in an engine, and by hand in another engine's place."""

    def __init__(self, program: dict[str, object], by_hand: bench_by_hand.ByHand, tables: Tables) -> None:
        self.engine, self.other = (Engine.load(program, optimise="none") for _ in range(2))
        self.by_hand = by_hand
        write_rows(self.engine, tables)
        by_hand.fill(tables)
        by_hand.take_over(self.other)

    def police(self, index: int, config: MeterConfig) -> None:
        self.engine.write_meter("TenIngress.policers", index, config)
        self.by_hand.police(index, config)

    def assert_same(self, packets: list[Packet]) -> None:
        for port, data in packets:
            assert self.other.process(port, data) == self.engine.process(port, data), data.hex()
        drops, tenants, policers = self.by_hand.counts()
        assert drops == self.engine.read_counters("TenIngress.drops")[: len(drops)]
        assert tenants == self.engine.read_counters("TenIngress.by_tenant")
        for index in range(len(TENANT_IDS)):
            counts = self.engine.read_meter_counts("TenIngress.policers", index)
            assert policers[3 * index : 3 * index + 3] == [counts.green, counts.yellow, counts.red]
        assert self.other.drops() == self.engine.drops()

    def close(self) -> None:
        self.engine.close()
        self.other.close()


def test_the_benchmark_s_own_entries_and_packets(program: dict[str, object], by_hand: bench_by_hand.ByHand) -> None:
    vms = make_vms(2000)
    pair = Pair(program, by_hand, list(bench_ten_tables.entries(vms, 200, 8)))
    for index in range(16):
        pair.police(index, bench_ten_tables.POLICED)
    packets = make_packets(vms, 2000)
    pair.assert_same(packets)
    assert by_hand.counts()[0] == [by_hand.counts()[0][0]] * 12  # none dropped
    assert len({pair.other.process(*packet)[0][0] for packet in packets}) == bench_ten_tables.PORTS
    pair.close()


def test_every_reason_to_drop_and_every_change(program: dict[str, object], by_hand: bench_by_hand.ByHand) -> None:
    rng = random.Random(1)
    vms = odd_vms(rng)
    pair = Pair(program, by_hand, odd_tables(vms, rng))
    for index in range(4, len(TENANT_IDS)):
        pair.police(index, SLOW if index < 6 else bench_ten_tables.POLICED)
    pair.assert_same([(rng.randrange(512), changed(packet_of(vms, rng), rng)) for _ in range(6000)])
    for vm in EXTREMES:
        extreme = (1, bytes(packet_of([vm], rng)))
        pair.assert_same([extreme])
        assert pair.other.process(*extreme)
        assert pair.engine.process(*extreme)
    drops, _, policers = by_hand.counts()
    assert [reason for reason, count in zip(REASONS, drops, strict=True) if not count.packets] == ["none"]
    assert all(count.packets for count in policers[3 * 4 : 3 * 6])  # green, yellow, red
    assert pair.other.drops()["by the program in ingress"] > sum(count.packets for count in drops)  # to port 511
    pair.close()


def test_bursts_leave_in_order(program: dict[str, object], by_hand: bench_by_hand.ByHand, tmp_path: Path) -> None:
    rng = random.Random(2)
    vms = odd_vms(rng)
    pair = Pair(program, by_hand, odd_tables(vms, rng))
    packets = [(1, changed(packet_of(vms, rng), rng)) for _ in range(64 * 20)]
    expected = [pair.engine.process(*packet) for packet in packets]
    sent = in_bursts(pair.other, packets, tmp_path)
    assert sent == [out for outs in expected for out in outs]
    assert 0 < len(sent) < len(packets)
    pair.close()


def test_policers_spend_what_the_runtime_s_meters_spend(by_hand: bench_by_hand.ByHand) -> None:
    library = native.native()
    execute = library.meter_execute_shared  # meter_execute itself is inline
    execute.argtypes = (ctypes.c_void_p, ctypes.c_uint32, *(ctypes.c_uint64,) * 3, ctypes.c_int)
    rng = random.Random(3)
    by_hand.fill([])
    meters = library.meters_create(1, 1, 100)
    for index in range(100):
        cir = rng.randrange(1 << rng.randrange(1, 45))
        config = MeterConfig(cir, rng.randrange(1 << 14), cir + rng.randrange(1 << 30), rng.randrange(1 << 15))
        now, colors = 10**12, set()
        values = (ctypes.c_uint64 * 4)(config.cir, config.cburst, config.pir, config.pburst)
        assert library.meter_configure(meters, index, 1, values, now) == 0
        by_hand.police(index, config, now)
        for _ in range(300):
            now += rng.randrange(1 << rng.randrange(1, 32))
            length = rng.randrange(60, 1500)
            color = by_hand.meter(index, length, now)
            assert color == execute(meters, 0, index, length, now, 0)
            colors.add(color)
    library.meters_destroy(meters)


# ---- entries and packets

HOSTS = (0, 0xFFFFFFFF, *range(0x0AFE0000, 0x0AFE001E))  # two more are nowhere
EXTREMES = [Vm(0, 0, 0, 0), Vm(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFF)]  # what empty slots look like
TEMPLATE = make_packets(make_vms(1000), 1)[0][1]


def odd_vms(rng: random.Random) -> list[Vm]:
    vms = [
        Vm(rng.choice(TENANT_IDS), 0x0A000000 | rng.randrange(1 << 20), 0x020000000000 | rng.getrandbits(40), host)
        for host in range(0x0AFE0000, 0x0AFE0020)
        for _ in range(20)
    ]
    return [*{(vm.tenant, vm.ip): vm for vm in vms}.values(), *EXTREMES]


def odd_tables(vms: list[Vm], rng: random.Random) -> Tables:
    exact = Exact
    lengths = (0, 1, 8, 12, 15, 16, 17, 20, 23, 24, 25, 28, 31, 32)
    routes: dict[tuple[int, int, int], Row] = {}
    for _ in range(400):
        tenant, length, near = rng.choice(TENANT_IDS[:-1]), rng.choice(lengths), rng.choice(vms).ip
        address = near >> (32 - length) << (32 - length)
        via = rng.random() < 0.3
        match = (exact(tenant), Lpm(address, length))
        routes[tenant, address, length] = (match, "via" if via else "connected", (rng.choice(vms).ip,) * via, 0)
    for vm in EXTREMES:
        routes[vm.tenant, vm.ip, 32] = ((exact(vm.tenant), Lpm(vm.ip, 32)), "connected", (), 0)
    known = [vm for vm in vms if vm in EXTREMES or rng.random() < 0.95]
    return [
        ("vtep", [((exact(VTEP_MAC), exact(VTEP + n)), "local", (), 0) for n in range(0, 1 << 18, 1 << 14)]),
        ("vni", [((exact(5000 + t),), "set_tenant", (t, GATEWAY_MAC + t), 0) for t in TENANT_IDS]),
        ("source", [(tuple(map(exact, (v.tenant, v.ip, v.mac, v.host))), "genuine", (), 0) for v in known]),
        ("router_mac", [((exact(t), exact(GATEWAY_MAC)), "routed", (), 0) for t in TENANT_IDS]),
        (
            "policer",
            [
                ((exact(t), exact(tos)), "unlimited" if tos == 1 else "police", () if tos == 1 else (index,), 0)
                for index, t in enumerate(TENANT_IDS)
                for tos in range(3)
            ],
        ),
        ("acl", [acl_rule(vms, rng, priority) for priority in range(1, 601)]),
        ("route", [*routes.values()]),
        ("endpoint", [((exact(v.tenant), exact(v.ip)), "vm", (v.mac ^ 1, v.host), 0) for v in vms if v in known]),
        (
            "next_hop",
            [
                ((exact(host),), "to_port", (n if n != 7 else 511, 0x02AB00000000 + n), 0)
                for n, host in enumerate(HOSTS)
            ],
        ),
        ("port_map", [((exact(n),), "send_as", (VTEP_MAC + n, VTEP + n), 0) for n in (*range(28), 511)]),
    ]


def acl_rule(vms: list[Vm], rng: random.Random, priority: int) -> Row:
    """More of them than a vector of the bit vectors has; few are as wide as to hide the others."""
    source, destination = rng.choice(vms), rng.choice(vms)

    def some(value: int, width: int, likely: float) -> Match:
        if rng.random() > likely:
            return Ternary(0, 0)
        mask = (1 << width) - 1 if rng.random() < 0.7 else rng.getrandbits(width)
        return Ternary(value & mask, mask)

    match = (
        *(some(source.tenant, 16, 0.9), some(source.ip, 32, 0.9), some(destination.ip, 32, 0.5)),
        *(some(rng.choice((6, 17)), 8, 0.5), some(rng.choice((1, 5000)), 16, 0.2), some(2, 16, 0.3)),
    )
    return match, rng.choice(("permit", "deny")), (), priority


def packet_of(vms: list[Vm], rng: random.Random) -> bytearray:
    """From a VM to one of its tenant's, right in all that the tables ask for."""
    source = rng.choice(vms)
    destination = rng.choice([vm for vm in vms if vm.tenant == source.tenant])
    frame = bytearray(TEMPLATE)
    frame[26:30] = source.host.to_bytes(4, "big")
    frame[46:49] = (5000 + source.tenant).to_bytes(3, "big")
    frame[56:62] = source.mac.to_bytes(6, "big")
    frame[65] = rng.randrange(2)  # TOS
    frame[73] = rng.choice((6, 17))
    frame[76:84] = source.ip.to_bytes(4, "big") + destination.ip.to_bytes(4, "big")
    frame[84:88] = rng.choice((1, 5000)).to_bytes(2, "big") + rng.choice((2, 443)).to_bytes(2, "big")
    frame[24:26] = checksum_of(frame)
    return frame


def checksum_of(frame: bytearray) -> bytes:
    """Of the outer IPv4 header."""
    return internet_checksum(bytes(frame[14:24] + bytes(2) + frame[26:34])).to_bytes(2, "big")


def changed(frame: bytearray, rng: random.Random) -> bytes:
    """As it is, or with some change: of a field that a table or the parser looks at, of any bit, of the length."""
    places = (
        0,
        5,
        12,
        14,
        15,
        20,
        21,
        23,
        30,
        33,
        36,
        46,
        48,
        49,
        50,
        56,
        61,
        62,
        64,
        64,
        65,
        65,
        65,
        66,
        70,
        71,
        72,
        73,
        73,
        76,
    )
    values = (0, 1, 2, 4, 6, 17, 0x40, 0x45, 0x46, 0x65, 0xFF)
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        frame[rng.choice(places) if rng.random() < 0.8 else rng.randrange(len(frame))] = (
            rng.choice(values) if rng.random() < 0.8 else rng.randrange(256)
        )
    if rng.random() < 0.9:  # else what changed in the outer header makes its checksum wrong
        frame[24:26] = checksum_of(frame) if rng.random() < 0.95 else rng.choice((bytes(2), b"\xff\xff"))
    return bytes(
        frame[: rng.randrange(len(frame) + 1)] if rng.random() < 0.1 else frame + rng.randbytes(rng.randrange(9))
    )


# ---- a burst, as a port thread hands it over


BURST_C = ROOT / "tests" / "fuzz" / "native" / "burst.c"


def in_bursts(engine: Engine, packets: list[Packet], directory: Path) -> list[Packet]:
    """What leaves, bursts of 64 being handed to a worker of the engine's."""
    compiler, target = find_compiler(), directory / "burst.so"
    command = [
        *compiler.command,
        *compiler.flags("-O1"),
        "-I",
        str(RUNTIME),
        "-shared",
        str(BURST_C),
        "-o",
        str(target),
    ]
    subprocess.run(command, check=True)
    library = ctypes.CDLL(str(target))
    library.sink_create.restype = ctypes.c_void_p
    library.sink_destroy.argtypes = (ctypes.c_void_p,)
    library.burst_process.restype = ctypes.c_size_t
    library.burst_process.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint, ctypes.c_void_p)
    deliver = ctypes.cast(library.sink_deliver, ctypes.c_void_p).value
    sink = library.sink_create()
    assert deliver is not None
    worker = engine.create_worker(0, deliver, sink)
    sent: list[Packet] = []
    for first in range(0, len(packets), 64):
        burst = packets[first : first + 64]
        records = b"".join(struct.pack("=II", port, len(data)) + data for port, data in burst)
        out = ctypes.c_void_p()
        size = library.burst_process(worker, sink, records, len(burst), ctypes.byref(out))
        sent += native.packets_of(ctypes.string_at(out.value, size) if size and out.value else b"")
    engine.destroy_worker(worker)
    library.sink_destroy(sink)
    return sent
