"""Registers (P4Runtime 1.4, "RegisterEntry"): cells of any type that P4Info gives them.

The engine's cell is one bit pattern; a type of several leaves has them one after the other, the first on top.
INSERT means the same as MODIFY: every cell is always there, and the specification's own example inserts ("Example" of
"Representation of Arbitrary P4 Types").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

from finsy.proto import p4r

from switch.engine import Engine
from switch.p4runtime import arrays, p4data
from switch.p4runtime.schema import Register, Schema
from switch.p4runtime.status import INVALID_ARGUMENT, UNIMPLEMENTED, StatusError
from switch.p4runtime.updates import DELETE, Undo, UpdateKind

WORD = 64  # bits that a worker stores at once


class Registers:
    """The registers of one pipeline. `stopped` gives a context in which no packet is processed.

    No client's write comes between a packet's read of a cell and its write ("Atomicity of Individual `Write` and
    `Read` Operations"), and no read sees half of a cell of more than one word.
    """

    def __init__(self, schema: Schema, engine: Engine, stopped: Callable[[], AbstractContextManager[None]]) -> None:
        self._schema = schema
        self._engine = engine
        self._stopped = stopped

    def write(self, kind: UpdateKind, entry: p4r.RegisterEntry, undo: Undo) -> None:
        if kind == DELETE:
            raise StatusError(INVALID_ARGUMENT, "registers cannot be deleted")
        register = arrays.known(self._schema.registers, entry.register_id, "register")
        numbers = arrays.cells(register, self._engine.register_size(register.name), entry)
        leaves = p4data.decode(register.type_spec, self._schema.types, entry.data, register.name)
        value = 0
        for leaf, width in zip(leaves, self._widths(register), strict=True):
            value = value << width | leaf
        with self._stopped():
            for cell in numbers:
                self._set(register.name, cell, value, undo)

    def read(self, entry: p4r.RegisterEntry) -> Iterator[p4r.Entity]:
        for register in arrays.selected(self._schema.registers, entry.register_id, "register"):
            widths = self._widths(register)
            size = self._engine.register_size(register.name)
            for cell in arrays.cells(register, size, entry, one_of_all=not entry.register_id):
                found = p4r.Entity()
                found.register_entry.register_id = register.id
                found.register_entry.index.index = cell
                with self._stopped() if sum(widths) > WORD else nullcontext():
                    value = self._engine.read_register(register.name, cell)
                leaves = _cut(value, widths)
                data = p4data.encode(register.type_spec, self._schema.types, iter(leaves))
                found.register_entry.data.CopyFrom(data)
                yield found

    def _widths(self, register: Register) -> list[int]:
        """Of the leaves. UNIMPLEMENTED if they are not what the data plane's cell holds."""
        width = self._engine.register_width(register.name)
        widths = p4data.widths(register.type_spec, self._schema.types)
        if len(widths) == 1:  # a type that is translated, or whose width P4Info does not tell
            return [width]
        if sum(widths) != width:
            raise StatusError(
                UNIMPLEMENTED,
                f"{register.name}: its type has {sum(widths)} bits in P4Info and {width} in the data plane",
            )
        return widths

    def _set(self, name: str, cell: int, value: int, undo: Undo) -> None:
        old = self._engine.read_register(name, cell)
        self._engine.write_register(name, cell, value)

        def restore() -> None:
            with self._stopped():
                self._engine.write_register(name, cell, old)

        undo.add(restore)


def _cut(value: int, widths: list[int]) -> list[int]:
    leaves = []
    for width in reversed(widths):
        leaves.append(value & ((1 << width) - 1))
        value >>= width
    return leaves[::-1]
