"""Compile generated C in a quarter of the time: the runtime's headers, which every program includes, are precompiled.

Only for a gcc; any other compiler is left as it is. Objects go into a scratch directory of the caller's, since no
program is met twice.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from switch import build

HEADERS = (
    "packet.h",
    "checksum.h",
    "exact.h",
    "hash.h",
    "lpm_lookup.h",
    "random.h",
    "registers.h",
    "selector.h",
    "ternary_lookup.h",
)
"""Those that a generated unit includes before it declares anything."""


def environment(scratch: Path) -> dict[str, str]:
    """What the environment must hold for engines to be built with the precompiled header, in `scratch`."""
    build.build_runtime()  # into the user's cache, where `applied` finds it
    compiler = build.find_compiler()
    environ = {"P4GATE_CACHE": str(scratch)}
    if "gcc" in compiler.version or "(GCC)" in compiler.version or "Free Software" in compiler.version:
        header = scratch / "runtime_headers.h"
        header.write_text("".join(f'#include "{name}"\n' for name in HEADERS))
        flags = [*compiler.flags("-O0"), "-I", str(build.RUNTIME)]
        done = subprocess.run([*compiler.command, *flags, str(header)], capture_output=True, check=False)
        if done.returncode == 0:
            environ["CC"] = shlex.join([*compiler.command, "-include", str(header)])
    return environ


@contextmanager
def applied(environ: Mapping[str, str]) -> Iterator[None]:
    """Inside, engines are built as `environment` says; for this process, or a child that was handed it."""
    build.runtime_library()
    before = {name: os.environ.get(name) for name in environ}
    os.environ.update(environ)
    build.find_compiler.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        build.find_compiler.cache_clear()


@contextmanager
def in_use(scratch: Path) -> Iterator[None]:
    """Inside, engines are built with the precompiled header, in `scratch`."""
    with applied(environment(scratch)):
        yield
