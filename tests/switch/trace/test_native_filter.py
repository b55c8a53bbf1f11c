"""The native half of filters (runtime/packet_test.h) lets through what the evaluation in Python does.

Oracle: switch/trace/filter/evaluate.py on the traces of the same packets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from switch import build
from switch.engine import Engine
from switch.ports import DataPlane
from switch.trace.filter import parse, passes, resolve

from .recorded import Recorded, steps_of

NAME = "l3_router_ecmp_acl"
SURE = [  # parsing alone decides
    "ip4",
    "!ip4",
    "ip4.dst==10.0.0.0/8",
    "ip4.dst!=10.1.0.0/16",
    "l4.dst>=80 && l4.dst<=81 || ip4.ttl<2",
    "!(l4.src & 1 == 1) && port<3",
    "eth.type==0x800 and not ip4.proto==17",
    "length>40 || port==2",
    "eth.dst & 0xff == 0x0a",
]
UNSURE = ["dropped", "!dropped && ip4", "miss(port_vrf) || port==2", "!(ip4 && dropped)", "out==13"]


def traffic() -> list[tuple[int, bytes]]:
    """The recorded packets, and some with bytes changed and cut short."""
    rng = random.Random(7)
    packets = [(s["packet"]["port"], bytes.fromhex(s["packet"]["hex"])) for s in steps_of(NAME) if "packet" in s]
    for port, data in packets[:20]:
        changed = bytearray(data)
        for _ in range(3):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        packets += [(port + 1, bytes(changed)), (port, data[: rng.randrange(len(data) + 1)])]
        packets.append((port, data[:12] + b"\x08\x06" + data[14:]))
    return packets


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Recorded(NAME) as recorded:
        for step in recorded.steps:
            if "write" in step:
                recorded.write(step)
        yield recorded.engine


@pytest.mark.parametrize("text", [*SURE, *UNSURE])
def test_captured_is_what_passes(engine: Engine, text: str) -> None:
    packets = traffic()
    test = resolve(parse(text), engine.program)
    expected = [(port, data) for port, data in packets if passes(test, engine.trace(port, data))]
    with DataPlane(build.runtime_library()) as plane:
        plane.start()
        plane.attach(engine)
        capture = engine.capture(plane, test)
        try:
            for port, data in packets:
                plane.inject(port, data)
            plane.settle()
            found = []
            while (captured := capture.next(0.5)) is not None:
                found.append((captured.trace.port, captured.trace.data))
            progress = capture.progress()
        finally:
            capture.close()
    assert found == expected
    assert 0 < len(expected) < len(packets)
    assert progress.missed == 0
    if text in SURE:
        assert progress.traced == len(expected), "packets were traced that parsing could rule out"
