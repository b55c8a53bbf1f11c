"""`source_info`: where in the source a JSON object comes from, for traces and logs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from compiler import tree
from compiler.diagnostics import Sources, Span

_BLANKS = re.compile(r"\s+")


def source_info(span: Span, sources: Sources) -> dict[str, Any]:
    """The `source_info` entry to merge into an object; empty for what stands in no file. As p4c writes it: columns
    count from 0, and of several lines the first is quoted, with "..." for the others.
    """
    if span.line <= 0:
        return {}
    first, *others = sources.fragment(span).split("\n")
    fragment = _BLANKS.sub(" ", first).rstrip("; ") + (" ..." if any(map(str.strip, others)) else "")
    return {
        "source_info": {
            "filename": span.file,
            "line": span.line,
            "column": span.column - 1,
            "source_fragment": fragment,
        }
    }


def locate(arrays: Iterable[dict[str, Any]], instances: Iterable[tree.ExternInstance], sources: Sources) -> None:
    """Add to each of `arrays` where the extern object of its name was declared."""
    spans = {instance.control_plane_name: instance.span for instance in instances}
    for array in arrays:
        array |= source_info(spans[array["name"]], sources)
