"""The report for people: at most 100 columns, colours where they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import click

from compiler.analysis.wording import shorten
from compiler.report.model import (
    ChainLink,
    ControlReport,
    HeaderReport,
    MemoryReport,
    ParserReport,
    Report,
    StructReport,
    TableCost,
)

WIDTH = 100
_UNITS = ((8 * 1024**3, "GiB"), (8 * 1024**2, "MiB"), (8 * 1024, "KiB"))

_WHY = {
    "match": "matches on what the one before writes",
    "action": "its action uses what the one before writes",
    "reverse": "writes what the one before uses",
}

_Style = Callable[..., str]


def to_text(report: Report, color: bool = False) -> str:
    style: _Style = click.style if color else _plain
    blocks = [_head(report, style)]
    blocks.append(_section("Parsers", (_parser(parser) for parser in report.parsers), style))
    for control in report.controls:
        if control.tables or control.conditions:
            blocks.append(_control(control, style))
    blocks.append(_section("Memory", _memory(report.memory), style))
    blocks.append(_section(f"Headers: {report.header_bits} bits", _headers(report.headers), style))
    blocks.append(_section(f"Metadata: {report.metadata_bits} bits", _metadata(report.metadata), style))
    blocks.append(_section("Externs used", _externs(report.externs), style))
    return "\n".join(block for block in blocks if block)


def _plain(text: str, **_: object) -> str:
    return text


def _head(report: Report, style: _Style) -> str:
    tables = [table for control in report.controls for table in control.tables]
    total = sum(table.total_bits for table in tables) + sum(each.total_bits or 0 for each in report.memory)
    lines = [
        style(f"{report.program} ({report.architecture})", bold=True),
        f"{_count(len(tables), 'table')}, about {_memory_size(total)} of table entries and memory; "
        f"headers {report.header_bits} bits, metadata {report.metadata_bits} bits",
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Iterable[str], style: _Style) -> str:
    body = list(lines)
    return "\n".join([style(title, bold=True), *body]) + "\n" if body else ""


# --- parsers ---


def _parser(parser: ParserReport) -> str:
    if parser.max_bits is None:
        extent = "reads without a bound: a loop extracts no stack"
    else:
        size, rest = divmod(parser.max_bits, 8)
        extent = f"reads at most {size} bytes" + (f" and {rest} bits" if rest else "")
        extent += ", and skips more" if parser.skips_more else ""
    text = f"  {parser.name}: {_count(parser.states, 'state')}, {_count(parser.transitions, 'transition')}, {extent}"
    lines = [shorten(text, WIDTH)]
    lines += _wrapped("    loop: ", [" -> ".join(states) for states in parser.loops])
    lines += _wrapped("    never reached: ", parser.unreachable)
    return "\n".join(lines)


# --- tables ---


def _control(control: ControlReport, style: _Style) -> str:
    counts = [_count(len(control.tables), "table"), _count(control.conditions, "condition")]
    counts.append(_count(control.statements, "statement"))
    title = f"Control {control.name}: {', '.join(counts)}, {_count(control.stages, 'stage')} at least"
    lines = [style(shorten(title, WIDTH), bold=True)]
    if control.tables:
        lines.append(
            style(
                f"  {'stage':>5} {'table':<31} {'match':<20} {'key':>4} {'data':>4} {'act':>3} {'size':>8}"
                f" {'entry':>5} {'total':>9}",
                dim=True,
            )
        )
        prefix = _common_path([table.name for table in control.tables])
        for table in sorted(control.tables, key=lambda table: table.stage):
            lines += _table(table, prefix, style)
        lines.append(style("  bits of key, most action data, one entry; * is on the longest chain", dim=True))
    lines += _wrapped("  never applied: ", control.unused_tables)
    if control.stages > 1:
        lines.append(style(f"  Why {control.stages} stages:", bold=True))
        lines += [_link(link) for link in control.chain]
        if any(link.dependency == "control" for link in control.chain):
            lines.append(style("  . runs or not by what the one above comes to", dim=True))
    return "\n".join(lines) + "\n"


def _table(table: TableCost, prefix: str, style: _Style) -> list[str]:
    star = "*" if table.critical else " "
    kinds: dict[str, int] = {}
    for key in table.keys:
        if key.match_kind != "selector":
            kinds[key.match_kind] = kinds.get(key.match_kind, 0) + key.bits
    match = ", ".join(f"{kind} {bits}" for kind, bits in kinds.items()) or "no key"
    name = shorten(table.name.removeprefix(prefix), 31)
    line = (
        f"{star} {table.stage:>5} {name:<31} {shorten(match, 20):<20} {table.key_bits:>4} {table.max_data_bits:>4}"
        f" {len(table.actions):>3} {table.size:>8} {table.entry_bits:>5} {_memory_size(table.total_bits):>9}"
    )
    notes = []
    if table.entries:
        notes.append(f"{table.entries} {'const' if table.const_entries else 'initial'} entries")
    if table.size_from == "default" and table.key_bits:
        notes.append("size is the default")
    for label, resource in (("counter", table.direct_counter), ("meter", table.direct_meter)):
        if resource is not None:
            notes.append(f"{label} {resource.rpartition('.')[2]}")
    if table.implementation is not None:
        notes.append(f"entries choose from {table.implementation.rpartition('.')[2]}")
    if table.idle_timeout:
        notes.append("idle timeout")
    lines = [style(line, bold=True) if table.critical else line]
    lines += [style(text, dim=True) for text in _wrapped(" " * 8, notes)]
    return lines


def _link(link: ChainLink) -> str:
    """The node, below the reason why it waits; what only runs or not is marked and needs no other reason."""
    mark = ". " if link.dependency == "control" else ""
    text = f"    {link.stage:>3}  {mark}{shorten(link.node, 60)}"
    text = shorten(text + (f"  ({link.place.rpartition('/')[2]})" if link.place else ""), WIDTH)
    if link.dependency is None or mark:
        return text
    fields = f": {', '.join(link.fields)}" if link.fields else ""
    return shorten(f"         | {_WHY[link.dependency]}{fields}", WIDTH) + "\n" + text


# --- memory and storage ---


def _memory(memory: Sequence[MemoryReport]) -> list[str]:
    lines = []
    for each in memory:
        cells = f"{each.size} cells"
        if each.cell_bits is not None:
            cells = f"{each.size} x {each.cell_bits} bits = {_memory_size(each.total_bits or 0)}"
        users = f"  by {', '.join(each.used_by)}" if each.used_by else "  never used"
        lines.append(shorten(f"  {each.kind:<15} {shorten(each.name, 34):<34} {cells}{users}", WIDTH))
    return lines


def _headers(headers: Sequence[HeaderReport]) -> list[str]:
    lines = []
    for header in headers:
        unused = [field for field in header.fields if field.use in ("unused", "never read")]
        life = [word for word, is_so in (("extracted", header.extracted), ("emitted", header.emitted)) if is_so]
        name, type_ = shorten(header.name, 30), shorten(header.type, 22)
        text = f"  {name:<30} {type_:<22} {header.bits:>6}  {', '.join(life) or 'not parsed'}"
        if header.fields and len(unused) == len(header.fields):
            text += "; no field is looked at"
        lines.append(shorten(text, WIDTH))
    return lines


def _metadata(structs: Sequence[StructReport]) -> list[str]:
    lines = []
    for struct in structs:
        waste = f", {struct.unused_bits} of them never read" if struct.unused_bits else ""
        lines.append(shorten(f"  {struct.name} ({struct.type}): {struct.bits} bits{waste}", WIDTH))
        for use in ("unused", "never read", "never written"):
            fields = [f"{field.name} {field.bits}" for field in struct.fields if field.use == use]
            lines += _wrapped(f"    {use}: ", fields)
        widest = sorted((field for field in struct.fields if field.bits >= 32), key=lambda field: -field.bits)
        lines += _wrapped("    widest: ", [f"{field.name} {field.bits}" for field in widest[:6]])
    return lines


def _externs(externs: dict[str, int]) -> list[str]:
    return _wrapped("  ", [f"{name} {count}" for name, count in externs.items()])


# --- words ---


def _wrapped(start: str, items: Sequence[str]) -> list[str]:
    """`start` and the items with commas between, in lines that are not too long."""
    lines: list[str] = []
    line = start
    for i, item in enumerate(items):
        text = item + ("," if i < len(items) - 1 else "")
        if line.strip() and line != start and len(line) + 1 + len(text) > WIDTH:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += text + " "
    return [*lines, shorten(line.rstrip(), WIDTH)] if items else []


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _memory_size(bits: int) -> str:
    for unit, name in _UNITS:
        if bits >= unit:
            return f"{bits / unit:.1f} {name}"
    return f"{-(-bits // 8)} B" if bits % 8 == 0 or bits > 1024 else f"{bits} bits"


def _common_path(names: Sequence[str]) -> str:
    """The path that all names begin with, with its dot; names that are alone keep theirs."""
    if len(names) < 2:
        return ""
    parts = [name.split(".")[:-1] for name in names]
    common = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        common.append(column[0])
    return "".join(f"{part}." for part in common)
