"""Copies of statements with variables of their own, and with parameters replaced by what they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from compiler import rewrite, tree
from compiler.passes import build

N = TypeVar("N")

Substitution = Mapping[tree.Declaration, tree.Expression]
"""What stands for a parameter or variable from now on: an expression, an l-value where it is written."""


def clone(node: N, substitution: Substitution | None = None) -> N:
    """A copy of a statement, a sequence of statements or an expression, with new variables and labels for those
    declared inside. Parameters that are extern objects (`packet_in pkt`) are replaced as receivers of methods too.
    """
    return _Cloner(substitution or {}, fresh=True).any(node)  # type: ignore[no-any-return]


def substitute(node: N, substitution: Substitution) -> N:
    """As `clone`, but the variables and labels declared inside stay the same: for a body that is used only once."""
    return _Cloner(substitution, fresh=False).any(node)  # type: ignore[no-any-return]


class _Cloner(rewrite.Rewriter):
    def __init__(self, substitution: Substitution, fresh: bool) -> None:
        self.map: dict[tree.Declaration, tree.Expression] = dict(substitution)
        self.labels: dict[tree.Label, tree.Label] = {}
        self.fresh = fresh

    def any(self, node: Any) -> Any:
        return self._rewrite_part(node)

    def rewrite_VariableRef(self, node: tree.VariableRef) -> tree.Expression:
        replacement = self.map.get(node.declaration)
        if replacement is None:
            return node
        return replace(replacement, span=node.span)

    def rewrite_Declare(self, node: tree.Declare) -> tree.Statement:
        node = self.rewrite_children(node)
        if not self.fresh:
            return node
        variable = replace(node.variable)
        self.map[node.variable] = build.ref(variable, node.span)
        return replace(node, variable=variable)

    def rewrite_MethodCall(self, node: tree.MethodCall) -> tree.Expression:
        node = self.rewrite_children(node)
        match self.map.get(node.receiver):
            case tree.VariableRef(declaration=tree.Parameter() as parameter):
                return replace(node, receiver=parameter)
            case tree.InstanceRef(instance=tree.ExternInstance() as instance):
                return replace(node, receiver=instance)
            case _:
                return node

    def rewrite_Scope(self, node: tree.Scope) -> tree.Statement:
        if self.fresh:
            label = replace(node.label)
            self.labels[node.label] = label
            node = replace(node, label=label)
        return self.rewrite_children(node)

    def rewrite_Leave(self, node: tree.Leave) -> tree.Statement:
        return replace(node, label=self.labels.get(node.label, node.label))
