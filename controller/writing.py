"""Steps -> write requests, sent in order, with what the switch refused told by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc
from finsy.proto import p4r, rpc_code, rpc_status

from .bulk import no_collection
from .diff import DELETE, INSERT, MODIFY, Step, Write
from .p4runtime.bind import Bound
from .p4runtime.codec import TableCodec
from .p4runtime.connection import Connection
from .p4runtime.errors import Refused, from_rpc
from .planner.layout import Table
from .render import entry_text

BATCH = 1000
_VERBS = {INSERT: "insert", MODIFY: "modify", DELETE: "delete"}

Progress = Callable[[int], None]
"""Called with the number of writes that the switch has acknowledged since the last call."""


class Overtaken(Refused):
    """An entry to insert was there already, or one to change was gone: the table changed since it was read."""


def write_steps(connection: Connection, bound: Bound, steps: list[Step], progress: Progress) -> None:
    """Write all steps, each after the one before. Raises Refused, naming the entries, or another GatewayError."""
    for step in steps:
        refused: list[tuple[list[Write], grpc.RpcError]] = []
        with no_collection():
            connection.write(
                _batches(step, bound.codecs[step.table.name]),
                done=lambda writes: progress(len(writes)),
                failed=lambda writes, error, refused=refused: refused.append((writes, error)),  # type: ignore[misc]
            )
        if refused:
            _raise(connection.address, step.table, refused)


def _batches(step: Step, codec: TableCodec) -> Iterator[tuple[p4r.WriteRequest, list[Write]]]:
    for start in range(0, len(step.writes), BATCH):
        writes = step.writes[start : start + BATCH]
        request = p4r.WriteRequest()
        for kind, key, value in writes:
            codec.add(request, kind, key, value)
        yield request, writes


def _raise(address: str, table: Table, refused: list[tuple[list[Write], grpc.RpcError]]) -> None:
    errors = [one for writes, error in refused for one in _per_entry(writes, error)]
    if not errors:
        raise from_rpc(refused[0][1], address, f"writing table {table.name}")
    if all(error.canonical_code in (rpc_code.ALREADY_EXISTS, rpc_code.NOT_FOUND) for _, error in errors):
        raise Overtaken(f"{address}: table {table.name} changed while it was written.")
    lines = [
        f"{_VERBS[kind]} {entry_text(table, key, value)}: "
        f"{rpc_code.Code.Name(rpc_code.Code.ValueType(error.canonical_code))} {error.message}".rstrip()
        for (kind, key, value), error in errors
    ]
    shown = "\n  ".join(lines[:5]) + (f"\n  ... and {len(lines) - 5} more" if len(lines) > 5 else "")
    raise Refused(
        f"{address}: the switch refused {len(lines)} writes to table {table.name}; what was written before stays, and "
        f"applying again goes on from there.\n  {shown}"
    )


def _per_entry(writes: list[Write], error: grpc.RpcError) -> Iterator[tuple[Write, p4r.Error]]:
    """The errors of single updates (P4Runtime 1.4, 12.3), if the server gave them."""
    if not isinstance(error, grpc.Call):
        return
    for name, data in error.trailing_metadata() or ():
        if name != "grpc-status-details-bin" or not isinstance(data, bytes):
            continue
        details = rpc_status.Status.FromString(data).details
        if len(details) != len(writes):
            return
        for write, packed in zip(writes, details, strict=True):
            one = p4r.Error()
            if packed.Unpack(one) and one.canonical_code != rpc_code.OK:
                yield write, one
