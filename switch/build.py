"""C -> shared object, by the machine's C compiler or the ziglang wheel's; cached under the hash of all that went in.

Two things are built: the runtime (all of runtime/*.c, once for each version of it), and the generated code of a
program, which includes the runtime's headers and calls into its object.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from switch.errors import EngineError

RUNTIME = Path(__file__).parent / "runtime"
BASE_FLAGS = (
    "-std=gnu11",
    "-fPIC",
    "-fno-strict-aliasing",
    "-march=native",
    "-Wall",
    "-Wextra",
    "-Wno-unused-function",
)


class CompileError(EngineError):
    """There is no C compiler, or it refused what we generated."""


@dataclass(frozen=True)
class Compiler:
    command: tuple[str, ...]
    version: str  # part of the cache key, with the processor: -march=native depends on it

    def flags(self, optimise: str) -> tuple[str, ...]:
        zig = ("-fno-sanitize=all",) if "ziglang" in self.command else ()
        return (*BASE_FLAGS, *zig, optimise)


@cache
def find_compiler() -> Compiler:
    """$CC, cc, gcc, clang, or ziglang, in this order. Raises CompileError."""
    wanted = shlex.split(os.environ.get("CC", ""))
    candidates: list[tuple[str, ...]] = [tuple(wanted)] if wanted else []
    candidates += [("cc",), ("gcc",), ("clang",)]
    for command in candidates:
        if shutil.which(command[0]):
            return Compiler(command, _version(command) + _processor())
    if find_spec("ziglang") is not None:
        command = (sys.executable, "-m", "ziglang", "cc")
        return Compiler(command, _version(command) + _processor())
    raise CompileError("no C compiler found: install gcc or clang, or `pip install ziglang`, or set CC")


def _version(command: Sequence[str]) -> str:
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    return " ".join(command) + done.stdout


def _processor() -> str:
    """What -march=native sees; a cache on a shared home directory may serve several machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return "".join(sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))}))


def cache_directory(wanted: Path | None = None) -> Path:
    """`wanted`, $P4GATE_CACHE, the user's cache directory, or a temporary one: the first that can be written."""
    candidates = [wanted] if wanted else []
    if os.environ.get("P4GATE_CACHE"):
        candidates.append(Path(os.environ["P4GATE_CACHE"]))
    base = os.environ.get("XDG_CACHE_HOME")
    with suppress(RuntimeError):  # no home directory
        candidates.append(Path(base) / "p4gate" if base else Path.home() / ".cache" / "p4gate")
    candidates.append(Path(tempfile.gettempdir()) / f"p4gate-{os.getuid()}")
    for directory in candidates:
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        # somebody else's directory might hold somebody else's code
        if os.access(directory, os.W_OK) and directory.stat().st_uid in (os.getuid(), 0):
            return directory
    raise CompileError(f"no directory for compiled code can be written; tried {', '.join(map(str, candidates))}")


def runtime_files(pattern: str) -> list[Path]:
    return sorted(RUNTIME.glob(pattern))


@cache
def _runtime_hash() -> str:
    digest = hashlib.sha256()
    for path in [*runtime_files("*.h"), *runtime_files("*.c")]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build_runtime(cache_to: Path | None = None) -> Path:
    """The shared object of runtime/*.c; to be loaded with RTLD_GLOBAL before any generated code."""
    compiler = find_compiler()
    flags = compiler.flags("-O2")
    target = _target(cache_to, "runtime", _runtime_hash(), compiler, flags)
    if target.exists():
        return target
    sources = runtime_files("*.c")
    with tempfile.TemporaryDirectory() as scratch:
        objects = [Path(scratch) / f"{s.stem}.o" for s in sources]

        def compile_one(pair: tuple[Path, Path]) -> None:
            source, to = pair
            _run([*compiler.command, *flags, "-c", str(source), "-o", str(to)])

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(compile_one, zip(sources, objects, strict=True)))
        _finish([*compiler.command, *flags, "-shared", "-pthread", *map(str, objects)], target)
    return target


@cache
def runtime_library() -> ctypes.CDLL:
    """The runtime, built if need be and loaded once for the process, with its symbols open to generated code."""
    return ctypes.CDLL(str(build_runtime()), mode=ctypes.RTLD_GLOBAL)


def build_code(source: str, optimise: str, cache_to: Path | None = None) -> Path:
    """The shared object of generated code. `optimise`: "-O1", "-O3" ..."""
    compiler = find_compiler()
    flags = compiler.flags(optimise)
    digest = hashlib.sha256((source + _runtime_hash()).encode()).hexdigest()
    target = _target(cache_to, "pipeline", digest, compiler, flags)
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "pipeline.c"
        path.write_text(source)
        _finish([*compiler.command, *flags, "-I", str(RUNTIME), "-shared", str(path)], target)
    return target


def _target(directory: Path | None, kind: str, content: str, compiler: Compiler, flags: Sequence[str]) -> Path:
    key = hashlib.sha256("\0".join([content, compiler.version, *flags]).encode()).hexdigest()[:32]
    return cache_directory(directory) / f"{kind}-{key}.so"


def _finish(command: list[str], target: Path) -> None:
    """Compile to a temporary name, then rename: another process never sees half a file."""
    handle, name = tempfile.mkstemp(prefix=target.stem, suffix=".part", dir=target.parent)
    os.close(handle)
    try:
        _run([*command, "-o", name])
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip())
        raise CompileError(f"{command[0]} failed ({done.returncode}): {first}")
