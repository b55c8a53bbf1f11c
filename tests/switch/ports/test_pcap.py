"""Pcap files in and out of ports. Oracle: scapy's reader and writer, and what was sent."""

from __future__ import annotations

import random
import struct
import time
from decimal import Decimal
from pathlib import Path

import pytest
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapReader, wrpcap, wrpcapng
from waiting import wait_until

from switch import build
from switch.benchmark.bare import BareForwarder
from switch.ports import DataPlane, PortError


def pcap(packets: list[tuple[int, bytes]], *, order: str = "<", unit: int = 1) -> bytes:
    """A pcap file of (nanoseconds, bytes); `unit`: nanoseconds of its fractions."""
    out = struct.pack(f"{order}IHHIIII", 0xA1B23C4D if unit == 1 else 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at, data in packets:
        out += struct.pack(f"{order}IIII", at // 10**9, at % 10**9 // unit, len(data), len(data)) + data
    return out


def block(order: str, kind: int, body: bytes) -> bytes:
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def pcapng(
    packets: list[tuple[int, bytes]], order: str = "<", resolution: int = 9, original: int = 0, interface: int = 0
) -> bytes:
    """A pcapng file: a section, an interface, a block of statistics, packets of (units of its resolution, bytes)."""
    out = block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    options = struct.pack(f"{order}HHB3xHH", 9, 1, resolution, 0, 0)
    out += block(order, 1, struct.pack(f"{order}HHI", 1, 0, 0) + options)
    for at, data in packets:
        head = struct.pack(f"{order}IIIII", interface, at >> 32, at & 0xFFFFFFFF, len(data), original or len(data))
        out += block(order, 6, head + data + bytes(-len(data) % 4))
    return out + block(order, 5, bytes(12))


def read(path: Path) -> list[bytes]:
    return [data for data, _ in RawPcapReader(str(path))]


def test_packets_of_several_files_enter_in_the_order_and_at_the_pace_of_their_time_stamps(tmp_path: Path) -> None:
    step = 20_000_000
    base = 10**18
    one = [(base + step, b"1b"), (base + 3 * step, b"1d"), (base + 3 * step, b"1e" * 5000)]
    two = [(base, b"2a"), (base + 2 * step, b"2c"), (base + 4 * step, bytes(10241)), (base + 4 * step, b"2f")]
    (tmp_path / "one_in").write_bytes(pcap(one))
    (tmp_path / "two_in").write_bytes(pcap(two, order=">", unit=1000))
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        for port, name in ((1, "one"), (2, "two")):
            plane.add_files(port, tmp_path / f"{name}_in", tmp_path / f"{name}_out")
            plane.capture(port, tmp_path / f"{name}_seen", None)
        plane.start_files(wait=0.05)
        start = time.monotonic_ns()
        plane.attach(BareForwarder(1, 2))
        wait_until(lambda: plane.counters(1).sent == 3 and plane.counters(2).sent == 3, "all have passed")
        assert time.monotonic_ns() - start >= 50_000_000 + 4 * step
        assert read(tmp_path / "two_out") == [data for _, data in one]
        assert read(tmp_path / "one_out") == [data for _, data in two if len(data) < 10241]
        assert plane.counters(2).receive_errors == 1
        assert [port.kind for port in plane.ports()] == ["files", "files"]
    # what arrived, with the times at which it did
    times = []
    for name in ("one", "two"):
        with RawPcapReader(str(tmp_path / f"{name}_seen")) as reader:
            assert reader.nano
            times += [(meta.sec * 10**9 + meta.usec, data[:2]) for data, meta in reader]
    times.sort()
    assert [data for _, data in times] == [b"2a", b"1b", b"2c", b"1d", b"1e", b"2f"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("resolution", "second"), [(9, 10**9), (6, 10**6), (3, 10**3), (10, 10**10), (0x8A, 1 << 10)])
def test_pcapng_is_read_in_either_byte_order_and_any_unit_of_time(
    tmp_path: Path, order: str, resolution: int, second: int
) -> None:
    """The distance of two packets is seen in what was captured when they entered."""
    packets = [(1700000000 * second, b"first"), (1700000000 * second + second // 20, b"50 ms later, in an odd length")]
    (tmp_path / "in").write_bytes(pcapng(packets, order, resolution))
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(BareForwarder(1, 1))
        plane.add_files(1, tmp_path / "in", tmp_path / "out")
        plane.start_files(wait=0)
        start = time.monotonic_ns()
        wait_until(lambda: plane.counters(1).sent == 2, "both pass")
        assert time.monotonic_ns() - start >= 45_000_000
        assert read(tmp_path / "out") == [data for _, data in packets]


def test_what_scapy_writes_as_pcapng_is_read(tmp_path: Path) -> None:
    wrpcapng(str(tmp_path / "in"), [Ether(bytes(60)), Ether(bytes(61))])
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(BareForwarder(1, 1))
        plane.add_files(1, tmp_path / "in", tmp_path / "out")
        plane.start_files(wait=0)
        wait_until(lambda: plane.counters(1).sent == 2, "both pass")
        assert read(tmp_path / "out") == [bytes(60), bytes(61)]


def test_files_wait_for_a_pipeline(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(pcap([(0, b"x" * 60)]))
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.add_files(1, tmp_path / "in", tmp_path / "out")
        plane.start_files(wait=0)
        plane.settle()
        assert plane.counters(1).received == plane.counters(1).receive_drops == 0
        plane.attach(BareForwarder(1, 1))
        wait_until(lambda: plane.counters(1).sent == 1, "it comes when there is a pipeline")


def test_microseconds_of_another_writer_are_read(tmp_path: Path) -> None:
    packet = Ether(bytes(60))
    packet.time = Decimal("1700000000.000001")
    wrpcap(str(tmp_path / "in"), [packet])
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(BareForwarder(1, 1))
        plane.add_files(1, tmp_path / "in", tmp_path / "out")
        plane.start_files(wait=0)
        wait_until(lambda: plane.counters(1).sent == 1, "it passes")
        assert read(tmp_path / "out") == [bytes(60)]


def test_ports_in_memory_are_captured_in_both_directions_until_told_otherwise(tmp_path: Path) -> None:
    sent = [(1 + i % 2, bytes([i % 256]) * (14 + i)) for i in range(1500)]
    with DataPlane(build.runtime_library(), workers=2) as plane:
        plane.start()
        plane.keep_unconnected()
        plane.attach(BareForwarder(1, 2))
        for port in (1, 2):
            plane.capture(port, tmp_path / f"{port}_in.pcap", tmp_path / f"{port}_out.pcap")
        for port, data in sent:
            plane.inject(port, data)
        plane.settle()
        # while it runs: nothing is held back
        assert read(tmp_path / "1_in.pcap") == [data for port, data in sent if port == 1]
        assert read(tmp_path / "1_out.pcap") == [data for port, data in sent if port == 2]
        plane.capture(1, None, None)
        plane.inject(1, b"not captured, but its way out is")
        plane.settle()
        assert len(read(tmp_path / "1_in.pcap")) == 750
        assert read(tmp_path / "2_out.pcap")[-1].startswith(b"not captured")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a pcap file"),
        (b"hello, this is no capture", "not a pcap file"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), "at byte 0: a section of no byte order"),
        (pcapng([(0, b"x" * 60)])[:-1], "at byte 152: a block that is cut off"),
        (pcapng([(0, b"x" * 60)], original=61), "only a part was captured"),
        (pcapng([(0, b"x" * 60)], interface=1), "an interface that was not described"),
        (pcap([(0, b"x" * 60)])[:-1], "packet 1 at byte 24: it has 60 bytes, the file only 59 more"),
        (pcap([(0, b"x" * 60), (1, b"")])[:-7], "packet 2: the file ends within its header"),
        (pcap([])[:24] + struct.pack("<IIII", 0, 0, 4, 60) + b"abcd", "only 4 of its 60 bytes were captured"),
        (pcap([])[:24] + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF), "4294967295 bytes"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "in.pcap"
    path.write_bytes(content)
    with DataPlane(build.runtime_library()) as plane, pytest.raises(PortError) as refused:
        plane.add_files(1, path, tmp_path / "out.pcap")
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_files_that_cannot_be_had_are_named(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(pcap([]))
    with DataPlane(build.runtime_library()) as plane:
        for attempt in (
            lambda: plane.add_files(1, tmp_path / "nosuch", tmp_path / "out"),
            lambda: plane.add_files(1, tmp_path / "in", tmp_path / "nosuch" / "out"),
            lambda: plane.capture(1, tmp_path / "nosuch" / "in", None),
            lambda: plane.capture(1, tmp_path / "captured", tmp_path / "nosuch" / "out"),
        ):
            with pytest.raises(PortError, match=r"nosuch.*: No such file"):
                attempt()
        assert plane.ports() == []
        plane.add_files(1, tmp_path / "in", tmp_path / "out")
        with pytest.raises(PortError, match="in use"):
            plane.add_files(1, tmp_path / "in", tmp_path / "out")
        with pytest.raises(PortError, match="port 1"):
            plane.remove(1)


def test_damaged_files_are_read_or_refused_in_one_line(tmp_path: Path) -> None:
    """Random damage to a good file; the sanitized run of these tests sees every byte that is read."""
    random_bytes = random.Random(7)
    packets = [(i, bytes(random_bytes.randrange(100))) for i in range(20)]
    refused = 0
    with DataPlane(build.runtime_library()) as plane:
        for number in range(300):
            good = (pcap, pcapng)[number % 2](packets)
            data = bytearray(good[: random_bytes.randrange(len(good) + 1)] if number % 3 == 0 else good)
            for _ in range(random_bytes.randrange(4)):
                if data:
                    data[random_bytes.randrange(len(data))] = random_bytes.choice((0, 1, 0x7F, 0x80, 0xFF))
            (tmp_path / "in").write_bytes(data)
            try:
                plane.add_files(number, tmp_path / "in", tmp_path / "out")
            except PortError as error:
                refused += 1
                assert "\n" not in str(error)
    assert 0 < refused < 300
