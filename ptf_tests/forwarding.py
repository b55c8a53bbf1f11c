"""Packets between VMs: bridged within a subnet, routed between subnets, dropped and counted when there is no way."""

from __future__ import annotations

import random

import fixture
from base import GatewayTest, inner_udp
from fixture import (
    BLUE,
    HOST1,
    HOST2,
    HOST3,
    HOST4,
    RED,
    VTEP2_IP,
    VTEP2_MAC,
    VTEP_IP,
    VTEP_MAC,
    from_host,
    to_host,
)
from packets import ICMP, IP, TCP, UDP, VXLAN, Ether, Raw, Vm, entropy_port, ip_number, mac_number

WEB1, WEB2, DB1, DB2 = (BLUE.vms[name] for name in ("web1", "web2", "db1", "db2"))


class SameSubnetIsBridgedUntouched(GatewayTest):
    """The inner frame leaves as it came; the outer headers are the gateway's, in full here."""

    def runTest(self) -> None:
        inner = (
            "020000000112" "020000000111" "0800"
            "4500001f" "00010000" "401164b5" "0a01010b" "0a01010c"
            "04d2" "0050" "000b" "203b" "616263"
        )  # fmt: skip
        frame = (
            "026700000064" "02aa00000001" "0800"
            "45000051" "12340000" "40110fe3" "ac100001" "ac100064"
            "beef" "12b5" "003d" "0000" "0800000000138900"
        )  # fmt: skip
        # CRC-16 of the flow 0a01010b 0a01010c 11 04d2 0050, modulo 0x4000, is 0x0662: source port 0xc662.
        expected = (
            "02aa00000002" "026700000064" "0800"
            "45000051" "00004000" "4011e215" "ac100064" "ac100002"
            "c662" "12b5" "003d" "0000" "0800000000138900"
        )  # fmt: skip
        self.assertForwards(1, bytes.fromhex(frame + inner), 2, bytes.fromhex(expected + inner))


class SubnetsAreRoutedThroughTheGatewayMac(GatewayTest):
    """checklist: TTL decremented on routing, checksum out recomputed with DF as it was."""

    def runTest(self) -> None:
        payload = UDP(sport=1234, dport=5432) / Raw(b"query")
        sent = (
            Ether(dst=BLUE.gateway_mac, src=WEB1.mac)
            / IP(src=WEB1.ip, dst=DB1.ip, ttl=64, id=7, tos=0x2E, flags="DF")
            / payload
        )
        routed = (
            Ether(dst=DB1.mac, src=BLUE.gateway_mac)
            / IP(src=WEB1.ip, dst=DB1.ip, ttl=63, id=7, tos=0x2E, flags="DF")
            / payload
        )
        self.assertForwards(
            1,
            Ether(dst=VTEP_MAC, src=HOST1.mac)
            / IP(src=HOST1.ip, dst=VTEP_IP, ttl=64, id=0x55AA)
            / UDP(sport=50000, dport=4789, chksum=0)
            / VXLAN(flags=0x08, vni=5001)
            / sent,
            3,
            Ether(dst=HOST3.mac, src=VTEP_MAC)
            / IP(src=VTEP_IP, dst=HOST3.ip, ttl=64, id=0, flags="DF")
            / UDP(sport=entropy_port(sent), dport=4789, chksum=0)
            / VXLAN(flags=0x08, vni=5001)
            / routed,
        )


class WithinASubnetTheGatewayMacStillRoutes(GatewayTest):
    """The inner destination MAC decides, not the addresses."""

    def runTest(self) -> None:
        sent = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=WEB2.ip, ttl=9) / ICMP()
        routed = Ether(dst=WEB2.mac, src=BLUE.gateway_mac) / IP(src=WEB1.ip, dst=WEB2.ip, ttl=8) / ICMP()
        self.assertForwards(1, from_host(HOST1, BLUE, sent), 2, to_host(HOST2, BLUE, routed))


class HairpinGoesBackToTheHostItCameFrom(GatewayTest):
    """Both VMs on one host: out of the port that it came in by. checklist: hairpin works."""

    def runTest(self) -> None:
        payload = TCP(sport=40000, dport=5432, flags="S")
        sent = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB2.ip, ttl=64) / payload
        routed = Ether(dst=DB2.mac, src=BLUE.gateway_mac) / IP(src=WEB1.ip, dst=DB2.ip, ttl=63) / payload
        self.assertForwards(1, from_host(HOST1, BLUE, sent), 1, to_host(HOST1, BLUE, routed))


class AVmReachesItself(GatewayTest):
    def runTest(self) -> None:
        inner = Ether(dst=WEB1.mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=WEB1.ip) / ICMP()
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 1, to_host(HOST1, BLUE, inner))


class EveryPairOfVmsIsForwarded(GatewayTest):
    """All pairs of both tenants, which have the same addresses: bridged in a subnet, routed between subnets."""

    def runTest(self) -> None:
        for tenant in (BLUE, RED):
            for src in tenant.vms.values():
                for dst in tenant.vms.values():
                    same_subnet = src.ip.rsplit(".", 1)[0] == dst.ip.rsplit(".", 1)[0]
                    sent = Ether(dst=dst.mac, src=src.mac) / IP(src=src.ip, dst=dst.ip, ttl=64) / UDP(sport=7, dport=8)
                    seen = sent.copy()
                    if not same_subnet:
                        sent[Ether].dst = tenant.gateway_mac
                        seen[Ether].src = tenant.gateway_mac
                        seen[IP].ttl = 63
                    with self.subTest(vni=tenant.vni, src=src.ip, dst=dst.ip):
                        self.assertForwards(
                            src.host.port,
                            from_host(src.host, tenant, sent),
                            dst.host.port,
                            to_host(dst.host, tenant, seen),
                        )


class TtlTwoIsRoutedWithTtlOne(GatewayTest):
    """RFC 1812 §5.3.1: at 1 it is still alive."""

    def runTest(self) -> None:
        sent = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB1.ip, ttl=2) / ICMP()
        routed = Ether(dst=DB1.mac, src=BLUE.gateway_mac) / IP(src=WEB1.ip, dst=DB1.ip, ttl=1) / ICMP()
        self.assertForwards(1, from_host(HOST1, BLUE, sent), 3, to_host(HOST3, BLUE, routed))


class TtlOneIsNotRouted(GatewayTest):
    """RFC 1812 §5.3.1; TTL 0 likewise, and no wrap to 255."""

    def runTest(self) -> None:
        for ttl in (1, 0):
            sent = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB1.ip, ttl=ttl) / ICMP()
            self.assertDrops(1, from_host(HOST1, BLUE, sent), "TTL_EXPIRED")


class TtlOneIsBridged(GatewayTest):
    """Within a subnet the gateway is a bridge: the TTL is none of its business."""

    def runTest(self) -> None:
        inner = inner_udp(ttl=1)
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class RoutedChecksumsAreRightForAnyHeader(GatewayTest):
    """Random headers, so that carries and end-around carries of the checksum occur. Seeded; oracle: scapy's sum."""

    def runTest(self) -> None:
        rng = random.Random(20261122)
        for _ in range(40):
            fields = {"id": rng.randrange(65536), "tos": rng.randrange(256), "flags": rng.choice(["", "DF"])}
            ttl = rng.randrange(2, 256)
            payload = UDP(sport=rng.randrange(65536), dport=rng.randrange(65536)) / Raw(rng.randbytes(9))
            sent = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB1.ip, ttl=ttl, **fields) / payload
            routed = Ether(dst=DB1.mac, src=BLUE.gateway_mac) / IP(src=WEB1.ip, dst=DB1.ip, ttl=ttl - 1, **fields)
            self.assertForwards(1, from_host(HOST1, BLUE, sent), 3, to_host(HOST3, BLUE, routed / payload))


class AnyIpProtocolIsForwarded(GatewayTest):
    """Protocol 253 is for experiments (RFC 3692); 47 is GRE, 132 SCTP. Four bytes of payload must not be ports."""

    def runTest(self) -> None:
        for proto in (1, 2, 47, 132, 253, 255):
            inner = Ether(dst=WEB2.mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=WEB2.ip, proto=proto) / Raw(b"\xff" * 6)
            self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class UnknownVmIsDropped(GatewayTest):
    """Bridged to an address that nobody has, and routed to one in a subnet that exists."""

    def runTest(self) -> None:
        bridged = Ether(dst=WEB2.mac, src=WEB1.mac) / IP(src=WEB1.ip, dst="10.1.1.99") / ICMP()
        routed = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst="10.1.2.99") / ICMP()
        self.assertDrops(1, from_host(HOST1, BLUE, bridged), "UNKNOWN_VM")
        self.assertDrops(1, from_host(HOST1, BLUE, routed), "UNKNOWN_VM")


class NoRouteIsDropped(GatewayTest):
    """Multicast, broadcast and loopback destinations have no route either."""

    def runTest(self) -> None:
        for dst in ("10.1.3.1", "8.8.8.8", "224.0.0.1", "255.255.255.255", "127.0.0.1", "0.0.0.0"):
            inner = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=dst) / ICMP()
            self.assertDrops(1, from_host(HOST1, BLUE, inner), "NO_ROUTE")


class ABlackholeInsideASubnetWinsByItsLength(GatewayTest):
    """Longest prefix first: 10.1.2.21/32 inside 10.1.2.0/24; its neighbour still gets its packets."""

    def runTest(self) -> None:
        entry = fixture.route(self.switch, BLUE, "10.1.2.21", 32, "blackhole")
        self.switch.insert(entry)
        self.addCleanup(self.switch.delete, entry)
        to_db1 = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB1.ip, ttl=5) / ICMP()
        to_db2 = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB2.ip, ttl=5) / ICMP()
        routed = Ether(dst=DB2.mac, src=BLUE.gateway_mac) / IP(src=WEB1.ip, dst=DB2.ip, ttl=4) / ICMP()
        self.assertDrops(1, from_host(HOST1, BLUE, to_db1), "BLACKHOLE")
        self.assertForwards(1, from_host(HOST1, BLUE, to_db2), 1, to_host(HOST1, BLUE, routed))


class RoutesOfATenantAreItsOwn(GatewayTest):
    """A default route to nowhere of one tenant changes nothing for the other."""

    def runTest(self) -> None:
        self.insert("route", {"tenant": RED.id, "dst": (0, 0)}, "blackhole")
        red, blue = RED.vms["db1"], BLUE.vms["web1"]
        from_red = Ether(dst=RED.gateway_mac, src=red.mac) / IP(src=red.ip, dst="8.8.8.8") / ICMP()
        from_blue = Ether(dst=BLUE.gateway_mac, src=blue.mac) / IP(src=blue.ip, dst="8.8.8.8") / ICMP()
        self.assertDrops(1, from_host(HOST1, RED, from_red), "BLACKHOLE")
        self.assertDrops(1, from_host(HOST1, BLUE, from_blue), "NO_ROUTE")


class InnerMacOfNobodyIsDropped(GatewayTest):
    """Neither the gateway's MAC nor the destination VM's: another VM's, broadcast, multicast, the other gateway's."""

    def runTest(self) -> None:
        for mac in (DB1.mac, "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", RED.gateway_mac, "02:00:00:00:01:13"):
            inner = Ether(dst=mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=WEB2.ip) / ICMP()
            self.assertDrops(1, from_host(HOST1, BLUE, inner), "INNER_MAC")


class IpToAGatewayAddressIsDropped(GatewayTest):
    def runTest(self) -> None:
        for address in ("10.1.1.1", "10.1.2.1"):
            inner = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=address) / ICMP()
            self.assertDrops(1, from_host(HOST1, BLUE, inner), "TO_GATEWAY")


class AHostWithoutNextHopIsDropped(GatewayTest):
    def runTest(self) -> None:
        key = {"tenant": BLUE.id, "address": ip_number("10.1.1.50")}
        self.insert("endpoint", key, "vm", {"host": ip_number("172.16.0.9"), "mac": mac_number("02:00:00:00:01:50")})
        inner = Ether(dst="02:00:00:00:01:50", src=WEB1.mac) / IP(src=WEB1.ip, dst="10.1.1.50") / ICMP()
        self.assertDrops(1, from_host(HOST1, BLUE, inner), "NO_NEXT_HOP")


class AMovedVmIsReachedAtItsNewHost(GatewayTest):
    """endpoint says where a VM is; the entry is replaced, nothing else."""

    def runTest(self) -> None:
        self.take_out(fixture.endpoint(self.switch, BLUE, WEB2))
        moved = Vm(WEB2.ip, WEB2.mac, HOST4)
        entry = fixture.endpoint(self.switch, BLUE, moved)
        self.switch.insert(entry)
        self.addCleanup(self.switch.delete, entry)
        inner = inner_udp("web1", "web2")
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 4, to_host(HOST4, BLUE, inner))


class TheGatewayAnswersFromTheAddressThatWasUsed(GatewayTest):
    """A gateway has several underlay addresses (entrances); a host sees the one that it sends to."""

    def runTest(self) -> None:
        inner = inner_udp()
        frame = from_host(HOST1, BLUE, inner)
        frame[Ether].dst, frame[IP].dst = VTEP2_MAC, VTEP2_IP
        expected = to_host(HOST2, BLUE, inner)
        expected[IP].src = VTEP2_IP
        self.assertForwards(1, frame, 2, expected)


class OuterTosGoesFromHostToHost(GatewayTest):
    """RFC 6040: DSCP 46 with congestion experienced arrives as it was sent; the inner one is not touched."""

    def runTest(self) -> None:
        inner = inner_udp(tos=0x02)
        frame = from_host(HOST1, BLUE, inner)
        frame[IP].tos = 46 << 2 | 3
        expected = to_host(HOST2, BLUE, inner)
        expected[IP].tos = 46 << 2 | 3
        self.assertForwards(1, frame, 2, expected)


class OuterUdpChecksumIsAcceptedAndSentAsZero(GatewayTest):
    """RFC 7348 §5: a host may send one; the gateway sends 0."""

    def runTest(self) -> None:
        inner = inner_udp()
        frame = from_host(HOST1, BLUE, inner)
        del frame[UDP].chksum  # scapy computes it
        self.assertForwards(1, frame, 2, to_host(HOST2, BLUE, inner))


class OuterTtlOneIsForUs(GatewayTest):
    """RFC 1122 §3.2.1.7: a host does not discard a packet for itself because of its TTL; the new one starts at 64."""

    def runTest(self) -> None:
        inner = inner_udp()
        frame = from_host(HOST1, BLUE, inner)
        frame[IP].ttl = 1
        self.assertForwards(1, frame, 2, to_host(HOST2, BLUE, inner))
