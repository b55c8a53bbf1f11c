"""A rule for make: the files that were made depend on those that were read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def depfile(targets: Sequence[str], sources: Iterable[str], phony: bool = False) -> str:
    """`targets: sources`, a source a line; with `phony`, an empty rule for each source but the first (cpp's -MP).

    The phony rules keep make going when a header was removed.
    """
    names = list(dict.fromkeys(sources))
    parts = [" ".join(map(escaped, targets)) + ":", *map(escaped, names)]
    rule = " \\\n ".join(parts) + "\n"
    if phony:
        rule += "".join(f"\n{escaped(name)}:\n" for name in names[1:])
    return rule


def escaped(name: str) -> str:
    """A file's name as make reads it in a rule: blanks and # behind a backslash, $ twice, as cpp writes it."""
    made: list[str] = []
    for index, char in enumerate(name):
        if char in " \t":
            backslashes = len(name[:index]) - len(name[:index].rstrip("\\"))
            made.append("\\" * backslashes + "\\")  # those before a blank would escape its backslash
        elif char == "$":
            made.append("$")
        elif char == "#":
            made.append("\\")
        made.append(char)
    return "".join(made)
