"""What is drawn of a program. Oracle: the program's text, read by a human; coordinates for what must not overlap."""

from __future__ import annotations

import json
import re
from pathlib import Path

import networkx
import pytest

from compiler import tree
from compiler.diagnostics import Diagnostics
from compiler.driver import check_file
from compiler.graph import Drawing, draw, to_svg
from compiler.graph.dot import to_dot
from compiler.graph.node_link import to_node_link
from compiler.rewrite import walk
from tests.compiler.graph.pictures import drawings, links, picture, the_drawing
from tests.compiler.programs import program

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "v1model"
LARGEST = sorted(GOLDEN.glob("*/*.p4"), key=lambda path: (-path.stat().st_size, path.name))[:6]
WHOLE = [ROOT / "p4src" / "v1model" / "gateway.p4", *LARGEST]

TABLES = """
    action set(bit<8> v) { hdr.h.b = v; }
    table t { key = { hdr.h.a: exact; } actions = { set; NoAction; } }
    table u { key = { hdr.h.b: ternary; } actions = { set; NoAction; } }
"""


def control(apply: str, locals: str = TABLES, **parts: str) -> Drawing:
    return the_drawing(program(apply, locals=locals, **parts), "control", "I")


# --- parsers ---

PARSER = """
    state start { pkt.extract(hdr.h); transition select(hdr.h.a, hdr.h.b) {
        (1, _): one; (2, 3 &&& 7): one; (4 .. 5, _): two; (6, _): start; } }
    state one { pkt.extract(hdr.x); transition two; }
    state two { transition select(hdr.h.c) { 0: accept; default: reject; } }
    state never { transition accept; }
"""


def test_a_parser_is_drawn_with_every_state_and_transition() -> None:
    drawing = the_drawing(program(parser=PARSER), "parser", "P")
    assert [box.key for box in drawing.boxes] == ["start", "one", "two", "never", "accept", "reject"]
    assert links(drawing) == {
        ("start", "one", "1, _, 2, 3 &&& 7"),
        ("start", "two", "4 .. 5, _"),
        ("start", "start", "6, _"),
        ("start", "reject", "no match"),
        ("one", "two", ""),
        ("two", "accept", "0"),
        ("two", "reject", "default"),
        ("never", "accept", ""),
    }
    start = drawing.boxes[0]
    assert start.lines == ["pkt.extract(hdr.h)"] and start.note == "select (hdr.h.a, hdr.h.b)"


def test_value_sets_are_named_at_the_transition() -> None:
    text = "value_set<bit<8>>(4) vs; state start { transition select(hdr.h.a) { vs: accept; default: accept; } }"
    drawing = the_drawing(program(parser=text), "parser", "P")
    assert links(drawing) == {("start", "accept", "vs, default")}


# --- controls ---


def test_conditions_and_hits_have_two_ways_out() -> None:
    drawing = control("if (hdr.h.a == 1) { t.apply(); } else if (u.apply().hit) { hdr.h.c = 1; }")
    assert links(drawing) == {
        ("entry", "statements 1", ""),  # std.egress_spec = 2
        ("statements 1", "condition 1", ""),
        ("condition 1", "I.t", "true"),
        ("condition 1", "I.u", "false"),
        ("I.u", "statements 2", "hit"),
        ("I.u", "exit", "miss"),
        ("I.t", "exit", ""),
        ("statements 2", "exit", ""),
    }


def test_the_negation_of_a_result_turns_its_ways_round() -> None:
    assert ("I.t", "I.u", "miss") in links(control("if (!t.apply().hit) { u.apply(); }"))
    assert ("I.t", "I.u", "hit") in links(control("if (!t.apply().miss) { u.apply(); }"))


def test_a_result_among_other_conditions_comes_before_the_condition() -> None:
    drawing = control("if (t.apply().hit && hdr.h.a == 1) { u.apply(); }")
    assert {("I.t", "condition 1", ""), ("condition 1", "I.u", "true"), ("condition 1", "exit", "false")} <= links(
        drawing
    )


def test_a_switch_has_a_way_for_each_case_and_the_default() -> None:
    drawing = control("switch (t.apply().action_run) { set: { u.apply(); } NoAction: { hdr.h.c = 1; } }")
    ways = {way for way in links(drawing) if way[0] == "I.t"}
    assert ways == {("I.t", "I.u", "set"), ("I.t", "statements 2", "NoAction"), ("I.t", "exit", "default")}
    drawing = control("switch (hdr.h.a) { 1: 2: { t.apply(); } default: { u.apply(); } }")
    assert {way for way in links(drawing) if way[0] == "switch 1"} == {
        ("switch 1", "I.t", "1, 2"),
        ("switch 1", "I.u", "default"),
    }


def test_exit_leads_to_the_end_and_return_out_of_the_inner_control() -> None:
    types = """
        control Q(inout headers_t hdr) {
            table q { key = { hdr.h.a: exact; } actions = { NoAction; } }
            apply { if (hdr.h.a == 1) { return; } if (hdr.h.a == 2) { exit; } q.apply(); }
        }"""
    drawing = control("q.apply(hdr); t.apply();", "Q() q;" + TABLES, types=types)
    assert {
        ("condition 1", "I.t", "true"),
        ("condition 2", "exit", "true"),
        ("condition 2", "I.q.q", "false"),
        ("I.q.q", "I.t", ""),
    } <= links(drawing)


def test_a_control_that_is_applied_twice_is_drawn_twice() -> None:
    types = """
        control Q(inout headers_t hdr) {
            table q { key = { hdr.h.a: exact; } actions = { NoAction; } } apply { q.apply(); } }"""
    drawing = control("if (hdr.h.a == 1) q.apply(hdr); else q.apply(hdr);", "Q() q;", types=types)
    assert [box.key for box in drawing.boxes if box.kind == "table"] == ["I.q.q", "I.q.q #2"]


def test_loops_lead_back_and_jumps_out_of_them_on() -> None:
    drawing = control("""
        for (bit<8> i = 0; i < 4; i = i + 1) {
            if (hdr.h.a == i) { break; }
            if (hdr.h.b == i) { continue; }
            hdr.h.c = i;
        }
        t.apply();""")
    found = links(drawing)
    assert ("loop 1", "condition 1", "next") in found and ("loop 1", "I.t", "done") in found
    assert ("condition 1", "I.t", "true") in found
    assert {way[1] for way in found if way[0] == "condition 2"} == {"statements 2", "statements 3"}
    (back,) = [link for link in drawing.links if link.kind == "back"]
    assert (back.source, back.target) == ("statements 3", "loop 1")


def test_statements_in_a_row_are_one_box() -> None:
    drawing = control("hdr.h.a = 1; hdr.h.b = 2; t.apply(); hdr.h.c = 3;")
    assert [box.lines for box in drawing.boxes if box.kind == "statements"] == [
        ["std.egress_spec = 2", "hdr.h.a = 1", "hdr.h.b = 2"],
        ["hdr.h.c = 3"],
    ]


# --- files ---


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_pictures_of_whole_programs_are_complete_and_nothing_overlaps(path: Path) -> None:
    diagnostics = Diagnostics()
    checked = check_file(path, diagnostics)
    assert checked is not None, path
    found = draw(checked, diagnostics.sources)
    shown = [drawing for drawing in found if drawing.kind == "control"]
    applied = {
        node.table.control_plane_name
        for block in tree.main_instances(checked)
        if isinstance(block, tree.Control)
        for node in _applied(block)
    }
    assert {box.key for drawing in shown for box in drawing.boxes if box.kind == "table"} >= applied
    parsers = [drawing for drawing in found if drawing.kind == "parser"]
    for parser, drawing in zip(tree.all_parsers(checked), parsers, strict=True):
        assert {state.name for state in parser.states} <= {box.key for box in drawing.boxes}
    for drawing in found:
        _check_picture(drawing)


def _applied(block: tree.Control) -> list[tree.TableApply | tree.ActionSwitch]:
    found = [node for node in walk(block.body) if isinstance(node, tree.TableApply | tree.ActionSwitch)]
    for node in walk(block.body):
        if isinstance(node, tree.ControlApply):
            found += _applied(node.control)
    return found


def _check_picture(drawing: Drawing) -> None:
    shown = picture(to_svg([drawing]))
    assert set(shown.boxes) == {box.key for box in drawing.boxes}
    assert sorted((way.source, way.target) for way in shown.ways) == sorted(
        (link.source, link.target) for link in drawing.links
    )
    places = [*shown.boxes.values(), *shown.labels]
    for i, one in enumerate(places):
        assert not any(one.overlaps(other) for other in places[i + 1 :])
        assert one.left >= 0 and one.right <= shown.size[0] and one.bottom <= shown.size[1]
    for way in shown.ways:
        assert shown.boxes[way.source].holds(*way.points[0]), way
        assert shown.boxes[way.target].holds(*way.tip), way
    written = " ".join(shown.texts)
    for box in drawing.boxes:
        assert box.title in written and all(line in written for line in box.lines)


def test_text_is_escaped_and_can_be_read_back() -> None:
    nasty = 'x < 1 && y > "&amp;" \\ \x07 ü 漢字'
    drawing = control("t.apply();")
    drawing.boxes[0].title = drawing.boxes[0].key = nasty
    drawing.links[0].source, drawing.links[0].labels = nasty, [nasty]
    shown = picture(to_svg([drawing]))
    readable = nasty.replace("\x07", "�")
    assert readable in shown.boxes and shown.texts.count(readable) == 2


def test_every_box_says_where_it_stands_in_the_source() -> None:
    (drawing,) = [
        drawing for drawing in drawings(program("t.apply();", locals=TABLES), "control") if drawing.name == "I"
    ]
    for box in drawing.boxes:
        if box.kind != "exit":
            assert re.search(r"test\.p4:\d+$", box.tooltip), box
    titles = picture(to_svg([drawing])).titles
    assert any(title.startswith("table I.t\n  hdr.h.a: exact\nactions: set, NoAction") for title in titles)


def test_drawing_twice_gives_the_same_text() -> None:
    text = program("t.apply(); u.apply();", locals=TABLES)
    assert to_svg(drawings(text)) == to_svg(drawings(text))


def test_one_picture_holds_several_drawings_one_below_the_other() -> None:
    found = drawings(program("t.apply();", locals=TABLES))
    assert [drawing.kind for drawing in found].count("tables") == 1
    text = to_svg(found)
    for drawing in found:
        assert f">{drawing.heading}</text>" in text


def test_node_link_json_is_what_networkx_reads() -> None:
    found = drawings(program("if (hdr.h.a == 1) { t.apply(); } u.apply();", locals=TABLES), "control")
    for drawing, data in zip(found, json.loads(to_node_link(found))["graphs"], strict=True):
        graph = networkx.node_link_graph(data, edges="links")
        assert set(graph) == {box.key for box in drawing.boxes}
        assert sorted(graph.edges()) == sorted((link.source, link.target) for link in drawing.links)


def test_dot_quotes_what_it_must() -> None:
    drawing = control("t.apply();")
    drawing.boxes[0].key = drawing.links[0].source = 'a "b" \\ c'
    text = to_dot([drawing])
    assert '"a \\"b\\" \\\\ c" -> ' in text
    assert text.count("{") == text.count("}") == 1
