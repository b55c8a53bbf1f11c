"""Carry out a request of a command line, or look up in the cache what came of it.

    outcome = run(Request(file="gateway.p4", artefacts=("json", "p4info.text")))
    outcome.artefacts["json"]       # the bytes to be written, None if there were errors

The stages of the compiler, and what they import, are only loaded when the cache has no answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from compiler.cache import Cache
from compiler.diagnostics import Diagnostics
from compiler.preprocessor.files import Files, decode
from compiler.request import STDIN, Outcome, Request

if TYPE_CHECKING:
    from compiler.preprocessor.layout import Preprocessed

STDIN_NAME = "<stdin>"

Progress = Callable[[str], None]
"""Is told the name of a stage that begins."""


def run(request: Request, *, use_cache: bool = True, progress: Progress | None = None) -> Outcome:
    """Compile, or look up what came of it the last time."""
    can_be_read_twice = request.file == STDIN or os.path.isfile(request.file)  # a pipe cannot
    cache = Cache.of_user() if use_cache and can_be_read_twice else None
    if cache is not None:
        outcome = cache.look_up(request)
        if outcome is not None:
            return outcome
    outcome = _compile(request, progress)
    if cache is not None:
        cache.store(request, outcome)
    return outcome


def preprocess_only(request: Request) -> tuple[str | None, Outcome]:
    """The preprocessed text of a request as -E prints it, None when the file cannot be read."""
    from compiler.preprocessor.layout import shown

    diagnostics, files = _diagnostics(request), Files()
    text = _preprocessed(request, diagnostics, files)
    return None if text is None else shown(text), Outcome(diagnostics, None, files)


def _compile(request: Request, progress: Progress | None) -> Outcome:
    from compiler import artefacts, driver

    diagnostics, files = _diagnostics(request), Files()
    text = _preprocessed(request, diagnostics, files)
    if text is None:
        return Outcome(diagnostics, None, files)
    options = driver.Options(
        p4info=request.needs_p4info,
        entries=any(name.startswith("entries.") for name in request.artefacts),
        architecture=request.architecture,
        disabled_annotations=request.disabled_annotations,
    )
    name = STDIN_NAME if request.file == STDIN else os.path.basename(request.file)
    steps = progress if progress is not None else lambda stage: None
    compiled = driver.compile_preprocessed(text, name, diagnostics, options, steps)
    if diagnostics.has_errors:
        return Outcome(diagnostics, None, files)
    if compiled is None:
        raise AssertionError("a program was refused without an error")
    if request.without_assertions:
        artefacts.drop_assertions(compiled.json)
    return Outcome(diagnostics, artefacts.write_down(compiled, request.artefacts), files)


def _diagnostics(request: Request) -> Diagnostics:
    return Diagnostics(policy=request.policy, max_errors=request.max_errors)


def _preprocessed(request: Request, diagnostics: Diagnostics, files: Files) -> Preprocessed | None:
    from compiler.source import preprocess, read_source

    now = build_time()
    macros = (request.include_paths, request.defines, request.undefines)
    if request.file == STDIN:
        text = decode(request.text or b"")
        file = STDIN_NAME
    elif request.is_preprocessed:
        file = request.file
        try:
            text = files.text(file)
        except OSError:
            return read_source(file, diagnostics, files=files)  # which reports the error
    else:
        return read_source(request.file, diagnostics, *macros, files=files, now=now)
    return preprocess(text, file, diagnostics, *macros, files=files, now=now, is_preprocessed=request.is_preprocessed)


def build_time() -> datetime:
    """What __DATE__ and __TIME__ say: SOURCE_DATE_EPOCH of the environment where builds must be repeatable, or now."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdecimal() and len(epoch) < 12:  # up to the year 5138
        return datetime.fromtimestamp(int(epoch), timezone.utc)
    return datetime.now()
