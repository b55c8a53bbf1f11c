"""What happened to one packet: parser path, look-ups, actions, changed fields, copies as a tree, why it was dropped.

The traced object of a program (codegen/trace_hooks.py) writes lines of text (runtime/trace.h); tracer.py runs it,
reader.py makes events.py's values of the lines, with transitions.py (what a select matched), nearest.py (the entry that
a missed key came closest to) and fate.py (why a packet ended as it did). text.py shows a Trace to people, schema.py to
programs. filter/ says which packets are wanted.
"""

from switch.trace.events import Trace
from switch.trace.schema import to_json
from switch.trace.text import render
from switch.trace.tracer import Tracer

__all__ = ["Trace", "Tracer", "render", "to_json"]
