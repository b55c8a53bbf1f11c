"""Packets a second over veth pairs: the switch, and the same ports without a pipeline, in the same run.

Two ways of measuring, each for AF_PACKET and AF_XDP ports, in turns, of which the best counts: what disturbs a turn
only ever makes it slower.

- On the wire: a generator sends as fast as it can into one port, the kernel counts what comes out at the far end of
  another (or the same) port. Generator, switch and kernel share the machine's cores. Honest only while packets are lost
  at the first port, that is while the generator is quicker than the switch: `offered_mpps` tells.
- By processor time: the port's ring is filled while the worker stands still, then emptied; counted is the worker's
  processor time for that (with the kernel's within its calls). The generator's speed does not matter, and who else
  runs hardly does.

Each kind of port is compared with the forwarder without pipeline on ports of its kind, and the quickest switch with the
quickest forwarder. Where simple_switch_grpc is on
the PATH and the program's P4Info is given, BMv2 takes the place of the switch, too (on the wire). Needs root.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from pyroute2 import IPRoute, NetNS, netns

from switch import build
from switch.benchmark.bare import BareForwarder
from switch.benchmark.generator import Generator
from switch.bmv2 import Bmv2, installed
from switch.engine import Engine
from switch.ports import DataPlane, Interface, Workers, in_namespace

TURNS = 3
KINDS = ("packet", "xdp")
RING = 2000  # packets that fill the ring of either kind, not quite
PERTHREAD_SCHED = 6  # of a thread's clock id (linux/posix-timers.h)


@dataclass(frozen=True)
class Turn:
    """Million packets a second that came out and were sent meanwhile; nanoseconds of processor time a packet."""

    mpps: float
    offered_mpps: float
    packet_ns: float


@dataclass(frozen=True)
class WireResult:
    """The turns of each kind of port."""

    bare: dict[str, list[Turn]]
    switch: dict[str, list[Turn]]
    bmv2_mpps: list[float]

    @property
    def kind(self) -> str:
        """The kind of port by which the switch is quickest, in processor time."""
        return min(KINDS, key=lambda kind: packet_ns(self.switch[kind]))

    @property
    def bare_mpps(self) -> float:
        return max(turn.mpps for turns in self.bare.values() for turn in turns)

    @property
    def switch_mpps(self) -> float:
        return max(turn.mpps for turns in self.switch.values() for turn in turns)

    @property
    def offered_mpps(self) -> float:
        """What the generator sent in the switch's best turn."""
        return max((turn.mpps, turn.offered_mpps) for turns in self.switch.values() for turn in turns)[1]

    @property
    def ratio(self) -> float:
        """On the wire."""
        return self.switch_mpps / self.bare_mpps

    @property
    def time_ratio(self) -> float:
        """By processor time: the quickest bare forwarder's against the quickest switch's."""
        return min(map(packet_ns, self.bare.values())) / min(map(packet_ns, self.switch.values()))

    def rows(self) -> list[tuple[str, float, str]]:
        """What was measured, its value, its unit."""
        rows: list[tuple[str, float, str]] = []
        for kind in KINDS:
            for name, turns in (("no pipeline", self.bare[kind]), ("switch", self.switch[kind])):
                best = max(turns, key=lambda turn: turn.mpps)
                what = f"wire, {kind}, {name}"
                rows.append((f"{what} (of {best.offered_mpps:.3f} Mpps sent)", best.mpps, "Mpps"))
                rows.append((f"{what}, processor time of a packet", packet_ns(turns), "ns"))
            same = packet_ns(self.bare[kind]) / packet_ns(self.switch[kind])
            rows.append((f"wire, {kind}, switch / no pipeline by processor time", same, "x"))
        if self.bmv2_mpps:
            rows.append(("wire, BMv2", max(self.bmv2_mpps), "Mpps"))
            rows.append(("wire, switch / BMv2", self.switch_mpps / max(self.bmv2_mpps), "x"))
        rows.append(("wire, quickest switch / quickest without pipeline", self.ratio, "x"))
        rows.append(("wire, quickest switch / quickest without pipeline by processor time", self.time_ratio, "x"))
        return rows


def packet_ns(turns: Sequence[Turn]) -> float:
    return min(turn.packet_ns for turn in turns)


def measure(
    program: Path,
    prepare: Callable[[Engine | Bmv2], object],
    packets: Sequence[tuple[int, bytes]],
    seconds: float = 2.0,
    mtu: int = 1500,
    p4info: Path | None = None,
) -> WireResult:
    """`prepare` fills the tables; `packets` are (port, bytes). `seconds`: of each turn; there are 12, and 3 of BMv2.

    Only the packets of the commonest pair of ports (in, out) are used: one generator, one counter.
    """
    result = WireResult({kind: [] for kind in KINDS}, {kind: [] for kind in KINDS}, [])
    with Engine.load(program, optimise="full") as engine:
        prepare(engine)
        enter, leave, chosen = _commonest_path(engine, packets)
        with _veths(sorted({enter, leave}), mtu) as namespace:
            for _ in range(TURNS):
                for kind in KINDS:
                    for to, workers in ((result.bare, BareForwarder(enter, leave)), (result.switch, engine)):
                        to[kind].append(_turn(namespace, workers, kind, enter, leave, chosen, seconds))
            if p4info is not None and installed():
                ports = [f"{port}@near{port}" for port in sorted({enter, leave})]
                with Bmv2.load(program, p4info, interfaces=ports, namespace=namespace) as bmv2:
                    prepare(bmv2)
                    result.bmv2_mpps.extend(
                        _on_the_wire(namespace, enter, leave, chosen, seconds)[0] for _ in range(TURNS)
                    )
    return result


def _commonest_path(engine: Engine, packets: Sequence[tuple[int, bytes]]) -> tuple[int, int, list[bytes]]:
    paths = [(port, out[0][0], data) for port, data in packets if len(out := engine.process(port, data)) == 1]
    if not paths:
        raise ValueError("none of the packets leaves the program as one packet")
    (enter, leave), _ = Counter((a, b) for a, b, _ in paths).most_common(1)[0]
    return enter, leave, [data for a, b, data in paths if (a, b) == (enter, leave)]


def _turn(
    namespace: str, workers: Workers, kind: str, enter: int, leave: int, packets: Sequence[bytes], seconds: float
) -> Turn:
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(workers)
        for port in sorted({enter, leave}):
            plane.add_interface(Interface(port, f"near{port}", namespace, xdp=kind == "xdp"))
        if any(not port.kind.startswith(kind) for port in plane.ports()):
            raise OSError(f"no {kind} ports on this machine's veths")
        with Generator(namespace, f"far{enter}", packets) as generator:
            packet_ns = _drained(plane, generator, leave, seconds / 2)
        out, sent = _on_the_wire(namespace, enter, leave, packets, seconds / 2)
        plane.attach(None)
    return Turn(out, sent, packet_ns)


def _on_the_wire(
    namespace: str, enter: int, leave: int, packets: Sequence[bytes], seconds: float
) -> tuple[float, float]:
    """Mpps that came out, and that were sent, with whatever switch has the near ends."""
    with Generator(namespace, f"far{enter}", packets) as generator, generator.running():
        time.sleep(0.1)  # let it come up to speed; not part of the measurement
        before, start = _counted(namespace, enter, leave), time.perf_counter()
        time.sleep(seconds)
        after, end = _counted(namespace, enter, leave), time.perf_counter()
    out, sent = ((b - a) / (end - start) / 1e6 for a, b in zip(before, after, strict=True))
    return out, sent


def _drained(plane: DataPlane, generator: Generator, leave: int, seconds: float) -> float:
    """Nanoseconds of the worker's processor time a packet: the lower tenth of many rings filled and emptied."""
    clock = _worker_clock()
    found: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(found) < 10:
        with plane.stopped():
            generator.send(RING)
            sent, start = plane.counters(leave).sent, time.clock_gettime_ns(clock)
        plane.settle()
        used = time.clock_gettime_ns(clock) - start
        if (count := plane.counters(leave).sent - sent) > RING / 2:
            found.append(used / count)
    return quantiles(found, n=10)[0]


def _worker_clock() -> int:
    """The clock of the processor time of the only worker thread."""
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == "p4gate-0":
            return ~int(task.name) << 3 | PERTHREAD_SCHED
    raise OSError("the worker's thread cannot be found under /proc")


@contextmanager
def _veths(ports: Sequence[int], mtu: int) -> Iterator[str]:
    """A namespace with a pair nearPORT-farPORT for each port; its path. It goes away with the context."""
    name = f"p4gate-wire-{os.getpid()}"
    netns.create(name)
    try:
        with in_namespace(f"/run/netns/{name}"):
            Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")  # no packets of the kernel's own
        with NetNS(name) as inside:
            for port in ports:
                inside.link("add", ifname=f"near{port}", kind="veth", peer={"ifname": f"far{port}"})
                for end in ("near", "far"):
                    index = inside.link_lookup(ifname=f"{end}{port}")[0]
                    inside.link("set", index=index, mtu=mtu, state="up")
        yield f"/run/netns/{name}"
    finally:
        netns.remove(name)


def _counted(namespace: str, enter: int, leave: int) -> tuple[int, int]:
    """What the far ends have seen: (received behind `leave`, sent into `enter`)."""
    with in_namespace(namespace), IPRoute() as ip:
        statistics = {link.get_attr("IFLA_IFNAME"): link.get_attr("IFLA_STATS64") for link in ip.get_links()}
    return statistics[f"far{leave}"]["rx_packets"], statistics[f"far{enter}"]["tx_packets"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="BMv2 JSON that forwards the packet without entries")
    parser.add_argument("--p4info", type=Path, help="measure BMv2, too, where simple_switch_grpc is on the PATH")
    parser.add_argument("--port", type=int, default=1)
    parser.add_argument("--packet", default="02" * 6 + "03" * 6 + "0800" + "00" * 86, help="hex")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    packets = [(options.port, bytes.fromhex(options.packet))]
    rows = measure(options.program, lambda engine: None, packets, options.seconds, p4info=options.p4info).rows()
    if options.json:
        json.dump([dict(zip(("name", "value", "unit"), row, strict=True)) for row in rows], sys.stdout)
        print()
    else:
        for name, value, unit in rows:
            print(f"{name}: {value:.3f} {unit}")


if __name__ == "__main__":
    main()
