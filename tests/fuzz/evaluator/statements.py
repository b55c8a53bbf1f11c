"""Statements (P4_16 §12) and what is declared among them (§11)."""

from __future__ import annotations

from compiler import syntax
from tests.fuzz.evaluator.calls import Calls, Exited, Returned
from tests.fuzz.evaluator.convert import convert
from tests.fuzz.evaluator.expressions import readable
from tests.fuzz.evaluator.operators import binary, equal
from tests.fuzz.evaluator.places import store
from tests.fuzz.evaluator.scopes import Scope
from tests.fuzz.evaluator.values import Applied, Scalar, Stack, Tuple, Value, copy, undefined

LOOPS_AT_MOST = 10_000
"""Iterations of one loop; a generated program that needs more is a fault of the generator."""


class Broken(Exception):
    """`break` (§12.8)."""


class Continued(Exception):
    """`continue` (§12.8)."""


class Statements(Calls):
    def run_block(self, statement: syntax.BlockStatement, scope: Scope) -> None:
        inner = Scope(scope)
        for item in statement.items:
            self.run(item, inner)

    def run(self, item: syntax.BlockItem, scope: Scope) -> None:
        match item:
            case syntax.AssignmentStatement():
                self.assign(item, scope)
            case syntax.CallStatement(call=call):
                self.call(call, scope)
            case syntax.BlockStatement():
                self.run_block(item, scope)
            case syntax.IfStatement(condition=condition, then_branch=then_branch, else_branch=else_branch):
                if self.condition(condition, scope):
                    self.run(then_branch, Scope(scope))
                elif else_branch is not None:
                    self.run(else_branch, Scope(scope))
            case syntax.VariableDeclaration() | syntax.ConstantDeclaration():
                self.declare(item, scope)
            case syntax.SwitchStatement():
                self.switch(item, scope)
            case syntax.ForStatement():
                self.loop(item, Scope(scope))
            case syntax.ForInStatement():
                self.loop_over(item, Scope(scope))
            case syntax.ReturnStatement(value=value):
                raise Returned(None if value is None else self.evaluate(value, scope))
            case syntax.ExitStatement():
                raise Exited
            case syntax.BreakStatement():
                raise Broken
            case syntax.ContinueStatement():
                raise Continued
            case syntax.EmptyStatement():
                pass
            case _:
                raise TypeError(f"{type(item).__name__} at {item.span}")

    def declare(self, item: syntax.VariableDeclaration | syntax.ConstantDeclaration, scope: Scope) -> None:
        """A variable without a value starts undefined, headers invalid (§11.1, §11.2)."""
        type_ = self.type_of(item.type, scope)
        value = undefined(type_) if item.value is None else convert(self.evaluate(item.value, scope), type_)
        scope.names[item.name.text] = value

    def assign(self, item: syntax.AssignmentStatement, scope: Scope) -> None:
        """The place first, then the value (§12.1). `x += e` is `x = x + e` with the place evaluated once."""
        place = self.place(item.target, scope)
        if item.operator == "=":
            value = self.evaluate(item.value, scope)
        else:
            before = readable(place.read())
            value = binary(item.operator[:-1], before, self.evaluate(item.value, scope))
        store(place, value)

    # ---- switch (§12.7)

    def switch(self, item: syntax.SwitchStatement, scope: Scope) -> None:
        """The first case whose label fits, or default; a case without a body falls to the next that has one."""
        subject = self.evaluate(item.subject, scope)
        start = next((i for i, c in enumerate(item.cases) if self.fits(c.label, subject, scope)), None)
        if start is None:
            start = next((i for i, c in enumerate(item.cases) if isinstance(c.label, syntax.DefaultKeyset)), None)
        if start is None:
            return
        for case in item.cases[start:]:
            if case.body is not None:
                self.run_block(case.body, scope)
                return

    def fits(self, label: syntax.Expression, subject: Value, scope: Scope) -> bool:
        if isinstance(label, syntax.DefaultKeyset):
            return False
        if isinstance(subject, Applied):
            assert isinstance(label, syntax.NameExpression)
            return label.name == subject.action_run
        return equal(subject, self.evaluate(label, scope))

    # ---- loops (§12.8)

    def loop(self, item: syntax.ForStatement, scope: Scope) -> None:
        for first in item.init:
            self.run(first, scope)
        for _ in range(LOOPS_AT_MOST):
            if not self.condition(item.condition, scope):
                return
            if not self.iterate(item.body, scope):
                return
            for update in item.update:
                self.run(update, scope)
        raise AssertionError(f"the loop at {item.span} does not end")

    def loop_over(self, item: syntax.ForInStatement, scope: Scope) -> None:
        """The list or range is evaluated once, before the first iteration."""
        type_ = self.type_of(item.variable.type, scope)
        for value in self.collection(item.collection, scope):
            scope.names[item.variable.name.text] = convert(value, type_)
            if not self.iterate(item.body, scope):
                return

    def collection(self, collection: syntax.Expression, scope: Scope) -> list[Value]:
        if isinstance(collection, syntax.RangeExpression):
            low, high = self.scalar(collection.low, scope), self.scalar(collection.high, scope)
            return [Scalar(low.type, v) for v in range(low.known(), high.known() + 1)]
        value = self.evaluate(collection, scope)
        assert isinstance(value, Stack | Tuple)
        return [copy(e) for e in value.elements]

    def iterate(self, body: syntax.Statement, scope: Scope) -> bool:
        """Whether the loop goes on after this iteration."""
        try:
            self.run(body, Scope(scope))
        except Broken:
            return False
        except Continued:
            pass
        return True
