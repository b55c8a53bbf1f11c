"""Functions (P4_16 §10) and actions (§14.1)."""

from __future__ import annotations

from tests.fuzz.evaluator.types import BOOL, BitsType, StructType, Type, VarbitType, width_of
from tests.fuzz.generator.context import Callee, Context, Param, Var, fields_of, indented, spell
from tests.fuzz.generator.statements import Statements


class Routines(Statements):
    def parameters(self, count: int, directions: dict[str, float], scalars: bool = False) -> tuple[Param, ...]:
        """`scalars`: only what a control plane can write."""
        made = []
        for _ in range(count):
            type_: Type = BOOL if self.chance(0.1) else self.bits_type()
            if not scalars:
                type_ = self.value_type()
                if self.header_types and self.chance(0.05):
                    type_ = self.pick(self.header_types)
            made.append(Param(self.weighted(directions), type_, self.name("p")))
        return tuple(made)

    def begin(self, params: tuple[Param, ...], context: Context) -> list[str]:
        """Parameters as variables; those that are out get a value first."""
        lines: list[str] = []
        for p in params:
            if isinstance(p.type, StructType) and p.type.kind == "header":  # an out header is invalid, not undefined
                context.headers.append(Var(p.name, p.type, p.direction in ("out", "inout")))
                context.vars += header_vars(p.name, p.type, f"{p.name}.isValid()", p.direction in ("out", "inout"))
                continue
            if p.direction == "out":
                lines.append(f"{p.name} = {self.expression(p.type, context, 1)};")
            context.vars += fields_of(Var(p.name, p.type, writable=p.direction in ("out", "inout")))
        return lines

    def function(self, functions: list[Callee]) -> tuple[Callee, list[str]]:
        """A function that may call those made before it."""
        params = self.parameters(self.rng.randint(0, 4), {"in": 3, "inout": 2, "out": 1, "": 0})
        result = self.value_type() if self.chance(0.85) else None
        context = Context("function", functions=functions, result=result)
        straight = self.chance(0.25)
        lines = self.begin(params, context)
        if straight:
            context.functions = [f for f in functions if f.straight]
            for _ in range(self.rng.randint(0, 2)):
                lines += self.make_assign(context)
        else:
            lines += self.statements(context, self.rng.randint(1, 4))
        if result is not None:
            lines.append(f"return {self.expression(result, context, 2)};")
        callee = Callee(self.name("f"), params, result, straight and "?" not in "".join(lines))
        head = f"{'void' if result is None else spell(result)} {callee.name}({self.spell_parameters(params)}) {{"
        return callee, [head, *indented(lines), "}"]

    def action(self, around: Context, actions: list[Callee]) -> tuple[Callee, list[str]]:
        """An action of a control: `around` is what the control's body sees."""
        directed = self.parameters(self.rng.choice((0, 0, 1, 2)), {"in": 2, "inout": 2, "out": 1})
        data = self.parameters(self.rng.choice((0, 1, 1, 2)), {"": 1}, scalars=True)
        params = (*directed, *data)
        context = around.inner()
        context.kind, context.actions, context.tables, context.controls = "action", actions, [], []
        lines = self.begin(params, context) + self.statements(context, self.rng.randint(1, 3))
        callee = Callee(self.name("a"), params)
        return callee, [f"action {callee.name}({self.spell_parameters(params)}) {{", *indented(lines), "}"]

    def spell_parameters(self, params: tuple[Param, ...]) -> str:
        return ", ".join(f"{p.direction} {self.type_text(p.type)} {p.name}".strip() for p in params)


def header_vars(path: str, type_: StructType, guard: str, writable: bool = True) -> list[Var]:
    """The fields of a header; `guard` says when they hold something."""
    fields = [Var(f"{path}.{n}", t, writable, guard) for n, t in type_.fields if not isinstance(t, VarbitType)]
    return [v for f in fields for v in fields_of(f)]


def padded(fields: list[tuple[str, Type]]) -> tuple[tuple[str, Type], ...]:
    """The fields of a header, filled up to whole bytes."""
    rest = -sum(width_of(t) for _, t in fields) % 8
    return (*fields, ("pad", BitsType(rest))) if rest else tuple(fields)
