"""The dependency graph of a control's tables, with the stage of each and the longest chain marked."""

from __future__ import annotations

from compiler.analysis.dependencies import Dependencies, Dependency, DependencyKind
from compiler.analysis.flow import Flow, FlowKind
from compiler.analysis.wording import place, shorten
from compiler.diagnostics import Sources
from compiler.graph.controls import box_keys, cut, key_lines, table_title
from compiler.graph.drawing import Box, Drawing, Link

_MANY = 70
"""Dependencies from which on only those of the longest chain are labelled."""

_MEANING = {
    DependencyKind.MATCH: "match: decides which entry is hit; a later stage",
    DependencyKind.ACTION: "action: is used by an action; a later stage",
    DependencyKind.REVERSE: "reverse: is written after it was used; not earlier",
    DependencyKind.CONTROL: "control: decides whether it runs; not earlier",
}


def draw_tables(flow: Flow, found: Dependencies, sources: Sources) -> Drawing:
    """Drawn are the dependencies that no chain of others implies; `data` of the boxes tells the stage."""
    name = flow.control.control_plane_name or flow.control.name
    stages = f"{found.stages} stage{'' if found.stages == 1 else 's'}"
    drawing = Drawing("tables", name, f"Table dependencies of {name}: {stages}")
    keys = box_keys(flow)
    critical = set(found.critical_nodes) if found.stages > 1 else set()
    for node in found.nodes:
        stage = found.stage[node]
        box = Box(keys[node], node.kind.value, node.name, place=place(node.span), stressed=node in critical)
        if node.table is not None:
            box.caption, box.title = table_title(node, flow.control)
            box.lines = key_lines(node.table, sources)
        elif node.kind is FlowKind.STATEMENTS:
            box.title = ""
            box.lines = cut([shorten(line, 34) for line in node.lines], 4)
        box.note = f"stage {stage}"
        box.data = {"stage": stage, "kind": node.kind.value}
        box.tooltip = "\n".join(filter(None, [node.name or "\n".join(node.lines), f"stage {stage}", box.place]))
        drawing.boxes.append(box)
    shown = found.essential
    chain = {(edge.source, edge.target) for edge in found.critical}
    for edge in shown:
        is_critical = (edge.source, edge.target) in chain
        text = f"{keys[edge.source]} → {keys[edge.target]}: {edge.kind.value} dependency"
        tooltip = "\n".join([text, *edge.fields])
        link = Link(keys[edge.source], keys[edge.target], edge.kind.value, tooltip=tooltip, stressed=is_critical)
        if edge.fields and (len(shown) < _MANY or is_critical):
            link.labels = _field_lines(edge)
        link.data = {"fields": list(edge.fields), "stages": edge.kind.stages}
        drawing.links.append(link)
    kinds = {edge.kind for edge in shown}
    drawing.legend = [(kind.value, _MEANING[kind]) for kind in DependencyKind if kind in kinds]
    if critical:
        drawing.legend.append(("critical", "the longest chain"))
    return drawing


def _field_lines(edge: Dependency) -> list[str]:
    return cut([shorten(field, 32) for field in edge.fields], 3)
