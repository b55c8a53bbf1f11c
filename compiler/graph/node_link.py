"""Drawings -> node-link JSON, as networkx' `node_link_graph(data, edges="links")` and d3 read it.

    {"graphs": [{"directed": true, "multigraph": true, "graph": {"kind", "name", "heading"},
                 "nodes": [{"id", "kind", "title", "caption", "lines", "note", "place", "critical", ...}],
                 "links": [{"source", "target", "key", "kind", "critical", ...}]}]}

`place` is file:line. Nodes of tables' graphs have `stage`, links `fields` and `stages`; links of parsers and controls
have `labels`, all of them and in full.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from compiler.graph.drawing import Drawing


def to_node_link(drawings: Sequence[Drawing]) -> str:
    return json.dumps({"graphs": [_graph(drawing) for drawing in drawings]}, indent=2, ensure_ascii=False) + "\n"


def _graph(drawing: Drawing) -> dict[str, Any]:
    nodes = [
        {
            "id": box.key,
            "kind": box.kind,
            "title": box.title,
            "caption": box.caption,
            "lines": box.lines,
            "note": box.note,
            "place": box.place,
            "critical": box.stressed,
            **{key: value for key, value in box.data.items() if key != "kind"},
        }
        for box in drawing.boxes
    ]
    parallel: Counter[tuple[str, str]] = Counter()
    links = []
    for link in drawing.links:
        ends = (link.source, link.target)
        links.append(
            {
                "source": link.source,
                "target": link.target,
                "key": parallel[ends],
                "kind": link.kind,
                "critical": link.stressed,
                **link.data,
            }
        )
        parallel[ends] += 1
    about = {"kind": drawing.kind, "name": drawing.name, "heading": drawing.heading}
    return {"directed": True, "multigraph": True, "graph": about, "nodes": nodes, "links": links}
