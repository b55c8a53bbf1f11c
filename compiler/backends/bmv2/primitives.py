"""Statements as BMv2's primitives: the bodies of actions, and what parser states and deparsers call.

An action is a list of primitives with jumps in it; `if`, Scope and Loop become `_jump_if_zero` and `_jump`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from compiler import tree
from compiler import types as t
from compiler.backends.bmv2.expressions import Expressions, hexstr
from compiler.backends.bmv2.externs import Externs
from compiler.backends.bmv2.layout import Json
from compiler.backends.bmv2.source_info import source_info
from compiler.backends.bmv2.unsupported import Unsupported
from compiler.diagnostics import Diagnostics


@dataclass(eq=False, slots=True)
class _Target:
    """Where a jump goes: the index of a primitive, known once everything before it is written."""

    index: int | None = None


@dataclass(slots=True)
class _Listing:
    primitives: list[Json] = field(default_factory=list)
    jumps: list[tuple[int, _Target]] = field(default_factory=list)
    places: dict[tree.Label, _Target] = field(default_factory=dict)

    def here(self, target: _Target) -> None:
        target.index = len(self.primitives)

    def jump(self, target: _Target) -> None:
        self.jumps.append((len(self.primitives), target))
        self.primitives.append({"op": "_jump", "parameters": []})

    def finish(self) -> list[Json]:
        """Give the jumps their places, straight to where a chain of jumps ends."""
        ends: dict[int, int] = {}
        # A chain is of `_jump`s: a conditional jump may not be taken.
        targets = {i: target for i, target in self.jumps if self.primitives[i]["op"] == "_jump"}
        for index, target in self.jumps:
            assert target.index is not None
            self.primitives[index]["parameters"].append(hexstr(self._end(target.index, targets, ends)))
        return self.primitives

    def _end(self, index: int, targets: dict[int, _Target], ends: dict[int, int]) -> int:
        """Where a jump to `index` ends, if `targets` are the jumps without condition; `ends` keeps what was found, also
        for all on the way."""
        way: list[int] = []
        seen: set[int] = set()
        while index not in ends and index in targets and index not in seen:
            way.append(index)
            seen.add(index)
            next_index = targets[index].index
            assert next_index is not None
            index = next_index
        end = ends.get(index, index)
        ends.update(dict.fromkeys(way, end))
        return end


class Primitives:
    """Writes statements; what cannot be written is reported to `diagnostics`."""

    def __init__(self, expressions: Expressions, externs: Externs, diagnostics: Diagnostics) -> None:
        self.expressions = expressions
        self.externs = externs
        self.diagnostics = diagnostics

    def action(self, body: tree.Block, data: Sequence[tree.Parameter]) -> list[Json]:
        """The primitives of an action with the control-plane data `data`."""
        self.expressions.data = {parameter: i for i, parameter in enumerate(data)}
        listing = _Listing()
        end = _Target()
        self._statements(body.statements, listing, end)
        listing.here(end)
        self.expressions.data = {}
        return listing.finish()

    def _statements(self, statements: Sequence[tree.Statement], listing: _Listing, end: _Target) -> None:
        for statement in statements:
            try:
                self._statement(statement, listing, end)
            except Unsupported as problem:
                problem.report(self.diagnostics)

    def _statement(self, statement: tree.Statement, listing: _Listing, end: _Target) -> None:
        match statement:
            case tree.Block():
                self._statements(statement.statements, listing, end)
            case tree.If():
                self._if(statement, listing, end)
            case tree.Scope():
                after = listing.places[statement.label] = _Target()
                self._statements(statement.body.statements, listing, end)
                listing.here(after)
            case tree.Leave():
                listing.jump(listing.places[statement.label])
            case tree.Loop():
                head = _Target()
                listing.here(head)
                self._statements(statement.body.statements, listing, end)
                listing.jump(head)
            case tree.Exit():
                listing.primitives.append({"op": "exit", "parameters": []})
                listing.jump(end)
            case _:
                listing.primitives += self.simple(statement)

    def _if(self, statement: tree.If, listing: _Listing, end: _Target) -> None:
        condition = self.expressions.parameter(statement.condition)
        otherwise = statement.otherwise.statements if statement.otherwise else ()
        listing.jumps.append((len(listing.primitives), no := _Target()))
        info = source_info(statement.condition.span, self.diagnostics.sources)
        listing.primitives.append({"op": "_jump_if_zero", "parameters": [condition], **info})
        self._statements(statement.then.statements, listing, end)
        if otherwise:
            done = _Target()
            listing.jump(done)
            listing.here(no)
            self._statements(otherwise, listing, end)
            listing.here(done)
        else:
            listing.here(no)

    def simple(self, statement: tree.Statement) -> list[Json]:
        """The primitives of a statement without control flow. Raises Unsupported."""
        match statement:
            case tree.Assign():
                primitives = [self._assign(statement)]
            case tree.CallStatement(call=tree.HeaderCall() as call):
                header = self.expressions.layout.named(call.header)
                op = "add_header" if call.op is tree.HeaderOp.SET_VALID else "remove_header"
                primitives = [{"op": op, "parameters": [header.json]}]
            case tree.CallStatement(call=tree.StackCall() as call):
                stack = self.expressions.layout.named(call.stack)
                op = "push" if call.op is tree.StackOp.PUSH_FRONT else "pop"
                assert isinstance(call.stack.type, t.StackType)
                count = hexstr(min(call.count, call.stack.type.size))
                primitives = [{"op": op, "parameters": [stack.json, count]}]
            case tree.CallStatement(call=tree.ExternFunctionCall() | tree.MethodCall() as call):
                primitives = self.externs.call(call)
            case _:
                raise Unsupported("this statement cannot stand here on this target", statement.span)
        info = source_info(statement.span, self.diagnostics.sources)
        return [{**primitive, **info} for primitive in primitives]

    def _assign(self, statement: tree.Assign) -> Json:
        target, value = statement.target, statement.value
        layout = self.expressions.layout
        if isinstance(value, tree.Call):
            raise Unsupported("the result of this call cannot be used here on this target", value.span)
        copies = {t.HeaderType: "assign_header", t.HeaderUnionType: "assign_union", t.VarbitType: "assign_VL"}
        op = copies.get(type(target.type))
        if isinstance(target.type, t.StackType):
            union = isinstance(target.type.element, t.HeaderUnionType)
            op = "assign_union_stack" if union else "assign_header_stack"
        if op == "assign_VL":
            return {"op": op, "parameters": [layout.field(target).json, layout.field(value).json]}
        if op is not None:
            return {"op": op, "parameters": [layout.named(target).json, layout.named(value).json]}
        source = self.expressions.parameter(value, cut_when_stored=True)
        return {"op": "assign", "parameters": [layout.field(target).json, source]}
