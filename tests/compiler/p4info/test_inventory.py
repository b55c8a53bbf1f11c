"""What is and what is not in P4Info. Oracle: p4c's output for the same constructs, written down here in words."""

from __future__ import annotations

from finsy.proto import p4i

from compiler.backends.p4info import emit
from compiler.diagnostics import Diagnostics
from tests.compiler.programs import check, program


def info_of(apply: str, locals: str = "", types: str = "") -> tuple[p4i.P4Info, Diagnostics]:
    checked, diagnostics = check(program(apply, locals=locals, types=types))
    return emit(checked, diagnostics), diagnostics


TABLE = "table {name} {{ key = {{ hdr.h.a: exact; }} actions = {{ {actions} }} }}"


def test_a_table_that_nothing_applies_is_left_out_with_its_actions() -> None:
    locals = (
        "action a() { } action b() { } " + TABLE.format(name="t", actions="a;") + TABLE.format(name="u", actions="b;")
    )
    info, _ = info_of("t.apply();", locals)
    assert [table.preamble.name for table in info.tables] == ["I.t"]
    assert [action.preamble.name for action in info.actions] == ["NoAction", "I.a"]


def test_a_table_in_a_branch_that_is_never_taken_is_left_out() -> None:
    info, _ = info_of("if (false) { t.apply(); }", TABLE.format(name="t", actions=""))
    assert not info.tables


def test_an_action_that_only_the_program_calls_has_no_parameters() -> None:
    locals = "action a(bit<8> n) { hdr.h.a = n; } action b(bit<8> n) { hdr.h.a = n; } " + TABLE.format(
        name="t", actions="b;"
    )
    info, _ = info_of("a(1); b(2); t.apply();", locals)
    parameters = {action.preamble.name: [parameter.name for parameter in action.params] for action in info.actions}
    assert parameters == {"NoAction": [], "I.a": [], "I.b": ["n"]}


def test_every_instance_of_a_control_has_tables_of_its_own_in_the_place_of_the_instance() -> None:
    types = "control Q(inout headers_t hdr) {" + TABLE.format(name="inner", actions="") + "apply { inner.apply(); } }"
    locals = (
        TABLE.format(name="first", actions="") + "Q() one; Q() two; Q() unused;" + TABLE.format(name="last", actions="")
    )
    info, _ = info_of("last.apply(); two.apply(hdr); first.apply(); one.apply(hdr);", locals, types)
    assert [table.preamble.name for table in info.tables] == ["I.first", "I.one.inner", "I.two.inner", "I.last"]


def test_extern_instances_are_there_even_if_nothing_uses_them() -> None:
    info, _ = info_of("", "counter(4, CounterType.packets) c; direct_counter(CounterType.bytes) of_no_table;")
    assert [counter.preamble.name for counter in info.counters] == ["I.c"]
    assert not info.direct_counters


def test_what_is_hidden_is_not_described_but_takes_its_name() -> None:
    locals = "@hidden table t { actions = { } } " + TABLE.format(name="u", actions="")
    info, _ = info_of("t.apply(); u.apply();", locals)
    assert [table.preamble.alias for table in info.tables] == ["u"]


def test_a_type_is_translated_to_bits_or_a_string_only() -> None:
    for target, based_on, errors in (
        ("bool", "bit<8>", 1),
        ("int<8>", "bit<8>", 1),
        ("string", "int<8>", 1),
        ("bit<4>", "bit<8>", 0),
    ):
        types = f'@p4runtime_translation("", {target}) type {based_on} T;'
        locals = "action a(T t) { } " + TABLE.format(name="t", actions="a;")
        _, diagnostics = info_of("t.apply();", locals, types)
        assert diagnostics.error_count == errors, (target, based_on)


def test_unknown_package_data_is_warned_about() -> None:
    text = program().replace("V1Switch(", '@pkginfo(name = "n", colour = "red") V1Switch(')
    checked, diagnostics = check(text)
    info = emit(checked, diagnostics)
    assert info.pkg_info.name == "n"
    assert ["colour" in item.message for item in diagnostics.items] == [True]


def test_an_architecture_of_ones_own_is_warned_about() -> None:
    checked, diagnostics = check(program().replace("V1Switch(", '@pkginfo(arch = "mine") V1Switch('))
    assert emit(checked, diagnostics).pkg_info.arch == "mine"
    assert [item.kind for item in diagnostics.items] == ["invalid"]  # as p4c


def test_selector_annotations_become_fields() -> None:
    locals = (
        '@max_group_size(8) @selector_size_semantics("sum_of_members") @max_member_weight(3) @other '
        "action_selector(HashAlgorithm.crc16, 64, 16) s; action_profile(9) p;"
    )
    info, _ = info_of("", locals)
    selector, profile = info.action_profiles
    assert (selector.with_selector, selector.size, selector.max_group_size) == (True, 64, 8)
    assert selector.sum_of_members.max_member_weight == 3
    assert list(selector.preamble.annotations) == ["@other"]
    assert (profile.with_selector, profile.size, profile.WhichOneof("selector_size_semantics")) == (False, 9, None)


def test_a_value_set_with_a_nested_struct_is_refused() -> None:
    types = "struct in_t { bit<8> x; } struct set_t { bit<8> a; in_t inner; }"
    text = program("", types=types).replace("state start {", "value_set<set_t>(4) vs; state start {", 1)
    checked, diagnostics = check(text)
    emit(checked, diagnostics)
    message = diagnostics.render()
    assert "cannot fill the field inner of a value_set" in message and "[unsupported]" in message


def test_two_actions_of_one_name_are_refused_if_both_are_used() -> None:
    """As p4c does: what is not used is out of the program before it looks."""
    actions = '@name(".x") action a() { hdr.h.a = 1; } @name(".x") action b() { hdr.h.a = 2; } '
    _, diagnostics = info_of("t.apply();", actions + TABLE.format(name="t", actions="a;"))
    assert not diagnostics.has_errors
    _, diagnostics = info_of("t.apply(); b();", actions + TABLE.format(name="t", actions="a;"))
    assert diagnostics.error_count == 1 and "two actions are called x" in diagnostics.render()


def test_an_action_with_a_name_of_its_own_cannot_be_in_two_instances() -> None:
    types = 'control Q(inout headers_t hdr) { @name(".x") action a() { hdr.h.a = 1; } apply { a(); } }'
    _, diagnostics = info_of("one.apply(hdr); two.apply(hdr);", "Q() one; Q() two;", types)
    assert diagnostics.error_count == 1
