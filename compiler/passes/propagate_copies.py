"""Let uses of a variable read what was copied to it.

Before: scalars only (expand_aggregates); expressions free of effects.
After: the same program. Where `v = x` reaches a use of the local variable `v` with neither changed on the way, the use
reads `x` itself: a literal or storage, or, if this is the only use, any expression. The assignments that nobody needs
then are taken away by remove_dead_stores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes.copies import Copies
from compiler.passes.paths import Path, directions, effects, reads, static_path

MAX_SIZE = 64
"""Nodes of an expression that moves to its only use. Without a bound a chain of sums would become one expression as
deep as the chain is long, which neither we nor BMv2 could walk.
"""


def propagate_copies(program: tree.Program) -> tree.Program:
    uses = Counter(
        node.declaration
        for node in rewrite.walk(program)
        if isinstance(node, tree.VariableRef) and isinstance(node.declaration, tree.Variable)
    )
    used_once = {variable for variable, count in uses.items() if count == 2}
    for action in program.actions:
        action.body = _Propagator(used_once).block(action.body)
    for control in tree.all_controls(program):
        control.body = _Propagator(used_once).block(control.body)
        for action in control.actions:
            action.body = _Propagator(used_once).block(action.body)
    for parser in tree.all_parsers(program):
        for state in parser.states:
            propagator = _Propagator(used_once)
            state.statements = propagator.sequence(state.statements)
            if isinstance(state.transition, tree.Select):
                keys = tuple(propagator.read(key) for key in state.transition.keys)
                state.transition = replace(state.transition, keys=keys)
    return program


class _Propagator:
    """`used_once`: variables that are assigned once and read once in the whole program."""

    def __init__(self, used_once: set[tree.Variable]) -> None:
        self.used_once = used_once
        self.copies = Copies()
        self.read = _Substitute(self.copies).rewrite

    def block(self, block: tree.Block) -> tree.Block:
        return replace(block, statements=tuple(self.sequence(block.statements)))

    def sequence(self, statements: Sequence[tree.Statement]) -> list[tree.Statement]:
        """The statements, reading through what is known; that becomes what holds after them."""
        return [self._statement(statement) for statement in statements]

    def _statement(self, statement: tree.Statement) -> tree.Statement:
        match statement:
            case tree.Assign():
                return self._assign(statement)
            case tree.If():
                changed: set[tree.Variable] = set()
                new = self._if(statement, changed)
                self.copies.drop(changed)
                return new
            case tree.ActionSwitch():
                self.copies.forget(effects(statement.table.actions).writes | _table_writes(statement.table))
                blocks = self._branches([case.body for case in statement.cases])
                cases = (replace(case, body=block) for case, block in zip(statement.cases, blocks, strict=True))
                return replace(statement, cases=tuple(cases))
            case tree.Block():
                return self.block(statement)
            case tree.Scope():
                return replace(statement, body=self._branches([statement.body])[0])
            case tree.Loop():
                self.copies.forget(effects(statement).writes)
                self.copies.depth += 1
                body = self._branches([statement.body])[0]
                self.copies.depth -= 1
                return replace(statement, body=body)
            case tree.CallStatement():
                called = replace(statement, call=self._call(statement.call))
                self.copies.forget(effects(called).writes)
                return called
            case _:
                self.copies.forget(effects(statement).writes)
                return statement

    def _if(self, statement: tree.If, changed: set[tree.Variable]) -> tree.If:
        """An `if` with the `else if`s behind it; adds to `changed` what need not hold afterwards."""
        condition = self.read(statement.condition)
        self.copies.forget(effects(condition).writes)
        with self.copies.branch() as changed_here:
            then = self.block(statement.then)
        changed |= changed_here
        otherwise = statement.otherwise
        if otherwise is not None and len(otherwise.statements) == 1 and isinstance(otherwise.statements[0], tree.If):
            otherwise = replace(otherwise, statements=(self._if(otherwise.statements[0], changed),))
        elif otherwise is not None:
            with self.copies.branch() as changed_here:
                otherwise = self.block(otherwise)
            changed |= changed_here
        return replace(statement, condition=condition, then=then, otherwise=otherwise)

    def _branches(self, blocks: Sequence[tree.Block]) -> list[tree.Block]:
        """Blocks of which any may run, perhaps to an end in their middle; afterwards what holds in every case."""
        result: list[tree.Block] = []
        changed: set[tree.Variable] = set()
        for block in blocks:
            with self.copies.branch() as changed_here:
                result.append(self.block(block))
            changed |= changed_here
        self.copies.drop(changed)
        return result

    def _assign(self, statement: tree.Assign) -> tree.Statement:
        value = self._call(statement.value) if isinstance(statement.value, tree.Call) else self.read(statement.value)
        new = replace(statement, value=value)
        self.copies.forget(effects(new).writes)
        target = statement.target
        if not isinstance(target, tree.VariableRef) or not isinstance(target.declaration, tree.Variable):
            return new
        variable = target.declaration
        if isinstance(value, tree.Call) or isinstance(variable.type, t.FieldsType | t.StackType | t.VarbitType):
            return new
        simple = _is_simple(value)
        if simple or (variable in self.used_once and _is_small(value)):
            read = reads(value)
            if Path(variable) not in read:
                self.copies.add(variable, value, read, simple)
        return new

    def _call(self, call: tree.Expression) -> tree.Expression:
        """A call whose arguments read through what is known; those that are written stay as they are."""
        if not isinstance(call, tree.Call):
            return call
        readable = (tree.Direction.IN, tree.Direction.NONE)
        arguments = [
            self.read(argument) if direction in readable else argument
            for argument, direction in zip(call.arguments, directions(call), strict=True)
        ]
        if all(new is old for new, old in zip(arguments, call.arguments, strict=True)):
            return call
        return replace(call, arguments=tuple(arguments))


def _is_simple(value: tree.Expression) -> bool:
    return tree.is_literal(value) or static_path(value) is not None


def _is_small(value: tree.Expression) -> bool:
    return next(islice(rewrite.walk(value), MAX_SIZE, None), None) is None


def _table_writes(table: tree.Table) -> set[Path]:
    found: set[Path] = set()
    for member in table.actions:
        found |= effects(member.action.body).writes
    if table.default_action is not None:
        found |= effects(table.default_action.action.body).writes
    return found


class _Substitute(rewrite.Rewriter):
    def __init__(self, copies: Copies) -> None:
        self.copies = copies

    def rewrite_VariableRef(self, node: tree.VariableRef) -> tree.Expression:
        if isinstance(node.declaration, tree.Variable):
            return self.copies.value(node.declaration) or node
        return node

    def rewrite_TableApply(self, node: tree.TableApply) -> tree.Expression:
        return node
