"""Options that a project keeps under a name, in `p4gate.yaml` beside its sources.

    presets:
      lab:
        about: Small tables that a switch starts with in no time.
        program: v1model/gateway.p4         # compiled when the command line names none
        output: ../build/lab
        defines: {MAX_VMS: 1024, WITH_IPV6:}
        include_paths: [include]
      bench:
        extends: lab                        # takes over what it does not say itself; macros one by one
        defines: {MAX_VMS: 65536}

The file is looked for in the program's folder and those above it; paths in it start from its own folder. The other
keys are `undefines`, `p4runtime_files`, `wdisable` and `werror`, all lists.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

NAME = "p4gate.yaml"


class PresetError(Exception):
    """A preset that does not exist or cannot be understood: one line for the user, with the place in the file."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset, its paths made ready to be opened. The empty one says nothing."""

    name: str = ""
    about: str = ""
    program: str | None = None
    output: str | None = None
    defines: tuple[str, ...] = ()
    undefines: tuple[str, ...] = ()
    include_paths: tuple[str, ...] = ()
    p4runtime_files: tuple[str, ...] = ()
    wdisable: tuple[str, ...] = ()
    werror: tuple[str, ...] = ()
    file: Path | None = None


_TEXTS = frozenset({"about", "program", "output"})
_LISTS = frozenset({"undefines", "include_paths", "p4runtime_files", "wdisable", "werror"})
_PATHS = frozenset({"program", "output", "include_paths", "p4runtime_files"})
_KEYS = _TEXTS | _LISTS | {"defines", "extends"}


@dataclass(frozen=True, slots=True)
class Presets:
    """The presets of one file, as YAML nodes; each is read when it is asked for."""

    file: Path
    _nodes: dict[str, yaml.MappingNode] = field(default_factory=dict)

    def all(self) -> list[Preset]:
        """Every preset, in the order of the file. Raises PresetError."""
        return [self.preset(name) for name in self._nodes]

    def preset(self, name: str, below: tuple[str, ...] = ()) -> Preset:
        """The preset called `name`, which those of `below` extend. Raises PresetError."""
        node = self._nodes.get(name)
        if node is None:
            near = get_close_matches(name, self._nodes, 1)
            names = f"did you mean {near[0]}?" if near else f"there are {', '.join(self._nodes) or 'none'}"
            raise PresetError(f"{self._shown()}: there is no preset {name}; {names}")
        if name in below:
            raise self._error(node, f"preset {name} extends itself")
        given = self._mapping(node, f"preset {name}")
        preset = Preset()
        if "extends" in given:
            preset = self.preset(self._text(given["extends"], "extends"), (*below, name))
        changes: dict[str, object] = {"name": name, "file": self.file}
        for key, value in given.items():
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, 1)
                advice = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(sorted(_KEYS))}"
                raise self._error(value, f"preset {name} has no key {key}; {advice}")
            if key == "defines":
                changes[key] = self._defines(value, preset.defines)
            elif key in _TEXTS:
                text = self._text(value, key)
                changes[key] = self._path(text) if key in _PATHS else text
            elif key in _LISTS:
                texts = self._texts(value, key)
                changes[key] = tuple(map(self._path, texts)) if key in _PATHS else tuple(texts)
        return replace(preset, **changes)  # type: ignore[arg-type]

    def _defines(self, node: yaml.Node, extended: tuple[str, ...]) -> tuple[str, ...]:
        """{NAME: VALUE}, where no value means a macro that is defined as 1, as behind -D."""
        named = {definition.partition("=")[0]: definition for definition in extended}
        for name, value in self._mapping(node, "defines").items():
            text = "" if value.value == "" else self._text(value, name)
            named[name] = f"{name}={text}" if text else name
        return tuple(named.values())

    def _path(self, text: str) -> str:
        return os.path.normpath(os.path.join(self.file.parent, text))

    def _mapping(self, node: yaml.Node, what: str) -> dict[str, yaml.Node]:
        if _kind(node) != "mapping":
            raise self._error(node, f"{what} must be a mapping, KEY: VALUE")
        return {self._text(key, what): value for key, value in node.value}

    def _texts(self, node: yaml.Node, what: str) -> list[str]:
        if _kind(node) != "sequence":
            raise self._error(node, f"{what} must be a list: [ONE, TWO]")
        return [self._text(item, what) for item in node.value]

    def _text(self, node: yaml.Node, what: str) -> str:
        if _kind(node) != "scalar":
            raise self._error(node, f"{what} must be a single value")
        return str(node.value)

    def _error(self, node: yaml.Node, message: str) -> PresetError:
        return PresetError(f"{self._shown()}:{node.start_mark.line + 1}: {message}")

    def _shown(self) -> str:
        return os.path.relpath(self.file)


def _kind(node: yaml.Node) -> str:
    """scalar, sequence or mapping."""
    return str(getattr(node, "id", ""))


def find_presets(folder: Path) -> Presets:
    """The presets that hold for a program in `folder`. Raises PresetError."""
    here = folder.absolute()
    for place in (here, *here.parents):
        if (place / NAME).is_file():
            return _read(place / NAME)
    raise PresetError(f"there is no {NAME} in {folder} or a folder above it; it holds the presets")


def _read(path: Path) -> Presets:
    import yaml  # only runs with presets need it

    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"cannot read {os.path.relpath(path)}: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise PresetError(f"{os.path.relpath(path)}:{line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise PresetError(f"{os.path.relpath(path)}: {error}") from error
    presets = Presets(path)
    if root is None:
        return presets
    top = presets._mapping(root, NAME)
    for key, node in top.items():
        if key != "presets":
            raise presets._error(node, f"{NAME} has no key {key}; the only one is presets")
        presets._nodes.update(presets._mapping(node, "presets"))  # type: ignore[arg-type]
    return presets
