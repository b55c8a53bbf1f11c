"""Flows: the outer source port carries the inner flow's entropy (RFC 7348 §5); frame sizes; what is counted."""

from __future__ import annotations

from base import GatewayTest, inner_udp
from fixture import BLUE, HOST1, HOST2, RED, from_host, to_host
from p4rt import Count
from packets import ICMP, IP, TCP, UDP, Ether, Raw, entropy_port
from scapy.packet import Packet

WEB1, WEB2, DB1 = (BLUE.vms[name] for name in ("web1", "web2", "db1"))
ETH = Ether(dst=WEB2.mac, src=WEB1.mac)


class FlowTest(GatewayTest):
    def source_port(self, inner: Packet, sport: int = 0xBEEF) -> int:
        """The outer UDP source port that an inner frame of web1 to web2 leaves with."""
        frame = from_host(HOST1, BLUE, inner)
        frame[UDP].sport = sport
        ((_, out),) = self.exchange(1, frame)
        return int.from_bytes(bytes.fromhex(out)[34:36], "big")


class OneFlowHasOneSourcePort(FlowTest):
    """Whatever the host's own source port, the payload, the TTL or the IP identification."""

    def runTest(self) -> None:
        flow = ETH / IP(src=WEB1.ip, dst=WEB2.ip) / TCP(sport=40000, dport=443)
        ports = {self.source_port(flow, sport) for sport in (0, 1, 4789, 65535)}
        for ttl, id, flags, data in ((1, 1, "S", b""), (255, 65535, "A", b"data"), (64, 0, "FA", b"x" * 500)):
            packet = ETH / IP(src=WEB1.ip, dst=WEB2.ip, ttl=ttl, id=id) / TCP(sport=40000, dport=443, flags=flags)
            ports.add(self.source_port(packet / Raw(data)))
        self.assertEqual(ports, {entropy_port(flow)})


class FlowsSpreadOverTheDynamicRange(FlowTest):
    """64 flows that differ in their last bits: all in 49152-65535, and nearly all on ports of their own.

    Oracle: the CRC computed bit by bit in packets.py.
    """

    def runTest(self) -> None:
        frames = [
            from_host(HOST1, BLUE, ETH / IP(src=WEB1.ip, dst=WEB2.ip) / UDP(sport=40000 + n % 16, dport=80 + n // 16))
            for n in range(64)
        ]
        out = self.exchange(1, *frames)
        ports = [int.from_bytes(bytes.fromhex(frame)[34:36], "big") for _, frame in out]
        self.assertEqual(ports, [entropy_port(frame["VXLAN"].payload) for frame in frames])
        self.assertTrue(all(49152 <= port <= 65535 for port in ports), ports)
        self.assertGreater(len(set(ports)), 60)


class EachFieldOfTheFlowChangesTheSourcePort(FlowTest):
    """Source, destination, protocol, both ports: one bit each."""

    def runTest(self) -> None:
        self.insert(
            "vm_source",
            {"tenant": BLUE.id, "address": 0x0A01010A, "mac": 0x020000000111, "host": 0xAC100001},
            "genuine",
        )
        key = {"tenant": BLUE.id, "address": 0x0A01010E}
        self.insert("endpoint", key, "vm", {"host": 0xAC100002, "mac": 0x020000000112})
        flows = [
            ETH / IP(src=WEB1.ip, dst=WEB2.ip) / TCP(sport=1000, dport=2000),
            ETH / IP(src="10.1.1.10", dst=WEB2.ip) / TCP(sport=1000, dport=2000),
            ETH / IP(src=WEB1.ip, dst="10.1.1.14") / TCP(sport=1000, dport=2000),
            ETH / IP(src=WEB1.ip, dst=WEB2.ip) / UDP(sport=1000, dport=2000),
            ETH / IP(src=WEB1.ip, dst=WEB2.ip) / TCP(sport=1001, dport=2000),
            ETH / IP(src=WEB1.ip, dst=WEB2.ip) / TCP(sport=1000, dport=2001),
        ]
        ports = [self.source_port(flow) for flow in flows]
        self.assertEqual(ports, [entropy_port(flow) for flow in flows])
        self.assertEqual(len(set(ports)), len(flows))


class AllFragmentsOfAPacketHaveOneSourcePort(FlowTest):
    """Else they could overtake one another: the ports, which only the first one has, are left out."""

    def runTest(self) -> None:
        first = ETH / IP(src=WEB1.ip, dst=WEB2.ip, id=5, flags="MF") / UDP(sport=7, dport=9, len=64) / Raw(bytes(16))
        middle = ETH / IP(src=WEB1.ip, dst=WEB2.ip, id=5, flags="MF", frag=3, proto=17) / Raw(b"\xaa" * 16)
        last = ETH / IP(src=WEB1.ip, dst=WEB2.ip, id=5, frag=5, proto=17) / Raw(b"\x55" * 16)
        self.assertEqual({self.source_port(part) for part in (first, middle, last)}, {entropy_port(last)})


class IcmpFlowsHaveNoPorts(FlowTest):
    """Two echo sequences between the same VMs are one flow."""

    def runTest(self) -> None:
        pings = [ETH / IP(src=WEB1.ip, dst=WEB2.ip) / ICMP(id=id, seq=seq) for id, seq in ((1, 1), (2, 9))]
        self.assertEqual({self.source_port(ping) for ping in pings}, {entropy_port(pings[0])})


class FramesOfEverySizeAreForwardedWhole(GatewayTest):
    """From an inner IPv4 header with nothing behind it, byte by byte, over the usual MTUs."""

    def runTest(self) -> None:
        sizes = [*range(70), 200, 1230, 1429, 1430, 1431, 1466, 1480, 1481]
        inners = [
            Ether(dst=WEB2.mac, src=WEB1.mac)
            / IP(src=WEB1.ip, dst=WEB2.ip, proto=253, len=20 + n)
            / Raw(bytes((i * 7) & 0xFF for i in range(n)))
            for n in sizes
        ]
        for start in range(0, len(inners), 26):
            some = inners[start : start + 26]
            out = self.exchange(1, *(from_host(HOST1, BLUE, inner) for inner in some))
            self.assertEqual(out, [(2, bytes(to_host(HOST2, BLUE, inner)).hex()) for inner in some])


class JumboFramesAreForwarded(GatewayTest):
    """9000 bytes in all, and an inner packet of 8950 routed."""

    def runTest(self) -> None:
        inner = ETH / IP(src=WEB1.ip, dst=WEB2.ip) / UDP(sport=1, dport=2) / Raw(b"jumbo 8 " * 1113)
        frame = from_host(HOST1, BLUE, inner)
        self.assertEqual(len(frame), 8996)
        self.assertForwards(1, frame, 2, to_host(HOST2, BLUE, inner))


class TenantsAreCountedInPacketsAndBytes(GatewayTest):
    """rx: what a tenant's VMs sent and was theirs; tx: what was sent to them. The other tenant's do not move."""

    def runTest(self) -> None:
        def cells() -> list[Count]:
            names = ("tenant_rx", "tenant_tx")
            return [self.switch.cell(name, tenant.id) for tenant in (BLUE, RED) for name in names]

        before = cells()
        forwarded = from_host(HOST1, BLUE, inner_udp("web1", "web2"))
        unknown = from_host(HOST1, BLUE, Ether(dst=WEB2.mac, src=WEB1.mac) / IP(src=WEB1.ip, dst="10.1.1.99") / ICMP())
        spoofed = from_host(HOST2, BLUE, inner_udp("web1", "web2"))
        self.assertEqual(len(self.exchange(1, forwarded, unknown, spoofed)), 1)
        rx, tx, red_rx, red_tx = (after - old for after, old in zip(cells(), before, strict=True))
        self.assertEqual((rx.packets, rx.bytes), (2, len(forwarded) + len(unknown)))
        self.assertEqual((tx.packets, tx.bytes), (1, len(forwarded)))
        self.assertEqual((red_rx.packets, red_tx.packets), (0, 0))


class DropsAreCountedInBytesToo(GatewayTest):
    def runTest(self) -> None:
        cell = self.switch.enum("DropReason")["UNKNOWN_VNI"]
        before = self.switch.cell("drops", cell)
        frame = from_host(HOST1, BLUE, inner_udp())
        frame["VXLAN"].vni = 77
        self.exchange(1, frame, frame)
        after = self.switch.cell("drops", cell) - before
        self.assertEqual((after.packets, after.bytes), (2, 2 * len(frame)))
