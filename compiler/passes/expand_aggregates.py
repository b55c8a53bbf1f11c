"""Take structs, tuples and header values apart into their fields.

Before: assignments and comparisons of any type; after hoist_declarations.
After:
- an Assign has a scalar (or varbit) target, or copies one header, header union or stack to another of the same type, or
  takes the result of a call;
- `==` and `!=` have scalar operands; headers are equal when both are invalid, or both valid with equal fields (spec
  §8.17);
- fields are selected from l-values only. Struct and tuple expressions are left as arguments of extern calls only.

The right side is evaluated as a whole before anything is written: `h = { h.b, h.a }` swaps.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler import rewrite, tree
from compiler import types as t
from compiler.diagnostics import Span
from compiler.passes import build
from compiler.passes.paths import VALID, PathSet, effects, location, reads, whole_union

AGGREGATE = (t.StructType, t.TupleType, t.HeaderType, t.HeaderUnionType, t.StackType)


def expand_aggregates(program: tree.Program) -> tree.Program:
    return _Expander().rewrite_program(program)


def leaves(value: tree.Expression) -> Iterator[tree.Expression]:
    """The scalars that `value` is made of, in order: of a header only its fields."""
    count = _count(value.type)
    if count is None:
        yield value
        return
    for i in range(count):
        yield from leaves(part(value, i))


def part(value: tree.Expression, i: int) -> tree.Expression:
    """Field or element `i` of an aggregate value."""
    match value:
        case tree.StructExpression():
            return value.fields[i]
        case tree.TupleExpression():
            return value.elements[i]
        case tree.Conditional():
            then, otherwise = part(value.then, i), part(value.otherwise, i)
            return tree.Conditional(then.type, value.span, value.condition, then, otherwise)
    if isinstance(value.type, t.FieldsType):
        return build.member(value, value.type.fields[i])
    return build.element(value, i)


def _count(type_: t.Type) -> int | None:
    """How many parts a value of an aggregate type has; None for scalars."""
    match type_:
        case t.FieldsType():
            return len(type_.fields)
        case t.TupleType():
            return len(type_.elements)
        case t.StackType():
            return type_.size
        case _:
            return None


class _Expander(rewrite.Rewriter):
    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement | list[tree.Statement]:
        node = self.rewrite_children(node)
        if not isinstance(node.target.type, AGGREGATE) or isinstance(node.value, tree.Call):
            return node
        return _in_parallel(node.target, node.value, node.span)

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        """`setInvalid` of a member of a union makes every member invalid (spec §8.21)."""
        node = self.rewrite_children(node)
        match node.call:
            case tree.HeaderCall(op=tree.HeaderOp.SET_INVALID, header=header):
                return build.invalidate(header, node.span)
            case _:
                return node

    def rewrite_Binary(self, node: tree.Binary) -> tree.Expression:
        node = self.rewrite_children(node)
        if node.op not in ("==", "!=") or not isinstance(node.left.type, AGGREGATE):
            return node
        result = _equal(node.left, node.right, node.span)
        return build.negation(result) if node.op == "!=" else result

    def rewrite_Member(self, node: tree.Member) -> tree.Expression:
        node = self.rewrite_children(node)
        if isinstance(node.base, tree.StructExpression | tree.Conditional) and isinstance(node.base.type, t.FieldsType):
            return part(node.base, node.base.type.index(node.name))
        return node

    def rewrite_TupleIndex(self, node: tree.TupleIndex) -> tree.Expression:
        node = self.rewrite_children(node)
        if isinstance(node.base, tree.TupleExpression | tree.Conditional):
            return part(node.base, node.index)
        return node

    def rewrite_HeaderCall(self, node: tree.HeaderCall) -> tree.Expression:
        node = self.rewrite_children(node)
        return _valid(node.header, node.span) if node.op is tree.HeaderOp.IS_VALID else node


def _assign(target: tree.Expression, value: tree.Expression, span: Span) -> Iterator[tree.Statement]:
    """The assignments that `target = value` is made of, as if nothing in `value` changed meanwhile. A condition
    becomes an `If`."""
    type_ = target.type
    count = _count(type_)
    if count is None:
        yield tree.Assign(span, target, value)
    elif isinstance(value, tree.Conditional):
        then = _in_parallel(target, value.then, span)
        otherwise = _in_parallel(target, value.otherwise, span)
        yield build.conditional(value.condition, then, otherwise, span)
    elif isinstance(value, tree.InvalidHeader):
        yield from build.invalidate(target, span)
    elif _is_copied_whole(type_) and location(value) is not None:
        union = whole_union(target) if isinstance(type_, t.HeaderType) else None
        if union and union == whole_union(value):  # BMv2 makes the one member invalid before it copies it
            saved = build.ref(build.variable("value", type_, span), span)
            yield tree.Assign(span, saved, value)
            value = saved
        copy = tree.Assign(span, target, value)
        if union:
            yield build.conditional(build.is_valid(value), [copy], build.invalidate(target, span), span)
        else:
            yield copy
    else:
        if isinstance(type_, t.HeaderType):
            yield build.set_valid(target, span)
        for i in range(count):
            yield from _assign(part(target, i), part(value, i), span)


def _is_copied_whole(type_: t.Type) -> bool:
    return isinstance(type_, t.HeaderType | t.HeaderUnionType) or t.is_header_stack(type_)


def _in_parallel(target: tree.Expression, value: tree.Expression, span: Span) -> list[tree.Statement]:
    """`target = value` in order, where values that an earlier assignment would change are saved first."""
    statements = list(_assign(target, value, span))
    if not any(isinstance(statement, tree.If) for statement in statements[1:]):
        return _saved_first(statements, span)
    written = PathSet()
    for statement in statements:
        changes = effects(statement)
        if isinstance(statement, tree.If) and any(map(written.overlap, changes.reads)):
            whole = build.ref(build.variable("value", target.type, span), span)
            return [*_assign(whole, value, span), *_assign(target, whole, span)]
        for path in changes.writes:
            written.add(path)
    return _saved_first(statements, span)


def _saved_first(statements: list[tree.Statement], span: Span) -> list[tree.Statement]:
    """The assignments in order, behind the values that an earlier one would change."""
    saved: list[tree.Statement] = []
    written = PathSet()
    result: list[tree.Statement] = []
    for statement in statements:
        if isinstance(statement, tree.Assign):
            if any(map(written.overlap, reads(statement.value))):
                variable = build.variable("value", statement.value.type, span)
                saved.append(tree.Assign(span, build.ref(variable, span), statement.value))
                statement = tree.Assign(span, statement.target, build.ref(variable, span))
            place = location(statement.target)
            if place is not None:
                written.add(place)
        elif isinstance(statement, tree.CallStatement) and isinstance(statement.call, tree.HeaderCall):
            header = statement.call.header
            place = whole_union(header) or location(header)
            if place is not None:
                written.add(place if whole_union(header) else place / VALID)
        elif isinstance(statement, tree.If):
            for path in effects(statement).writes:
                written.add(path)
        result.append(statement)
    return saved + result


def _equal(left: tree.Expression, right: tree.Expression, span: Span) -> tree.Expression:
    for value, other in ((left, right), (right, left)):
        if isinstance(value, tree.Conditional) and _count(value.type) is not None:
            then, otherwise = _equal(value.then, other, span), _equal(value.otherwise, other, span)
            return tree.Conditional(t.BOOL, span, value.condition, then, otherwise)
    count = _count(left.type)
    if count is None:
        return tree.Binary(t.BOOL, span, "==", left, right)
    if not isinstance(left.type, t.HeaderType):
        if isinstance(left, tree.InvalidHeader) or isinstance(right, tree.InvalidHeader):
            return build.negation(_valid(right if isinstance(left, tree.InvalidHeader) else left, span))
        return build.all_of((_equal(part(left, i), part(right, i), span) for i in range(count)), span)
    valid_left, valid_right = _valid(left, span), _valid(right, span)
    neither = build.all_of((build.negation(valid_left), build.negation(valid_right)), span)
    if isinstance(left, tree.InvalidHeader) or isinstance(right, tree.InvalidHeader):
        return neither
    fields = [_equal(part(left, i), part(right, i), span) for i in range(count)]
    return build.any_of((neither, build.all_of((valid_left, valid_right, *fields), span)), span)


def _valid(header: tree.Expression, span: Span) -> tree.Expression:
    match header:
        case tree.InvalidHeader():
            return build.boolean(False, span)
        case tree.StructExpression():
            return build.boolean(True, span)
        case tree.Conditional():
            then, otherwise = _valid(header.then, span), _valid(header.otherwise, span)
            return tree.Conditional(t.BOOL, span, header.condition, then, otherwise)
        case _:
            return tree.HeaderCall(t.BOOL, span, tree.HeaderOp.IS_VALID, header)
