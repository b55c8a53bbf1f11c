"""What came of earlier runs, by all that it depends on.

An entry is found by a digest of the request, the working folder, Python, the protobuf library and the compiler's own
source. It counts if every file that was read has the same contents and every file that was looked for in vain is
still missing; so an #include that would now find another file finds no stale answer. Times are never compared. What
depends on the time of day (__DATE__) or could not be read is not kept.

Entries are single files, written beside their place and moved there, so that runs at the same time do not disturb one
another; what is damaged or cannot be read is a miss, what cannot be written is let be. All entries together take
MAX_BYTES at most, the longest unused go first.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from time import time
from typing import Any

from compiler.diagnostics import Diagnostic, Diagnostics, Note, Severity, Sources, Span
from compiler.preprocessor.files import Files, digest
from compiler.request import Outcome, Request

MAX_BYTES = 200_000_000
ABANDONED = 3600
"""Seconds after which a half-written file of a run that died is removed."""

_SUFFIX = ".p4gate"
_TEMPORARY = ".tmp"
_VERSION = 1


class Cache:
    """Entries in one folder, which is made when the first is stored."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    @classmethod
    def of_user(cls) -> Cache | None:
        """The cache in $XDG_CACHE_HOME or ~/.cache; None where there is neither, or where P4GATE_NO_CACHE is set."""
        if os.environ.get("P4GATE_NO_CACHE"):
            return None
        base = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):
            base = os.path.join(os.path.expanduser("~"), ".cache")
        return cls(Path(base) / "p4gate" / "compile") if os.path.isabs(base) else None

    def look_up(self, request: Request) -> Outcome | None:
        """What came of the same request with the same files."""
        try:
            path = self._path(request)
            data = path.read_bytes()
            checksum, header_size, rest = data[:40], int(data[41:51]), data[52:]
            if digest(rest).encode() != checksum:
                return None
            header = json.loads(rest[:header_size])
            files = Files(header["read"], set(header["found"]), set(header["missing"]))
            if not (files.are_where_they_were() and files.have_contents()):
                return None
            outcome = _outcome(request, header, rest[header_size:], files)
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None
        with suppress(OSError):  # a cache may be read-only
            os.utime(path)  # used now: it goes last
        return outcome

    def store(self, request: Request, outcome: Outcome) -> None:
        """Keep `outcome`, if it will be the same the next time."""
        is_readable = not any(item.kind == "I/O error" for item in outcome.diagnostics.items)
        if outcome.files.tells_time or not is_readable:
            return
        artefacts = outcome.artefacts
        header = {
            "read": outcome.files.read,
            "found": sorted(outcome.files.found),
            "missing": sorted(outcome.files.missing),
            "artefacts": None if artefacts is None else {name: len(data) for name, data in artefacts.items()},
            **_diagnostics_header(outcome.diagnostics),
        }
        text = json.dumps(header).encode()
        rest = text + b"".join((artefacts or {}).values())
        data = b"%s %010d\n%s" % (digest(rest).encode(), len(text), rest)
        if len(data) > self._max_bytes:
            return
        with suppress(OSError):  # no room, no permission: the next run compiles again
            self._write(self._path(request), data)
            self._shrink()

    def _path(self, request: Request) -> Path:
        return self._folder / (_key(request) + _SUFFIX)

    def _write(self, path: Path, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=_TEMPORARY)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            os.replace(name, path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _shrink(self) -> None:
        """Remove what was not used for longest until the rest takes less than the bound."""
        entries: list[tuple[float, int, str]] = []
        for item in os.scandir(self._folder):
            try:
                status = item.stat()
            except FileNotFoundError:
                continue  # another run removed it
            if item.name.endswith(_TEMPORARY) and time() - status.st_mtime > ABANDONED:
                Path(item.path).unlink(missing_ok=True)
            elif item.name.endswith(_SUFFIX):
                entries.append((status.st_mtime, status.st_size, item.path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._max_bytes:
                return
            Path(path).unlink(missing_ok=True)
            total -= size


def _key(request: Request) -> str:
    """A digest of all that an outcome depends on but the files that the program names."""
    policy = request.policy
    parts = (
        _VERSION,
        request.file,
        request.artefacts,
        request.include_paths,
        request.defines,
        request.undefines,
        policy.default.value,
        sorted((kind, action.value) for kind, action in policy.by_kind.items()),
        request.max_errors,
        None if request.text is None else digest(request.text),
        request.is_preprocessed,
        request.needs_p4info,
        request.architecture,
        request.without_assertions,
        request.disabled_annotations,
        os.getcwd(),
        sys.version,
        compiler_digest(),
        _library("finsy"),
        _library("google.protobuf"),
    )
    return digest(repr(parts).encode())


@lru_cache(maxsize=1)
def compiler_digest() -> str:
    """A digest of the compiler: all its source, and the standard headers."""
    state = hashlib.blake2b(digest_size=20)
    root = Path(__file__).parent
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith((".py", ".p4")):
                path = os.path.join(folder, name)
                with open(path, "rb") as stream:
                    data = stream.read()
                state.update(f"{os.path.relpath(path, root)} {len(data)} ".encode())
                state.update(data)
    return state.hexdigest()


def _library(name: str) -> tuple[object, ...]:
    """What changes when another version of a library is installed. The library is not loaded for it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return (name,)
    status = os.stat(spec.origin)
    return name, spec.origin, status.st_mtime_ns, status.st_size


# Diagnostics as JSON, with the lines that they quote


def _diagnostics_header(diagnostics: Diagnostics) -> dict[str, Any]:
    items = diagnostics.sorted()
    spans = [span for item in items for span in (item.span, *(note.span for note in item.notes))]
    places = {(place.file, number) for place in spans for number in (place.line, place.end_line)}
    lines = [(file, number, diagnostics.sources.line(file, number)) for file, number in sorted(places)]
    return {
        "items": [{**asdict(item), "severity": item.severity.value} for item in items],
        "lines": [found for found in lines if found[2] is not None],
        "errors": diagnostics.error_count,
    }


def _outcome(request: Request, header: dict[str, Any], data: bytes, files: Files) -> Outcome:
    artefacts: dict[str, bytes] | None = None
    if header["artefacts"] is not None:
        artefacts, start = {}, 0
        for name, size in header["artefacts"].items():
            artefacts[name] = data[start : start + size]
            start += size
    diagnostics = Diagnostics(
        sources=_Quoted({(file, number): text for file, number, text in header["lines"]}),
        items=[_diagnostic(item) for item in header["items"]],
        error_count=header["errors"],
        policy=request.policy,
        max_errors=request.max_errors,
    )
    return Outcome(diagnostics, artefacts, files, is_cached=True)


def _diagnostic(item: dict[str, Any]) -> Diagnostic:
    notes = tuple(Note(note["message"], Span(**note["span"])) for note in item["notes"])
    span = Span(**item["span"])
    return Diagnostic(Severity(item["severity"]), item["kind"], item["message"], span, notes, item["hint"])


class _Quoted(Sources):
    """The lines that diagnostics quote, and no others."""

    def __init__(self, lines: dict[tuple[str, int], str]) -> None:
        super().__init__()
        self._quoted = lines

    def line(self, file: str, number: int) -> str | None:
        return self._quoted.get((file, number))
