"""No packet leaves its tenant, and nobody sends in another's name (checklist: Isolation)."""

from __future__ import annotations

from base import GatewayTest, inner_udp
from fixture import BLUE, HOST1, HOST2, HOST3, HOST4, RED, from_host, to_host
from packets import ICMP, IP, Ether, Host

WEB1, WEB2, DB1, DB2 = (BLUE.vms[name] for name in ("web1", "web2", "db1", "db2"))


class SpoofedOuterSourceIsDropped(GatewayTest):
    """The VM's own packet, but from another host: a known one, one that is not in the underlay, and the gateway."""

    def runTest(self) -> None:
        for ip in (HOST2.ip, HOST3.ip, "172.16.0.77", "172.16.0.100", "0.0.0.0", "255.255.255.255", "224.0.0.1"):
            frame = from_host(HOST1, BLUE, inner_udp("web1", "web2"))
            frame[IP].src = ip
            self.assertDrops(1, frame, "SPOOFED")


class SpoofedVniIsDropped(GatewayTest):
    """Blue's web1 on host 1 says that it is red's web1, which has the same IP and MAC, on host 2."""

    def runTest(self) -> None:
        self.assertDrops(1, from_host(HOST1, RED, inner_udp("web1", "web2")), "SPOOFED")


class SpoofedInnerIpIsDropped(GatewayTest):
    """With the MAC of web1: the address of a VM on another host, on the same host, of a gateway, of nobody."""

    def runTest(self) -> None:
        for ip in (WEB2.ip, DB2.ip, "10.1.1.1", "10.1.1.99"):
            inner = Ether(dst=WEB2.mac, src=WEB1.mac) / IP(src=ip, dst=WEB2.ip) / ICMP()
            self.assertDrops(1, from_host(HOST1, BLUE, inner), "SPOOFED")


class SpoofedInnerMacIsDropped(GatewayTest):
    """With the address of web1: the MAC of another VM on the host, of the gateway, of nobody."""

    def runTest(self) -> None:
        for mac in (DB2.mac, BLUE.gateway_mac, "02:00:00:00:99:99", "ff:ff:ff:ff:ff:ff"):
            inner = Ether(dst=WEB2.mac, src=mac) / IP(src=WEB1.ip, dst=WEB2.ip) / ICMP()
            self.assertDrops(1, from_host(HOST1, BLUE, inner), "SPOOFED")


class SpoofedTenantsCountersDoNotMove(GatewayTest):
    """What was not proved to be a tenant's is not accounted to it."""

    def runTest(self) -> None:
        before = self.switch.cell("tenant_rx", RED.id), self.switch.cell("tenant_tx", RED.id)
        self.assertDrops(1, from_host(HOST1, RED, inner_udp("web1", "web2")), "SPOOFED")
        self.assertEqual((self.switch.cell("tenant_rx", RED.id), self.switch.cell("tenant_tx", RED.id)), before)


class UnknownVniIsDropped(GatewayTest):
    """Neighbours of known VNIs, 0, and a VNI that differs from blue's in its highest bit only."""

    def runTest(self) -> None:
        for vni in (0, 5000, 5003, 0x800000 | 5001):
            frame = from_host(HOST1, BLUE, inner_udp("web1", "web2"))
            frame["VXLAN"].vni = vni
            self.assertDrops(1, frame, "UNKNOWN_VNI")


class SameAddressesStayInTheirTenants(GatewayTest):
    """The same inner frame, byte for byte, in two VNIs: each goes to its own tenant's host, in its own VNI."""

    def runTest(self) -> None:
        inner = inner_udp("web1", "web2")
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))
        self.assertForwards(2, from_host(HOST2, RED, inner), 4, to_host(HOST4, RED, inner))


class AVmOfAnotherTenantIsUnknown(GatewayTest):
    """10.1.2.23 is red's only: blue cannot reach it, bridged or routed."""

    def runTest(self) -> None:
        red_only = RED.vms["only"]
        for mac, reason in ((red_only.mac, "UNKNOWN_VM"), (BLUE.gateway_mac, "UNKNOWN_VM")):
            inner = Ether(dst=mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=red_only.ip) / ICMP()
            self.assertDrops(1, from_host(HOST1, BLUE, inner), reason)


class TheOtherTenantsGatewayMacDoesNotRoute(GatewayTest):
    def runTest(self) -> None:
        inner = Ether(dst=RED.gateway_mac, src=WEB1.mac) / IP(src=WEB1.ip, dst=DB1.ip) / ICMP()
        self.assertDrops(1, from_host(HOST1, BLUE, inner), "INNER_MAC")


class TheIngressPortDoesNotMatter(GatewayTest):
    """The underlay may route a host's packets to any port; the outer source says whose they are."""

    def runTest(self) -> None:
        inner = inner_udp("web1", "web2")
        for port in (1, 2, 3, 4):
            self.assertForwards(port, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class ARemovedVmCanNeitherSendNorReceive(GatewayTest):
    def runTest(self) -> None:
        inner = inner_udp("only", "web1")
        answer = inner_udp("web1", "only")
        self.assertForwards(4, from_host(HOST4, BLUE, inner), 1, to_host(HOST1, BLUE, inner))
        key = {"tenant": BLUE.id, "address": 0x0A01010D}
        source = self.switch.entry("vm_source", {**key, "mac": 0x020000000113, "host": 0xAC100004}, "genuine")
        endpoint = self.switch.entry("endpoint", key, "vm", {"host": 0xAC100004, "mac": 0x020000000113})
        self.take_out(source)
        self.take_out(endpoint)
        self.assertDrops(4, from_host(HOST4, BLUE, inner), "SPOOFED")
        self.assertDrops(1, from_host(HOST1, BLUE, answer), "UNKNOWN_VM")


class ARemovedTenantIsUnknown(GatewayTest):
    def runTest(self) -> None:
        params = {"tenant": RED.id, "gateway_mac": 0x02005E000102}
        self.take_out(self.switch.entry("vni", {"vni": RED.vni}, "set_tenant", params))
        self.assertDrops(2, from_host(HOST2, RED, inner_udp("web1", "web2")), "UNKNOWN_VNI")
        inner = inner_udp("web1", "web2")
        self.assertForwards(1, from_host(HOST1, BLUE, inner), 2, to_host(HOST2, BLUE, inner))


class AHostThatIsNotInTheUnderlayTableMaySend(GatewayTest):
    """next_hop is about where to send; who may send is vm_source's business alone."""

    def runTest(self) -> None:
        host = Host(3, "172.16.0.33", "02:aa:00:00:00:33")
        key = {"tenant": BLUE.id, "address": 0x0A010121, "mac": 0x020000000133, "host": 0xAC100021}
        self.insert("vm_source", key, "genuine")
        inner = Ether(dst=WEB2.mac, src="02:00:00:00:01:33") / IP(src="10.1.1.33", dst=WEB2.ip) / ICMP()
        frame = from_host(host, BLUE, inner)
        self.assertForwards(3, frame, 2, to_host(HOST2, BLUE, inner))
