"""A lab without root: hosts and VMs as Python objects, joined to a switch's ports over PTF's nn socket.

What the kernel does in a real lab is done here with scapy: ARP, VXLAN at the hosts, ping, and (simulated_tcp.py) a
TCP flow. The switch is the real one; only its neighbours are simulated. Needs scapy and pynng (the extra `test`).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Collection
from ipaddress import IPv4Address
from types import TracebackType

import pynng
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from topo.model import Host, Lab, LabError, Vm
from topo.network import VXLAN_PORT
from topo.prober import Flow, Pair
from topo.simulated_tcp import TcpClient, TcpServer

_BROADCAST = "ff:ff:ff:ff:ff:ff"
_NO_MAC = "00:00:00:00:00:00"
# PTF's nn protocol: little-endian (type, port, length) and data.
_NN_HEADER = struct.Struct("<iii")
_NN_PORT_ADD, _NN_PACKET_IN, _NN_PACKET_OUT = 0, 3, 4
_ICMP_ECHO_REQUEST, _ICMP_ECHO_REPLY = 8, 0


class SimulatedVm:
    """A VM: answers ARP and ping, and speaks TCP where `tcp` is set."""

    def __init__(self, name: str, vm: Vm) -> None:
        self.name = name
        self.vm = vm
        self.neighbours: dict[str, str] = {}
        self.answered: set[str] = set()
        self.tcp: TcpClient | TcpServer | None = None

    def next_hop(self, address: str) -> str:
        """Whose MAC address a packet for `address` needs: the address itself, or the gateway."""
        return address if IPv4Address(address) in self.vm.address.network else str(self.vm.gateway)

    def arp_request(self, address: str) -> Packet:
        mac = self.vm.mac
        request = ARP(op="who-has", hwsrc=mac, psrc=str(self.vm.address.ip), hwdst=_NO_MAC, pdst=address)
        return Ether(src=mac, dst=_BROADCAST) / request

    def ip(self, destination: str) -> Packet:
        """The headers of a packet to `destination`, whose next hop is known."""
        ethernet = Ether(src=self.vm.mac, dst=self.neighbours[self.next_hop(destination)])
        return ethernet / IP(src=str(self.vm.address.ip), dst=destination)

    def receive(self, frame: Packet) -> list[Packet]:
        """What the VM sends in answer to a frame."""
        if frame.dst not in (self.vm.mac, _BROADCAST):
            return []
        if ARP in frame:
            return self._receive_arp(frame)
        if IP not in frame or frame[IP].dst != str(self.vm.address.ip):
            return []
        self.neighbours.setdefault(self.next_hop(frame[IP].src), frame.src)
        if ICMP in frame and frame[ICMP].type == _ICMP_ECHO_REQUEST:
            icmp = ICMP(type=_ICMP_ECHO_REPLY, id=frame[ICMP].id, seq=frame[ICMP].seq)
            return [self.ip(frame[IP].src) / icmp / Raw(self.name.encode())]
        if ICMP in frame and frame[ICMP].type == _ICMP_ECHO_REPLY:
            self.answered.add(frame[IP].src)
        elif TCP in frame and self.tcp is not None:
            payload = frame[IP].len - frame[IP].ihl * 4 - frame[TCP].dataofs * 4
            data = bytes(frame[TCP].payload)[:payload]
            return [self.ip(frame[IP].src) / segment for segment in self.tcp.receive(frame[TCP], data)]
        return []

    def _receive_arp(self, frame: Packet) -> list[Packet]:
        arp = frame[ARP]
        if arp.op == 2 and arp.pdst == str(self.vm.address.ip):
            self.neighbours[arp.psrc] = arp.hwsrc
        return []


class SimulatedHost:
    """A hypervisor: one tunnel end, and the VMs behind it."""

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        self.name = name
        self.host = host
        self.vms = [SimulatedVm(vm, lab.vms[vm]) for vm in lab.vms if lab.vms[vm].host == name]
        self._networks = lab.networks
        self._gateway_macs: dict[str, str] = {}

    def arp_request(self, address: str) -> Packet:
        request = ARP(op="who-has", hwsrc=self.host.mac, psrc=str(self.host.address.ip), hwdst=_NO_MAC, pdst=address)
        return Ether(src=self.host.mac, dst=_BROADCAST) / request

    def knows(self, address: str) -> bool:
        return address in self._gateway_macs

    def encapsulate(self, vm: SimulatedVm, frame: Packet) -> Packet:
        """The frame of a VM as the kernel's VXLAN device sends it (RFC 7348)."""
        network = self._networks[vm.vm.network]
        remote = str(network.remote)
        source_port = 49152 + hash((frame.src, frame.dst, bytes(frame)[14:38])) % 16384
        outer = Ether(src=self.host.mac, dst=self._gateway_macs[remote])
        outer /= IP(src=str(self.host.address.ip), dst=remote, ttl=64, flags="DF")
        return (
            outer
            / UDP(sport=source_port, dport=VXLAN_PORT, chksum=0)
            / VXLAN(vni=network.vni, flags="Instance")
            / frame
        )

    def receive(self, frame: Packet) -> list[Packet]:
        """What the host sends in answer to a frame from the underlay."""
        if frame.dst not in (self.host.mac, _BROADCAST):
            return []
        if isinstance(frame.payload, ARP):  # the outer one: a VXLAN frame may carry another
            if frame[ARP].op == 2 and frame[ARP].pdst == str(self.host.address.ip):
                self._gateway_macs[frame[ARP].psrc] = frame[ARP].hwsrc
            return []
        if VXLAN not in frame or frame[IP].dst != str(self.host.address.ip):
            return []
        inner = frame[VXLAN].payload
        answers = []
        for vm in self.vms:
            if self._networks[vm.vm.network].vni == frame[VXLAN].vni:
                answers += [self.encapsulate(vm, answer) for answer in vm.receive(inner)]
        return answers


class SimulatedLab:
    """All hosts of a lab with one switch, connected to the switch's nn socket. Use in a `with` statement."""

    def __init__(self, lab: Lab, nn_address: str) -> None:
        """
        Raises:
            LabError: if the lab has not exactly one switch, or the socket does not answer.
        """
        if len(lab.switches) != 1:
            raise LabError("a simulated lab has one switch")
        ports = next(iter(lab.switches.values())).ports
        self.hosts = [SimulatedHost(lab, name, host) for name, host in lab.hosts.items()]
        self._remotes = {str(network.remote) for network in lab.networks.values()}
        self.vms = {vm.name: (host, vm) for host in self.hosts for vm in host.vms}
        self._port_of = {
            name: port
            for port, other in ports.items()
            for name, host in lab.hosts.items()
            if other in (host.link, name)
        }
        self._hosts_of = {port: [host for host in self.hosts if self._port_of[host.name] == port] for port in ports}
        self._socket = pynng.Pair0()
        try:
            self._socket.dial(nn_address, block=True)
        except pynng.NNGException as error:
            raise LabError(f"{nn_address}: {error}") from error
        for port in ports:
            self._socket.send(_NN_HEADER.pack(_NN_PORT_ADD, port, 0))

    def __enter__(self) -> SimulatedLab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ping_all(self, pairs: Collection[Pair], expected: Collection[Pair], rounds: int = 6) -> set[Pair]:
        """As `topo.prober.ping_all`: the pairs that were answered."""
        ordered = sorted(pairs)
        remotes = self._remotes
        self._until(lambda: all(host.knows(remote) for host in self.hosts for remote in remotes), self._find_gateways)
        for done in range(rounds):
            answered = self._answered(ordered)
            if done >= 2 and answered >= set(expected):
                break
            missing = [pair for pair in ordered if pair not in answered]
            self._resolve(missing)
            for sequence, pair in enumerate(missing):
                host, vm = self.vms[pair.source]
                if vm.next_hop(pair.destination) in vm.neighbours:
                    self._send_from(host, vm, vm.ip(pair.destination) / ICMP(id=1, seq=sequence) / Raw(b"p4gate"))
                self._receive(0)
            self._until(lambda: self._answered(ordered) >= set(expected), None, seconds=0.5)
        return self._answered(ordered)

    def tcp_flow(self, source: str, destination: str, port: int, size: int, seconds: float = 10) -> Flow:
        """A TCP connection of a simulated client and server that carries `size` bytes; their next hops are known."""
        begin = time.monotonic()
        host, client = self.vms[source]
        server = self.vms[destination][1]
        address = str(server.vm.address.ip)
        sender, receiver = TcpClient(40000, port, size), TcpServer(port)
        client.tcp, server.tcp = sender, receiver

        def push() -> None:
            for segment in sender.pending():
                self._send_from(host, client, client.ip(address) / segment)

        self._until(lambda: sender.done, push, seconds)
        intact = sender.digest == receiver.digest
        error = "" if sender.done else "the connection did not end in time"
        return Flow(intact, time.monotonic() - begin, error)

    def _find_gateways(self) -> None:
        for host in self.hosts:
            for remote in self._remotes:
                self._send(host, host.arp_request(remote))

    def _answered(self, pairs: list[Pair]) -> set[Pair]:
        return {pair for pair in pairs if pair.destination in self.vms[pair.source][1].answered}

    def _resolve(self, pairs: list[Pair]) -> None:
        wanted = {(pair.source, self.vms[pair.source][1].next_hop(pair.destination)) for pair in pairs}

        def missing() -> list[tuple[str, str]]:
            return sorted((name, hop) for name, hop in wanted if hop not in self.vms[name][1].neighbours)

        def ask() -> None:
            for name, hop in missing():
                host, vm = self.vms[name]
                self._send_from(host, vm, vm.arp_request(hop))
                self._receive(0)

        self._until(lambda: not missing(), ask, seconds=1)

    def _until(self, done: Callable[[], bool], again: Callable[[], object] | None, seconds: float = 3) -> None:
        """Receive until `done`; call `again` at the start and after every quiet moment."""
        deadline = time.monotonic() + seconds
        quiet = True
        while not done() and time.monotonic() < deadline:
            if quiet and again is not None:
                again()
            quiet = not self._receive(0.1)

    def _send(self, host: SimulatedHost, frame: Packet) -> None:
        data = bytes(frame)
        self._socket.send(_NN_HEADER.pack(_NN_PACKET_IN, self._port_of[host.name], len(data)) + data)

    def _send_from(self, host: SimulatedHost, vm: SimulatedVm, frame: Packet) -> None:
        self._send(host, host.encapsulate(vm, frame))

    def _receive(self, seconds: float) -> bool:
        """Take the packets that have come; whether there was any."""
        some = False
        self._socket.recv_timeout = int(seconds * 1000)
        while True:
            try:
                message = self._socket.recv(block=seconds > 0)
            except (pynng.Timeout, pynng.TryAgain):
                return some
            kind, port, length = _NN_HEADER.unpack_from(message)
            if kind != _NN_PACKET_OUT:
                continue
            some = True
            frame = Ether(message[_NN_HEADER.size : _NN_HEADER.size + length])
            for host in self._hosts_of.get(port, []):
                for answer in host.receive(frame):
                    self._send(host, answer)
