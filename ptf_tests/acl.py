"""Per-tenant stateless ACL: each field of the 5-tuple, priorities, default, counters, fragments."""

from __future__ import annotations

from base import GatewayTest, inner_udp
from finsy.proto import p4r
from fixture import BLUE, HOST1, HOST2, HOST3, RED, Tenant, from_host, to_host
from packets import ARP, BROADCAST, ICMP, IP, NO_MAC, TCP, UDP, Ether, Raw, Vm, ip_number
from scapy.packet import Packet

WEB1, WEB2, DB1 = (BLUE.vms[name] for name in ("web1", "web2", "db1"))
TCP_PROTO, UDP_PROTO, ICMP_PROTO = (6, 0xFF), (17, 0xFF), (1, 0xFF)
EXACT_PORT, EXACT_IP, SUBNET = 0xFFFF, 0xFFFFFFFF, 0xFFFFFF00


def bridged(payload: Packet, src: Vm = WEB1, dst: Vm = WEB2, **ip: object) -> Packet:
    return Ether(dst=dst.mac, src=src.mac) / IP(src=src.ip, dst=dst.ip, **ip) / payload


class AclTest(GatewayTest):
    """`permitted` and `denied` send a frame of blue's web1 to web2 (or another) and say what must happen."""

    def deny(self, priority: int = 10, tenant: Tenant = BLUE, **fields: tuple[int, int]) -> p4r.Entity:
        return self.insert("acl", {"tenant": tenant.id, **fields}, "deny", priority=priority)

    def permit(self, priority: int = 10, tenant: Tenant = BLUE, **fields: tuple[int, int]) -> p4r.Entity:
        return self.insert("acl", {"tenant": tenant.id, **fields}, "permit", priority=priority)

    def denied(self, inner: Packet) -> None:
        self.assertDrops(1, from_host(HOST1, BLUE, inner), "ACL_DENIED")

    def permitted(self, inner: Packet) -> None:
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class WhatNoRuleMatchesIsPermitted(AclTest):
    def runTest(self) -> None:
        self.deny(src=(ip_number("10.1.1.200"), EXACT_IP))
        self.permitted(bridged(UDP(sport=1, dport=2)))


class DenyBySource(AclTest):
    def runTest(self) -> None:
        self.deny(src=(ip_number(WEB1.ip), EXACT_IP))
        self.denied(bridged(UDP(sport=1, dport=2)))
        answer = bridged(UDP(sport=2, dport=1), src=WEB2, dst=WEB1)
        self.assertForwards(2, from_host(HOST2, BLUE, answer), 1, to_host(HOST1, BLUE, answer))


class DenyByDestination(AclTest):
    def runTest(self) -> None:
        self.deny(dst=(ip_number(WEB2.ip), EXACT_IP))
        self.denied(bridged(UDP(sport=1, dport=2)))
        answer = bridged(UDP(sport=2, dport=1), src=WEB2, dst=WEB1)
        self.assertForwards(2, from_host(HOST2, BLUE, answer), 1, to_host(HOST1, BLUE, answer))


class DenyByPrefixBetweenSubnets(AclTest):
    """Routed packets too, and before the route is taken."""

    def runTest(self) -> None:
        self.deny(src=(ip_number("10.1.1.0"), SUBNET), dst=(ip_number("10.1.2.0"), SUBNET))
        self.denied(Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB1.ip) / ICMP())
        self.permitted(bridged(ICMP()))


class DenyByProtocol(AclTest):
    def runTest(self) -> None:
        self.deny(proto=ICMP_PROTO)
        self.denied(bridged(ICMP()))
        self.permitted(bridged(UDP(sport=1, dport=2)))
        self.permitted(bridged(TCP(sport=1, dport=2)))


class DenyByDestinationPort(AclTest):
    def runTest(self) -> None:
        self.deny(proto=TCP_PROTO, has_ports=(1, 1), dport=(22, EXACT_PORT))
        self.denied(bridged(TCP(sport=40000, dport=22)))
        self.permitted(bridged(TCP(sport=40000, dport=23)))
        self.permitted(bridged(TCP(sport=22, dport=40000)))
        self.permitted(bridged(UDP(sport=40000, dport=22)))


class DenyBySourcePort(AclTest):
    def runTest(self) -> None:
        self.deny(proto=UDP_PROTO, has_ports=(1, 1), sport=(53, EXACT_PORT))
        self.denied(bridged(UDP(sport=53, dport=40000)))
        self.permitted(bridged(UDP(sport=40000, dport=53)))
        self.permitted(bridged(TCP(sport=53, dport=40000)))


class APortRangeIsPrefixes(AclTest):
    """1024-65535 is six masks; this is the one of 32768-65535 and the one of 1024-2047."""

    def runTest(self) -> None:
        self.deny(has_ports=(1, 1), dport=(0x8000, 0x8000))
        self.deny(has_ports=(1, 1), dport=(0x0400, 0xFC00))
        for port, verdict in ((1023, self.permitted), (1024, self.denied), (2047, self.denied), (2048, self.permitted)):
            verdict(bridged(UDP(sport=1, dport=port)))
        for port, verdict in ((32767, self.permitted), (32768, self.denied), (65535, self.denied)):
            verdict(bridged(UDP(sport=1, dport=port)))


class AllFieldsMustMatch(AclTest):
    """A rule on the whole 5-tuple; a packet that differs in one field passes."""

    def runTest(self) -> None:
        self.deny(
            src=(ip_number(WEB1.ip), EXACT_IP),
            dst=(ip_number(WEB2.ip), EXACT_IP),
            proto=UDP_PROTO,
            has_ports=(1, 1),
            sport=(1234, EXACT_PORT),
            dport=(80, EXACT_PORT),
        )
        self.denied(bridged(UDP(sport=1234, dport=80)))
        self.permitted(bridged(UDP(sport=1235, dport=80)))
        self.permitted(bridged(UDP(sport=1234, dport=81)))
        self.permitted(bridged(TCP(sport=1234, dport=80)))


class TheHigherPriorityWins(AclTest):
    """Permit above deny, and deny above permit (P4Runtime: the larger number is the higher priority)."""

    def runTest(self) -> None:
        self.deny(priority=10, proto=UDP_PROTO)
        self.permit(priority=20, has_ports=(1, 1), dport=(53, EXACT_PORT))
        self.deny(priority=30, src=(ip_number(WEB1.ip), EXACT_IP), has_ports=(1, 1), sport=(666, EXACT_PORT))
        self.denied(bridged(UDP(sport=1, dport=2)))
        self.permitted(bridged(UDP(sport=1, dport=53)))
        self.denied(bridged(UDP(sport=666, dport=53)))


class ATenantCanDenyByDefault(AclTest):
    """Nothing but the tenant, at the lowest priority; what is permitted above it passes."""

    def runTest(self) -> None:
        self.deny(priority=1)
        self.permit(priority=2, proto=TCP_PROTO, has_ports=(1, 1), dport=(443, EXACT_PORT))
        self.permitted(bridged(TCP(sport=5, dport=443)))
        self.denied(bridged(TCP(sport=5, dport=80)))
        self.denied(bridged(ICMP()))


class RulesOfATenantAreItsOwn(AclTest):
    """Red denies everything; blue, with the same addresses, notices nothing."""

    def runTest(self) -> None:
        self.deny(tenant=RED, priority=1)
        inner = inner_udp("web1", "web2")
        self.assertDrops(2, from_host(HOST2, RED, inner), "ACL_DENIED")
        self.permitted(inner)


class ArpIsNotSubjectToTheAcl(AclTest):
    def runTest(self) -> None:
        self.deny(priority=1)
        request = Ether(dst=BROADCAST, src=WEB1.mac) / ARP(
            op=1, hwsrc=WEB1.mac, psrc=WEB1.ip, hwdst=NO_MAC, pdst=WEB2.ip
        )
        reply = Ether(dst=WEB1.mac, src=WEB2.mac) / ARP(
            op=2, hwsrc=WEB2.mac, psrc=WEB2.ip, hwdst=WEB1.mac, pdst=WEB1.ip
        )
        self.assertForwards(1, from_host(HOST1, BLUE, request), 1, to_host(HOST1, BLUE, reply))


class PortRulesLeaveLaterFragmentsAlone(AclTest):
    """Bytes 0-3 of a later fragment's payload are 0: a rule on port 0 must not see ports there, nor one on its data."""

    def runTest(self) -> None:
        self.deny(proto=UDP_PROTO, has_ports=(1, 1), dport=(0, EXACT_PORT))
        self.deny(proto=UDP_PROTO, has_ports=(1, 1), dport=(80, EXACT_PORT))
        self.denied(bridged(UDP(sport=1, dport=0)))
        self.denied(bridged(UDP(sport=1, dport=80, len=24) / Raw(b"first 16 bytes.."), flags="MF"))
        self.permitted(bridged(Raw(bytes(16)), proto=17, frag=3, flags="MF"))
        self.permitted(bridged(Raw(b"\x00\x01\x00\x50" + bytes(12)), proto=17, frag=3))


class ARuleCanDenyLaterFragments(AclTest):
    """has_ports = 0 with UDP is the later fragments."""

    def runTest(self) -> None:
        self.deny(proto=UDP_PROTO, has_ports=(0, 1))
        self.permitted(bridged(UDP(sport=1, dport=2, len=24) / Raw(b"first 16 bytes.."), flags="MF"))
        self.denied(bridged(Raw(bytes(16)), proto=17, frag=3))


class PortsOfOtherProtocolsAreNone(AclTest):
    """The first bytes of ICMP are no ports: type 8, code 0 is not source port 2048."""

    def runTest(self) -> None:
        self.deny(has_ports=(1, 1), sport=(0x0800, EXACT_PORT))
        self.permitted(bridged(ICMP(type=8, code=0)))
        self.denied(bridged(UDP(sport=0x0800, dport=1)))


class EachRuleCountsItsPackets(AclTest):
    """Packets and bytes of the whole frame, for the rule that won alone."""

    def runTest(self) -> None:
        deny = self.deny(priority=10, proto=UDP_PROTO)
        permit = self.permit(priority=20, has_ports=(1, 1), dport=(53, EXACT_PORT))
        self.denied(bridged(UDP(sport=1, dport=2)))
        self.denied(bridged(UDP(sport=1, dport=3) / Raw(b"abc")))
        self.permitted(bridged(UDP(sport=1, dport=53) / Raw(b"question")))
        headers = 14 + 20 + 8 + 8 + 14 + 20 + 8
        hits = self.switch.direct_counter(deny)
        self.assertEqual((hits.packets, hits.bytes), (2, 2 * headers + 3))
        hits = self.switch.direct_counter(permit)
        self.assertEqual((hits.packets, hits.bytes), (1, headers + 8))


class SpoofedPacketsDoNotReachTheAcl(AclTest):
    def runTest(self) -> None:
        rule = self.deny(priority=1)
        frame = from_host(HOST3, BLUE, bridged(ICMP()))
        self.assertDrops(3, frame, "SPOOFED")
        self.assertEqual(self.switch.direct_counter(rule).packets, 0)
