"""Fold what has become constant: after inlining, arguments are known that were parameters before.

Before and after: any typed tree; expressions free of effects. Integer arithmetic is that of the type (spec §8.6-8.9):
bit<W> and int<W> wrap, saturating operators clamp. Conditions that are known select their branch.
"""

from __future__ import annotations

from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.passes import build


def fold(program: tree.Program) -> tree.Program:
    return _Folder().rewrite_program(program)


def wrap(value: int, type_: t.Type) -> int:
    """`value` cut to the width of `type_`, in two's complement where that is signed."""
    width = t.width(type_)
    value &= (1 << width) - 1
    if t.is_signed(type_) and width and value >> (width - 1):
        value -= 1 << width
    return value


def literal_int(expression: tree.Expression) -> int | None:
    """The number behind an integer, bool or serializable enum literal."""
    match expression:
        case tree.IntLiteral() | tree.BoolLiteral():
            return int(expression.value)
        case tree.EnumMember() if isinstance(expression.type, t.SerEnumType):
            return expression.value
        case _:
            return None


class _Folder(rewrite.Rewriter):
    def rewrite_Unary(self, node: tree.Unary) -> tree.Expression:
        node = self.rewrite_children(node)
        value = literal_int(node.operand)
        if value is None:
            return build.negation(node.operand) if node.op == "!" else node
        if node.op == "!":
            return build.boolean(not value, node.span)
        if not _is_fixed_int(node.type):
            return node
        return build.integer(wrap(-value if node.op == "-" else ~value, node.type), node.type, node.span)

    def rewrite_Binary(self, node: tree.Binary) -> tree.Expression:
        node = self.rewrite_children(node)
        if node.op in ("&&", "||"):
            return _fold_logic(node)
        left, right = literal_int(node.left), literal_int(node.right)
        if left is not None and right is not None:
            return _fold_ints(node, left, right)
        if (
            node.op in ("==", "!=")
            and isinstance(node.left, tree.EnumMember)
            and isinstance(node.right, tree.EnumMember)
        ):
            return build.boolean((node.left.name == node.right.name) == (node.op == "=="), node.span)
        if (
            node.op in ("==", "!=")
            and isinstance(node.left, tree.ErrorMember)
            and isinstance(node.right, tree.ErrorMember)
        ):
            return build.boolean((node.left.name == node.right.name) == (node.op == "=="), node.span)
        if right == 0 and node.op in ("+", "-", "|", "^", "<<", ">>", "|+|", "|-|"):
            return node.left
        if left == 0 and node.op in ("+", "|", "^", "|+|"):
            return node.right
        if left == 0 and node.op in ("*", "/", "%", "&", "<<", ">>"):
            return node.left
        return node

    def rewrite_Conditional(self, node: tree.Conditional) -> tree.Expression:
        node = self.rewrite_children(node)
        if isinstance(node.condition, tree.BoolLiteral):
            return node.then if node.condition.value else node.otherwise
        return node

    def rewrite_Cast(self, node: tree.Cast) -> tree.Expression:
        node = self.rewrite_children(node)
        value = literal_int(node.operand)
        type_ = t.strip_new_types(node.type)
        if value is None:
            return node
        if isinstance(type_, t.BoolType):
            return build.boolean(bool(value), node.span)
        if isinstance(type_, t.BitType | t.IntType | t.SerEnumType):
            return build.integer(wrap(value, type_), node.type, node.span)
        return node

    def rewrite_Slice(self, node: tree.Slice) -> tree.Expression:
        node = self.rewrite_children(node)
        value = literal_int(node.base)
        if value is None:
            return node
        return build.integer(wrap(value >> node.low, node.type), node.type, node.span)

    def rewrite_Member(self, node: tree.Member) -> tree.Expression:
        node = self.rewrite_children(node)
        if isinstance(node.base, tree.StructExpression) and isinstance(node.base.type, t.FieldsType):
            return node.base.fields[node.base.type.index(node.name)]
        return node

    def rewrite_TupleIndex(self, node: tree.TupleIndex) -> tree.Expression:
        node = self.rewrite_children(node)
        return node.base.elements[node.index] if isinstance(node.base, tree.TupleExpression) else node

    def rewrite_StackIndex(self, node: tree.StackIndex) -> tree.Expression:
        node = self.rewrite_children(node)
        value = literal_int(node.index)
        if value is None:
            return node
        if isinstance(node.base, tree.TupleExpression):
            return node.base.elements[value] if value < len(node.base.elements) else node
        if isinstance(node.index.type, t.InfIntType):
            return node
        return replace(node, index=build.integer(value, t.INF_INT, node.index.span))

    def rewrite_If(self, node: tree.If) -> tree.Statement | None:
        node = self.rewrite_children(node)
        if isinstance(node.condition, tree.BoolLiteral):
            return node.then if node.condition.value else node.otherwise
        if not node.then.statements and not (node.otherwise and node.otherwise.statements):
            return None if not any(isinstance(n, tree.TableApply) for n in rewrite.walk(node.condition)) else node
        return node

    def rewrite_Block(self, node: tree.Block) -> tree.Statement:
        """Blocks inside blocks dissolve: variables are told apart by identity, not by scope."""
        node = self.rewrite_children(node)
        if not any(isinstance(s, tree.Block) for s in node.statements):
            return node
        flat: list[tree.Statement] = []
        for statement in node.statements:
            flat.extend(statement.statements if isinstance(statement, tree.Block) else (statement,))
        return replace(node, statements=tuple(flat))


def _is_fixed_int(type_: t.Type) -> bool:
    return isinstance(t.strip_new_types(type_), t.BitType | t.IntType)


def _fold_logic(node: tree.Binary) -> tree.Expression:
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, tree.BoolLiteral):
            return other if side.value == (node.op == "&&") else side
    return node


def _fold_ints(node: tree.Binary, left: int, right: int) -> tree.Expression:
    comparisons = {"==": left == right, "!=": left != right, "<": left < right}
    comparisons |= {"<=": left <= right, ">": left > right, ">=": left >= right}
    if node.op in comparisons:
        return build.boolean(comparisons[node.op], node.span)
    if not _is_fixed_int(node.type):
        return node
    value = _arithmetic(node, left, right)
    return node if value is None else build.integer(value, node.type, node.span)


def _arithmetic(node: tree.Binary, left: int, right: int) -> int | None:
    type_ = node.type
    width = t.width(type_)
    match node.op:
        case "+":
            return wrap(left + right, type_)
        case "-":
            return wrap(left - right, type_)
        case "*":
            return wrap(left * right, type_)
        case "/" if right:
            return wrap(left // right, type_)
        case "%" if right:
            return wrap(left % right, type_)
        case "&":
            return wrap(left & right, type_)
        case "|":
            return wrap(left | right, type_)
        case "^":
            return wrap(left ^ right, type_)
        case "<<":
            return wrap(left << right, type_) if right < width else 0
        case ">>":
            return left >> min(right, width)
        case "++":
            low = t.width(node.right.type)
            return wrap(left << low | right & ((1 << low) - 1), type_)
        case "|+|" | "|-|":
            exact = left + right if node.op == "|+|" else left - right
            low, high = (-(1 << width - 1), (1 << width - 1) - 1) if t.is_signed(type_) else (0, (1 << width) - 1)
            return max(low, min(high, exact))
        case _:
            return None
