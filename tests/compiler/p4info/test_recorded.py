"""P4Info and entries of small programs that are hard on names, annotations, types. Oracle: p4c's record, as messages.

Where p4c contradicts its own P4Info (entries with the numbers of fields that have an @id, names of types with a @name),
ours does not, and the test says what is right.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from finsy.proto import p4i, p4r
from google.protobuf import message, text_format

from compiler import lexer, parser, source
from compiler.backends.p4info import emit
from compiler.backends.p4info.entries import entries
from compiler.check import check_program
from compiler.diagnostics import Diagnostics
from tests.compiler.programs import check, program

RECORDED = Path(__file__).parent / "recorded"
PROGRAMS = sorted(RECORDED.glob("*.p4"))


def made_from(path: Path) -> tuple[p4i.P4Info, p4r.WriteRequest]:
    diagnostics = Diagnostics()
    text = source.read_source(path, diagnostics)
    assert text is not None
    checked = check_program(parser.parse(lexer.tokenize(text), text.text, diagnostics), diagnostics)
    assert checked is not None and not diagnostics.has_errors, diagnostics.render()
    info = emit(checked, diagnostics)
    request = entries(checked, info, diagnostics)
    assert not diagnostics.has_errors, diagnostics.render()
    return info, request


def difference(recorded: message.Message, made: message.Message) -> str:
    texts = [text_format.MessageToString(one).splitlines() for one in (recorded, made)]
    return "\n".join(difflib.unified_diff(*texts, "p4c", "ours", lineterm=""))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_p4info_and_entries_are_what_p4c_wrote(path: Path) -> None:
    recorded_info = text_format.Parse(path.with_suffix(".p4info.txtpb").read_text(), p4i.P4Info())
    entries_file = path.with_suffix(".entries.txtpb")
    recorded_entries = text_format.Parse(entries_file.read_text() if entries_file.exists() else "", p4r.WriteRequest())
    info, request = made_from(path)
    assert info == recorded_info, difference(recorded_info, info)
    assert request == recorded_entries, difference(recorded_entries, request)


def entries_of(locals: str) -> tuple[p4r.WriteRequest, p4i.P4Info, Diagnostics]:
    checked, diagnostics = check(program("t.apply();", locals=locals))
    info = emit(checked, diagnostics)
    return entries(checked, info, diagnostics), info, diagnostics


def test_entries_use_the_numbers_that_p4info_gives_to_fields_and_parameters() -> None:
    request, info, _ = entries_of("""
        action a(@id(9) bit<8> x, bit<8> y) { hdr.h.a = x + y; }
        table t {
            key = { hdr.h.a: exact @id(5); hdr.h.b: exact; }
            actions = { a; }
            default_action = a(0, 0);
            const entries = { (1, 2): a(3, 4); }
        }""")
    (update,) = request.updates
    entry = update.entity.table_entry
    assert [(match.field_id, match.exact.value) for match in entry.match] == [(5, b"\1"), (2, b"\2")]
    assert [(parameter.param_id, parameter.value) for parameter in entry.action.action.params] == [
        (9, b"\3"),
        (2, b"\4"),
    ]
    assert [field.id for field in info.tables[0].match_fields] == [5, 2]


def test_hidden_tables_have_no_entries_as_they_have_no_id() -> None:
    request, info, diagnostics = entries_of("""
        @hidden table t { key = { hdr.h.a: exact; } actions = { NoAction; } const entries = { 1: NoAction(); } }""")
    assert not request.updates and not info.tables and not diagnostics.has_errors


def test_an_entry_with_an_action_that_control_planes_cannot_see_is_refused() -> None:
    _, _, diagnostics = entries_of("""
        @hidden action a() { }
        table t { key = { hdr.h.a: exact; } actions = { a; NoAction; } const entries = { 1: a(); } }""")
    assert "a is hidden from the control plane" in diagnostics.render()


def test_signed_values_are_written_in_two_s_complement_and_ranges_through_zero_refused() -> None:
    locals = """
        table t {{ key = {{ hdr.h.s: {kind}; }} actions = {{ NoAction; }} const entries = {{ {key}: NoAction(); }} }}"""
    request, _, _ = entries_of(locals.format(kind="exact", key="-2"))
    assert request.updates[0].entity.table_entry.match[0].exact.value == b"\xfe"
    _, _, diagnostics = entries_of(locals.format(kind="range", key="-2 .. 3"))
    assert diagnostics.error_count == 1


def test_the_name_of_a_type_is_the_one_in_the_list_of_types() -> None:
    types = '@name("shown") type bit<8> hidden_t;'
    locals = "action a(hidden_t x) { } table t { key = { } actions = { a; } default_action = a((hidden_t) 1); }"
    checked, diagnostics = check(program("t.apply();", locals=locals, types=types))
    info = emit(checked, diagnostics)
    assert [parameter.type_name.name for parameter in info.actions[0].params] == ["shown"]
    assert list(info.type_info.new_types) == ["shown"]


@pytest.mark.parametrize(
    ("locals", "types"),
    [
        ("table t { key = { hdr.h.a: exact; } actions = { NoAction; } size = 99999999999999999999; }", ""),
        ("register<bit<8>>(4294967295) r; table t { actions = { NoAction; } }", ""),
        ("@max_group_size(4294967296) action_selector(HashAlgorithm.crc16, 8, 8) s; table t { actions = { } }", ""),
        ("table t { key = { hdr.h.a: exact @id(4294967296); } actions = { NoAction; } }", ""),
        ("@id(4294967296) table t { actions = { NoAction; } }", ""),
        (
            "action a(tr_t v) { } table t { key = { hdr.h.a: exact; } actions = { a; NoAction; } }",
            '@p4runtime_translation("", bit<99999>) type bit<8> tr_t;',
        ),
    ],
)
def test_numbers_that_p4info_cannot_hold_are_errors(locals: str, types: str) -> None:
    """p4c refuses each of them, too."""
    checked, diagnostics = check(program("t.apply();", locals=locals, types=types))
    emit(checked, diagnostics)
    assert diagnostics.error_count == 1
