"""What the JSON declares to hold values, and the values of one packet.

Every field of every header instance has a place in one list. Numbers are Python integers, negative where the field is
signed; a variable-length field holds bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Json = Any
"""A piece of the JSON: what json.loads gives."""

VALID = "$valid$"


class Field(NamedTuple):
    name: str
    place: int
    width: int
    """Bits; of a variable-length field 0."""
    signed: bool
    varbit: bool


class Header(NamedTuple):
    name: str
    number: int
    """Place in the packet's list of validities."""
    fields: tuple[Field, ...]
    metadata: bool
    max_bytes: int
    """Of a header with a variable-length field; else 0."""
    length_exp: Json
    """P4_14: how many bits the variable-length field has; else None."""
    others: tuple[int, ...] = ()
    """The numbers of the other members of its union."""

    @property
    def fixed_bits(self) -> int:
        return sum(f.width for f in self.fields)

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)


class Packet:
    """One packet on its way."""

    __slots__ = (
        "clone", "digests", "exited", "failed", "fields", "ingress_length", "ingress_port", "length", "next",
        "passes", "payload", "recirculate", "resubmit", "truncate", "valid",
    )  # fmt: skip

    def __init__(self, fields: list[Any], valid: list[bool], stacks: int) -> None:
        self.fields = fields
        self.valid = valid
        self.next = [0] * stacks
        """For each stack the number of its headers that were extracted."""
        self.payload = b""
        self.length = 0
        """standard_metadata.packet_length in egress: follows added and removed headers."""
        self.ingress_length = 0
        """What counters and meters count."""
        self.ingress_port = 0
        self.clone: tuple[int, int] | None = None
        """Session and field list that were asked for."""
        self.resubmit = self.recirculate = 0
        self.digests: list[tuple[str, tuple[int, ...]]] = []
        """Of this pass, by name."""
        self.truncate: int | None = None
        self.exited = self.failed = False
        self.passes = 0

    def copy(self) -> Packet:
        other = Packet(list(self.fields), list(self.valid), 0)
        other.next = list(self.next)
        other.payload, other.length, other.ingress_length = self.payload, self.length, self.ingress_length
        other.ingress_port, other.passes = self.ingress_port, self.passes
        return other


class Watched(list[Any]):
    """A packet's fields, which note when one of an invalid header is read: BMv2 leaves its value undefined."""

    def __init__(self, headers: Headers, packet: Packet) -> None:
        super().__init__(packet.fields)
        self.headers, self.packet = headers, packet

    def __getitem__(self, place: Any) -> Any:
        header = self.headers.header_of[place]
        if not self.packet.valid[header]:
            self.headers.undefined.add((self.headers.all[header].name, place))
        return super().__getitem__(place)


class Headers:
    """All header instances of a program, and what they are grouped into."""

    def __init__(self, json: Json) -> None:
        types = {t["name"]: t for t in json["header_types"]}
        self.by_name: dict[str, Header] = {}
        self.blank: list[Any] = []
        """A packet's fields at its start."""
        by_id: dict[int, str] = {}
        for number, h in enumerate(json["headers"]):
            t = types[h["header_type"]]
            fields = tuple(self._field(f) for f in t["fields"])
            metadata = bool(h.get("metadata"))
            header = Header(h["name"], number, fields, metadata, t.get("max_length") or 0, t.get("length_exp"))
            self.by_name[h["name"]] = header
            by_id[h["id"]] = h["name"]
        unions_by_id: dict[int, str] = {}
        self.unions: dict[str, list[str]] = {}
        for u in json.get("header_unions") or ():
            members = [by_id[i] for i in u["header_ids"]]
            self.unions[u["name"]] = members
            unions_by_id[u["id"]] = u["name"]
            for name in members:
                others = tuple(self.by_name[m].number for m in members if m != name)
                self.by_name[name] = self.by_name[name]._replace(others=others)
        self.all = list(self.by_name.values())
        self.header_of = [h.number for h in self.all for _ in h.fields]
        self.watch = False
        self.undefined: set[tuple[str, int]] = set()
        """While `watch`: the fields of invalid headers that were read."""
        self.stacks = {s["name"]: [by_id[i] for i in s["header_ids"]] for s in json.get("header_stacks") or ()}
        self.union_stacks: dict[str, list[str]] = {}
        self.union_members: dict[str, list[str]] = {}
        """For each stack of unions, the names of its unions' members."""
        union_types = {t["name"]: t for t in json.get("header_union_types") or ()}
        for s in json.get("header_union_stacks") or ():
            self.union_stacks[s["name"]] = [unions_by_id[i] for i in s["header_union_ids"]]
            self.union_members[s["name"]] = [pair[0] for pair in union_types[s["union_type"]]["headers"]]
        self.stack_number = {name: i for i, name in enumerate([*self.stacks, *self.union_stacks])}
        self.metadata_places = [f.place for h in self.all if h.metadata for f in h.fields]
        self.aliases = {alias: tuple(target) for alias, target in json.get("field_aliases") or ()}

    def _field(self, json: list[Any]) -> Field:
        varbit = json[1] == "*"
        signed = len(json) > 2 and bool(json[2])
        self.blank.append(b"" if varbit else 0)
        return Field(json[0], len(self.blank) - 1, 0 if varbit else json[1], signed, varbit)

    def packet(self) -> Packet:
        return self.watched(Packet(list(self.blank), [h.metadata for h in self.all], len(self.stack_number)))

    def watched(self, packet: Packet) -> Packet:
        if self.watch:
            packet.fields = Watched(self, packet)
        return packet

    def field(self, header: str, name: str) -> Field:
        return self.by_name[header].field(name)

    def standard(self, name: str) -> Field | None:
        """The field that simple_switch calls `name`, by alias or by that name; None if the program has none."""
        header, field = self.aliases.get(name) or tuple(name.split("."))
        if header not in self.by_name:
            return None
        return next((f for f in self.by_name[header].fields if f.name == field), None)

    def reset_metadata(self, packet: Packet) -> None:
        for place in self.metadata_places:
            packet.fields[place] = self.blank[place]


def cut(value: int, width: int, signed: bool) -> int:
    """`value` as a field of that width holds it."""
    value &= (1 << width) - 1
    if signed and width and value >> width - 1:
        value -= 1 << width
    return value


def store(packet: Packet, field: Field, value: Any) -> None:
    if field.varbit:
        assert isinstance(value, bytes), "a number into a variable-length field"
        packet.fields[field.place] = value
    else:
        packet.fields[field.place] = cut(value, field.width, field.signed)


def set_valid(packet: Packet, header: Header) -> None:
    """In a union the other members become invalid."""
    for number in header.others:
        packet.valid[number] = False
    packet.valid[header.number] = True


def number_of(value: Any) -> int:
    """What an expression sees of a field."""
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value


def header_bits(packet: Packet, header: Header) -> int:
    return sum(8 * len(packet.fields[f.place]) if f.varbit else f.width for f in header.fields)
