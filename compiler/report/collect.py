"""All parts of the report on a program."""

from __future__ import annotations

from compiler import tree
from compiler.analysis.parsing import parser_size
from compiler.analysis.usage import program_usage
from compiler.analysis.wording import place
from compiler.diagnostics import Sources
from compiler.report.memory import memory_reports
from compiler.report.model import ParserReport, Report
from compiler.report.storage import header_reports, struct_reports
from compiler.report.tables import control_report, scalar_bits


def collect(program: tree.Program, sources: Sources, name: str) -> Report:
    """The report on `program` as the checker made it; `name` is what it is called."""
    architecture = program.main.type.name if program.main is not None else ""
    report = Report(name, architecture)
    report.parsers = [_parser_report(parser) for parser in tree.all_parsers(program)]
    report.controls = [
        control_report(control, sources)
        for control in tree.main_instances(program)
        if isinstance(control, tree.Control)
    ]
    usage = program_usage(program)
    report.externs = dict(sorted(usage.calls.items()))
    parser = next((block for block in tree.main_instances(program) if isinstance(block, tree.Parser)), None)
    outputs = [p for p in parser.parameters if p.direction is tree.Direction.OUT] if parser is not None else []
    inputs = [p for p in parser.parameters if p.direction is tree.Direction.INOUT] if parser is not None else []
    if outputs:
        report.headers = header_reports(outputs[0], usage)
        report.header_bits = sum(header.bits for header in report.headers)
    if inputs:
        report.metadata = struct_reports(inputs[0], usage)
        report.metadata_bits = scalar_bits(inputs[0].type)
    report.memory = memory_reports(program)
    return report


def _parser_report(parser: tree.Parser) -> ParserReport:
    size = parser_size(parser)
    return ParserReport(
        name=parser.control_plane_name or parser.name,
        place=place(parser.type_span),
        states=size.states,
        transitions=size.transitions,
        max_bits=size.bits,
        skips_more=size.is_more,
        loops=[list(states) for states in size.loops],
        unreachable=list(size.unreachable),
    )
