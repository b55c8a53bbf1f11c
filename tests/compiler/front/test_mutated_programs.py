"""Damaged programs and noise. Oracle: none is needed: no traceback, no hang, and an error if the text cannot be P4.

The mutations come from fixed seeds, so that a failure can be run again.
"""

from __future__ import annotations

import random
import re

import pytest

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source
from compiler.lexer import tokenize
from compiler.parser import parse
from compiler.source import preprocess
from tests.compiler.front.reading import PROGRAMS

_WORDS = re.compile(r"\s+|\w+|\W")


def mutated(seed: int) -> str:
    """One of the recorded programs with words lost, doubled, moved, foreign or cut off; sometimes nothing but noise."""
    choose = random.Random(seed)
    if seed % 10 == 0:
        return "".join(chr(choose.randrange(1, 300)) for _ in range(choose.randrange(400)))
    words = _WORDS.findall(choose.choice(PROGRAMS).read_text())
    vocabulary = _WORDS.findall(choose.choice(PROGRAMS).read_text())
    for _ in range(choose.randrange(1, 5)):
        place = choose.randrange(len(words))
        match choose.randrange(5):
            case 0:
                del words[place]
            case 1:
                words.insert(place, choose.choice(vocabulary))
            case 2:
                words[place:place] = words[place : place + choose.randrange(1, 60)]
            case 3:
                words[place] = choose.choice("(){}[]<>;:,.@#\"'/*\\")
            case _:
                del words[place : place + choose.randrange(1, 200)]
    return "".join(words)


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_the_front_end_reads_or_refuses_any_text(first: int) -> None:
    for seed in range(first, first + 40):
        diagnostics = Diagnostics()
        source = preprocess(mutated(seed), f"mutated{seed}.p4", diagnostics)
        parse(tokenize(source), source.text, diagnostics)
        assert diagnostics.has_errors == bool(diagnostics.render())


@pytest.mark.parametrize("first", range(1000, 1060, 30))
def test_the_compiler_compiles_or_refuses_any_text(first: int) -> None:
    for seed in range(first, first + 30):
        diagnostics = Diagnostics()
        compiled = compile_source(mutated(seed), diagnostics, file=f"mutated{seed}.p4")
        assert (compiled is None) == diagnostics.has_errors
