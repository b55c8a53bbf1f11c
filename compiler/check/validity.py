"""Warn of fields that are read or written while their header is invalid, or may be (P4_16 spec §8.17).

Each parser and control is followed on its own: headers that come in as `in` or `inout` count as valid, `out` ones and
local ones as invalid. Actions and tables are followed where they are called; everything else that is called makes the
headers valid that it writes. Once a program asks for a header's validity, it is trusted to know.
"""

from __future__ import annotations

from compiler import tree, types
from compiler.check.header_state import (
    HeaderState,
    Validity,
    elements,
    header_numbering,
    is_exact,
    places,
    text,
)
from compiler.check.initialized import directions
from compiler.check.intervals import Map
from compiler.check.numbering import Place
from compiler.diagnostics import Diagnostics
from compiler.rewrite import parts

MAX_ROUNDS = 100
"""Rounds after which what is known in a parser's loops is taken as it is; every round loses knowledge, so few do."""


def warn_of_invalid_headers(program: tree.Program, diagnostics: Diagnostics) -> None:
    if not diagnostics.wants("invalid-header"):
        return
    for instance in tree.all_instances(program):
        walk = _Walk(diagnostics)
        walk.begin(instance)
        if isinstance(instance, tree.Control):
            walk.statement(instance.body)
        else:
            walk.parser(instance)


class _Walk:
    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.numbering = header_numbering()
        self.state: HeaderState | None = HeaderState()  # None: not reached
        self.reports = True
        self.active: list[tree.Action] = []

    def begin(self, block: tree.Parser | tree.Control) -> None:
        state = HeaderState()
        for parameter in block.parameters:
            comes_in = parameter.direction is not tree.Direction.OUT
            place = self.numbering.variable(parameter, parameter.type)
            state.set(place, Validity.VALID if comes_in else Validity.INVALID)
        self.state = state
        for variable in block.variables:
            self.declare(variable, variable.initializer)

    def parser(self, parser: tree.Parser) -> None:
        """A fixed point over the states first, then one round with reports."""
        assert self.state is not None
        before: dict[tree.ParserState, HeaderState] = {parser.start: self.state}
        waiting = [parser.start]
        self.reports = False
        for _ in range(MAX_ROUNDS * len(parser.states)):
            if not waiting:
                break
            state = waiting.pop(0)
            self.parser_state(state, before[state])
            transition = state.transition
            targets = [transition.state] if isinstance(transition, tree.Goto) else [c.state for c in transition.cases]
            for target in dict.fromkeys(targets):
                if self.state is None or target in (tree.ACCEPT, tree.REJECT):
                    continue
                known = before.get(target)
                joined = self.state.copy() if known is None else known.join(self.state)
                if known is None or joined != known:
                    before[target] = joined
                    waiting.append(target)
        self.reports = True
        for state, known in before.items():
            self.parser_state(state, known)

    def parser_state(self, state: tree.ParserState, before: HeaderState) -> None:
        self.state = before.copy()
        for statement in state.statements:
            self.statement(statement)
        if isinstance(state.transition, tree.Select):
            for key in state.transition.keys:
                self.read(key)

    # --- statements ---

    def statement(self, node: tree.Statement) -> None:
        if self.state is None:
            return
        match node:
            case tree.Block():
                for statement in node.statements:
                    self.statement(statement)
            case tree.Declare():
                self.declare(node.variable, node.value)
            case tree.Assign():
                self.access(node.target)
                self.read(node.value)
                self.assign(node.target, node.value)
            case tree.CallStatement():
                self.read(node.call)
            case tree.If():
                asked = self.state.asked
                self.read(node.condition)
                self.branches([node.then, node.otherwise], asked)
            case tree.ActionSwitch() | tree.Switch():
                asked = self.state.asked
                if isinstance(node, tree.ActionSwitch):
                    self.table(node.table)
                else:
                    self.read(node.subject)
                bodies: list[tree.Block | None] = [case.body for case in node.cases]
                self.branches(bodies if any(case.default for case in node.cases) else [*bodies, None], asked)
            case tree.For():
                for statement in node.init:
                    self.statement(statement)
                self.loop([node.condition], [node.body, *node.update])
            case tree.ForIn():
                self.read(node.collection)
                self.loop([], [node.body])
            case tree.Return():
                if node.value is not None:
                    self.read(node.value)
                self.state = None
            case tree.Exit() | tree.Break() | tree.Continue():
                self.state = None

    def branches(self, bodies: list[tree.Block | None], asked: Map) -> None:
        """One of the bodies runs (None: nothing does); what was asked in the condition holds in them only."""
        before = self.state
        after: HeaderState | None = None
        for body in bodies:
            self.state = before.copy() if before is not None else None
            if body is not None:
                self.statement(body)
            if self.state is not None:
                after = self.state if after is None else after.join(self.state)
        self.state = after
        if after is not None:
            after.asked = asked

    def loop(self, conditions: list[tree.Expression], body: list[tree.Statement]) -> None:
        """Once in silence, to see what later rounds meet, and once with reports."""
        reports, before = self.reports, self.state
        for self.reports in (False, reports):
            start = before.copy() if before is not None else None
            self.state = start.copy() if start is not None else None
            for condition in conditions:
                self.read(condition)
            for statement in body:
                self.statement(statement)
            if before is not None and self.state is not None:
                before = before.join(self.state)
        self.reports, self.state = reports, before

    def declare(self, variable: tree.Variable, value: tree.Expression | None) -> None:
        if self.state is None:
            return
        place = self.numbering.variable(variable, variable.type)
        self.state.set(place, Validity.INVALID)
        if value is not None:
            self.read(value)
            self.copy(place, value, variable.type)

    # --- expressions ---

    def read(self, node: tree.Expression) -> None:
        """Evaluate an expression, with what its calls do."""
        if self.state is None:
            return
        match node:
            case tree.HeaderCall():
                self.header_call(node)
            case tree.StackCall():
                for place in places(node.stack, self.numbering):
                    self.state.set(place, Validity.VALID)
            case tree.TableApply():
                self.table(node.table)
            case tree.Call():
                self.call(node)
            case tree.Member():
                self.access(node)
            case _:
                for part in parts(node):
                    self.read(part)

    def access(self, node: tree.Expression) -> None:
        """A place that is read or written: the headers on the way must be valid."""
        match node:
            case tree.Member():
                self.access(node.base)
                if isinstance(node.base.type, types.HeaderType):
                    self.report(node.base)
            case tree.StackIndex():
                self.access(node.base)
                self.read(node.index)
            case tree.StackNext() | tree.StackLast() | tree.Slice() | tree.TupleIndex():
                self.access(node.base)
            case tree.VariableRef():
                pass
            case _:
                self.read(node)

    def report(self, header: tree.Expression) -> None:
        if not self.reports or self.state is None:
            return
        validity = self.state.of(places(header, self.numbering))
        if validity is Validity.INVALID:
            message = f"{text(header)} is not valid here: its fields have no values"
            self.diagnostics.warning("invalid-header", message, header.span)
        elif validity is Validity.UNKNOWN:
            message = f"{text(header)} may be invalid here: then its fields have no values"
            self.diagnostics.warning("invalid-header", message, header.span)

    def header_call(self, node: tree.HeaderCall) -> None:
        assert self.state is not None
        if node.op is tree.HeaderOp.IS_VALID:
            self.access(node.header)
            self.state.ask(places(node.header, self.numbering))
        elif node.op is tree.HeaderOp.SET_VALID:
            self.update(node.header, Validity.VALID)
        elif node.op is tree.HeaderOp.SET_INVALID:
            self.update(node.header, Validity.INVALID)

    # --- calls ---

    def call(self, node: tree.Call) -> None:
        given = list(zip(node.arguments, directions(node), strict=True))
        for argument, direction in given:
            if direction != "out":
                self.read(argument)
            else:
                self.access(argument)
        if self.state is None:
            return
        if isinstance(node, tree.ActionCall):
            self.action(node.action, node.arguments)
            return
        for argument, direction in given:
            if direction in ("out", "inout"):
                self.written(argument)

    def written(self, argument: tree.Expression) -> None:
        """An argument that the callee may have written."""
        assert self.state is not None
        if isinstance(argument.type, types.HeaderType):
            self.update(argument, Validity.VALID)
            return
        for place in places(argument, self.numbering):
            self.state.set(place, Validity.VALID)

    def action(self, action: tree.Action, arguments: tuple[tree.Expression, ...]) -> None:
        if action in self.active or self.state is None:
            return
        for parameter, argument in zip(action.parameters, arguments, strict=False):
            place = self.numbering.variable(parameter, parameter.type)
            if parameter.direction is tree.Direction.OUT:
                self.state.set(place, Validity.INVALID)
            else:
                self.copy(place, argument, parameter.type)
        before = self.state
        self.active.append(action)
        self.statement(action.body)
        self.active.pop()
        if self.state is None:
            self.state = before  # it returned on every path: take what was known
        for parameter, argument in zip(action.parameters, arguments, strict=False):
            if parameter.direction in (tree.Direction.OUT, tree.Direction.INOUT):
                source = tree.VariableRef(parameter.type, argument.span, parameter)
                self.assign(argument, source)

    def table(self, table: tree.Table) -> None:
        if self.state is None:
            return
        asked = self.state.asked
        for key in table.keys:
            self.read(key.expression)
        before, after = self.state, None
        for reference in table.actions:
            self.state = before.copy()
            for argument in reference.arguments:
                self.read(argument)
            self.action(reference.action, reference.arguments)
            after = self.state if after is None else after.join(self.state)
        self.state = after if after is not None else before
        self.state.asked = asked

    # --- assignments ---

    def update(self, target: tree.Expression, value: Validity) -> None:
        """The header `target` becomes valid or invalid."""
        assert self.state is not None
        if not is_exact(target) and value is not Validity.VALID:
            return
        if isinstance(target, tree.Member) and isinstance(target.base.type, types.HeaderUnionType):
            for union in elements(target.base, self.numbering):
                if is_exact(target):
                    self.state.set(union, Validity.INVALID)
                self.state.set(union[:1], value)
        for place in places(target, self.numbering):
            self.state.set(place, value)

    def assign(self, target: tree.Expression, value: tree.Expression) -> None:
        if self.state is None:
            return
        if isinstance(target.type, types.HeaderType):
            self.update(target, self.validity(value))
            return
        for place in elements(target, self.numbering):
            self.copy(place, value, target.type)

    def validity(self, value: tree.Expression) -> Validity:
        assert self.state is not None
        if isinstance(value, tree.InvalidHeader):
            return Validity.INVALID
        if isinstance(value, tree.Conditional):
            then, otherwise = self.validity(value.then), self.validity(value.otherwise)
            return then if then is otherwise else Validity.UNKNOWN
        return self.state.of(places(value, self.numbering))

    def copy(self, place: Place, value: tree.Expression, type_: types.Type) -> None:
        """The headers at `place` get the validity of those in `value`."""
        assert self.state is not None
        if not place:
            return
        if isinstance(type_, types.HeaderType):
            self.state.set(place, self.validity(value))
        elif isinstance(value, tree.StructExpression) and isinstance(type_, types.StructType):
            for field, part in zip(type_.fields, value.fields, strict=True):
                self.copy(self.numbering.field(place, type_, field.name), part, field.type)
        elif isinstance(value, tree.TupleExpression) and isinstance(type_, types.StackType):
            for index, part in enumerate(value.elements):
                self.copy(self.numbering.element(place, type_, index), part, type_.element)
        elif isinstance(value, tree.InvalidHeader):
            self.state.set(place, Validity.INVALID)
        elif is_exact(value):
            (source,) = elements(value, self.numbering)
            self.state.copy_to(place, source)
        else:
            self.state.set(place, Validity.VALID)
