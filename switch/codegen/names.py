"""P4 names as C identifiers: recognisable, unique, never a keyword."""

from __future__ import annotations

import re

KEYWORDS = frozenset(
    [
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
        "asm",
        "typeof",
        "_Alignas",
        "_Atomic",
        "_Bool",
        "true",
        "false",
        "bool",
        "NULL",
        "EOF",
        "stdin",
        "stdout",
        "stderr",
        "errno",
        "main",
        "unix",
        "linux",
    ]
)


class Names:
    """Hands out C identifiers of one name space."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken | KEYWORDS)

    def new(self, wanted: str) -> str:
        base = re.sub(r"\W", "_", wanted, flags=re.ASCII).strip("_") or "x"
        base = re.sub(r"__+", "_", base)
        if base[0].isdigit():
            base = "n" + base
        name, n = base, 1
        while name in self._taken:
            n += 1
            name = f"{base}_{n}"
        self._taken.add(name)
        return name


def comment(text: str, limit: int = 100) -> str:
    """P4 source as the inside of a C comment: one line, nothing that ends it."""
    one_line = " ".join(text.replace("\\n", " ").replace('\\"', '"').split()).replace("*/", "* /").replace("/*", "/ *")
    one_line = "".join(c if c.isprintable() and c.isascii() else "?" for c in one_line).replace("\\", "\\ ").rstrip()
    return one_line if len(one_line) <= limit else one_line[: limit - 3] + "..."
