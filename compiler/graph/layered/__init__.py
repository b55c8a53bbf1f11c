"""Layered drawings of directed graphs, after Sugiyama, Tagawa and Toda (1981).

ranks.py turns cycles round and puts every node on a layer, ordering.py orders the layers so that few edges cross,
placement.py gives every node its x (Brandes and Köpf, 2001), routing.py y and the ways of the edges. `arrange` does all
of it for each connected part of a graph and puts the parts side by side.

Sizes and coordinates are those of the drawing (pixels), y grows downwards, a node's place is its centre. Boxes never
overlap, nor do labels, and no edge runs through a box. The same graph always gives the same drawing.
"""

from __future__ import annotations

from compiler.graph.layered.arrange import arrange
from compiler.graph.layered.model import Arrangement, EdgeShape, LayeredEdge, Point, Size

__all__ = ["Arrangement", "EdgeShape", "LayeredEdge", "Point", "Size", "arrange"]
