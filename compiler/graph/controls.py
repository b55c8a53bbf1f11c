"""The control flow of a control: tables, conditions and statements in the order in which they run."""

from __future__ import annotations

from collections import defaultdict

from compiler import tree
from compiler.analysis.flow import Flow, FlowEdge, FlowKind, FlowNode
from compiler.analysis.wording import place, quote, shorten
from compiler.diagnostics import Sources
from compiler.graph.drawing import Box, Drawing, Link

_MOST_LINES = 6
_LINE_WIDTH = 34
_LABEL_WIDTH = 24


def draw_control(flow: Flow, sources: Sources) -> Drawing:
    control = flow.control
    name = control.control_plane_name or control.name
    drawing = Drawing("control", name, f"Control {name}")
    keys = box_keys(flow)
    drawing.boxes += [_box(node, keys[node], flow, sources) for node in flow.nodes]
    between: dict[tuple[FlowNode, FlowNode, bool], list[FlowEdge]] = defaultdict(list)
    for edge in flow.edges:
        between[edge.source, edge.target, edge.back].append(edge)
    drawing.links += [_link(edges, keys) for edges in between.values()]
    return drawing


def box_keys(flow: Flow) -> dict[FlowNode, str]:
    """A name for each node: that of its table, or its kind and number."""
    times: dict[str, int] = defaultdict(int)
    keys = {}
    for node in flow.nodes:
        if node.kind in (FlowKind.ENTRY, FlowKind.EXIT):
            keys[node] = node.kind.value
        elif node.table is not None:
            times[node.name] += 1
            keys[node] = node.name if times[node.name] == 1 else f"{node.name} #{times[node.name]}"
        else:
            times[node.kind.value] += 1
            keys[node] = f"{node.kind.value} {times[node.kind.value]}"
    return keys


def table_title(node: FlowNode, block: tree.Control) -> tuple[str, str]:
    """Path and name of a table, for caption and title."""
    path, _, name = node.name.rpartition(".")
    own = block.control_plane_name or block.name
    return path.removeprefix(own).strip("."), name


def key_lines(table: tree.Table, sources: Sources) -> list[str]:
    texts = [key.control_plane_name or quote(sources, key.expression.span, 40) or "…" for key in table.keys]
    lines = [f"{shorten(text, 34)}: {key.match_kind}" for text, key in zip(texts, table.keys, strict=True)]
    return cut(lines, _MOST_LINES)


def cut(lines: list[str], most: int) -> list[str]:
    """At most `most` lines, the last of which says how many are missing."""
    return lines if len(lines) <= most else [*lines[: most - 1], f"… {len(lines) - most + 1} more"]


def _box(node: FlowNode, key: str, flow: Flow, sources: Sources) -> Box:
    box = Box(key, node.kind.value, node.name, place=place(node.span))
    if node.table is not None:
        box.caption, box.title = table_title(node, flow.control)
        box.lines = key_lines(node.table, sources)
        actions = [member.action.name for member in node.table.actions]
        box.note = shorten(", ".join(actions), _LINE_WIDTH)
        keys = [f"  {line}" for line in box.lines]
        box.tooltip = "\n".join([f"table {node.name}", *keys, "actions: " + ", ".join(actions), box.place])
        box.data = {"table": node.name, "actions": [member.action.control_plane_name for member in node.table.actions]}
    elif node.kind is FlowKind.STATEMENTS:
        box.title = ""
        box.lines = cut([shorten(line, _LINE_WIDTH) for line in node.lines], _MOST_LINES)
        box.tooltip = "\n".join([*node.lines, box.place])
        box.data = {"statements": list(node.lines)}
    else:
        box.tooltip = f"{node.name}\n{box.place}"
    return box


def _link(edges: list[FlowEdge], keys: dict[FlowNode, str]) -> Link:
    """One link for all edges that lead the same way."""
    first = edges[0]
    labels = [edge.label for edge in edges if edge.label]
    kind = "back" if first.back else {"true": "yes", "hit": "yes", "false": "no", "miss": "no"}.get(first.label, "next")
    shown = [shorten(label, _LABEL_WIDTH) for label in labels]
    if {"true", "false"} <= set(labels) or {"hit", "miss"} <= set(labels):
        kind = "next"
    tooltip = f"{keys[first.source]} → {keys[first.target]}" + (": " + ", ".join(labels) if labels else "")
    return Link(keys[first.source], keys[first.target], kind, cut(shown, 4), tooltip, data={"labels": labels})
