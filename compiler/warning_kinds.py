"""The kinds of warnings, and what the user asked to be done with each.

A warning is reported with `diagnostics.warning(kind, ...)`, where `kind` is a key of `WARNING_KINDS`; to declare a new
kind, add a line there. `--Wdisable=KIND`, `--Wwarn=KIND` and `--Werror=KIND` then act on it without further ado: the
`Policy` of the run's `Diagnostics` decides whether it is dropped, shown or an error.
The names are p4c's where p4c has one, so that build scripts can keep their options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

WARNING_KINDS: Mapping[str, str] = {
    "branch": "a hint about how often a branch is taken cannot be used",
    "deprecated": "a feature that will go away",
    "duplicate": "the same thing given twice",
    "duplicate-priorities": "two entries of a table with the same priority",
    "entries-out-of-priority-order": "entries whose priorities do not follow their order",
    "expr": "an expression that hardly means what it says",
    "failed": "something that the compiler tried and did not manage",
    "ignore": "an annotation or construct that has no effect",
    "ignore-prop": "a property that has no effect",
    "invalid": "a construct that is allowed but makes no sense",
    "invalid-header": "a field of a header that is not valid",
    "keys": "a table key that makes no sense",
    "mismatch": "things that do not fit together",
    "missing": "something expected that is not there",
    "multi-header-extract": "a header that may be extracted more than once",
    "ordering": "statements in an order that has no effect",
    "overflow": "a value that does not fit its type",
    "parser-transition": "a parser state that cannot be left or reached as written",
    "preprocessor": "what only the preprocessor remarks: #warning, redefined macros, unknown directives",
    "shadow": "a name that hides another declaration",
    "type-inference": "a type that was chosen because none was given",
    "uninitialized": "something that never gets a value",
    "uninitialized-out-param": "an out parameter that may be returned without a value",
    "uninitialized-use": "a value that may be read before it is set",
    "unknown": "a name that means nothing here",
    "unreachable": "code that never runs",
    "unsupported": "something that this target does not do",
    "unused": "a declaration that nothing uses",
}
"""Kind -> what it is about, in a few words."""

OFF_BY_DEFAULT = frozenset({"branch"})
"""Kinds that are only shown when `--Wwarn=KIND` or `--Werror=KIND` asks for them, as in p4c."""


class Action(Enum):
    """What becomes of a warning."""

    IGNORE = "ignore"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do with warnings: `by_kind` where it says something about the kind, else `default`."""

    default: Action = Action.WARN
    by_kind: Mapping[str, Action] = field(default_factory=dict)

    def action(self, kind: str) -> Action:
        """What becomes of a warning of `kind`."""
        asked = self.by_kind.get(kind)
        if asked is not None:
            return asked
        return Action.IGNORE if kind in OFF_BY_DEFAULT else self.default
