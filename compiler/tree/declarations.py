"""Declarations: variables, functions, actions, tables, parsers, controls, instances and the program (mutable, with
identity).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.annotations import Annotations
from compiler.diagnostics import BUILTIN_SPAN, Span
from compiler.tree.base import Block, Declaration, Direction, Expression, Statement
from compiler.types import ExternType, FunctionType, PackageType, Type


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

    `arguments` are for the action's parameters with a direction, which come first; evaluated when the action runs, in
    `order` as in `Call`. Annotations of the reference (@tableonly, @defaultonly) are here, those of the action in
    `action`.
    """

    action: Action
    arguments: tuple[Expression, ...]
    annotations: Annotations
    span: Span
    order: tuple[int, ...] = ()


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
    """An instantiated control (§14). `actions` are the ones declared inside; tables may also use `Program.actions`.

    `places` is filled in by passes: where a table is applied at several places after which different things follow, the
    statement of each, with the variable that says at run time which one it is, and its number.
    """

    actions: list[Action]
    tables: list[Table]
    body: Block
    places: dict[Statement, tuple[Variable, int]] = field(default_factory=dict)


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
