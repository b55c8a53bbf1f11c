"""The runtime's exact, LPM and ternary tables behind one interface: packed keys in, entry numbers and entries out.

A store is all that knows a table's entries; nothing of them is kept in Python. Callers hold the engine's lock.
"""

from __future__ import annotations

import ctypes
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from switch import native as n
from switch.codegen.layout import TableLayout
from switch.entry_keys import Key, Keys

# What insert_many answers for each: a result (native.error_of knows them) and the entry's number.
Inserted = list[tuple[int, int]]


class Stored(NamedTuple):
    """An entry as the runtime has it."""

    number: int
    key: Key
    action: int
    words: tuple[int, ...]  # of action data


class Store(Protocol):
    """What the three kinds have in common. Results are those of runtime/entry.h, 0 for done."""

    pointer: int  # the runtime's struct
    kind: str

    def insert(self, key: Key, action: int, params: bytes) -> int: ...
    def modify(self, key: Key, action: int, params: bytes) -> int: ...
    def delete(self, key: Key) -> int: ...
    def insert_many(self, keys: Sequence[Key], actions: bytes, params: bytes) -> Inserted: ...
    def number(self, key: Key) -> int | None: ...
    def at(self, number: int) -> Stored | None: ...
    def destroy(self) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Stored]: ...


def create(layout: TableLayout, keys: Keys, qsbr: int, size: int, state: int) -> Store | None:
    """An empty store for `size` entries; None for a table without a key. `state`: the table's struct entry_state."""
    match layout.kind:
        case "keyless":
            return None
        case "exact":
            return ExactStore(layout, keys, qsbr, size, state)
        case "lpm":
            return LpmStore(layout, keys, qsbr, size, state)
        case _:
            return TernaryStore(layout, keys, qsbr, size, state)


class _Store(ABC):
    """What does not depend on the kind."""

    kind: str

    def __init__(self, layout: TableLayout, keys: Keys, pointer: int | None, state: int) -> None:
        self.pointer = n.made(pointer, layout.table.name)
        self._n = n.native()
        self._keys = keys
        self._words = struct.Struct(f"={layout.words}Q")
        self._params = struct.Struct(f"={layout.param_words}Q")
        self._call("set_state", state)

    def _call(self, what: str, *arguments: object) -> int:
        found: int = getattr(self._n, f"{self.kind}_{what}")(self.pointer, *arguments)
        return found

    def _stored(self, number: int, entry: int, key: Key) -> Stored:
        words = self._params.unpack(ctypes.string_at(entry + 8, self._params.size))
        return Stored(number, key, ctypes.c_uint32.from_address(entry + 4).value, words)

    def _value(self, at: int | None) -> int:
        assert at is not None
        return self._keys.unpack(self._words.unpack(ctypes.string_at(at, self._words.size)))

    @abstractmethod
    def at(self, number: int) -> Stored | None: ...

    def destroy(self) -> None:
        self._call("destroy")

    def __len__(self) -> int:
        return self._call("count")

    def __iter__(self) -> Iterator[Stored]:
        for number in range(self._call("numbers")):
            stored = self.at(number)
            if stored is not None:
                yield stored


class ExactStore(_Store):
    kind = "exact"

    def __init__(self, layout: TableLayout, keys: Keys, qsbr: int, size: int, state: int) -> None:
        created = n.native().exact_create(qsbr, layout.words, layout.param_words, size)
        super().__init__(layout, keys, created, state)

    def insert(self, key: Key, action: int, params: bytes) -> int:
        return self._call("insert", self._keys.pack(key.value), action, params, None)

    def modify(self, key: Key, action: int, params: bytes) -> int:
        return self._call("modify", self._keys.pack(key.value), action, params)

    def delete(self, key: Key) -> int:
        return self._call("delete", self._keys.pack(key.value))

    def insert_many(self, keys: Sequence[Key], actions: bytes, params: bytes) -> Inserted:
        numbers, codes = _answers(len(keys))
        values = self._keys.pack_many([k.value for k in keys])
        self._call("insert_many", len(keys), values, actions, params, numbers, codes)
        return list(zip(codes, numbers, strict=True))

    def number(self, key: Key) -> int | None:
        found = self._call("number", self._keys.pack(key.value))
        return None if found < 0 else found

    def at(self, number: int) -> Stored | None:
        value = ctypes.c_void_p()
        entry = self._call("at", number, ctypes.byref(value))
        if not entry:
            return None
        return self._stored(number, entry, self._keys.exact_key(self._value(value.value)))


class LpmStore(_Store):
    kind = "lpm"

    def __init__(self, layout: TableLayout, keys: Keys, qsbr: int, size: int, state: int) -> None:
        exact_width = layout.width - layout.lpm_width
        created = n.native().lpm_create(qsbr, exact_width, layout.lpm_width, layout.param_words, size)
        super().__init__(layout, keys, created, state)

    def insert(self, key: Key, action: int, params: bytes) -> int:
        return self._call("insert", self._keys.pack(key.value), key.prefix, action, params, None)

    def modify(self, key: Key, action: int, params: bytes) -> int:
        return self._call("modify", self._keys.pack(key.value), key.prefix, action, params)

    def delete(self, key: Key) -> int:
        return self._call("delete", self._keys.pack(key.value), key.prefix)

    def insert_many(self, keys: Sequence[Key], actions: bytes, params: bytes) -> Inserted:
        numbers, codes = _answers(len(keys))
        values = self._keys.pack_many([k.value for k in keys])
        lengths = struct.pack(f"={len(keys)}I", *(k.prefix for k in keys))
        self._call("insert_many", len(keys), values, lengths, actions, params, numbers, codes)
        return list(zip(codes, numbers, strict=True))

    def number(self, key: Key) -> int | None:
        found = self._call("number", self._keys.pack(key.value), key.prefix)
        return None if found < 0 else found

    def at(self, number: int) -> Stored | None:
        value, length = ctypes.c_void_p(), ctypes.c_uint32()
        entry = self._call("at", number, ctypes.byref(value), ctypes.byref(length))
        if not entry:
            return None
        return self._stored(number, entry, self._keys.lpm_key(self._value(value.value), length.value))


class TernaryStore(_Store):
    kind = "ternary"

    def __init__(self, layout: TableLayout, keys: Keys, qsbr: int, size: int, state: int) -> None:
        flat = [x for pair in layout.ranges for x in pair]
        ranges = (ctypes.c_uint32 * max(1, len(flat)))(*flat)
        count = len(layout.ranges)
        created = n.native().ternary_create(qsbr, layout.words, layout.param_words, size, count, ranges)
        super().__init__(layout, keys, created, state)

    def _name(self, key: Key) -> tuple[bytes, bytes, int]:
        return self._keys.pack(key.value), self._keys.pack(key.mask), key.rank

    def insert(self, key: Key, action: int, params: bytes) -> int:
        return self._call("insert", *self._name(key), action, params, None)

    def modify(self, key: Key, action: int, params: bytes) -> int:
        return self._call("modify", *self._name(key), action, params)

    def delete(self, key: Key) -> int:
        return self._call("delete", *self._name(key))

    def insert_many(self, keys: Sequence[Key], actions: bytes, params: bytes) -> Inserted:
        numbers, codes = _answers(len(keys))
        values, masks = (
            self._keys.pack_many(list(parts)) for parts in ((k.value for k in keys), (k.mask for k in keys))
        )
        ranks = struct.pack(f"={len(keys)}I", *(k.rank for k in keys))
        self._call("insert_many", len(keys), values, masks, ranks, actions, params, numbers, codes)
        return list(zip(codes, numbers, strict=True))

    def number(self, key: Key) -> int | None:
        found = self._call("number", *self._name(key))
        return None if found < 0 else found

    def at(self, number: int) -> Stored | None:
        value, mask, rank = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint32()
        entry = self._call("at", number, ctypes.byref(value), ctypes.byref(mask), ctypes.byref(rank))
        if not entry:
            return None
        key = self._keys.ternary_key(self._value(value.value), self._value(mask.value), rank.value)
        return self._stored(number, entry, key)


def _answers(count: int) -> tuple[ctypes.Array[ctypes.c_uint32], ctypes.Array[ctypes.c_int]]:
    return (ctypes.c_uint32 * count)(), (ctypes.c_int * count)()
