"""Registers against packets in the middle of something. Oracle: P4Runtime 1.5, "Atomicity of Individual `Write` and
`Read` Operations": a program's read and write of a register have no client's write between them (`@atomic`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from device import INSERT, MODIFY, ROLLBACK, Device
from finsy.proto import p4i, p4r
from golden.replay import CASES
from google.protobuf import text_format

from switch.p4runtime.device import Pipeline

CASE = CASES / "register_rw"


class Watched(Device):
    """A device that knows whether its packets are held back, and was_held for each access to a register."""

    def __init__(self) -> None:
        info = text_format.Parse((CASE / "register_rw.p4info.txtpb").read_text(), p4i.P4Info())
        super().__init__(info, (CASE / "register_rw.json").read_bytes())
        self.held = 0
        self.was_held: list[bool] = []
        config = p4r.ForwardingPipelineConfig(p4info=info)
        self.pipeline = Pipeline(config, self.schema, self.engine, self.stopped)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.held += 1
        yield
        self.held -= 1


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Watched:
    device = Watched()
    read, write = device.engine.read_register, device.engine.write_register

    def watched_read(name: str, cell: int) -> int:
        device.was_held.append(device.held > 0)
        return read(name, cell)

    def watched_write(name: str, cell: int, value: int) -> None:
        device.was_held.append(device.held > 0)
        write(name, cell, value)

    monkeypatch.setattr(device.engine, "read_register", watched_read)
    monkeypatch.setattr(device.engine, "write_register", watched_write)
    return device


def cell(device: Device, name: str, data: str = "") -> str:
    number = next(r.preamble.id for r in device.info.registers if r.preamble.name.endswith(name))
    return f"register_entry {{ register_id: {number} index {{ index: 1 }} {data} }}"


@pytest.mark.parametrize("name", ["r16", "r65"])
def test_packets_are_held_back_while_a_register_is_written_and_taken_back(device: Watched, name: str) -> None:
    one = cell(device, name, 'data { bitstring: "\\x01" }')
    assert device.write(MODIFY, one) == "OK"
    assert device.was_held and all(device.was_held)
    device.was_held.clear()
    assert device.batch([(MODIFY, one), (INSERT, "table_entry { table_id: 1 }")], ROLLBACK)[0] == "ABORTED"
    assert len(device.was_held) >= 3 and all(device.was_held)  # read, write, write back
    assert device.held == 0


@pytest.mark.parametrize(("name", "held"), [("r16", False), ("r65", True)])
def test_packets_are_held_back_while_a_cell_of_more_than_a_word_is_read(device: Watched, name: str, held: bool) -> None:
    list(device.pipeline.read(device.entity(cell(device, name))))
    assert device.was_held == [held]
    assert device.held == 0
