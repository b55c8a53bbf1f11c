"""Random frames against the model: good ones with wrong bits, other tenants' fields, cuts, checksums made right again.

Oracle: model.py, a second implementation. Seeded; a failure names the first frame that differs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import model
import ptf
from base import GatewayTest, inner_udp
from fixture import BLUE, HOST1, HOSTS, MARKERS, RED, VTEP2_IP, VTEP2_MAC, VTEP_IP, VTEP_MAC, from_host
from packets import ARP, BROADCAST, ICMP, IP, NO_MAC, TCP, UDP, Ether, Raw, ip_number, mac_number

BATCH = 40  # frames between two looks at the counters; PTF queues 100 packets a port


def mac_bytes(address: str) -> bytes:
    return mac_number(address).to_bytes(6, "big")


def fixture_tables() -> model.Tables:
    """The fixture, as the model holds it."""
    tables = model.Tables()
    for ip, mac in ((VTEP_IP, VTEP_MAC), (VTEP2_IP, VTEP2_MAC)):
        tables.local_vtep[ip_number(ip)] = mac_bytes(mac)
    for host in HOSTS:
        tables.next_hop[ip_number(host.ip)] = (host.port, mac_bytes(VTEP_MAC), mac_bytes(host.mac))
    for tenant in (BLUE, RED, MARKERS):
        tables.vni[tenant.vni] = (tenant.id, mac_bytes(tenant.gateway_mac))
        for vm in tenant.vms.values():
            address, host_address = ip_number(vm.ip), ip_number(vm.host.ip)
            tables.vm_source.add((tenant.id, address, mac_bytes(vm.mac), host_address))
            tables.endpoint[tenant.id, address] = (host_address, mac_bytes(vm.mac))
        for gateway in tenant.gateways:
            tables.endpoint[tenant.id, ip_number(gateway)] = None
        for subnet, length in tenant.subnets:
            tables.route[tenant.id, ip_number(subnet), length] = "connected"
    return tables


def good_frames() -> list[bytes]:
    """One of each kind that the gateway forwards or answers."""
    web1, db1, db2 = (BLUE.vms[name] for name in ("web1", "db1", "db2"))
    routed = Ether(dst=BLUE.gateway_mac, src=web1.mac) / IP(src=web1.ip, dst=db1.ip)
    ask = {"op": 1, "hwsrc": web1.mac, "psrc": web1.ip, "hwdst": NO_MAC}
    frames = [
        from_host(HOST1, BLUE, inner_udp()),
        from_host(HOST1, BLUE, routed / TCP(sport=40000, dport=443) / Raw(b"data")),
        from_host(HOST1, BLUE, Ether(dst=db2.mac, src=web1.mac) / IP(src=web1.ip, dst=db2.ip) / ICMP()),
        from_host(HOST1, BLUE, inner_udp(flags="MF")),
        from_host(HOST1, BLUE, inner_udp(frag=20)),
        from_host(RED.vms["web1"].host, RED, inner_udp("web1", "web2", RED)),
        from_host(HOST1, BLUE, Ether(dst=BROADCAST, src=web1.mac) / ARP(**ask, pdst="10.1.1.1")),
        from_host(HOST1, BLUE, Ether(dst=BROADCAST, src=web1.mac) / ARP(**ask, pdst=db2.ip)),
        Ether(dst=BROADCAST, src=HOST1.mac) / ARP(op=1, hwsrc=HOST1.mac, psrc=HOST1.ip, hwdst=NO_MAC, pdst=VTEP_IP),
    ]
    return [bytes(frame) for frame in frames]


class Mutator:
    """Changes frames at random; every change is in bytes, so that what comes out may be anything."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        macs = [VTEP_MAC, VTEP2_MAC, BLUE.gateway_mac, RED.gateway_mac, BROADCAST]
        ips = [VTEP_IP, VTEP2_IP, "10.1.1.1", "10.1.2.1", "10.1.9.9", "127.0.0.1", "224.0.0.5", "0.0.0.0"]
        for tenant in (BLUE, RED):
            macs += [vm.mac for vm in tenant.vms.values()]
            ips += [vm.ip for vm in tenant.vms.values()]
        ips += [host.ip for host in HOSTS]
        self.macs = [mac_bytes(mac) for mac in macs]
        self.ips = [ip_number(ip).to_bytes(4, "big") for ip in ips]
        self.vnis = [n.to_bytes(3, "big") for n in (BLUE.vni, RED.vni, 0, 5003)]
        self.types = [bytes.fromhex(n) for n in ("0800", "0806", "8100", "88a8", "86dd")]
        self.changes: list[Callable[[bytearray], None]] = [
            self.flip_bit,
            self.set_byte,
            self.other_address,
            self.other_address,
            self.other_vni,
            self.other_type,
            self.other_length,
            self.cut,
            self.append,
        ]

    def mutate(self, good: bytes) -> bytes:
        frame = bytearray(good)
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 3))):
            self.rng.choice(self.changes)(frame)
        if self.rng.random() < 0.7:
            repair_checksums(frame)
        return bytes(frame)

    def put(self, frame: bytearray, at: int, value: bytes) -> None:
        if at + len(value) <= len(frame):
            frame[at : at + len(value)] = value

    def flip_bit(self, frame: bytearray) -> None:
        if frame:
            frame[self.rng.randrange(len(frame))] ^= 1 << self.rng.randrange(8)

    def set_byte(self, frame: bytearray) -> None:
        if frame:
            frame[self.rng.randrange(min(len(frame), 92))] = self.rng.choice((0, 1, 0x45, 0x80, 0xFF))

    def other_address(self, frame: bytearray) -> None:
        at, values = self.rng.choice(
            [(at, self.macs) for at in (0, 6, 50, 56, 72)] + [(at, self.ips) for at in (26, 30, 38, 76, 78, 80, 88)]
        )
        self.put(frame, at, self.rng.choice(values))

    def other_vni(self, frame: bytearray) -> None:
        self.put(frame, 46, self.rng.choice(self.vnis))

    def other_type(self, frame: bytearray) -> None:
        self.put(frame, self.rng.choice((12, 62)), self.rng.choice(self.types))

    def other_length(self, frame: bytearray) -> None:
        at = self.rng.choice((16, 38, 66))
        if at + 2 <= len(frame):
            value = int.from_bytes(frame[at : at + 2], "big") + self.rng.choice((-20, -8, -1, 1, 8, 20))
            self.put(frame, at, (value & 0xFFFF).to_bytes(2, "big"))

    def cut(self, frame: bytearray) -> None:
        del frame[self.rng.randrange(len(frame) + 1) :]

    def append(self, frame: bytearray) -> None:
        frame.extend(self.rng.randbytes(self.rng.randrange(1, 30)))


def repair_checksums(frame: bytearray) -> None:
    """Make the checksums of what may be IPv4 headers right, so that the frame gets past them."""
    for start in (14, 64):
        if len(frame) >= start + 20 and frame[start - 2 : start] == b"\x08\x00":
            frame[start + 10 : start + 12] = bytes(2)
            frame[start + 10 : start + 12] = model.checksum(bytes(frame[start : start + 20])).to_bytes(2, "big")


class FuzzTest(GatewayTest):
    def agrees(self, tables: model.Tables, frames: list[bytes]) -> None:
        """The switch does with each of the frames what the model does. Frames of one batch enter by one port."""
        if ptf.config["platform"] != "nn":
            frames = [frame for frame in frames if len(frame) >= 14]
        for start in range(0, len(frames), BATCH):
            batch = frames[start : start + BATCH]
            expected: list[tuple[int, str]] = []
            reasons: Counter[str] = Counter()
            for frame in batch:
                try:
                    port, leaves = model.forward(tables, 1 + start % 4, frame)
                    expected.append((port, leaves.hex()))
                except model.Dropped as dropped:
                    reasons[str(dropped)] += 1
            before = self.drops()
            out = self.exchange(1 + start % 4, *batch)
            counted = Counter(self.drops()) - Counter(before)
            if (out, counted) != (sorted(expected, key=lambda packet: packet[0]), reasons):
                self.one_by_one(tables, 1 + start % 4, batch)

    def one_by_one(self, tables: model.Tables, port: int, batch: list[bytes]) -> None:
        """Find the frame of a batch that differs, and show it."""
        for frame in batch:
            before = Counter(self.drops())
            out = self.exchange(port, frame)
            seen: list[object] = [*out] or [*(Counter(self.drops()) - before)]
            try:
                out_port, expected = model.forward(tables, port, frame)
                self.assertEqual(seen, [(out_port, expected.hex())], f"into port {port}: {frame.hex()}")
            except model.Dropped as dropped:
                self.assertEqual(seen, [str(dropped)], f"into port {port}: {frame.hex()}")
        self.fail("a batch differs from the model, each of its frames alone does not")


class RandomFramesAreTreatedAsTheModelTreatsThem(FuzzTest):
    def runTest(self) -> None:
        rng = random.Random("frames")
        mutator, good = Mutator(rng), good_frames()
        self.agrees(fixture_tables(), [mutator.mutate(rng.choice(good)) for _ in range(4000)])


class RandomPoliciesAreTreatedAsTheModelTreatsThem(FuzzTest):
    """ACL rules and nested routes at random, good packets between random VMs."""

    def runTest(self) -> None:
        rng = random.Random("policies")
        tables = fixture_tables()
        for priority in range(1, 61):
            key = self.random_rule(rng)
            action = rng.choice(("permit", "deny"))
            self.insert("acl", key, action, priority=priority)
            tables.acl.append((priority, key, action))
        while len(tables.route) < 44:
            tenant, bits = rng.choice((BLUE, RED)), rng.choice((0, 8, 13, 23, 25, 27, 28, 29, 30, 31, 32))
            address = 0x0A010000 | rng.choice((0x100, 0x200)) | rng.randrange(32)
            address &= 0xFFFFFFFF << (32 - bits)
            action = rng.choice(("connected", "connected", "blackhole"))
            if (tenant.id, address, bits) not in tables.route:
                self.insert("route", {"tenant": tenant.id, "dst": (address, bits)}, action)
                tables.route[tenant.id, address, bits] = action
        self.agrees(tables, [self.random_packet(rng) for _ in range(1200)])

    def random_rule(self, rng: random.Random) -> dict[str, int | tuple[int, int]]:
        tenant = rng.choice((BLUE, RED))
        key: dict[str, int | tuple[int, int]] = {"tenant": tenant.id}
        for name in ("src", "dst"):
            if rng.random() < 0.6:
                mask = rng.choice((0xFFFFFFFF, 0xFFFFFF00, 0xFFFFFFFC, 0x000000FF, 0x00000001))
                key[name] = (ip_number(rng.choice(list(tenant.vms.values())).ip) & mask, mask)
        if rng.random() < 0.5:
            key["proto"] = (rng.choice((1, 6, 17)), 0xFF)
        if rng.random() < 0.5:
            key["has_ports"] = (1, 1)
            name, mask = rng.choice(("sport", "dport")), rng.choice((0xFFFF, 0xFFF0, 0xC000))
            key[name] = (rng.choice((22, 80, 40000)) & mask, mask)
        return key

    def random_packet(self, rng: random.Random) -> bytes:
        tenant = rng.choice((BLUE, RED))
        src, dst = rng.choices(list(tenant.vms.values()), k=2)
        mac = rng.choice((dst.mac, tenant.gateway_mac))
        ports = {"sport": rng.choice((22, 80, 81, 40000)), "dport": rng.choice((22, 80, 81, 40000))}
        payload = rng.choice((TCP(**ports), UDP(**ports), ICMP(), Raw(b"payload")))
        ip = IP(src=src.ip, dst=dst.ip, ttl=rng.choice((1, 2, 64)), flags=rng.choice(("", "DF", "MF")))
        return bytes(from_host(src.host, tenant, Ether(dst=mac, src=src.mac) / ip / payload))
