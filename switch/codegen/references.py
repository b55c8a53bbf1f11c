"""Headers and fields in C: where they are, and their values. A base class of Expressions.

Reads of headers that are not valid give whatever the struct holds; indices are clamped.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

from switch.bmv2_json.expressions import header_type_of
from switch.bmv2_json.program import (
    Expr,
    Field,
    FieldRef,
    Header,
    HeaderExpr,
    HeaderType,
    StackAt,
    StackLast,
    Union,
    UnionAt,
    UnionExpr,
    UnionLast,
    UnionMember,
)
from switch.codegen.in_place import load_field
from switch.codegen.intervals import Intervals
from switch.codegen.values import C, convert


@dataclass(frozen=True, slots=True)
class HeaderRef:
    """A header in C: an lvalue, its validity bit as C text (None: metadata, always valid), its type."""

    lvalue: str  # of a header that stays bytes: a pointer to them
    bit: str | None
    type: HeaderType
    in_place: bool = False


class References(Intervals):
    @abstractmethod
    def low(self, e: Expr, k: int) -> C:
        """As in Expressions."""

    def header(self, h: HeaderExpr) -> HeaderRef:
        match h:
            case Header():
                place = self.layout.places[h.name]
                bit = None if place.bit is None else str(place.bit)
                return HeaderRef(f"p->{place.member}", bit, h.type, h.name in self.layout.in_place)
            case StackAt(stack, index):
                i = f"clamp({self.index(index)}, {len(stack.headers)})"
                return self._stack_element(stack.name, i, stack.type)
            case StackLast(stack):
                i = f"last_of(p->next[{self.layout.counted_stacks[stack.name]}], {len(stack.headers)})"
                return self._stack_element(stack.name, i, stack.type)
            case UnionMember(union, m):
                return self.union_member(union, m)

    def _stack_element(self, stack: str, index: str, header_type: HeaderType) -> HeaderRef:
        first = self.layout.stack_bit[stack]
        return HeaderRef(f"p->{self.layout.stack_member[stack]}[{index}]", f"{first} + {index}", header_type)

    def union_member(self, union: UnionExpr, m: int) -> HeaderRef:
        match union:
            case Union():
                return self.header(union.headers[m])
            case UnionAt(stack, index):
                i = f"clamp({self.index(index)}, {len(stack.unions)})"
            case UnionLast(stack):
                i = f"last_of(p->next[{self.layout.counted_stacks[stack.name]}], {len(stack.unions)})"
        member, first = self.layout.union_stack_members[stack.name][m]
        return HeaderRef(f"p->{member}[{i}]", f"{first} + {i}", stack.type.members[m][1])

    def union_size(self, union: UnionExpr) -> int:
        return len(union.type.members if isinstance(union, Union) else union.stack.type.members)

    def is_valid(self, ref: HeaderRef) -> str:
        return "1" if ref.bit is None else f"is_valid(p, {ref.bit})"

    def stays_bytes(self, ref: FieldRef) -> bool:
        return isinstance(ref.header, Header) and ref.header.name in self.layout.in_place

    def read(self, ref: FieldRef, *, signed: bool = True) -> C:
        """The field's value; without `signed`, the bits of its two's complement."""
        f = ref.field if signed else replace(ref.field, signed=False)
        if not self.stays_bytes(ref):
            return self.read_field(self.field_path(ref), f)
        c = load_field(self.header(ref.header).lvalue, f)
        if f.signed and f.width:
            return self.read_field(str(c), f)
        return c

    def field_path(self, ref: FieldRef) -> str:
        """A C lvalue; not of a field that stays bytes."""
        assert not self.stays_bytes(ref)
        return f"{self.header(ref.header).lvalue}.{self.field_name(ref)}"

    def field_name(self, ref: FieldRef) -> str:
        return self.layout.field_names[header_type_of(ref.header).name][ref.field.name]

    def read_field(self, path: str, field: Field) -> C:
        """The value of a field at a C path (a varbit has no number)."""
        width = field.width
        if width <= 64:
            c = C(path, "u64", True, width <= 32)
            return C(f"sign_extend({path}, {width})", "s64", True) if field.signed else c
        if width <= 128:
            if field.signed:
                return C(f"sign_extend128({path}, {width})", "s128", True)
            return C(path, "u128", True)
        self.wide_bits = max(self.wide_bits, width + 1)
        text = f"wide_load({path}, {(width + 7) // 8})"
        return C(f"wide_sign({text}, {width})" if field.signed else text, "wide", True)

    def index(self, e: Expr) -> str:
        """As an index: 64 bits, never negative."""
        return convert(self.low(e, 64), "u64").text
