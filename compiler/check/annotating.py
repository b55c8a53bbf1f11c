"""Annotations: syntax -> evaluated values and text (P4_16 spec §20)."""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.annotations import Annotation, Annotations, TypeArgument, Value, find
from compiler.check import dispatch
from compiler.check.context import Env
from compiler.check.scopes import Constant
from compiler.diagnostics import Note

_STRUCTURED = (syntax.AnnotationForm.LIST, syntax.AnnotationForm.KEY_VALUE)


def evaluate(env: Env, nodes: syntax.Annotations) -> Annotations:
    seen: dict[str, syntax.Annotation] = {}
    for node in nodes:
        earlier = seen.setdefault(node.name, node)
        if earlier is not node and (node.form in _STRUCTURED or earlier.form in _STRUCTURED):
            # Only unstructured annotations of one name add up (§20).
            note = Note(f"@{node.name} is here too", earlier.span)
            env.error("duplicate", f"@{node.name} is given twice", node.span, note)
    return tuple(_annotation(env, node) for node in nodes)


def control_plane_name(name: str, given: Annotations, prefix: str) -> str:
    """The fully qualified name of a declaration inside `prefix` ("" at top level), without a leading dot (§18.3.2)."""
    annotation = find(given, "name")
    text = (annotation.string() if annotation else None) or name
    if text.startswith("."):
        return text[1:]
    return f"{prefix}.{text}" if prefix else text


def _annotation(env: Env, node: syntax.Annotation) -> Annotation:
    expressions = node.expressions
    if node.is_pragma and len(node.tokens) == 1 and node.tokens[0].text.startswith('"'):
        token = node.tokens[0]
        expressions = (syntax.StringLiteral(token.span, token.text[1:-1]),)
    structured = node.form in _STRUCTURED
    value = _constant if structured else _value
    values = [value(env, expression) for expression in expressions]
    pairs = [(pair.name.text, value(env, pair.value)) for pair in node.pairs]
    if structured:
        seen: set[str] = set()
        for pair in node.pairs:
            if pair.name.text in seen:
                env.error("duplicate", f"@{node.name}: {pair.name} is given twice", pair.name.span)
            seen.add(pair.name.text)
    known_values = tuple(value for value in values if value is not None)
    known_pairs = tuple((name, value) for name, value in pairs if value is not None)
    if len(known_values) != len(values) or len(known_pairs) != len(pairs):
        known_values, known_pairs = (), ()
    if node.name == "name" and not (len(known_values) == 1 and isinstance(known_values[0], str)):
        env.error("invalid", "@name holds one string", node.span)
    text = None if node.form is syntax.AnnotationForm.BARE else node.body
    return Annotation(node.name, known_values, known_pairs, text, structured, node.span)


def _constant(env: Env, node: syntax.Expression) -> Value | None:
    """An expression of a structured annotation, which must be a constant (§20.1.2)."""
    expression = dispatch.expression(env, node)
    match expression:
        case tree.IntLiteral(value=number) if not -(1 << 63) <= number < 1 << 63:
            env.error(
                "overlimit", f"{number} in a structured annotation: they hold 64 bits", node.span, hint="a string"
            )
            return None
        case tree.IntLiteral() | tree.BoolLiteral() | tree.StringLiteral():
            return expression.value
        case _:
            if not isinstance(expression.type, types.PoisonType):
                env.type_error("a structured annotation holds constant numbers, bools and strings", node.span)
            return None


def _value(env: Env, node: syntax.Expression) -> Value | None:
    """A constant in an annotation. What it is made of need not be declared: annotations are free text
    to the language.
    """
    match node:
        case syntax.IntegerLiteral() | syntax.BoolLiteral() | syntax.StringLiteral():
            return node.value
        case syntax.UnaryExpression(operator="-"):
            value = _value(env, node.operand)
            return -value if isinstance(value, int) else None
        case syntax.BinaryExpression(operator="++"):
            left, right = _value(env, node.left), _value(env, node.right)
            return left + right if isinstance(left, str) and isinstance(right, str) else None
        case syntax.TypeExpression():
            return TypeArgument(_type_text(env, node.type))
        case syntax.NameExpression():
            symbol = env.use(node.name)
            if isinstance(symbol, Constant) and isinstance(
                symbol.value, tree.IntLiteral | tree.BoolLiteral | tree.StringLiteral
            ):
                return symbol.value.value
            return None
        case _:
            return None


def _type_text(env: Env, ref: syntax.TypeRef) -> str:
    if isinstance(ref, syntax.StringTypeRef):
        return str(types.STRING)
    return env.checker.diagnostics.sources.fragment(ref.span)
