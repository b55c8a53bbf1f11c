"""Headers and metadata: how wide, and which of it is used."""

from __future__ import annotations

from compiler import tree
from compiler import types as t
from compiler.analysis.usage import Usage, leaves
from compiler.annotations import has
from compiler.passes.paths import Path
from compiler.report.model import FieldUse, HeaderReport, StructReport
from compiler.report.tables import scalar_bits


def header_reports(root: tree.Parameter, usage: Usage) -> list[HeaderReport]:
    """Every header instance below the program's headers, stacks as one."""
    made: list[HeaderReport] = []
    _headers(root.type, Path(root), "", 1, usage, made)
    return made


def _headers(type_: t.Type, path: Path, name: str, count: int, usage: Usage, made: list[HeaderReport]) -> None:
    if isinstance(type_, t.HeaderType):
        report = HeaderReport(name, str(type_), count * scalar_bits(type_), count, False, False)
        report.extracted = any(other.overlaps(path) for other in usage.extracted)
        report.emitted = any(other.overlaps(path) for other in usage.emitted)
        report.fields = [
            FieldUse(".".join(names), scalar_bits(leaf), _use(leaf_path, usage, given=report.extracted))
            for names, leaf, leaf_path in leaves(type_, path)
        ]
        made.append(report)
    elif isinstance(type_, t.StackType):
        # Elements are used alike: what holds of one, holds of the stack.
        _headers(type_.element, path, f"{name}[{type_.size}]", count * type_.size, usage, made)
    elif isinstance(type_, t.FieldsType):
        for field in type_.fields:
            _headers(field.type, path / field.name, f"{name}.{field.name}".strip("."), count, usage, made)


def struct_reports(root: tree.Parameter, usage: Usage) -> list[StructReport]:
    """The struct of metadata, and each struct inside of it."""
    made: list[StructReport] = []
    if isinstance(root.type, t.StructType):
        _structs(root.type, Path(root), root.name, usage, made)
    return made


def _structs(type_: t.FieldsType, path: Path, name: str, usage: Usage, made: list[StructReport]) -> None:
    report = StructReport(name, str(type_), scalar_bits(type_), 0)
    made.append(report)
    for field in type_.fields:
        here = path / field.name
        if isinstance(field.type, t.FieldsType):
            _structs(field.type, here, f"{name}.{field.name}", usage, made)
            continue
        use = _use(here, usage, kept=has(field.annotations, "field_list"))
        report.fields.append(FieldUse(field.name, scalar_bits(field.type), use))
    report.unused_bits = sum(each.bits for each in report.fields if each.use in ("unused", "never read"))


def _use(path: Path, usage: Usage, given: bool = False, kept: bool = False) -> str:
    """`given`: a value comes from the packet; `kept`: it is read when the packet is cloned."""
    is_read, is_written = kept or _reads(path, usage), usage.is_written(path)
    if is_read and (is_written or given):
        return "read and written" if is_written else "read"
    if is_read:
        return "never written"
    return "never read" if is_written else "unused"


def _reads(path: Path, usage: Usage) -> bool:
    return usage.is_read(path)
