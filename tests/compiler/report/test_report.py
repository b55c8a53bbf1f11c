"""The numbers of the report. Oracle: the definitions in docs/graphs.md, computed by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.diagnostics import Diagnostics
from compiler.driver import check_file
from compiler.report import Report, collect, to_text
from compiler.report.model import TableCost
from compiler.report_cli import report_command
from tests.compiler.programs import check, program

GATEWAY = Path(__file__).parents[3] / "p4src" / "v1model" / "gateway.p4"


ACTIONS = """
    action none() { } action small(bit<8> v) { hdr.h.b = v; }
    action large(bit<48> v, bool f) { hdr.h.w = v[15:0]; }
"""


def report_on(text: str) -> Report:
    checked, diagnostics = check(text)
    return collect(checked, diagnostics.sources, "test.p4")


def table(properties: str, locals: str = "") -> TableCost:
    """The cost of the table t with these properties."""
    report = report_on(program("t.apply();", locals=f"{ACTIONS} {locals} table t {{ {properties} }}"))
    (cost,) = [cost for control in report.controls for cost in control.tables]
    return cost


# --- tables ---


def test_an_exact_table_keeps_key_action_and_the_longest_data() -> None:
    cost = table("""
        key = { hdr.h.a: exact; hdr.h.w: exact; } actions = { none; small; large; }
        default_action = none; size = 100;""")
    assert (cost.key_bits, cost.stored_key_bits) == (24, 24)
    assert [action.name for action in cost.actions] == ["I.none", "I.small", "I.large"]
    assert [action.data_bits for action in cost.actions] == [0, 8, 49]
    assert (cost.action_bits, cost.max_data_bits) == (2, 49)
    assert cost.entry_bits == 24 + 2 + 49
    assert (cost.size, cost.size_from, cost.total_bits) == (100, "size", 7500)


@pytest.mark.parametrize("kind", ["lpm", "ternary", "range", "optional"])
def test_any_other_match_keeps_twice_the_key(kind: str) -> None:
    cost = table(f"key = {{ hdr.h.a: exact; hdr.h.w: {kind}; }} actions = {{ small; }} default_action = small(0);")
    assert (cost.key_bits, cost.stored_key_bits, cost.entry_bits) == (24, 48, 48 + 0 + 8)
    assert (cost.size, cost.size_from, cost.total_bits) == (1024, "default", 1024 * 56)


def test_actions_of_the_default_alone_cost_entries_nothing() -> None:
    cost = table("""
        key = { hdr.h.a: exact; } actions = { small; none; @defaultonly large; }
        default_action = large(1, true); size = 8;""")
    assert (cost.action_bits, cost.max_data_bits, cost.entry_bits) == (1, 8, 8 + 1 + 8)
    assert cost.default_action == "I.large" and not cost.default_const


def test_const_entries_are_the_size() -> None:
    common = "key = { hdr.h.a: exact; } actions = { small; none; } size = 64;"
    cost = table(f"{common} const default_action = none; const entries = {{ 1: none(); 2: small(3); }}")
    assert (cost.size, cost.size_from, cost.entries, cost.const_entries) == (2, "entries", 2, True)
    assert cost.default_const
    cost = table(f"{common} default_action = none; entries = {{ 1: none(); }}")
    assert (cost.size, cost.entries, cost.const_entries) == (64, 1, False)


def test_a_table_without_a_key_holds_no_entries() -> None:
    cost = table("actions = { small; } default_action = small(1);")
    assert (cost.key_bits, cost.size, cost.entry_bits, cost.total_bits) == (0, 0, 0, 0)


@pytest.mark.parametrize(("unit", "bits"), [("packets", 64), ("bytes", 64), ("packets_and_bytes", 128)])
def test_direct_counters_come_on_top(unit: str, bits: int) -> None:
    cost = table(
        "key = { hdr.h.a: exact; } actions = { none; } default_action = none; counters = c; support_timeout = true;",
        f"direct_counter(CounterType.{unit}) c;",
    )
    assert cost.direct_counter == "I.c" and cost.entry_bits == 8 + bits and cost.idle_timeout


def test_entries_with_an_action_profile_hold_the_number_of_a_member() -> None:
    locals = """
        action small(bit<8> v) { hdr.h.b = v; } action large(bit<48> v) { hdr.h.w = v[15:0]; }
        action_selector(HashAlgorithm.crc16, 300, 16) s;
        table t {
            key = { hdr.h.a: exact; hdr.h.w: selector; }
            actions = { small; large; NoAction; }
            implementation = s;
            size = 10;
        }"""
    report = report_on(program("t.apply();", locals=locals))
    cost = report.controls[1].tables[0]
    assert (cost.key_bits, cost.action_bits, cost.entry_bits, cost.total_bits) == (8, 9, 17, 170)
    assert [(key.name, key.match_kind, key.bits) for key in cost.keys] == [
        ("hdr.h.a", "exact", 8),
        ("hdr.h.w", "selector", 16),
    ]
    (profile,) = report.memory
    assert (profile.kind, profile.size) == ("action_selector", 300)
    assert (profile.cell_bits, profile.total_bits) == (2 + 48, 15000)
    assert profile.used_by == ["I.t"]


def test_widths_of_enums_new_types_and_errors() -> None:
    types = "enum bit<4> K { A = 1 } enum Five { a, b, c, d, e } type bit<20> wide_t;"
    text = program(
        "t.apply();",
        meta="K k; Five five; wide_t wide; error e; bool f;",
        locals="table t { key = { meta.k: exact; meta.wide: exact; meta.f: exact; } actions = { NoAction; } }",
    )
    report = report_on(text.replace("struct meta_t", f"{types} struct meta_t", 1))
    assert [key.bits for key in report.controls[1].tables[0].keys] == [4, 20, 1]
    fields = report.metadata[0].fields
    assert {field.name: field.bits for field in fields} == {"k": 4, "five": 3, "wide": 20, "e": 8, "f": 1}


def test_tables_that_nothing_applies_are_named() -> None:
    locals = "".join(f"table {name} {{ key = {{ hdr.h.a: exact; }} actions = {{ NoAction; }} }} " for name in "tu")
    report = report_on(program("t.apply();", locals=locals))
    (ingress,) = [control for control in report.controls if control.name == "I"]
    assert ([cost.name for cost in ingress.tables], ingress.unused_tables) == (["I.t"], ["I.u"])


def test_the_chain_names_its_links_and_why_they_wait() -> None:
    locals = """
        action set(bit<8> v) { hdr.h.b = v; }
        table t { key = { hdr.h.a: exact; } actions = { set; } default_action = set(0); }
        table u { key = { hdr.h.b: exact; } actions = { NoAction; } }"""
    report = report_on(program("t.apply(); if (hdr.h.b == 1) { u.apply(); }", locals=locals))
    (ingress,) = [control for control in report.controls if control.name == "I"]
    assert ingress.stages == 2 and ingress.conditions == 1
    assert [(link.node, link.stage, link.dependency, link.fields) for link in ingress.chain] == [
        ("I.t", 1, None, []),
        ("hdr.h.b == 1", 2, "match", ["hdr.h.b"]),
    ]
    assert {cost.name: (cost.stage, cost.critical) for cost in ingress.tables} == {"I.t": (1, True), "I.u": (2, False)}
    assert ingress.dependencies == {"match": 2, "action": 0, "reverse": 0, "control": 1}


# --- parsers ---


def parser_bits(parser: str, types: str = "") -> tuple[int | None, list[list[str]], bool]:
    (report,) = report_on(program(parser=parser, types=types)).parsers
    return report.max_bits, report.loops, report.skips_more


def test_a_parser_reads_the_longest_way() -> None:
    """h is 64 bits, x is 16."""
    text = """
        state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 1: one; 2: two; default: accept; } }
        state one { pkt.extract(hdr.x); transition accept; }
        state two { pkt.extract(hdr.x); pkt.advance(40); transition accept; }"""
    assert parser_bits(text) == (64 + 16 + 40, [], False)


def test_a_loop_over_a_stack_ends_with_the_stack() -> None:
    text = """
        state start { pkt.extract(hdr.h); transition next; }
        state next { pkt.extract(hdr.st.next); transition select(hdr.st.last.v) { 0: next; default: accept; } }"""
    assert parser_bits(text) == (64 + 3 * 16, [["next"]], False)


def test_a_loop_without_a_stack_has_no_bound() -> None:
    text = "state start { pkt.extract(hdr.h); transition select(hdr.h.a) { 0: start; default: accept; } }"
    assert parser_bits(text) == (None, [["start"]], False)


def test_headers_of_variable_size_count_in_full_and_run_time_skips_do_not() -> None:
    """The headers have none of variable size, so it is a local one."""
    text = """
        v_t v;
        state start {
            pkt.extract(hdr.h);
            pkt.extract(v, (bit<32>) hdr.h.a);
            pkt.advance((bit<32>) hdr.h.b);
            transition accept;
        }"""
    assert parser_bits(text, "header v_t { bit<8> n; varbit<56> rest; }") == (64 + 8 + 56, [], True)


def test_states_that_cannot_be_reached_are_named() -> None:
    text = "state start { transition accept; } state island { pkt.extract(hdr.h); transition accept; }"
    (report,) = report_on(program(parser=text)).parsers
    assert (report.max_bits, report.unreachable, report.states, report.transitions) == (0, ["island"], 2, 2)


# --- headers and metadata ---


def test_headers_are_counted_with_their_stacks() -> None:
    report = report_on(program("hdr.x.v = hdr.h.a; hdr.x.setValid();"))
    assert {header.name: (header.bits, header.count) for header in report.headers} == {
        "h": (64, 1),
        "x": (16, 1),
        "y": (16, 1),
        "st[3]": (48, 3),
    }
    assert report.header_bits == 64 + 16 + 16 + 48
    headers = {header.name: header for header in report.headers}
    assert headers["h"].extracted and headers["h"].emitted and not headers["x"].extracted
    assert {field.name: field.use for field in headers["h"].fields} == {
        "a": "read",
        **dict.fromkeys(["b", "c", "d", "w", "s", "r"], "unused"),
    }
    assert {field.name: field.use for field in headers["x"].fields} == {"v": "never read", "u": "unused"}


def test_metadata_says_what_is_used_and_how() -> None:
    types = "struct inner_t { bit<4> p; bit<4> q; }"
    text = program(
        """
            meta.m = hdr.h.a; meta.o = meta.m;
            if (meta.n == 1) { hdr.h.b[3:0] = meta.inner.p; }
            clone_preserving_field_list(CloneType.I2E, 1, 1);""",
        meta="bit<8> m; bit<8> n; bit<8> o; bit<16> unused; inner_t inner; @field_list(1) bit<8> kept;",
    )
    report = report_on(text.replace("struct meta_t", f"{types} struct meta_t", 1))
    outer, inner = report.metadata
    assert (outer.name, outer.bits, outer.unused_bits, report.metadata_bits) == ("meta", 56, 24, 56)
    assert {field.name: field.use for field in outer.fields} == {
        "m": "read and written",
        "n": "never written",
        "o": "never read",
        "unused": "unused",
        "kept": "never written",
    }
    assert (inner.name, inner.type, inner.bits, inner.unused_bits) == ("meta.inner", "inner_t", 8, 4)
    assert {field.name: field.use for field in inner.fields} == {"p": "never written", "q": "unused"}


def test_what_tables_actions_and_inner_controls_use_counts() -> None:
    locals = """
        Q() q; action copy() { hdr.h.b = meta.n; }
        table t { key = { meta.m: exact; } actions = { copy; } default_action = copy; }"""
    types = "control Q(inout meta_t m) { apply { m.n = 1; } }"
    report = report_on(program("t.apply(); q.apply(meta);", types=types, locals=locals))
    assert {field.name: field.use for field in report.metadata[0].fields} == {
        "m": "never written",
        "n": "read and written",
    }


# --- memory and externs ---


def test_arrays_and_who_uses_them() -> None:
    locals = """
        register<bit<48>>(1000) r; counter(64, CounterType.packets_and_bytes) c; meter(32, MeterType.bytes) m;
        register<bit<1>>(8) idle;
        action count() { c.count(1); }
        table t { key = { hdr.h.a: exact; } actions = { count; } default_action = count; }"""
    report = report_on(program("t.apply(); r.write(0, 1); m.execute_meter(1, meta.m);", locals=locals))
    assert [(each.kind, each.size, each.cell_bits, each.total_bits, each.used_by) for each in report.memory] == [
        ("register", 1000, 48, 48000, ["I"]),
        ("counter", 64, 128, 8192, ["I.count"]),
        ("meter", 32, None, None, ["I"]),
        ("register", 8, 1, 8, []),
    ]
    assert report.externs == {
        "counter.count": 1,
        "meter.execute_meter": 1,
        "packet_in.extract": 1,
        "packet_out.emit": 1,
        "register.write": 1,
    }


# --- the gateway, the text, the command ---


@pytest.fixture(scope="module")
def gateway() -> Report:
    diagnostics = Diagnostics()
    checked = check_file(GATEWAY, diagnostics)
    assert checked is not None
    return collect(checked, diagnostics.sources, "gateway.p4")


def test_the_gateway_by_hand(gateway: Report) -> None:
    """Ethernet, IPv4, UDP, VXLAN, Ethernet, and ARP, which is longer than IPv4 with ports."""
    (parser,) = gateway.parsers
    assert (parser.max_bits, parser.loops, parser.unreachable) == (8 * (14 + 20 + 8 + 8 + 14 + 28), [], [])
    assert gateway.header_bits == 8 * (14 + 28 + 20 + 8 + 8 + 14 + 28 + 20 + 4)
    (ingress,) = [control for control in gateway.controls if control.tables]
    costs = {cost.name.rpartition(".")[2]: cost for cost in ingress.tables}
    assert costs["vni"].key_bits == 24 and costs["vm_source"].key_bits == 16 + 32 + 48 + 32
    assert costs["route"].key_bits == 16 + 32 and costs["route"].stored_key_bits == 96
    assert ingress.chain[-1].stage == ingress.stages == max(link.stage for link in ingress.chain)
    assert all(struct.unused_bits == 0 for struct in gateway.metadata)


def test_the_text_is_narrow_and_without_colours(gateway: Report) -> None:
    text = to_text(gateway)
    assert max(map(len, text.split("\n"))) <= 100
    assert "\x1b" not in text and "\x1b" in to_text(gateway, color=True)
    for control in gateway.controls:
        for cost in control.tables:
            assert cost.name.rpartition(".")[2] in text


def test_the_command_prints_text_json_and_files(tmp_path: Path, gateway: Report) -> None:
    run = CliRunner().invoke(report_command, [str(GATEWAY)])
    assert run.exit_code == 0 and run.stdout == to_text(gateway)
    run = CliRunner().invoke(report_command, [str(GATEWAY), "--json"])
    assert json.loads(run.stdout) == json.loads(json.dumps(asdict(gateway)))
    file = tmp_path / "new" / "report.txt"
    run = CliRunner().invoke(report_command, [str(GATEWAY), "-o", str(file)])
    assert run.stdout == "" and file.read_text() == to_text(gateway)


def test_a_program_with_errors_is_not_reported_on(tmp_path: Path) -> None:
    file = tmp_path / "wrong.p4"
    file.write_text("control {")
    run = CliRunner().invoke(report_command, [str(file)])
    assert run.exit_code == 1 and run.stdout == "" and "error" in run.stderr
