"""Our preprocessor gives the tokens that GNU cpp gives. Oracle: cpp's output, recorded in `cases/*.cpp`, which is
compared with the machine's own cpp where that is GNU's.

To record again: `python tests/compiler/preprocessor/test_against_cpp.py`, on a machine with GNU cpp.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.source import STANDARD_HEADERS, preprocess

CASES = sorted((Path(__file__).parent / "cases").glob("*.p4"))
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|[\w.])*|\S', re.DOTALL)
STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/[*].*?[*]/', re.DOTALL)


def cpp(case: Path) -> str:
    """What p4c would get: cpp with p4c's options, and without `# LINE` marks."""
    command = ["cpp", "-C", "-P", "-undef", "-nostdinc", "-x", "assembler-with-cpp", f"-I{STANDARD_HEADERS}", case.name]
    return subprocess.run(command, cwd=case.parent, capture_output=True, text=True, check=True).stdout


def tokens(text: str) -> list[str]:
    """The tokens of preprocessed text, without comments and lines that begin with #."""
    without = STRING_OR_COMMENT.sub(lambda match: match[0] if match[0][0] == '"' else " ", text)
    return TOKEN.findall(re.sub(r"(?m)^[ \t]*#.*", "", without))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_tokens_are_those_of_cpp(case: Path) -> None:
    diagnostics = Diagnostics()
    ours = preprocess(case.read_text(), case.name, diagnostics)
    assert not diagnostics.has_errors, diagnostics.render()
    assert tokens(ours.text) == tokens(case.with_suffix(".cpp").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_record_is_what_cpp_says_here(case: Path) -> None:
    if shutil.which("cpp") is None:
        pytest.skip("there is no cpp on this machine")
    version = subprocess.run(["cpp", "--version"], capture_output=True, text=True, check=False).stdout
    if "Free Software Foundation" not in version:
        pytest.skip("the machine's cpp is not GNU's")
    assert tokens(cpp(case)) == tokens(case.with_suffix(".cpp").read_text())


if __name__ == "__main__":
    for program in CASES:
        program.with_suffix(".cpp").write_text(cpp(program))
