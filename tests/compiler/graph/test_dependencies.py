"""Which table waits for which. Oracle: the definitions in docs/graphs.md, applied by hand to small programs."""

from __future__ import annotations

import pytest

from compiler import tree
from compiler.analysis.accesses import describe
from compiler.analysis.dependencies import Dependencies, dependencies
from compiler.analysis.flow import control_flow
from tests.compiler.programs import check, program

ACTIONS = """
    action set_b(bit<8> v) { hdr.h.b = v; }
    action set_c(bit<8> v) { hdr.h.c = v; }
    action b_to_c() { hdr.h.c = hdr.h.b; }
    action nothing() { }
"""


def table(name: str, key: str, actions: str) -> str:
    actions = actions if "nothing;" in actions else f"{actions} nothing;"
    return f"table {name} {{ key = {{ {key}: exact; }} actions = {{ {actions} }} default_action = nothing(); }}"


def found(apply: str, locals: str, **parts: str) -> Dependencies:
    checked, diagnostics = check(program(apply, locals=ACTIONS + locals, **parts))
    ingress = next(c for c in tree.all_controls(checked) if c.name == "I")
    return dependencies(control_flow(ingress, diagnostics.sources))


def edges(of: Dependencies) -> set[tuple[str, str, str, tuple[str, ...]]]:
    """Those between tables, conditions and statements, named by their table or first line."""

    def name(node: object) -> str:
        return getattr(node, "name", "") or node.lines[0]  # type: ignore[attr-defined]

    return {(name(e.source), name(e.target), e.kind.value, e.fields) for e in of.edges}


def stages(of: Dependencies) -> dict[str, int]:
    return {node.name: stage for node, stage in of.stage.items() if node.table is not None}


@pytest.mark.parametrize(
    ("first", "second", "expected", "stage"),
    [
        (("hdr.h.a", "set_b; nothing;"), ("hdr.h.b", "nothing;"), ("match", ("hdr.h.b",)), 2),
        (("hdr.h.a", "set_b; nothing;"), ("hdr.h.a", "b_to_c; nothing;"), ("action", ("hdr.h.b",)), 2),
        (("hdr.h.a", "set_b; nothing;"), ("hdr.h.d", "set_b; nothing;"), ("action", ("hdr.h.b",)), 2),
        (("hdr.h.b", "nothing;"), ("hdr.h.a", "set_b; nothing;"), ("reverse", ("hdr.h.b",)), 1),
        (("hdr.h.a", "b_to_c; nothing;"), ("hdr.h.a", "set_b; nothing;"), ("reverse", ("hdr.h.b",)), 1),
        (("hdr.h.a", "set_b; nothing;"), ("hdr.h.d", "set_c; nothing;"), None, 1),
    ],
    ids=["match", "action-reads", "action-writes", "reverse-match", "reverse-action", "independent"],
)
def test_two_tables(
    first: tuple[str, str], second: tuple[str, str], expected: tuple[str, tuple[str, ...]] | None, stage: int
) -> None:
    of = found("t.apply(); u.apply();", table("t", *first) + table("u", *second))
    assert {(kind, fields) for source, target, kind, fields in edges(of) if (source, target) == ("I.t", "I.u")} == (
        {expected} if expected else set()
    )
    assert stages(of) == {"I.t": 1, "I.u": stage}


def test_tables_on_different_branches_do_not_wait_for_each_other() -> None:
    of = found(
        "if (hdr.h.a == 1) { t.apply(); } else { u.apply(); }",
        table("t", "hdr.h.a", "set_b; nothing;") + table("u", "hdr.h.b", "nothing;"),
    )
    assert not [edge for edge in edges(of) if edge[:2] == ("I.t", "I.u")]
    assert of.stages == 1


def test_a_condition_waits_for_what_it_reads_and_its_tables_wait_for_it() -> None:
    of = found(
        "t.apply(); if (hdr.h.b == 1) { u.apply(); }",
        table("t", "hdr.h.a", "set_b; nothing;") + table("u", "hdr.h.d", "nothing;"),
    )
    assert {
        ("I.t", "hdr.h.b == 1", "match", ("hdr.h.b",)),
        ("hdr.h.b == 1", "I.u", "control", ()),
    } <= edges(of)
    assert stages(of) == {"I.t": 1, "I.u": 2}


def test_what_runs_on_a_hit_only_depends_on_the_table_and_what_runs_anyway_does_not() -> None:
    of = found(
        "if (t.apply().hit) { u.apply(); } v.apply();",
        table("t", "hdr.h.a", "nothing;") + table("u", "hdr.h.d", "nothing;") + table("v", "hdr.h.r", "nothing;"),
    )
    assert ("I.t", "I.u", "control", ()) in edges(of)
    assert not [edge for edge in edges(of) if edge[1] == "I.v"]


def test_all_that_follows_a_conditional_exit_depends_on_the_condition() -> None:
    of = found("if (hdr.h.a == 1) { exit; } t.apply();", table("t", "hdr.h.d", "nothing;"))
    assert ("hdr.h.a == 1", "I.t", "control", ()) in edges(of)


def test_validity_is_storage_of_its_own() -> None:
    locals = (
        "action invalidate() { hdr.x.setInvalid(); } action write() { hdr.x.v = 1; }"
        + table("t", "hdr.h.a", "invalidate; nothing;")
        + table("w", "hdr.h.a", "write; nothing;")
        + "table v { key = { hdr.x.isValid(): exact; } actions = { nothing; } default_action = nothing(); }"
    )
    of = found("t.apply(); w.apply(); v.apply();", locals)
    assert ("I.t", "I.v", "match", ("hdr.x.isValid()",)) in edges(of)
    assert not [edge for edge in edges(of) if edge[:2] in (("I.w", "I.v"), ("I.t", "I.w"))]


def test_a_header_that_is_copied_is_read_as_a_whole() -> None:
    locals = "action copy() { hdr.y = hdr.x; } action write() { hdr.x.v = 1; }"
    locals += table("t", "hdr.h.a", "write; nothing;") + table("u", "hdr.h.a", "copy; nothing;")
    of = found("t.apply(); u.apply();", locals)
    assert ("I.t", "I.u", "action", ("hdr.x",)) in edges(of)


def test_what_inner_controls_actions_and_functions_touch_is_named_as_outside() -> None:
    types = """
        bit<8> twice(in bit<8> x) { return x + x; }
        action through(inout bit<8> place, in bit<8> value) { place = twice(value); }
        control Q(inout h_t own, in bit<8> value) {
            table q {
                key = { own.b: exact; }
                actions = { through(own.c, value); }
                default_action = through(own.c, value);
            }
            apply { q.apply(); }
        }"""
    of = found("t.apply(); q.apply(hdr.h, meta.m);", "Q() q;" + table("t", "hdr.h.a", "set_b; nothing;"), types=types)
    (inner,) = [node for node in of.nodes if node.name == "I.q.q"]
    assert {describe(path) for path in inner.matches} == {"hdr.h.b"}
    assert {describe(path) for path in inner.reads} == {"meta.m"}
    assert {describe(path) for path in inner.writes} == {"hdr.h.c"}
    assert ("I.t", "I.q.q", "match", ("hdr.h.b",)) in edges(of)


def test_what_code_has_surely_written_itself_it_does_not_wait_for() -> None:
    locals = """
        action own() { hdr.h.b = 1; hdr.h.c = hdr.h.b; }
        action maybe() { if (hdr.h.a == 1) { hdr.h.d = 1; } hdr.h.c = hdr.h.d; }
    """
    locals += table("t", "hdr.h.a", "own;") + table("u", "hdr.h.a", "maybe;")
    of = found("t.apply(); u.apply();", locals)
    reads = {node.name: {p.steps[-1] for p in node.reads} for node in of.nodes if node.table is not None}
    assert reads == {"I.t": set(), "I.u": {"a", "d"}}


def test_variables_of_actions_are_nobody_else_s_and_those_of_the_control_are() -> None:
    locals = "bit<8> shared; action local_only() { bit<8> x = hdr.h.a; hdr.h.c = x; } action share() { shared = 1; }"
    locals += table("t", "hdr.h.a", "share; nothing;") + table("u", "shared", "nothing;")
    locals += table("v", "hdr.h.r", "local_only;")
    of = found("t.apply(); u.apply(); v.apply();", locals)
    assert ("I.t", "I.u", "match", ("shared",)) in edges(of)
    (last,) = [node for node in of.nodes if node.name == "I.v"]
    assert {path.steps[-1] for path in last.reads | last.writes} == {"a", "c"}


def test_registers_are_storage_and_counters_are_not() -> None:
    locals = """
        register<bit<8>>(4) r; counter(4, CounterType.packets) c;
        action put() { r.write(0, 1); c.count(0); } action get() { r.read(hdr.h.b, 0); c.count(0); }
    """
    locals += table("t", "hdr.h.a", "put;") + table("u", "hdr.h.a", "get;")
    of = found("t.apply(); u.apply();", locals)
    assert {edge for edge in edges(of) if edge[:2] == ("I.t", "I.u")} == {("I.t", "I.u", "action", ("I.r",))}


def test_dropping_writes_the_egress_port_only() -> None:
    locals = "action drop() { mark_to_drop(std); }" + table("t", "hdr.h.a", "drop;")
    locals += table("u", "std.ingress_port", "nothing;") + table("v", "std.egress_spec", "nothing;")
    of = found("t.apply(); u.apply(); v.apply();", locals)
    assert ("I.t", "I.v", "match", ("std.egress_spec",)) in edges(of)
    assert not [edge for edge in edges(of) if edge[:2] == ("I.t", "I.u")]


def test_an_index_known_at_run_time_only_touches_the_whole_stack() -> None:
    locals = "action at(bit<32> i) { hdr.st[i].v = 1; } action first() { hdr.st[0].v = 1; }"
    locals += table("t", "hdr.h.a", "at; nothing;") + table("u", "hdr.st[1].v", "nothing;")
    locals += table("w", "hdr.h.a", "first; nothing;")
    of = found("w.apply(); t.apply(); u.apply();", locals)
    assert ("I.t", "I.u", "match", ("hdr.st[1].v",)) in edges(of)
    assert not [edge for edge in edges(of) if edge[:2] == ("I.w", "I.u")]


CHAIN = (
    table("a", "hdr.h.a", "set_b; nothing;")
    + table("b", "hdr.h.b", "set_c; nothing;")
    + table("c", "hdr.h.c", "nothing;")
    + table("d", "hdr.h.b", "nothing;")
)


def test_the_longest_chain_is_found_with_its_reasons() -> None:
    of = found("a.apply(); b.apply(); d.apply(); c.apply();", CHAIN)
    assert stages(of) == {"I.a": 1, "I.b": 2, "I.d": 2, "I.c": 3}
    assert [node.name for node in of.critical_nodes] == ["I.a", "I.b", "I.c"]
    assert [(edge.kind.value, edge.fields) for edge in of.critical] == [
        ("match", ("hdr.h.b",)),
        ("match", ("hdr.h.c",)),
    ]


def test_what_a_longer_way_round_demands_anyway_is_not_essential() -> None:
    locals = CHAIN + table("e", "hdr.h.b", "b_to_c; nothing;")
    of = found("a.apply(); b.apply(); e.apply(); c.apply();", locals)
    every = {(edge.source.name, edge.target.name) for edge in of.edges}
    kept = {(edge.source.name, edge.target.name) for edge in of.essential}
    assert ("I.b", "I.c") in every and ("I.b", "I.c") not in kept
    assert {("I.a", "I.b"), ("I.b", "I.e"), ("I.e", "I.c")} <= kept


def test_essential_dependencies_give_every_node_the_same_stage() -> None:
    of = found("a.apply(); if (hdr.h.c == 1) { b.apply(); } d.apply(); hdr.h.d = hdr.h.c; c.apply();", CHAIN)
    stage = dict.fromkeys(of.nodes, 1)
    for node in of.nodes:
        for edge in of.essential:
            if edge.target is node:
                stage[node] = max(stage[node], stage[edge.source] + edge.kind.stages)
    assert stage == of.stage


def test_a_parameter_that_stands_for_a_slice_writes_a_part_only() -> None:
    types = "action low(inout bit<4> part) { part = 1; }"
    locals = "action act() { low(hdr.h.b[3:0]); hdr.h.c = hdr.h.b; }" + table("t", "hdr.h.a", "set_b;")
    locals += table("u", "hdr.h.a", "act;")
    of = found("t.apply(); u.apply();", locals, types=types)
    (second,) = [node for node in of.nodes if node.name == "I.u"]
    assert {describe(path) for path in second.reads} == {"hdr.h.b"}
    assert {describe(path) for path in second.writes} == {"hdr.h.b", "hdr.h.c"}


def test_a_parameter_that_stands_for_an_element_known_at_run_time_is_the_whole_stack() -> None:
    types = "action put(inout x_t element) { element.v = 1; element.setInvalid(); }"
    locals = "action act() { put(hdr.st[(bit<32>) meta.m]); }" + table("t", "hdr.h.a", "act;")
    locals += table("u", "hdr.st[2].v", "nothing;")
    locals += "table v { key = { hdr.st[0].isValid(): exact; } actions = { nothing; } default_action = nothing(); }"
    of = found("t.apply(); u.apply(); v.apply();", locals, types=types)
    assert {
        ("I.t", "I.u", "match", ("hdr.st[2].v",)),
        ("I.t", "I.v", "match", ("hdr.st[0].isValid()",)),
    } <= edges(of)
    (first,) = [node for node in of.nodes if node.name == "I.t"]
    assert "meta.m" in {describe(path) for path in first.reads}


def test_what_follows_a_loop_waits_for_its_body_and_runs_anyway() -> None:
    of = found(
        "for (bit<8> i = 0; i < 3; i = i + 1) { hdr.h.b = hdr.h.b + i; } t.apply();",
        table("t", "hdr.h.b", "nothing;"),
    )
    kinds = {(source, kind) for source, target, kind, _ in edges(of) if target == "I.t"}
    assert kinds == {("hdr.h.b = hdr.h.b + i", "match")}
