"""The layout keeps its promises for any graph. Oracle: the promises, computed from the coordinates."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.graph.layered import Arrangement, LayeredEdge, Size, arrange
from tests.compiler.graph.pictures import Rectangle

sizes = st.builds(Size, st.integers(20, 300).map(float), st.integers(15, 120).map(float))
labels = st.one_of(
    st.just(Size(0, 0)), st.builds(Size, st.integers(10, 150).map(float), st.integers(12, 60).map(float))
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Size], list[LayeredEdge]]:
    nodes = draw(st.lists(sizes, min_size=1, max_size=14))
    ends = st.integers(0, len(nodes) - 1)
    return nodes, draw(st.lists(st.builds(LayeredEdge, ends, ends, labels), max_size=24))


def boxes(nodes: list[Size], placed: Arrangement) -> list[Rectangle]:
    return [
        Rectangle(c.x - s.width / 2, c.y - s.height / 2, c.x + s.width / 2, c.y + s.height / 2)
        for s, c in zip(nodes, placed.nodes, strict=True)
    ]


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_nothing_overlaps_and_every_edge_joins_its_nodes(graph: tuple[list[Size], list[LayeredEdge]]) -> None:
    nodes, edges = graph
    placed = arrange(nodes, edges)
    frames = boxes(nodes, placed)
    shown = list(frames)
    for edge, shape in zip(edges, placed.edges, strict=True):
        if edge.label.width:
            c, s = shape.label, edge.label
            shown.append(Rectangle(c.x - s.width / 2, c.y - s.height / 2, c.x + s.width / 2, c.y + s.height / 2))
    for i, one in enumerate(shown):
        assert not any(one.overlaps(other) for other in shown[i + 1 :])
        assert one.left >= -0.01 and one.top >= -0.01
        assert one.right <= placed.size.width + 0.01 and one.bottom <= placed.size.height + 0.01
    for edge, shape in zip(edges, placed.edges, strict=True):
        first, last = shape.points[0], shape.points[-1]
        source, target = frames[edge.source], frames[edge.target]
        assert source.holds(first.x, first.y, 0.01) and target.holds(last.x, last.y, 0.01)
        if edge.source != edge.target:
            assert first.y in (source.top, source.bottom) and last.y in (target.top, target.bottom)


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_no_edge_runs_through_a_box(graph: tuple[list[Size], list[LayeredEdge]]) -> None:
    nodes, edges = graph
    placed = arrange(nodes, edges)
    frames = boxes(nodes, placed)
    for edge, shape in zip(edges, placed.edges, strict=True):
        if edge.source == edge.target:
            continue
        for one, other in pairwise(shape.points):
            low, high = sorted((one.y, other.y))
            left, right = sorted((one.x, other.x))
            # A bend stays within the box of its ends.
            piece = Rectangle(left - 0.2, low, right + 0.2, high)
            assert not any(piece.overlaps(frame) for frame in frames), (edge, piece)


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_the_same_graph_gives_the_same_drawing(graph: tuple[list[Size], list[LayeredEdge]]) -> None:
    nodes, edges = graph
    one, other = arrange(nodes, edges), arrange(list(nodes), list(edges))
    assert (one.nodes, one.edges, one.size) == (other.nodes, other.edges, other.size)


def test_a_chain_is_straight_and_runs_down() -> None:
    nodes = [Size(50.0 + 10 * i, 20.0) for i in range(5)]
    placed = arrange(nodes, [LayeredEdge(i, i + 1) for i in range(4)])
    assert len({point.x for point in placed.nodes}) == 1
    assert [point.y for point in placed.nodes] == sorted(point.y for point in placed.nodes)


def test_an_edge_that_closes_a_circle_leads_up() -> None:
    nodes = [Size(50.0, 20.0)] * 3
    placed = arrange(nodes, [LayeredEdge(0, 1), LayeredEdge(1, 2), LayeredEdge(2, 0)])
    assert placed.nodes[0].y < placed.nodes[1].y < placed.nodes[2].y
    assert placed.edges[2].points[0].y > placed.edges[2].points[-1].y


def test_two_trees_cross_nowhere() -> None:
    """A tree can be drawn without crossings, and is."""
    edges = [LayeredEdge((i - 1) // 2, i) for i in range(1, 31)]
    placed = arrange([Size(30.0, 20.0)] * 31, edges)
    for depth in range(4):
        row = range(2**depth - 1, 2 ** (depth + 1) - 1)
        order = sorted(row, key=lambda i: placed.nodes[i].x)
        children = [
            placed.nodes[child].x
            for i in order
            for child in sorted((2 * i + 1, 2 * i + 2), key=lambda c: placed.nodes[c].x)
        ]
        assert children == sorted(children)
