"""YAML text -> plain data, and the line and column of every part of it.

YAML is read with the scalars of YAML 1.2's core schema, because 1.1 takes `12:34:56:12:34:56` for a number of base
60 and `no` for false. Keys are always text. Duplicate keys, tags, several documents and cycles are problems.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from ..bulk import no_collection
from .problems import Located, Path, Problem

try:
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]

_STR = "tag:yaml.org,2002:str"
_INT = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TOO_DEEP = "lists or mappings are nested too deeply. An intent needs six levels."
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


class _Loader(_BaseLoader):
    """Leaves plain scalars unresolved (tag ''), so that `_plain` can apply the core schema."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return "" if kind is ScalarNode and implicit[0] else _STR

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        return

    def ascend_resolver(self) -> None:
        return


@dataclass(slots=True)
class Document:
    """`data`: dicts, lists and scalars. `problems`: what was wrong with the YAML itself."""

    data: Any
    problems: list[Located]
    root: Node | None = None
    _index: dict[int, dict[str, tuple[Node, Node]]] = field(default_factory=dict)

    def locate(self, problem: Problem) -> Located:
        """Find a problem's line and column. A path that leads further than the document ends where it does."""
        node = self.root
        key: Node | None = None
        depth = 0
        for step in problem.path:
            found = self._child(node, step)
            if found is None:
                break
            key, node = found
            depth += 1
        missing = depth < len(problem.path)
        at = key if key is not None and (problem.at_key or missing) else node
        if at is None:
            return Located(1, 1, problem.path, problem.message)
        return Located(at.start_mark.line + 1, at.start_mark.column + 1, problem.path, problem.message)

    def _child(self, node: Node | None, step: str | int) -> tuple[Node, Node] | None:
        if isinstance(node, SequenceNode) and isinstance(step, int):
            item = node.value[step] if step < len(node.value) else None
            return (item, item) if item is not None else None
        if isinstance(node, MappingNode):
            if id(node) not in self._index:
                self._index[id(node)] = {k.value: (k, v) for k, v in node.value if isinstance(k, ScalarNode)}
            return self._index[id(node)].get(str(step))
        return None


def read_document(text: str) -> Document:
    """Parse YAML text. Never raises: a document that cannot be parsed has `data` None and a problem."""
    with no_collection():
        try:
            root = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            why = " ".join(part for part in (error.context, error.problem) if part)
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            return Document(None, [Located(line, column, (), f"not YAML: {why}. Mend the line or the one before it.")])
        except yaml.reader.ReaderError as error:
            before = text[: error.position]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            code = error.character if isinstance(error.character, int) else ord(error.character[:1] or "\0")
            why = f"not YAML: the character U+{code:04X} is not allowed. Take it out."
            return Document(None, [Located(line, column, (), why)])
        except RecursionError:
            return Document(None, [Located(1, 1, (), _TOO_DEEP)])
        document = Document(None, [], root)
        if root is not None:
            try:
                document.data = _plain(root, (), document.problems, [])
            except RecursionError:
                return Document(None, [Located(1, 1, (), _TOO_DEEP)])
        return document


def _plain(node: Node, path: Path, problems: list[Located], above: list[int]) -> Any:
    """A node as plain data; duplicates, tags and cycles go to `problems` and are left out."""

    def complain(at: Node, where: Path, message: str) -> None:
        problems.append(Located(at.start_mark.line + 1, at.start_mark.column + 1, where, message))

    if node.tag not in ("", "!", _STR):
        complain(node, path, f"the tag {node.tag} is not used here. Take it out.")
    if isinstance(node, ScalarNode):
        return _scalar(node.value) if node.tag == "" else node.value
    if id(node) in above:
        complain(node, path, "the alias leads back into itself. Write the value out.")
        return None
    above.append(id(node))
    if isinstance(node, SequenceNode):
        result: Any = [_plain(item, (*path, i), problems, above) for i, item in enumerate(node.value)]
    else:
        result = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                complain(key_node, path, "a key must be a name, not a list or a mapping. Quote it if it is a name.")
                continue
            key = key_node.value
            if key in result:
                why = f"is given twice, first in line {lines[key]}. Keep one of them."
                complain(key_node, (*path, key), why)
                continue
            lines[key] = key_node.start_mark.line + 1
            result[key] = _plain(value_node, (*path, key), problems, above)
    above.pop()
    return result


def _scalar(text: str) -> Any:
    """YAML 1.2 core schema, as far as an intent can use it."""
    if text and (text[0].isdigit() or text[0] in "+-."):
        if len(text) < 64 and _INT.fullmatch(text):
            return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        return text
    if text in _WORDS:
        return _WORDS[text]
    return text
