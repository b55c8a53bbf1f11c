"""The colours of drawings. Who prefers dark pages gets them; paper is white."""

from __future__ import annotations

from collections.abc import Mapping

_LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "ink": "#1c2330",
    "faint": "#5b6575",
    "line": "#69727f",
    "table": "#f2f7fe #c9dff8 #3a74bd",
    "condition": "#fff8e4 #fff8e4 #b98a1d",
    "statements": "#f6f7f8 #e9ecef #98a1ab",
    "state": "#f1f9f3 #cfead7 #3f8a5a",
    "start": "#f1f9f3 #a9d9b7 #2c6e45",
    "end": "#ececf3 #ececf3 #6b7088",
    "accept": "#d9f2df #d9f2df #2c8049",
    "reject": "#fbe1de #fbe1de #b8483d",
    "yes": "#2c8049",
    "no": "#b8483d",
    "back": "#7d4fb0",
    "match": "#c0392b",
    "action": "#2f6fbf",
    "soft": "#8f97a1",
    "critical": "#dd5a11",
}
_DARK: Mapping[str, str] = {
    "paper": "#14171c",
    "ink": "#e4e8ee",
    "faint": "#9aa5b4",
    "line": "#8a94a2",
    "table": "#1a2638 #27405f #5f9be6",
    "condition": "#2e2713 #2e2713 #d3a63c",
    "statements": "#20252c #2b323b #6d7783",
    "state": "#182920 #234534 #5db37d",
    "start": "#182920 #2d5e43 #7fd09d",
    "end": "#262833 #262833 #8d93ad",
    "accept": "#193423 #193423 #5db37d",
    "reject": "#3a1e1c #3a1e1c #e0766b",
    "yes": "#5db37d",
    "no": "#e0766b",
    "back": "#b18ae0",
    "match": "#ef7466",
    "action": "#6ea8f2",
    "soft": "#7c8794",
    "critical": "#ff8a47",
}

_BOXES = (
    ("table", "table"),
    ("condition", "condition"),
    ("switch", "condition"),
    ("loop", "condition"),
    ("statements", "statements"),
    ("state", "state"),
    ("start", "start"),
    ("entry", "end"),
    ("exit", "end"),
    ("accept", "accept"),
    ("reject", "reject"),
)
"""Kind of box -> its colours: inside, head, frame."""

_LINKS = (
    ("yes", "yes"),
    ("no", "no"),
    ("back", "back"),
    ("no-match", "no"),
    ("match", "match"),
    ("action", "action"),
    ("reverse", "soft"),
    ("control", "soft"),
    ("critical", "critical"),
)

_SHAPES = """\
text{font-family:"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",ui-monospace,monospace}
.heading,.meaning,.text,.note{text-anchor:start}
.caption,.title,.words{text-anchor:middle}
.heading,.title{font-weight:bold}
.frame{stroke-width:1.2}
.box.stressed .frame{stroke-width:3}
.link path{fill:none;stroke-width:1.3}
.link.match path,.link.action path{stroke-width:1.7}
.link.back path,.link.default path,.link.no-match path{stroke-dasharray:6 3}
.link.reverse path{stroke-dasharray:7 4}
.link.control path{stroke-dasharray:2 3}
.link.stressed path{stroke-width:3.2}
"""


def _colors(colors: Mapping[str, str]) -> str:
    rules = [
        f".paper,.behind{{fill:{colors['paper']}}}",
        f"text{{fill:{colors['ink']}}}",
        f".caption,.note,.words,.meaning{{fill:{colors['faint']}}}",
        f".link path{{stroke:{colors['line']}}}",
        f".arrow{{fill:{colors['line']}}}",
    ]
    for kind, name in _BOXES:
        inside, head, frame = colors[name].split()
        rules.append(f".{kind} .frame{{fill:{inside};stroke:{frame}}}.{kind} .head{{fill:{head}}}")
    for kind, name in _LINKS:
        rules.append(f".link.{kind} path{{stroke:{colors[name]}}}.link.{kind} .arrow{{fill:{colors[name]}}}")
    rules.append(f".box.stressed .frame{{stroke:{colors['critical']}}}")
    return "\n".join(rules) + "\n"


CSS = f"{_SHAPES}{_colors(_LIGHT)}@media screen and (prefers-color-scheme:dark){{\n{_colors(_DARK)}}}\n"
