"""Names (P4_16 §6.9): scopes within scopes, and what a name can stand for beside a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from compiler import syntax
from tests.fuzz.evaluator.types import Type
from tests.fuzz.evaluator.values import Scalar, Value


class Scope:
    """Names declared in one block; those of the blocks around it are seen through `parent`."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Binding] = {}
        self.path: str | None = None  # of the instance whose outermost scope this is

    def holder(self, name: str) -> Scope:
        """The innermost scope that declares `name`. Raises KeyError."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.parent
        raise KeyError(name)

    def find(self, name: str) -> Binding:
        return self.holder(name).names[name]

    def instance_path(self) -> str:
        """The control-plane name of the instance around."""
        if self.path is not None:
            return self.path
        return "" if self.parent is None else self.parent.instance_path()

    def outermost(self) -> Scope:
        return self if self.parent is None else self.parent.outermost()


@dataclass
class TypeName:
    type: Type


@dataclass
class GenericType:
    """A struct or header with type parameters, still without arguments."""

    declaration: syntax.StructDeclaration | syntax.HeaderDeclaration


@dataclass
class Routine:
    """A function or an action, with the scope in which it was declared."""

    declaration: syntax.FunctionDeclaration | syntax.ActionDeclaration
    scope: Scope


@dataclass
class Block:
    """A parser or control declaration."""

    declaration: syntax.ParserDeclaration | syntax.ControlDeclaration


@dataclass
class Instance:
    """A parser or control made: its constructor arguments and what it declares live in `scope`."""

    declaration: syntax.ParserDeclaration | syntax.ControlDeclaration
    scope: Scope
    path: str


@dataclass(frozen=True)
class Match:
    """One key of an entry: `value & mask == key & mask` or, with `high`, `value <= key <= high`."""

    value: int
    mask: int
    high: int | None = None

    def holds(self, key: int) -> bool:
        if self.high is not None:
            return self.value <= key <= self.high
        return key & self.mask == self.value & self.mask


@dataclass(frozen=True)
class Rule:
    """An entry of a table: the highest `priority` wins. `data`: the action's data, in order."""

    matches: tuple[Match, ...]
    action: str
    data: tuple[Value, ...]
    priority: int


@dataclass(frozen=True)
class WrittenRule:
    """An entry from the control plane: matches as in `cases.py`, `data` as the bits of the action's parameters."""

    matches: tuple[tuple[Any, ...], ...]
    action: str
    data: tuple[int, ...]
    priority: int


@dataclass
class Table:
    declaration: syntax.TableDeclaration
    scope: Scope
    path: str
    rules: list[Rule] = field(default_factory=list)


@dataclass
class ValueSet:
    """A parser value set: the matches of each of its members."""

    path: str
    members: list[tuple[Match, ...]] = field(default_factory=list)


@dataclass
class Register:
    element: Type
    cells: list[Scalar]


@dataclass
class ExternName:
    """The name of an extern object's type."""

    name: str


@dataclass
class PacketIn:
    """A packet being parsed: `position` counts bits."""

    data: bytes
    position: int = 0


@dataclass
class PacketOut:
    """What was emitted: bits in order, and which of them are unknown."""

    bits: int = 0
    unknown: int = 0
    width: int = 0


Binding: TypeAlias = (
    Value
    | TypeName
    | GenericType
    | Routine
    | Block
    | Instance
    | Table
    | ValueSet
    | Register
    | ExternName
    | PacketIn
    | PacketOut
)
