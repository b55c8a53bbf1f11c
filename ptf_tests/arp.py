"""ARP answered in the data plane: the gateway's own in the underlay, the tenants' inside VXLAN."""

from __future__ import annotations

from base import GatewayTest
from fixture import BLUE, HOST1, HOST2, HOST4, HOSTS, RED, VTEP2_IP, VTEP2_MAC, VTEP_IP, VTEP_MAC, from_host, to_host
from packets import ARP, BROADCAST, NO_MAC, Ether, Raw, Vm
from scapy.packet import Packet

WEB1, WEB2, DB1, DB2, ONLY = (BLUE.vms[name] for name in ("web1", "web2", "db1", "db2", "only"))


def who_has(target: str, vm: Vm = WEB1, **arp: object) -> Packet:
    """A VM's ARP request as Linux sends it."""
    fields = {"op": 1, "hwsrc": vm.mac, "psrc": vm.ip, "hwdst": NO_MAC, "pdst": target, **arp}
    return Ether(dst=BROADCAST, src=vm.mac) / ARP(**fields)


def is_at(mac: str, address: str, vm: Vm = WEB1) -> Packet:
    """The reply to that VM."""
    return Ether(dst=vm.mac, src=mac) / ARP(op=2, hwsrc=mac, psrc=address, hwdst=vm.mac, pdst=vm.ip)


class UnderlayArpForOurAddressIsAnsweredOnAnyPort(GatewayTest):
    """RFC 826; with the padding of a minimum frame, as hardware sends it."""

    def runTest(self) -> None:
        for host in HOSTS:
            for ip, mac in ((VTEP_IP, VTEP_MAC), (VTEP2_IP, VTEP2_MAC)):
                for padding in (b"", bytes(18)):
                    request = Ether(dst=BROADCAST, src=host.mac) / ARP(
                        op=1, hwsrc=host.mac, psrc=host.ip, hwdst=NO_MAC, pdst=ip
                    )
                    reply = Ether(dst=host.mac, src=mac) / ARP(op=2, hwsrc=mac, psrc=ip, hwdst=host.mac, pdst=host.ip)
                    self.assertForwards(host.port, bytes(request) + padding, host.port, bytes(reply) + padding)


class UnderlayArpFromAStrangerIsAnswered(GatewayTest):
    """A router that is no tunnel endpoint; unicast, as Linux refreshes an entry."""

    def runTest(self) -> None:
        mac, ip = "02:bb:00:00:00:01", "172.16.0.254"
        request = Ether(dst=VTEP_MAC, src=mac) / ARP(op=1, hwsrc=mac, psrc=ip, hwdst=NO_MAC, pdst=VTEP_IP)
        reply = Ether(dst=mac, src=VTEP_MAC) / ARP(op=2, hwsrc=VTEP_MAC, psrc=VTEP_IP, hwdst=mac, pdst=ip)
        self.assertForwards(4, request, 4, reply)


class UnderlayProbeForOurAddressIsAnswered(GatewayTest):
    """RFC 5227 §2.1.1: the address is taken, and the probe must hear so."""

    def runTest(self) -> None:
        mac = "02:bb:00:00:00:02"
        request = Ether(dst=BROADCAST, src=mac) / ARP(op=1, hwsrc=mac, psrc="0.0.0.0", hwdst=NO_MAC, pdst=VTEP_IP)
        reply = Ether(dst=mac, src=VTEP_MAC) / ARP(op=2, hwsrc=VTEP_MAC, psrc=VTEP_IP, hwdst=mac, pdst="0.0.0.0")
        self.assertForwards(2, request, 2, reply)


class UnderlayArpForOthersIsDropped(GatewayTest):
    """Another host's address, a tenant's, and one next to ours."""

    def runTest(self) -> None:
        for address in (HOST2.ip, "10.1.1.1", "172.16.0.102"):
            request = Ether(dst=BROADCAST, src=HOST1.mac) / ARP(
                op=1, hwsrc=HOST1.mac, psrc=HOST1.ip, hwdst=NO_MAC, pdst=address
            )
            self.assertDrops(1, request, "NOT_LOCAL")


class UnderlayArpThatIsNoRequestIsDropped(GatewayTest):
    """A reply to us, RARP, and bodies that are not IPv4 over Ethernet."""

    def runTest(self) -> None:
        wrong = ({"op": 2}, {"op": 0}, {"op": 3}, {"hwtype": 6}, {"ptype": 0x86DD}, {"hwlen": 8}, {"plen": 16})
        for fields in wrong:
            arp = {"op": 1, "hwsrc": HOST1.mac, "psrc": HOST1.ip, "hwdst": NO_MAC, "pdst": VTEP_IP, **fields}
            frame = bytes(Ether(dst=BROADCAST, src=HOST1.mac))[:12] + b"\x08\x06" + _arp_bytes(arp)
            self.assertDrops(1, frame, "UNDERLAY_ARP")


class TheGatewayAddressIsAnsweredWithTheGatewayMac(GatewayTest):
    """For each subnet, back to the host that asked, encapsulated."""

    def runTest(self) -> None:
        for vm, gateway in ((WEB1, "10.1.1.1"), (DB1, "10.1.2.1"), (DB2, "10.1.2.1")):
            reply = is_at(BLUE.gateway_mac, gateway, vm)
            self.assertForwards(
                vm.host.port,
                from_host(vm.host, BLUE, who_has(gateway, vm)),
                vm.host.port,
                to_host(vm.host, BLUE, reply),
            )


class ANeighborIsAnsweredWithItsOwnMac(GatewayTest):
    """A VM on another host, and one on the same host (only the gateway need know where they are)."""

    def runTest(self) -> None:
        for target in (WEB2, ONLY, DB2):
            self.assertForwards(
                1,
                from_host(HOST1, BLUE, who_has(target.ip)),
                1,
                to_host(HOST1, BLUE, is_at(target.mac, target.ip)),
            )


class AUnicastRequestIsAnswered(GatewayTest):
    """RFC 1122 §2.3.2.1: Linux polls a stale neighbor with unicast requests to the MAC that it knows."""

    def runTest(self) -> None:
        request = who_has(WEB2.ip)
        request[Ether].dst = WEB2.mac
        self.assertForwards(1, from_host(HOST1, BLUE, request), 1, to_host(HOST1, BLUE, is_at(WEB2.mac, WEB2.ip)))


class ARequestWithTargetMacIsAnswered(GatewayTest):
    """The target hardware address of a request means nothing (RFC 826)."""

    def runTest(self) -> None:
        request = who_has(WEB2.ip, hwdst="ff:ff:ff:ff:ff:ff")
        self.assertForwards(1, from_host(HOST1, BLUE, request), 1, to_host(HOST1, BLUE, is_at(WEB2.mac, WEB2.ip)))


class EachTenantIsAnsweredWithItsOwnMacs(GatewayTest):
    """The gateway address is the same in both; the MAC and the VNI of the reply are the asking tenant's."""

    def runTest(self) -> None:
        red = RED.vms["web1"]
        reply = is_at(RED.gateway_mac, "10.1.1.1", red)
        self.assertForwards(2, from_host(HOST2, RED, who_has("10.1.1.1", red)), 2, to_host(HOST2, RED, reply))


class ANeighborOfAnotherTenantIsUnknown(GatewayTest):
    def runTest(self) -> None:
        self.assertDrops(1, from_host(HOST1, BLUE, who_has(RED.vms["only"].ip)), "ARP_UNKNOWN_TARGET")


class AnUnknownTargetIsCounted(GatewayTest):
    def runTest(self) -> None:
        for address in ("10.1.1.99", "8.8.8.8", "169.254.169.254", "255.255.255.255"):
            self.assertDrops(1, from_host(HOST1, BLUE, who_has(address)), "ARP_UNKNOWN_TARGET")


class AProbeIsNotAnswered(GatewayTest):
    """RFC 5227: the VM asks whether its address is free; an answer would take it away."""

    def runTest(self) -> None:
        for address in (WEB1.ip, WEB2.ip, "10.1.1.1"):
            self.assertDrops(1, from_host(HOST1, BLUE, who_has(address, psrc="0.0.0.0")), "ARP_PROBE")


class AnAnnouncementIsNotAnswered(GatewayTest):
    """Gratuitous ARP: sender and target address are the same."""

    def runTest(self) -> None:
        self.assertDrops(1, from_host(HOST1, BLUE, who_has(WEB1.ip)), "ARP_GRATUITOUS")


class AReplyOfAVmIsDropped(GatewayTest):
    def runTest(self) -> None:
        for op in (2, 3, 0):
            self.assertDrops(1, from_host(HOST1, BLUE, who_has(WEB2.ip, op=op)), "ARP_NOT_REQUEST")


class SpoofedArpIsDropped(GatewayTest):
    """Another VM's address or MAC in the ARP body, another Ethernet source, another host, another tenant."""

    def runTest(self) -> None:
        self.assertDrops(1, from_host(HOST1, BLUE, who_has(DB1.ip, psrc=WEB2.ip)), "SPOOFED")
        self.assertDrops(1, from_host(HOST1, BLUE, who_has(DB1.ip, psrc="10.1.1.1")), "SPOOFED")
        self.assertDrops(1, from_host(HOST1, BLUE, who_has(DB1.ip, hwsrc=WEB2.mac)), "SPOOFED")
        request = who_has(WEB2.ip)
        request[Ether].src = DB2.mac
        self.assertDrops(1, from_host(HOST1, BLUE, request), "SPOOFED")
        self.assertDrops(4, from_host(HOST4, BLUE, who_has(WEB2.ip)), "SPOOFED")
        self.assertDrops(1, from_host(HOST1, RED, who_has(WEB2.ip)), "SPOOFED")


class AnAnnouncementForAnothersAddressIsSpoofed(GatewayTest):
    """The classic ARP cache poisoning: gratuitous, with somebody else's address."""

    def runTest(self) -> None:
        self.assertDrops(1, from_host(HOST1, BLUE, who_has(WEB2.ip, psrc=WEB2.ip)), "SPOOFED")


class MalformedArpIsDropped(GatewayTest):
    """Hardware type, protocol type and lengths that are not IPv4 over Ethernet."""

    def runTest(self) -> None:
        for fields in ({"hwtype": 6}, {"ptype": 0x86DD}, {"hwlen": 8}, {"plen": 16}, {"hwlen": 0}, {"plen": 0}):
            arp = {"op": 1, "hwsrc": WEB1.mac, "psrc": WEB1.ip, "hwdst": NO_MAC, "pdst": WEB2.ip, **fields}
            inner = Ether(dst=BROADCAST, src=WEB1.mac, type=0x0806) / Raw(_arp_bytes(arp))
            self.assertDrops(1, from_host(HOST1, BLUE, inner), "ARP_MALFORMED")


class PaddedArpIsAnswered(GatewayTest):
    """An inner frame of 60 bytes: the padding goes back as it came."""

    def runTest(self) -> None:
        request = who_has(WEB2.ip) / Raw(bytes(18))
        reply = is_at(WEB2.mac, WEB2.ip) / Raw(bytes(18))
        self.assertForwards(1, from_host(HOST1, BLUE, request), 1, to_host(HOST1, BLUE, reply))


class ArpOfAKnownVmOnAnUnreachableHostIsDropped(GatewayTest):
    """The reply goes to the outer source; without next hop it cannot."""

    def runTest(self) -> None:
        key = {"tenant": BLUE.id, "address": 0x0A010132, "mac": 0x020000000150, "host": 0xAC100009}
        self.insert("vm_source", key, "genuine")
        request = Ether(dst=BROADCAST, src="02:00:00:00:01:50") / ARP(
            op=1, hwsrc="02:00:00:00:01:50", psrc="10.1.1.50", hwdst=NO_MAC, pdst=WEB1.ip
        )
        frame = from_host(HOST1, BLUE, request)
        frame["IP"].src = "172.16.0.9"
        self.assertDrops(1, frame, "NO_NEXT_HOP")


def _arp_bytes(fields: dict[str, object]) -> bytes:
    """An ARP body of 28 bytes whose header fields may contradict its layout (scapy would follow hwlen and plen)."""
    body = bytearray(bytes(ARP(**{k: v for k, v in fields.items() if k not in ("hwtype", "ptype", "hwlen", "plen")})))
    assert len(body) == 28
    for name, at, size in (("hwtype", 0, 2), ("ptype", 2, 2), ("hwlen", 4, 1), ("plen", 5, 1)):
        if name in fields:
            value = fields[name]
            assert isinstance(value, int)
            body[at : at + size] = value.to_bytes(size, "big")
    return bytes(body)
