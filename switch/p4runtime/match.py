"""Match fields: P4Runtime messages <-> the engine's matches (P4Runtime 1.4, "Match Format").

A key on the wire lists the fields that are not "don't care", in any order; the engine wants every field in the
table's order. `translate_key` is on the path of every write, so it stays one loop without helpers for exact fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from finsy.proto import p4r

from switch import values
from switch.p4runtime import canonical, field_values
from switch.p4runtime.schema import Kind, MatchField
from switch.p4runtime.status import INVALID_ARGUMENT, UNKNOWN, StatusError

Key = tuple[values.Match, ...]

ONEOF = {
    Kind.EXACT: "exact",
    Kind.LPM: "lpm",
    Kind.TERNARY: "ternary",
    Kind.RANGE: "range",
    Kind.OPTIONAL: "optional",
}


def translate_key(
    fields: Sequence[MatchField], index: Mapping[int, int], match: Iterable[p4r.FieldMatch], owner: str
) -> Key:
    """The engine's key. Raises StatusError: INVALID_ARGUMENT for a malformed key; UNKNOWN as in `_without_width`."""
    key: list[values.Match | None] = [None] * len(fields)
    for item in match:
        position = index.get(item.field_id)
        if position is None:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: no match field has the id {item.field_id}")
        if key[position] is not None:
            raise StatusError(INVALID_ARGUMENT, f"{owner}: match field {fields[position].name} is given twice")
        field = fields[position]
        if field.kind is Kind.EXACT:
            data = item.exact.value
            value = int.from_bytes(data, "big")
            if data and field.plain_bits and not value >> field.plain_bits:
                key[position] = values.Exact(value)
                continue
        key[position] = _translate(field, item, owner)
    if None in key:
        for position, given in enumerate(key):
            if given is None:
                key[position] = _dont_care(fields[position], owner)
    return tuple(key)  # type: ignore[arg-type]


def key_to_messages(fields: Sequence[MatchField], key: Key) -> list[p4r.FieldMatch]:
    """The fields of a key as P4Runtime shows them: canonical, without "don't care"."""
    found = (_to_message(field, value) for field, value in zip(fields, key, strict=True))
    return [message for message in found if message is not None]


def _translate(field: MatchField, item: p4r.FieldMatch, owner: str) -> values.Match:
    kind = field.kind
    if item.WhichOneof("field_match_type") != ONEOF[kind]:
        given = item.WhichOneof("field_match_type") or "nothing"
        raise StatusError(INVALID_ARGUMENT, f"{owner}: {field.name} is matched as {ONEOF[kind]}, not as {given}")
    if field.width == 0 and field.strings is None:
        raise _without_width(field, item, owner)
    if field.translated:
        return _translated(field, item, owner)
    if kind is Kind.EXACT:
        return values.Exact(canonical.decode(item.exact.value, field.width, field.name))
    if kind is Kind.LPM:
        return _lpm(field, item.lpm, owner)
    if kind is Kind.TERNARY:
        return _ternary(field, item.ternary, owner)
    if kind is Kind.RANGE:
        return _range(field, item.range, owner)
    return values.Ternary(canonical.decode(item.optional.value, field.width, field.name), (1 << field.width) - 1)


def _translated(field: MatchField, item: p4r.FieldMatch, owner: str) -> values.Match:
    """Of a type that the control plane sees otherwise: one value, whatever the kind of match ("Translation of Match
    Fields"); don't care is left out."""
    kind = field.kind
    if kind is Kind.EXACT:
        return values.Exact(field_values.decode(field, item.exact.value, field.name))
    if kind is Kind.OPTIONAL:
        data, whole = item.optional.value, True
    elif kind is Kind.LPM:
        data, whole = item.lpm.value, item.lpm.prefix_len == field.width
    elif kind is Kind.TERNARY:
        data, whole = item.ternary.value, int.from_bytes(item.ternary.mask, "big") == (1 << field.width) - 1
    else:
        data, whole = item.range.low, item.range.low.lstrip(b"\0") == item.range.high.lstrip(b"\0")
    if not whole or (field.strings is not None and kind in (Kind.LPM, Kind.TERNARY)):
        raise StatusError(
            INVALID_ARGUMENT, f"{owner}: {field.name} has a translated type: it matches one value, or all"
        )
    value = field_values.decode(field, data, field.name)
    if kind is Kind.LPM:
        return values.Lpm(value, field.data_width)
    if kind is Kind.RANGE:
        return values.Range(value, value)
    return values.Ternary(value, (1 << field.data_width) - 1)


def _without_width(field: MatchField, item: p4r.FieldMatch, owner: str) -> StatusError:
    """Fields of type error take no value. 0 would fit no bits: as in BMv2 it is not malformed, and fails without a
    code of its own."""
    zero = item.exact.value and not any(item.exact.value)
    message = f"{owner}: {field.name} has no width in P4Info (it is of type error)"
    return StatusError(UNKNOWN if zero else INVALID_ARGUMENT, message)


def _lpm(field: MatchField, item: p4r.FieldMatch.LPM, owner: str) -> values.Match:
    value = canonical.decode(item.value, field.width, field.name)
    prefix = item.prefix_len
    if not 0 < prefix <= field.width:
        hint = "; leave the field out to match everything" if prefix == 0 else ""
        raise StatusError(
            INVALID_ARGUMENT, f"{owner}: {field.name}: prefix length {prefix} is not in 1..{field.width}{hint}"
        )
    if value & ((1 << (field.width - prefix)) - 1):
        raise StatusError(INVALID_ARGUMENT, f"{owner}: {field.name}: bits are set below the prefix of {prefix}")
    return values.Lpm(value, prefix)


def _ternary(field: MatchField, item: p4r.FieldMatch.Ternary, owner: str) -> values.Match:
    value = canonical.decode(item.value, field.width, field.name)
    mask = canonical.decode(item.mask, field.width, f"{field.name} (mask)")
    if mask == 0:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: {field.name}: mask 0; leave the field out to match everything")
    if value & ~mask:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: {field.name}: the value has bits outside of the mask")
    return values.Ternary(value, mask)


def _range(field: MatchField, item: p4r.FieldMatch.Range, owner: str) -> values.Match:
    low = canonical.decode(item.low, field.width, f"{field.name} (low)")
    high = canonical.decode(item.high, field.width, f"{field.name} (high)")
    if low > high:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: {field.name}: low {low} is above high {high}")
    if low == 0 and high == (1 << field.width) - 1:
        raise StatusError(
            INVALID_ARGUMENT, f"{owner}: {field.name}: the whole range; leave the field out to match everything"
        )
    return values.Range(low, high)


def _dont_care(field: MatchField, owner: str) -> values.Match:
    if field.kind is Kind.EXACT:
        raise StatusError(INVALID_ARGUMENT, f"{owner}: the exact match field {field.name} is missing")
    if field.kind is Kind.LPM:
        return values.Lpm(0, 0)
    if field.kind is Kind.RANGE:
        return values.Range(0, (1 << field.data_width) - 1)
    return values.Ternary(0, 0)


def _to_message(field: MatchField, value: values.Match) -> p4r.FieldMatch | None:
    message = p4r.FieldMatch(field_id=field.id)
    if field.translated:
        return _translated_to_message(field, value, message)
    if isinstance(value, values.Exact):
        message.exact.value = canonical.encode(value.value)
    elif isinstance(value, values.Lpm):
        if value.prefix == 0:
            return None
        message.lpm.value = canonical.encode(value.value)
        message.lpm.prefix_len = value.prefix
    elif isinstance(value, values.Range):
        if value.low == 0 and value.high == (1 << field.width) - 1:
            return None
        message.range.low = canonical.encode(value.low)
        message.range.high = canonical.encode(value.high)
    elif value.mask == 0:
        return None
    elif field.kind is Kind.OPTIONAL:
        message.optional.value = canonical.encode(value.value)
    else:
        message.ternary.value = canonical.encode(value.value)
        message.ternary.mask = canonical.encode(value.mask)
    return message


def _translated_to_message(field: MatchField, value: values.Match, message: p4r.FieldMatch) -> p4r.FieldMatch | None:
    if isinstance(value, values.Exact):
        message.exact.value = field_values.encode(field, value.value)
    elif isinstance(value, values.Lpm):
        if value.prefix == 0:
            return None
        message.lpm.value = field_values.encode(field, value.value)
        message.lpm.prefix_len = field.width
    elif isinstance(value, values.Range):
        if value.low != value.high:
            return None
        message.range.low = message.range.high = field_values.encode(field, value.low)
    elif value.mask == 0:
        return None
    elif field.kind is Kind.OPTIONAL:
        message.optional.value = field_values.encode(field, value.value)
    else:
        message.ternary.value = field_values.encode(field, value.value)
        message.ternary.mask = canonical.encode((1 << field.width) - 1)
    return message
