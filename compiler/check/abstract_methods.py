"""Methods that an instance of an extern supplies itself (P4_16 spec §7.2.9.2, §11.3.1)."""

from __future__ import annotations

from compiler import tree, types
from compiler.annotations import has
from compiler.check.context import Env
from compiler.check.scopes import InstancePlan
from compiler.diagnostics import Note, Span


def require_methods(env: Env, made: InstancePlan | tree.ExternInstance, span: Span) -> None:
    """Says so if an instance lacks a method that its type leaves to it; those marked @optional may be left out."""
    if not isinstance(made.type, types.ExternType):
        return
    for method in made.type.methods:
        if method.abstract and method.name not in made.methods and not has(method.annotations, "optional"):
            note = Note(f"{method.name} is declared here", method.span)
            env.type_error(f"{made.name} does not define the abstract method {method.name}", span, note)


def implements(given: types.FunctionType, wanted: types.FunctionType) -> bool:
    """Whether a method has the signature of the abstract one; parameters marked @optional may be left out."""
    if given.result != wanted.result:
        return False
    parameters = list(given.parameters)
    for parameter in wanted.parameters:
        mine = parameters[0] if parameters else None
        if mine is not None and (mine.type, mine.direction) == (parameter.type, parameter.direction):
            parameters.pop(0)
        elif not parameter.optional:
            return False
    return not parameters
