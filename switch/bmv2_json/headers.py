"""The sections that declare headers: types and instances, stacks, unions, stacks of unions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from switch.bmv2_json.node import Node
from switch.bmv2_json.program import Field, FieldRef, Header, HeaderType, Stack, Union, UnionStack, UnionType, ValidBit


@dataclass
class Headers:
    """All header instances by name, and what they are grouped into."""

    types: dict[str, HeaderType]
    headers: dict[str, Header]
    stacks: dict[str, Stack]
    unions: dict[str, Union]
    union_stacks: dict[str, UnionStack]

    def header(self, node: Node) -> Header:
        found = self.headers.get(node.text())
        return found if found is not None else node.fail(f"no header is named '{node.text()}'")

    def packet_header(self, node: Node) -> Header:
        """One that a packet can have."""
        found = self.header(node)
        return found if not found.metadata else node.fail(f"'{found.name}' is metadata, which no packet has")

    def stack(self, node: Node) -> Stack:
        found = self.stacks.get(node.text())
        return found if found is not None else node.fail(f"no header stack is named '{node.text()}'")

    def union(self, node: Node) -> Union:
        found = self.unions.get(node.text())
        return found if found is not None else node.fail(f"no header union is named '{node.text()}'")

    def union_stack(self, node: Node) -> UnionStack:
        found = self.union_stacks.get(node.text())
        return found if found is not None else node.fail(f"no header union stack is named '{node.text()}'")

    def field(self, node: Node) -> FieldRef | ValidBit:
        """A field reference [header, field]; the hidden field $valid$ gives a ValidBit."""
        header_node, field_node = node.exactly(2)
        header = self.header(header_node)
        if field_node.text() == "$valid$":
            return ValidBit(header)
        return FieldRef(header, member(header.type, field_node))

    def plain_field(self, node: Node) -> FieldRef:
        ref = self.field(node)
        return ref if isinstance(ref, FieldRef) else node.fail("$valid$ cannot stand here")


def member(header_type: HeaderType, node: Node) -> Field:
    found = header_type.field(node.text())
    if found is None:
        node.fail(f"header type '{header_type.name}' has no field '{node.text()}'")
    return found


def read_headers(root: Node) -> Headers:
    types = {t.name: t for t in map(_header_type, root["header_types"])}
    headers: dict[str, Header] = {}
    by_id: dict[int, Header] = {}
    for node in root["headers"]:
        type_node = node["header_type"]
        header_type = types.get(type_node.text())
        if header_type is None:
            type_node.fail(f"no header type is named '{type_node.text()}'")
        header = Header(node.name(), node["id"].number(), header_type, node.flag("metadata"))
        if header.name == "standard_metadata" and not header.metadata:
            node.fail("standard_metadata is not marked as metadata")
        if header.name in headers:
            node.fail(f"a second header named '{header.name}'")
        if not header.metadata and header_type.fixed_bits % 8:
            node.fail(f"header '{header.name}' has {header_type.fixed_bits} bits, not a whole number of bytes")
        headers[header.name] = by_id[header.id] = header

    stacks: dict[str, Stack] = {}
    for node in root.list_at("header_stacks"):
        members = tuple(_by_id(by_id, i, "header") for i in node["header_ids"])
        if not members:
            node.fail("a header stack without headers")
        if any(h.type is not members[0].type for h in members):
            node.fail("the headers of a stack must have one type")
        stacks[node.name()] = Stack(node.name(), members[0].type, members)

    union_types: dict[str, UnionType] = {}
    for node in root.list_at("header_union_types"):
        pairs = []
        for pair in node["headers"]:
            name, type_name = pair.exactly(2)
            if type_name.text() not in types:
                type_name.fail(f"no header type is named '{type_name.text()}'")
            pairs.append((name.text(), types[type_name.text()]))
        union_types[node.name()] = UnionType(node.name(), tuple(pairs))

    unions: dict[str, Union] = {}
    unions_by_id: dict[int, Union] = {}
    for node in root.list_at("header_unions"):
        union_type = _union_type(union_types, node["union_type"])
        members = tuple(_by_id(by_id, i, "header") for i in node["header_ids"])
        if len(members) != len(union_type.members):
            node.fail(f"union type '{union_type.name}' has {len(union_type.members)} members, not {len(members)}")
        union = Union(node.name(), node["id"].number(), union_type, members)
        unions[union.name] = unions_by_id[union.id] = union

    union_stacks: dict[str, UnionStack] = {}
    for node in root.list_at("header_union_stacks"):
        union_type = _union_type(union_types, node["union_type"])
        of = tuple(_by_id(unions_by_id, i, "header union") for i in node["header_union_ids"])
        if not of:
            node.fail("a header union stack without unions")
        union_stacks[node.name()] = UnionStack(node.name(), union_type, of)
    return Headers(types, headers, stacks, unions, union_stacks)


def _header_type(node: Node) -> HeaderType:
    fields: list[Field] = []
    max_bytes = node["max_length"].width() if node.get("max_length") is not None else None
    offset = 0
    for item in node["fields"]:
        parts = item.items()
        if len(parts) not in (2, 3):
            item.fail("expected [name, width] or [name, width, signed]")
        name = parts[0].text()
        if any(f.name == name for f in fields):
            item.fail(f"a second field named '{name}'")
        signed = len(parts) == 3 and parts[2].truth()
        if parts[1].value == "*":
            if max_bytes is None:
                node.fail("a header with a variable-length field needs 'max_length'")
            if any(f.varbit for f in fields):
                item.fail("a second variable-length field")
            fields.append(Field(name, 0, signed, True, offset))
        else:
            width = parts[1].width()
            fields.append(Field(name, width, signed, False, offset))
            offset += width
    if max_bytes is not None:
        room = max_bytes * 8 - offset
        fields = [replace(f, width=max(room, 0)) if f.varbit else f for f in fields]
    if node.get("length_exp") is not None and not any(f.varbit for f in fields):
        node.fail("'length_exp' without a variable-length field")
    return HeaderType(node.name(), tuple(fields), max_bytes)


T = TypeVar("T")


def _by_id(table: dict[int, T], node: Node, what: str) -> T:
    found = table.get(node.number())
    if found is None:
        node.fail(f"no {what} has id {node.number()}")
    return found


def _union_type(types: dict[str, UnionType], node: Node) -> UnionType:
    found = types.get(node.text())
    return found if found is not None else node.fail(f"no header union type is named '{node.text()}'")
