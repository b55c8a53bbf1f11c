"""Walking and rewriting the typed tree.

`walk(node)` yields a node and everything below it. A pass that changes something derives from `Rewriter` and defines a
method for each class of node it cares about, named after the class:

    class DropNegations(Rewriter):
        def rewrite_Unary(self, node: tree.Unary) -> tree.Expression:
            node = self.rewrite_children(node)          # bottom up; leave it out to go top down or to stop here
            ...
            return other

    DropNegations().rewrite_program(program)

Both follow the parts of a node, never its references: the `Variable` of a `VariableRef` or the `Action` of an
`ActionCall` is reached where it is declared. Nodes without changes are kept as they are, so that a rewrite that finds
nothing makes nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, ClassVar, TypeVar

from compiler import tree

_N = TypeVar("_N")

_PARTS: dict[str, tuple[str, ...]] = {
    # declarations
    "Variable": ("initializer",),
    "Function": ("body",),
    "Action": ("body",),
    "ExternInstance": ("arguments", "methods"),
    "Key": ("expression",),
    "TableAction": ("arguments",),
    "DefaultAction": ("arguments",),
    "Entry": ("keys", "arguments"),
    "Property": ("value",),
    "Table": ("keys", "actions", "default_action", "entries", "properties"),
    "ParserState": ("statements", "transition"),
    "Parser": ("variables", "instances", "value_sets", "states"),
    "Control": ("variables", "instances", "actions", "tables", "body"),
    "Package": (),
    "Program": ("functions", "actions", "instances"),
    # expressions
    "Member": ("base",),
    "StackIndex": ("base", "index"),
    "StackNext": ("base",),
    "StackLast": ("base",),
    "StackLastIndex": ("base",),
    "TupleIndex": ("base",),
    "Slice": ("base",),
    "DynamicSlice": ("base", "low"),
    "Unary": ("operand",),
    "Binary": ("left", "right"),
    "Conditional": ("condition", "then", "otherwise"),
    "Cast": ("operand",),
    "StructExpression": ("fields",),
    "TupleExpression": ("elements",),
    "Mask": ("value", "mask"),
    "Range": ("low", "high"),
    "FunctionCall": ("arguments",),
    "ActionCall": ("arguments", "after"),
    "ExternFunctionCall": ("arguments",),
    "MethodCall": ("arguments",),
    "ParserApply": ("arguments",),
    "ControlApply": ("arguments", "after"),
    "HeaderCall": ("header",),
    "StackCall": ("stack",),
    # statements and transitions
    "Block": ("statements",),
    "Declare": ("value",),
    "Assign": ("target", "value"),
    "CallStatement": ("call",),
    "If": ("condition", "then", "otherwise"),
    "ActionCase": ("body",),
    "ActionSwitch": ("cases",),
    "SwitchCase": ("labels", "body"),
    "Switch": ("subject", "cases"),
    "For": ("init", "condition", "update", "body"),
    "ForIn": ("collection", "body"),
    "Return": ("value",),
    "Scope": ("body",),
    "Loop": ("body",),
    "Select": ("keys", "cases"),
    "SelectCase": ("labels",),
}
"""The parts of each class of node, in the order of evaluation. (A class that is not here has none.)"""


_SEQUENCES = (list, tuple)  # `list | tuple` would be made anew for each node


def parts(node: object) -> Iterator[Any]:
    """What stands directly below `node`, in the order of evaluation."""
    for part in _PARTS.get(type(node).__name__, ()):
        value = getattr(node, part)
        if isinstance(value, _SEQUENCES):
            yield from value
        elif isinstance(value, dict):
            yield from value.values()
        elif value is not None:
            yield value


def walk(node: object) -> Iterator[Any]:
    """`node` (or each of a list of nodes) and everything below, parents first, in the order of evaluation.

    For a Program: all that is reachable, main's instances too.
    """
    waiting: list[Any] = list(reversed(node)) if isinstance(node, _SEQUENCES) else [node]
    while waiting:
        current = waiting.pop()
        yield current
        below = list(parts(current))
        if isinstance(current, tree.Program):
            below += tree.main_instances(current)
        below.reverse()
        waiting += below


class Rewriter:
    """Rebuilds a tree from the bottom, by `rewrite_<Class>` methods; see the top of this file.

    - An expression becomes an expression.
    - A statement becomes a statement, a sequence of statements that takes its place, or None, which deletes it. (Where
      exactly one is needed, as for the body of an `If`, a sequence is put into a block.)
    - A declaration is changed in place and must be returned itself; returning None from `rewrite_Variable`,
      `rewrite_Table` and the like takes it out of the list it stands in.
    """

    _methods: ClassVar[dict[type, Callable[[Any, Any], Any] | None]] = {}

    def __init_subclass__(cls) -> None:
        cls._methods = {}

    def rewrite(self, node: Any) -> Any:
        """What `node` becomes."""
        class_ = type(node)
        try:
            method = self._methods[class_]
        except KeyError:
            method = self._methods[class_] = getattr(type(self), f"rewrite_{class_.__name__}", None)
        return method(self, node) if method else self.rewrite_children(node)

    def rewrite_children(self, node: _N) -> _N:
        """`node` with its parts rewritten: a new node for frozen ones, the same one, changed, for declarations."""
        class_: Any = type(node)
        changes: dict[str, Any] = {}
        for part in _PARTS.get(class_.__name__, ()):
            old = getattr(node, part)
            new = self._rewrite_part(old)
            if new is not old:
                changes[part] = new
        if not changes:
            return node
        if _is_frozen(class_):
            return dataclasses.replace(node, **changes)  # type: ignore[type-var]
        for part, new in changes.items():
            setattr(node, part, new)
        return node

    def rewrite_program(self, program: tree.Program) -> tree.Program:
        """Rewrite every declaration below `program`, in place."""
        self.rewrite(program)
        for instance in tree.main_instances(program):
            self.rewrite(instance)
        return program

    def _rewrite_part(self, old: Any) -> Any:
        if old is None:
            return None
        if isinstance(old, _SEQUENCES):
            new = list(self._rewrite_items(old))
            if len(new) == len(old) and all(a is b for a, b in zip(new, old, strict=True)):
                return old
            return type(old)(new)
        if isinstance(old, dict):
            return {key: self.rewrite(value) for key, value in old.items()}
        new = self.rewrite(old)
        if isinstance(old, tree.Block) and not isinstance(new, tree.Block):
            return tree.as_block(new, old.span)
        return new

    def _rewrite_items(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            new = self.rewrite(item)
            if isinstance(new, _SEQUENCES):
                yield from new
            elif new is not None:
                yield new


@cache
def _is_frozen(class_: Any) -> bool:
    parameters = class_.__dataclass_params__
    return bool(parameters.frozen)
