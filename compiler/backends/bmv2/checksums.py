"""`checksums` and `deparsers`: what the controls without tables do.

verify_checksum and update_checksum become entries that BMv2 runs after the parser and before the deparser, in the order
of the calls; an `if` around a call joins its condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler import tree
from compiler import types as t
from compiler.backends.bmv2.expressions import Expressions
from compiler.backends.bmv2.externs import Calculations
from compiler.backends.bmv2.layout import Json
from compiler.backends.bmv2.primitives import Primitives
from compiler.backends.bmv2.source_info import source_info
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.diagnostics import Diagnostics
from compiler.passes import build
from compiler.passes.expand_aggregates import leaves
from compiler.passes.paths import location, overlap_any, reads


class ChecksumWriter:
    """Writes the calls of one control after the other; `checksums` grows."""

    def __init__(self, expressions: Expressions, calculations: Calculations, diagnostics: Diagnostics) -> None:
        self.expressions = expressions
        self.calculations = calculations
        self.diagnostics = diagnostics
        self.checksums: list[Json] = []

    def write(self, control: tree.Control, *, update: bool) -> None:
        self._statements(control.body.statements, [], update)

    def _statements(
        self, statements: Sequence[tree.Statement], conditions: list[tree.Expression], update: bool
    ) -> None:
        for statement in statements:
            try:
                self._statement(statement, conditions, update)
            except Unsupported as problem:
                problem.report(self.diagnostics)

    def _statement(self, statement: tree.Statement, conditions: list[tree.Expression], update: bool) -> None:
        match statement:
            case tree.Block():
                self._statements(statement.statements, conditions, update)
            case tree.If():
                self._check_order(statement)
                self._statements(statement.then.statements, [*conditions, statement.condition], update)
                if statement.otherwise:
                    unless = build.negation(statement.condition)
                    self._statements(statement.otherwise.statements, [*conditions, unless], update)
            case tree.CallStatement(call=tree.ExternFunctionCall() as call):
                self._call(call, conditions, update)
            case _:
                raise Unsupported(
                    "only calls of the checksum functions may stand in this control on this target", statement.span
                )

    def _check_order(self, statement: tree.If) -> None:
        """Each call asks the condition anew, so no call may change it before another."""
        calls = [s for s in _calls(statement.then) if s.function.name.startswith("update")]
        written = [place for call in calls if (place := location(call.arguments[2]))]
        if overlap_any(reads(statement.condition), written):
            raise Unsupported("a checksum is written that the condition around it reads", statement.span)

    def _call(self, call: tree.ExternFunctionCall, conditions: list[tree.Expression], update: bool) -> None:
        name = call.function.name
        wanted = "update_checksum" if update else "verify_checksum"
        if name not in (wanted, f"{wanted}_with_payload"):
            raise Unsupported(f"{name} cannot be called here on this target", call.span)
        condition, data, checksum, algorithm = call.arguments
        fields = list(leaves(data))
        payload = name.endswith("_with_payload")
        number = len(self.checksums)
        whole = build.all_of([c for c in (*conditions, condition) if not _is_true(c)], call.span)
        self.checksums.append(
            {
                "name": f"cksum_{number}",
                "id": number,
                **source_info(call.span, self.diagnostics.sources),
                "target": self.expressions.layout.field(checksum).json["value"],
                "type": "generic",
                "calculation": self.calculations.add(algorithm, fields, payload),
                "verify": not update,
                "update": update,
                "if_cond": self.expressions.condition(whole),
            }
        )


def _is_true(condition: tree.Expression) -> bool:
    return isinstance(condition, tree.BoolLiteral) and condition.value


def _calls(block: tree.Block) -> Iterator[tree.ExternFunctionCall]:
    for statement in block.statements:
        if isinstance(statement, tree.CallStatement) and isinstance(statement.call, tree.ExternFunctionCall):
            yield statement.call


def write_deparser(control: tree.Control, primitives: Primitives, diagnostics: Diagnostics) -> Json:
    """The `deparsers` entry: headers in the order in which they are emitted. Assignments may come before the first
    only, and none may make a header valid or invalid: BMv2 has settled by then how long the packet will be.
    """
    order: list[str] = []
    first: list[Json] = []
    for statement in control.body.statements:
        try:
            match statement:
                case tree.CallStatement(call=tree.MethodCall(receiver=tree.Parameter()) as call):
                    order += _emitted(call.arguments[0], primitives.expressions)
                case tree.Assign() | tree.CallStatement() if not order and not _changes_headers(statement):
                    first += primitives.simple(statement)
                case _:
                    raise Unsupported(
                        "a deparser on this target emits headers unconditionally, in a fixed order",
                        statement.span,
                        hint="setValid or setInvalid in a control before it; a header that is not valid is not emitted",
                    )
        except Unsupported as problem:
            problem.report(diagnostics)
    info = source_info(control.type_span, diagnostics.sources)
    return {"name": "deparser", "id": 0, **info, "order": order, "primitives": first}


def _changes_headers(statement: tree.Assign | tree.CallStatement) -> bool:
    if isinstance(statement, tree.CallStatement):
        return isinstance(statement.call, tree.HeaderCall | tree.StackCall)
    type_ = t.strip_new_types(statement.target.type)
    return isinstance(type_, t.FieldsType | t.StackType | t.VarbitType)


def _emitted(value: tree.Expression, expressions: Expressions) -> Iterator[str]:
    """The names of the headers in a value that is emitted."""
    type_ = t.strip_new_types(value.type)
    match type_:
        case t.HeaderType():
            yield expressions.layout.named(value).name
        case t.StructType() | t.HeaderUnionType():
            for field in type_.fields:
                yield from _emitted(build.member(value, field), expressions)
        case t.StackType():
            for i in range(type_.size):
                yield from _emitted(build.element(value, i), expressions)
        case _:
            raise Unsupported(f"a value of type {value.type} cannot be emitted on this target", value.span)
