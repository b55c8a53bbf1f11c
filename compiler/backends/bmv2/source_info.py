"""`source_info`: where in the source a JSON object comes from, for traces and logs."""

from __future__ import annotations

from typing import Any

from compiler.diagnostics import Sources, Span

LONGEST = 80
"""Characters of source text that are quoted."""


def source_info(span: Span, sources: Sources) -> dict[str, Any]:
    """The `source_info` entry to merge into an object; empty for what stands in no file. Columns count from 0, as
    p4c's.
    """
    if span.line <= 0:
        return {}
    fragment = sources.fragment(span).split("\n", 1)[0][:LONGEST]
    return {
        "source_info": {
            "filename": span.file,
            "line": span.line,
            "column": span.column - 1,
            "source_fragment": fragment,
        }
    }
