"""All drawings of a program, of the kinds that are asked for."""

from __future__ import annotations

from collections.abc import Collection

from compiler import tree
from compiler.analysis.dependencies import dependencies
from compiler.analysis.flow import control_flow
from compiler.diagnostics import Sources
from compiler.graph.controls import draw_control
from compiler.graph.drawing import Drawing
from compiler.graph.parsers import draw_parser
from compiler.graph.tables import draw_tables

KINDS = ("parser", "control", "tables")


def draw(program: tree.Program, sources: Sources, kinds: Collection[str] = KINDS) -> list[Drawing]:
    """The drawings of `program` (as the checker made it): parsers with inner ones, then the package's controls.

    Inner controls are written out in those that apply them. Controls without a table have no dependency graph, those
    that do nothing no drawing at all.
    """
    drawings: list[Drawing] = []
    if "parser" in kinds:
        drawings += [draw_parser(parser, sources) for parser in tree.all_parsers(program)]
    for control in tree.main_instances(program):
        if not isinstance(control, tree.Control) or not (control.body.statements or control.variables):
            continue
        flow = control_flow(control, sources)
        if "control" in kinds:
            drawings.append(draw_control(flow, sources))
        if "tables" in kinds and any(node.table is not None for node in flow.nodes):
            drawings.append(draw_tables(flow, dependencies(flow), sources))
    return drawings
