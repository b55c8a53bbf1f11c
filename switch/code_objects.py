"""The compiled objects of a program, and which of them packets go through.

`quick` runs at once, `fast` follows when it is compiled; `counting` is the fast one with a counter for each table's
hits and misses and for drops by action, in use only while somebody watches, so that the others pay nothing for it.
All work on the same state, and one takes over from another between two bursts. The traced object is compiled when it
is first asked for.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from threading import Lock, Thread

from switch import build
from switch import native as n
from switch.bmv2_json.program import Program
from switch.codegen import generate
from switch.codegen.unit import Unit
from switch.errors import EngineError

FIRST = {"none": "-O0", "full": "-O3"}  # what runs at once; else -O1


class CodeObjects:
    """Of one pipeline. Objects are never unloaded: a worker may still be inside of one."""

    def __init__(self, pipeline: int, program: Program, unit: Unit, optimise: str, cache: Path | None) -> None:
        self._pipeline, self._program, self._unit, self._cache = pipeline, program, unit, cache
        self._set_code = n.native().pipeline_set_code
        self._libraries: list[ctypes.CDLL] = []
        self._lock = Lock()  # which object is in use
        self._trace_lock = Lock()
        self._watched = self._counting = self._closed = False
        self._counting_code: int | None = None
        self._compiler: Thread | None = None
        self._counting_error: EngineError | None = None
        self._optimiser: Thread | None = None
        self._optimise_error: EngineError | None = None
        self._traced: tuple[Unit, ctypes.CDLL] | None = None
        first = FIRST.get(optimise, "-O1")
        self._traced_level = "-O0" if optimise == "none" else "-O1"
        self._best = "-O3" if optimise == "background" else first
        self._plain = self._code(self._load(unit.source, first))
        self._set_code(pipeline, self._plain)
        if optimise == "background":
            self._optimiser = Thread(target=self._optimise, name="optimise", daemon=True)
            self._optimiser.start()

    def _load(self, source: str, optimise: str) -> ctypes.CDLL:
        path = build.build_code(source, optimise, self._cache)
        try:
            library = ctypes.CDLL(str(path))
        except OSError as error:  # a cache on a file system from which nothing may be run
            raise build.CompileError(f"the compiled program cannot be loaded: {error}") from None
        self._libraries.append(library)
        return library

    def _code(self, library: ctypes.CDLL) -> int:
        """The address of its `struct pipeline_code`."""
        return ctypes.addressof(ctypes.c_char.in_dll(library, "p4gate_code"))

    # ---- quick, then fast

    def _optimise(self) -> None:
        try:
            code = self._code(self._load(self._unit.source, "-O3"))
        except EngineError as error:
            self._optimise_error = error
            return
        with self._lock:
            self._plain = code
            if not self._counting:
                self._use(code)

    def wait_optimised(self) -> None:
        """Return when the optimised code is compiled. Raises what its compilation raised."""
        if self._optimiser is not None:
            self._optimiser.join()
        if self._optimise_error is not None:
            raise self._optimise_error

    def close(self) -> None:
        """Return when nothing is being compiled. From now on the pipeline, which is about to go, is left alone."""
        with self._lock:
            self._closed = True
        for thread in (self._optimiser, self._compiler):
            if thread is not None:
                thread.join()

    def _use(self, code: int | None) -> None:
        """The lock held."""
        if not self._closed:
            self._set_code(self._pipeline, code)

    # ---- counting

    @property
    def counting(self) -> bool:
        """Do packets go through the object that counts now?"""
        return self._counting

    def watch(self) -> None:
        """Count from soon on: returns at once, the object may have to be compiled. Raises what went wrong with that."""
        if self._counting_error is not None:
            raise self._counting_error
        with self._lock:
            self._watched = True
            if self._counting_code is not None:
                self._count()
            elif self._compiler is None:
                self._compiler = Thread(target=self._compile_counting, name="counting", daemon=True)
                self._compiler.start()

    def unwatch(self) -> None:
        """Packets go through the plain object again."""
        with self._lock:
            self._watched = False
            if self._counting:
                self._counting = False
                self._use(self._plain)

    def wait_counting(self) -> None:
        """Return when watch() has taken effect. Raises what went wrong."""
        if self._compiler is not None:
            self._compiler.join()
        if self._counting_error is not None:
            raise self._counting_error

    def _compile_counting(self) -> None:
        try:
            code = self._code(self._load(generate(self._program, count=True).source, self._best))
        except EngineError as error:
            self._counting_error = error
            return
        with self._lock:
            self._counting_code = code
            if self._watched:
                self._count()

    def _count(self) -> None:
        if not self._counting:
            self._counting = True
            self._use(self._counting_code)

    # ---- traced

    def traced(self) -> tuple[Unit, int, int]:
        """The traced unit, its code, and its p4gate_match (runtime/match.h). Compiles it the first time."""
        with self._trace_lock:
            if self._traced is None:
                unit = generate(self._program, trace=True)
                self._traced = unit, self._load(unit.source, self._traced_level)
            unit, library = self._traced
        match = ctypes.cast(library.p4gate_match, ctypes.c_void_p).value or 0
        return unit, self._code(library), match
