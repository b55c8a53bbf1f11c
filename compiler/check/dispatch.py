"""Which rule checks which node of the syntax tree.

Rules call one another in circles (an argument is an expression, a call is an expression); files of rules therefore
register them here and reach the others through `expression`, `statement` and `declaration`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from compiler import syntax, tree
from compiler.check.context import Env, unreachable

_F = TypeVar("_F", bound=Callable[..., Any])

_expressions: dict[type, Callable[[Env, Any], tree.Expression]] = {}
_statements: dict[type, Callable[[Env, Any], list[tree.Statement]]] = {}
_declarations: dict[type, Callable[[Env, Any], None]] = {}


def expression_rule(node: type) -> Callable[[_F], _F]:
    """Marks the rule for a class of expressions."""
    return _register(_expressions, node)


def statement_rule(node: type) -> Callable[[_F], _F]:
    """Marks the rule for a class of statements or of declarations that may stand among them."""
    return _register(_statements, node)


def declaration_rule(node: type) -> Callable[[_F], _F]:
    """Marks the rule for a class of declarations at top level or in parsers and controls."""
    return _register(_declarations, node)


def expression(env: Env, node: syntax.Expression) -> tree.Expression:
    """Check an expression without knowing what it is for; `casts.coerce` then fits it to a type."""
    rule = _expressions.get(type(node)) or unreachable(node)
    return rule(env, node)


def statement(env: Env, node: syntax.BlockItem) -> list[tree.Statement]:
    """Check a statement, which becomes none, one or several."""
    rule = _statements.get(type(node)) or unreachable(node)
    return rule(env, node)


def declaration(env: Env, node: syntax.Declaration) -> None:
    """Check a declaration and make its name known in `env`."""
    rule = _declarations.get(type(node)) or unreachable(node)
    name = getattr(node, "name", None)
    env.checker.declaring.append(name.text if name is not None else "")
    rule(env, node)
    env.checker.declaring.pop()


def _register(table: dict[type, Any], node: type) -> Callable[[_F], _F]:
    def register(rule: _F) -> _F:
        table[node] = rule
        return rule

    return register
