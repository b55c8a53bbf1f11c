"""What every rule of the checker is given: the program so far (`Checker`) and where in it we are (`Env`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NoReturn

from compiler import syntax, tree, types
from compiler.check.scopes import (
    FunctionTemplate,
    GenericType,
    InstancePlan,
    Scope,
    Symbol,
    Template,
    TypeName,
    Undefined,
    did_you_mean,
)
from compiler.diagnostics import Diagnostic, Diagnostics, Note, Severity, Span
from compiler.types import FunctionType, Type

TYPE_SYMBOLS = (TypeName, GenericType, Template)
"""What a name that should be a type can stand for."""


@dataclass(eq=False, slots=True)
class Checker:
    """Facts about the whole program, filled in as declarations are checked."""

    diagnostics: Diagnostics
    declared_types: list[Type] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    match_kinds: list[str] = field(default_factory=list)
    extern_functions: list[tree.ExternFunction] = field(default_factory=list)
    actions: list[tree.Action] = field(default_factory=list)
    instances: list[tree.ExternInstance] = field(default_factory=list)
    main: tree.Package | None = None
    main_is_damaged: bool = False
    """There is a `main`, but something in it was wrong."""
    declaring: list[str] = field(default_factory=list)
    """The names of the declarations that are being checked, the innermost last."""
    templates: list[Template] = field(default_factory=list)
    used: set[Span] = field(default_factory=set)
    """The names of all declarations that something mentions, by where they stand."""
    missed: set[tuple[str, ...]] = field(default_factory=set)
    """Names that were reported as not declared, each with the declaration in which that was."""
    unused_packages: dict[str, Span] = field(default_factory=dict)
    """Package types that were declared and not (yet) instantiated."""
    origins: dict[Type, tuple[GenericType, tuple[Type, ...]]] = field(default_factory=dict)
    """Of every specialised type: the generic declaration and the arguments."""
    function_origins: dict[tree.Function, tuple[FunctionTemplate, tuple[Type, ...]]] = field(default_factory=dict)
    defaults: dict[Span, tree.Expression] = field(default_factory=dict)
    """Default values of parameters, by the span of the parameter (which specialised signatures share)."""
    realised: dict[InstancePlan, tree.Parser | tree.Control] = field(default_factory=dict)
    """The instances made of top-level plans."""
    signatures: dict[tree.Action, FunctionType] = field(default_factory=dict)
    target_errors: list[Diagnostic] = field(default_factory=list)
    """What v1model cannot do, found on the way; reported if the program is for it."""
    damaged: frozenset[str] = frozenset()
    """Names in text that the parser could not read: perhaps declared, so never reported as unknown."""


@dataclass(frozen=True, slots=True)
class Place:
    """What encloses the text being checked.

    `kind`: "top", "parser" (locals), "state", "control" (locals), "apply", "action", "function", "entry" (table parts).
    `result` is what `return` gives (None: no value). `template` collects instances that are made on the way.
    """

    kind: str
    result: types.Type | None = None
    loops: int = 0
    template: Template | None = None
    unevaluated: bool = False
    """Only the type matters, as in `s[9].minSizeInBits()`: indexes may be out of range."""

    @property
    def in_parser(self) -> bool:
        return self.kind in ("parser", "state")


@dataclass(frozen=True, slots=True)
class Env:
    """The checker, the names that are visible, and the place."""

    checker: Checker
    scope: Scope
    place: Place

    def inner(self) -> Env:
        """The same place with a new scope inside."""
        return Env(self.checker, Scope(self.scope), self.place)

    def at(self, place: Place) -> Env:
        """A new scope inside, at another place."""
        return Env(self.checker, Scope(self.scope), place)

    def in_loop(self) -> Env:
        return Env(self.checker, Scope(self.scope), replace(self.place, loops=self.place.loops + 1))

    def error(self, kind: str, message: str, span: Span, *notes: Note, hint: str | None = None) -> None:
        self.checker.diagnostics.error(kind, message, span, *notes, hint=hint)

    def warning(self, kind: str, message: str, span: Span, *notes: Note, hint: str | None = None) -> None:
        self.checker.diagnostics.warning(kind, message, span, *notes, hint=hint)

    def type_error(self, message: str, span: Span, *notes: Note, hint: str | None = None) -> None:
        self.checker.diagnostics.error("type-error", message, span, *notes, hint=hint)

    def target_error(self, kind: str, message: str, span: Span, *, hint: str | None = None) -> None:
        """An error in a program for v1model, but not for every other architecture."""
        self.checker.target_errors.append(Diagnostic(Severity.ERROR, kind, message, span, (), hint))

    def declare(self, name: syntax.Name, symbol: Symbol) -> bool:
        """Make a name known in the innermost scope; says so and returns False if it is known there already."""
        earlier = self.scope.declare(name.text, symbol, name.span)
        if earlier is None:
            self.note_shadowing(name.text, symbol, name.span)
            return True
        self.error(
            "duplicate", f"{name.text} is declared twice", name.span, Note(f"{name.text} is declared here", earlier)
        )
        return False

    def note_shadowing(self, name: str, symbol: Symbol, span: Span) -> None:
        """Warn of a name that hides another (§6.10); a local that hides a parameter is an error."""
        outer = self.scope.outer
        hidden = outer.find(name) if outer is not None else None
        if outer is None or hidden is None:
            return
        hidden_at = outer.span_of(name)
        notes = (Note(f"{name} is declared here", hidden_at),) if hidden_at else ()
        is_local = self.place.kind not in ("top", "parser", "control")
        is_parameter = isinstance(symbol, tree.Parameter | tree.ConstructorParameter)
        if isinstance(hidden, tree.Parameter | tree.ConstructorParameter) and is_local and not is_parameter:
            self.error("shadow", f"{name} hides a parameter", span, *notes)
        else:
            self.warning("shadow", f"{name} hides another declaration", span, *notes)

    def use(self, name: str, *, absolute: bool = False) -> Symbol | None:
        """What a mentioned name stands for, if anything; it then counts as used."""
        entry = (self.scope.root if absolute else self.scope).entry(name)
        if entry is None:
            return None
        self.checker.used.add(entry[1])
        return entry[0]

    def look_up(
        self, name: str, span: Span, *, absolute: bool = False, what: str = "", kind: str = "not-found"
    ) -> Symbol:
        """What a used name stands for; says so, as an error of `kind`, and returns Undefined if that is nothing."""
        scope = self.scope.root if absolute else self.scope
        symbol = self.use(name, absolute=absolute)
        if symbol is None and name in self.checker.damaged:
            return Undefined(name)
        if symbol is None and what == "type" and name in self.checker.declaring:
            self.error("unsupported", f"{name} is used in its own declaration, which P4 does not have", span)
            return Undefined(name)
        if symbol is None:
            if not self.is_news(name):
                return Undefined(name)
            prefix = f"{what} " if what else ""
            known = scope.names(TYPE_SYMBOLS) if what == "type" else scope.names()
            self.error(kind, f"{prefix}{name} is not declared", span, hint=did_you_mean(name, known))
            return Undefined(name)
        return symbol

    def is_news(self, name: str) -> bool:
        """Whether this is the first time in the enclosing declaration of the top level that `name` is not found."""
        identity = (name, *self.checker.declaring[:1])
        if identity in self.checker.missed:
            return False
        self.checker.missed.add(identity)
        return True

    def note(self, name: str) -> tuple[Note, ...]:
        """A note at the declaration of a visible name."""
        span = self.scope.span_of(name)
        return (Note(f"{name} is declared here", span),) if span else ()


def unreachable(node: object) -> NoReturn:
    """For a class of node that no rule covers: a defect of the checker, not of the program."""
    raise AssertionError(f"the checker has no rule for {type(node).__name__}")


def poisoned(span: Span) -> tree.Expression:
    """An expression in the place of a wrong one."""
    return tree.DontCare(types.POISON, span)
