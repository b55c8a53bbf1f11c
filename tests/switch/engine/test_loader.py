"""The loader refuses bad JSON with one line: where and why. Oracle: docs/JSON_format.md of behavioral-model."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from switch.bmv2_json import load_program
from switch.bmv2_json.parsers import key_width
from switch.codegen import generate
from switch.errors import BadProgram

from .golden import ROOT, json_path
from .program import field, program


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/*.json")), ids=lambda p: p.stem)
def test_every_recorded_program_loads(path: Path) -> None:
    program = load_program(path)
    assert program.ingress.name == "ingress" and program.egress.name == "egress"


def _set(*keys: str | int, to: Any) -> Callable[[Any], None]:
    def change(root: Any) -> None:
        for key in keys[:-1]:
            root = root[key]
        if to is KeyError:
            del root[keys[-1]]
        else:
            root[keys[-1]] = to

    return change


P0, T0 = ("parsers", 0, "parse_states", 0), ("pipelines", 0, "tables", 0)

# change of table_exact.json -> what the message must say
BROKEN = {
    "version": (_set("__meta__", "version", to=[3, 0]), "__meta__.version: version 3.0"),
    "newer minor": (_set("__meta__", "version", to=[2, 99]), "version 2.99"),
    "width": (_set("header_types", 2, "fields", 0, 1, to="x"), "header_types[2].fields[0][1]: expected an integer"),
    "bits": (_set("header_types", 2, "fields", 0, 1, to=15), "not a whole number of bytes"),
    "header type": (
        _set("headers", 2, "header_type", to="nope"),
        "headers[2].header_type: no header type is named 'nope'",
    ),
    "extract": (_set(*P0, "parser_ops", 0, "op", to="swallow"), "parsers[0].parse_states[0].parser_ops[0].op"),
    "extract what": (_set(*P0, "parser_ops", 0, "parameters", 0, "value", to="g"), "no header is named 'g'"),
    "next state": (_set(*P0, "transitions", 0, "next_state", to="gone"), "no state is named 'gone'"),
    "primitive": (
        _set("actions", 0, "primitives", 0, "op", to="explode"),
        "actions[0].primitives[0].op: unknown primitive",
    ),
    "parameters": (_set("actions", 0, "primitives", 0, "parameters", to=[]), "takes 2 parameters, not 0"),
    "parameter": (_set("actions", 0, "primitives", 0, "parameters", 1, "value", to=7), "actions[0].primitives[0]"),
    "hex": (_set("actions", 0, "primitives", 0, "parameters", 1, to={"type": "hexstr", "value": "zz"}), "hexadecimal"),
    "key field": (_set(*T0, "key", 0, "target", to=["h", "zz"]), "header type 'h_t' has no field 'zz'"),
    "match kind": (_set(*T0, "key", 0, "match_type", to="fuzzy"), "unknown match kind 'fuzzy'"),
    "action id": (_set(*T0, "action_ids", to=[0, 99]), "no action has id 99"),
    "default data": (_set(*T0, "default_entry", "action_data", to=["0x1"]), "takes 0 parameters, not 1"),
    "next table": (_set(*T0, "next_tables", "MyIngress.set", to="elsewhere"), "goes on to 'elsewhere'"),
    "init table": (_set("pipelines", 0, "init_table", to="absent"), "there is no 'absent'"),
    "no egress": (_set("pipelines", 1, "name", to="other"), "there is no pipeline 'egress'"),
    "deparser": (_set("deparsers", 0, "order", to=["h", "q"]), "deparsers[0].order[1]: no header is named 'q'"),
    "two fields": (_set("header_types", 2, "fields", 1, 0, to="k"), "a second field named"),
    "wide": (_set("header_types", 2, "fields", 0, 1, to=1 << 40), "too large; the most is 8192 bits"),
    "size": (_set(*T0, "max_size", to=-1), "max_size: expected an integer that is not negative"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bad_json_is_refused_in_one_line_that_says_where(name: str) -> None:
    change, expected = BROKEN[name]
    root = copy.deepcopy(json.loads(json_path("table_exact").read_text()))
    change(root)
    with pytest.raises(BadProgram) as caught:
        load_program(root)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_json_is_refused(tmp_path: Path) -> None:
    for text in ("", "{", "[]", "null", '"x"', "\x00"):
        with pytest.raises(BadProgram):
            load_program(text)
    with pytest.raises(BadProgram, match="No such file"):
        load_program(tmp_path / "absent.json")


def test_deep_nesting_is_refused_not_a_crash() -> None:
    root = json.loads(json_path("table_exact").read_text())
    deep: Any = {"type": "hexstr", "value": "0x1"}
    for _ in range(5000):
        deep = {"type": "expression", "value": {"op": "~", "left": None, "right": deep}}
    root["actions"][0]["primitives"][0]["parameters"][1] = deep
    with pytest.raises(BadProgram, match="nested"):
        load_program(root)


def test_json_of_early_compilers_loads() -> None:
    """No version, transitions without type, `default` as a value and not in the last place: as BMv2 takes them."""
    root = json.loads(json_path("table_exact").read_text())
    del root["__meta__"]
    state = root["parsers"][0]["parse_states"][0]
    state["transition_key"] = [{"type": "lookahead", "value": [0, 8]}]
    state["transitions"] = [
        {"value": "default", "mask": None, "next_state": None},
        {"value": "0x01", "mask": None, "next_state": state["name"]},
    ]
    transitions = load_program(root).parser.states[state["name"]].transitions
    assert [(t.value, t.next) for t in transitions] == [(1, state["name"]), (None, None)]


def test_an_expression_as_key_is_as_wide_as_the_values_leave_it() -> None:
    root = json.loads(json_path("parser_stack_next").read_text())
    stack = root["header_stacks"][0]["name"]
    last = {"op": "last_stack_index", "left": None, "right": {"type": "header_stack", "value": stack}}
    state = root["parsers"][0]["parse_states"][0]
    state["transition_key"] = [{"type": "hexstr", "value": "0x07"}, {"type": "expression", "value": last}]
    state["transitions"] = [{"type": "hexstr", "value": "0x0700000002", "mask": None, "next_state": None}]
    assert [key_width(k) for k in load_program(root).parser.states[state["name"]].key] == [8, 32]
    state["transition_key"].append(state["transition_key"][1])
    with pytest.raises(BadProgram, match="a second expression in a transition key"):
        load_program(root)


def test_values_that_do_not_fit_on_the_stack_are_refused() -> None:
    square: Any = field("i", "w")
    for _ in range(10):
        square = {"type": "expression", "value": {"op": "*", "left": square, "right": square}}
    quotient = {
        "type": "expression",
        "value": {"op": ">>", "left": square, "right": {"type": "hexstr", "value": "0x40"}},
    }
    made = program(
        [("w", 72, False)], [("b", 72, False)], [{"op": "assign", "parameters": [field("o", "b"), quotient]}]
    )
    with pytest.raises(BadProgram, match=r"^actions\.run: an expression has values of \d+ bits; the most is 20000$"):
        generate(load_program(made))


def test_a_complaint_is_one_short_line() -> None:
    root = copy.deepcopy(json.loads(json_path("table_exact").read_text()))
    root["pipelines"][0]["init_table"] = "x\n" * 5000
    with pytest.raises(BadProgram) as caught:
        load_program(root)
    assert len(str(caught.value)) < 600 and "\n" not in str(caught.value)
