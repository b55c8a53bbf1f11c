"""The syntax tree of P4_16 (spec v1.2.5, appendix H), as the parser builds it: nothing is resolved, nothing is folded.

How to read it:
- Every node is a frozen, slotted dataclass whose first field is `span`. Sequences are tuples. Nodes compare and hash by
  identity, so they can key a side table (`dict[Node, ...]`); two equal texts give two nodes.
- Four families: `TypeRef` (a type as written), `Expression`, `Statement`, `Declaration`. A few declarations may stand
  where a statement may (`BlockItem`). What is left (parameters, annotations, cases, properties) is just a `Node`.
- A name that is declared, or selected after a dot, is a `Name`. A name that is used is a `NameExpression` (value) or a
  `NamedTypeRef` (type); both know whether it was written with a leading dot (`.name`: look it up in the global scope).
- Whether an identifier is a type or a value was decided by the parser with a scope of type names, as the grammar asks
  (appendix H). Declared nowhere, an identifier is read as a type where what follows leaves no other reading, so `check`
  must report unknown names in both families.
- Parentheses leave no node: the shape of the tree says what was grouped. The span of a parenthesised expression is that
  of the inner one.
- Arrays declared behind the name (`bit<8> x[4]`) arrive as `StackTypeRef` in the type.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from compiler.diagnostics import Span

# --- Basics ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Anything that stands in the source text."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """An identifier, where it is declared or where it follows a dot."""

    text: str

    def __str__(self) -> str:
        return self.text


class AnnotationForm(Enum):
    """How an annotation was written (§20.1)."""

    BARE = "bare"  # @hidden
    UNSTRUCTURED = "unstructured"  # @name("x") or @pragma name "x": any balanced tokens
    LIST = "list"  # @fields[a, 1, "x"]
    KEY_VALUE = "key-value"  # @options[size = 3, mode = "a"]


@dataclass(frozen=True, slots=True, eq=False)
class AnnotationToken(Node):
    """One token of an unstructured body; `text` as written (a string literal with its quotes)."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Annotation(Node):
    """`@name`, `@name(tokens)`, `@name[expressions]`, `@name[key = expression]`, `@pragma name tokens`.

    `tokens` and `body` (source text between the parentheses, as written) are filled for UNSTRUCTURED. `expressions` and
    `pairs` are filled for LIST and KEY_VALUE, and for UNSTRUCTURED too where the tokens read as expressions or as
    `key = value` pairs, as those of the standard's annotations do: `@name("x")` has expressions (StringLiteral "x",).
    A type may stand for an expression there (`@p4runtime_translation("", bit<32>)`): it is a `TypeExpression`.
    """

    name: str
    form: AnnotationForm
    tokens: tuple[AnnotationToken, ...] = ()
    body: str = ""
    expressions: tuple[Expression, ...] = ()
    pairs: tuple[KeyValue, ...] = ()
    is_pragma: bool = False


Annotations: TypeAlias = "tuple[Annotation, ...]"


class Direction(Enum):
    NONE = ""
    IN = "in"
    OUT = "out"
    INOUT = "inout"


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """`direction type name = default`. Optional parameters carry @optional; `default` is None where none is given."""

    annotations: Annotations
    direction: Direction
    type: TypeRef
    name: Name
    default: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Argument(Node):
    """`value` or `name = value`. `_` (no argument for an out parameter) is a `DontCareExpression`."""

    name: Name | None
    value: Expression


# --- Types as written (§7) ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class TypeRef(Node):
    """A use of a type."""


@dataclass(frozen=True, slots=True, eq=False)
class BoolTypeRef(TypeRef):
    """`bool`"""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorTypeRef(TypeRef):
    """`error`"""


@dataclass(frozen=True, slots=True, eq=False)
class MatchKindTypeRef(TypeRef):
    """`match_kind`"""


@dataclass(frozen=True, slots=True, eq=False)
class StringTypeRef(TypeRef):
    """`string`"""


@dataclass(frozen=True, slots=True, eq=False)
class VoidTypeRef(TypeRef):
    """`void`: a result type, or a type argument."""


@dataclass(frozen=True, slots=True, eq=False)
class DontCareTypeRef(TypeRef):
    """`_` as a type argument: to be inferred."""


@dataclass(frozen=True, slots=True, eq=False)
class BitTypeRef(TypeRef):
    """`bit<width>`, or `bit`, which is bit<1> (width None). The width is any constant expression."""

    width: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class IntTypeRef(TypeRef):
    """`int<width>`, or `int`, the integer of unlimited precision (width None)."""

    width: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class VarbitTypeRef(TypeRef):
    """`varbit<max_width>`"""

    max_width: Expression


@dataclass(frozen=True, slots=True, eq=False)
class NamedTypeRef(TypeRef):
    """`name` or `.name`: a declared type, extern, parser, control, package or type parameter."""

    name: str
    is_absolute: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SpecializedTypeRef(TypeRef):
    """`base<arguments>`; `arguments` is never empty."""

    base: NamedTypeRef
    arguments: tuple[TypeRef, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StackTypeRef(TypeRef):
    """`element[size]`: a header stack or array."""

    element: TypeRef
    size: Expression


@dataclass(frozen=True, slots=True, eq=False)
class TupleTypeRef(TypeRef):
    """`tuple<elements>`, perhaps of none."""

    elements: tuple[TypeRef, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ListTypeRef(TypeRef):
    """`list<element>`"""

    element: TypeRef


# --- Expressions (§8) -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Expression(Node):
    """Anything that may stand for a value, a set of values, or the callee of a call."""


@dataclass(frozen=True, slots=True, eq=False)
class IntegerLiteral(Expression):
    """`10`, `0xFF`, `8w255`, `4s0b1_01`.

    `width` is None without a prefix; `is_signed` only with `s`; `value` is not cut to the width; `base`, as written, is
    2, 8, 10 or 16.
    """

    value: int
    width: int | None
    is_signed: bool
    base: int = 10


@dataclass(frozen=True, slots=True, eq=False)
class BoolLiteral(Expression):
    """`true`, `false`"""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class StringLiteral(Expression):
    """`"text"`; `value` is the text between the quotes, the escapes \\" and \\\\ replaced by what they stand for."""

    value: str


@dataclass(frozen=True, slots=True, eq=False)
class NameExpression(Expression):
    """`name` or `.name`: a variable, parameter, constant, action, table, instance, function, state."""

    name: str
    is_absolute: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ThisExpression(Expression):
    """`this`: the instance whose initializer block encloses it (§11.3.2)."""


@dataclass(frozen=True, slots=True, eq=False)
class TypeExpression(Expression):
    """A type where a value is expected: the base of `E.member`, `error.NoError`, `C.apply(...)`, `C<T>.apply(...)`.

    Never alone but in annotations.
    """

    type: TypeRef


@dataclass(frozen=True, slots=True, eq=False)
class MemberExpression(Expression):
    """`base.member`: a field, method, enum member, `next`, `last`, `lastIndex`, `apply`, `hit`, `action_run`."""

    base: Expression
    member: Name


@dataclass(frozen=True, slots=True, eq=False)
class IndexExpression(Expression):
    """`base[index]`"""

    base: Expression
    index: Expression


@dataclass(frozen=True, slots=True, eq=False)
class SliceExpression(Expression):
    """`base[high:low]`"""

    base: Expression
    high: Expression
    low: Expression


@dataclass(frozen=True, slots=True, eq=False)
class PlusSliceExpression(Expression):
    """`base[low+:width]`: `width` bits upwards of bit `low`, which need not be constant."""

    base: Expression
    low: Expression
    width: Expression


@dataclass(frozen=True, slots=True, eq=False)
class UnaryExpression(Expression):
    """`operator` is one of ! ~ - +"""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class BinaryExpression(Expression):
    """`operator` is one of * / % + - |+| |-| ++ << >> <= >= < > == != & ^ | && ||"""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalExpression(Expression):
    """`condition ? if_true : if_false`"""

    condition: Expression
    if_true: Expression
    if_false: Expression


@dataclass(frozen=True, slots=True, eq=False)
class CastExpression(Expression):
    """`(type) operand`"""

    type: TypeRef
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class CallExpression(Expression):
    """`callee<type_arguments>(arguments)`: a function, action, method, `t.apply()`, `p.lookahead<T>()`, `C.apply()`."""

    callee: Expression
    type_arguments: tuple[TypeRef, ...]
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ConstructorCall(Expression):
    """`type(arguments)`: an instance without a name, e.g. `Checksum16()` or an argument of a package."""

    type: NamedTypeRef | SpecializedTypeRef
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ListExpression(Expression):
    """`{a, b, ...}`; a trailing `...` is a `DefaultExpression` as last element (§8.26)."""

    elements: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class KeyValue(Node):
    """`name = value` of a struct expression or a structured annotation."""

    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class StructExpression(Expression):
    """`{f = x, g = y}`; `has_rest` where it ends in `...`, which gives the other fields their default values."""

    fields: tuple[KeyValue, ...]
    has_rest: bool


@dataclass(frozen=True, slots=True, eq=False)
class InvalidHeaderExpression(Expression):
    """`{#}`: the invalid header or header union."""


@dataclass(frozen=True, slots=True, eq=False)
class DefaultExpression(Expression):
    """`...`: the default value of the type."""


# Sets of values: select cases and table entries (§12.6, §14.2.1.4), and `for (x in a..b)`.


@dataclass(frozen=True, slots=True, eq=False)
class MaskExpression(Expression):
    """`value &&& mask`"""

    value: Expression
    mask: Expression


@dataclass(frozen=True, slots=True, eq=False)
class RangeExpression(Expression):
    """`low .. high`, both included."""

    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True, eq=False)
class DontCareExpression(Expression):
    """`_`: any value, or no argument."""


@dataclass(frozen=True, slots=True, eq=False)
class DefaultKeyset(Expression):
    """`default` as a set of values or as a switch label."""


# --- Statements (§11, §12) ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Node):
    """Something that is executed."""


@dataclass(frozen=True, slots=True, eq=False)
class EmptyStatement(Statement):
    """`;`"""


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentStatement(Statement):
    """`target operator value;`: `=`, or a compound operator: *= /= %= += -= |+|= |-|= <<= >>= &= |= ^="""

    target: Expression
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class CallStatement(Statement):
    """`call;`"""

    call: CallExpression


@dataclass(frozen=True, slots=True, eq=False)
class BlockStatement(Statement):
    """`{ items }`, a scope of its own. `annotations` e.g. @atomic, @unroll."""

    annotations: Annotations
    items: tuple[BlockItem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class IfStatement(Statement):
    condition: Expression
    then_branch: Statement
    else_branch: Statement | None


@dataclass(frozen=True, slots=True, eq=False)
class ReturnStatement(Statement):
    value: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class ExitStatement(Statement):
    """`exit;`"""


@dataclass(frozen=True, slots=True, eq=False)
class BreakStatement(Statement):
    """`break;`"""


@dataclass(frozen=True, slots=True, eq=False)
class ContinueStatement(Statement):
    """`continue;`"""


@dataclass(frozen=True, slots=True, eq=False)
class SwitchCase(Node):
    """`label: body`. The body is None where the case falls through. The label `default` is a `DefaultKeyset`."""

    label: Expression
    body: BlockStatement | None


@dataclass(frozen=True, slots=True, eq=False)
class SwitchStatement(Statement):
    """`switch (subject) { cases }`, on `t.apply().action_run` (labels are action names) or on a value."""

    subject: Expression
    cases: tuple[SwitchCase, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ForStatement(Statement):
    """`for (init; condition; update) body`; init may declare variables, update holds assignments and calls."""

    annotations: Annotations
    init: tuple[BlockItem, ...]
    condition: Expression
    update: tuple[Statement, ...]
    body: Statement


@dataclass(frozen=True, slots=True, eq=False)
class ForInStatement(Statement):
    """`for (type name in collection) body`; the collection is a list, a stack or a `RangeExpression`.

    `variable` has no initial value.
    """

    annotations: Annotations
    variable: VariableDeclaration
    collection: Expression
    body: Statement


# --- Declarations ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Declaration(Node):
    """Something that gives a name (or, for error and match_kind, several) to something."""


# Values and instances (§11.1-11.3)


@dataclass(frozen=True, slots=True, eq=False)
class ConstantDeclaration(Declaration):
    """`const type name = value;`"""

    annotations: Annotations
    type: TypeRef
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class VariableDeclaration(Declaration):
    """`type name;` or `type name = value;`"""

    annotations: Annotations
    type: TypeRef
    name: Name
    value: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Instantiation(Declaration):
    """`type(arguments) name;`, or `type(arguments) name = { initializer };`, which gives an extern its methods.

    `initializer` is None where there is no block.
    """

    annotations: Annotations
    type: TypeRef
    arguments: tuple[Argument, ...]
    name: Name
    initializer: tuple[FunctionDeclaration | Instantiation, ...] | None


# Functions and actions (§10, §14.1)


@dataclass(frozen=True, slots=True, eq=False)
class FunctionDeclaration(Declaration):
    """`result name<type_parameters>(parameters) { ... }`, also in an initializer block."""

    annotations: Annotations
    result: TypeRef
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]
    body: BlockStatement


@dataclass(frozen=True, slots=True, eq=False)
class ActionDeclaration(Declaration):
    """`action name(parameters) { ... }`; parameters without a direction come from the control plane."""

    annotations: Annotations
    name: Name
    parameters: tuple[Parameter, ...]
    body: BlockStatement


@dataclass(frozen=True, slots=True, eq=False)
class ExternFunctionDeclaration(Declaration):
    """`extern result name<type_parameters>(parameters);` Overloads differ in their parameters' names."""

    annotations: Annotations
    result: TypeRef
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MethodPrototype(Node):
    """A method, or a constructor (`result` None) of an extern object."""

    annotations: Annotations
    is_abstract: bool
    result: TypeRef | None
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ExternDeclaration(Declaration):
    """`extern name<type_parameters> { methods }`, or `extern name;` (`is_forward`), which only announces the name."""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    methods: tuple[MethodPrototype, ...]
    is_forward: bool


# Types (§7.2)


@dataclass(frozen=True, slots=True, eq=False)
class StructField(Node):
    annotations: Annotations
    type: TypeRef
    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class StructDeclaration(Declaration):
    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    fields: tuple[StructField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeaderDeclaration(Declaration):
    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    fields: tuple[StructField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeaderUnionDeclaration(Declaration):
    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    fields: tuple[StructField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EnumDeclaration(Declaration):
    """`enum name { members }`, without an underlying type."""

    annotations: Annotations
    name: Name
    members: tuple[Name, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EnumMember(Node):
    """`name = value` of a serializable enum."""

    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class SerializableEnumDeclaration(Declaration):
    """`enum underlying name { members }`"""

    annotations: Annotations
    underlying: TypeRef
    name: Name
    members: tuple[EnumMember, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ErrorDeclaration(Declaration):
    """`error { members }`; all error declarations of a program add to one type."""

    members: tuple[Name, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MatchKindDeclaration(Declaration):
    """`match_kind { members }`; all of them add to one type."""

    members: tuple[Name, ...]


DerivedTypeDeclaration: TypeAlias = (
    StructDeclaration | HeaderDeclaration | HeaderUnionDeclaration | EnumDeclaration | SerializableEnumDeclaration
)


@dataclass(frozen=True, slots=True, eq=False)
class TypedefDeclaration(Declaration):
    """`typedef type name;` another name for a type, perhaps declared on the spot (`typedef struct S { } name;`)."""

    annotations: Annotations
    type: TypeRef | DerivedTypeDeclaration
    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class NewTypeDeclaration(Declaration):
    """`type base name;` a new type, not interchangeable with `base`."""

    annotations: Annotations
    type: TypeRef
    name: Name


# Parsers (§13)


@dataclass(frozen=True, slots=True, eq=False)
class ParserTypeDeclaration(Declaration):
    """`parser name<type_parameters>(parameters);`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ValueSetDeclaration(Declaration):
    """`value_set<element>(size) name;`"""

    annotations: Annotations
    element: TypeRef
    size: Expression
    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class SelectCase(Node):
    """`keyset: state;` One keyset for a single value, or one for each key of the select."""

    keysets: tuple[Expression, ...]
    state: Name


@dataclass(frozen=True, slots=True, eq=False)
class DirectTransition(Node):
    """`transition state;`"""

    state: Name


@dataclass(frozen=True, slots=True, eq=False)
class SelectTransition(Node):
    """`transition select(keys) { cases }`"""

    keys: tuple[Expression, ...]
    cases: tuple[SelectCase, ...]


Transition: TypeAlias = DirectTransition | SelectTransition


@dataclass(frozen=True, slots=True, eq=False)
class ParserState(Node):
    """`state name { items transition }`. Without a transition the state goes to reject."""

    annotations: Annotations
    name: Name
    items: tuple[BlockItem, ...]
    transition: Transition | None


@dataclass(frozen=True, slots=True, eq=False)
class ParserDeclaration(Declaration):
    """`parser name<...>(parameters)(constructor_parameters) { locals states }`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]
    constructor_parameters: tuple[Parameter, ...]
    locals: tuple[ParserLocal, ...]
    states: tuple[ParserState, ...]


# Controls and tables (§14)


@dataclass(frozen=True, slots=True, eq=False)
class ControlTypeDeclaration(Declaration):
    """`control name<type_parameters>(parameters);`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ControlDeclaration(Declaration):
    """`control name<...>(parameters)(constructor_parameters) { locals apply body }`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]
    constructor_parameters: tuple[Parameter, ...]
    locals: tuple[ControlLocal, ...]
    body: BlockStatement


@dataclass(frozen=True, slots=True, eq=False)
class KeyElement(Node):
    """`expression : match_kind annotations;`"""

    expression: Expression
    match_kind: Name
    annotations: Annotations


@dataclass(frozen=True, slots=True, eq=False)
class ActionReference(Node):
    """An action in a table's `actions` or in an entry: `name` (arguments None) or `name(arguments)`."""

    annotations: Annotations
    action: NameExpression
    arguments: tuple[Argument, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class TableEntry(Node):
    """`const priority=p: keysets: action annotations;` One keyset for each key of the table."""

    is_const: bool
    priority: Expression | None
    keysets: tuple[Expression, ...]
    action: ActionReference
    annotations: Annotations


@dataclass(frozen=True, slots=True, eq=False)
class TableProperty(Node):
    """A `name = value` of a table."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyProperty(TableProperty):
    elements: tuple[KeyElement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ActionsProperty(TableProperty):
    actions: tuple[ActionReference, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EntriesProperty(TableProperty):
    annotations: Annotations
    is_const: bool
    entries: tuple[TableEntry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CustomProperty(TableProperty):
    """Any other: default_action (value: a `NameExpression` or `CallExpression`), size, counters, implementation ..."""

    annotations: Annotations
    is_const: bool
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class TableDeclaration(Declaration):
    """`table name { properties }`, in the order in which they were written."""

    annotations: Annotations
    name: Name
    properties: tuple[TableProperty, ...]


# Packages and programs


@dataclass(frozen=True, slots=True, eq=False)
class PackageTypeDeclaration(Declaration):
    """`package name<type_parameters>(parameters);`"""

    annotations: Annotations
    name: Name
    type_parameters: tuple[Name, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Program(Node):
    """All declarations of a compilation unit and of what it includes, in order; `;` alone leaves no trace.

    `damaged` holds the names in text that could not be read: whoever misses one of them need not report it.
    """

    declarations: tuple[Declaration, ...]
    damaged: frozenset[str] = frozenset()


BlockItem: TypeAlias = Statement | VariableDeclaration | ConstantDeclaration | Instantiation
"""What may stand in a block. (In a parser state no return, exit, switch, loop or instantiation; the parser says so.)"""

ParserLocal: TypeAlias = ConstantDeclaration | VariableDeclaration | Instantiation | ValueSetDeclaration

ControlLocal: TypeAlias = (
    ConstantDeclaration | VariableDeclaration | Instantiation | ActionDeclaration | TableDeclaration
)
