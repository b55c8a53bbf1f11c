"""The runtime's functions as ctypes sees them: pointers are ints, arrays are bytes or ctypes arrays."""

from __future__ import annotations

import ctypes
import struct
from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int,
    c_int64,
    c_size_t,
    c_uint,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from functools import cache

from switch.build import runtime_library
from switch.errors import AlreadyExists, EngineError, Full, InvalidArgument, NotFound

P = c_void_p  # any pointer to an object of the runtime
B = c_char_p  # bytes that C reads
U32, U64 = c_uint32, c_uint64

# name -> (result, arguments), as in the headers of switch/runtime/
PROTOTYPES: dict[str, tuple[object, tuple[object, ...]]] = {
    # pipeline.h
    "pipeline_create": (P, (U32, c_uint16, c_uint16, U32, U32, U32, U32, U32, U32)),
    "pipeline_destroy": (None, (P,)),
    "pipeline_set_code": (None, (P, P)),
    "pipeline_qsbr": (P, (P,)),
    "pipeline_set_table": (None, (P, U32, P, P, P, P)),
    "pipeline_set_arrays": (None, (P, U32, P, P, P, P)),
    "pipeline_set_multicast": (c_int, (P, U32, B, U32)),
    "pipeline_set_clone": (c_int, (P, U32, B, U32, U32, U32)),
    "pipeline_delete_clone": (c_int, (P, U32)),
    "pipeline_set_value_set": (c_int, (P, U32, U32, U32, B)),
    "table_touch": (None, (P, U32, U64)),
    "table_set_default": (c_int, (P, U32, c_int, U32, B, U32)),
    "worker_create": (P, (P, U32, P, P)),
    "worker_destroy": (None, (P,)),
    "worker_ring": (P, (P,)),
    "worker_event": (c_int, (P,)),
    "worker_drops": (POINTER(U64), (P,)),
    "worker_lookups": (POINTER(U64), (P,)),
    "worker_drops_by_action": (POINTER(U64), (P,)),
    "pipeline_set_actions": (None, (P, U32)),
    "monotonic_ns": (U64, ()),
    "qsbr_synchronize": (None, (P,)),
    "qsbr_reclaim": (c_size_t, (P,)),
    # bench.h
    "bench_run": (c_int, (P, U32, B, P, P, P, U32, c_double, P)),
    "memory_worker_create": (P, (P, U32)),
    "memory_worker_destroy": (None, (P,)),
    "memory_worker_of": (P, (P,)),
    "memory_worker_process": (c_size_t, (P, c_uint16, B, U32, POINTER(P))),
    "memory_worker_trace": (c_int, (P, P)),
    "memory_worker_trace_of": (P, (P,)),
    "trace_clear": (None, (P,)),
    "trace_text": (c_char_p, (P,)),
    "trace_is_cut": (c_int, (P,)),
    # tap.h
    "tap_create": (P, (c_uint, U32, B)),
    "tap_destroy": (None, (P,)),
    "tap_missed": (U64, (P,)),
    "tap_search": (c_int, (P, P, P, B, c_uint, c_uint, P, P, POINTER(U64))),
    # nearest.h
    "nearest_entry": (U32, (c_int, P, U32, B, c_uint, P, c_uint)),
    # ring.h
    "ring_pop": (c_int, (P, P, P, U32)),
    # exact.h, lpm.h, ternary.h
    "exact_create": (P, (P, U32, U32, U32)),
    "exact_destroy": (None, (P,)),
    "exact_insert": (c_int, (P, B, U32, B, POINTER(U32))),
    "exact_modify": (c_int, (P, B, U32, B)),
    "exact_delete": (c_int, (P, B)),
    "exact_find": (P, (P, B)),
    "exact_at": (P, (P, U32, POINTER(P))),
    "exact_set_state": (None, (P, P)),
    "exact_number": (c_int64, (P, B)),
    "exact_count": (U32, (P,)),
    "exact_numbers": (U32, (P,)),
    "exact_insert_many": (U32, (P, U32, B, B, B, P, P)),
    "lpm_create": (P, (P, U32, U32, U32, U32)),
    "lpm_destroy": (None, (P,)),
    "lpm_insert": (c_int, (P, B, U32, U32, B, POINTER(U32))),
    "lpm_modify": (c_int, (P, B, U32, U32, B)),
    "lpm_delete": (c_int, (P, B, U32)),
    "lpm_at": (P, (P, U32, POINTER(P), POINTER(U32))),
    "lpm_set_state": (None, (P, P)),
    "lpm_number": (c_int64, (P, B, U32)),
    "lpm_count": (U32, (P,)),
    "lpm_numbers": (U32, (P,)),
    "lpm_insert_many": (U32, (P, U32, B, B, B, B, P, P)),
    "ternary_create": (P, (P, U32, U32, U32, U32, P)),
    "ternary_destroy": (None, (P,)),
    "ternary_insert": (c_int, (P, B, B, U32, U32, B, POINTER(U32))),
    "ternary_modify": (c_int, (P, B, B, U32, U32, B)),
    "ternary_delete": (c_int, (P, B, B, U32)),
    "ternary_at": (P, (P, U32, POINTER(P), POINTER(P), POINTER(U32))),
    "ternary_set_state": (None, (P, P)),
    "ternary_number": (c_int64, (P, B, B, U32)),
    "ternary_count": (U32, (P,)),
    "ternary_numbers": (U32, (P,)),
    "ternary_insert_many": (U32, (P, U32, B, B, B, B, B, P, P)),
    # p4rt_schema.h, p4rt_decode.h, p4rt_write.h, p4rt_read.h
    "p4rt_schema_create": (P, (P, c_size_t)),
    "p4rt_schema_destroy": (None, (P,)),
    "p4rt_schema_bind": (None, (P, U32, P, P, P)),
    "p4rt_schema_table": (P, (P, U32)),
    "p4rt_batch_create": (P, ()),
    "p4rt_batch_destroy": (None, (P,)),
    "p4rt_decode": (c_int, (P, B, c_size_t, P)),
    "p4rt_summarise": (None, (P, P)),
    "p4rt_confined": (c_int, (P, P, U32)),
    "p4rt_undo_create": (P, ()),
    "p4rt_undo_destroy": (None, (P,)),
    "p4rt_undo_mark": (c_size_t, (P,)),
    "p4rt_undo_forget": (None, (P, c_size_t)),
    "p4rt_undo_to": (c_int, (P, c_size_t)),
    "p4rt_write": (c_int64, (P, P, U32)),
    "p4rt_read": (None, (P, c_int, U32, U32, P, c_size_t, P)),
    "p4rt_read_capacity": (c_size_t, (P,)),
    # selector.h
    "selector_create": (P, (P, U32, U32, U32)),
    "selector_destroy": (None, (P,)),
    "selector_set_member": (c_int, (P, U32, U32, B)),
    "selector_delete_member": (c_int, (P, U32)),
    "selector_set_group": (c_int, (P, U32, U32, B, B, c_int)),
    "selector_delete_group": (c_int, (P, U32)),
    # entry_state.h, counter.h, meter.h, registers.h, idle.h
    "entry_state_create": (P, (P, P, P)),
    "entry_state_prepare": (None, (P, U64, U64, c_int, P)),
    "entry_state_destroy": (None, (P,)),
    "counters_create": (P, (U32, U64)),
    "counters_destroy": (None, (P,)),
    "counters_read": (None, (P, U64, U64, P)),
    "counter_write": (None, (P, U64, U64, U64)),
    "meters_create": (P, (U32, c_int, U64)),
    "meters_destroy": (None, (P,)),
    "meter_configure": (c_int, (P, U64, c_int, P, U64)),
    "meter_configuration": (c_int, (P, U64, P)),
    "meter_counts": (None, (P, U64, P)),
    "meter_set_counts": (None, (P, U64, P)),
    "registers_create": (P, (U32, U64)),
    "registers_destroy": (None, (P,)),
    "registers_read": (None, (P, U64, U64, P)),
    "registers_write": (None, (P, U64, B)),
    "idle_create": (P, (U64,)),
    "idle_destroy": (None, (P,)),
    "idle_seen": (U64, (P, U64)),
}

ENTRY_FIRST, ENTRY_SPARE = 3, 64  # entry.h
EXISTS, MISSING = -1, -2  # entry.h, enum table_result
METER_OFF, METER_TWO_RATE, METER_SINGLE_RATE = 0, 1, 2
METER_PACKETS, METER_BYTES = 0, 1
RING_PACKET_IN, RING_DIGEST, RING_LOG = 1, 2, 3
PACKET_LENGTH_MAX = 10240

# enum drop_reason
DROP_REASONS = (
    "by the program in ingress",
    "by the program in egress",
    "no replica",
    "resubmitted",
    "pass limit",
    "no copy",
    "assertion",
    "too long",
    "loop limit",
)
DROPS_THAT_ARE_NOT = frozenset({"resubmitted"})


class RingRecord(Structure):
    _fields_ = [("length", c_uint32), ("kind", c_uint16), ("port", c_uint16), ("id", c_uint64)]


class MeterRates(Structure):
    _fields_ = [("cir", c_uint64), ("cburst", c_uint64), ("pir", c_uint64), ("pburst", c_uint64)]


class BatchSummary(Structure):
    _fields_ = [
        ("updates", c_uint32),
        ("python", c_uint32),
        ("refused", c_uint32),
        ("head_length", c_uint32),
        ("head", c_void_p),
        ("results", c_void_p),
    ]


class ReadChunk(Structure):
    _fields_ = [("number", c_uint32), ("marked", c_uint32), ("length", c_size_t)]


class BenchResult(Structure):
    _fields_ = [("packets", c_uint64), ("sent", c_uint64), ("seconds", c_double), ("burst_p99_ns", c_uint64)]


@cache
def native() -> ctypes.CDLL:
    """The runtime with its prototypes declared."""
    library = runtime_library()
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def made(pointer: int | None, what: str) -> int:
    """A pointer that must not be NULL."""
    if not pointer:
        raise EngineError(f"{what}: out of memory")
    return pointer


def check(code: int, what: str) -> None:
    """enum table_result -> the error it stands for."""
    if code == 0:
        return
    raise error_of(code, what)


def error_of(code: int, what: str) -> EngineError:
    match code:
        case -1:
            return AlreadyExists(f"{what}: exists already")
        case -2:
            return NotFound(f"{what}: does not exist")
        case -3:
            return Full(f"{what}: full")
        case -4:
            return EngineError(f"{what}: out of memory")
    return InvalidArgument(f"{what}: not allowed")


def packets_of(collected: bytes) -> list[tuple[int, bytes]]:
    """(port, bytes) from records of {port, length} and bytes, as bench.c collects them."""
    packets, at = [], 0
    while at < len(collected):
        port, length = struct.unpack_from("=II", collected, at)
        packets.append((port, collected[at + 8 : at + 8 + length]))
        at += 8 + length
    return packets
