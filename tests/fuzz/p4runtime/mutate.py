"""A message changed: fields set, cleared, doubled, put elsewhere; or its bytes."""

from __future__ import annotations

import random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

INTEGERS = (0, 1, 2, 3, -1, 7, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63), 2**64 - 1)
BYTES = (b"", b"\0", b"\1", b"\xff", b"\0\1", b"\xff" * 8, b"\0" * 40, b"\xff" * 40, b"abc")
RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def mutate(message: Message, rng: random.Random, others: list[Message]) -> None:
    """A few changes. `others`: messages whose parts may take the place of parts of the same type."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = _places(message)
        holder, field = rng.choice(places)
        _change(holder, field, rng, others)


def _places(message: Message) -> list[tuple[Message, Any]]:
    """Every field that is set, and every field that could be."""
    found: list[tuple[Message, Any]] = []
    todo = [message]
    while todo:
        part = todo.pop()
        present = {f.name for f, _ in part.ListFields()}
        for field in part.DESCRIPTOR.fields:
            found += [(part, field)] * (3 if field.name in present else 1)
        for field, value in part.ListFields():
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                todo += list(value) if _repeated(field) else [value]
    return found


def _repeated(field: Any) -> bool:
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)


def _change(holder: Message, field: FieldDescriptor, rng: random.Random, others: list[Message]) -> None:
    if rng.random() < 0.2:
        holder.ClearField(field.name)
        return
    if _repeated(field):
        _change_list(getattr(holder, field.name), field, rng, others)
    elif field.message_type is not None:
        part = getattr(holder, field.name)
        part.SetInParent()
        _graft(part, rng, others)
    else:
        setattr(holder, field.name, value_of(field, getattr(holder, field.name), rng))


def _change_list(items: Any, field: FieldDescriptor, rng: random.Random, others: list[Message]) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return
    kind = rng.randrange(4)
    if kind == 0 and items:
        del items[rng.randrange(len(items))]
    elif kind == 1 and items and field.message_type is not None:
        items.add().CopyFrom(rng.choice(items))
    elif kind == 2 and items and len(items) > 1 and field.message_type is not None:
        a, b = rng.sample(range(len(items)), 2)
        items[a].CopyFrom(items[b])
    elif field.message_type is not None:
        _graft(items.add(), rng, others)
    else:
        items.append(value_of(field, items[0] if items else None, rng))


def _graft(part: Message, rng: random.Random, others: list[Message]) -> None:
    """Fill it with a part of the same type from elsewhere, or leave it empty."""
    same = [m for other in rng.sample(others, min(len(others), 4)) for m in _parts(other, part.DESCRIPTOR.full_name)]
    if same and rng.random() < 0.8:
        part.CopyFrom(rng.choice(same))


def _parts(message: Message, name: str) -> list[Message]:
    found, todo = [], [message]
    while todo:
        part = todo.pop()
        if part.DESCRIPTOR.full_name == name:
            found.append(part)
        for field, value in part.ListFields():
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                todo += list(value) if _repeated(field) else [value]
    return found


def value_of(field: Any, old: Any, rng: random.Random) -> Any:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_BOOL:
            return rng.random() < 0.5
        case FieldDescriptor.CPPTYPE_ENUM:
            return rng.choice([v.number for v in field.enum_type.values] + [99, -1])
        case FieldDescriptor.CPPTYPE_STRING:
            if field.type == FieldDescriptor.TYPE_STRING:
                return rng.choice(("", "x", "MyIngress.t", "é\n" * 3, "x" * 2000, str(old or "")))
            changed = bytearray(old or b"\1")
            if changed:
                changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
            return rng.choice((*BYTES, bytes(changed), b"\0" + (old or b""), rng.randbytes(rng.randrange(20))))
        case FieldDescriptor.CPPTYPE_FLOAT | FieldDescriptor.CPPTYPE_DOUBLE:
            return rng.choice((0.0, -1.0, 1e300, float("nan"), float("inf")))
    low, high = RANGES[field.cpp_type]
    near = (old or 0) + rng.choice((-1, 1, 1 << rng.randrange(20)))
    return min(high, max(low, rng.choice((*INTEGERS, near, near, rng.randrange(1000)))))


def bytewise(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 6))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(4):
            case 0:
                del changed[at:]
            case 1:
                changed[at:at] = rng.randbytes(rng.randrange(1, 5))
            case 2 if at < len(changed):
                changed[at] ^= 1 << rng.randrange(8)
            case _:
                del changed[at : at + rng.randrange(1, 6)]
    return bytes(changed)
