"""What a place in the program can name, and the choices that all makers share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tests.fuzz.evaluator.types import (
    BitsType,
    BoolType,
    EnumType,
    IntType,
    SerializableEnumType,
    StackType,
    StructType,
    TupleType,
    Type,
    VarbitType,
)

T = TypeVar("T")
WIDTHS = (1, 1, 2, 3, 4, 5, 7, 8, 8, 8, 9, 12, 16, 16, 17, 24, 31, 32, 32, 33, 48, 63, 64, 65, 96, 127, 128, 129, 130)
WIDE = (192, 256, 257, 320)


@dataclass(frozen=True)
class Var:
    """Something that can be read, and written if `writable`; `guard` is a condition that makes reading it sensible."""

    text: str
    type: Type
    writable: bool = True
    guard: str = ""


@dataclass(frozen=True)
class Param:
    direction: str
    type: Type
    name: str


@dataclass(frozen=True)
class Callee:
    """A function, an action, a control's instance: how to call it. `straight`: without control flow."""

    name: str
    params: tuple[Param, ...]
    result: Type | None = None
    straight: bool = False


@dataclass
class TableSite:
    """A table: its actions by name; `applied`: how often so far."""

    name: str
    actions: tuple[str, ...]
    applied: int = 0


@dataclass
class Context:
    """A place where statements stand. `kind`: function, action, control, parser."""

    kind: str
    vars: list[Var] = field(default_factory=list)
    functions: list[Callee] = field(default_factory=list)
    actions: list[Callee] = field(default_factory=list)
    controls: list[Callee] = field(default_factory=list)
    tables: list[TableSite] = field(default_factory=list)
    headers: list[Var] = field(default_factory=list)  # changed by fill, setInvalid ... only if writable
    stacks: list[Var] = field(default_factory=list)
    unions: list[Var] = field(default_factory=list)
    registers: list[Var] = field(default_factory=list)
    result: Type | None = None
    loops: int = 0
    may_exit: bool = False

    def inner(self, loops: int = 0) -> Context:
        """A block within: what it declares is not seen outside."""
        return replace(self, vars=list(self.vars), headers=list(self.headers), loops=self.loops + loops)


class Chooser:
    """Random choices; `fuel` bounds the size of the program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.fuel = self.rng.choice((40, 70, 110, 180))
        self.count = 0
        # p4c knows no for-in loops for BMv2, and miscompiles the others in apply blocks: half of the programs have none
        self.has_loops = self.chance(0.5)
        palette = self.rng.sample(WIDTHS, 5)
        if self.rng.random() < 0.08:
            palette.append(self.rng.choice(WIDE))
        if self.rng.random() < 0.5:
            palette.append(8)
        self.palette = sorted(set(palette))
        self.constants: list[Var] = []
        self.enums: list[EnumType | SerializableEnumType] = []
        self.structs: list[StructType] = []
        self.header_types: list[StructType] = []
        self.aliases: dict[Type, str] = {}
        self.has_generics = self.chance(0.3)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        return self.rng.choice(choices)

    def weighted(self, choices: dict[T, float]) -> T:
        return self.rng.choices(list(choices), list(choices.values()))[0]

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def bits_type(self) -> BitsType:
        return BitsType(self.pick(self.palette), self.chance(0.25))

    def scalar_type(self) -> Type:
        if self.enums and self.chance(0.08):
            return self.pick(self.enums)
        return BoolType() if self.chance(0.12) else self.bits_type()

    def value_type(self) -> Type:
        """Of a variable or a parameter."""
        return self.pick(self.structs) if self.structs and self.chance(0.1) else self.scalar_type()

    def interesting(self, width: int) -> int:
        """A bit pattern: the edges of the range more often than what lies between."""
        full = (1 << width) - 1
        return (
            self.pick((0, 1, full, full >> 1, full ^ (full >> 1), self.rng.getrandbits(width), self.rng.randint(0, 7)))
            & full
        )

    def type_text(self, type_: Type) -> str:
        """As P4 writes it, perhaps by another name."""
        return self.aliases[type_] if type_ in self.aliases and self.chance(0.4) else spell(type_)


def spell(type_: Type) -> str:
    """The type as P4 writes it."""
    match type_:
        case BitsType(width, signed):
            return f"{'int' if signed else 'bit'}<{width}>"
        case BoolType():
            return "bool"
        case IntType():
            return "int"
        case EnumType(name=name) | SerializableEnumType(name=name) | StructType(name=name):
            return name
        case StackType(element, size):
            return f"{spell(element)}[{size}]"
        case VarbitType(width):
            return f"varbit<{width}>"
        case TupleType(elements):
            return f"tuple<{', '.join(map(spell, elements))}>"
    raise TypeError(str(type_))


def indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]


def fields_of(var: Var) -> list[Var]:
    """The variable and, of a struct, its members within."""
    if isinstance(var.type, StructType) and var.type.kind == "struct":
        members = [Var(f"{var.text}.{n}", t, var.writable, var.guard) for n, t in var.type.fields]
        return [var, *(f for m in members for f in fields_of(m))]
    return [var]
