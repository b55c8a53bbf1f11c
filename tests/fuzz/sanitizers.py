"""The environment in which the switch is compiled with AddressSanitizer and UndefinedBehaviorSanitizer.

Everything that a worker of ours builds then has them: the runtime, the generated code, burst.c, which gives each packet
memory of its very size. Python itself does not, so the sanitizers' libraries are loaded before it.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from pathlib import Path

from switch.build import find_compiler

FLAGS = ("-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
"""Optimised, checks vanish with the code that they are of, and compiling takes four times as long."""


class NoSanitizers(Exception):
    """Why there are none."""


def environment(cache: Path) -> dict[str, str]:
    """`cache`: a folder for what is compiled. Raises NoSanitizers."""
    compiler = find_compiler().command
    libraries = []
    for name in ("libasan.so", "libubsan.so"):
        command = [*compiler, f"-print-file-name={name}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        path = Path(done.stdout.strip())
        if done.returncode or not path.is_absolute() or not path.exists():
            raise NoSanitizers(f"{compiler[0]} has no {name}")
        libraries.append(str(path))
    text = f'#!/bin/sh\nexec {shlex.join(compiler)} "$@" {shlex.join(FLAGS)}\n'  # the last -O counts
    script = cache / f"cc-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    cache.mkdir(parents=True, exist_ok=True)
    script.write_text(text)
    script.chmod(0o755)
    return os.environ | {
        "CC": str(script),
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",  # Python's own leaks would drown ours
        "UBSAN_OPTIONS": "print_stacktrace=1:abort_on_error=1",
        "PYTHONFAULTHANDLER": "1",  # which of our Python called it
        "P4GATE_CACHE": str(cache),
    }
