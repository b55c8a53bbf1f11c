"""The files that a run of the compiler reads and those it looks for in vain: all that its result depends on.

This is the only file of the compiler that reads source text.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Files:
    """Reads files and remembers it. Paths are as the compiler named them, relative ones from the working folder.

    `read`: path -> digest of its bytes. `found`: paths that were looked for and are files; `missing`: those that are
    not: a file that appears there later may change what an #include means. `tells_time`: the text depends on when it
    is compiled.
    """

    read: dict[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    tells_time: bool = False

    def text(self, path: str) -> str:
        """The text of the file at `path`; what is not UTF-8 becomes U+FFFD, which no token has. Raises OSError."""
        with open(path, "rb") as stream:
            data = stream.read()
        self.read[path] = digest(data)
        return decode(data)

    def are_where_they_were(self) -> bool:
        """Whether looking for files has the same results as it had."""
        return not any(map(os.path.isfile, self.missing)) and all(map(os.path.isfile, self.found))

    def have_contents(self) -> bool:
        """Whether the files that were read have the contents that they had."""
        for path, contents in self.read.items():
            try:
                with open(path, "rb") as stream:
                    if digest(stream.read()) != contents:
                        return False
            except OSError:
                return False
        return True

    def exists(self, path: str) -> bool:
        """Whether `path` is a file that can be included."""
        if os.path.isfile(path):
            self.found.add(path)
            return True
        self.missing.add(path)
        return False


def digest(data: bytes) -> str:
    """What tells two contents apart."""
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def decode(data: bytes) -> str:
    """UTF-8, with or without a byte order mark, lines ended by LF or CR LF."""
    return data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that an #include means. `folder` is its index in the search path, -1 for the including file's folder."""

    path: str
    folder: int


def search(files: Files, name: str, beside: str | None, path: Sequence[str], start: int = 0) -> Found | None:
    """Find `name` in `beside`, the including file's folder, then in the folders of `path` from `start` on."""
    if os.path.isabs(name):
        return Found(name, -1) if files.exists(name) else None
    if beside is not None:
        candidate = os.path.join(beside, name)
        if files.exists(candidate):
            return Found(candidate, -1)
    for index in range(start, len(path)):
        candidate = os.path.join(path[index], name)
        if files.exists(candidate):
            return Found(candidate, index)
    return None
