"""The rules of the house (docs/architecture.md). Oracle: the source text itself."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("compiler", "switch", "controller", "topo")
# Rooms meet in BMv2 JSON, P4Info and P4Runtime: no room imports another.
LONGEST_FILE = 600
USUAL_LENGTH = 300


def tracked(*patterns: str) -> list[Path]:
    """The project's files, tracked or about to be, that match."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for name in names if (path := ROOT / name).is_file()]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, top_level_only: bool = False) -> Iterator[str]:
    """Absolute names of what a file imports; `from a import b` gives a and a.b."""
    tree = ast.parse(path.read_text())
    package = module_name(path).split(".") if path.stem == "__init__" else module_name(path).split(".")[:-1]
    for node in ast.walk(tree) if not top_level_only else _executed_on_import(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def _executed_on_import(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes outside functions and outside `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _executed_on_import(node)


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_another(room: str) -> None:
    others = set(ROOMS) - {room}
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in tracked(f"{room}/*.py")
        for name in imports(path)
        if name.split(".")[0] in others
    ]
    assert not found


def test_packet_tests_meet_the_gateway_in_p4runtime_only() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in tracked("ptf_tests/*.py")
        for name in imports(path)
        if name.split(".")[0] in ("compiler", "switch", "controller")
    ]
    assert not found


def test_no_circular_imports() -> None:
    modules = {module_name(path): path for room in ROOMS for path in tracked(f"{room}/*.py")}
    graph: nx.DiGraph[str] = nx.DiGraph()
    for module, path in modules.items():
        graph.add_edges_from((module, name) for name in imports(path, top_level_only=True) if name in modules)
    # A package that re-exports a module of its own, which imports a sibling through the package's name, is no cycle.
    graph.remove_edges_from([(a, b) for a, b in graph.edges if a.startswith(b + ".") or a == b])
    assert list(nx.simple_cycles(graph)) == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_package_says_what_it_is_for(room: str) -> None:
    for path in tracked(f"{room}/*__init__.py"):
        assert len(ast.get_docstring(ast.parse(path.read_text())) or "") > 40, path.relative_to(ROOT)


def test_every_module_begins_with_a_docstring() -> None:
    bare = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not bare


def test_files_can_be_read_at_one_sitting() -> None:
    lengths = {
        path: path.read_text().count("\n")
        for path in tracked("*.py", "*.c", "*.h", "*.p4")
        if "golden" not in path.parts
    }
    too_long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST_FILE}
    assert not too_long
    assert sum(n > USUAL_LENGTH for n in lengths.values()) < len(lengths) / 3


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    names = re.findall(r'^\s*"([A-Za-z0-9_-]+)(?:[<>=~!]+[^"]*)?",$', project.split("[project.scripts]")[0], re.M)
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    missing = [name for name in names if f"| {name} |" not in reasons]
    assert len(names) > 10
    assert not missing


def test_no_file_names_a_place_on_one_machine() -> None:
    pattern = re.compile(r"/(?:root|home/[a-z]+|work)/")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py", "*.c", "*.h", "*.p4", "*.md", "*.toml", "*.yaml", "scripts/*", ".ci/*")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert not found


def test_nothing_is_left_for_later() -> None:
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|pytest\.mark\.xfail|raise NotImplementedError")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py", "*.c", "*.h", "*.p4")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]
    assert not found


def test_test_files_have_names_of_their_own() -> None:
    """pytest takes two files of one name in folders that are no packages for one module."""
    names = Counter(path.name for path in tracked("tests/**test_*.py", "ptf_tests/**test_*.py"))
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []
