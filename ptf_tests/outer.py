"""The outer packet: what is VXLAN for us, and what is dropped for which reason (RFC 7348, RFC 791)."""

from __future__ import annotations

from base import GatewayTest, inner_udp
from fixture import BLUE, HOST1, HOST2, VTEP2_MAC, VTEP_IP, VTEP_MAC, from_host, to_host
from packets import IP, TCP, UDP, VXLAN, Dot1Q, Ether, Raw
from scapy.layers.inet import IPOption_NOP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet


def frame_with(layer: type[Packet], **fields: object) -> Packet:
    """A good frame from host 1 with some fields of one of its outer headers (IP, UDP, VXLAN, Ether) changed."""
    frame = from_host(HOST1, BLUE, inner_udp())
    for name, value in fields.items():
        setattr(frame[layer], name, value)
    return frame


class ReservedVxlanBitsAreIgnoredAndSentAsZero(GatewayTest):
    """RFC 7348 §5: all flags but I, and both reserved fields."""

    def runTest(self) -> None:
        frame = bytearray(bytes(from_host(HOST1, BLUE, inner_udp())))
        frame[42:50] = bytes.fromhex("ff ffffff 001389 ff")
        self.assertForwards(1, bytes(frame), 2, to_host(HOST2, BLUE, inner_udp()))


class AClearIFlagIsDropped(GatewayTest):
    """RFC 7348 §5: alone, and with every other flag set."""

    def runTest(self) -> None:
        for flags in (0x00, 0xF7, 0x10, 0x04):
            frame = bytearray(bytes(from_host(HOST1, BLUE, inner_udp())))
            frame[42] = flags
            self.assertDrops(1, bytes(frame), "VXLAN_FLAGS")


class OtherUdpPortsAreNotVxlan(GatewayTest):
    """The old Linux default 8472, VXLAN-GPE's 4790, neighbours, and 4789 as source."""

    def runTest(self) -> None:
        for port in (8472, 4790, 4788, 0, 0xB512):
            frame = from_host(HOST1, BLUE, inner_udp())
            frame[UDP].dport, frame[UDP].sport = port, 4789
            self.assertDrops(1, bytes(frame), "NOT_VXLAN")


class OtherProtocolsForUsAreNotVxlan(GatewayTest):
    """TCP to port 4789, ICMP echo, protocol 0: for our address, and not for the gateway's data plane."""

    def runTest(self) -> None:
        to_us = Ether(dst=VTEP_MAC, src=HOST1.mac) / IP(src=HOST1.ip, dst=VTEP_IP)
        self.assertDrops(1, to_us / TCP(dport=4789), "NOT_VXLAN")
        self.assertDrops(1, frame_with(IP, proto=1), "NOT_VXLAN")
        self.assertDrops(1, frame_with(IP, proto=0), "NOT_VXLAN")


class PacketsForOtherAddressesAreNotOurs(GatewayTest):
    """The gateway is not a router of the underlay: hosts, neighbours of our address, broadcast, multicast."""

    def runTest(self) -> None:
        for address in (HOST2.ip, "172.16.0.102", "0.0.0.0", "255.255.255.255", "239.1.1.1", "100.0.16.172"):
            self.assertDrops(1, frame_with(IP, dst=address), "NOT_LOCAL")


class FramesForOtherMacsAreNotOurs(GatewayTest):
    """Our IP, but the MAC of a host, broadcast, or our other address's."""

    def runTest(self) -> None:
        for mac in (HOST2.mac, "ff:ff:ff:ff:ff:ff", VTEP2_MAC, "02:67:00:00:00:65", "03:67:00:00:00:64"):
            self.assertDrops(1, frame_with(Ether, dst=mac), "OUTER_MAC")


class OtherEthertypesAreDropped(GatewayTest):
    """IPv6, a VLAN tag, LLDP, 802.3 length, and an experimental type with a VXLAN packet behind it."""

    def runTest(self) -> None:
        ipv6 = (
            Ether(dst=VTEP_MAC, src=HOST1.mac) / IPv6(src="fe80::2", dst="fe80::1") / UDP(dport=4789) / Raw(bytes(40))
        )
        good = from_host(HOST1, BLUE, inner_udp())
        tagged = Ether(dst=VTEP_MAC, src=HOST1.mac) / Dot1Q(vlan=1) / good[IP]
        self.assertDrops(1, Ether(dst=VTEP_MAC, src=HOST1.mac) / ipv6, "OUTER_ETHERTYPE")
        self.assertDrops(1, tagged, "OUTER_ETHERTYPE")
        for ethertype in (0x88CC, 0x0040, 0x88B5, 0x0801):
            self.assertDrops(1, frame_with(Ether, type=ethertype), "OUTER_ETHERTYPE")


class BadOuterChecksumIsDropped(GatewayTest):
    """Off by one, zero, all ones, and each single bit of the header flipped under a good checksum."""

    def runTest(self) -> None:
        good = bytes(from_host(HOST1, BLUE, inner_udp()))
        right = int.from_bytes(good[24:26], "big")
        cases = [good[:24] + wrong.to_bytes(2, "big") + good[26:] for wrong in (right ^ 1, right ^ 0x8000, 0, 0xFFFF)]
        # TOS, identification, TTL, source: what no earlier check looks at.
        for at in (15, 18, 19, 22, 26, 27, 28, 29):
            for bit in range(8):
                frame = bytearray(good)
                frame[at] ^= 1 << bit
                cases.append(bytes(frame))
        self.assertAllDrop(1, [(frame, "OUTER_CHECKSUM") for frame in cases])


class BadOuterVersionOrHeaderLengthIsDropped(GatewayTest):
    """With a checksum that is right for the 20 bytes."""

    def runTest(self) -> None:
        for version in (0, 5, 6, 15):
            self.assertDrops(1, frame_with(IP, version=version), "OUTER_HEADER")
        for ihl in (0, 1, 4):
            self.assertDrops(1, frame_with(IP, ihl=ihl), "OUTER_HEADER")


class OuterOptionsAreDropped(GatewayTest):
    """Never misparsed: with real options, and with a header length that takes the UDP header for options."""

    def runTest(self) -> None:
        self.assertDrops(1, frame_with(IP, options=[IPOption_NOP()] * 4), "OUTER_OPTIONS")
        self.assertDrops(1, frame_with(IP, options=[IPOption_NOP()] * 40), "OUTER_OPTIONS")
        self.assertDrops(1, frame_with(IP, ihl=7), "OUTER_OPTIONS")


class OuterFragmentsAreDropped(GatewayTest):
    """RFC 7348 §4.3: first, middle and last; a later one has no UDP header, whatever its bytes look like."""

    def runTest(self) -> None:
        self.assertDrops(1, frame_with(IP, flags="MF"), "OUTER_FRAGMENT")
        self.assertDrops(1, frame_with(IP, flags="MF", frag=10), "OUTER_FRAGMENT")
        self.assertDrops(1, frame_with(IP, flags=0, frag=1), "OUTER_FRAGMENT")
        self.assertDrops(1, frame_with(IP, flags=0, frag=0x1FFF), "OUTER_FRAGMENT")


class TheReservedIpFlagIsSentAsZero(GatewayTest):
    """RFC 791: must be zero. A packet that has it is good otherwise."""

    def runTest(self) -> None:
        self.assertForwards(1, frame_with(IP, flags="evil"), 2, to_host(HOST2, BLUE, inner_udp()))


class OuterIpLengthBeyondTheFrameIsDropped(GatewayTest):
    """One byte, and as much as the field holds."""

    def runTest(self) -> None:
        length = len(from_host(HOST1, BLUE, inner_udp())) - 14
        for wrong in (length + 1, length + 1000, 65535):
            frame = from_host(HOST1, BLUE, inner_udp())
            frame[IP].len, frame[UDP].len = wrong, wrong - 20
            self.assertDrops(1, frame, "OUTER_LENGTH")


class OuterUdpLengthMustBeTheIpLengthLess20(GatewayTest):
    """Longer, shorter, too short for a header, and such that 16 bits of sum would look right."""

    def runTest(self) -> None:
        length = len(from_host(HOST1, BLUE, inner_udp())) - 14
        for wrong in (length - 19, length - 21, 8, 7, 0, 65535):
            self.assertDrops(1, frame_with(UDP, len=wrong), "OUTER_LENGTH")
        for ip_length, udp_length in ((0, 65516), (10, 65526), (19, 65535)):
            frame = from_host(HOST1, BLUE, inner_udp())
            frame[IP].len, frame[UDP].len = ip_length, udp_length
            self.assertDrops(1, frame, "OUTER_LENGTH")


class BytesAfterTheOuterPacketAreSentOn(GatewayTest):
    """Ethernet padding belongs to no packet: the lengths say so on the way out as on the way in."""

    def runTest(self) -> None:
        frame = bytes(from_host(HOST1, BLUE, inner_udp())) + bytes(7)
        self.assertForwards(1, frame, 2, bytes(to_host(HOST2, BLUE, inner_udp())) + bytes(7))


class AVxlanPacketInsideAVxlanPacketStaysInside(GatewayTest):
    """A VM may run VXLAN itself: only the outermost tunnel is ours."""

    def runTest(self) -> None:
        inner = inner_udp()
        inner[UDP].dport = 4789
        inner[UDP].payload = VXLAN(flags=0x08, vni=5002) / inner_udp()
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))
