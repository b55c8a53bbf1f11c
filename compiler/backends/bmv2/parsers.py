"""`parsers` and `parse_vsets`: the states of the parser.

A select without a matching case raises error.NoMatch (spec §13.6), which BMv2 does not do by itself: such selects get a
default that goes to a state that raises it. `accept` and `reject` both end the parser; a packet is not dropped for an
error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from compiler import tree
from compiler import types as t
from compiler.backends.bmv2.expressions import Expressions, hexstr
from compiler.backends.bmv2.labels import ternaries
from compiler.backends.bmv2.layout import FieldPlace, Json, scalar_width
from compiler.backends.bmv2.primitives import Primitives
from compiler.backends.bmv2.source_info import source_info
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.diagnostics import Diagnostics
from compiler.names import Names
from compiler.passes import build

NO_MATCH = "no_match"
SMALL_KEY = 10
"""Keys of so many bits are checked for selects that name every value."""
MOST_CASES = 1 << 16
"""That a case with several ranges may become."""


class ParserWriter:
    def __init__(self, primitives: Primitives, diagnostics: Diagnostics) -> None:
        self.primitives = primitives
        self.expressions: Expressions = primitives.expressions
        self.diagnostics = diagnostics
        self.names: dict[tree.ParserState, str] = {}
        self.no_match = False

    def write(self, parser: tree.Parser) -> Json:
        """The `parsers` entry."""
        states = _reachable(parser)
        self._name(states)
        written = [self._state(state, i) for i, state in enumerate(states)]
        if self.no_match:
            written.append(self._no_match_state(len(written)))
        return {"name": "parser", "id": 0, "init_state": self.names[parser.start], "parse_states": written}

    def _name(self, states: Sequence[tree.ParserState]) -> None:
        names = Names({NO_MATCH})
        for state in states:
            self.names[state] = names.fresh(state.name)

    def _state(self, state: tree.ParserState, number: int) -> Json:
        operations: list[Json] = []
        for statement in state.statements:
            try:
                operations += self._operations(statement)
            except Unsupported as problem:
                problem.report(self.diagnostics)
        keys: list[Json] = []
        transitions = [self._default(tree.REJECT)]
        try:
            if isinstance(state.transition, tree.Goto):
                transitions = [self._default(state.transition.state)]
            else:
                keys = [self._key(key) for key in state.transition.keys]
                transitions = list(self._select(state.transition))
        except Unsupported as problem:
            problem.report(self.diagnostics)
        return {
            "name": self.names[state],
            "id": number,
            **source_info(state.span, self.diagnostics.sources),
            "parser_ops": operations,
            "transitions": transitions,
            "transition_key": keys,
        }

    # --- operations ---

    def _operations(self, statement: tree.Statement) -> list[Json]:
        match statement:
            case tree.Assign(value=tree.MethodCall() as call):
                return list(self._lookahead(statement.target, call))
            case tree.Assign() if _is_scalar(statement.target):
                target = self.expressions.layout.field(statement.target).json
                value = self.expressions.parameter(statement.value, cut_when_stored=True)
                if value["type"] not in ("field", "hexstr", "expression"):
                    raise Unsupported("this value cannot be set in a parser", statement.span)
                return [_operation("set", target, value)]
            case tree.CallStatement(call=tree.MethodCall(receiver=tree.Parameter()) as call):
                return self._packet_call(call)
            case tree.CallStatement(call=tree.ExternFunctionCall() as call) if call.function.name == "verify":
                condition, error = call.arguments
                return [_operation("verify", self.expressions.condition(condition), self.expressions.operand(error))]
            case _:
                return [_operation("primitive", primitive) for primitive in self.primitives.simple(statement)]

    def _packet_call(self, call: tree.MethodCall) -> list[Json]:
        match call.method.name:
            case "extract":
                target = self._extract_target(call.arguments[0])
                if len(call.arguments) == 2:
                    length = {"type": "expression", "value": self.expressions.operand(call.arguments[1])}
                    return [_operation("extract_VL", target, length)]
                if _has_varbit(call.arguments[0].type):
                    raise Unsupported(
                        "a header with a varbit field is extracted with its length",
                        call.span,
                        hint="extract(header, bits of the varbit field)",
                    )
                return [_operation("extract", target)]
            case "advance":
                return [_operation("advance", self.expressions.parameter(call.arguments[0]))]
            case name:
                raise Unsupported(f"packet_in.{name} is not supported by this target", call.span)

    def _extract_target(self, header: tree.Expression) -> Json:
        match header:
            case tree.StackNext():
                return {"type": "stack", "value": self.expressions.layout.named(header.base).name}
            case tree.Member(base=tree.StackNext() as next_):
                stack = self.expressions.layout.named(next_.base).name
                return {"type": "union_stack", "value": [stack, header.name]}
            case _:
                return {"type": "regular", "value": self.expressions.layout.named(header).name}

    def _lookahead(self, target: tree.Expression, call: tree.MethodCall) -> Iterator[Json]:
        if call.method.name != "lookahead":
            raise Unsupported(f"packet_in.{call.method.name} is not supported by this target", call.span)
        for header in _headers(target):
            parameters = [self.expressions.layout.named(header).json]
            yield _operation("primitive", {"op": "add_header", "parameters": parameters})
        offset = 0
        for place, width in self._fields(target):
            yield _operation("set", place.json, {"type": "lookahead", "value": [offset, width]})
            offset += width

    def _fields(self, target: tree.Expression) -> Iterator[tuple[FieldPlace, int]]:
        """The fields below an l-value of fixed width, with their widths."""
        type_ = t.strip_new_types(target.type)
        if isinstance(type_, t.FieldsType):
            for field in type_.fields:
                yield from self._fields(build.member(target, field))
        elif isinstance(type_, t.TupleType | t.StackType):
            for i in range(len(type_.elements) if isinstance(type_, t.TupleType) else type_.size):
                yield from self._fields(build.element(target, i))
        else:
            yield self.expressions.layout.field(target), scalar_width(type_, target.span)

    # --- transitions ---

    def _key(self, key: tree.Expression) -> Json:
        match key:
            case tree.Member(base=tree.StackLast() as last):
                return {"type": "stack_field", "value": [self.expressions.layout.named(last.base).name, key.name]}
            case tree.Member(base=tree.Member(base=tree.StackLast() as last) as member):
                stack = self.expressions.layout.named(last.base).name
                return {"type": "union_stack_field", "value": [stack, member.name, key.name]}
            case _:
                return self.expressions.layout.field(key).json

    def _select(self, select: tree.Select) -> Iterator[Json]:
        widths = [scalar_width(key.type, key.span) for key in select.keys]
        seen: set[int] = set()
        for case in select.cases:
            if any(isinstance(label, tree.ValueSetRef) for label in case.labels):
                yield self._value_set(case)
                continue
            pairs = [
                ternaries(label, key.type, self.expressions)
                for label, key in zip(case.labels, select.keys, strict=True)
            ]
            if prod(map(len, pairs)) > MOST_CASES:
                message = f"the ranges of this case make more than {MOST_CASES} cases of values with masks"
                raise Unsupported(message, case.span)
            for combination in product(*pairs):
                if not any(mask for _, mask in combination):
                    yield self._default(case.state)
                    return
                if all(mask == (1 << width) - 1 for (_, mask), width in zip(combination, widths, strict=True)):
                    seen.add(_join([value for value, _ in combination], widths))
                yield self._transition(combination, widths, case.state)
        bits = sum(widths)
        if bits > SMALL_KEY or len(seen) < 1 << bits:
            self.no_match = True
            yield {"type": "default", "value": None, "mask": None, "next_state": NO_MATCH}

    def _transition(
        self, combination: Sequence[tuple[int, int]], widths: Sequence[int], state: tree.ParserState
    ) -> Json:
        """A case with the keys joined, each padded to whole bytes."""
        value = mask = ""
        exact = True
        for (v, m), width in zip(combination, widths, strict=True):
            digits = (width + 7) // 8 * 2
            value += f"{v:0{digits}x}"
            mask += f"{m:0{digits}x}"
            exact = exact and m == (1 << width) - 1
        return {
            "type": "hexstr",
            "value": f"0x{value}",
            "mask": None if exact else f"0x{mask}",
            "next_state": self._next(state),
        }

    def _value_set(self, case: tree.SelectCase) -> Json:
        (label, *more) = case.labels
        if more or not isinstance(label, tree.ValueSetRef):
            raise Unsupported("a value set must stand for all keys of the select", case.span)
        name = label.value_set.control_plane_name
        return {"type": "parse_vset", "value": name, "mask": None, "next_state": self._next(case.state)}

    def _default(self, state: tree.ParserState) -> Json:
        return {"type": "default", "value": None, "mask": None, "next_state": self._next(state)}

    def _next(self, state: tree.ParserState) -> str | None:
        return None if state is tree.ACCEPT or state is tree.REJECT else self.names[state]

    def _no_match_state(self, number: int) -> Json:
        error = hexstr(self.expressions.errors["NoMatch"])
        never = {"type": "bool", "value": False}
        return {
            "name": NO_MATCH,
            "id": number,
            "parser_ops": [_operation("verify", never, error)],
            "transitions": [self._default(tree.REJECT)],
            "transition_key": [],
        }


def value_sets(parser: tree.Parser) -> list[Json]:
    """The `parse_vsets` section."""
    return [
        {
            "name": value_set.control_plane_name,
            "id": i,
            "compressed_bitwidth": t.max_bits(value_set.element),
            "max_size": value_set.size,
        }
        for i, value_set in enumerate(parser.value_sets)
    ]


def _operation(op: str, *parameters: Json) -> Json:
    return {"op": op, "parameters": list(parameters)}


def _reachable(parser: tree.Parser) -> list[tree.ParserState]:
    """The states that can be reached from the start, in source order, the start first."""
    found: dict[tree.ParserState, None] = {}
    waiting = [parser.start]
    while waiting:
        state = waiting.pop()
        if state in found or state is tree.ACCEPT or state is tree.REJECT:
            continue
        found[state] = None
        transition = state.transition
        targets = [transition.state] if isinstance(transition, tree.Goto) else [c.state for c in transition.cases]
        waiting += targets
    return [parser.start, *(s for s in parser.states if s in found and s is not parser.start)]


def _is_scalar(target: tree.Expression) -> bool:
    aggregate = (t.FieldsType, t.StackType, t.TupleType, t.VarbitType)
    return not isinstance(t.strip_new_types(target.type), aggregate)


def _has_varbit(type_: t.Type) -> bool:
    return isinstance(type_, t.HeaderType) and any(isinstance(f.type, t.VarbitType) for f in type_.fields)


def _headers(target: tree.Expression) -> Iterator[tree.Expression]:
    type_ = t.strip_new_types(target.type)
    if isinstance(type_, t.HeaderType):
        yield target
    elif isinstance(type_, t.StructType):
        for field in type_.fields:
            yield from _headers(build.member(target, field))
    elif isinstance(type_, t.StackType):
        for i in range(type_.size):
            yield from _headers(build.element(target, i))


def _join(values: Sequence[int], widths: Sequence[int]) -> int:
    joined = 0
    for value, width in zip(values, widths, strict=True):
        joined = joined << width | value
    return joined
