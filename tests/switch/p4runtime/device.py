"""One device without a socket: a program loaded, P4Runtime messages in text, packets in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path

from finsy.proto import p4i, p4r, rpc_code
from golden.replay import CASES
from google.protobuf import text_format

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_file
from switch import errors
from switch.engine import Engine
from switch.p4runtime import config
from switch.p4runtime.device import Pipeline
from switch.p4runtime.status import StatusError, code_of

ENTITIES = Path(__file__).with_name("entities.p4")
INSERT, MODIFY, DELETE = p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE
ROLLBACK = p4r.WriteRequest.ROLLBACK_ON_ERROR

Change = Callable[[p4i.P4Info], None]


class Device:
    """A program by its P4Info and BMv2 JSON."""

    def __init__(self, info: p4i.P4Info, program: bytes) -> None:
        self.info = info
        self.engine = Engine.load(program, cpu_port=510, optimise="none")
        self.schema = config.schema_of(info, self.engine)
        self.pipeline = Pipeline(p4r.ForwardingPipelineConfig(p4info=info), self.schema, self.engine, nullcontext)

    def text(self, template: str) -> str:
        return ids_in(self.info, template)

    def entity(self, template: str) -> p4r.Entity:
        return text_format.Parse(self.text(template), p4r.Entity())

    def write(self, kind: p4r.Update.Type.ValueType, template: str) -> str:
        """The code of one update."""
        return self.batch([(kind, template)])[0]

    def batch(self, updates: list[tuple[p4r.Update.Type.ValueType, str]], atomicity: int = 0) -> list[str]:
        """The codes of a batch's updates."""
        messages = [p4r.Update(type=kind, entity=self.entity(template)) for kind, template in updates]
        results = self.pipeline.write(messages, atomicity)  # type: ignore[arg-type]
        assert all("\n" not in error.message for error in results)
        return [_name(error.canonical_code) for error in results] or ["OK"] * len(updates)

    def insert(self, *templates: str) -> None:
        assert self.batch([(INSERT, t) for t in templates]) == ["OK"] * len(templates)

    def modify(self, *templates: str) -> None:
        assert self.batch([(MODIFY, t) for t in templates]) == ["OK"] * len(templates)

    def delete(self, *templates: str) -> None:
        assert self.batch([(DELETE, t) for t in templates]) == ["OK"] * len(templates)

    def read(self, template: str) -> list[p4r.Entity]:
        return list(self.pipeline.read(self.entity(template)))

    def read_code(self, template: str) -> str:
        try:
            self.read(template)
        except (StatusError, errors.EngineError) as e:
            return _name(code_of(e))
        return "OK"

    def reads_back(self, *templates: str, by: str) -> None:
        """A read gives exactly these entities ("Read-Write Symmetry")."""
        assert sorted(map(str, self.read(by))) == sorted(str(self.entity(t)) for t in templates)

    def send(self, **fields: int) -> list[tuple[int, dict[str, int]]]:
        """A packet of entities.p4 on port 3: (port, fields) of each that leaves."""
        data = b"".join(fields.get(name, 0).to_bytes(size, "big") for name, size in FIELDS)
        return [(port, _parsed(sent)) for port, sent in self.engine.process(3, data)]


FIELDS = (("op", 1), ("key", 1), ("a", 4), ("r", 1), ("color", 1), ("prio", 1), ("rid", 2), ("port", 2))


def _parsed(data: bytes) -> dict[str, int]:
    found, at = {}, 0
    for name, size in FIELDS:
        found[name] = int.from_bytes(data[at : at + size], "big")
        at += size
    return found


def _name(code: int) -> str:
    return str(rpc_code.Code.Name(code))  # type: ignore[arg-type]


def ids_in(info: p4i.P4Info, template: str) -> str:
    """The text with `<t>` replaced by the P4Info id of what has the name or alias `t`."""
    for kind, items in info.ListFields():
        if kind.name not in ("pkg_info", "type_info", "externs"):
            for item in items:
                for name in (item.preamble.alias, item.preamble.name):
                    template = template.replace(f"<{name}>", str(item.preamble.id))
    return template


@cache
def _compiled() -> tuple[bytes, bytes]:
    made = compile_file(ENTITIES, Diagnostics())
    assert made is not None
    return made.p4info.SerializeToString(), json.dumps(made.json).encode()


def compiled_entities() -> tuple[p4i.P4Info, bytes]:
    """P4Info and BMv2 JSON of entities.p4."""
    info, program = _compiled()
    return p4i.P4Info.FromString(info), program


@contextmanager
def entities(change: Change = lambda info: None) -> Iterator[Device]:
    """A device that runs entities.p4, with changes to its P4Info."""
    info, program = compiled_entities()
    yield from _device(info, program, change)


@contextmanager
def golden(name: str, change: Change = lambda info: None) -> Iterator[Device]:
    """A device that runs a golden case's program, with changes to its P4Info."""
    folder = CASES / name
    info = text_format.Parse((folder / f"{name}.p4info.txtpb").read_text(), p4i.P4Info())
    yield from _device(info, (folder / f"{name}.json").read_bytes(), change)


def _device(info: p4i.P4Info, program: bytes, change: Change) -> Iterator[Device]:
    change(info)
    made = Device(info, program)
    try:
        yield made
    finally:
        made.engine.close()
