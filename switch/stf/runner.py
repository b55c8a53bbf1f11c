"""STF statements -> an Engine; what differed from the file.

As with p4c's runner, the packets that a port is to send are those of its `expect` statements, in order and no others,
wherever in the file they stand; and only ports that the file names exist: what leaves by others is not looked at.
Unlike it, a command that the switch refuses fails the test, and counters are checked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from switch.bmv2_json.program import Action as ActionDecl
from switch.bmv2_json.program import Table
from switch.engine import Engine
from switch.errors import EngineError, InvalidArgument, NotFound
from switch.stf import keys, names
from switch.stf.commands import Commands
from switch.stf.statements import (
    Add,
    AddToGroup,
    Call,
    CheckCounter,
    Command,
    Expect,
    Indirect,
    MakeGroup,
    MakeMember,
    NoPacket,
    Packet,
    RemoveAll,
    SetDefault,
    Statement,
    Wait,
)
from switch.trace import render
from switch.values import Action, Entry, Group, GroupMember, Match, Member

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What differed at a line. `packets`: the lines of the packets that had to do with it."""

    line: int
    message: str
    packets: tuple[int, ...] = ()


@dataclass(slots=True)
class Outcome:
    """`said`: (line, answer) of commands that read; `unseen`: (line, port, bytes) that left by ports not in the file;
    `traces`: by line of the packet, if asked for."""

    packets: int = 0
    failures: list[Failure] = field(default_factory=list)
    said: list[tuple[int, str]] = field(default_factory=list)
    unseen: list[tuple[int, int, bytes]] = field(default_factory=list)
    traces: dict[int, str] = field(default_factory=dict)


def run_stf(statements: Sequence[Statement], engine: Engine, trace: bool = False) -> Outcome:
    """Carry out `statements` on an engine that nobody else uses. `trace` notes what happened to every packet."""
    return _Run(engine, trace).run(statements)


class _Run:
    def __init__(self, engine: Engine, trace: bool) -> None:
        self._engine = engine
        self._trace = trace
        self._outcome = Outcome()
        self._commands = Commands(engine)
        self._tables = {t.name: t for t in engine.program.tables}
        self._entries: dict[str, tuple[str, tuple[Match, ...], int]] = {}  # `= ID` -> table, match, priority
        self._handles: dict[str, int] = {}  # `= ID` of members and groups
        self._sent: dict[int, list[tuple[int, bytes]]] = {}  # port -> (line of the packet, bytes)
        self._last: tuple[int, list[tuple[int, bytes]]] | None = None  # the last packet's line and what came of it

    def run(self, statements: Sequence[Statement]) -> Outcome:
        for statement in statements:
            try:
                self._execute(statement)
            except EngineError as error:
                self._fail(statement.line, str(error))
        expected: dict[int, list[Expect]] = {}
        for statement in statements:
            if isinstance(statement, (Packet, Expect)):
                expected.setdefault(statement.port, [])
            if isinstance(statement, Expect):
                expected[statement.port].append(statement)
        for port, patterns in expected.items():
            self._compare(port, patterns, self._sent.pop(port, []))
        self._outcome.unseen = [(line, port, data) for port, sent in self._sent.items() for line, data in sent]
        self._outcome.failures.sort(key=lambda f: f.line)
        return self._outcome

    def _fail(self, line: int, message: str, *packets: int) -> None:
        self._outcome.failures.append(Failure(line, message, packets))

    # ---- statements

    def _execute(self, statement: Statement) -> None:
        match statement:
            case Packet():
                self._packet(statement)
            case NoPacket(line):
                if self._last is None:
                    self._fail(line, "no packet has been sent before this line")
                elif self._last[1]:
                    self._fail(line, f"expected no packet, got {_shown(self._last[1])}", self._last[0])
            case Add():
                self._add(statement)
            case SetDefault(_, table_name, call):
                table = self._table(table_name)
                action = names.find_action(table, call.name)
                self._engine.set_default(table.name, Action(action.name, _arguments(action, call)))
            case RemoveAll():
                for table in self._tables.values():
                    for entry in list(self._engine.entries(table.name)):
                        if not table.const:
                            self._engine.delete(table.name, entry.match, entry.priority)
            case CheckCounter():
                self._check_counter(statement)
            case MakeMember(_, profile, call, name):
                self._make_member(self._profile(profile), call, name)
            case MakeGroup(_, profile_name, name):
                profile = self._profile(profile_name)
                handle = _next(self._engine.groups(profile))
                self._engine.insert_group(profile, handle, ())
                self._name(name, handle)
            case AddToGroup(_, profile_name, member, group):
                profile = self._profile(profile_name)
                number = self._handle(group)
                members = self._engine.groups(profile).get(number)
                if members is None:
                    raise NotFound(f"profile {profile} has no group {number}")
                self._engine.modify_group(profile, number, (*members, GroupMember(self._handle(member))))
            case Command():
                said = self._commands.run(statement)
                if said:
                    self._outcome.said.append((statement.line, said))
            case Expect() | Wait():
                pass  # packets are compared at the end, and none is under way here

    def _packet(self, packet: Packet) -> None:
        if self._trace:
            self._outcome.traces[packet.line] = render(self._engine.trace(packet.port, packet.data))
        sent = self._engine.process(packet.port, packet.data)
        self._outcome.packets += 1
        self._last = packet.line, sent
        for port, data in sent:
            self._sent.setdefault(port, []).append((packet.line, data))

    def _compare(self, port: int, expected: list[Expect], sent: list[tuple[int, bytes]]) -> None:
        for pattern, (line, data) in zip(expected, sent, strict=False):
            wrong = _difference(pattern, data.hex())
            if wrong:
                self._fail(pattern.line, f"port {port}: {wrong} (it came of the packet in line {line})", line)
        for pattern in expected[len(sent) :]:
            self._fail(pattern.line, f"port {port}: no such packet came", *self._before(pattern.line))
        for line, data in sent[len(expected) :]:
            self._fail(line, f"this packet came out of port {port} unexpectedly: {data.hex()}", line)

    def _before(self, line: int) -> tuple[int, ...]:
        """The line of the packet before `line`, if packets are traced."""
        earlier = [at for at in self._outcome.traces if at < line]
        return (max(earlier),) if earlier else ()

    def _check_counter(self, check: CheckCounter) -> None:
        counters = {c.name: c for c in self._engine.program.counters}
        counter = names.find("counter", check.counter, counters)
        if isinstance(check.index, int):
            if counter.direct_table is not None:
                raise InvalidArgument(f"{counter.name} is a direct counter: name an entry, `add ... = ID`")
            count = self._engine.read_counter(counter.name, check.index)
        else:
            entry = self._entries.get(check.index.removeprefix("$"))
            if entry is None:
                raise NotFound(f"no entry was named {check.index}")
            if counter.direct_table != entry[0]:
                raise InvalidArgument(f"{counter.name} does not count the entries of table {entry[0]}")
            count = self._engine.read_direct_counter(*entry)
        if check.quantity is not None:
            got = count.packets if check.quantity == "packets" else count.bytes
            if not _COMPARE[check.comparison](got, check.value):
                wanted = f"{check.comparison} {check.value}"
                self._fail(check.line, f"{counter.name} has {got} {check.quantity}, expected {wanted}")

    # ---- tables and profiles

    def _table(self, name: str) -> Table:
        return names.find("table", name, self._tables)

    def _profile(self, name: str) -> str:
        return names.find("action profile", name, {p.name: p.name for p in self._engine.program.profiles})

    def _add(self, add: Add) -> None:
        table = self._table(add.table)
        match = [keys.match_all(k) for k in table.key]
        for key in add.keys:
            place = names.find_key(table, key.name)
            match[place] = keys.match_of(key.value, table.key[place])
        priority = 0
        if any(k.kind in ("ternary", "range") for k in table.key):
            if add.priority is None:
                raise InvalidArgument(f"table {table.name} has ternary or range keys: the entry needs a priority")
            priority = add.priority
        entry = Entry(tuple(match), self._entry_action(table, add.action), priority)
        self._engine.insert(table.name, entry)
        if add.handle is not None:
            self._entries[add.handle] = table.name, entry.match, priority

    def _entry_action(self, table: Table, action: Call | Indirect) -> Action | Member | Group:
        if isinstance(action, Indirect):
            handle = self._handle(action.handle)
            return Member(handle) if action.kind == "member" else Group(handle)
        if table.profile is not None:
            return Member(self._make_member(table.profile.name, action, None))
        declared = names.find_action(table, action.name)
        return Action(declared.name, _arguments(declared, action))

    def _make_member(self, profile: str, call: Call, name: str | None) -> int:
        tables = [t for t in self._tables.values() if t.profile is not None and t.profile.name == profile]
        actions = {a.name: a for t in tables for a in t.actions}
        declared = names.find(f"action of profile {profile} called", call.name, actions)
        handle = _next(self._engine.members(profile))
        self._engine.insert_member(profile, handle, Action(declared.name, _arguments(declared, call)))
        self._name(name, handle)
        return handle

    def _name(self, name: str | None, handle: int) -> None:
        if name is not None:
            self._handles[name] = handle

    def _handle(self, handle: int | str) -> int:
        if isinstance(handle, int):
            return handle
        found = self._handles.get(handle.removeprefix("$"))
        if found is None:
            raise NotFound(f"no member or group was named {handle}")
        return found


def _arguments(action: ActionDecl, call: Call) -> tuple[int, ...]:
    given = dict(call.arguments)
    wanted = [p.name for p in action.params]
    for name in given:
        if name not in wanted:
            has = f"; it has {', '.join(wanted)}" if wanted else ""
            raise InvalidArgument(f"action {action.name} has no parameter {name}{has}")
    missing = [name for name in wanted if name not in given]
    if missing:
        raise InvalidArgument(f"action {action.name}: no value for {', '.join(missing)}")
    return tuple(given[name] for name in wanted)


def _next(taken: Collection[int]) -> int:
    """The lowest handle above those in use."""
    return max(taken, default=-1) + 1


def _difference(expected: Expect, got: str) -> str | None:
    """What is wrong with the packet `got`, in hexadecimal digits; None: nothing."""
    pattern = expected.pattern
    if pattern is None:
        return None
    mark = "$" if expected.exact else ""
    comparison = f"expected {pattern}{mark}\n  got      {got}"
    if len(got) < len(pattern):
        return f"the packet is too short, {len(got) // 2} bytes: {comparison}"
    if expected.exact and len(got) > len(pattern):
        return f"the packet is too long, {len(got) // 2} bytes: {comparison}"
    for place, (want, have) in enumerate(zip(pattern, got, strict=False)):
        if want not in ("*", have):
            return f"byte {place // 2} differs: {comparison}"
    return None


def _shown(sent: Sequence[tuple[int, bytes]]) -> str:
    return ", ".join(f"{data.hex()} on port {port}" for port, data in sent)
