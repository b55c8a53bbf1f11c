"""The state graph of a parser: a box for each state with what it does, a link for each way to another."""

from __future__ import annotations

from compiler import tree
from compiler.analysis.wording import place, quote, shorten
from compiler.diagnostics import Sources
from compiler.graph.drawing import Box, Drawing, Link

_MOST_LINES = 8
_MOST_LABELS = 5
_LABEL_WIDTH = 30


def draw_parser(parser: tree.Parser, sources: Sources) -> Drawing:
    """States that cannot be reached are there, too. `reject` is there if something leads to it."""
    name = parser.control_plane_name or parser.name
    drawing = Drawing("parser", name, f"Parser {name}")
    drawing.boxes += [_state_box(state, state is parser.start, sources) for state in parser.states]
    for state in parser.states:
        drawing.links += _links(state, sources)
    led_to = {link.target for link in drawing.links}
    for end in ("accept", "reject"):
        if end in led_to:
            drawing.boxes.append(Box(end, end, end, tooltip=f"{end}: the parser ends here"))
    return drawing


def _state_box(state: tree.ParserState, is_start: bool, sources: Sources) -> Box:
    texts = [quote(sources, statement.span) or "…" for statement in state.statements]
    lines = [shorten(text, 46) for text in texts[:_MOST_LINES]]
    if len(texts) > _MOST_LINES:
        lines.append(f"… {len(texts) - _MOST_LINES} more")
    note = ""
    if isinstance(state.transition, tree.Select):
        keys = ", ".join(quote(sources, key.span, 60) or "…" for key in state.transition.keys)
        note = shorten(f"select ({keys})", 56)
    tooltip = "\n".join([f"state {state.name}", *texts, note, place(state.span)]).replace("\n\n", "\n")
    box = Box(state.name, "start" if is_start else "state", state.name, lines=lines, note=note, tooltip=tooltip)
    box.place = place(state.span)
    box.data = {"statements": texts}
    return box


def _links(state: tree.ParserState, sources: Sources) -> list[Link]:
    transition = state.transition
    if not isinstance(transition, tree.Select):
        return [Link(state.name, transition.state.name, "next", data={"labels": []})]
    by_target: dict[str, list[str]] = {}
    for case in transition.cases:
        labels = [_label(label, sources) for label in case.labels]
        text = "default" if all(label == "_" for label in labels) else ", ".join(labels)
        by_target.setdefault(case.state.name, []).append(text)
    links = []
    for target, texts in by_target.items():
        shown = [shorten(text, _LABEL_WIDTH) for text in texts[:_MOST_LABELS]]
        if len(texts) > _MOST_LABELS:
            shown.append(f"… {len(texts) - _MOST_LABELS} more")
        tooltip = "\n".join([f"{state.name} → {target}", *texts, place(transition.span)])
        kind = "default" if texts == ["default"] else "next"
        links.append(Link(state.name, target, kind, shown, tooltip, data={"labels": texts}))
    if not any(all(isinstance(label, tree.DontCare) for label in case.labels) for case in transition.cases):
        links = _with_no_match(state.name, links)
    return links


def _with_no_match(state: str, links: list[Link]) -> list[Link]:
    """What fits no case goes to reject with error.NoMatch (§13.6)."""
    for link in links:
        if link.target == "reject":
            link.labels.append("no match")
            link.data["labels"].append("no match")
            return links
    tooltip = f"{state} → reject\nno case matches: error.NoMatch"
    return [*links, Link(state, "reject", "no-match", ["no match"], tooltip, data={"labels": ["no match"]})]


def _label(label: tree.Expression, sources: Sources) -> str:
    if isinstance(label, tree.DontCare):
        return "_"
    if isinstance(label, tree.ValueSetRef):
        return label.value_set.name
    return quote(sources, label.span, 60) or "…"
