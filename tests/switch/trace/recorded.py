"""The recorded cases (tests/golden) on engines: entries written, packets traced, then really processed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import yaml
from finsy.proto import p4i, p4r
from google.protobuf import text_format

from switch.engine import Engine
from switch.p4runtime import packetio, schema
from switch.p4runtime.config import fit_together
from switch.p4runtime.device import Pipeline
from switch.p4runtime.status import StatusError
from switch.trace import Trace

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = GOLDEN / "v1model"
CPU_PORT = 510

Step = dict[str, Any]


def steps_of(name: str) -> list[Step]:
    """The steps, with those results of exceptions.yaml that hold for p4c's JSON."""
    steps: list[Step] = yaml.load((CASES / name / "steps.yaml").read_text(), Loader=yaml.CSafeLoader)
    exceptions = yaml.load((GOLDEN / "exceptions.yaml").read_text(), Loader=yaml.CSafeLoader) or {}
    for exception in exceptions.get(name, []):
        if exception.get("compiler", "p4c") == "p4c":
            steps[exception["step"]].update(exception)
    return steps


class Recorded:
    """A recorded program: `trace` and `step` go through its steps."""

    def __init__(self, name: str, device_config: object = None) -> None:
        folder = CASES / name
        self.steps = steps_of(name)
        config: Any = device_config or folder / f"{name}.json"
        self.engine = Engine.load(config, cpu_port=CPU_PORT, optimise="none")
        info = text_format.Parse((folder / f"{name}.p4info.txtpb").read_text(), p4i.P4Info())
        built = schema.build(info)
        fit_together(built, self.engine)
        self.pipeline = Pipeline(p4r.ForwardingPipelineConfig(p4info=info), built, self.engine, nullcontext)

    def __enter__(self) -> Recorded:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()

    def write(self, step: Step) -> None:
        request = text_format.Parse(step["write"], p4r.WriteRequest())
        self.pipeline.write(request.updates, request.atomicity)

    def packet(self, step: Step) -> tuple[int, bytes]:
        if "packet" in step:
            return step["packet"]["port"], bytes.fromhex(step["packet"]["hex"])
        message = text_format.Parse(step["packet_out"], p4r.PacketOut())
        return CPU_PORT, packetio.packet_out(self.pipeline.schema.packet_out, message)

    def traces(self) -> Iterator[tuple[Step, Trace]]:
        """Each packet's step and its trace, made just before the packet is processed."""
        for step in self.steps:
            if "write" in step:
                self.write(step)
            elif "packet" in step or "packet_out" in step:
                try:
                    port, data = self.packet(step)
                except StatusError:
                    continue  # a packet-out that is refused
                trace = self.engine.trace(port, data)
                yield step, trace
                self.engine.process(port, data)


def trace_number(name: str, number: int) -> Trace:
    """The trace of the `number`th packet of a case, counted from 0."""
    with Recorded(name) as recorded:
        for i, (_, trace) in enumerate(recorded.traces()):
            if i == number:
                return trace
    raise AssertionError(f"{name} has fewer packets")
