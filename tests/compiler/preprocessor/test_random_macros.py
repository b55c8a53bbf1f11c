"""Random macros expand as GNU cpp expands them. Oracle: the machine's cpp."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest
from test_against_cpp import tokens

from compiler.diagnostics import Diagnostics
from compiler.source import preprocess

ROUNDS, PROGRAMS = 8, 10

NAMES = ["A", "B", "F", "G", "H", "V"]
PIECES = [
    *(
        "1",
        "x",
        "y",
        "(",
        ")",
        ",",
        ",",
        "+",
        '"s"',
        "A",
        "B",
        "F",
        "G",
        "H",
        "V",
        "F(",
        "G(",
        "a",
        "b",
        "8w",
        ".",
        "<",
    ),
    *("'c'", "()", " ", "__LINE__", "__COUNTER__", "-", ">", "EMPTY"),
]
IN_BODIES = [*PIECES, "##", "#", "__VA_ARGS__"]
IN_CONDITIONS = [
    *("1", "0", "2", "A", "B", "defined A", "defined(F)", "+", "-", "*", "/", "==", "<", "&&", "||", "!", "(", ")"),
    *("?", ":", "F(1)"),
]
SHAPES = [
    "#define {0} {1}",
    "#define {0}(a) {1}",
    "#define {0}(a,b) {1}",
    "#define {0}(a,...) {1}",
    "#define {0}() {1}",
]


def random_text(choose: random.Random) -> str:
    """Definitions of a few names in terms of one another, and lines that use them."""

    def some(pieces: list[str], least: int, most: int) -> str:
        return "".join(choose.choice(pieces) + choose.choice(["", " "]) for _ in range(choose.randint(least, most)))

    lines = ["#define EMPTY"]
    for _ in range(choose.randint(2, 8)):
        name = choose.choice(NAMES)
        shape = choose.choice([*SHAPES, "#undef {0}"])
        lines.append(shape.format(name, some(IN_BODIES, 0, 7)))
    for _ in range(choose.randint(1, 6)):
        if choose.random() < 0.15:
            condition = " ".join(choose.choice(IN_CONDITIONS) for _ in range(choose.randint(1, 6)))
            lines += [f"#if {condition}", "yes", "#else", "no", "#endif"]
        else:
            lines.append(some(PIECES, 1, 9))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_macros_expand_as_with_cpp(seed: int) -> None:
    if shutil.which("cpp") is None:
        pytest.skip("there is no cpp on this machine")
    if "Free Software Foundation" not in subprocess.run(["cpp", "--version"], capture_output=True, text=True).stdout:
        pytest.skip("the machine's cpp is not GNU's")
    choose = random.Random(seed)
    for _ in range(PROGRAMS):
        text = random_text(choose)
        command = ["cpp", "-C", "-undef", "-nostdinc", "-x", "assembler-with-cpp", "-"]
        theirs = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        diagnostics = Diagnostics()
        ours = preprocess(text, "t.p4", diagnostics)
        assert diagnostics.has_errors == (theirs.returncode != 0), (text, theirs.stderr, diagnostics.render())
        if not diagnostics.has_errors:
            assert tokens(ours.text) == tokens(theirs.stdout), text
