"""Values of match fields, action parameters and controller headers: byte strings <-> the data plane's numbers.

P4Runtime 1.4, "Bytestrings"; for types that are translated also "PSA Metadata Translation". A type that the control
plane sees as a number of another width stands for the same number.
"""

from __future__ import annotations

from switch.p4runtime import canonical
from switch.p4runtime.schema import Value
from switch.p4runtime.status import INVALID_ARGUMENT, OUT_OF_RANGE, StatusError


def decode(field: Value, data: bytes, what: str) -> int:
    """The data plane's number. INVALID_ARGUMENT: no value of the type; OUT_OF_RANGE: the data plane has none for it."""
    if field.strings is not None:
        return field.strings.number(data, what)
    if field.width == 0:
        raise StatusError(INVALID_ARGUMENT, f"{what}: P4Info gives no width; such a value cannot be written")
    value = canonical.decode(data, field.width, what)
    if value >> field.data_width:
        raise StatusError(OUT_OF_RANGE, f"{what}: {value:#x} has more bits than the data plane's {field.data_width}")
    return value


def encode(field: Value, value: int) -> bytes:
    """As the control plane sees a number of the data plane."""
    return canonical.encode(value) if field.strings is None else field.strings.string(value)
