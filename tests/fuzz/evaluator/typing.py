"""Types as written -> types as values (P4_16 §7)."""

from __future__ import annotations

from abc import ABC, abstractmethod

from compiler import syntax
from tests.fuzz.evaluator.scopes import ExternName, GenericType, Scope, TypeName
from tests.fuzz.evaluator.types import (
    BOOL,
    INT,
    AnyType,
    BitsType,
    EnumType,
    SerializableEnumType,
    StackType,
    StructType,
    TupleType,
    Type,
    VarbitType,
)
from tests.fuzz.evaluator.values import Scalar, Stack, Struct, Tuple, Union, Value


class Typing(ABC):
    @abstractmethod
    def evaluate(self, expression: syntax.Expression, scope: Scope) -> Value:
        """The value of an expression: a copy of its own."""

    def number_of(self, expression: syntax.Expression, scope: Scope) -> int:
        """A number that decides something. Raises Undefined."""
        value = self.evaluate(expression, scope)
        assert isinstance(value, Scalar)
        return value.known()

    def type_of(self, ref: syntax.TypeRef, scope: Scope) -> Type:
        match ref:
            case syntax.BitTypeRef(width=width):
                return BitsType(1 if width is None else self.number_of(width, scope))
            case syntax.IntTypeRef(width=None):
                return INT
            case syntax.IntTypeRef(width=width):
                assert width is not None
                return BitsType(self.number_of(width, scope), signed=True)
            case syntax.BoolTypeRef():
                return BOOL
            case syntax.VarbitTypeRef(max_width=width):
                return VarbitType(self.number_of(width, scope))
            case syntax.ErrorTypeRef():
                return self.named_type("error", scope)
            case syntax.StackTypeRef(element=element, size=size):
                return StackType(self.type_of(element, scope), self.number_of(size, scope))
            case syntax.TupleTypeRef(elements=elements):
                return TupleType(tuple(self.type_of(e, scope) for e in elements))
            case syntax.NamedTypeRef(name=name):
                return self.named_type(name, scope)
            case syntax.SpecializedTypeRef(base=base, arguments=arguments):
                return self.specialised(base.name, [self.type_of(a, scope) for a in arguments], scope)
        return AnyType()

    def named_type(self, name: str, scope: Scope) -> Type:
        binding = scope.find(name)
        if isinstance(binding, TypeName):
            return binding.type
        assert isinstance(binding, ExternName), name
        return AnyType()

    def specialised(self, name: str, arguments: list[Type], scope: Scope) -> Type:
        """A generic struct or header with its type arguments (§7.2.12)."""
        generic = scope.find(name)
        assert isinstance(generic, GenericType)
        inner = Scope(scope.outermost())
        for parameter, argument in zip(generic.declaration.type_parameters, arguments, strict=True):
            inner.names[parameter.text] = TypeName(argument)
        return self.struct_type(generic.declaration, inner)

    def struct_type(
        self,
        declaration: syntax.StructDeclaration | syntax.HeaderDeclaration | syntax.HeaderUnionDeclaration,
        scope: Scope,
    ) -> StructType:
        kinds = {syntax.StructDeclaration: "struct", syntax.HeaderDeclaration: "header"}
        fields = tuple((f.name.text, self.type_of(f.type, scope)) for f in declaration.fields)
        return StructType(kinds.get(type(declaration), "header_union"), declaration.name.text, fields)

    def serializable_enum(self, declaration: syntax.SerializableEnumDeclaration, scope: Scope) -> SerializableEnumType:
        underlying = self.type_of(declaration.underlying, scope)
        assert isinstance(underlying, BitsType)
        members = tuple((m.name.text, self.number_of(m.value, scope)) for m in declaration.members)
        return SerializableEnumType(declaration.name.text, underlying, members)


def type_of_value(value: Value) -> Type:
    """What a type variable stands for when `value` is the argument."""
    match value:
        case Scalar(type=type_):
            return type_
        case Struct(type=type_) | Union(type=type_):
            return type_
        case Stack(type=stack):
            return stack
        case Tuple(elements):
            return TupleType(tuple(type_of_value(e) for e in elements))
    return AnyType()


def member_number(type_: EnumType, name: str) -> int:
    return type_.members.index(name)
