"""The typed tree: what the checker makes, the passes rewrite and the backends read.

Nothing here has to be looked up or inferred again: names are references to declaration objects, every expression has
its type, overloads are resolved, arguments stand in the order of the parameters with defaults filled in, implicit casts
are `Cast` nodes, compile-time values are literals, generics are specialised. `const`, `typedef` and type parameters
leave no trace.

**Every control and parser is an instance.** A control that is instantiated twice is there twice, each with tables,
actions, variables and extern instances of its own, constructor parameters replaced by their values, and
control-plane names that spell the path (§18.3). There is nothing to substitute after the checker.

Two sorts of nodes:
- *Declarations* (`Variable`, `Parameter`, `Action`, `Table`, `Function`, `ParserState`, `Parser`, `Control`,
  `ExternInstance` ...) have identity: references point at the very object. They are mutable, and a pass changes their
  bodies in place.
- *Expressions, statements, transitions, keys, entries* are frozen: a pass makes new ones (`dataclasses.replace`;
  `compiler/rewrite.py`). They are compared by identity.

Integers in literals are Python ints of the value's own sign and always in the range of the type (`int<8>` -1 is -1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from compiler.annotations import Annotations
from compiler.diagnostics import BUILTIN_SPAN, Span
from compiler.types import (
    EnumType,
    ExternType,
    FunctionType,
    HeaderType,
    Method,
    PackageType,
    SerEnumType,
    Type,
)


class Direction(Enum):
    """Of a parameter (§6.8). NONE: directionless, that is compile-time, an extern object, or an action's control-plane
    data.
    """

    NONE = ""
    IN = "in"
    OUT = "out"
    INOUT = "inout"


# =====================================================================================================================
# Declarations
# =====================================================================================================================


@dataclass(eq=False, slots=True)
class Declaration:
    """Something with a name and an identity. `name` as written, not unique: inner scopes may hide outer ones."""

    name: str
    annotations: Annotations
    span: Span


@dataclass(eq=False, slots=True)
class Parameter(Declaration):
    """A run-time parameter. Directionless parameters of an action are its control-plane data."""

    type: Type
    direction: Direction
    default: Expression | None = None
    optional: bool = False


@dataclass(eq=False, slots=True)
class ConstructorParameter(Declaration):
    """Only inside the checker; replaced by its value in every instance."""

    type: Type
    default: Expression | None = None
    optional: bool = False


@dataclass(eq=False, slots=True)
class Variable(Declaration):
    """A local variable. `initializer` is used for variables of a control or parser (evaluated when it is applied, in
    order of declaration); variables inside blocks have their initial value in `Declare`.
    """

    type: Type
    initializer: Expression | None = None


@dataclass(eq=False, slots=True)
class Function(Declaration):
    """A function (§10), specialised: one object for each list of `type_arguments` that is called for."""

    parameters: list[Parameter]
    result: Type
    body: Block
    type_arguments: tuple[Type, ...] = ()


@dataclass(eq=False, slots=True)
class ExternFunction(Declaration):
    """An extern function's declaration (§7.2.9.1). Calls carry the specialised signature."""

    signature: FunctionType


@dataclass(eq=False, slots=True)
class Action(Declaration):
    """An action (§14.1). Parameters with a direction come first, then the control-plane data.

    `control_plane_name` is fully qualified ("MyIngress.set_id"; "NoAction" for one at top level).
    """

    parameters: list[Parameter]
    body: Block
    control_plane_name: str

    @property
    def data_parameters(self) -> list[Parameter]:
        """The control-plane data."""
        return [p for p in self.parameters if p.direction is Direction.NONE]


@dataclass(eq=False, slots=True)
class ExternInstance(Declaration):
    """An instantiated extern object.

    `arguments` are in the order of `constructor.parameters`, which names them: literals, references to other instances
    (`InstanceRef`), lists of these. `methods` are the bodies of abstract methods by name (§11.3.2).
    """

    type: ExternType
    constructor: FunctionType
    arguments: tuple[Expression, ...]
    control_plane_name: str
    methods: dict[str, Function] = field(default_factory=dict)

    def argument(self, name: str) -> Expression:
        """The constructor argument for the parameter called `name`; KeyError if there is none."""
        for parameter, argument in zip(self.constructor.parameters, self.arguments, strict=True):
            if parameter.name == name:
                return argument
        raise KeyError(name)


@dataclass(eq=False, slots=True)
class ValueSet(Declaration):
    """A parser value set (§13.10); `element` is a scalar or a struct of scalars, whose fields may carry @match."""

    element: Type
    size: int
    control_plane_name: str


# --- tables (§14.2) ---


@dataclass(frozen=True, eq=False, slots=True)
class Key:
    """A key field. `control_plane_name` is @name or what the expression's text gives ("hdr.ipv4.dst"; §18.3.2);
    None where the text gives none and no @name was written. `match_kind` is "exact", "lpm" ...
    """

    expression: Expression
    match_kind: str
    control_plane_name: str | None
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class TableAction:
    """A member of a table's `actions`.

    `arguments` are for the action's parameters with a direction, which come first; evaluated when the action runs.
    Annotations of the reference (@tableonly, @defaultonly) are here, those of the action in `action`.
    """

    action: Action
    arguments: tuple[Expression, ...]
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class DefaultAction:
    """`arguments` are all of the action's, directed ones first. `const`: the control plane cannot change it."""

    action: Action
    arguments: tuple[Expression, ...]
    const: bool
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """An entry in the source. `keys` has one label for each key: a literal, `Mask`, `Range` or `DontCare`.

    `priority` as written, None if not; `const` as written at this entry or at the list.
    `arguments` are all of the action's, directed ones first.
    """

    keys: tuple[Expression, ...]
    action: Action
    arguments: tuple[Expression, ...]
    priority: int | None
    const: bool
    annotations: Annotations
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Property:
    """Any other table property (implementation, counters, meters, support_timeout ...). `value`: a literal or
    `InstanceRef`.
    """

    name: str
    value: Expression
    const: bool
    annotations: Annotations
    span: Span


@dataclass(eq=False, slots=True)
class Table(Declaration):
    """A table. `entries_const`: the list was `const entries` (False where there is no list). `default_action` is always
    there: where none was written, it is NoAction, which then also stands in `actions`, marked @defaultonly, unless it
    is there anyway (§14.2.1.3). `properties` has neither key, actions, entries, default_action nor size.
    """

    keys: list[Key]
    actions: list[TableAction]
    default_action: DefaultAction
    entries: list[Entry]
    entries_const: bool
    size: int | None
    properties: dict[str, Property]
    control_plane_name: str


# --- parsers and controls: instances ---


@dataclass(eq=False, slots=True)
class ParserState(Declaration):
    """A state (§13.4). ACCEPT and REJECT are the two that are always there; compare with `is`.

    A state without a transition goes to reject (§13.5).
    """

    statements: list[Statement]
    transition: Transition


@dataclass(eq=False, slots=True)
class Instance(Declaration):
    """What `Parser` and `Control` share. `name` is the instance's name (for an argument of the package: the type's
    name).

    `type_name` is the declared name ("MyIngress"). `control_plane_name` is the path with which the names of everything
    inside begin. `annotations` are those of the instantiation, `type_annotations` those of the declaration.
    """

    type_name: str
    type_annotations: Annotations
    type_span: Span
    parameters: list[Parameter]
    variables: list[Variable]
    instances: list[ExternInstance | Parser | Control]
    control_plane_name: str


@dataclass(eq=False, slots=True)
class Parser(Instance):
    """An instantiated parser (§13). `states` in source order without ACCEPT and REJECT; `start` is one of them."""

    value_sets: list[ValueSet]
    states: list[ParserState]

    @property
    def start(self) -> ParserState:
        return next(state for state in self.states if state.name == "start")


@dataclass(eq=False, slots=True)
class Control(Instance):
    """An instantiated control (§14). `actions` are the ones declared inside; tables may also use `Program.actions`."""

    actions: list[Action]
    tables: list[Table]
    body: Block


@dataclass(eq=False, slots=True)
class Package(Declaration):
    """An instantiated package; `arguments` by parameter name, in order: `InstanceRef` or a literal."""

    type: PackageType
    arguments: dict[str, Expression]


@dataclass(eq=False, slots=True)
class Program:
    """A checked program.

    `types`: the declared headers, structs, unions, enums and newtypes (not generic ones; their specialisations in order
    of use), in source order. `errors` and `match_kinds`: members in order of declaration, core.p4's first. `functions`:
    those that are called, specialised. `actions` and `instances`: those at top level, where `instances` has externs
    only.
    """

    types: list[Type]
    errors: list[str]
    match_kinds: list[str]
    functions: list[Function]
    extern_functions: list[ExternFunction]
    actions: list[Action]
    instances: list[ExternInstance]
    main: Package | None


# =====================================================================================================================
# Expressions: frozen; `type` never None
# =====================================================================================================================


@dataclass(frozen=True, eq=False, slots=True)
class Expression:
    type: Type
    span: Span


# --- compile-time values ---


@dataclass(frozen=True, eq=False, slots=True)
class IntLiteral(Expression):
    """Type bit, int, `int` (only as a stack index, shift amount, or in annotations and the like), serializable enum or
    newtype.
    """

    value: int


@dataclass(frozen=True, eq=False, slots=True)
class BoolLiteral(Expression):
    value: bool


@dataclass(frozen=True, eq=False, slots=True)
class StringLiteral(Expression):
    value: str


@dataclass(frozen=True, eq=False, slots=True)
class EnumMember(Expression):
    """A member of an enum. For a serializable one `value` is its number (Kind.A; also where a number was cast and names
    a member), for a plain one its position.
    """

    type: EnumType | SerEnumType
    name: str
    value: int


@dataclass(frozen=True, eq=False, slots=True)
class ErrorMember(Expression):
    """`error.NoMatch`."""

    name: str


# --- references and access ---


@dataclass(frozen=True, eq=False, slots=True)
class VariableRef(Expression):
    """A local variable or a parameter."""

    declaration: Variable | Parameter | ConstructorParameter


@dataclass(frozen=True, eq=False, slots=True)
class InstanceRef(Expression):
    """An instance as a value: an argument of a constructor, of a call, or a table property."""

    instance: ExternInstance | Parser | Control | Package


@dataclass(frozen=True, eq=False, slots=True)
class Member(Expression):
    """A field of a struct, header or union."""

    base: Expression
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class StackIndex(Expression):
    """`stack[index]` (§8.18); a literal index is within range and of type `int`."""

    base: Expression
    index: Expression


@dataclass(frozen=True, eq=False, slots=True)
class StackNext(Expression):
    """`stack.next`; parsers only."""

    base: Expression


@dataclass(frozen=True, eq=False, slots=True)
class StackLast(Expression):
    """`stack.last`; parsers only."""

    base: Expression


@dataclass(frozen=True, eq=False, slots=True)
class StackLastIndex(Expression):
    """`stack.lastIndex`, bit<32>. (`size` is a literal.)"""

    base: Expression


@dataclass(frozen=True, eq=False, slots=True)
class TupleIndex(Expression):
    """`tuple[index]`."""

    base: Expression
    index: int


@dataclass(frozen=True, eq=False, slots=True)
class Slice(Expression):
    """`base[high:low]`, both within `base`; type bit<high-low+1>, also of a signed base (§8.5)."""

    base: Expression
    high: int
    low: int


# --- operators ---


@dataclass(frozen=True, eq=False, slots=True)
class Unary(Expression):
    """`op`: "-", "~", "!" (unary plus leaves no trace)."""

    op: str
    operand: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Binary(Expression):
    """`op` as written: + - * / % |+| |-| & | ^ << >> ++ == != < <= > >= && ||.

    Operands have the same type, save for shifts and `++`. The amount of a shift is bit<N>, or an IntLiteral >= 0 of any
    type. Comparisons == and != also take bool, enum, error, headers, structs, stacks, unions, tuples, varbit and
    newtypes.
    """

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Conditional(Expression):
    """`condition ? then : otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Cast(Expression):
    """To `type`, explicit or not: between bit and int of equal width, bit widths, int widths, bool and bit<1>,
    serializable enum and its underlying type, newtype and its underlying type (§8.11.1).
    """

    operand: Expression


# --- aggregates ---


@dataclass(frozen=True, eq=False, slots=True)
class StructExpression(Expression):
    """A value of a struct or a valid header; one expression for each field, in the order of the type's fields."""

    fields: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, slots=True)
class TupleExpression(Expression):
    """A tuple (type TupleType), `list` (ListType) or header stack (StackType) value."""

    elements: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, slots=True)
class InvalidHeader(Expression):
    """`{#}`: a header or header union that is not valid."""


# --- labels of select, entries, switch; also arguments left out ---


@dataclass(frozen=True, eq=False, slots=True)
class DontCare(Expression):
    """`_` or `default` as a label; also the argument of an out parameter that nobody wants (`extract(_)`), and that of
    an optional parameter that was left out.
    """


@dataclass(frozen=True, eq=False, slots=True)
class Mask(Expression):
    """`value &&& mask`."""

    value: Expression
    mask: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Range(Expression):
    """`low .. high`, inclusive."""

    low: Expression
    high: Expression


@dataclass(frozen=True, eq=False, slots=True)
class ValueSetRef(Expression):
    """A value set as a label; if its element is a struct, it is the only label and covers all keys."""

    value_set: ValueSet


# --- calls; `type` is the result, void for none ---


@dataclass(frozen=True, eq=False, slots=True)
class Call(Expression):
    """What all calls share. Arguments in the order of the parameters, evaluated left to right, copied in and out
    (§6.8).
    """

    arguments: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, slots=True)
class FunctionCall(Call):
    function: Function


@dataclass(frozen=True, eq=False, slots=True)
class ActionCall(Call):
    """An action called as a procedure, with arguments for all its parameters."""

    action: Action


@dataclass(frozen=True, eq=False, slots=True)
class ExternFunctionCall(Call):
    """`signature` and `type_arguments` are those of this call, free of type variables."""

    function: ExternFunction
    type_arguments: tuple[Type, ...]
    signature: FunctionType


@dataclass(frozen=True, eq=False, slots=True)
class MethodCall(Call):
    """A method of an extern object: an instance, or a parameter such as `packet_in pkt`."""

    receiver: ExternInstance | Parameter | ConstructorParameter
    method: Method
    type_arguments: tuple[Type, ...]
    signature: FunctionType


@dataclass(frozen=True, eq=False, slots=True)
class ParserApply(Call):
    parser: Parser


@dataclass(frozen=True, eq=False, slots=True)
class ControlApply(Call):
    control: Control


class TableResult(Enum):
    """Which part of `apply()`'s result is asked for."""

    NONE = "none"
    HIT = "hit"
    MISS = "miss"
    ACTION_RUN = "action_run"


@dataclass(frozen=True, eq=False, slots=True)
class TableApply(Expression):
    """`t.apply()`, with its `.hit` or `.miss` (type bool); `.action_run` is only the subject of an ActionSwitch."""

    table: Table
    result: TableResult


class HeaderOp(Enum):
    IS_VALID = "isValid"
    SET_VALID = "setValid"
    SET_INVALID = "setInvalid"


@dataclass(frozen=True, eq=False, slots=True)
class HeaderCall(Expression):
    """isValid of a header or union (type bool); setValid and setInvalid of a header."""

    op: HeaderOp
    header: Expression


class StackOp(Enum):
    PUSH_FRONT = "push_front"
    POP_FRONT = "pop_front"


@dataclass(frozen=True, eq=False, slots=True)
class StackCall(Expression):
    op: StackOp
    stack: Expression
    count: int


# =====================================================================================================================
# Statements: frozen
# =====================================================================================================================


@dataclass(frozen=True, eq=False, slots=True)
class Statement:
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Block(Statement):
    """`{ ... }`; a scope for variables. `end` is the closing brace."""

    statements: tuple[Statement, ...]
    annotations: Annotations = ()


@dataclass(frozen=True, eq=False, slots=True)
class Declare(Statement):
    """The declaration of a variable inside a block; `value` None: undefined (headers: invalid)."""

    variable: Variable
    value: Expression | None


@dataclass(frozen=True, eq=False, slots=True)
class Assign(Statement):
    """`target = value`. `a += b` has become `a = a + b`. The target is an l-value (§6.6)."""

    target: Expression
    value: Expression


@dataclass(frozen=True, eq=False, slots=True)
class CallStatement(Statement):
    """A call for its effects: Call, TableApply, HeaderCall or StackCall."""

    call: Expression


@dataclass(frozen=True, eq=False, slots=True)
class If(Statement):
    condition: Expression
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, eq=False, slots=True)
class ActionCase:
    """Actions that lead to `body`; labels that fall through are joined. `default` may stand beside actions."""

    actions: tuple[Action, ...]
    default: bool
    body: Block
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class ActionSwitch(Statement):
    """`switch (t.apply().action_run)` (§12.7.1)."""

    table: Table
    cases: tuple[ActionCase, ...]


@dataclass(frozen=True, eq=False, slots=True)
class SwitchCase:
    """Literals that lead to `body`; labels that fall through are joined."""

    labels: tuple[Expression, ...]
    default: bool
    body: Block
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Switch(Statement):
    """A switch on an integer, enum or error value (§12.7.2). Labels have the subject's type; without a match nothing
    happens.
    """

    subject: Expression
    cases: tuple[SwitchCase, ...]


@dataclass(frozen=True, eq=False, slots=True)
class For(Statement):
    """`for (init; condition; update) body` (§12.8): `continue` goes on with `update`. Variables of `init` are Declare
    statements.
    """

    init: tuple[Statement, ...]
    condition: Expression
    update: tuple[Statement, ...]
    body: Block


@dataclass(frozen=True, eq=False, slots=True)
class ForIn(Statement):
    """`for (type variable in collection)`: `collection` is a Range or an expression of type StackType or ListType."""

    variable: Variable
    collection: Expression
    body: Block


@dataclass(frozen=True, eq=False, slots=True)
class Break(Statement):
    pass


@dataclass(frozen=True, eq=False, slots=True)
class Continue(Statement):
    pass


@dataclass(frozen=True, eq=False, slots=True)
class Return(Statement):
    value: Expression | None


@dataclass(frozen=True, eq=False, slots=True)
class Exit(Statement):
    pass


# --- structured jumps: made by passes only, never by the checker ---


@dataclass(eq=False, slots=True)
class Label:
    """The name of a `Scope`; it has identity."""

    name: str
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Scope(Statement):
    """`body`, where `Leave(label)` goes on with what follows this statement."""

    label: Label
    body: Block


@dataclass(frozen=True, eq=False, slots=True)
class Leave(Statement):
    """Go on after the enclosing `Scope` of this label."""

    label: Label


@dataclass(frozen=True, eq=False, slots=True)
class Loop(Statement):
    """`body` again and again; only `Leave` ends it."""

    body: Block


# --- transitions (§13.5, §13.6) ---


@dataclass(frozen=True, eq=False, slots=True)
class Goto:
    """`transition state`."""

    state: ParserState
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class SelectCase:
    """`labels` has one for each key (`default` and a single `_` are spelled out), or is a single ValueSetRef that
    covers all.
    """

    labels: tuple[Expression, ...]
    state: ParserState
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Select:
    """`transition select(keys)`: the first case that matches; none: error.NoMatch and reject."""

    keys: tuple[Expression, ...]
    cases: tuple[SelectCase, ...]
    span: Span


Transition = Goto | Select


def _builtin_state(name: str) -> ParserState:
    state = ParserState(name, (), BUILTIN_SPAN, [], None)  # type: ignore[arg-type]
    state.transition = Goto(state, BUILTIN_SPAN)
    return state


ACCEPT = _builtin_state("accept")
REJECT = _builtin_state("reject")


# --- questions asked everywhere ---


def is_literal(expression: Expression) -> bool:
    """Whether the value is known: a literal, or an aggregate of literals."""
    match expression:
        case IntLiteral() | BoolLiteral() | StringLiteral() | EnumMember() | ErrorMember() | InvalidHeader():
            return True
        case StructExpression():
            return all(map(is_literal, expression.fields))
        case TupleExpression():
            return all(map(is_literal, expression.elements))
        case _:
            return False


def header_of(expression: Expression) -> HeaderType | None:
    """The header type of an expression, or None."""
    return expression.type if isinstance(expression.type, HeaderType) else None


def as_block(statements: Statement | Sequence[Statement] | None, span: Span) -> Block:
    """A block of the statements; a block stays itself."""
    if isinstance(statements, Block):
        return statements
    if statements is None:
        return Block(span, ())
    return Block(span, (statements,) if isinstance(statements, Statement) else tuple(statements))


def main_instances(program: Program) -> list[Parser | Control]:
    """The parsers and controls given to the main package, in the order of its parameters. (Inner ones are in their
    `instances`.)
    """
    arguments = program.main.arguments.values() if program.main else []
    instances = [argument.instance for argument in arguments if isinstance(argument, InstanceRef)]
    return [instance for instance in instances if isinstance(instance, Parser | Control)]


def all_instances(program: Program) -> Iterator[Parser | Control]:
    """Every parser and control instance below main, outer before inner."""

    def below(instance: Parser | Control) -> Iterator[Parser | Control]:
        yield instance
        for inner in instance.instances:
            if isinstance(inner, Parser | Control):
                yield from below(inner)

    for instance in main_instances(program):
        yield from below(instance)


def all_controls(program: Program) -> Iterator[Control]:
    """Every control instance below main, outer before inner."""
    return (instance for instance in all_instances(program) if isinstance(instance, Control))


def all_parsers(program: Program) -> Iterator[Parser]:
    """Every parser instance below main, outer before inner."""
    return (instance for instance in all_instances(program) if isinstance(instance, Parser))


def extern_instances(program: Program) -> Iterator[ExternInstance]:
    """Every extern instance: at top level, then below main in the order of the package's arguments."""
    yield from program.instances
    for instance in all_instances(program):
        yield from (inner for inner in instance.instances if isinstance(inner, ExternInstance))
