"""p4runtime-shell, in a virtual environment of its own: its pins (protobuf 3.20) cannot live beside ours."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENT = "p4runtime-shell==0.0.6"
MODULE = "p4runtime_sh"


class ShellError(Exception):
    """The shell is not there, or cannot be installed: one line for the user."""


def folder() -> Path:
    """Where the environment is: $P4GATE_SHELL, or beside the packages of the environment that p4gate runs in."""
    return Path(os.environ.get("P4GATE_SHELL") or Path(sys.prefix) / "p4runtime-shell")


def interpreter() -> Path:
    """The Python that has the shell. Raises ShellError if there is none."""
    python = folder() / "bin" / "python"
    if not any(folder().glob(f"lib/python*/site-packages/{MODULE}/__main__.py")):
        raise ShellError(f"p4runtime-shell is not in {folder()}; `p4gate shell --install` puts it there")
    return python


def install() -> None:
    """Make the environment from PyPI, or complete it. Raises ShellError."""
    try:
        venv.create(folder(), with_pip=True)
    except (OSError, subprocess.CalledProcessError) as e:
        raise ShellError(f"{folder()}: the virtual environment cannot be made: {e}") from None
    command = [str(folder() / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = next((line for line in reversed(done.stderr.splitlines()) if line.startswith("ERROR")), "see pip")
        raise ShellError(f"pip cannot install {REQUIREMENT}: {reason}")
