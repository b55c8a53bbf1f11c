"""Where everything is: headers in `struct packet`, keys and action data in table entries.

Headers. Each header type is a C struct of native integers; each instance a member of `struct packet`; stacks are
arrays, and a stack of unions is one array per member, so that a computed index is a plain subscript. Each header that
is not metadata has a validity bit; those of an array are consecutive.

Table keys (shared with the runtime, which matches packed keys): exact fields first, the lpm field last; in other tables
an order in which no field lies in two words, if there is one, otherwise that of the program; most significant first,
right-aligned in 64-bit words.

Action data: each parameter up to 64 bits lies in one word, as many in a word as fit, in order; wider ones take whole
words of their own, most significant first.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from switch.bmv2_json.program import Action, Header, HeaderType, KeyField, Program, Stack, Table, UnionStack
from switch.codegen.names import Names

# Members of `struct packet` and functions of the generated file that P4 names must not hide.
RESERVED = frozenset(
    {
        "frame",
        "valid",
        "parsed",
        "metadata",
        "room",
        "next",
        "bucket",
        "at",
        "behind",
        "w",
        "p",
        "params",
        "entry",
        "key",
    }
    | {"hit", "packet", "worker", "table"}
)


@dataclass(frozen=True)
class Place:
    """A header instance: `member` of struct packet (with a subscript in arrays; at.H if it stays bytes), and its
    validity bit (None: metadata)."""

    member: str
    bit: int | None


@dataclass(frozen=True)
class ParamPlace:
    """A parameter in an entry's words: `words` > 1 only for widths above 64."""

    word: int
    shift: int
    width: int
    words: int


@dataclass(frozen=True)
class KeyPlace:
    """A key field inside the packed key: its least significant bit is bit `shift`, counted from the lowest."""

    field: KeyField
    index: int  # place in the table's declaration
    shift: int


@cache
def param_places(action: Action) -> tuple[tuple[ParamPlace, ...], int]:
    """The places of an action's parameters, and how many words they take."""
    places: list[ParamPlace] = []
    word, used = 0, 0
    for param in action.params:
        if param.width > 64:
            if used:
                word, used = word + 1, 0
            words = (param.width + 63) // 64
            places.append(ParamPlace(word, 0, param.width, words))
            word += words
            continue
        if used + param.width > 64:
            word, used = word + 1, 0
        places.append(ParamPlace(word, used, param.width, 1))
        used += param.width
    return tuple(places), word + (1 if used else 0)


def pack_params(action: Action, values: tuple[int, ...]) -> list[int]:
    """The words of an entry's action data."""
    places, count = param_places(action)
    words = [0] * count
    for place, value in zip(places, values, strict=True):
        if place.words > 1:
            for i in range(place.words):
                words[place.word + i] = value >> 64 * (place.words - 1 - i) & (1 << 64) - 1
        else:
            words[place.word] |= value << place.shift
    return words


class Packer:
    """pack_params of one action, prepared: value checks and word offsets are worked out once."""

    def __init__(self, action: Action, words: int) -> None:
        """`words`: of the entry, at least those of the action."""
        places, _ = param_places(action)
        self.action = action
        self._struct = struct.Struct(f"={words}Q")
        self._words = words
        # Plain parameters as one big number whose words are the entry's, the last word first.
        self._fields = [(p.width, self._shift(p)) for p in places]
        self._count = len(places)

    def _shift(self, place: ParamPlace) -> int:
        last = place.word + place.words - 1
        return 64 * (self._words - 1 - last) + place.shift

    def pack(self, values: tuple[int, ...]) -> bytes | None:
        """None: a wrong number of values, or one that does not fit."""
        if len(values) != self._count:
            return None
        packed = 0
        for value, (width, shift) in zip(values, self._fields, strict=True):
            if value >> width:  # of a negative number: -1
                return None
            packed |= value << shift
        count = self._words
        if count == 1:
            return self._struct.pack(packed)
        if count == 2:
            return self._struct.pack(packed >> 64, packed & WORD)
        return self._struct.pack(*(packed >> 64 * (count - 1 - i) & WORD for i in range(count)))


WORD = (1 << 64) - 1


def unpack_params(action: Action, words: Sequence[int]) -> tuple[int, ...]:
    values = []
    for place in param_places(action)[0]:
        if place.words > 1:
            value = 0
            for word in words[place.word : place.word + place.words]:
                value = value << 64 | word
        else:
            value = words[place.word] >> place.shift
        values.append(value & (1 << place.width) - 1)
    return tuple(values)


def word_order(widths: list[int]) -> list[int]:
    """The places of fields such that none crosses from one 64-bit word to the next; as they stand if none does that."""
    total = sum(widths)
    count = max(1, (total + 63) // 64)
    room = [total - 64 * (count - 1), *[64] * (count - 1)]  # every word but the first is full
    words: list[list[int]] = [[] for _ in room]
    largest_first = sorted(range(len(widths)), key=lambda i: -widths[i])
    tries = 2000

    def place(n: int) -> bool:
        nonlocal tries
        if n == len(largest_first):
            return True
        tries -= 1
        i = largest_first[n]
        for word, left in enumerate(room):
            if tries > 0 and widths[i] <= left:
                room[word] -= widths[i]
                words[word].append(i)
                if place(n + 1):
                    return True
                words[word].pop()
                room[word] += widths[i]
        return False

    if count == 1 or count > 8 or max(widths) > 64 or not place(0):
        return list(range(len(widths)))
    return [i for word in words for i in sorted(word)]


class TableLayout:
    """How the generated code and the control plane agree on one table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        kinds = [k.kind for k in table.key]
        self.kind = (
            "keyless"
            if not kinds
            else "ternary"
            if "ternary" in kinds or "range" in kinds or table.match_type in ("ternary", "range")
            else "lpm"
            if "lpm" in kinds
            else "exact"
        )
        order = list(enumerate(table.key))
        if self.kind == "lpm":
            order.sort(key=lambda pair: pair[1].kind == "lpm")
        else:
            order = [order[i] for i in word_order([k.width for k in table.key])]
        self.width = sum(k.width for k in table.key)
        self.words = max(1, (self.width + 63) // 64)
        places = []
        shift = self.width
        for index, key in order:
            shift -= key.width
            places.append(KeyPlace(key, index, shift))
        self.key = tuple(places)
        # An indirect entry holds the slot of its member or group.
        self.param_words = 1 if table.profile else max((param_places(a)[1] for a in table.actions), default=0)

    @property
    def lpm_width(self) -> int:
        return self.key[-1].field.width

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """(shift, width) of the range fields."""
        return [(k.shift, k.field.width) for k in self.key if k.field.kind == "range" and k.field.width]


# What `action` says in an entry of an indirect table.
MEMBER, GROUP = 0, 1


def profile_actions(program: Program, profile_name: str) -> tuple[Action, ...]:
    """All actions that members of a profile may have: those of the tables that use it."""
    found: dict[int, Action] = {}
    for table in program.tables:
        if table.profile is not None and table.profile.name == profile_name:
            found.update({a.index: a for a in table.actions})
    return tuple(found.values())


class Layout:
    """Places and names of everything in one program's C file."""

    def __init__(
        self, program: Program, in_place: frozenset[str] = frozenset(), copied: frozenset[str] = frozenset()
    ) -> None:
        """`in_place`: headers that stay bytes; `copied`: those of them that the parser copies out (in_place.py)."""
        self.program = program
        self.in_place, self.copied = in_place, copied
        self.bytes_of: list[tuple[Header, str]] = []  # headers in place, and their names in `at` and `room`
        self.members = Names(RESERVED)
        self.globals = Names()
        self.places: dict[str, Place] = {}
        self.stack_member: dict[str, str] = {}
        self.stack_bit: dict[str, int] = {}
        self.union_stack_members: dict[str, list[tuple[str, int]]] = {}
        self.arrays: list[
            tuple[HeaderType, str, int]
        ] = []  # members of struct packet: type, name, 0 or number of elements
        self.metadata: list[tuple[HeaderType, str]] = []
        self.bits = 0
        self._place_all()
        self.type_names = {t.name: self.globals.new(t.name) for t in program.header_types}
        self.field_names = {t.name: self._field_names(t) for t in program.header_types}
        self.tables = [TableLayout(t) for t in program.tables]
        self.action_names = {a.index: self.globals.new("action_" + a.name) for a in program.actions}
        self.table_names = {t.index: self.globals.new("apply_" + t.name) for t in program.tables}

    def _field_names(self, header_type: HeaderType) -> dict[str, str]:
        names = Names()
        return {f.name: names.new(f.name) for f in header_type.fields}

    def _take_bits(self, count: int) -> int:
        first = self.bits
        self.bits += count
        return first

    def _place_all(self) -> None:
        grouped: set[str] = set()
        for stack in self.program.stacks.values():
            self._place_stack(stack)
            grouped |= {h.name for h in stack.headers}
        for union_stack in self.program.union_stacks.values():
            self._place_union_stack(union_stack)
            grouped |= {h.name for u in union_stack.unions for h in u.headers}
        for header in self.program.headers.values():
            if header.name in grouped:
                continue
            member = self.members.new(header.name)
            if header.name in self.in_place:
                self.bytes_of.append((header, member))
                self.places[header.name] = Place("at." + member, self._take_bits(1))
            elif header.metadata:
                self.metadata.append((header.type, member))
                self.places[header.name] = Place("metadata." + member, None)
            else:
                self.arrays.append((header.type, member, 0))
                self.places[header.name] = Place(member, self._take_bits(1))

    def _place_stack(self, stack: Stack) -> None:
        member = self.members.new(stack.name)
        first = self._take_bits(len(stack.headers))
        self.arrays.append((stack.type, member, len(stack.headers)))
        self.stack_member[stack.name] = member
        self.stack_bit[stack.name] = first
        for i, header in enumerate(stack.headers):
            self.places[header.name] = Place(f"{member}[{i}]", first + i)

    def _place_union_stack(self, stack: UnionStack) -> None:
        members = []
        for m, (name, header_type) in enumerate(stack.type.members):
            member = self.members.new(f"{stack.name}_{name}")
            first = self._take_bits(len(stack.unions))
            self.arrays.append((header_type, member, len(stack.unions)))
            members.append((member, first))
            for i, union in enumerate(stack.unions):
                self.places[union.headers[m].name] = Place(f"{member}[{i}]", first + i)
        self.union_stack_members[stack.name] = members

    @cached_property
    def valid_words(self) -> int:
        """One bit at least is never set."""
        return self.bits // 64 + 1

    @cached_property
    def counted_stacks(self) -> dict[str, int]:
        """Index into packet.next of every stack and union stack."""
        names = [*self.program.stacks, *self.program.union_stacks]
        return {name: i for i, name in enumerate(names)}

    @cached_property
    def union_of(self) -> dict[str, tuple[Header, ...]]:
        """Header name -> all members of its union: at most one of them is valid."""
        return {h.name: u.headers for u in self.program.unions.values() for h in u.headers}
