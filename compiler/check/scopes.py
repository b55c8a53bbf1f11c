"""Names: what they can stand for, and where they are visible (P4_16 spec §6.9, §6.10).

P4 has one name space for types and values. A scope hides the names of the scopes around it. Names are visible from the
end of their declaration on, save for parser states. A scope holds symbols: declarations of the typed tree, and the
classes below for what the tree does not know (constants, generics, templates).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from compiler import tree, types
from compiler.diagnostics import Span


@dataclass(eq=False, slots=True)
class Constant:
    """A `const`: every use is replaced by `value`, a literal."""

    name: str
    value: tree.Expression


@dataclass(eq=False, slots=True)
class Undefined:
    """A name whose declaration was wrong. Uses are poisoned in silence."""

    name: str


@dataclass(eq=False, slots=True)
class TypeName:
    """A type: declared, a typedef or a type parameter."""

    type: types.Type


@dataclass(eq=False, slots=True)
class GenericType:
    """A declared type with type parameters. `build` makes the type for given arguments; see `specialise`."""

    name: str
    parameters: tuple[str, ...]
    build: Callable[[tuple[types.Type, ...]], types.Type]
    made: dict[tuple[types.Type, ...], types.Type] = field(default_factory=dict)

    def specialise(self, arguments: tuple[types.Type, ...]) -> types.Type:
        """The same object for the same arguments."""
        found = self.made.get(arguments)
        if found is None:
            found = self.made[arguments] = self.build(arguments)
        return found


@dataclass(eq=False, slots=True)
class FunctionTemplate:
    """A checked function. `function` is generic where the signature has type parameters; `made` are its
    specialisations.
    """

    signature: types.FunctionType
    function: tree.Function
    made: dict[tuple[types.Type, ...], tree.Function] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Overloads:
    """Functions and extern functions of one name, told apart by the number and names of their parameters (§6.7.2)."""

    name: str
    candidates: list[FunctionTemplate | tree.ExternFunction]


@dataclass(eq=False, slots=True)
class InstancePlan(tree.Declaration):
    """An instantiation inside a parser or control that is still a template: what to make in each of its instances.

    For an extern object `made_of` is its type and `constructor` the chosen constructor; otherwise a template.
    """

    made_of: types.ExternType | Template
    constructor: types.FunctionType | None
    arguments: tuple[tree.Expression, ...]
    methods: dict[str, tree.Function] = field(default_factory=dict)
    complete: Callable[[types.Type | None], bool] | None = None
    """While type arguments are not known (templates.py): finds them from the type that is wanted, if it can."""
    control_plane_name: str | None = None
    """Where it does not follow from `name` and the path; empty for what has no name."""

    @property
    def type(self) -> types.Type:
        return self.made_of.type if isinstance(self.made_of, Template) else self.made_of


@dataclass(eq=False, slots=True)
class Template:
    """A checked parser or control declaration, to be copied into instances (check/instances.py).

    `skeleton` refers to constructor parameters (VariableRef to `ConstructorParameter`) and to `plans` in the place of
    instances.
    """

    type: types.ParserType | types.ControlType
    constructor_parameters: list[tree.ConstructorParameter]
    skeleton: tree.Parser | tree.Control
    plans: list[InstancePlan] = field(default_factory=list)
    sizes: dict[tree.Table | tree.ValueSet, tree.Expression] = field(default_factory=dict)
    """Sizes of tables and value sets, which constructor parameters may decide."""
    is_used: bool = False


@dataclass(eq=False, slots=True)
class GenericTemplate(GenericType):
    """A parser or control declaration with type parameters. `check` makes the template for given types; `opaque` is
    the one for its own parameters, `variables`.
    """

    check: Callable[[tuple[types.Type, ...]], Template] = field(kw_only=True)
    variables: tuple[types.TypeVar, ...] = field(kw_only=True)
    templates: dict[tuple[types.Type, ...], Template] = field(default_factory=dict)

    @property
    def opaque(self) -> Template:
        return self.templates[self.variables]

    def template(self, arguments: tuple[types.Type, ...]) -> Template:
        """The same object for the same arguments."""
        self.opaque.is_used = True
        found = self.templates.get(arguments)
        if found is None:
            found = self.templates[arguments] = self.check(arguments)
        return found


@dataclass(eq=False, slots=True)
class Alternatives:
    """Parsers, controls or packages of one name, told apart by the constructor parameters. (Not in the specification,
    §7.2.10.2, but p4c has them.)
    """

    name: str
    candidates: list[Template | GenericTemplate | GenericType | TypeName]


Symbol: TypeAlias = (
    Constant
    | Undefined
    | TypeName
    | GenericType
    | Alternatives
    | Overloads
    | InstancePlan
    | Template
    | tree.Variable
    | tree.Parameter
    | tree.ConstructorParameter
    | tree.Action
    | tree.Table
    | tree.ValueSet
    | tree.ExternInstance
    | tree.Package
)


class Scope:
    """A set of names inside `outer`."""

    __slots__ = ("_symbols", "outer")

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self._symbols: dict[str, tuple[Symbol, Span]] = {}

    def declare(self, name: str, symbol: Symbol, span: Span) -> Span | None:
        """Make `name` known. Returns the place of an earlier declaration in this very scope, which then stays."""
        earlier = self._symbols.get(name)
        if earlier is not None:
            return earlier[1]
        self._symbols[name] = (symbol, span)
        return None

    def replace(self, name: str, symbol: Symbol, span: Span) -> None:
        self._symbols[name] = (symbol, span)

    def here(self, name: str) -> Symbol | None:
        """What `name` stands for in this very scope."""
        found = self._symbols.get(name)
        return found[0] if found else None

    def entry(self, name: str) -> tuple[Symbol, Span] | None:
        """What `name` stands for here or in a scope around, and where it is declared."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._symbols.get(name)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def find(self, name: str) -> Symbol | None:
        found = self.entry(name)
        return found[0] if found else None

    def span_of(self, name: str) -> Span | None:
        found = self.entry(name)
        return found[1] if found else None

    @property
    def root(self) -> Scope:
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def names(self, of: tuple[type, ...] | None = None) -> Iterator[str]:
        """All visible names, those of the classes `of` only if given."""
        scope: Scope | None = self
        while scope is not None:
            for name, (symbol, _) in scope._symbols.items():
                if of is None or isinstance(symbol, of):
                    yield name
            scope = scope.outer


def did_you_mean(name: str, known: Iterator[str] | list[str] | tuple[str, ...]) -> str | None:
    """A hint with the nearest known name, or None."""
    near = difflib.get_close_matches(name, list(dict.fromkeys(known)), n=1, cutoff=0.65)
    return f"a declared name; did you mean {near[0]}?" if near else None
