"""The door: BMv2 JSON as a path, text or object -> Program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from switch.bmv2_json.actions import read_actions, read_source
from switch.bmv2_json.expressions import Scope, read_bool, read_data
from switch.bmv2_json.headers import read_headers
from switch.bmv2_json.node import Node
from switch.bmv2_json.objects import (
    read_calculations,
    read_counters,
    read_field_lists,
    read_ipv4_checksum,
    read_learn_lists,
    read_meters,
    read_registers,
    read_value_sets,
)
from switch.bmv2_json.parsers import read_deparser, read_parser
from switch.bmv2_json.pipelines import PipelineReader
from switch.bmv2_json.program import Checksum, FieldRef, Program
from switch.errors import BadProgram

VERSION = (2, 24)  # docs/JSON_format.md of behavioral-model
REQUIRED = ("ingress_port", "packet_length", "instance_type", "egress_spec", "egress_port")


def read_json(source: Path | str | bytes | Mapping[str, object]) -> Mapping[str, object]:
    """The JSON object in a file (a Path), a text, or already parsed."""
    if isinstance(source, Mapping):
        return source
    where = str(source) if isinstance(source, Path) else "JSON"
    try:
        text = source.read_bytes() if isinstance(source, Path) else source
        parsed = json.loads(text)
    except OSError as error:
        raise BadProgram(f"{where}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadProgram(f"{where}: not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise BadProgram(f"{where}: expected a JSON object")
    return parsed


def load_program(source: Path | str | bytes | Mapping[str, object]) -> Program:
    """Raises BadProgram with one line: where in the JSON, and why."""
    try:
        return _program(Node(read_json(source), ""))
    except RecursionError:
        raise BadProgram("JSON: expressions are nested too deeply") from None


def _program(root: Node) -> Program:
    _check_version(root)
    headers = read_headers(root)
    scope = Scope(headers, read_counters(root))
    scope.meters = read_meters(root, scope)
    scope.registers = read_registers(root)
    scope.value_sets = read_value_sets(root)
    scope.calculations = read_calculations(root, scope)
    errors = {}
    for item in root.list_at("errors"):
        name, number = item.exactly(2)
        errors[name.text()] = number.number()
    actions = read_actions(root, scope)
    reader = PipelineReader(scope, actions)
    pipelines = {p.name: p for p in map(reader.read, root["pipelines"])}
    for wanted in ("ingress", "egress"):
        if wanted not in pipelines:
            root["pipelines"].fail(f"there is no pipeline '{wanted}'")
    parsers = {n.name(): n for n in root["parsers"]}
    deparsers = {n.name(): n for n in root["deparsers"]}
    if "parser" not in parsers:
        root["parsers"].fail("there is no 'parser'")
    if "deparser" not in deparsers:
        root["deparsers"].fail("there is no 'deparser'")
    checksums = tuple(_checksum(n, scope) for n in root.list_at("checksums"))
    aliases = {}
    for item in root.list_at("field_aliases"):
        alias, target = item.exactly(2)
        scope.headers.field(target)
        header, member = target.exactly(2)
        aliases[alias.text()] = (header.text(), member.text())
    program_name = root.get("program")
    program = Program(
        name=program_name.text() if program_name is not None else "",
        header_types=tuple(headers.types.values()),
        headers=headers.headers,
        stacks=headers.stacks,
        unions=headers.unions,
        union_stacks=headers.union_stacks,
        errors=errors,
        parser=read_parser(parsers["parser"], scope),
        deparser=read_deparser(deparsers["deparser"], scope),
        value_sets=tuple(scope.value_sets.values()),
        counters=tuple(scope.counters.values()),
        meters=tuple(scope.meters.values()),
        registers=tuple(scope.registers.values()),
        calculations=tuple(scope.calculations.values()),
        field_lists=read_field_lists(root, scope),
        learn_lists=read_learn_lists(root, scope),
        actions=tuple(actions),
        profiles=tuple(reader.profiles.values()),
        tables=tuple(reader.tables),
        ingress=pipelines["ingress"],
        egress=pipelines["egress"],
        checksums=checksums,
        aliases=aliases,
        varbit_lengths={
            n.name(): read_data(n["length_exp"], scope) for n in root["header_types"] if n.get("length_exp") is not None
        },
    )
    for required in REQUIRED:
        if program.standard(f"standard_metadata.{required}") is None:
            raise BadProgram(f"headers: simple_switch needs a field standard_metadata.{required}, or an alias for it")
    return program


def _check_version(root: Node) -> None:
    """JSON of old compilers has no version: it is taken for one that can be read, as by BMv2."""
    meta = root.get("__meta__")
    if meta is None or meta.get("version") is None:
        return
    major, minor = meta["version"].exactly(2)
    if major.number() != VERSION[0] or minor.number() > VERSION[1]:
        found = f"{major.number()}.{minor.number()}"
        meta["version"].fail(f"version {found} cannot be read; 2.0 to {VERSION[0]}.{VERSION[1]} can")


def _checksum(node: Node, scope: Scope) -> Checksum:
    target = scope.headers.field(node["target"])
    if not isinstance(target, FieldRef):
        node["target"].fail("$valid$ cannot be a checksum")
    kind = node.get("type")
    if kind is not None and kind.text() == "ipv4":
        calculation = read_ipv4_checksum(node, target)
        scope.calculations[calculation.name] = calculation
    else:
        name = node["calculation"]
        found = scope.calculations.get(name.text())
        calculation = found if found is not None else name.fail(f"no calculation is named '{name.text()}'")
    condition_node = node.get("if_cond")
    condition = read_bool(condition_node, scope) if condition_node is not None else None
    update, verify = node.flag("update", True), node.flag("verify", True)
    return Checksum(node.name(), target, calculation, condition, update, verify, read_source(node))
