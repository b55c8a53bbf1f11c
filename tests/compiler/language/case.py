"""One feature of the language in a small program, a packet, and the packet that must come out."""

from __future__ import annotations

from dataclasses import dataclass

from tests.compiler.programs import DEFAULT_PARSER, run

PACKET = "01 02 03 04 00 05 06 00"
"""hdr.h with a = 1, b = 2, c = 3, d = 4, w = 5, s = 6, r = 0 (see tests/compiler/programs.py)."""


@dataclass(frozen=True, slots=True)
class Case:
    """`name` begins with the section of the specification. `types` are declared at top level, `locals` in the
    ingress.
    """

    name: str
    result: str
    apply: str = ""
    locals: str = ""
    types: str = ""
    parser: str = DEFAULT_PARSER
    meta: str = "bit<8> m; bit<8> n;"
    packet: str = PACKET

    def run(self) -> str:
        return run(self.apply, self.packet, locals=self.locals, types=self.types, parser=self.parser, meta=self.meta)
