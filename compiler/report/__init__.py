"""What a program costs: tables, the chain of dependencies, headers, metadata, memory.

model.py is the report as values, which JSON shows as they are; tables.py, storage.py and memory.py compute its parts,
collect.py puts them together, text.py writes them for people. docs/graphs.md defines every number.
"""

from __future__ import annotations

from compiler.report.collect import collect
from compiler.report.model import Report
from compiler.report.text import to_text

__all__ = ["Report", "collect", "to_text"]
