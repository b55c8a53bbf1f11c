"""One run of the compiler as its command lines ask for it: a `Request` in, an `Outcome` out (`build.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.diagnostics import TOO_MANY_ERRORS, Diagnostics
from compiler.preprocessor.files import Files
from compiler.warning_kinds import Policy

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be compiled, and to what.

    `file`: a path, or "-" for the text in `text`, which the caller read from standard input. `artefacts`: any of
    "json", and "p4info.FORMAT" and "entries.FORMAT" with one of the formats of `artefacts.py`. `is_preprocessed`: the
    preprocessor is left out. `architecture`: None to tell it from the program. `without_assertions`: assert and assume
    are left out of the JSON. `disabled_annotations`: names of annotations that are ignored, with a warning.
    """

    file: str
    artefacts: tuple[str, ...] = ("json", "p4info.text")
    include_paths: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    undefines: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    max_errors: int = TOO_MANY_ERRORS
    text: bytes | None = None
    is_preprocessed: bool = False
    needs_p4info: bool = True
    architecture: str | None = None
    without_assertions: bool = False
    disabled_annotations: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What came of a request. `artefacts` is None when there were errors; `files` is what the outcome depends on."""

    diagnostics: Diagnostics
    artefacts: dict[str, bytes] | None
    files: Files
    is_cached: bool = False
