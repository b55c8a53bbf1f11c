"""The whole JSON: the blocks of V1Switch, in an order in which each section finds what it refers to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from compiler import tree
from compiler import types as t
from compiler.annotations import find
from compiler.backends.bmv2.arrays import bound_tables, counter_arrays, meter_arrays, register_arrays
from compiler.backends.bmv2.checksums import ChecksumWriter, write_deparser
from compiler.backends.bmv2.controls import ControlWriter, Numbers, applied_tables
from compiler.backends.bmv2.expressions import Expressions
from compiler.backends.bmv2.externs import Externs
from compiler.backends.bmv2.layout import STANDARD_METADATA, Json, Layout, scalar_width, used_variables
from compiler.backends.bmv2.parsers import ParserWriter, value_sets
from compiler.backends.bmv2.primitives import Primitives
from compiler.backends.bmv2.source_info import locate, source_info
from compiler.backends.bmv2.tables import TableWriter, table_actions
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.diagnostics import BUILTIN_SPAN, Diagnostics
from compiler.passes import build

VERSION = [2, 23]
PACKAGE = "V1Switch"
ARCHITECTURE = ("core.p4", "v1model.p4")
"""The files of declarations that are not the program's own."""


def emit(program: tree.Program, diagnostics: Diagnostics, *, program_name: str) -> dict[str, Any] | None:
    """The JSON of a program that `compiler.passes.run_passes` has lowered; None if errors were reported."""
    blocks = _blocks(program, diagnostics)
    if blocks is None:
        return None
    try:
        json = _Writer(program, blocks, diagnostics).write(program_name)
    except Unsupported as problem:
        problem.report(diagnostics)
        return None
    return None if diagnostics.has_errors else json


class _Blocks:
    """The arguments of V1Switch."""

    def __init__(self, instances: Sequence[tree.Parser | tree.Control]) -> None:
        parser, verify, ingress, egress, compute, deparser = instances
        assert isinstance(parser, tree.Parser)
        self.parser = parser
        self.controls: list[tree.Control] = []
        for control in (verify, ingress, egress, compute, deparser):
            assert isinstance(control, tree.Control)
            self.controls.append(control)
        self.verify, self.ingress, self.egress, self.compute, self.deparser = self.controls

    @property
    def headers(self) -> list[tree.Parameter]:
        """Every parameter that stands for the parsed representation."""
        first = (self.verify, self.ingress, self.egress, self.compute)
        return [self.parser.parameters[1], *(c.parameters[0] for c in first), self.deparser.parameters[1]]

    @property
    def metadata(self) -> list[tree.Parameter]:
        with_metadata = (self.verify, self.ingress, self.egress, self.compute)
        return [self.parser.parameters[2], *(c.parameters[1] for c in with_metadata)]

    @property
    def standard_metadata(self) -> list[tree.Parameter]:
        return [self.parser.parameters[3], self.ingress.parameters[2], self.egress.parameters[2]]


def _blocks(program: tree.Program, diagnostics: Diagnostics) -> _Blocks | None:
    main = program.main
    if main is None:
        diagnostics.error("missing", "there is no package called main", BUILTIN_SPAN)
        return None
    if main.type.name != PACKAGE:
        diagnostics.error(
            "unsupported", f"package {main.type} is not supported by this target", main.span, hint=PACKAGE
        )
        return None
    return _Blocks(tree.main_instances(program))


class _Writer:
    def __init__(self, program: tree.Program, blocks: _Blocks, diagnostics: Diagnostics) -> None:
        self.program = program
        self.blocks = blocks
        self.diagnostics = diagnostics
        self.layout = Layout()
        self.expressions = Expressions(self.layout, program.errors)
        self.externs = Externs(self.expressions)
        self.primitives = Primitives(self.expressions, self.externs, diagnostics)
        self.no_action = next((a for a in program.actions if a.name == "NoAction"), None) or tree.Action(
            "NoAction", (), BUILTIN_SPAN, [], tree.Block(BUILTIN_SPAN, ()), "NoAction"
        )

    def write(self, program_name: str) -> Json:
        blocks = self.blocks
        tables = [table for c in (blocks.ingress, blocks.egress) for table in applied_tables(c)]
        actions = list(dict.fromkeys(a for table in tables for a in table_actions(table, self.no_action)))
        self._declare_storage(actions)
        self.expressions.negative = _negative_data(tables)
        action_ids = {action: i for i, action in enumerate(actions)}
        written_actions = [self._action(action, i) for action, i in action_ids.items()]
        parser = ParserWriter(self.primitives, self.diagnostics).write(blocks.parser)
        table_writer = TableWriter(self.expressions, action_ids, self.no_action, self.diagnostics)
        numbers = Numbers()
        pipelines = [
            ControlWriter(self.expressions, table_writer, numbers, self.diagnostics).write(name, i, control)
            for i, (name, control) in enumerate((("ingress", blocks.ingress), ("egress", blocks.egress)))
        ]
        checksums = ChecksumWriter(self.expressions, self.externs.calculations, self.diagnostics)
        checksums.write(blocks.verify, update=False)
        checksums.write(blocks.compute, update=True)
        deparser = write_deparser(blocks.deparser, self.primitives, self.diagnostics)
        instances = list(tree.extern_instances(self.program))
        meters = meter_arrays(instances, tables, self.expressions, self._meter_results(tables))
        counters = counter_arrays(instances, tables, self.expressions)
        registers = register_arrays(instances, self.expressions)
        profiles = [profile for pipeline in pipelines for profile in pipeline["action_profiles"]]
        locate([*meters, *counters, *registers, *profiles], instances, self.diagnostics.sources)
        self.layout.finish()
        return {
            "header_types": self.layout.header_types,
            "headers": self.layout.headers,
            "header_stacks": self.layout.stacks,
            "header_union_types": self.layout.union_types,
            "header_unions": self.layout.unions,
            "header_union_stacks": self.layout.union_stacks,
            "field_lists": self.externs.field_lists.json,
            "errors": [[name, number] for name, number in self.expressions.errors.items()],
            "enums": _enums(self.program),
            "parsers": [parser],
            "parse_vsets": value_sets(blocks.parser),
            "deparsers": [deparser],
            "meter_arrays": meters,
            "counter_arrays": counters,
            "register_arrays": registers,
            "calculations": self.externs.calculations.json,
            "learn_lists": self.externs.learn_lists.json,
            "actions": written_actions,
            "pipelines": pipelines,
            "checksums": checksums.checksums,
            "force_arith": [],
            "extern_instances": [],
            "field_aliases": _aliases(blocks.standard_metadata[0].type),
            "program": program_name,
            "__meta__": {"version": VERSION, "compiler": "p4gate"},
        }

    def _declare_storage(self, actions: Sequence[tree.Action]) -> None:
        blocks = self.blocks
        standard = blocks.standard_metadata
        self.layout.declare_standard_metadata(standard[0].type, standard, standard[0].span)
        self.layout.declare("", blocks.headers[0].type, blocks.headers, blocks.headers[0].span)
        self.layout.declare("meta", blocks.metadata[0].type, blocks.metadata, blocks.metadata[0].span)
        bodies: list[object] = [*blocks.parser.states, *actions]
        for control in blocks.controls:
            bodies += [control.body, *control.tables]
        for variable in used_variables(bodies):
            self.layout.declare_variable(variable)
        self.externs.field_lists.add_metadata(blocks.metadata[0], self.expressions)

    def _action(self, action: tree.Action, number: int) -> Json:
        data: list[Json] = []
        for parameter in action.parameters:
            try:
                data.append({"name": _data_name(parameter), "bitwidth": scalar_width(parameter.type, parameter.span)})
            except Unsupported as problem:
                problem.report(self.diagnostics)
        return {
            "name": action.control_plane_name,
            "id": number,
            "runtime_data": data,
            "primitives": self.primitives.action(action.body, action.parameters),
            **source_info(action.span, self.diagnostics.sources),
        }

    def _meter_results(self, tables: Sequence[tree.Table]) -> dict[tree.Declaration, Json]:
        """Where direct meters put their colours: those that nobody reads need a field as well."""
        results = dict(self.externs.direct_meter_results)
        for meter in bound_tables(tables, "meters"):
            if meter not in results:
                colour = build.variable(meter.name, meter.type.arguments[0], meter.span)
                self.layout.declare_variable(colour)
                results[meter] = self.layout.field(build.ref(colour)).json
        return results


def _data_name(parameter: tree.Parameter) -> str:
    """The name by which the control plane knows a parameter."""
    annotation = find(parameter.annotations, "name")
    return (annotation.string() if annotation else None) or parameter.name


def _negative_data(tables: Sequence[tree.Table]) -> set[tree.Parameter]:
    """The parameters of actions to which an entry or a default gives a negative number."""
    found: set[tree.Parameter] = set()
    for table in tables:
        chosen: list[tree.DefaultAction | tree.Entry] = [table.default_action, *table.entries]
        for choice in chosen:
            for parameter, argument in zip(choice.action.parameters, choice.arguments, strict=False):
                if isinstance(argument, tree.IntLiteral) and argument.value < 0:
                    found.add(parameter)
    return found


def _enums(program: tree.Program) -> list[Json]:
    """The enums without numbers of their own; only the program's, not the architecture's."""
    return [
        {"name": type_.name, "entries": [[name, i] for i, name in enumerate(type_.members)]}
        for type_ in program.types
        if isinstance(type_, t.EnumType) and PurePath(type_.span.file).name not in ARCHITECTURE
    ]


def _aliases(standard_metadata: t.Type) -> list[Any]:
    """The names under which simple_switch looks for its intrinsic metadata: `@alias` in v1model.p4."""
    assert isinstance(standard_metadata, t.StructType)
    aliases: list[Any] = []
    for field in standard_metadata.fields:
        annotation = find(field.annotations, "alias")
        name = annotation.string() if annotation else None
        if name is not None:
            aliases.append([name, [STANDARD_METADATA, field.name]])
    return aliases
