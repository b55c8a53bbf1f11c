"""Type parameters: replacing them in types, and finding them from the types of arguments (P4_16 spec §8.20, §17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from compiler import types
from compiler.check.context import Checker


def substitute(checker: Checker, type_: types.Type, mapping: Mapping[types.TypeVar, types.Type]) -> types.Type:
    """`type_` with type variables replaced; generic types become other specialisations of the same declaration."""
    if not mapping:
        return type_
    match type_:
        case types.TypeVar():
            return mapping.get(type_, type_)
        case types.TupleType():
            return types.TupleType(tuple(substitute(checker, element, mapping) for element in type_.elements))
        case types.ListType():
            return types.ListType(substitute(checker, type_.element, mapping))
        case types.SetType():
            return types.SetType(substitute(checker, type_.element, mapping))
        case types.StackType():
            return types.StackType(substitute(checker, type_.element, mapping), type_.size)
        case types.FunctionType():
            return substitute_signature(checker, type_, mapping)
        case _:
            origin = checker.origins.get(type_)
            if origin is None:
                return type_
            generic, arguments = origin
            changed = tuple(substitute(checker, argument, mapping) for argument in arguments)
            return type_ if changed == arguments else generic.specialise(changed)


def substitute_signature(
    checker: Checker, signature: types.FunctionType, mapping: Mapping[types.TypeVar, types.Type]
) -> types.FunctionType:
    """A signature with type variables replaced; those that `mapping` has are no longer its type parameters."""
    parameters = tuple(
        replace(parameter, type=substitute(checker, parameter.type, mapping)) for parameter in signature.parameters
    )
    remaining = tuple(variable for variable in signature.type_parameters if variable not in mapping)
    return types.FunctionType(parameters, substitute(checker, signature.result, mapping), remaining)


def has_variables(type_: types.Type) -> bool:
    """Whether a type is, or is built from, type variables."""
    match type_:
        case types.TypeVar():
            return True
        case types.TupleType():
            return any(map(has_variables, type_.elements))
        case types.ListType() | types.SetType() | types.StackType():
            return has_variables(type_.element)
        case types.FieldsType() | types.ExternType() | types.ApplicableType() | types.PackageType():
            return any(map(has_variables, type_.arguments))
        case _:
            return False


def occurs(checker: Checker, variable: types.TypeVar, type_: types.Type) -> bool:
    """Whether `type_` is, or is built from, the type variable."""
    return substitute(checker, type_, {variable: types.VOID}) != type_


Bindings = dict[types.TypeVar, types.Type | None]
"""What is known of each type parameter that is sought; None: nothing yet."""


def infer(checker: Checker, formal: types.Type, actual: types.Type, bindings: Bindings) -> None:
    """Learn type parameters from one argument: `formal` is the parameter's type, `actual` that of the argument.

    Nothing is refused here; whoever calls this fits the arguments to the resulting types and so finds what is wrong. A
    type parameter that met an `int` takes the type of a later argument instead, to which the `int` is then cast
    (§8.11.2).
    """
    if isinstance(actual, types.PoisonType | types.DontCareType):
        return
    match formal:
        case types.TypeVar() if formal in bindings:
            known = bindings[formal]
            from_list = isinstance(known, types.TupleType) and not isinstance(actual, types.TupleType)
            if known is None or isinstance(known, types.InfIntType) or from_list:
                bindings[formal] = actual
        case types.TupleType() if isinstance(actual, types.TupleType):
            for part, given in zip(formal.elements, actual.elements, strict=False):
                infer(checker, part, given, bindings)
        case types.ListType() if isinstance(actual, types.ListType):
            infer(checker, formal.element, actual.element, bindings)
        case types.ListType() if isinstance(actual, types.TupleType):
            for given in actual.elements:
                infer(checker, formal.element, given, bindings)
        case types.StackType() if isinstance(actual, types.StackType):
            infer(checker, formal.element, actual.element, bindings)
        case types.FieldsType() if isinstance(actual, types.TupleType):
            for field, given in zip(formal.fields, actual.elements, strict=False):
                infer(checker, field.type, given, bindings)
        case types.FieldsType() if isinstance(actual, types.FieldsType) and not actual.name:
            for field in actual.fields:
                wanted = formal.field(field.name)
                if wanted is not None:
                    infer(checker, wanted.type, field.type, bindings)
        case types.ApplicableType() if isinstance(actual, types.ApplicableType):
            for parameter, given_parameter in zip(
                formal.signature.parameters, actual.signature.parameters, strict=False
            ):
                infer(checker, parameter.type, given_parameter.type, bindings)
        case types.FieldsType() | types.ExternType() | types.PackageType():
            _infer_arguments(checker, formal, actual, bindings)


def _infer_arguments(checker: Checker, formal: types.Type, actual: types.Type, bindings: Bindings) -> None:
    """Two specialisations of one generic declaration: compare their arguments."""
    formal_origin, actual_origin = checker.origins.get(formal), checker.origins.get(actual)
    if formal_origin is None or actual_origin is None or formal_origin[0] is not actual_origin[0]:
        return
    for part, given in zip(formal_origin[1], actual_origin[1], strict=True):
        infer(checker, part, given, bindings)
