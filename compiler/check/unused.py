"""Warn of parsers, controls and packages that are never instantiated."""

from __future__ import annotations

from compiler import tree
from compiler.check.context import Checker


def warn_unused(checker: Checker) -> None:
    for name, span in checker.unused_packages.items():
        checker.diagnostics.warning("unused", f"the package {name} is never instantiated", span)
    for template in checker.templates:
        if not template.is_used:
            kind = "parser" if isinstance(template.skeleton, tree.Parser) else "control"
            checker.diagnostics.warning(
                "unused", f"the {kind} {template.type} is never instantiated", template.type.span
            )
