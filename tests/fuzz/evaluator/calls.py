"""Calls (P4_16 §6.8): arguments are evaluated from left to right and copied in; what is `out` or `inout` is copied out
from left to right afterwards, after an `exit`, too (§12.5).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compiler import syntax
from compiler.syntax import Direction
from tests.fuzz.evaluator.convert import convert
from tests.fuzz.evaluator.expressions import DATA, Expressions, ParserFailed, readable
from tests.fuzz.evaluator.places import Place, Temporary, set_validity, store
from tests.fuzz.evaluator.scopes import Block, Instance, PacketIn, PacketOut, Register, Routine, Scope, Table, TypeName
from tests.fuzz.evaluator.types import AnyType, Type
from tests.fuzz.evaluator.typing import type_of_value
from tests.fuzz.evaluator.values import (
    Marker,
    Record,
    Scalar,
    Stack,
    Struct,
    Undefined,
    Union,
    Value,
    Varbit,
    boolean,
    is_valid,
    undefined,
)

STORED = (*DATA, Marker, Record, Varbit)


class Exited(Exception):
    """`exit`: every block ends (§12.5)."""


class Returned(Exception):
    """`return` (§12.4)."""

    def __init__(self, value: Value | None) -> None:
        super().__init__()
        self.value = value


@dataclass
class Bound:
    """A parameter and its argument: what is copied in, and the place that is copied out to."""

    parameter: syntax.Parameter
    value: object
    place: Place | None


class Calls(Expressions):
    @abstractmethod
    def run_block(self, statement: syntax.BlockStatement, scope: Scope) -> None:
        """Execute a block in a scope of its own within `scope`."""

    @abstractmethod
    def run_instance(self, instance: Instance, scope: Scope) -> None:
        """Run a parser or control whose parameters are in `scope`."""

    @abstractmethod
    def apply_table(self, table: Table) -> Value: ...

    @abstractmethod
    def instantiate(self, block: Block, arguments: Sequence[Value], path: str) -> Instance: ...

    @abstractmethod
    def call_extern_function(self, name: str, call: syntax.CallExpression, scope: Scope) -> Value | None: ...

    @abstractmethod
    def call_extern_method(self, of: object, name: str, call: syntax.CallExpression, scope: Scope) -> Value | None: ...

    def call(self, call: syntax.CallExpression, scope: Scope) -> Value | None:
        callee = call.callee
        if isinstance(callee, syntax.NameExpression):
            try:
                binding = scope.find(callee.name)
            except KeyError:
                return self.call_extern_function(callee.name, call, scope)
            assert isinstance(binding, Routine), callee.name
            return self.call_routine(binding, call, scope)
        assert isinstance(callee, syntax.MemberExpression)
        name = callee.member.text
        if isinstance(callee.base, syntax.TypeExpression):
            assert isinstance(callee.base.type, syntax.NamedTypeRef)
            block = scope.find(callee.base.type.name)
            assert isinstance(block, Block)
            path = f"{scope.instance_path()}.{callee.base.type.name}"  # direct invocation (§15.1)
            self.apply_instance(self.instantiate(block, (), path), call, scope)
            return None
        return self.call_method(self.place(callee.base, scope), name, call, scope)

    def call_method(self, place: Place, name: str, call: syntax.CallExpression, scope: Scope) -> Value | None:
        of = place.read()
        match of, name:
            case Table(), "apply":
                return self.apply_table(of)
            case Instance(), "apply":
                self.apply_instance(of, call, scope)
                return None
            case ((Struct() | Union()), "isValid"):
                return boolean(is_valid(of))
            case Struct(), "setValid" | "setInvalid":
                set_validity(place, name == "setValid")
                return None
            case Stack(), "push_front":
                push_front(of, self.number_of(call.arguments[0].value, scope))
                return None
            case Stack(), "pop_front":
                pop_front(of, self.number_of(call.arguments[0].value, scope))
                return None
            case ((PacketIn() | PacketOut() | Register()), _):
                return self.call_extern_method(of, name, call, scope)
        raise TypeError(f"{name} of {type(of).__name__} at {call.span}")

    def call_routine(self, routine: Routine, call: syntax.CallExpression, scope: Scope) -> Value | None:
        """A function, or an action called directly (§10, §14.1.1)."""
        declaration = routine.declaration
        inner = Scope(routine.scope)
        if isinstance(declaration, syntax.FunctionDeclaration):
            for name, type_ref in zip(declaration.type_parameters, call.type_arguments, strict=False):
                inner.names[name.text] = TypeName(self.type_of(type_ref, scope))
        bound = self.bind(declaration.parameters, call.arguments, scope)
        if isinstance(declaration, syntax.FunctionDeclaration):
            infer(declaration.type_parameters, bound, inner)
        return self.run_routine(routine, bound, inner)

    def run_routine(self, routine: Routine, bound: Sequence[Bound], inner: Scope) -> Value | None:
        declaration = routine.declaration

        def body() -> Value | None:
            try:
                self.run_block(declaration.body, inner)
            except Returned as returned:
                if isinstance(declaration, syntax.FunctionDeclaration) and returned.value is not None:
                    return convert(returned.value, self.type_of(declaration.result, inner))
            return None

        return self.copying(bound, inner, body)

    def apply_instance(self, instance: Instance, call: syntax.CallExpression, scope: Scope) -> None:
        """§13.10, §14.4. What a sub-parser that rejects leaves in its out arguments is not said."""
        inner = Scope(instance.scope)
        bound = self.bind(instance.declaration.parameters, call.arguments, scope)
        try:
            self.copying(bound, inner, lambda: self.run_instance(instance, inner))
        except ParserFailed as failed:
            raise Undefined from failed

    # ---- copy-in and copy-out

    def bind(
        self, parameters: Sequence[syntax.Parameter], arguments: Sequence[syntax.Argument], scope: Scope
    ) -> list[Bound]:
        """Evaluate the arguments as they are written; then the defaults of parameters without one (§6.8, steps 1-4)."""
        by_name = {p.name.text: p for p in parameters}
        got: dict[str, Bound] = {}
        for position, argument in enumerate(arguments):
            parameter = by_name[argument.name.text] if argument.name else parameters[position]
            got[parameter.name.text] = self.evaluate_argument(parameter, argument.value, scope)
        for parameter in parameters:
            if parameter.name.text not in got and parameter.default is not None:
                got[parameter.name.text] = self.evaluate_argument(parameter, parameter.default, scope)
        return [got[p.name.text] for p in parameters if p.name.text in got]

    def evaluate_argument(self, parameter: syntax.Parameter, argument: syntax.Expression, scope: Scope) -> Bound:
        if isinstance(argument, syntax.DontCareExpression):
            return Bound(parameter, None, None)
        if parameter.direction in (Direction.OUT, Direction.INOUT):
            place = self.place(argument, scope)
            return Bound(parameter, readable(place.read()), place)
        if isinstance(argument, syntax.NameExpression):
            binding = scope.find(argument.name)
            if not isinstance(binding, STORED):
                return Bound(parameter, binding, None)  # an extern object: by reference
        return Bound(parameter, self.evaluate(argument, scope), None)

    def copying(self, bound: Sequence[Bound], inner: Scope, body: Callable[[], Value | None]) -> Value | None:
        """Copy in, run, copy out (§6.8, steps 5 and 6)."""
        for b in bound:
            inner.names[b.parameter.name.text] = self.initial(b, inner)
        try:
            return body()
        finally:
            for b in bound:
                if b.place is not None and not isinstance(b.place, Temporary):
                    value = inner.names[b.parameter.name.text]
                    if isinstance(value, (*DATA, Varbit)):
                        store(b.place, value)

    def initial(self, bound: Bound, inner: Scope) -> Value:
        if bound.value is not None and not isinstance(bound.value, STORED):
            return bound.value  # type: ignore[return-value]
        type_ = self.type_of(bound.parameter.type, inner)
        if bound.parameter.direction is Direction.OUT:
            if isinstance(type_, AnyType):
                type_ = type_of_value(bound.value)  # type: ignore[arg-type]
            return undefined(type_)
        return convert(bound.value, type_)  # type: ignore[arg-type]


def infer(names: Sequence[syntax.Name], bound: Sequence[Bound], inner: Scope) -> None:
    """Type variables that no type argument names take the type of the argument (§6.9, §7.2.12)."""
    for name in names:
        if name.text in inner.names:
            continue
        found: Type = AnyType()
        for b in bound:
            ref = b.parameter.type
            if isinstance(ref, syntax.NamedTypeRef) and ref.name == name.text and isinstance(b.value, Scalar | Struct):
                found = b.value.type
        inner.names[name.text] = TypeName(found)


def push_front(stack: Stack, count: int) -> None:
    """§8.20."""
    size = stack.type.size
    moved = stack.elements[: max(0, size - count)]
    stack.elements = [undefined(stack.type.element) for _ in range(min(count, size))] + moved
    stack.next = min(size, stack.next + count)


def pop_front(stack: Stack, count: int) -> None:
    """§8.20."""
    size = stack.type.size
    kept = stack.elements[count:]
    stack.elements = kept + [undefined(stack.type.element) for _ in range(size - len(kept))]
    stack.next = max(0, stack.next - count)
