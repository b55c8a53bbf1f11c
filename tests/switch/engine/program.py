"""Small BMv2 JSON programs made by the tests: one header in, one header out, one action between."""

from __future__ import annotations

from typing import Any

STANDARD: list[list[object]] = [
    ["ingress_port", 9, False],
    ["egress_spec", 9, False],
    ["egress_port", 9, False],
    ["instance_type", 32, False],
    ["packet_length", 32, False],
    ["mcast_grp", 16, False],
    ["_padding", 2, False],
]


def padded(fields: list[tuple[str, int, bool]], pad: str) -> list[list[object]]:
    """The fields, filled up to whole bytes."""
    rest = -sum(width for _, width, _ in fields) % 8
    return [[n, w, s] for n, w, s in fields] + ([[pad, rest, False]] if rest else [])


def field(header: str, name: str) -> dict[str, Any]:
    return {"type": "field", "value": [header, name]}


def program(inputs: list[tuple[str, int, bool]], outputs: list[tuple[str, int, bool]], primitives: list[Any]) -> Any:
    """Extracts header `i`, makes header `o` valid, runs the primitives, emits `o`, sends to port 1."""
    to_port = {
        "op": "assign",
        "parameters": [field("standard_metadata", "egress_spec"), {"type": "hexstr", "value": "0x1"}],
    }
    add = {"op": "add_header", "parameters": [{"type": "header", "value": "o"}]}
    return {
        "__meta__": {"version": [2, 23]},
        "program": "made.p4",
        "header_types": [
            {"name": "standard_metadata", "id": 0, "fields": STANDARD},
            {"name": "i_t", "id": 1, "fields": padded(inputs, "pad")},
            {"name": "o_t", "id": 2, "fields": padded(outputs, "pad")},
        ],
        "headers": [
            {"name": "standard_metadata", "id": 0, "header_type": "standard_metadata", "metadata": True},
            {"name": "i", "id": 1, "header_type": "i_t", "metadata": False},
            {"name": "o", "id": 2, "header_type": "o_t", "metadata": False},
        ],
        "parsers": [
            {
                "name": "parser",
                "id": 0,
                "init_state": "start",
                "parse_states": [
                    {
                        "name": "start",
                        "id": 0,
                        "parser_ops": [{"op": "extract", "parameters": [{"type": "regular", "value": "i"}]}],
                        "transitions": [{"type": "default", "value": None, "mask": None, "next_state": None}],
                        "transition_key": [],
                    }
                ],
            }
        ],
        "deparsers": [{"name": "deparser", "id": 0, "order": ["o"], "primitives": []}],
        "actions": [{"name": "run", "id": 0, "runtime_data": [], "primitives": [add, to_port, *primitives]}],
        "pipelines": [
            {
                "name": "ingress",
                "id": 0,
                "init_table": "t",
                "tables": [
                    {
                        "name": "t",
                        "id": 0,
                        "key": [],
                        "match_type": "exact",
                        "type": "simple",
                        "max_size": 1,
                        "with_counters": False,
                        "support_timeout": False,
                        "direct_meters": None,
                        "action_ids": [0],
                        "actions": ["run"],
                        "base_default_next": None,
                        "next_tables": {"run": None},
                        "default_entry": {
                            "action_id": 0,
                            "action_const": True,
                            "action_data": [],
                            "action_entry_const": True,
                        },
                    }
                ],
                "conditionals": [],
                "action_profiles": [],
            },
            {"name": "egress", "id": 1, "init_table": None, "tables": [], "conditionals": [], "action_profiles": []},
        ],
    }
