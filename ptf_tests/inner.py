"""The inner packet: sound IPv4 or ARP, or dropped for its reason; nothing malformed is passed on."""

from __future__ import annotations

import ptf
from base import GatewayTest, inner_udp
from fixture import BLUE, HOST1, HOST2, HOST3, VTEP_IP, from_host, to_host
from packets import ARP, BROADCAST, ICMP, IP, NO_MAC, TCP, UDP, Dot1Q, Ether, Raw
from scapy.layers.inet import IPOption_NOP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet

WEB1, WEB2, DB1 = (BLUE.vms[name] for name in ("web1", "web2", "db1"))
ETH = Ether(dst=WEB2.mac, src=WEB1.mac)

# Bytes up to the end of what is parsed: Ethernet, IPv4, UDP, VXLAN, Ethernet, IPv4, ports.
PARSED = 14 + 20 + 8 + 8 + 14 + 20 + 4


def inner_with(**ip: object) -> Packet:
    return ETH / IP(**{"src": WEB1.ip, "dst": WEB2.ip, **ip}) / UDP(sport=1234, dport=80) / Raw(b"payload")


class BadInnerChecksumIsDropped(GatewayTest):
    """Bridged and routed; off by a bit, zero, all ones; and one flipped bit in each byte that nothing else looks at."""

    def runTest(self) -> None:
        for mac in (WEB2.mac, BLUE.gateway_mac):
            inner = inner_with()
            inner[Ether].dst = mac
            good = bytes(from_host(HOST1, BLUE, inner))
            right = int.from_bytes(good[74:76], "big")
            cases = [
                good[:74] + wrong.to_bytes(2, "big") + good[76:] for wrong in (right ^ 1, right ^ 0x8000, 0, 0xFFFF)
            ]
            for at in (65, 68, 69, 72, 73, 79, 83):  # TOS, identification, TTL, protocol, ends of the addresses
                frame = bytearray(good)
                frame[at] ^= 0x10
                cases.append(bytes(frame))
            self.assertAllDrop(1, [(frame, "INNER_CHECKSUM") for frame in cases])


class BothChecksumsBadIsTheOutersFault(GatewayTest):
    def runTest(self) -> None:
        frame = from_host(HOST1, BLUE, inner_with(chksum=0x1234))
        frame[IP].chksum = 0x4321
        self.assertDrops(1, frame, "OUTER_CHECKSUM")


class BadInnerVersionOrHeaderLengthIsDropped(GatewayTest):
    def runTest(self) -> None:
        for version in (0, 5, 6, 15):
            self.assertDrops(1, from_host(HOST1, BLUE, inner_with(version=version)), "INNER_HEADER")
        for ihl in (0, 1, 4):
            self.assertDrops(1, from_host(HOST1, BLUE, inner_with(ihl=ihl)), "INNER_HEADER")


class InnerOptionsAreDropped(GatewayTest):
    """Never misparsed: what follows 20 bytes is not taken for ports."""

    def runTest(self) -> None:
        self.assertDrops(1, from_host(HOST1, BLUE, inner_with(options=[IPOption_NOP()] * 4)), "INNER_OPTIONS")
        self.assertDrops(1, from_host(HOST1, BLUE, inner_with(options=[IPOption_NOP()] * 40)), "INNER_OPTIONS")
        self.assertDrops(1, from_host(HOST1, BLUE, inner_with(ihl=7)), "INNER_OPTIONS")


class InnerLengthBeyondTheTunnelIsDropped(GatewayTest):
    """One byte more than the outer UDP datagram holds, and as much as the field does."""

    def runTest(self) -> None:
        length = len(inner_with()) - 14
        for wrong in (length + 1, length + 8, 65535):
            self.assertDrops(1, from_host(HOST1, BLUE, inner_with(len=wrong)), "INNER_LENGTH")


class InnerLengthBelowTheHeadersIsDropped(GatewayTest):
    """Less than the IPv4 header, or than a UDP header after it where ports were read."""

    def runTest(self) -> None:
        for wrong in (0, 1, 19, 20, 27):
            self.assertDrops(1, from_host(HOST1, BLUE, inner_with(len=wrong)), "INNER_LENGTH")
        for wrong in (0, 19):
            self.assertDrops(1, from_host(HOST1, BLUE, inner_with(len=wrong, proto=253)), "INNER_LENGTH")


class PaddingInsideTheTunnelIsSentOn(GatewayTest):
    """The inner frame may be longer than its IPv4 packet: 60-byte frames of a VM."""

    def runTest(self) -> None:
        inner = ETH / IP(src=WEB1.ip, dst=WEB2.ip, len=29) / UDP(sport=1, dport=2, len=9) / Raw(b"x" + bytes(17))
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class VlanTaggedInnerFramesAreDropped(GatewayTest):
    """RFC 7348 §6.1: 802.1Q and 802.1ad, also a priority tag (VLAN 0)."""

    def runTest(self) -> None:
        ip = IP(src=WEB1.ip, dst=WEB2.ip) / ICMP()
        self.assertDrops(1, from_host(HOST1, BLUE, ETH / Dot1Q(vlan=10) / ip), "INNER_VLAN")
        self.assertDrops(1, from_host(HOST1, BLUE, ETH / Dot1Q(vlan=0, prio=5) / ip), "INNER_VLAN")
        double = Ether(dst=WEB2.mac, src=WEB1.mac, type=0x88A8) / Dot1Q(vlan=1) / Dot1Q(vlan=2) / ip
        self.assertDrops(1, from_host(HOST1, BLUE, double), "INNER_VLAN")


class OtherInnerEthertypesAreDropped(GatewayTest):
    """IPv6 (not in this version), MPLS, LLDP, an 802.3 length."""

    def runTest(self) -> None:
        self.assertDrops(1, from_host(HOST1, BLUE, ETH / IPv6(src="fe80::2", dst="fe80::1")), "INNER_ETHERTYPE")
        for ethertype in (0x8847, 0x88CC, 0x0026):
            inner = Ether(dst=WEB2.mac, src=WEB1.mac, type=ethertype) / Raw(bytes(40))
            self.assertDrops(1, from_host(HOST1, BLUE, inner), "INNER_ETHERTYPE")


class MartianSourcesAreDropped(GatewayTest):
    """checklist: martians dropped. RFC 1812 §5.3.7: multicast, reserved, broadcast, loopback, this network."""

    def runTest(self) -> None:
        for source in (
            "0.0.0.0",
            "0.1.2.3",
            "127.0.0.1",
            "127.255.255.255",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
        ):
            self.assertDrops(1, from_host(HOST1, BLUE, inner_with(src=source)), "MARTIAN")


class AMartianIsDroppedEvenIfItIsAKnownVm(GatewayTest):
    """A controller's mistake does not open the door. The neighbours of those ranges are ordinary addresses."""

    def runTest(self) -> None:
        for source, number, martian in (
            ("127.0.0.1", 0x7F000001, True),
            ("224.0.0.1", 0xE0000001, True),
            ("0.0.0.1", 0x00000001, True),
            ("126.255.255.255", 0x7EFFFFFF, False),
            ("128.0.0.1", 0x80000001, False),
            ("223.255.255.255", 0xDFFFFFFF, False),
            ("1.0.0.1", 0x01000001, False),
        ):
            key = {"tenant": BLUE.id, "address": number, "mac": 0x020000000111, "host": 0xAC100001}
            self.insert("vm_source", key, "genuine")
            inner = inner_with(src=source)
            if martian:
                self.assertDrops(1, from_host(HOST1, BLUE, inner), "MARTIAN")
            else:
                self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class FragmentsAreRouted(GatewayTest):
    """First, middle and last; checklist: later fragments have no ports, and are routed."""

    def runTest(self) -> None:
        first = UDP(sport=1234, dport=80, len=8 + 48, chksum=0x1111) / Raw(bytes(range(16)))
        parts = (("MF", 0, first), ("MF", 3, Raw(bytes(range(24)))), (0, 6, Raw(b"end")))
        for flags, offset, payload in parts:
            fields = {"src": WEB1.ip, "dst": DB1.ip, "id": 99, "flags": flags, "frag": offset, "proto": 17}
            sent = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(ttl=64, **fields) / payload
            routed = Ether(dst=DB1.mac, src=BLUE.gateway_mac) / IP(ttl=63, **fields) / payload
            self.assertForwards(1, from_host(HOST1, BLUE, sent), 3, to_host(HOST3, BLUE, routed))


class AShortLastFragmentIsRouted(GatewayTest):
    """One byte of payload: shorter than ports would be."""

    def runTest(self) -> None:
        inner = ETH / IP(src=WEB1.ip, dst=WEB2.ip, proto=6, frag=100) / Raw(b"!")
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class TruncatedTest(GatewayTest):
    """`all_cuts` cuts a frame after each byte; each piece must be dropped, by the parser if it ends within a header."""

    def all_cuts(self, frame: bytes, parsed: int, beyond: str) -> None:
        # An Ethernet interface takes no frame without a whole Ethernet header.
        shortest = 0 if ptf.config["platform"] == "nn" else 14
        pieces = [(frame[:n], "PARSER_ERROR" if n < parsed else beyond) for n in range(shortest, len(frame))]
        self.assertAllDrop(1, pieces)


class APacketCutAtAnyByteIsDropped(TruncatedTest):
    """checklist: every prefix of a valid packet. UDP, bridged."""

    def runTest(self) -> None:
        self.all_cuts(bytes(from_host(HOST1, BLUE, inner_udp())), PARSED, "OUTER_LENGTH")


class ARoutedTcpPacketCutAtAnyByteIsDropped(TruncatedTest):
    def runTest(self) -> None:
        inner = Ether(dst=BLUE.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB1.ip) / TCP() / Raw(b"stream")
        self.all_cuts(bytes(from_host(HOST1, BLUE, inner)), PARSED, "OUTER_LENGTH")


class AnIcmpPacketCutAtAnyByteIsDropped(TruncatedTest):
    """No ports are parsed: the last header is IPv4."""

    def runTest(self) -> None:
        inner = ETH / IP(src=WEB1.ip, dst=WEB2.ip) / ICMP() / Raw(b"ping")
        self.all_cuts(bytes(from_host(HOST1, BLUE, inner)), PARSED - 4, "OUTER_LENGTH")


class AnArpRequestCutAtAnyByteIsDropped(TruncatedTest):
    def runTest(self) -> None:
        request = Ether(dst=BROADCAST, src=WEB1.mac) / ARP(
            op=1, hwsrc=WEB1.mac, psrc=WEB1.ip, hwdst=NO_MAC, pdst=WEB2.ip
        )
        self.all_cuts(bytes(from_host(HOST1, BLUE, request)), 14 + 20 + 8 + 8 + 14 + 28, "")


class AnUnderlayArpRequestCutAtAnyByteIsDropped(TruncatedTest):
    def runTest(self) -> None:
        request = Ether(dst=BROADCAST, src=HOST1.mac) / ARP(
            op=1, hwsrc=HOST1.mac, psrc=HOST1.ip, hwdst=NO_MAC, pdst=VTEP_IP
        )
        self.all_cuts(bytes(request), 14 + 28, "")


class APacketCutWithLengthsMadeRightIsDropped(GatewayTest):
    """The outer lengths and checksum are right for what is left: the inner one is not, or a header ends early."""

    def runTest(self) -> None:
        whole = inner_udp()
        cases = []
        for n in range(len(whole)):
            frame = from_host(HOST1, BLUE, Raw(bytes(whole)[:n]))
            cases.append((frame, "PARSER_ERROR" if n < 14 + 20 + 4 else "INNER_LENGTH"))
        self.assertAllDrop(1, cases)


class AnArpBodyBeyondTheTunnelIsDropped(GatewayTest):
    """The frame has the bytes, but they lie after the outer UDP datagram."""

    def runTest(self) -> None:
        request = Ether(dst=BROADCAST, src=WEB1.mac) / ARP(
            op=1, hwsrc=WEB1.mac, psrc=WEB1.ip, hwdst=NO_MAC, pdst=WEB2.ip
        )
        for short in (1, 28):
            frame = from_host(HOST1, BLUE, request)
            frame[UDP].len = 8 + 8 + 14 + 28 - short
            frame[IP].len = 20 + 8 + 8 + 14 + 28 - short
            self.assertDrops(1, frame, "INNER_LENGTH")


class AnIpPacketBeyondTheTunnelIsDropped(GatewayTest):
    """The frame has the bytes, but they lie after the outer UDP datagram; down to a datagram that holds nothing."""

    def runTest(self) -> None:
        inner = inner_udp()
        for short in (1, 10, len(inner), len(inner) + 8):
            frame = from_host(HOST1, BLUE, inner)
            frame[UDP].len = 8 + 8 + len(inner) - short
            frame[IP].len = 20 + 8 + 8 + len(inner) - short
            self.assertDrops(1, frame, "INNER_LENGTH")
