"""Drawings -> DOT, for Graphviz and what reads its language."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.graph.drawing import Box, Drawing, Link

_SHAPES = {"condition": "hexagon", "switch": "hexagon", "loop": "hexagon"} | dict.fromkeys(
    ("accept", "reject", "entry", "exit"), "oval"
)
_STYLES = {"control": "dotted", "reverse": "dashed", "default": "dashed", "no-match": "dashed", "back": "dashed"}


def to_dot(drawings: Sequence[Drawing]) -> str:
    """One `digraph` for each drawing."""
    return "\n".join(_digraph(drawing) for drawing in drawings)


def _digraph(drawing: Drawing) -> str:
    lines = [f"digraph {_quoted(f'{drawing.kind} {drawing.name}')} {{", f"  label={_quoted(drawing.heading)};"]
    lines.append('  node [shape=box, fontname="monospace"];')
    lines += [_node(box) for box in drawing.boxes]
    lines += [_edge(link) for link in drawing.links]
    return "\n".join([*lines, "}", ""])


def _node(box: Box) -> str:
    text = "\n".join(filter(None, [box.caption, box.title, *(box.lines if box.lines != [box.title] else ()), box.note]))
    attributes = [f"label={_quoted(text)}", f"tooltip={_quoted(box.tooltip)}", f"class={_quoted(box.kind)}"]
    if box.kind in _SHAPES:
        attributes.append(f"shape={_SHAPES[box.kind]}")
    if box.stressed:
        attributes.append("penwidth=3")
    return f"  {_quoted(box.key)} [{', '.join(attributes)}];"


def _edge(link: Link) -> str:
    labels = "\n".join(link.labels)
    attributes = [f"label={_quoted(labels)}", f"tooltip={_quoted(link.tooltip)}", f"class={_quoted(link.kind)}"]
    if link.kind in _STYLES:
        attributes.append(f"style={_STYLES[link.kind]}")
    if link.stressed:
        attributes.append("penwidth=3")
    return f"  {_quoted(link.source)} -> {_quoted(link.target)} [{', '.join(attributes)}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
