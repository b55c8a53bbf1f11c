"""The JSON of a seed: a recorded program with a few changes to its structure or to its bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.fuzz.native import program as programs

NUMBERS = (-1, 0, 1, 2, 7, 8, 9, 64, 65, 127, 128, 129, 255, 1024, 65535, 65536, 2**31, 2**32, 2**63, 2**64, 10**30)
TEXTS = (
    "", "0x", "0x0", "-0x1", "0x1", "zz", "0x" + "f" * 300, "default", "$valid$", "last", "hdr", "\0", "é", "x" * 5000,
)  # fmt: skip
OTHERS: tuple[object, ...] = (None, True, False, 1.5, 1e308, [], {}, [[]], [None], {"type": "hexstr", "value": "0x1"})
KINDS = (
    "field", "hexstr", "bool", "string", "header", "header_stack", "header_union", "header_union_stack",
    "calculation", "register_array", "meter_array", "counter_array", "lookahead", "register", "stack_field",
    "union_stack_field", "expression", "local", "runtime_data", "parameters_vector", "regular", "stack",
    "union_stack", "payload", "default", "parse_vset",
)  # fmt: skip
OPERATIONS = (
    "+", "-", "*", "/", "%", "<<", ">>", "==", "!=", ">", "<", ">=", "<=", "and", "or", "not", "&", "|", "^", "~",
    "valid", "valid_union", "?", "two_comp_mod", "usat_cast", "sat_cast", "d2b", "b2d", "dereference_header_stack",
    "dereference_union_stack", "last_stack_index", "size_stack", "access_field", "access_union_header", "==h", "==u",
    "==b", "assign", "assign_VL", "assign_header", "assign_union", "assign_header_stack", "push", "pop", "_jump",
    "_jump_if_zero", "exit", "assert", "log_msg", "mark_to_drop", "drop", "generate_digest",
    "clone_ingress_pkt_to_egress", "resubmit", "recirculate", "modify_field_with_hash_based_offset", "execute_meter",
    "count", "register_read", "register_write", "truncate", "add_header", "remove_header", "copy_header", "no_op",
    "extract", "extract_VL", "set", "verify", "shift", "advance", "primitive",
)  # fmt: skip


@cache
def originals() -> tuple[str, ...]:
    return tuple(json.dumps(programs.load(name)) for name in programs.names())


def damaged(seed: int) -> bytes:
    """The text of this seed."""
    rng = random.Random(f"json {seed}")
    text = rng.choice(originals())
    if rng.random() < 0.15:
        return bytewise(text.encode(), rng)
    root = json.loads(text)
    try:
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            change(root, rng)
        return json.dumps(root, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    except RecursionError:  # nested within nested: as deep as a text can say it
        return text.replace("null", "[" * 20_000 + "]" * 20_000, 1).encode()


def bytewise(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 2, 8))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + rng.randbytes(rng.randrange(1, 5)) + data[at:]
            case 2:
                data = data[:at] + data[at + rng.randrange(1, 40) :]
            case 3:
                data = data[:at] + bytes([rng.choice(b'{}[],:"0123456789-.')]) + data[at + 1 :]
            case _:
                size = rng.randrange(1, 200)
                other = rng.choice(originals()).encode()
                begin = rng.randrange(len(other))
                data = data[:at] + other[begin : begin + size] + data[at:]
    return data


Place = tuple[Any, Any]
"""A list or object, and the index or key in it."""


def places(root: Any) -> list[Place]:
    found: list[Place] = []
    todo = [root]
    while todo:
        part = todo.pop()
        items = part.items() if isinstance(part, dict) else enumerate(part)
        for key, value in items:
            if key == "source_info":
                continue
            found.append((part, key))
            if isinstance(value, dict | list):
                todo.append(value)
    return found


def change(root: Any, rng: random.Random) -> None:
    """One change somewhere. Sections are as likely as what is deep inside of them."""
    all_places = places(root)
    shallow = [(root, key) for key in root] if rng.random() < 0.05 else all_places
    if not shallow:
        return
    holder, key = rng.choice(shallow)
    rng.choices(CHANGES, (4, 6, 5, 3, 3, 2, 1))[0](holder, key, all_places, rng)


def remove(holder: Any, key: Any, all_places: list[Place], rng: random.Random) -> None:
    del holder[key]


def of_its_kind(holder: Any, key: Any, all_places: list[Place], rng: random.Random) -> None:
    """Another value of the same type: from elsewhere, or an odd one."""
    old = holder[key]
    if isinstance(old, bool):
        holder[key] = not old
    elif isinstance(old, int):
        holder[key] = rng.choice((rng.choice(NUMBERS), old + 1, old - 1, old * 8))
    elif isinstance(old, str):
        same = [h[k] for h, k in all_places if isinstance(h[k], str)]
        special = KINDS if key == "type" else OPERATIONS if key == "op" else TEXTS
        holder[key] = rng.choice(special) if rng.random() < 0.5 else rng.choice(same)
    else:
        same = [h[k] for h, k in all_places if isinstance(h[k], type(old)) and h[k] is not old]
        holder[key] = copy.deepcopy(rng.choice(same)) if same else None


def from_a_like_place(holder: Any, key: Any, all_places: list[Place], rng: random.Random) -> None:
    """What stands elsewhere under the same key."""
    same = [h[k] for h, k in all_places if k == key and isinstance(h, type(holder))]
    holder[key] = copy.deepcopy(rng.choice(same))


def anything(holder: Any, key: Any, all_places: list[Place], rng: random.Random) -> None:
    holder[key] = copy.deepcopy(rng.choice((rng.choice(NUMBERS), rng.choice(TEXTS), rng.choice(OTHERS))))


def twice(holder: Any, key: Any, all_places: list[Place], rng: random.Random) -> None:
    if isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
    else:
        holder[f"{key}x"] = copy.deepcopy(holder[key])


def shuffled(holder: Any, key: Any, all_places: list[Place], rng: random.Random) -> None:
    if isinstance(holder[key], list):
        rng.shuffle(holder[key])


def nested(holder: Any, key: Any, all_places: list[Place], rng: random.Random) -> None:
    """Deep inside of itself."""
    for _ in range(rng.choice((1, 2, 30, 400))):
        wrapped = {"op": rng.choice(("~", "-", "not", "d2b")), "left": None, "right": holder[key]}
        holder[key] = {"type": "expression", "value": wrapped}


CHANGES: tuple[Callable[[Any, Any, list[Place], random.Random], None], ...] = (
    remove,
    of_its_kind,
    from_a_like_place,
    anything,
    twice,
    shuffled,
    nested,
)
