"""Packets a second over veth pairs: the switch, and the same ports without a pipeline, in the same run.

A generator sends as fast as it can into one port, the kernel counts what comes out at the far end of another (or the
same) port. Generator, switch and kernel share the machine's cores. The two are measured in turns, and the best turn of
each counts: what disturbs a turn only ever makes it slower. Needs root (namespaces).
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyroute2 import IPRoute, NetNS, netns

from switch import build
from switch.benchmark.bare import BareForwarder
from switch.engine import Engine
from switch.ports import DataPlane, Interface, Workers, in_namespace

TURNS = 3


@dataclass(frozen=True)
class WireResult:
    """Million packets a second that came out; `offered`: that the generator sent meanwhile, while the switch ran."""

    bare_mpps: float
    switch_mpps: float
    offered_mpps: float

    @property
    def ratio(self) -> float:
        return self.switch_mpps / self.bare_mpps


def measure(
    program: Path,
    prepare: Callable[[Engine], None],
    packets: Sequence[tuple[int, bytes]],
    seconds: float = 2.0,
    mtu: int = 9000,
) -> WireResult:
    """`prepare` fills the tables; `packets` are (port, bytes). `seconds` is the time of one turn, of which there are 6.

    Only the packets of the commonest pair of ports (in, out) are used: one generator, one counter.
    """
    with Engine.load(program, optimise="full") as engine:
        prepare(engine)
        enter, leave, chosen = _commonest_path(engine, packets)
        with _veths(sorted({enter, leave}), mtu) as namespace:
            bare: list[tuple[float, float]] = []
            full: list[tuple[float, float]] = []
            for _ in range(TURNS):
                bare.append(_turn(namespace, BareForwarder(enter, leave), enter, leave, chosen, seconds))
                full.append(_turn(namespace, engine, enter, leave, chosen, seconds))
    best = max(full)
    return WireResult(max(bare)[0] / 1e6, best[0] / 1e6, best[1] / 1e6)


def _commonest_path(engine: Engine, packets: Sequence[tuple[int, bytes]]) -> tuple[int, int, list[bytes]]:
    paths = [(port, out[0][0], data) for port, data in packets if len(out := engine.process(port, data)) == 1]
    if not paths:
        raise ValueError("none of the packets leaves the program as one packet")
    (enter, leave), _ = Counter((a, b) for a, b, _ in paths).most_common(1)[0]
    return enter, leave, [data for a, b, data in paths if (a, b) == (enter, leave)]


def _turn(
    namespace: str, workers: Workers, enter: int, leave: int, packets: Sequence[bytes], seconds: float
) -> tuple[float, float]:
    """(packets a second that came out, that were sent)."""
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(workers)
        for port in sorted({enter, leave}):
            plane.add_interface(Interface(port, f"near{port}", namespace))
        with _generator(namespace, f"far{enter}", packets):
            time.sleep(0.3)  # let it come up to speed; not part of the measurement
            before, start = _counted(namespace, enter, leave), time.perf_counter()
            time.sleep(seconds)
            after, end = _counted(namespace, enter, leave), time.perf_counter()
        plane.attach(None)
    return (after[0] - before[0]) / (end - start), (after[1] - before[1]) / (end - start)


@contextmanager
def _generator(namespace: str, interface: str, packets: Sequence[bytes]) -> Iterator[None]:
    """Send the packets round and round on an interface, in a thread."""
    library = ctypes.CDLL(str(build.build_code(Path(__file__).with_name("traffic.c").read_text(), "-O2")))
    library.traffic_send.restype = ctypes.c_uint64
    with in_namespace(namespace):
        fd = library.traffic_open(interface.encode())
    if fd < 0:
        raise OSError(-fd, os.strerror(-fd), interface)
    lengths = (ctypes.c_uint32 * len(packets))(*map(len, packets))
    stop = ctypes.c_int(0)
    arguments = (fd, b"".join(packets), lengths, ctypes.c_uint32(len(packets)), ctypes.byref(stop))
    thread = threading.Thread(target=library.traffic_send, args=arguments)
    thread.start()
    try:
        yield
    finally:
        stop.value = 1
        thread.join()
        os.close(fd)


@contextmanager
def _veths(ports: Sequence[int], mtu: int) -> Iterator[str]:
    """A namespace with a pair nearPORT-farPORT for each port; its path. It goes away with the context."""
    name = f"p4gate-wire-{os.getpid()}"
    netns.create(name)
    try:
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
    parser.add_argument("--port", type=int, default=1)
    parser.add_argument("--packet", default="02" * 6 + "03" * 6 + "0800" + "00" * 86, help="hex")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    packets = [(options.port, bytes.fromhex(options.packet))]
    result = measure(options.program, lambda engine: None, packets, options.seconds)
    rows = [
        {"name": "wire, no pipeline", "value": result.bare_mpps, "unit": "Mpps"},
        {"name": "wire, switch", "value": result.switch_mpps, "unit": "Mpps"},
        {"name": "wire, switch to no pipeline", "value": result.ratio, "unit": "ratio"},
    ]
    if options.json:
        json.dump(rows, sys.stdout)
        print()
    else:
        for row in rows:
            print(f"{row['name']}: {row['value']:.3f} {row['unit']}")


if __name__ == "__main__":
    main()
