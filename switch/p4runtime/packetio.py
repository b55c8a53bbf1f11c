"""Packet I/O: controller headers <-> metadata (P4Runtime 1.4, "Packet I/O").

A header annotated @controller_header("packet_in") or ("packet_out") stands in front of the packet on the CPU port, its
fields packed most significant bit first in P4Info's order.
"""

from __future__ import annotations

from collections.abc import Sequence

from finsy.proto import p4r

from switch.p4runtime import field_values as values
from switch.p4runtime.schema import Value
from switch.p4runtime.status import INVALID_ARGUMENT, StatusError


def packet_in(fields: Sequence[Value] | None, data: bytes) -> p4r.PacketIn:
    """A packet from the CPU port as a message. Without a header in P4Info, or if too short for it, all is payload."""
    if not fields:
        return p4r.PacketIn(payload=data)
    bits = sum(f.data_width for f in fields)
    size = (bits + 7) // 8
    if len(data) < size:
        return p4r.PacketIn(payload=data)
    message = p4r.PacketIn(payload=data[size:])
    header = int.from_bytes(data[:size], "big")
    shift = size * 8
    for field in fields:
        shift -= field.data_width
        value = (header >> shift) & ((1 << field.data_width) - 1)
        message.metadata.add(metadata_id=field.id, value=values.encode(field, value))
    return message


def packet_out(fields: Sequence[Value] | None, message: p4r.PacketOut) -> bytes:
    """The bytes for the CPU port. INVALID_ARGUMENT where the metadata is not what P4Info asks for."""
    given: dict[int, bytes] = {}
    for item in message.metadata:
        if item.metadata_id in given:
            raise StatusError(INVALID_ARGUMENT, f"packet-out: metadata {item.metadata_id} is given twice")
        given[item.metadata_id] = item.value
    header = bits = 0
    for field in fields or ():
        value = given.pop(field.id, None)
        if value is None:
            raise StatusError(INVALID_ARGUMENT, f"packet-out: the metadata {field.name} (id {field.id}) is missing")
        header = header << field.data_width | values.decode(field, value, f"packet-out: {field.name}")
        bits += field.data_width
    if given:
        raise StatusError(INVALID_ARGUMENT, f"packet-out: no metadata has the id {next(iter(given))}")
    size = (bits + 7) // 8
    return (header << (size * 8 - bits)).to_bytes(size, "big") + message.payload
