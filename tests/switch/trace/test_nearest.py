"""The nearest entry of a missed key. Oracle: a plain search over all entries in Python."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from switch.bmv2_json.program import KeyField
from switch.codegen.layout import TableLayout
from switch.engine import Engine
from switch.errors import AlreadyExists
from switch.trace.events import FieldValue
from switch.trace.nearest import nearest
from switch.values import Action, Entry, Exact, Lpm, Match, Range, Ternary

STANDARD = {"ingress_port": 9, "packet_length": 32, "egress_spec": 9, "egress_port": 9, "instance_type": 32}
PROGRAM = {
    "header_types": [
        {"name": "h_t", "id": 0, "fields": [["a", 8, False], ["b", 48, False], ["c", 128, False], ["d", 16, False]]},
        {"name": "standard_metadata", "id": 1, "fields": [[name, width, False] for name, width in STANDARD.items()]},
    ],
}
TABLES = {
    "exact": ["exact", "exact", "exact", "exact"],
    "lpm": ["exact", "exact", "lpm", "exact"],
    "ternary": ["ternary", "exact", "ternary", "range"],
    "ternary_lpm": ["ternary", "lpm", "exact", "range"],
}
WIDTHS = [8, 48, 128, 16]


def program() -> dict[str, object]:
    """Four tables on the same four fields, applied one after the other."""
    names = list(TABLES)

    def table(number: int, name: str) -> dict[str, object]:
        kinds = TABLES[name]
        keys = [
            {"match_type": kind, "target": ["h", f], "mask": None, "name": f}
            for kind, f in zip(kinds, "abcd", strict=True)
        ]
        following = names[number + 1] if number + 1 < len(names) else None
        return {
            "name": name,
            "id": number,
            "key": keys,
            "match_type": "ternary" if name.startswith("ternary") else name,
            "type": "simple",
            "max_size": 4096,
            "with_counters": False,
            "support_timeout": False,
            "direct_meters": None,
            "action_ids": [0],
            "actions": ["nothing"],
            "base_default_next": following,
            "next_tables": {"nothing": following},
            "default_entry": {"action_id": 0, "action_const": False, "action_data": [], "action_entry_const": False},
        }

    return {
        "program": "nearest.p4",
        "__meta__": {"version": [2, 23], "compiler": "test"},
        **PROGRAM,
        "headers": [
            {"name": "standard_metadata", "id": 0, "header_type": "standard_metadata", "metadata": True},
            {"name": "h", "id": 1, "header_type": "h_t", "metadata": False},
        ],
        "header_stacks": [],
        "field_lists": [],
        "errors": [["NoError", 1], ["PacketTooShort", 2]],
        "enums": [],
        "parsers": [
            {
                "name": "parser",
                "id": 0,
                "init_state": "start",
                "parse_states": [
                    {
                        "name": "start",
                        "id": 0,
                        "parser_ops": [{"op": "extract", "parameters": [{"type": "regular", "value": "h"}]}],
                        "transitions": [{"type": "default", "value": "default", "mask": None, "next_state": None}],
                        "transition_key": [],
                    }
                ],
            }
        ],
        "deparsers": [{"name": "deparser", "id": 0, "order": ["h"]}],
        "meter_arrays": [],
        "counter_arrays": [],
        "register_arrays": [],
        "calculations": [],
        "learn_lists": [],
        "actions": [{"name": "nothing", "id": 0, "runtime_data": [], "primitives": []}],
        "pipelines": [
            {
                "name": "ingress",
                "id": 0,
                "init_table": names[0],
                "tables": [table(i, name) for i, name in enumerate(names)],
                "action_profiles": [],
                "conditionals": [],
            },
            {"name": "egress", "id": 1, "init_table": None, "tables": [], "action_profiles": [], "conditionals": []},
        ],
        "checksums": [],
        "force_arith": [],
        "extern_instances": [],
        "field_aliases": [],
    }


def number(rng: random.Random, width: int) -> int:
    """Few different values, so that entries and keys agree in some fields and in some leading bits."""
    return rng.choice([0, 1, 1 << width - 1, (1 << width) - 1, rng.getrandbits(width), rng.getrandbits(3)])


def match(rng: random.Random, kind: str, width: int) -> Match:
    full = (1 << width) - 1
    value = number(rng, width)
    match kind:
        case "exact":
            return Exact(value)
        case "lpm":
            prefix = rng.randrange(width + 1)
            return Lpm(value & full & ~((1 << width - prefix) - 1), prefix)
        case "ternary":
            mask = rng.choice([0, full, number(rng, width)])
            return Ternary(value & mask, mask)
        case _:
            low, high = sorted((value, number(rng, width)))
            return Range(low, high)


def differs(value: int, wanted: Match, width: int) -> bool:
    match wanted:
        case Exact(v):
            return v != value
        case Lpm(v, prefix):
            return format(v, f"0{width}b")[:prefix] != format(value, f"0{width}b")[:prefix]
        case Range(low, high):
            return not low <= value <= high
        case _:
            return (value ^ wanted.value) & wanted.mask != 0


def common(value: int, entry: Entry) -> int:
    """Leading bits in common with the prefix of an LPM table's entry."""
    for wanted, width in zip(entry.match, WIDTHS, strict=True):
        if isinstance(wanted, Lpm):
            a, b = format(wanted.value, f"0{width}b")[: wanted.prefix], format(value, f"0{width}b")
            return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    return 0


def score(table: str, key: Sequence[int], entry: Entry) -> tuple[int, int]:
    """Smaller is nearer."""
    differing = sum(differs(v, m, w) for v, m, w in zip(key, entry.match, WIDTHS, strict=True))
    return differing, -common(key[2], entry) if table == "lpm" else -entry.priority


@pytest.mark.parametrize("table", list(TABLES))
def test_the_nearest_entry_is_the_one_a_plain_search_finds(table: str) -> None:
    rng = random.Random(table)
    with Engine.load(program(), optimise="none") as engine:
        loaded = engine.table(table)
        layout: TableLayout = loaded.layout
        fields: list[KeyField] = list(loaded.table.key)
        assert nearest(loaded, 0, values([0, 0, 0, 0], fields)) is None
        for i in range(300):
            matches = tuple(match(rng, k.kind, k.width) for k in fields)
            try:
                engine.insert(table, Entry(matches, Action("nothing"), i + 1 if layout.kind == "ternary" else 0))
            except AlreadyExists:
                continue
        entries = list(engine.entries(table))
        assert len(entries) > 100
        for _ in range(300):
            key = [number(rng, w) for w in WIDTHS]
            packed = sum(key[p.index] << p.shift for p in layout.key)
            found = nearest(loaded, packed, values(key, fields))
            assert found is not None
            assert score(table, key, found.entry) == min(score(table, key, e) for e in entries)
            wrong = [k.name for k, v, m in zip(fields, key, found.entry.match, strict=True) if differs(v, m, k.width)]
            assert [m.field for m in found.mismatches] == wrong


def values(key: Sequence[int], fields: Sequence[KeyField]) -> tuple[FieldValue, ...]:
    return tuple(FieldValue(k.name, v, k.width) for k, v in zip(fields, key, strict=True))
