"""Worker threads and ports in memory, with the bare forwarder behind them. Oracle: what was sent."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from switch import build
from switch.benchmark.bare import BareForwarder
from switch.engine import Engine
from switch.ports import DataPlane, Interface, PortError, parse_interface

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from program import program


def test_packets_from_memory_are_processed_by_the_workers_in_order() -> None:
    with DataPlane(build.runtime_library(), workers=2) as plane:
        plane.start()
        plane.keep_unconnected()
        plane.attach(BareForwarder(1, 2))
        sent = [(1 + i % 2, bytes([i % 256]) * (i % 300)) for i in range(2000)]
        for port, data in sent:
            plane.inject(port, data)
        plane.settle()
        got = plane.take()
        for port in (1, 2):
            assert [d for p, d in got if p == port] == [d for p, d in sent if p == 3 - port]
        assert plane.counters(1).received == 1000
        assert plane.counters(2).sent_bytes == sum(len(d) for p, d in sent if p == 1)


def test_without_a_pipeline_packets_are_counted_as_lost() -> None:
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.keep_unconnected()
        plane.inject(1, b"x")
        plane.settle()
        assert plane.take() == []
        assert plane.counters(1).receive_drops == 1


def test_packets_for_a_port_that_does_not_exist_are_counted() -> None:
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(BareForwarder(1, 2))
        for _ in range(3):
            plane.inject(1, b"x")
        plane.settle()
        assert plane.unconnected() == 3
        assert plane.counters(2).sent == plane.counters(2).send_drops == 0


def test_no_packet_passes_while_stopped_and_all_pass_afterwards() -> None:
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.keep_unconnected()
        plane.attach(BareForwarder(1, 2))
        with plane.stopped():
            plane.inject(1, b"a")
            with plane.stopped():
                plane.inject(1, b"b")
            assert plane.take() == []
        plane.settle()
        assert plane.take() == [(2, b"a"), (2, b"b")]


def test_pipelines_are_exchanged_under_traffic_without_loss() -> None:
    with DataPlane(build.runtime_library(), workers=2) as plane:
        plane.start()
        plane.keep_unconnected()
        plane.attach(BareForwarder(1, 2))
        sender = threading.Thread(target=lambda: [plane.inject(1, bytes([i % 256])) for i in range(5000)])
        sender.start()
        for _ in range(50):
            plane.attach(BareForwarder(1, 2))
        sender.join()
        plane.settle()
        assert [d for _, d in plane.take()] == [bytes([i % 256]) for i in range(5000)]


def test_the_workers_of_an_idle_switch_sleep() -> None:
    before = {path.name for path in Path("/proc/self/task").iterdir()}
    with DataPlane(build.runtime_library(), workers=2) as plane:
        plane.start()
        plane.settle()
        workers = [path for path in Path("/proc/self/task").iterdir() if path.name not in before]
        assert len(workers) == 2

        def switches() -> list[str]:
            """How often each worker has gone to sleep or was put aside by the kernel."""
            return [line for w in workers for line in (w / "status").read_text().splitlines() if "ctxt" in line]

        # They spin for a moment first. A thread that spins is switched out sooner or later, a sleeping one is not.
        while any((worker / "stat").read_text().rpartition(")")[2].split()[0] != "S" for worker in workers):
            time.sleep(0.001)
        asleep = switches()
        time.sleep(0.2)
        assert switches() == asleep


def test_packets_that_cannot_be_are_refused() -> None:
    with DataPlane(build.runtime_library()) as plane:
        for port, data in ((1024, b""), (1, bytes(10241))):
            with pytest.raises(PortError):
                plane.inject(port, data)


def test_a_packet_that_grew_beyond_what_may_come_in_is_taken() -> None:
    """One byte in, 300 out, before a payload as long as possible: the packet leaves, and those behind it."""
    grow = program([("a", 8, False)], [("b", 2400, False)], [])
    with Engine.load(grow, optimise="none") as engine, DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.keep_unconnected()
        plane.attach(engine)
        sent = bytes(10240), bytes(64)
        for data in sent:
            plane.inject(3, data)
        plane.settle()
        assert plane.take() == [(1, bytes(len(data) - 1 + 300)) for data in sent]


def test_without_file_descriptors_there_are_no_workers() -> None:
    """A worker that nobody can wake would hold up whoever waits for it."""
    library = build.runtime_library()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as all_open:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
            with suppress(OSError):
                while True:
                    all_open.callback(os.close, os.open("/dev/null", os.O_RDONLY))
            with pytest.raises(PortError, match="file descriptor"):
                DataPlane(library)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("text", "interface"),
    [
        ("1@veth0", Interface(1, "veth0")),
        ("2@blue/eth0", Interface(2, "eth0", "/run/netns/blue")),
        ("3@/proc/7/fd/9/eth0", Interface(3, "eth0", "/proc/7/fd/9")),
        ("4@xdp:veth0", Interface(4, "veth0", xdp=True)),
        ("5@xdp:blue/eth0", Interface(5, "eth0", "/run/netns/blue", xdp=True)),
    ],
)
def test_interfaces_are_named_with_port_and_namespace(text: str, interface: Interface) -> None:
    assert parse_interface(text) == interface


@pytest.mark.parametrize(
    "text", ["veth0", "@veth0", "x@veth0", "1@", "-1@veth0", "1@ns/", "²@veth0", "4294967297@veth0"]
)
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(PortError, match="PORT@INTERFACE"):
        parse_interface(text)


def test_an_interface_that_is_not_there_is_named() -> None:
    with DataPlane(build.runtime_library()) as plane, pytest.raises(PortError, match="nosuch"):
        plane.add_interface(Interface(1, "nosuch"))
    with DataPlane(build.runtime_library()) as plane, pytest.raises(PortError, match="/run/netns/nosuch"):
        plane.add_interface(Interface(1, "veth", "/run/netns/nosuch"))
