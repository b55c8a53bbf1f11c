"""What every gateway test starts from: the fixture is in the switch, frames go in, all that comes out is compared.

A test never waits for a time to pass to know that nothing came. After its frames it sends a marker to each port through
the same ingress port; the switch keeps the order of an ingress port and of an egress port, so what has not
come out before the marker never will. The drop counter then says why.

Test parameters (ptf --test-params): grpc, the switch's P4Runtime address; p4info and config, paths of the pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

import fixture
import ptf
from finsy.proto import p4r
from fixture import BLUE, HOSTS, MARKERS, from_host
from p4rt import Client, Match
from packets import IP, UDP, Ether, Raw
from ptf.base_tests import BaseTest
from ptf.testutils import test_param_get
from scapy.packet import Packet

MARKER_TIMEOUT = 20.0  # seconds; only a broken switch takes as long
BURST = 16  # frames in flight: what any receive buffer holds

_switch: Client | Exception | None = None
_markers = count(1)


def the_switch() -> Client:
    """The switch under test: connected, pipeline set and fixture written when first asked for.

    When that fails, it fails for every test, without being tried again.
    """
    global _switch
    if _switch is None:
        try:
            p4info, config = (Path(test_param_get(name)) for name in ("p4info", "config"))
            switch = Client(test_param_get("grpc"), p4info.read_text(), config.read_bytes())
            fixture.program(switch)
            _switch = switch
        except Exception as error:
            _switch = error
    if isinstance(_switch, Exception):
        raise RuntimeError(f"the switch could not be set up: {_switch}") from _switch
    return _switch


class GatewayTest(BaseTest):  # type: ignore[misc]
    """One sentence about the gateway; sub-classes prove it in runTest. What a test writes, it takes back (`insert`)."""

    def setUp(self) -> None:
        super().setUp()
        self.maxDiff = None
        self.switch = the_switch()
        self.reasons = {value: name for name, value in self.switch.enum("DropReason").items()}
        self.dataplane = ptf.dataplane_instance
        self.dataplane.flush()

    def insert(
        self, table: str, match: Match, action: str, params: Mapping[str, int] | None = None, priority: int = 0
    ) -> p4r.Entity:
        """Add an entry for the length of this test."""
        entry = self.switch.entry(table, match, action, params, priority)
        self.switch.insert(entry)
        self.addCleanup(self.switch.delete, entry)
        return entry

    def take_out(self, entry: p4r.Entity) -> None:
        """Remove an entry of the fixture for the length of this test."""
        self.switch.delete(entry)
        self.addCleanup(self.switch.insert, entry)

    def exchange(self, port: int, *frames: Packet | bytes) -> list[tuple[int, str]]:
        """Send frames into a port; return all that comes out as (port, hex), sorted by port, in order within one."""
        out: list[tuple[int, str]] = []
        for start in range(0, len(frames), BURST):
            out += self._burst(port, frames[start : start + BURST])
        return sorted(out, key=lambda packet: packet[0])

    def _burst(self, port: int, frames: tuple[Packet | bytes, ...]) -> list[tuple[int, str]]:
        """Send frames and a marker to each port; return what comes out before the last marker."""
        token = b"marker%010d" % next(_markers)
        for frame in frames:
            self.dataplane.send(0, port, bytes(frame))
        for marker in _marker_frames(token):
            self.dataplane.send(0, port, marker)
        missing = {host.port for host in HOSTS}
        out: list[tuple[int, str]] = []
        while missing:
            result = self.dataplane.poll(timeout=MARKER_TIMEOUT)
            if not isinstance(result, self.dataplane.PollSuccess):
                self.fail(f"no marker on ports {sorted(missing)} within {MARKER_TIMEOUT:g} s; before that came {out}")
            if result.packet.endswith(token):
                missing.remove(result.port)
            else:
                out.append((result.port, bytes(result.packet).hex()))
        return out

    def drops(self) -> dict[str, int]:
        """Packets dropped so far, by reason; reasons that never occurred are left out."""
        cells = self.switch.counter("drops")
        return {self.reasons.get(i, f"reason {i}"): c.packets for i, c in cells.items() if c.packets}

    def assertForwards(self, port: int, frame: Packet | bytes, out_port: int, expected: Packet | bytes) -> None:
        """`frame` into `port` comes out of `out_port` as `expected`, byte for byte, and nothing else does."""
        before = self.drops()
        out = self.exchange(port, frame)
        self.assertEqual((out, _difference(before, self.drops())), ([(out_port, bytes(expected).hex())], {}))

    def assertDrops(self, port: int, frame: Packet | bytes, reason: str) -> None:
        """`frame` into `port` comes out nowhere, and is counted once, under `reason`."""
        self.assertAllDrop(port, [(frame, reason)])

    def assertAllDrop(self, port: int, cases: list[tuple[Packet | bytes, str]]) -> None:
        """As assertDrops, for many frames at once."""
        expected: dict[str, int] = {}
        for _, reason in cases:
            expected[reason] = expected.get(reason, 0) + 1
        before = self.drops()
        out = self.exchange(port, *(frame for frame, _ in cases))
        self.assertEqual((out, _difference(before, self.drops())), ([], expected))


def _marker_frames(token: bytes) -> list[bytes]:
    """For each host a frame that the gateway sends to it, with `token` at its end."""
    sender = MARKERS.vms["m1"]
    frames = []
    for vm in MARKERS.vms.values():
        inner = Ether(dst=vm.mac, src=sender.mac) / IP(src=sender.ip, dst=vm.ip) / UDP(sport=9, dport=9) / Raw(token)
        frames.append(bytes(from_host(sender.host, MARKERS, inner)))
    return frames


def _difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {reason: n - before.get(reason, 0) for reason, n in after.items() if n != before.get(reason, 0)}


def inner_udp(
    source: str = "web1", to: str = "web2", tenant: fixture.Tenant = BLUE, *, ttl: int = 64, **ip: object
) -> Packet:
    """A UDP packet between two VMs of a tenant, sent to the destination's own MAC (same subnet)."""
    src, dst = tenant.vms[source], tenant.vms[to]
    return (
        Ether(dst=dst.mac, src=src.mac)
        / IP(src=src.ip, dst=dst.ip, ttl=ttl, **ip)
        / UDP(sport=1234, dport=80)
        / Raw(b"from a VM to a VM")
    )
