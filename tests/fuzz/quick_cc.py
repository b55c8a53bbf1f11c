"""Compile generated C in a quarter of the time: the runtime's headers, which every program includes, are precompiled.

Only for a gcc; any other compiler is left as it is. Objects go into a scratch directory of the caller's, since no
program is met twice.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
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


@contextmanager
def in_use(scratch: Path) -> Iterator[None]:
    """Inside, engines are built with the precompiled header, in `scratch`."""
    build.runtime_library()  # from the user's cache, if it is there
    compiler = build.find_compiler()
    before = {name: os.environ.get(name) for name in ("CC", "P4GATE_CACHE")}
    os.environ["P4GATE_CACHE"] = str(scratch)
    if "gcc" in compiler.version or "(GCC)" in compiler.version or "Free Software" in compiler.version:
        header = scratch / "runtime_headers.h"
        header.write_text("".join(f'#include "{name}"\n' for name in HEADERS))
        flags = [*compiler.flags("-O0"), "-I", str(build.RUNTIME)]
        done = subprocess.run([*compiler.command, *flags, str(header)], capture_output=True, check=False)
        if done.returncode == 0:
            os.environ["CC"] = shlex.join([*compiler.command, "-include", str(header)])
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
