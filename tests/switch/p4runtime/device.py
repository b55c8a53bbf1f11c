"""One device without a socket: a program loaded, P4Runtime messages in text, packets in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from finsy.proto import p4i, p4r, rpc_code
from golden.replay import CASES
from google.protobuf import text_format

from switch import errors
from switch.engine import Engine
from switch.p4runtime import config, schema
from switch.p4runtime.data_widths import data_widths
from switch.p4runtime.device import Pipeline
from switch.p4runtime.status import StatusError, code_of

Code = rpc_code.Code
INSERT, MODIFY, DELETE = p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE


class Device:
    """`name` of a golden case, with changes to its P4Info."""

    def __init__(self, name: str, change: Callable[[p4i.P4Info], None] = lambda info: None) -> None:
        folder = Path(CASES) / name
        info = text_format.Parse((folder / f"{name}.p4info.txtpb").read_text(), p4i.P4Info())
        change(info)
        self.info = info
        self.engine = Engine.load(folder / f"{name}.json", cpu_port=510, optimise="none")
        self.schema = schema.build(info, data_widths(self.engine.program, self.engine.value_set_widths()))
        config.fit_together(self.schema, self.engine)
        self.pipeline = Pipeline(p4r.ForwardingPipelineConfig(p4info=info), self.schema, self.engine, nullcontext)

    def id(self, name: str) -> int:
        """The P4Info id of what has this name or alias."""
        for kind in ("tables", "actions", "action_profiles", "counters", "direct_counters", "meters", "registers"):
            for item in getattr(self.info, kind):
                if name in (item.preamble.name, item.preamble.alias):
                    return int(item.preamble.id)
        for kind in ("direct_meters", "digests", "value_sets"):
            for item in getattr(self.info, kind):
                if name in (item.preamble.name, item.preamble.alias):
                    return int(item.preamble.id)
        raise KeyError(name)

    def write(self, kind: p4r.Update.Type.ValueType, entity: str, atomicity: int = 0) -> str:
        """The code of one update; `entity` in text format."""
        update = p4r.Update(type=kind, entity=text_format.Parse(entity, p4r.Entity()))
        results = self.pipeline.write([update], atomicity)  # type: ignore[arg-type]
        for error in results:
            assert "\n" not in error.message
        return "OK" if not results else Code.Name(results[0].canonical_code)

    def insert(self, entity: str) -> None:
        assert self.write(INSERT, entity) == "OK"

    def modify(self, entity: str) -> None:
        assert self.write(MODIFY, entity) == "OK"

    def read(self, entity: str) -> list[p4r.Entity]:
        return list(self.pipeline.read(text_format.Parse(entity, p4r.Entity())))

    def read_code(self, entity: str) -> str:
        try:
            self.read(entity)
        except (StatusError, errors.EngineError) as e:
            return Code.Name(code_of(e))  # type: ignore[arg-type]
        return "OK"


def entity(text: str) -> p4r.Entity:
    return text_format.Parse(text, p4r.Entity())


@contextmanager
def device(name: str, change: Callable[[p4i.P4Info], None] = lambda info: None) -> Iterator[Device]:
    made = Device(name, change)
    try:
        yield made
    finally:
        made.engine.close()
