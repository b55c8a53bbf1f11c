"""Ports at run time: shut and opened, counted, added and removed beside others, by Python, gRPC and `p4gate ports`.

Oracle: numbered frames on veths; the kernel hands over what was sent, and each one is received or counted.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from veths import TIMEOUT, frame, number_of, raw_socket, veths
from waiting import wait_until

from switch import build
from switch.benchmark.bare import BareForwarder
from switch.port_service import SERVICE
from switch.ports import DataPlane, Interface, PortError

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and raw packets need root")


@pytest.fixture(params=[False, True], ids=["packet", "xdp"])
def xdp(request: pytest.FixtureRequest) -> bool:
    """AF_XDP rather than AF_PACKET."""
    return bool(request.param)


@pytest.fixture
def plane() -> Iterator[DataPlane]:
    """Forwards between ports 1 and 2."""
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(BareForwarder(1, 2))
        yield plane


def test_a_shut_port_drops_and_counts_in_both_directions_and_passes_when_it_is_open_again(
    plane: DataPlane, xdp: bool
) -> None:
    with ExitStack() as stack:
        place = stack.enter_context(veths([1, 2]))
        for port in (1, 2):
            plane.add_interface(Interface(port, f"near{port}", place, xdp))
        one, two = (stack.enter_context(raw_socket(place, f"far{port}")) for port in (1, 2))
        one.send(frame(1))
        assert number_of(two.recv(2000)) == 1
        plane.enable(2, False)
        assert [(p.number, p.enabled) for p in plane.ports()] == [(1, True), (2, False)]
        wait_until(lambda: all(p.running for p in plane.ports()), "both have a carrier, shut or not")
        one.send(frame(2))
        two.send(frame(3))
        wait_until(lambda: plane.counters(2).send_drops + plane.counters(2).receive_drops == 2, "both are counted")
        plane.enable(2, True)
        one.send(frame(4))
        assert number_of(two.recv(2000)) == 4
        two.send(frame(5))
        assert number_of(one.recv(2000)) == 5
        plane.settle()  # a packet arrives before it is counted
        first, second = plane.counters(1), plane.counters(2)
        assert (first.received, first.received_bytes, first.sent, first.sent_bytes) == (3, 180, 1, 60)
        assert (second.received, second.receive_drops, second.sent, second.send_drops) == (1, 1, 2, 1)
        assert first.receive_errors == first.send_errors == second.receive_errors == second.send_errors == 0


def test_jumbo_frames_pass_and_longer_ones_are_counted_as_errors(plane: DataPlane, xdp: bool) -> None:
    with ExitStack() as stack:
        place = stack.enter_context(veths([1], mtu=20000))
        place2 = stack.enter_context(veths([2], mtu=9500))
        plane.add_interface(Interface(1, "near1", place, xdp))
        plane.add_interface(Interface(2, "near2", place2, xdp))
        one, two = stack.enter_context(raw_socket(place, "far1")), stack.enter_context(raw_socket(place2, "far2"))
        for number, length in enumerate((9014, 9514, 20014, 10000, 60)):
            one.send(frame(number, length))
        # 20014 is longer than a packet may be, 10000 than the other interface's MTU allows
        got = [two.recv(20000) for _ in range(3)]
        assert got == [frame(0, 9014), frame(1, 9514), frame(4, 60)]
        plane.settle()  # a packet arrives before it is counted
        assert plane.counters(1).receive_errors == 1
        assert plane.counters(2).send_errors == 1
        assert plane.counters(1).received == 4
        assert plane.counters(2).sent == 3


def test_the_longest_frames_pass(plane: DataPlane, xdp: bool) -> None:
    with veths([1, 2], mtu=20000) as place, raw_socket(place, "far1") as one, raw_socket(place, "far2") as two:
        for port in (1, 2):
            plane.add_interface(Interface(port, f"near{port}", place, xdp))
        lengths = (10236, 10241, 10237, 10240)
        for number, length in enumerate(lengths):
            one.send(frame(number, length))
        assert [two.recv(20000) for _ in range(3)] == [frame(n, lengths[n]) for n in (0, 2, 3)]
        plane.settle()  # a packet arrives before it is counted
        assert plane.counters(1).receive_errors == 1


def test_a_name_is_not_cut_to_that_of_another_interface(plane: DataPlane, xdp: bool) -> None:
    with veths([1]) as place:
        name = place.rpartition("/")[2]
        subprocess.run(["ip", "-n", name, "link", "set", "near1", "down"], check=True)
        subprocess.run(["ip", "-n", name, "link", "set", "near1", "name", "fifteen-letters"], check=True)
        with pytest.raises(PortError, match="fifteen-letters-and-more: there is none of that name"):
            plane.add_interface(Interface(1, "fifteen-letters-and-more", place, xdp))
        plane.add_interface(Interface(1, "fifteen-letters", place, xdp))


def test_packets_for_which_the_ring_has_no_room_are_counted(plane: DataPlane, xdp: bool) -> None:
    with ExitStack() as stack:
        place = stack.enter_context(veths([1]))
        plane.add_interface(Interface(1, "near1", place, xdp))
        one = stack.enter_context(raw_socket(place, "far1"))
        sent = 5000
        with plane.stopped():
            for number in range(sent):
                one.send(frame(number))
        plane.settle()
        counters = plane.counters(1)
        assert counters.receive_drops > 0
        assert counters.received + counters.receive_drops == sent


def test_a_port_comes_and_goes_without_a_loss_on_others(plane: DataPlane, xdp: bool) -> None:
    with ExitStack() as stack:
        place = stack.enter_context(veths([1, 2, 3]))
        for port in (1, 2):
            plane.add_interface(Interface(port, f"near{port}", place, xdp))
        one, two = (stack.enter_context(raw_socket(place, f"far{port}")) for port in (1, 2))
        count, got = 20000, []

        def receive() -> None:
            got.extend(number_of(two.recv(2000)) for _ in range(count))

        receiver = threading.Thread(target=receive)
        receiver.start()
        done = threading.Event()
        kinds: set[str] = set()

        def change() -> None:
            while not done.is_set():
                plane.add_interface(Interface(3, "near3", place, xdp))
                kinds.add(plane.ports()[-1].kind)
                plane.remove(3)

        changer = threading.Thread(target=change)
        changer.start()
        for number in range(count):
            one.send(frame(number))
            if number % 500 == 499:
                wait_until(lambda until=number: len(got) > until - 1000, "the receiver is not far behind")
        receiver.join(TIMEOUT)
        done.set()
        changer.join()
        assert got == list(range(count))
        assert kinds == {"xdp copy" if xdp else "packet"}


def test_a_new_port_begins_to_count_at_nothing(plane: DataPlane, xdp: bool) -> None:
    with veths([1]) as place, raw_socket(place, "far1") as one:
        plane.add_interface(Interface(1, "near1", place, xdp))
        one.send(frame(1))
        wait_until(lambda: plane.counters(1).received == 1, "it arrives")
        plane.enable(1, False)
        plane.remove(1)
        assert plane.ports() == []
        plane.add_interface(Interface(1, "near1", place, xdp))
        assert plane.counters(1).received == 0
        assert plane.ports()[0].enabled


def test_a_port_without_carrier_says_so(plane: DataPlane, xdp: bool) -> None:
    with veths([1]) as place, raw_socket(place, "far1"):
        plane.add_interface(Interface(1, "near1", place, xdp))
        # the kernel tells of a carrier when it finds the time
        wait_until(lambda: plane.ports()[0].running, "the carrier is there")
        subprocess.run(["ip", "-n", place.rpartition("/")[2], "link", "set", "far1", "down"], check=True)
        wait_until(lambda: not plane.ports()[0].running, "the carrier is gone")


def test_where_af_xdp_is_not_to_be_had_af_packet_takes_its_place_and_the_log_says_why(
    plane: DataPlane, caplog: pytest.LogCaptureFixture
) -> None:
    with veths([1, 2]) as place:
        plane.add_interface(Interface(1, "near1", place, xdp=True))
        plane.add_interface(Interface(2, "near1", place, xdp=True))  # has a program already
        plane.add_interface(Interface(3, "lo", place, xdp=True))  # has no XDP
        assert [port.kind for port in plane.ports()] == ["xdp copy", "packet", "packet"]
        assert [record.message.split(":")[0] for record in caplog.records] == ["port 2", "port 3"]
        assert all("AF_PACKET takes its place" in record.message for record in caplog.records)
        with pytest.raises(PortError, match="nosuch"):
            plane.add_interface(Interface(4, "nosuch", place, xdp=True))


@pytest.mark.parametrize("queues", [1, 3])
def test_packets_of_a_flow_stay_in_order_with_several_workers(xdp: bool, queues: int) -> None:
    """Eight flows; the kernel picks a transmit queue by flow, and a veth receives on the queue of that number."""
    options = {"num_rx_queues": queues, "num_tx_queues": queues}
    with ExitStack() as stack:
        plane = stack.enter_context(DataPlane(build.runtime_library(), workers=2, flow_affinity=True))
        plane.start()
        plane.attach(BareForwarder(1, 2))
        place = stack.enter_context(veths([1, 2], **options))
        for port in (1, 2):
            plane.add_interface(Interface(port, f"near{port}", place, xdp))
        assert {port.kind for port in plane.ports()} == {"xdp copy" if xdp else "packet"}
        one, two = (stack.enter_context(raw_socket(place, f"far{port}")) for port in (1, 2))
        count, flows = 400, 8
        for number in range(count):
            for flow in range(flows):
                one.send(flow_frame(flow, number))
        got = [two.recv(2000) for _ in range(count * flows)]
        for flow in range(flows):
            assert [data for data in got if data[35] == flow] == [flow_frame(flow, number) for number in range(count)]


def flow_frame(flow: int, number: int) -> bytes:
    """UDP over IPv4 with the flow in the low byte of the source port, without a UDP checksum."""
    ip = bytes.fromhex("4500002e0000000040110000 0a000001 0a000002")
    total = sum(struct.unpack("!10H", ip))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    ip = ip[:10] + checksum.to_bytes(2, "big") + ip[12:]
    udp = struct.pack("!HHHH", 0x1000 + flow, 9, 26, 0)
    return bytes.fromhex("020000000002 020000000001 0800") + ip + udp + number.to_bytes(18, "big")


def test_what_is_no_port_is_refused(plane: DataPlane) -> None:
    for attempt in (lambda: plane.remove(7), lambda: plane.enable(7, True), lambda: plane.enable(70000, False)):
        with pytest.raises(PortError, match="port 7"):
            attempt()


def test_the_command_line_changes_the_ports_of_a_running_switch() -> None:
    switch = [sys.executable, "-m", "p4gate", "switch", "--no-p4", "--grpc-server-addr", "127.0.0.1:0", "--json"]
    with (
        veths([1, 2]) as place,
        subprocess.Popen([*switch, "-i", f"1@{place}/near1"], stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["grpc"]

            def ports(*arguments: str) -> subprocess.CompletedProcess[str]:
                command = [sys.executable, "-m", "p4gate", "ports", "--grpc", address, *arguments]
                return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

            assert ports("add", f"2@{place}/near2").returncode == 0
            assert ports("down", "1").returncode == 0
            found = json.loads(ports("--json").stdout)
            assert [(p["port"], p["interface"], p["enabled"]) for p in found] == [
                (1, f"{place}/near1", False),
                (2, f"{place}/near2", True),
            ]
            assert ports("up", "1").returncode == 0
            assert ports("remove", "2").returncode == 0
            wait_until(lambda: " up " in ports().stdout, "the carrier is there")
            lines = ports().stdout.splitlines()
            assert [line.split()[:3] for line in lines[1:]] == [["1", "up", "packet"]]
            for wrong, said in ((["remove", "2"], "port 2"), (["add", "1@lo"], "in use"), (["add", "2@no"], "none of")):
                done = ports(*wrong)
                assert done.returncode == 1
                assert said in done.stderr
                assert len(done.stderr.splitlines()) == 1
            with grpc.insecure_channel(address) as channel:
                for method, request in (("Add", b"[]"), ("Remove", b"{"), ("Enable", b'{"port": 1, "enabled": 1}')):
                    with pytest.raises(grpc.RpcError) as refused:
                        channel.unary_unary(f"/{SERVICE}/{method}")(request, timeout=TIMEOUT)
                    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]
        finally:
            process.terminate()
            assert process.wait(30) == 0


def test_an_interface_that_goes_away_takes_nothing_with_it(plane: DataPlane, xdp: bool) -> None:
    """Its port stays, without carrier, drops what is sent to it, and keeps no worker from sleeping."""
    with veths([1, 2]) as place, raw_socket(place, "far1") as one:
        for port in (1, 2):
            plane.add_interface(Interface(port, f"near{port}", place, xdp))
        one.send(frame(1))
        wait_until(lambda: plane.counters(2).sent == 1, "it passes")
        name = place.rpartition("/")[2]
        subprocess.run(["ip", "-n", name, "link", "del", "near2"], check=True)
        one.send(frame(2))
        wait_until(lambda: plane.counters(1).received == 2, "port 1 goes on")
        wait_until(lambda: [port.running for port in plane.ports()] == [True, False], "only port 1 has a carrier")
        plane.settle()
        task = next(t for t in Path("/proc/self/task").iterdir() if (t / "comm").read_text() == "p4gate-0\n")
        wait_until(lambda: (task / "stat").read_text().rpartition(")")[2].split()[0] == "S", "the worker sleeps")
        plane.remove(2)
        subprocess.run(["ip", "-n", name, "link", "add", "near2", "type", "veth", "peer", "name", "far2"], check=True)
        for end in ("near2", "far2"):
            subprocess.run(["ip", "-n", name, "link", "set", end, "up"], check=True)
        plane.add_interface(Interface(2, "near2", place, xdp))
        with raw_socket(place, "far2") as two:
            one.send(frame(3))
            assert number_of(two.recv(2000)) == 3


def test_a_switch_with_many_ports_sleeps_and_is_woken_by_any(plane: DataPlane) -> None:
    """More than any fixed list of descriptors would hold; lo stands for them, one socket each."""
    with veths([1, 2]) as place, raw_socket(place, "far1") as one, raw_socket(place, "far2") as two:
        subprocess.run(["ip", "-n", place.rpartition("/")[2], "link", "set", "lo", "mtu", "1500"], check=True)
        for port in range(3, 70):
            plane.add_interface(Interface(port, "lo", place))
        for port in (1, 2):
            plane.add_interface(Interface(port, f"near{port}", place))
        task = next(t for t in Path("/proc/self/task").iterdir() if (t / "comm").read_text() == "p4gate-0\n")

        def switches() -> list[str]:
            return [line for line in (task / "status").read_text().splitlines() if "ctxt" in line]

        plane.settle()
        wait_until(lambda: (task / "stat").read_text().rpartition(")")[2].split()[0] == "S", "the worker sleeps")
        asleep = switches()
        time.sleep(0.1)
        assert switches() == asleep
        for number in range(3):
            one.send(frame(number))
            assert number_of(two.recv(2000)) == number
        assert len(plane.ports()) == 69
