"""Warn of what is declared and never used: parsers, controls, packages, tables, actions, functions, instances,
variables, constants, typedefs, and parameters of actions.

A name is used where the text mentions it, even in code that is itself unused. What the standard headers declare and
what is called `__...` is left alone, and so is a declaration with `@noWarn("unused")`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from compiler import syntax, tree
from compiler.check.context import Checker
from compiler.check.silenced import is_silenced

STANDARD_FOLDER = "p4include"
"""Where every compiler keeps the headers of the language and of architectures."""

_NAMED: dict[type, str] = {
    syntax.ConstantDeclaration: "constant",
    syntax.VariableDeclaration: "variable",
    syntax.ActionDeclaration: "action",
    syntax.FunctionDeclaration: "function",
    syntax.TableDeclaration: "table",
    syntax.TypedefDeclaration: "type",
    syntax.NewTypeDeclaration: "type",
    syntax.Instantiation: "instance",
}


def warn_unused(checker: Checker, program: syntax.Program) -> None:
    for name, span in checker.unused_packages.items():
        checker.diagnostics.warning("unused", f"the package {name} is never instantiated", span)
    for template in checker.templates:
        if not template.is_used:
            kind = "parser" if isinstance(template.skeleton, tree.Parser) else "control"
            checker.diagnostics.warning(
                "unused", f"the {kind} {template.type} is never instantiated", template.type.span
            )
    if not checker.diagnostics.wants("unused"):
        return
    for declaration in program.declarations:
        if Path(declaration.span.file).parent.name == STANDARD_FOLDER:
            continue
        for what, declared in _declared((declaration,)):
            if not _is_used(checker, declared):
                checker.diagnostics.warning("unused", f"the {what} {declared} is never used", declared.span)


def _is_used(checker: Checker, name: syntax.Name) -> bool:
    return name.span in checker.used or name.text == "main" or name.text.startswith("__")


def _declared(nodes: Iterable[object]) -> Iterator[tuple[str, syntax.Name]]:
    """The declarations among `nodes` and inside them that should be used, and what they are."""
    for node in nodes:
        what = _NAMED.get(type(node))
        if what is not None and not _is_silenced(node):
            name = getattr(node, "name", None)
            assert isinstance(name, syntax.Name)
            yield what, name
        match node:
            case syntax.ActionDeclaration():
                yield from (("parameter", parameter.name) for parameter in node.parameters)
                yield from _declared(node.body.items)
            case syntax.FunctionDeclaration():
                yield from _declared(node.body.items)
            case syntax.ControlDeclaration():
                yield from _declared(node.locals)
                yield from _declared(node.body.items)
            case syntax.ParserDeclaration():
                yield from _declared(node.locals)
                for state in node.states:
                    yield from _declared(state.items)
            case syntax.BlockStatement():
                yield from _declared(node.items)
            case syntax.IfStatement():
                yield from _declared((node.then_branch, node.else_branch))
            case syntax.SwitchStatement():
                yield from _declared(case.body for case in node.cases)
            case syntax.ForStatement():
                yield from _declared((*node.init, node.body))
            case syntax.ForInStatement():
                yield from _declared((node.variable, node.body))


def _is_silenced(node: object) -> bool:
    if isinstance(node, syntax.ConstantDeclaration) and isinstance(node.value, syntax.CallExpression):
        return True  # of static_assert, which is called for its effect
    return is_silenced(getattr(node, "annotations", ()), "unused")
