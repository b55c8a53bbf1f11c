"""What the records of a golden program sent: its pipeline, writes, reads and packet-outs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from finsy.proto import p4i, p4r
from google.protobuf import text_format

from tests.bmv2_model.records import ROOT, load


@dataclass
class Recorded:
    name: str
    p4info: p4i.P4Info
    device_config: bytes
    writes: list[p4r.WriteRequest] = field(default_factory=list)
    reads: list[p4r.Entity] = field(default_factory=list)
    packet_outs: list[p4r.PacketOut] = field(default_factory=list)


@cache
def names() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in ROOT.glob("*/steps.yaml")))


def recorded(name: str) -> Recorded:
    folder = ROOT / name
    p4info, steps = load(folder)
    found = Recorded(name, p4info, (folder / f"{name}.json").read_bytes())
    for step in steps:
        if "write" in step:
            found.writes.append(text_format.Parse(step["write"], p4r.WriteRequest()))
        elif "read" in step:
            found.reads.append(text_format.Parse(step["read"], p4r.Entity()))
        elif "packet_out" in step:
            found.packet_outs.append(text_format.Parse(step["packet_out"], p4r.PacketOut()))
    return found
