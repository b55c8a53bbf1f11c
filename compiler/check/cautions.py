"""Warn of tables, parsers and calls that are allowed and hardly mean what they say.

Runs on the whole typed tree of a program without errors. The kinds and places are p4c's.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import tree
from compiler.annotations import find
from compiler.check.fold import integer
from compiler.check.initialized import directions
from compiler.diagnostics import Diagnostics, Note
from compiler.rewrite import walk


def warn_of_misuse(program: tree.Program, diagnostics: Diagnostics) -> None:
    for control in tree.all_controls(program):
        for table in control.tables:
            _table(table, diagnostics)
    for node in walk(program):
        if isinstance(node, tree.Parser):
            _parser(node, diagnostics)
        if isinstance(node, tree.Call):
            _overlapping_arguments(node, diagnostics)
        if isinstance(node, tree.ExternFunctionCall):
            _deprecated(node, diagnostics)


def _table(table: tree.Table, diagnostics: Diagnostics) -> None:
    for key in table.keys:
        if tree.is_literal(key.expression):
            message = f"the key {key.control_plane_name} of the table {table.name} is a constant"
            diagnostics.warning("mismatch", message, key.expression.span)
    if table.size is not None and not table.keys and table.size != 1:
        message = f"the table {table.name} has a size ({table.size}) and no key: it has no entries"
        diagnostics.warning("mismatch", message, table.span)
    if table.size is not None and table.entries and table.entries_const:
        message = f"the table {table.name} has a size ({table.size}) and constant entries, to which none can be added"
        diagnostics.warning("mismatch", message, table.span)
    for entry in table.entries:
        _entry(entry, diagnostics)


def _entry(entry: tree.Entry, diagnostics: Diagnostics) -> None:
    for label in entry.keys:
        if not isinstance(label, tree.Mask):
            continue
        value, mask = integer(label.value), integer(label.mask)
        if value is not None and mask is not None and value & ~mask:
            message = f"the value has bits outside of its mask, which count as 0: it is {value & mask:#x}"
            diagnostics.warning("mismatch", message, label.value.span)
    priority = find(entry.annotations, "priority")
    if priority is not None:
        message = "@priority is no part of P4; write priority = ...: before the key"
        diagnostics.warning("deprecated", message, entry.span)


def _deprecated(call: tree.ExternFunctionCall, diagnostics: Diagnostics) -> None:
    annotation = find(call.function.annotations, "deprecated")
    if annotation is not None:
        text = annotation.string() or ""
        diagnostics.warning("deprecated", f"{call.function.name} is deprecated. {text}".rstrip(". "), call.span)


# --- parsers ---


def _parser(parser: tree.Parser, diagnostics: Diagnostics) -> None:
    reached = _reached(parser)
    if tree.ACCEPT not in reached:
        diagnostics.warning("unreachable", f"the parser {parser.type_name} never reaches accept", parser.type_span)
    for state in parser.states:
        if isinstance(state.transition, tree.Select):
            _select(state.transition, diagnostics)
        elif state.transition.span == state.span:
            message = f"the state {state.name} has no transition: it goes to reject"
            diagnostics.warning("parser-transition", message, state.span)


def _reached(parser: tree.Parser) -> set[tree.ParserState]:
    """The states that paths from the start state lead to."""
    waiting = [state for state in parser.states if state.name == "start"]
    reached = set(waiting)
    while waiting:
        transition = waiting.pop().transition
        targets = [transition.state] if isinstance(transition, tree.Goto) else [c.state for c in transition.cases]
        waiting += [state for state in dict.fromkeys(targets) if state not in reached and state is not tree.ACCEPT]
        reached.update(targets)
    return reached


def _select(select: tree.Select, diagnostics: Diagnostics) -> None:
    """Warn of cases that nothing reaches, and of a select all of whose cases lead to one state."""
    catch_all = next((i for i, case in enumerate(select.cases) if _takes_everything(case)), None)
    if catch_all is None:
        return
    for case in select.cases[catch_all + 1 :]:
        note = Note("this label takes everything", select.cases[catch_all].span)
        diagnostics.warning("parser-transition", "no value reaches this case", case.span, note)
    live = select.cases[: catch_all + 1]
    labels = [label for case in live for label in case.labels]
    if any(isinstance(label, tree.ValueSetRef) for label in labels):
        return
    if len(live) > 1 and len({case.state.name for case in live}) == 1:
        keys = select.keys[0].span.to(select.keys[-1].span) if select.keys else select.span
        diagnostics.warning("parser-transition", f"all cases of this select lead to {live[0].state.name}", keys)


def _takes_everything(case: tree.SelectCase) -> bool:
    return all(isinstance(label, tree.DontCare) for label in case.labels)


# --- arguments that share storage (§6.8) ---

Path = tuple[object, ...]


def _overlapping_arguments(call: tree.Call, diagnostics: Diagnostics) -> None:
    """Two arguments that are written and share storage: the one that is copied back last wins."""
    written = [
        argument
        for argument, direction in zip(call.arguments, directions(call), strict=True)
        if direction in ("out", "inout")
    ]
    for later, earlier in _pairs(written):
        mine, other = _path(later), _path(earlier)
        if mine and other and mine[: len(other)] == other[: len(mine)]:
            note = Note("the other argument is here", earlier.span)
            message = "this argument and another one that the call writes share storage; the last one copied back wins"
            diagnostics.warning("ordering", message, later.span, note)


def _pairs(expressions: list[tree.Expression]) -> Iterator[tuple[tree.Expression, tree.Expression]]:
    for position, later in enumerate(expressions):
        for earlier in expressions[:position]:
            yield later, earlier


def _path(expression: tree.Expression) -> Path:
    """The variable and the fields that lead to a place; empty where it is not known."""
    match expression:
        case tree.VariableRef():
            return (expression.declaration,)
        case tree.Member():
            below = _path(expression.base)
            return (*below, expression.name) if below else ()
        case tree.StackIndex(index=tree.IntLiteral(value=index)):
            below = _path(expression.base)
            return (*below, index) if below else ()
        case _:
            return ()
