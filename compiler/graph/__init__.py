"""Pictures of a program: the state graph of each parser, the control flow of each control, which table waits for which.

drawing.py is what all of them are made of: boxes, links, a legend. parsers.py, controls.py and tables.py fill it from a
typed tree; layered/ finds places for it; svg.py, dot.py and node_link.py write it down. `draw` is the way in.
"""

from __future__ import annotations

from compiler.graph.draw import KINDS, draw
from compiler.graph.drawing import Drawing
from compiler.graph.svg import to_svg

__all__ = ["KINDS", "Drawing", "draw", "to_svg"]
