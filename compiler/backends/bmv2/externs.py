"""Calls of v1model's externs as primitives of simple_switch, and what these refer to: calculations, learn lists, field
lists.

hash, update_checksum ...      calculations: an algorithm and its input
digest                         learn_lists: the fields of a digest, by id
clone, resubmit, recirculate   field_lists: what metadata survives, by @field_list annotations or, in the calls of old,
                               as an argument
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from compiler import tree
from compiler import types as t
from compiler.annotations import find
from compiler.backends.bmv2.expressions import Expressions, hexstr
from compiler.backends.bmv2.layout import STANDARD_METADATA, Json, scalar_width
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.backends.p4info.type_specs import declared_name
from compiler.diagnostics import Span
from compiler.passes.expand_aggregates import leaves

PAYLOAD: Json = {"type": "payload", "value": None}


class Calculations:
    """The named calculations; equal ones are made once."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.json: list[Json] = []

    def add(self, algorithm: tree.Expression, fields: Sequence[tree.Expression], payload: bool = False) -> str:
        """The name of the calculation of `algorithm` over `fields`, and the payload if asked for."""
        if not isinstance(algorithm, tree.EnumMember):
            raise Unsupported("the algorithm must be known at compile time", algorithm.span)
        inputs = [self._input(f) for value in fields for f in _pieces(value)] + ([PAYLOAD] if payload else [])
        algo = algorithm.name
        for known in self.json:
            if known["algo"] == algo and known["input"] == inputs:
                return str(known["name"])
        name = f"calc_{len(self.json)}"
        self.json.append({"name": name, "id": len(self.json), "algo": algo, "input": inputs})
        return name

    def _input(self, value: tree.Expression) -> Json:
        if tree.is_literal(value):
            width = scalar_width(value.type, value.span)
            number = self.expressions.literal(value) & ((1 << width) - 1)
            return {**hexstr(number, width), "bitwidth": width}
        try:
            return self.expressions.layout.field(value).json
        except Unsupported:
            raise Unsupported(
                "the input of a checksum is made of fields and constants on this target",
                value.span,
                hint="compute the value in a control before, into a field of the metadata",
            ) from None


def _pieces(value: tree.Expression) -> Iterator[tree.Expression]:
    """`a ++ b` is the same input as a, b."""
    if isinstance(value, tree.Binary) and value.op == "++":
        yield from _pieces(value.left)
        yield from _pieces(value.right)
    else:
        yield value


NO_FIELDS = 256
"""The id of list 0, which BMv2 would take for "none was asked for"; the numbers of others fit 8 bits."""


class FieldLists:
    """Which metadata each `@field_list` number keeps. A list that nothing belongs to is empty."""

    def __init__(self) -> None:
        self._lists: dict[int, list[Json]] = {}

    def add_metadata(self, metadata: tree.Parameter, expressions: Expressions) -> None:
        """Find the annotated fields below the user's metadata."""
        root = tree.VariableRef(metadata.type, metadata.span, metadata)
        for field, path in _fields_below(root):
            annotation = find(field.annotations, "field_list")
            if annotation is None:
                continue
            for number in annotation.values:
                if isinstance(number, int):
                    self._lists.setdefault(number, []).extend(
                        expressions.layout.field(leaf).json for leaf in leaves(path)
                    )

    def use(self, number: int) -> int:
        """The id of list `number`."""
        self._lists.setdefault(number, [])
        return number or NO_FIELDS

    def add(self, elements: list[Json]) -> int:
        """The id of a list of these fields, which no annotation has."""
        for number, known in self._lists.items():
            if number > NO_FIELDS and known == elements:
                return number
        number = max([NO_FIELDS, *self._lists]) + 1
        self._lists[number] = elements
        return number

    @property
    def json(self) -> list[Json]:
        return [
            {"id": number or NO_FIELDS, "name": f"field_list{number}", "elements": elements}
            for number, elements in sorted(self._lists.items())
        ]


def _fields_below(path: tree.Expression) -> Iterator[tuple[t.Field, tree.Expression]]:
    type_ = t.strip_new_types(path.type)
    if isinstance(type_, t.StructType):
        for field in type_.fields:
            member = tree.Member(field.type, field.span, path, field.name)
            yield field, member
            yield from _fields_below(member)


class LearnLists:
    """The digests: one list for each type."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.json: list[Json] = []
        self._ids: dict[t.Type, int] = {}
        self._unnamed = 0

    def add(self, data: tree.Expression) -> int:
        assert isinstance(data, tree.StructExpression)
        number = self._ids.get(data.type)
        if number is None:
            number = self._ids[data.type] = len(self.json) + 1
            elements = [self.expressions.layout.field(f).json for f in data.fields]
            if isinstance(data.type, t.FieldsType | t.EnumType | t.SerEnumType | t.NewType):
                name = declared_name(data.type)
            else:  # P4Info numbers the digests of types without a name
                name = f"digest_{self._unnamed}"
                self._unnamed += 1
            self.json.append({"id": number, "name": name, "elements": elements})
        return number


class Externs:
    """Writes calls; gathers what they refer to."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.calculations = Calculations(expressions)
        self.field_lists = FieldLists()
        self.learn_lists = LearnLists(expressions)
        self.direct_meter_results: dict[tree.Declaration, Json] = {}
        """Where each direct meter that is read puts its colour."""
        self._functions: dict[str, Callable[[Sequence[tree.Expression], Span], list[Json]]] = {
            "mark_to_drop": self._mark_to_drop,
            "hash": self._hash,
            "random": self._random,
            "digest": self._digest,
            "clone": self._clone,
            "clone_preserving_field_list": self._clone,
            "clone3": self._clone,
            "resubmit": self._again("resubmit"),
            "recirculate": self._again("recirculate"),
            "resubmit_preserving_field_list": self._again("resubmit"),
            "recirculate_preserving_field_list": self._again("recirculate"),
            "truncate": self._truncate,
            "assert": self._check("assert"),
            "assume": self._check("assume"),
            "log_msg": self._log,
        }

    def call(self, call: tree.ExternFunctionCall | tree.MethodCall) -> list[Json]:
        """The primitives of a call. Raises Unsupported."""
        if isinstance(call, tree.MethodCall):
            return self._method(call)
        write = self._functions.get(call.function.name)
        if write is None:
            raise Unsupported(f"{call.function.name} cannot be called here on this target", call.span)
        return write(call.arguments, call.span)

    # --- functions ---

    def _mark_to_drop(self, arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
        return [{"op": "mark_to_drop", "parameters": [{"type": "header", "value": STANDARD_METADATA}]}]

    def _hash(self, arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
        result, algorithm, base, data, limit = arguments
        assert isinstance(data, tree.TupleExpression)
        calculation = {"type": "calculation", "value": self.calculations.add(algorithm, data.elements)}
        parameters = [
            self.expressions.layout.field(result).json,
            self.expressions.parameter(base),
            calculation,
            self.expressions.parameter(limit),
        ]
        return [{"op": "modify_field_with_hash_based_offset", "parameters": parameters}]

    def _random(self, arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
        result, low, high = arguments
        place = self.expressions.layout.field(result).json
        parameters = [place, self.expressions.parameter(low), self.expressions.parameter(high)]
        return [{"op": "modify_field_rng_uniform", "parameters": parameters}]

    def _digest(self, arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
        receiver, data = arguments
        parameters = [self.expressions.parameter(receiver), hexstr(self.learn_lists.add(data))]
        return [{"op": "generate_digest", "parameters": parameters}]

    def _clone(self, arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
        kind, session, *lists = arguments
        if not isinstance(kind, tree.EnumMember):
            raise Unsupported("the kind of clone must be known at compile time", kind.span)
        number = self._field_list(lists[0]) if lists else self.field_lists.use(0)
        op = "clone_ingress_pkt_to_egress" if kind.name == "I2E" else "clone_egress_pkt_to_egress"
        return [{"op": op, "parameters": [self.expressions.parameter(session), hexstr(number)]}]

    def _again(self, op: str) -> Callable[[Sequence[tree.Expression], Span], list[Json]]:
        def write(arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
            return [{"op": op, "parameters": [hexstr(self._field_list(arguments[0]))]}]

        return write

    def _field_list(self, argument: tree.Expression) -> int:
        """The id of a list that is given by its number, or by its fields."""
        if isinstance(argument, tree.TupleExpression):
            return self.field_lists.add([self.expressions.layout.field(f).json for f in argument.elements])
        return self.field_lists.use(self.expressions.literal(argument))

    def _truncate(self, arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
        return [{"op": "truncate", "parameters": [self.expressions.parameter(arguments[0])]}]

    def _check(self, op: str) -> Callable[[Sequence[tree.Expression], Span], list[Json]]:
        def write(arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
            return [{"op": op, "parameters": [self.expressions.parameter(arguments[0])]}]

        return write

    def _log(self, arguments: Sequence[tree.Expression], span: Span) -> list[Json]:
        message, *data = arguments
        if not isinstance(message, tree.StringLiteral):
            raise Unsupported("the message must be known at compile time", message.span)
        values = [self.expressions.parameter(leaf) for value in data for leaf in leaves(value)]
        text = {"type": "string", "value": _with_fields(_unescaped(message.value), data)}
        return [{"op": "log_msg", "parameters": [text, {"type": "parameters_vector", "value": values}]}]

    # --- methods ---

    def _method(self, call: tree.MethodCall) -> list[Json]:
        instance = call.receiver
        if not isinstance(instance, tree.ExternInstance):
            raise Unsupported(f"{call.method.name} cannot be called here on this target", call.span)
        name = instance.control_plane_name
        parameter = self.expressions.parameter
        match (instance.type.name, call.method.name):
            case ("counter", "count"):
                return [{"op": "count", "parameters": [_array("counter", name), parameter(call.arguments[0])]}]
            case ("direct_counter", "count"):
                return []  # the table counts every hit
            case ("meter", "execute_meter"):
                index, result = call.arguments
                place = self.expressions.layout.field(result).json
                return [{"op": "execute_meter", "parameters": [_array("meter", name), parameter(index), place]}]
            case ("direct_meter", "read"):
                self.direct_meter_results[instance] = self.expressions.layout.field(call.arguments[0]).json
                return []  # the table runs the meter on every hit
            case ("register", "read"):
                result, index = call.arguments
                place = self.expressions.layout.field(result).json
                return [{"op": "register_read", "parameters": [place, _array("register", name), parameter(index)]}]
            case ("register", "write"):
                index, value = call.arguments
                parameters = [_array("register", name), parameter(index), parameter(value)]
                return [{"op": "register_write", "parameters": parameters}]
            case (kind, method):
                raise Unsupported(f"{kind}.{method} is not an extern of this target", call.span)


def _array(kind: str, name: str) -> Json:
    return {"type": f"{kind}_array", "value": name}


def _unescaped(text: str) -> str:
    """The text of a P4 string, whose escapes are those of JSON to BMv2; as it is where they are not."""
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _with_fields(message: str, data: Sequence[tree.Expression]) -> str:
    """`message`, where the `{}` of a value with fields asks for each by name: `(a:{},b:{})`."""
    first, *rest = message.split("{}")
    shapes = [_shape(type_) for value in data for type_ in _part_types(value.type)]
    return first + "".join(f"{shape}{text}" for shape, text in zip([*shapes, *["{}"] * len(rest)], rest, strict=False))


def _part_types(type_: t.Type) -> Sequence[t.Type]:
    """The types of the values that a list of arguments is made of."""
    match t.strip_new_types(type_):
        case t.StructType(fields=fields):
            return [field.type for field in fields]
        case t.TupleType(elements=elements):
            return elements
        case other:
            return [other]


def _shape(type_: t.Type) -> str:
    match t.strip_new_types(type_):
        case t.FieldsType(fields=fields):
            return f"({','.join(f'{field.name}:{_shape(field.type)}' for field in fields)})"
        case t.TupleType(elements=elements):
            return f"({','.join(map(_shape, elements))})"
        case t.StackType() as stack:
            return f"({','.join([_shape(stack.element)] * stack.size)})"
        case _:
            return "{}"
