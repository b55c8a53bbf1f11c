"""The true excerpts of docs/compiler.md: one statement of a recorded program, followed through the compiler.

`python -m tests.compiler.statement_life` from the project's root writes them into the page anew.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from compiler import lexer, parser, passes, source, syntax, tree
from compiler.backends.bmv2 import emit
from compiler.check import check_program
from compiler.diagnostics import Diagnostics
from switch.bmv2_json import load_program
from switch.codegen import generate
from tests.compiler.passes.unparse import statement

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compiler.md"
PROGRAM = ROOT / "tests" / "golden" / "v1model" / "named_arguments" / "named_arguments.p4"
STATEMENT = "hdr.h.r0 = sub(y = hdr.h.a, x = hdr.h.b) ^ sub(0x80);"
END = ("set(", "hdr.h.r1")
"""Where what the statement became ends: the next statement begins with one of these."""

_EXCERPT = re.compile(r"<!-- excerpt: (?P<name>[\w ]+) -->\n```\w*\n(?P<text>.*?)```\n", re.DOTALL)


def excerpts() -> dict[str, str]:
    """What the page shows, by name; the names of passes are those of the ones that change the statement."""
    diagnostics = Diagnostics()
    text = source.preprocess(PROGRAM.read_text(), PROGRAM.name, diagnostics)
    line = 1 + PROGRAM.read_text().splitlines().index(f"        {STATEMENT}")
    tokens = lexer.tokenize(text)
    of_line = [token for token in tokens if token.span.line == line and token.span.file == PROGRAM.name]
    result = {"source": STATEMENT}
    result["tokens"] = _wrapped(
        "  ".join(token.text if token.kind == token.text else f"{token.kind} {token.text}" for token in of_line)
    )
    syntax_tree = parser.parse(tokens, text.text, diagnostics)
    result["syntax tree"] = _syntax_of_line(syntax_tree, line)
    program = check_program(syntax_tree, diagnostics)
    assert program is not None and not diagnostics.has_errors, diagnostics.render()
    result["check"] = _now(program)
    result |= _followed(program, diagnostics)
    written = emit(program, diagnostics, program_name=PROGRAM.name)
    assert written is not None
    result["json"] = _primitive(written, line)
    result["c"] = _c_lines(written, line)
    return result


def _followed(program: tree.Program, diagnostics: Diagnostics) -> dict[str, str]:
    """What the statement is after each pass that changed it, by the pass' name."""
    found: dict[str, str] = {}
    last = _now(program)

    def watched(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def watch(*arguments: Any) -> Any:
            nonlocal last
            result = run(*arguments)
            now = _now(program)
            if now != last:
                found[name] = last = now
            return result

        return watch

    with pytest.MonkeyPatch.context() as patch:
        for name in pass_names():
            patch.setattr(passes, name, watched(name, getattr(passes, name)))
        passes.run_passes(program, diagnostics)
    return found


def pass_names() -> list[str]:
    """The passes that run_passes calls, in order, each where it is called first."""
    code = passes.run_passes.__code__
    return [name for name in code.co_names if callable(getattr(passes, name, None)) and hasattr(passes, name)]


def _now(program: tree.Program) -> str:
    """The statement as it is now, in the apply block of the ingress or in the action that took it."""
    ingress = tree.main_instances(program)[2]
    assert isinstance(ingress, tree.Control)
    found = list(_upto_end(ingress.body.statements))
    if any("tbl_" in written for written in found):
        action = next(action for action in ingress.actions if action.name in found[0])
        return "\n".join([f"action {action.name}:", *_upto_end(action.body.statements)])
    return "\n".join(found)


def _upto_end(statements: Iterable[tree.Statement]) -> Iterable[str]:
    for node in statements:
        for part in node.statements if isinstance(node, tree.Block) else [node]:
            written = statement(part)
            if written.startswith(END):
                return
            if written:
                yield written


def _syntax_of_line(program: syntax.Program, line: int) -> str:
    control = next(
        node
        for node in program.declarations
        if isinstance(node, syntax.ControlDeclaration) and node.name.text == "MyIngress"
    )
    node = next(part for part in control.body.items if part.span.line == line)
    return "\n".join(_outline(node, 0))


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 110, break_long_words=False, break_on_hyphens=False))


def _outline(node: Any, depth: int, label: str = "") -> Iterable[str]:
    """A node and what is below it, one a line."""
    parts = {name: getattr(node, name) for name in getattr(node, "__dataclass_fields__", ()) if name != "span"}
    simple = [f"{value!r}" for value in parts.values() if isinstance(value, str | int | bool)]
    yield f"{'  ' * depth}{label}{type(node).__name__} {' '.join(simple)}".rstrip()
    for name, value in parts.items():
        for child in value if isinstance(value, tuple) else [value]:
            if hasattr(child, "span"):
                yield from _outline(child, depth + 1, f"{name}: ")


def _primitive(written: dict[str, Any], line: int) -> str:
    for action in written["actions"]:
        for primitive in action["primitives"]:
            if primitive.get("source_info", {}).get("line") == line:
                return _wrapped(json.dumps(primitive))
    raise AssertionError("no primitive of the line")


def _c_lines(written: dict[str, Any], line: int) -> str:
    lines = generate(load_program(written)).source.splitlines()
    at = next(i for i, text in enumerate(lines) if f"{PROGRAM.name}:{line}" in text)
    return "\n".join(lines[at : lines.index("}", at) + 1])


def shown(page: str) -> dict[str, str]:
    """The excerpts in the text of the page."""
    return {match["name"]: match["text"].rstrip("\n") for match in _EXCERPT.finditer(page)}


def main() -> None:
    """Write the excerpts into the page."""
    new = excerpts()

    def renewed(match: re.Match[str]) -> str:
        head = match[0][: match.start("text") - match.start()]
        return f"{head}{new[match['name']]}\n```\n"

    PAGE.write_text(_EXCERPT.sub(renewed, PAGE.read_text()))


if __name__ == "__main__":
    main()
