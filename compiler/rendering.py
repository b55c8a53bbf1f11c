"""Diagnostics for programs: JSON, the shape of LSP for editors, p4c's form for build scripts.

Every form is a function of the diagnostics and the lines that they quote; none reads files.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from compiler.diagnostics import Diagnostic, Diagnostics, Note, Severity, Sources, Span

JSON_VERSION = 1


# JSON


def as_json(diagnostics: Diagnostics) -> list[dict[str, Any]]:
    """One object for each diagnostic; `docs/command-line.md` says what its keys mean."""
    return [
        {
            **_place(item.span),
            "severity": item.severity.value,
            "kind": item.kind,
            "message": item.message,
            "expected": item.hint,
            "notes": [{**_place(note.span), "message": note.message} for note in item.notes],
        }
        for item in diagnostics.sorted()
    ]


def json_document(diagnostics: Diagnostics) -> dict[str, Any]:
    """What `--diagnostics-format json` prints."""
    return {
        "version": JSON_VERSION,
        "diagnostics": as_json(diagnostics),
        "errors": diagnostics.error_count,
        "warnings": diagnostics.warning_count,
    }


def _place(span: Span) -> dict[str, Any]:
    """A span; line 0 stands for the file as a whole."""
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


# The Language Server Protocol's shape


def as_lsp(diagnostics: Diagnostics) -> list[dict[str, Any]]:
    """PublishDiagnosticsParams (LSP 3.17), one for each file with diagnostics; characters count UTF-16 units."""
    files: dict[str, list[dict[str, Any]]] = {}
    for item in diagnostics.sorted():
        files.setdefault(item.span.file, []).append(_lsp(item, diagnostics.sources))
    return [{"uri": _uri(file), "diagnostics": found} for file, found in files.items()]


def _lsp(item: Diagnostic, sources: Sources) -> dict[str, Any]:
    message = f"{item.message}\nexpected: {item.hint}" if item.hint else item.message
    return {
        "range": _range(item.span, sources),
        "severity": 1 if item.severity is Severity.ERROR else 2,
        "code": item.kind,
        "source": "p4gate",
        "message": message,
        "relatedInformation": [
            {
                "location": {"uri": _uri(note.span.file), "range": _range(note.span, sources)},
                "message": note.message,
            }
            for note in item.notes
        ],
    }


def _range(span: Span, sources: Sources) -> dict[str, Any]:
    return {
        "start": _position(span.file, span.line, span.column, sources),
        "end": _position(span.file, span.end_line, span.end_column, sources),
    }


def _position(file: str, line: int, column: int, sources: Sources) -> dict[str, int]:
    text = (sources.line(file, line) or "")[: max(0, column - 1)]
    character = len(text.encode("utf-16-le")) // 2 + max(0, column - 1 - len(text))
    return {"line": max(0, line - 1), "character": character}


def _uri(file: str) -> str:
    path = Path(file)
    if path.parts[:1] == ("p4include",) and not path.exists():
        path = Path(__file__).parent / path
    try:
        return path.absolute().as_uri()
    except (OSError, ValueError):
        return file


# p4c's form

P4C_WIDTH = 100
_SYNTAX = "syntax"


def p4c_form(diagnostics: Diagnostics, max_errors: int, info: frozenset[str] = frozenset()) -> str:
    """Every diagnostic as p4c-bm2-ss prints it, with the lines that close its output; ends in a newline.

        FILE(LINE): [--Werror=KIND] error: MESSAGE
        the source line
           ^^^^

    p4c shows no warnings behind the first error, and stops where it has shown more than `max_errors` (so diagnostics
    keep one more). Warnings of the kinds in `info` are called so.
    """
    lines: list[str] = []
    errors = 0
    for item in diagnostics.items:
        if item.severity is Severity.ERROR:
            errors += 1
        elif errors:
            continue
        lines += _p4c_item(item, diagnostics.sources, info)
    if diagnostics.error_count > max_errors:
        lines += [f"Number of errors exceeded set maximum of {max_errors}", ""]
    elif any(_stops_the_parser(item) for item in diagnostics.items):
        lines.append(f"[--Werror=overlimit] error: {diagnostics.error_count} errors encountered, aborting compilation")
    return "".join(line + "\n" for line in lines)


def _stops_the_parser(item: Diagnostic) -> bool:
    """Whether p4c reports it before it checks types: then it closes with a line of its own."""
    if item.severity is not Severity.ERROR:
        return False
    return item.kind in (_SYNTAX, "I/O error") or (item.kind == "duplicate" and item.span.line > 0)


def _p4c_item(item: Diagnostic, sources: Sources, info: frozenset[str]) -> list[str]:
    place = _p4c_place(item.span)
    message = re.sub(r"\s*\n\s*", " ", item.message)
    if item.hint:
        message += f"; expected {item.hint}"
    if item.kind == _SYNTAX and item.severity is Severity.ERROR:
        head = f"{place}:{message if message.startswith('syntax error') else 'syntax error, ' + message}"
    else:
        word = "info" if item.kind in info and item.severity is Severity.WARNING else item.severity.value
        flag = {"error": "Werror", "warning": "Wwarn", "info": "Winfo"}[word]
        head = f"{place + ': ' if place else ''}[--{flag}={item.kind}] {word}: {message}"
    lines = [head, *_p4c_quote(item.span, sources)]
    for note in item.notes:
        lines += [*_p4c_note(note), *_p4c_quote(note.span, sources)]
    return lines


def _p4c_note(note: Note) -> list[str]:
    place = _p4c_place(note.span)
    return [place] if place else []


def _p4c_place(span: Span) -> str:
    return f"{span.file}({span.line})" if span.line > 0 else ""


def _p4c_quote(span: Span, sources: Sources) -> list[str]:
    text = sources.line(span.file, span.line)
    if text is None or span.line == 0:
        return []
    start = min(span.column - 1, len(text))
    end = span.end_column - 1 if span.end_line == span.line else start + 1
    end = min(max(end, start + 1), max(len(text), start + 1))
    prefix = ""
    if len(text) > P4C_WIDTH:
        first = max(0, min((start + end - P4C_WIDTH) // 2 + 3, start, len(text) - P4C_WIDTH + 3))
        first = first if first >= 4 else 0
        prefix = "..." if first else ""
        room = P4C_WIDTH - len(prefix)
        rest = text[first:]
        text = prefix + (rest if len(rest) <= room else rest[: room - 3] + "...")
        start, end = start - first + len(prefix), end - first + len(prefix)
        end = max(start + 1, min(end, P4C_WIDTH))
    indent = "".join("\t" if char == "\t" else " " for char in text[:start])
    shown = "".join(char if char == "\t" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return [shown, indent + "^" * (end - start)]
