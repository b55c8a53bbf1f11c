"""Take calls out of expressions, in the order in which they must happen.

Before: calls anywhere in expressions, transitions, initializers.
After: a call with effects (of a function, action, extern, parser, control; `t.apply()`; setValid and the like) is the
whole of a `CallStatement`, the whole value of an `Assign` or `Declare`, or, for `t.apply().hit` and `.miss`, the whole
condition of an `If`, perhaps negated. All other expressions, the arguments of those calls included, are free of
effects. Operands are evaluated strictly left to right, `&&`, `||` and `?:` only as far as they must be (spec §8.1):
where a call follows an operand that it may change, the operand's value is saved first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from compiler import tree
from compiler import types as t
from compiler.passes import build
from compiler.passes.paths import Path, directions, effects, overlap_any, reads
from compiler.rewrite import walk


def order_effects(program: tree.Program) -> tree.Program:
    for function in program.functions:
        function.body = _block(function.body)
    for action in program.actions:
        action.body = _block(action.body)
    for parser in tree.all_parsers(program):
        for state in parser.states:
            state.statements = order_statements(state.statements)
            if isinstance(state.transition, tree.Select):
                out: list[tree.Statement] = []
                keys = _Orderer(out).sequence(state.transition.keys)
                state.statements += out
                state.transition = tree.Select(tuple(keys), state.transition.cases, state.transition.span)
    for control in tree.all_controls(program):
        for action in control.actions:
            action.body = _block(action.body)
        control.body = _block(control.body)
    return program


def order_statements(statements: Sequence[tree.Statement]) -> list[tree.Statement]:
    """The statements with their calls taken out of expressions."""
    result: list[tree.Statement] = []
    for statement in statements:
        _statement(statement, result)
    return result


def has_effects(expression: tree.Expression) -> bool:
    """Whether evaluating `expression` may change anything."""
    return any(
        isinstance(node, tree.Call | tree.TableApply | tree.StackCall)
        or (isinstance(node, tree.HeaderCall) and node.op is not tree.HeaderOp.IS_VALID)
        for node in walk(expression)
    )


def _block(block: tree.Block) -> tree.Block:
    return tree.Block(block.span, tuple(order_statements(block.statements)), block.annotations)


def _statement(statement: tree.Statement, out: list[tree.Statement]) -> None:
    orderer = _Orderer(out)
    match statement:
        case tree.Block():
            out.append(_block(statement))
        case tree.Declare(value=value) if value is not None:
            if isinstance(value, tree.Call):
                value, after = orderer.call(value)
                out += [tree.Declare(statement.span, statement.variable, value), *after]
            else:
                out.append(tree.Declare(statement.span, statement.variable, orderer.expression(value)))
        case tree.Assign():
            _assignment(statement, orderer)
        case tree.CallStatement(call=tree.Call() as call):
            ordered, after = orderer.call(call)
            if isinstance(ordered, tree.ActionCall | tree.ControlApply):
                ordered, after = replace(ordered, after=tuple(after)), []  # `exit` inside must not skip them
            out += [tree.CallStatement(statement.span, ordered), *after]
        case tree.CallStatement(call=tree.HeaderCall() as call):
            header = orderer.expression(call.header)
            if call.op is not tree.HeaderOp.IS_VALID:
                out.append(tree.CallStatement(statement.span, replace(call, header=header)))
        case tree.CallStatement(call=tree.StackCall() as call):
            out.append(tree.CallStatement(statement.span, replace(call, stack=orderer.expression(call.stack))))
        case tree.If():
            condition = orderer.condition(statement.condition)
            otherwise = _block(statement.otherwise) if statement.otherwise else None
            out.append(tree.If(statement.span, condition, _block(statement.then), otherwise))
        case tree.ActionSwitch():
            cases = tuple(
                tree.ActionCase(case.actions, case.default, _block(case.body), case.span) for case in statement.cases
            )
            out.append(tree.ActionSwitch(statement.span, statement.table, cases))
        case tree.Switch():
            subject = orderer.expression(statement.subject)
            cases_ = tuple(tree.SwitchCase(c.labels, c.default, _block(c.body), c.span) for c in statement.cases)
            out.append(tree.Switch(statement.span, subject, cases_))
        case tree.Return(value=value) if value is not None:
            out.append(tree.Return(statement.span, orderer.expression(value)))
        case tree.Scope():
            out.append(tree.Scope(statement.span, statement.label, _block(statement.body)))
        case tree.Loop():
            out.append(tree.Loop(statement.span, _block(statement.body)))
        case tree.For() | tree.ForIn():
            raise AssertionError("loops are lowered first")
        case _:
            out.append(statement)


def _assignment(statement: tree.Assign, orderer: _Orderer) -> None:
    """An assignment: the indexes on the left are evaluated before the right side (§8.1)."""
    target = statement.target
    after: list[tree.Statement] = []
    value = statement.value
    target = orderer.expression(target)
    middle = len(orderer.out)
    if has_effects(value):
        if isinstance(value, tree.Call):
            value, after = orderer.call(value)
        else:
            value = orderer.expression(value)
        changed = effects([*orderer.out[middle:], value, *after]).writes
        if overlap_any(reads(_indexes(target)), changed):
            saved: list[tree.Statement] = []
            target = _freeze(target, _Orderer(saved))
            orderer.out[middle:middle] = saved
    orderer.out += [tree.Assign(statement.span, target, value), *after]


def _indexes(target: tree.Expression) -> list[tree.Expression]:
    found = [node.index for node in walk(target) if isinstance(node, tree.StackIndex)]
    return found + [node.low for node in walk(target) if isinstance(node, tree.DynamicSlice)]


class _Orderer:
    """Makes expressions free of effects by writing statements to `out` before the one they stand in."""

    def __init__(self, out: list[tree.Statement]) -> None:
        self.out = out

    def call(self, call: tree.Call) -> tuple[tree.Call, list[tree.Statement]]:
        """The call with arguments free of effects, and what must follow it.

        Arguments are evaluated in the order in which they are written; an inout argument that a later one changes is
        copied in and out here (§6.8).
        """
        results: dict[int, tree.Expression] = {}
        after: list[tree.Statement] = []
        of_parameters = directions(call)
        for position in call.order or range(len(call.arguments)):
            start = len(self.out)
            result = self.expression(call.arguments[position])
            changed = effects(self.out[start:]).writes
            if changed:
                saved: list[tree.Statement] = []
                for i, earlier in results.items():
                    results[i] = _Orderer(saved)._keep_argument(earlier, of_parameters[i], changed, after)
                self.out[start:start] = saved
            results[position] = result
        return replace(call, arguments=tuple(results[i] for i in range(len(call.arguments)))), after

    def condition(self, expression: tree.Expression) -> tree.Expression:
        """A condition of an `If`, where hit and miss of a table may stay."""
        if isinstance(expression, tree.TableApply):
            return expression
        if isinstance(expression, tree.Unary) and isinstance(expression.operand, tree.TableApply):
            return expression
        return self.expression(expression)

    def expression(self, expression: tree.Expression) -> tree.Expression:
        """An expression without effects of the same value."""
        if not has_effects(expression):
            return expression
        match expression:
            case tree.Call():
                call, after = self.call(expression)
                result = self.save("result", call)
                self.out += after
                return result
            case tree.TableApply():
                return self._hit(expression)
            case tree.Binary(op="&&" | "||"):
                return self._short_circuit(expression)
            case tree.Conditional():
                return self._conditional(expression)
            case tree.Member() | tree.StackIndex() | tree.TupleIndex() | tree.Slice() | tree.DynamicSlice():
                return self._access(expression)
            case _:
                return self._generic(expression)

    def sequence(self, expressions: Sequence[tree.Expression]) -> list[tree.Expression]:
        """The expressions without effects, each with the value that it has when it is its turn."""
        results: list[tree.Expression] = []
        for expression in expressions:
            start = len(self.out)
            result = self.expression(expression)
            changed = effects(self.out[start:]).writes
            if changed:
                saved: list[tree.Statement] = []
                results = [self._keep(earlier, changed, saved) for earlier in results]
                self.out[start:start] = saved
            results.append(result)
        return results

    def save(self, name: str, value: tree.Expression) -> tree.Expression:
        """A new variable that holds `value`."""
        variable = build.variable(name, value.type, value.span)
        self.out.append(tree.Declare(value.span, variable, value))
        return build.ref(variable, value.span)

    def _keep(self, earlier: tree.Expression, changed: set[Path], saved: list[tree.Statement]) -> tree.Expression:
        """`earlier`, or a variable with its value where what follows changes it."""
        if tree.is_literal(earlier) or not overlap_any(reads(earlier), changed):
            return earlier
        return _Orderer(saved).save("operand", earlier)

    def _keep_argument(
        self, earlier: tree.Expression, direction: tree.Direction, changed: set[Path], after: list[tree.Statement]
    ) -> tree.Expression:
        if tree.is_literal(earlier) or not overlap_any(reads(earlier), changed):
            return earlier
        if direction in (tree.Direction.IN, tree.Direction.NONE):
            return self.save("argument", earlier)
        place = _freeze(earlier, self)
        if direction is tree.Direction.OUT:
            return place
        copy = self.save("argument", place)
        after.append(tree.Assign(earlier.span, place, copy))
        return copy

    def _hit(self, apply: tree.TableApply) -> tree.Expression:
        variable = build.variable("hit", t.BOOL, apply.span)
        self.out.append(tree.Declare(apply.span, variable, None))
        results = [tree.Assign(apply.span, build.ref(variable), build.boolean(v, apply.span)) for v in (True, False)]
        self.out.append(build.conditional(apply, results[:1], results[1:]))
        return build.ref(variable, apply.span)

    def _short_circuit(self, expression: tree.Binary) -> tree.Expression:
        left = self.expression(expression.left)
        if not has_effects(expression.right):
            return tree.Binary(t.BOOL, expression.span, expression.op, left, expression.right)
        result = self.save("condition", left)
        inner: list[tree.Statement] = []
        right = _Orderer(inner).expression(expression.right)
        inner.append(tree.Assign(expression.span, result, right))
        self.out.append(build.conditional(result if expression.op == "&&" else build.negation(result), inner))
        return result

    def _conditional(self, expression: tree.Conditional) -> tree.Expression:
        condition = self.expression(expression.condition)
        if not has_effects(expression.then) and not has_effects(expression.otherwise):
            return tree.Conditional(expression.type, expression.span, condition, expression.then, expression.otherwise)
        variable = build.variable("choice", expression.type, expression.span)
        self.out.append(tree.Declare(expression.span, variable, None))
        branches: list[list[tree.Statement]] = []
        for value in (expression.then, expression.otherwise):
            inner: list[tree.Statement] = []
            inner.append(tree.Assign(value.span, build.ref(variable), _Orderer(inner).expression(value)))
            branches.append(inner)
        self.out.append(build.conditional(condition, branches[0], branches[1]))
        return build.ref(variable, expression.span)

    def _access(self, expression: tree.Expression) -> tree.Expression:
        """A part of a value: which one is settled from left to right, it is read or written after that."""
        match expression:
            case tree.Member() | tree.TupleIndex() | tree.Slice():
                return replace(expression, base=self._access(expression.base))
            case tree.StackIndex():
                base, index = self._at_position(expression.base, expression.index)
                return replace(expression, base=base, index=index)
            case tree.DynamicSlice():
                base, low = self._at_position(expression.base, expression.low)
                return replace(expression, base=base, low=low)
            case _:
                return self.expression(expression)

    def _at_position(self, base: tree.Expression, index: tree.Expression) -> tuple[tree.Expression, tree.Expression]:
        """The base of an access, and then its run-time index."""
        base = self._access(base)
        start = len(self.out)
        index = self.expression(index)
        if overlap_any(reads(_indexes(base)), effects(self.out[start:]).writes):
            saved: list[tree.Statement] = []
            base = _freeze(base, _Orderer(saved))
            self.out[start:start] = saved
        return base, index

    def _generic(self, expression: tree.Expression) -> tree.Expression:
        """Any other node: its operands in order."""
        names: list[tuple[str, int | None]] = []
        operands: list[tree.Expression] = []
        for f in fields(expression):
            value = getattr(expression, f.name)
            if isinstance(value, tree.Expression):
                names.append((f.name, None))
                operands.append(value)
            elif isinstance(value, tuple) and value and all(isinstance(v, tree.Expression) for v in value):
                names.append((f.name, len(value)))
                operands.extend(value)
        results = iter(self.sequence(operands))
        changes: dict[str, Any] = {
            name: next(results) if count is None else tuple(next(results) for _ in range(count))
            for name, count in names
        }
        return replace(expression, **changes)


def freeze_indexes(target: tree.Expression, out: list[tree.Statement]) -> tree.Expression:
    """The l-value `target`, its run-time indexes saved in variables by statements added to `out`."""
    return _freeze(target, _Orderer(out))


def _freeze(target: tree.Expression, orderer: _Orderer) -> tree.Expression:
    match target:
        case tree.StackIndex(index=index):
            base = _freeze(target.base, orderer)
            if isinstance(index, tree.IntLiteral):
                return replace(target, base=base)
            return replace(target, base=base, index=orderer.save("index", index))
        case tree.DynamicSlice(low=low):
            return replace(target, base=_freeze(target.base, orderer), low=orderer.save("low", low))
        case tree.Member() | tree.TupleIndex() | tree.Slice():
            return replace(target, base=_freeze(target.base, orderer))
        case _:
            return target
