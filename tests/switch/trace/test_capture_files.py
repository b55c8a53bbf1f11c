"""Capture files. Oracle: scapy writes them."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import pytest
from scapy.utils import PcapNgWriter, PcapWriter

from switch.trace.pcap import PcapError, read_frames

FRAMES = [bytes(range(n)) for n in (14, 60, 61, 200)]


@pytest.mark.parametrize("endianness", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_pcap(tmp_path: Path, endianness: str, nano: bool) -> None:
    path = tmp_path / "a.pcap"
    with PcapWriter(str(path), linktype=1, endianness=endianness, nano=nano) as writer:
        for frame in FRAMES:
            writer.write(frame)
    assert [(f.number, f.data, f.cut) for f in read_frames(path.read_bytes())] == [
        (i, frame, False) for i, frame in enumerate(FRAMES, 1)
    ]


def test_pcapng(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    with PcapNgWriter(str(path)) as writer:
        writer.linktype = 1
        for frame in FRAMES:
            writer.write(frame)
    assert [f.data for f in read_frames(path.read_bytes())] == FRAMES


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def test_pcapng_with_simple_packets_and_unknown_blocks() -> None:
    interface = block(1, struct.pack("<HHI", 1, 0, 20))
    simple = block(3, struct.pack("<I", 60) + bytes(20))
    frames = list(read_frames(SECTION + interface + block(99, b"what") + simple))
    assert [(f.data, f.cut) for f in frames] == [(bytes(20), True)]


def test_a_packet_costs_its_own_bytes_however_long_the_file_is() -> None:
    """Each packet of a pcapng file once took a copy of all before it."""
    simple = block(3, struct.pack("<I", 60) + bytes(60))
    data = SECTION + block(1, struct.pack("<HHI", 1, 0, 0)) + block(99, bytes(1 << 22)) + simple + simple
    tracemalloc.start()
    try:
        assert [f.data for f in read_frames(data)] == [bytes(60)] * 2
        assert tracemalloc.get_traced_memory()[1] < 1 << 20  # bytes, at the peak
    finally:
        tracemalloc.stop()


def test_a_packet_ends_where_its_block_does() -> None:
    enhanced = block(6, struct.pack("<IIIII", 0, 0, 0, 64, 64) + bytes(40))
    data = SECTION + block(1, struct.pack("<HHI", 1, 0, 0)) + enhanced + bytes(100)
    with pytest.raises(PcapError, match="inside of packet 1"):
        list(read_frames(data))


def file(link: int, *records: bytes) -> bytes:
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link) + b"".join(records)


RECORD = struct.pack("<IIII", 0, 0, 4, 4) + b"abcd"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a pcap file"),
        (b"GIF89a..", "begins with 47494638"),
        (file(1)[:10], "ends inside of its header"),
        (file(101, RECORD), "link type 101"),
        (file(1, RECORD, RECORD[:9]), "header of packet 2"),
        (file(1, RECORD, RECORD[:-1]), "inside of packet 2"),
        (struct.pack("<III", 0x0A0D0D0A, 4000, 0x1A2B3C4D), "does not fit"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(PcapError, match=message):
        list(read_frames(data))
