"""The C runtime as Python objects, for tests only: keys are ints, a look-up gives (number, action, params).

`load()` compiles switch/runtime with probe.c once; the table classes own their `struct qsbr`, with no reader online.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from ctypes import POINTER, byref, c_int, c_uint16, c_uint32, c_uint64, c_void_p
from pathlib import Path

HERE = Path(__file__).parent
RUNTIME = HERE.parents[2] / "switch" / "runtime"
SOURCES = [
    "arena.c", "cells.c", "clock.c", "counter.c", "crc.c", "entry_state.c", "exact.c", "hash.c", "idle.c", "lpm.c",
    "lpm_branch.c", "lpm_tree.c", "membarrier.c", "memory.c", "meter.c", "numbers.c", "qsbr.c", "registers.c",
    "seats.c", "selector.c", "ternary.c", "ternary_bits.c", "ternary_groups.c", "ternary_judge.c", "ternary_rules.c",
    "ternary_split.c",
]  # fmt: skip
OK, EXISTS, MISSING, FULL, NO_MEMORY, INVALID = 0, -1, -2, -3, -4, -5

Found = tuple[int, int, tuple[int, ...]]

RESULT_KINDS: dict[type, str] = {
    c_void_p: "exact_create exact_find exact_at lpm_create lpm_find lpm_at ternary_create ternary_find ternary_at"
    " selector_create probe_selector_lookup counters_create meters_create registers_create idle_create",
    c_uint64: "hash_crc16 hash_crc32 hash_crcCCITT hash_csum16 hash_xor16 hash_xor32 hash_identity hash_xxh64"
    " hash_toeplitz probe_crc_words crc_compute probe_qsbr_size"
    " probe_register_read probe_checksum_add probe_random_between idle_seen",
    c_uint32: "exact_insert_many lpm_insert_many ternary_insert_many probe_entry_number probe_exact_away",
    c_uint16: "probe_checksum_finish probe_checksum_update16 probe_checksum_update32",
}


def compiler() -> list[str]:
    """The machine's C compiler, or the ziglang wheel's."""
    for name in ("cc", "gcc", "clang"):
        if path := shutil.which(name):
            return [path]
    return [sys.executable, "-m", "ziglang", "cc"]


def build(output: Path, sources: Sequence[Path], flags: Sequence[str], names: Sequence[str] = SOURCES) -> None:
    """Compile `sources` with the runtime, or those files of it; any warning of ours fails."""
    runtime = [RUNTIME / name for name in names]
    command = [*compiler(), "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", str(RUNTIME), *flags]
    subprocess.run([*command, *map(str, sources), *map(str, runtime), "-o", str(output)], check=True, text=True)


def _library(sources: Sequence[Path], flags: Sequence[str], names: Sequence[str] = SOURCES) -> ctypes.CDLL:
    folder = Path(tempfile.mkdtemp(prefix="p4gate-runtime-"))
    try:
        build(folder / "runtime.so", sources, ["-O1", *flags, "-fPIC", "-shared"], names)
        library = ctypes.CDLL(str(folder / "runtime.so"))
    finally:
        shutil.rmtree(folder)
    for kind, functions in RESULT_KINDS.items():
        for name in functions.split():
            if hasattr(library, name):
                getattr(library, name).restype = kind
    return library


@functools.lru_cache(maxsize=1)
def load() -> ctypes.CDLL:
    """The runtime for this machine's processor."""
    return _library([HERE / "probe.c", HERE / "probe_crc.c"], ["-march=native"])


@functools.lru_cache(maxsize=1)
def load_portable_hashes() -> ctypes.CDLL:
    """Hashes and CRCs for any processor of this architecture, without what only this machine's has."""
    return _library([HERE / "probe_crc.c"], [], ["crc.c", "hash.c"])


def words_of(value: int, count: int) -> ctypes.Array[c_uint64]:
    """An int as `count` 64-bit words, most significant first."""
    return (c_uint64 * count)(*((value >> 64 * (count - 1 - i)) & (2**64 - 1) for i in range(count)))


def packed(values: Sequence[int], count: int) -> ctypes.Array[c_uint64]:
    """Several ints one after the other, `count` words each."""
    return (c_uint64 * max(1, len(values) * count))(*(w for v in values for w in words_of(v, count)))


class Qsbr:
    """A reclamation domain; no reader is online until a test says so."""

    def __init__(self) -> None:
        self.library = load()
        self._memory = ctypes.create_string_buffer(self.library.probe_qsbr_size() + 64)
        address = ctypes.addressof(self._memory)
        self.pointer = c_void_p(address + -address % 64)
        self.library.qsbr_init(self.pointer)

    def online(self, reader: int = 0) -> None:
        self.library.probe_online(self.pointer, c_uint32(reader))

    def quiescent(self, reader: int = 0) -> None:
        self.library.probe_quiescent(self.pointer, c_uint32(reader))

    def offline(self, reader: int = 0) -> None:
        self.library.probe_offline(self.pointer, c_uint32(reader))

    def close(self) -> None:
        self.library.qsbr_destroy(self.pointer)


class Table:
    """What the three kinds of tables share: entries as tuples, and their end."""

    kind: str

    def __init__(self, handle: int | None, qsbr: Qsbr, words: int, param_words: int) -> None:
        if not handle:
            raise MemoryError(self.kind)
        self.library = load()
        self.handle = c_void_p(handle)
        self.qsbr = qsbr
        self.words = words
        self.param_words = param_words

    def entry(self, pointer: int | None) -> Found | None:
        if not pointer:
            return None
        action = c_uint32.from_address(pointer + 4).value
        params = (c_uint64 * self.param_words).from_address(pointer + 8)
        return self.library.probe_entry_number(c_void_p(pointer)), action, tuple(params)

    def data(self, params: Sequence[int]) -> ctypes.Array[c_uint64]:
        assert len(params) == self.param_words
        return (c_uint64 * max(1, self.param_words))(*params)

    def find(self, key: int) -> Found | None:
        return self.entry(getattr(self.library, f"{self.kind}_find")(self.handle, words_of(key, self.words)))

    def close(self) -> None:
        getattr(self.library, f"{self.kind}_destroy")(self.handle)
        self.qsbr.close()


class Exact(Table):
    kind = "exact"

    def __init__(self, words: int, param_words: int, size: int) -> None:
        qsbr = Qsbr()
        super().__init__(
            load().exact_create(qsbr.pointer, words, param_words, c_uint32(size)), qsbr, words, param_words
        )

    def insert(self, key: int, action: int, params: Sequence[int]) -> tuple[int, int]:
        """(result, number)"""
        number = c_uint32(2**32 - 1)
        result = self.library.exact_insert(
            self.handle, words_of(key, self.words), c_uint32(action), self.data(params), byref(number)
        )
        return result, number.value

    def modify(self, key: int, action: int, params: Sequence[int]) -> int:
        return int(
            self.library.exact_modify(self.handle, words_of(key, self.words), c_uint32(action), self.data(params))
        )

    def delete(self, key: int) -> int:
        return int(self.library.exact_delete(self.handle, words_of(key, self.words)))

    def insert_many(self, rows: Sequence[tuple[int, int, Sequence[int]]]) -> tuple[list[int], list[int]]:
        """(results, numbers)"""
        n = len(rows)
        numbers, results = (c_uint32 * n)(), (c_int * n)()
        params = (c_uint64 * max(1, n * self.param_words))(*(p for row in rows for p in row[2]))
        actions = (c_uint32 * n)(*(row[1] for row in rows))
        keys = packed([row[0] for row in rows], self.words)
        done = self.library.exact_insert_many(self.handle, n, keys, actions, params, numbers, results)
        assert done == sum(r == OK for r in results)
        return list(results), list(numbers)

    def burst(self, keys: Sequence[int]) -> list[Found | None]:
        found = (c_void_p * len(keys))()
        self.library.probe_exact_burst(
            self.handle, packed(keys, self.words), self.words, self.param_words, found, len(keys)
        )
        return [self.entry(p) for p in found]

    def at(self, number: int) -> tuple[int, Found] | None:
        """(key, entry)"""
        key = POINTER(c_uint64)()
        entry = self.entry(self.library.exact_at(self.handle, c_uint32(number), byref(key)))
        return None if entry is None else (join(key, self.words), entry)


def join(words: ctypes._Pointer[c_uint64], count: int) -> int:
    """The inverse of words_of."""
    return sum(words[i] << 64 * (count - 1 - i) for i in range(count))


class Lpm(Table):
    kind = "lpm"

    def __init__(self, exact_width: int, width: int, param_words: int, size: int) -> None:
        qsbr = Qsbr()
        handle = load().lpm_create(qsbr.pointer, exact_width, width, param_words, c_uint32(size))
        super().__init__(handle, qsbr, (exact_width + width + 63) // 64, param_words)
        self.exact_width, self.width = exact_width, width

    def insert(self, key: int, length: int, action: int, params: Sequence[int]) -> tuple[int, int]:
        """(result, number)"""
        number = c_uint32(2**32 - 1)
        result = self.library.lpm_insert(
            self.handle, words_of(key, self.words), c_uint32(length), c_uint32(action), self.data(params), byref(number)
        )
        return result, number.value

    def modify(self, key: int, length: int, action: int, params: Sequence[int]) -> int:
        words = words_of(key, self.words)
        return int(self.library.lpm_modify(self.handle, words, c_uint32(length), c_uint32(action), self.data(params)))

    def delete(self, key: int, length: int) -> int:
        return int(self.library.lpm_delete(self.handle, words_of(key, self.words), c_uint32(length)))

    def insert_many(self, rows: Sequence[tuple[int, int, int, Sequence[int]]]) -> tuple[list[int], list[int]]:
        """Rows of key, length, action, params; (results, numbers)."""
        n = len(rows)
        numbers, results = (c_uint32 * n)(), (c_int * n)()
        self.library.lpm_insert_many(
            self.handle, n, packed([row[0] for row in rows], self.words), (c_uint32 * n)(*(row[1] for row in rows)),
            (c_uint32 * n)(*(row[2] for row in rows)),
            (c_uint64 * max(1, n * self.param_words))(*(p for row in rows for p in row[3])), numbers, results,
        )  # fmt: skip
        return list(results), list(numbers)

    def burst(self, keys: Sequence[int]) -> list[Found | None]:
        found = (c_void_p * len(keys))()
        self.library.probe_lpm_burst(
            self.handle, packed(keys, self.words), self.exact_width, self.width, found, len(keys)
        )
        return [self.entry(p) for p in found]

    def at(self, number: int) -> tuple[int, int, Found] | None:
        """(key, length, entry)"""
        key, length = POINTER(c_uint64)(), c_uint32()
        entry = self.entry(self.library.lpm_at(self.handle, c_uint32(number), byref(key), byref(length)))
        return None if entry is None else (join(key, self.words), length.value, entry)


class Ternary(Table):
    kind = "ternary"

    def __init__(self, words: int, param_words: int, size: int, ranges: Sequence[tuple[int, int]] = ()) -> None:
        """`ranges`: (shift, width) of each range field."""
        qsbr = Qsbr()
        fields = (c_uint32 * max(1, 2 * len(ranges)))(*(n for field in ranges for n in field))
        handle = load().ternary_create(qsbr.pointer, words, param_words, c_uint32(size), len(ranges), fields)
        super().__init__(handle, qsbr, words, param_words)

    def insert(self, value: int, mask: int, rank: int, action: int, params: Sequence[int]) -> tuple[int, int]:
        """(result, number)"""
        number = c_uint32(2**32 - 1)
        result = self.library.ternary_insert(
            self.handle, words_of(value, self.words), words_of(mask, self.words), c_uint32(rank), c_uint32(action),
            self.data(params), byref(number),
        )  # fmt: skip
        return result, number.value

    def modify(self, value: int, mask: int, rank: int, action: int, params: Sequence[int]) -> int:
        return int(
            self.library.ternary_modify(
                self.handle, words_of(value, self.words), words_of(mask, self.words), c_uint32(rank), c_uint32(action),
                self.data(params),
            )
        )  # fmt: skip

    def delete(self, value: int, mask: int, rank: int) -> int:
        words = words_of(value, self.words), words_of(mask, self.words)
        return int(self.library.ternary_delete(self.handle, *words, c_uint32(rank)))

    def insert_many(self, rows: Sequence[tuple[int, int, int, int, Sequence[int]]]) -> tuple[list[int], list[int]]:
        """Rows of value, mask, rank, action, params; (results, numbers)."""
        n = len(rows)
        numbers, results = (c_uint32 * n)(), (c_int * n)()
        self.library.ternary_insert_many(
            self.handle, n, packed([row[0] for row in rows], self.words), packed([row[1] for row in rows], self.words),
            (c_uint32 * n)(*(row[2] for row in rows)), (c_uint32 * n)(*(row[3] for row in rows)),
            (c_uint64 * max(1, n * self.param_words))(*(p for row in rows for p in row[4])), numbers, results,
        )  # fmt: skip
        return list(results), list(numbers)

    def burst(self, keys: Sequence[int]) -> list[Found | None]:
        found = (c_void_p * len(keys))()
        self.library.probe_ternary_burst(self.handle, packed(keys, self.words), self.words, found, len(keys))
        return [self.entry(p) for p in found]

    def at(self, number: int) -> tuple[int, int, int, Found] | None:
        """(value, mask, rank, entry)"""
        value, mask, rank = POINTER(c_uint64)(), POINTER(c_uint64)(), c_uint32()
        entry = self.entry(
            self.library.ternary_at(self.handle, c_uint32(number), byref(value), byref(mask), byref(rank))
        )
        return None if entry is None else (join(value, self.words), join(mask, self.words), rank.value, entry)
