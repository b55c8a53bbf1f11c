"""Expressions of a wanted type (P4_16 §8)."""

from __future__ import annotations

from tests.fuzz.evaluator.types import (
    BOOL,
    BitsType,
    BoolType,
    EnumType,
    SerializableEnumType,
    StackType,
    StructType,
    TupleType,
    Type,
)
from tests.fuzz.generator.context import Callee, Chooser, Context, Var, spell


class Expressions(Chooser):
    def expression(self, type_: Type, context: Context, depth: int) -> str:
        """Text that can stand anywhere (in parentheses where it needs them)."""
        self.fuel -= 1
        if depth <= 0 or self.fuel <= 0 or self.chance(0.1):
            return self.leaf(type_, context)
        if self.has_generics and self.chance(0.03) and not isinstance(type_, TupleType) and context.kind != "parser":
            arms = [self.expression(type_, context, depth - 1) for _ in range(2)]
            return f"either<{spell(type_)}>({self.expression(BOOL, context, 1)}, {arms[0]}, {arms[1]})"
        if context.functions and self.chance(0.12):
            call = self.call_of_type(type_, context, depth)
            if call:
                return call
        match type_:
            case BoolType():
                return self.condition(context, depth)
            case BitsType():
                return self.number(type_, context, depth)
            case SerializableEnumType(underlying=underlying) if self.chance(0.3):
                return f"(({type_.name}) {self.expression(underlying, context, depth - 1)})"
            case StructType() | TupleType():
                return self.aggregate(type_, context, depth)
        if self.chance(0.3):
            return self.ternary(type_, context, depth)
        return self.leaf(type_, context)

    # ---- leaves

    def readable(self, type_: Type, context: Context) -> list[Var]:
        return [v for v in (*context.vars, *self.constants) if v.type == type_]

    def leaf(self, type_: Type, context: Context) -> str:
        found = self.readable(type_, context)
        if found and self.chance(0.8):
            var = self.pick(found)
            if var.guard and self.chance(0.99):
                return f"({var.guard} ? {var.text} : {self.literal(type_)})"
            return var.text
        if isinstance(type_, BitsType) and self.chance(0.6):
            numbers = [v for v in context.vars if isinstance(v.type, BitsType) and not v.guard]
            if numbers:
                return self.fitted(self.pick(numbers), type_)
        return self.literal(type_)

    def fitted(self, var: Var, type_: BitsType) -> str:
        """Another number cast to the type: the width first, then the sign."""
        assert isinstance(var.type, BitsType)
        text = var.text
        if var.type.width != type_.width:
            text = f"(({spell(BitsType(type_.width, var.type.signed))}) {text})"
        return text if var.type.signed == type_.signed else f"(({spell(type_)}) {text})"

    def literal(self, type_: Type) -> str:
        match type_:
            case BoolType():
                return self.pick(("true", "false"))
            case BitsType(width, False):
                return f"{width}w{self.digits(self.interesting(width))}"
            case BitsType(width, True):
                value = self.interesting(width)
                if value >> (width - 1):
                    return f"((int<{width}>) (-{(1 << width) - value}))"
                return f"{width}s{value}"
            case SerializableEnumType(name=name, members=members):
                return f"{name}.{self.pick(members)[0]}"
            case EnumType(name=name, members=names):
                return f"{name}.{self.pick(names)}"
            case StructType(name=name, fields=fields):
                return f"(({name}) {{{', '.join(self.literal(t) for _, t in fields)}}})"
            case TupleType(elements):
                return f"{{{', '.join(map(self.literal, elements))}}}"
        raise TypeError(str(type_))

    def digits(self, value: int) -> str:
        return hex(value) if self.chance(0.4) else str(value)

    # ---- numbers

    def number(self, type_: BitsType, context: Context, depth: int) -> str:
        kind = self.weighted(
            {
                "binary": 6,
                "saturating": 1,
                "unary": 1.5,
                "shift": 2,
                "ternary": 2,
                "cast": 2,
                "sign": 1,
                "slice": 2,
                "concat": 2,
                "divide": 0.3,
                "other": 1,
                "leaf": 1,
            }
        )
        width, signed = type_.width, type_.signed
        match kind:
            case "binary" | "saturating":
                ops = ("|+|", "|-|") if kind == "saturating" else ("+", "-", "*", "&", "|", "^", "+", "-")
                return self.binary(self.pick(ops), type_, context, depth)
            case "unary":
                return f"({self.pick('-~')}{self.expression(type_, context, depth - 1)})"
            case "shift":
                left = self.expression(type_, context, depth - 1)
                return f"({left} {self.pick(('<<', '>>'))} {self.shift_amount(width, context, depth)})"
            case "ternary":
                return self.ternary(type_, context, depth)
            case "cast":
                other = BitsType(self.pick(self.palette), signed)
                return f"(({spell(type_)}) {self.expression(other, context, depth - 1)})"
            case "sign":
                return f"(({spell(type_)}) {self.expression(BitsType(width, not signed), context, depth - 1)})"
            case "slice" if not signed:
                return self.slice(width, context, depth)
            case "concat" if width > 1 and (not signed or self.chance(0.05)):  # p4c stumbles over signed ones
                low = self.rng.randint(1, width - 1)
                left = self.expression(BitsType(width - low, signed), context, depth - 1)
                right = self.expression(BitsType(low, signed != self.chance(0.01)), context, depth - 1)
                return f"({left} ++ {right})"
            case "divide" if not signed:
                return f"({self.expression(type_, context, depth - 1)} {self.pick('/%')} {self.power_of_two(width)})"
            case "other" if type_ == BitsType(1):
                return f"((bit<1>) {self.expression(BOOL, context, depth - 1)})"
            case "other":
                enums = [e for e in self.enums if isinstance(e, SerializableEnumType) and e.underlying == type_]
                if enums:
                    return f"(({spell(type_)}) {self.expression(self.pick(enums), context, depth - 1)})"
        return self.leaf(type_, context)

    def binary(self, operator: str, type_: BitsType, context: Context, depth: int) -> str:
        """Sometimes with an int literal, which takes the other operand's type."""
        left = self.expression(type_, context, depth - 1)
        if self.chance(0.12):
            small = self.rng.randint(0, min(5, (1 << type_.width - int(type_.signed)) - 1))
            return f"({left} {operator} {small})" if self.chance(0.7) else f"({small} {operator} {left})"
        return f"({left} {operator} {self.expression(type_, context, depth - 1)})"

    def shift_amount(self, width: int, context: Context, depth: int) -> str:
        if self.chance(0.5):
            return str(self.rng.randint(0, width + 2))
        return self.expression(BitsType(min(8, self.pick(self.palette))), context, min(depth - 1, 1))

    def power_of_two(self, width: int) -> str:
        return f"{width}w{1 << self.rng.randint(0, width - 1)}"

    def ternary(self, type_: Type, context: Context, depth: int) -> str:
        condition = self.expression(BOOL, context, depth - 1)
        left, right = self.expression(type_, context, depth - 1), self.expression(type_, context, depth - 1)
        return f"({condition} ? {left} : {right})"

    def slice(self, width: int, context: Context, depth: int) -> str:
        wider = [w for w in self.palette if w >= width] or [width]
        base = self.pick(wider)
        low = self.rng.randint(0, base - width)
        inner = self.expression(BitsType(base, base > 1 and self.chance(0.15)), context, depth - 1)
        return f"{inner}[{low + width - 1}:{low}]"

    # ---- conditions

    def condition(self, context: Context, depth: int) -> str:
        kind = self.weighted({"compare": 6, "logic": 3, "not": 1, "enum": 1, "valid": 1, "struct": 0.5, "ternary": 0.5})
        match kind:
            case "logic":
                left, right = self.expression(BOOL, context, depth - 1), self.expression(BOOL, context, depth - 1)
                return f"({left} {self.pick(('&&', '||', '&&', '||', '==', '!='))} {right})"
            case "not":
                return f"(!{self.expression(BOOL, context, depth - 1)})"
            case "enum" if self.enums:
                enum = self.pick(self.enums)
                left, right = self.expression(enum, context, depth - 1), self.expression(enum, context, depth - 1)
                return f"({left} {self.pick(('==', '!='))} {right})"
            case "valid" if context.headers:
                return f"{self.pick(context.headers).text}.isValid()"
            case "struct" if self.structs:
                return self.comparison_of_structs(context)
            case "ternary":
                return self.ternary(BOOL, context, depth)
        type_ = self.bits_type()
        operator = self.pick(("==", "!=", "<", "<=", ">", ">="))
        left, right = self.expression(type_, context, depth - 1), self.expression(type_, context, depth - 1)
        return f"({left} {operator} {right})"

    def comparison_of_structs(self, context: Context) -> str:
        found = [v for v in context.vars if v.type in self.structs and not v.guard]
        if not found:
            return self.literal(BOOL)
        var = self.pick(found)
        return f"({var.text} {self.pick(('==', '!='))} {self.expression(var.type, context, 1)})"

    def aggregate(self, type_: StructType | TupleType, context: Context, depth: int) -> str:
        found = self.readable(type_, context)
        if found and self.chance(0.5):
            return self.pick(found).text
        if isinstance(type_, TupleType):
            return f"{{{', '.join(self.expression(t, context, depth - 1) for t in type_.elements)}}}"
        parts = [(n, self.expression(t, context, depth - 1)) for n, t in type_.fields]
        if self.chance(0.5):
            return f"(({type_.name}) {{{', '.join(p for _, p in parts)}}})"
        return f"(({type_.name}) {{{', '.join(f'{n} = {p}' for n, p in parts)}}})"

    # ---- calls and l-values

    def call_of_type(self, type_: Type, context: Context, depth: int) -> str | None:
        fitting = [f for f in context.functions if f.result == type_ and (context.kind != "parser" or f.straight)]
        if not fitting:
            return None
        return self.call(self.pick(fitting), context, depth)

    def call(self, callee: Callee, context: Context, depth: int) -> str | None:
        """`name(arguments)`; None where an argument needs an l-value of a type that nothing has."""
        arguments: list[str] = []
        for parameter in callee.params:
            if parameter.direction in ("out", "inout"):
                place = self.place(parameter.type, context, parameter.direction == "inout")
                if place is None:
                    return None
                arguments.append(place)
            else:
                arguments.append(self.expression(parameter.type, context, min(2, depth - 1)))
        if len(arguments) > 1 and self.chance(0.05) and not any(p.direction in ("out", "inout") for p in callee.params):
            pairs = [f"{p.name} = {a}" for p, a in zip(callee.params, arguments, strict=True)]
            self.rng.shuffle(pairs)
            return f"{callee.name}({', '.join(pairs)})"
        return f"{callee.name}({', '.join(arguments)})"

    def place(self, type_: Type, context: Context, read: bool = False) -> str | None:
        """An l-value; `read`: one that holds a value already."""
        if isinstance(type_, StructType) and type_.kind == "header":
            # not of a union: the copy-out of an invalid member would make the valid one invalid
            same = [h for h in context.headers if h.writable and h.type == type_ and not h.text.startswith("hdr.u.")]
            return self.pick(same).text if same else None
        found = [v for v in context.vars if v.writable and v.type == type_ and not (read and v.guard)]
        if isinstance(type_, BitsType) and not type_.signed and self.chance(0.25 if found else 0.9):
            signs = (False, True) if self.chance(0.04) else (False,)  # p4c fails for slices of signed ones
            wider = [
                v
                for v in context.vars
                if v.writable
                and isinstance(v.type, BitsType)
                and v.type.width > type_.width
                and v.type.signed in signs
                and not (read and v.guard)
            ]
            if wider:
                var = self.pick(wider)
                assert isinstance(var.type, BitsType)
                low = self.rng.randint(0, var.type.width - type_.width)
                return f"{var.text}[{low + type_.width - 1}:{low}]"
        if context.stacks and self.chance(0.15) and not read:
            element = self.indexed_field(type_, context)
            if element:
                return element
        return self.pick(found).text if found else None

    def indexed_field(self, type_: Type, context: Context) -> str | None:
        """A field of a stack's element, its index computed at run time; perhaps out of range."""
        stack = self.pick(context.stacks)
        assert isinstance(stack.type, StackType) and isinstance(stack.type.element, StructType)
        fields = [n for n, t in stack.type.element.fields if t == type_]
        if not fields:
            return None
        return f"{stack.text}[{self.index(stack.type.size, context)}].{self.pick(fields)}"

    def index(self, size: int, context: Context) -> str:
        if self.chance(0.3):
            return str(self.rng.randrange(size))
        text = self.expression(BitsType(2 if size > 2 else 1), context, 2)
        return str(self.rng.randrange(size)) if text[0].isdigit() else text
