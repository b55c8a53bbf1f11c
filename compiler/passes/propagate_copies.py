"""Let uses of a variable read what was copied to it.

Before: scalars only (expand_aggregates); expressions free of effects.
After: the same program. Where `v = x` reaches a use of the local variable `v` with neither changed on the way, the use
reads `x` itself: a literal or storage, or, if this is the only use, any expression. The assignments that nobody needs
then are taken away by remove_dead_stores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes.paths import Path, directions, effects, overlap_any, reads, static_path

Copies = dict[tree.Variable, tree.Expression]


def propagate_copies(program: tree.Program) -> tree.Program:
    uses = Counter(
        node.declaration
        for node in rewrite.walk(program)
        if isinstance(node, tree.VariableRef) and isinstance(node.declaration, tree.Variable)
    )
    propagator = _Propagator({variable for variable, count in uses.items() if count == 2})
    for action in program.actions:
        action.body = propagator.block(action.body, {})
    for control in tree.all_controls(program):
        control.body = propagator.block(control.body, {})
        for action in control.actions:
            action.body = propagator.block(action.body, {})
    for parser in tree.all_parsers(program):
        for state in parser.states:
            copies: Copies = {}
            state.statements = propagator.sequence(state.statements, copies)
            if isinstance(state.transition, tree.Select):
                keys = tuple(_Substitute(copies).rewrite(key) for key in state.transition.keys)
                state.transition = replace(state.transition, keys=keys)
    return program


class _Propagator:
    """`used_once`: variables that are assigned once and read once in the whole program."""

    def __init__(self, used_once: set[tree.Variable]) -> None:
        self.used_once = used_once
        self._written: dict[tree.Statement, set[Path]] = {}

    def block(self, block: tree.Block, copies: Copies) -> tree.Block:
        return replace(block, statements=tuple(self.sequence(block.statements, copies)))

    def sequence(self, statements: Sequence[tree.Statement], copies: Copies) -> list[tree.Statement]:
        """The statements, reading through `copies`, which becomes what holds after them."""
        return [self._statement(statement, copies) for statement in statements]

    def _statement(self, statement: tree.Statement, copies: Copies) -> tree.Statement:
        match statement:
            case tree.Assign():
                return self._assign(statement, copies)
            case tree.If():
                condition = _Substitute(copies).rewrite(statement.condition)
                _forget(effects(condition).writes, copies)
                then = self.block(statement.then, dict(copies))
                otherwise = self.block(statement.otherwise, dict(copies)) if statement.otherwise else None
                new: tree.Statement = replace(statement, condition=condition, then=then, otherwise=otherwise)
            case tree.ActionSwitch():
                _forget(effects(statement.table.actions).writes | _table_writes(statement.table), copies)
                cases = tuple(replace(case, body=self.block(case.body, dict(copies))) for case in statement.cases)
                new = replace(statement, cases=cases)
            case tree.Block():
                return self.block(statement, copies)
            case tree.Scope():
                new = replace(statement, body=self.block(statement.body, dict(copies)))
            case tree.Loop():
                _forget(self._writes(statement), copies)
                simple = {v: x for v, x in copies.items() if _is_simple(x)}
                new = replace(statement, body=self.block(statement.body, simple))
            case tree.CallStatement():
                new = replace(statement, call=_call(statement.call, copies))
            case _:
                return statement
        _forget(self._writes(new), copies)
        return new

    def _writes(self, statement: tree.Statement) -> set[Path]:
        """What `statement` writes; found once for each statement, however deep it stands."""
        known = self._written.get(statement)
        if known is not None:
            return known
        match statement:
            case tree.If():
                found = effects(statement.condition).writes | self._writes(statement.then)
                found |= self._writes(statement.otherwise) if statement.otherwise else set()
            case tree.Block():
                found = set().union(*map(self._writes, statement.statements))
            case tree.Scope() | tree.Loop():
                found = self._writes(statement.body)
            case _:
                found = effects(statement).writes
        self._written[statement] = found
        return found

    def _assign(self, statement: tree.Assign, copies: Copies) -> tree.Statement:
        if isinstance(statement.value, tree.Call):
            value: tree.Expression = _call(statement.value, copies)
        else:
            value = _Substitute(copies).rewrite(statement.value)
        new = replace(statement, value=value)
        _forget(effects(new).writes, copies)
        target = statement.target
        if not isinstance(target, tree.VariableRef) or not isinstance(target.declaration, tree.Variable):
            return new
        variable = target.declaration
        if isinstance(value, tree.Call) or isinstance(variable.type, t.FieldsType | t.StackType | t.VarbitType):
            return new
        if Path(variable) in reads(value):
            return new
        if _is_simple(value) or variable in self.used_once:
            copies[variable] = value
        return new


def _is_simple(value: tree.Expression) -> bool:
    return tree.is_literal(value) or static_path(value) is not None


def _forget(written: Iterable[Path], copies: Copies) -> None:
    """Drop the copies that writing to `written` makes wrong."""
    written = tuple(written)
    for variable, value in list(copies.items()):
        if any(path.root is variable for path in written) or overlap_any(reads(value), written):
            del copies[variable]


def _table_writes(table: tree.Table) -> set[Path]:
    found: set[Path] = set()
    for member in table.actions:
        found |= effects(member.action.body).writes
    if table.default_action is not None:
        found |= effects(table.default_action.action.body).writes
    return found


def _call(call: tree.Expression, copies: Copies) -> tree.Expression:
    """A call whose arguments read through `copies`; those that are written stay as they are."""
    if not isinstance(call, tree.Call):
        return call
    readable = (tree.Direction.IN, tree.Direction.NONE)
    arguments = [
        _Substitute(copies).rewrite(argument) if direction in readable else argument
        for argument, direction in zip(call.arguments, directions(call), strict=True)
    ]
    if all(new is old for new, old in zip(arguments, call.arguments, strict=True)):
        return call
    return replace(call, arguments=tuple(arguments))


class _Substitute(rewrite.Rewriter):
    def __init__(self, copies: Copies) -> None:
        self.copies = copies

    def rewrite_VariableRef(self, node: tree.VariableRef) -> tree.Expression:
        if isinstance(node.declaration, tree.Variable) and node.declaration in self.copies:
            return self.copies[node.declaration]
        return node

    def rewrite_TableApply(self, node: tree.TableApply) -> tree.Expression:
        return node
