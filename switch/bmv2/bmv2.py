"""Bmv2: a running simple_switch_grpc with the methods of switch.engine.Engine.

What is the same: names, values, errors, `insert`, `modify`, `delete`, `write_many`, `set_default`, `entries`,
counters, multicast groups, clone sessions, `process`. What cannot be: packets pass through sockets and threads, so
process() knows only by waiting (`wait`) that the last copy has come; there is no drain(), trace() or benchmark().
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from finsy.proto import p4i, p4r
from google.protobuf import text_format

from switch.bmv2.client import Client
from switch.bmv2.nn import Packets
from switch.bmv2.process import Process
from switch.errors import EngineError, InvalidArgument, NotFound, OutOfRange
from switch.p4runtime import canonical, schema
from switch.p4runtime.actions import action_to_message, translate_action
from switch.p4runtime.match import key_to_messages, translate_key
from switch.p4runtime.status import StatusError
from switch.values import Action, CloneSession, Count, Entry, Group, Match, Member, Replica, TableInfo, WriteKind

DEVICE_ID = 1
BATCH = 1000  # updates in a request
PORTS = range(256)  # ports of the nn socket
KINDS = {"insert": p4r.Update.INSERT, "modify": p4r.Update.MODIFY, "delete": p4r.Update.DELETE}


class Bmv2:
    """One program on a simple_switch_grpc of its own. `with Bmv2.load(...) as b:` or call close()."""

    @classmethod
    def load(
        cls,
        program: Path | bytes,
        p4info: Path | p4i.P4Info,
        *,
        cpu_port: int = 510,
        drop_port: int = 511,
        interfaces: Sequence[str] = (),
        namespace: str = "",
    ) -> Bmv2:
        """Start it and set the program. `interfaces`: PORT@NAME instead of packets by process(), in a namespace's path.

        Raises NotInstalled, or EngineError if it does not start or refuses the program.
        """
        config = program if isinstance(program, bytes) else program.read_bytes()
        info = p4info if isinstance(p4info, p4i.P4Info) else text_format.Parse(p4info.read_text(), p4i.P4Info())
        process = Process(
            device_id=DEVICE_ID, cpu_port=cpu_port, drop_port=drop_port, interfaces=interfaces, namespace=namespace
        )
        try:
            return cls(process, config, info, with_packets=not interfaces)
        except BaseException:
            process.close()
            raise

    def __init__(self, process: Process, config: bytes, info: p4i.P4Info, *, with_packets: bool) -> None:
        self._process = process
        self.address = process.address
        try:
            self._schema = schema.build(info)
        except StatusError as e:
            raise InvalidArgument(e.message) from None
        self._tables = {table.name: table for table in self._schema.tables.values()}
        self._client = Client(process.address, DEVICE_ID)
        try:
            self._client.set_pipeline(info, config)
            self._packets = Packets(process.packets, PORTS) if with_packets else None
        except BaseException:
            self._client.close()
            raise

    def __enter__(self) -> Bmv2:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop it."""
        if self._packets is not None:
            self._packets.close()
        self._client.close()
        self._process.close()

    # ---- packets

    def process(self, port: int, data: bytes, wait: float = 0.3) -> list[tuple[int, bytes]]:
        """One packet in: the (port, bytes) that leave until none has for `wait` seconds."""
        if self._packets is None:
            raise EngineError("packets go over its interfaces")
        self._packets.send(port, data)
        found = []
        while (packet := self._packets.receive(wait)) is not None:
            found.append(packet)
        return found

    # ---- tables

    def tables(self) -> list[TableInfo]:
        return [self._info(table) for table in self._tables.values()]

    def _info(self, table: schema.Table) -> TableInfo:
        profile = self._schema.profiles.get(table.profile)
        meter = next(
            (m.preamble.name for m in self._schema.p4info.direct_meters if m.preamble.id == table.direct_meter), None
        )
        return TableInfo(
            name=table.name,
            match_kinds=tuple(field.kind.name.lower() for field in table.fields),
            match_widths=tuple(field.width for field in table.fields),
            actions=tuple(action.name for action in table.actions.values()),
            size=table.size,
            profile=profile.name if profile else None,
            const=table.const,
            direct_counter=table.direct_counter != 0,
            direct_meter=meter,
            idle_timeout=table.idle_timeout,
        )

    def _table(self, name: str) -> schema.Table:
        if name not in self._tables:
            raise NotFound(f"there is no table {name}")
        return self._tables[name]

    def insert(self, table: str, entry: Entry) -> None:
        _raise(self.write_many(table, [("insert", entry)]))

    def modify(self, table: str, entry: Entry) -> None:
        _raise(self.write_many(table, [("modify", entry)]))

    def delete(self, table: str, match: tuple[Match, ...], priority: int = 0) -> None:
        found = self._table(table)
        message = p4r.TableEntry(table_id=found.id, match=key_to_messages(found.fields, match), priority=priority)
        _raise(self._client.write([(p4r.Update.DELETE, p4r.Entity(table_entry=message))]))

    def write_many(self, table: str, writes: Iterable[tuple[WriteKind, Entry]]) -> list[EngineError | None]:
        """Many writes, in order, in requests of BATCH; one result for each (None: done)."""
        found = self._table(table)
        updates = [(KINDS[kind], p4r.Entity(table_entry=self._message(found, entry))) for kind, entry in writes]
        results: list[EngineError | None] = []
        for start in range(0, len(updates), BATCH):
            results += self._client.write(updates[start : start + BATCH])
        return results

    def _message(self, table: schema.Table, entry: Entry) -> p4r.TableEntry:
        message = p4r.TableEntry(
            table_id=table.id,
            match=key_to_messages(table.fields, entry.match),
            priority=entry.priority,
            idle_timeout_ns=entry.idle_timeout_ns,
        )
        match entry.action:
            case Member(number):
                message.action.action_profile_member_id = number
            case Group(number):
                message.action.action_profile_group_id = number
            case action:
                message.action.action.CopyFrom(_action(table, action))
        return message

    def entries(self, table: str) -> Iterator[Entry]:
        """All entries with plain actions, members or groups, in no particular order."""
        found = self._table(table)
        for entity in self._client.read([p4r.Entity(table_entry=p4r.TableEntry(table_id=found.id))]):
            entry = entity.table_entry
            if not entry.is_default_action:
                yield _entry(found, entry)

    def entry_count(self, table: str) -> int:
        return sum(1 for _ in self.entries(table))

    def set_default(self, table: str, action: Action | None) -> None:
        """Set the default action; None: back to the program's own."""
        found = self._table(table)
        message = p4r.TableEntry(table_id=found.id, is_default_action=True)
        if action is not None:
            message.action.action.CopyFrom(_action(found, action))
        _raise(self._client.write([(p4r.Update.MODIFY, p4r.Entity(table_entry=message))]))

    # ---- counters

    def read_counters(self, counter: str) -> list[Count]:
        """All cells of an indirect counter, by index."""
        found = next((c for c in self._schema.counters.values() if c.name == counter), None)
        if found is None:
            raise NotFound(f"there is no indirect counter {counter}")
        cells = {}
        for entity in self._client.read([p4r.Entity(counter_entry=p4r.CounterEntry(counter_id=found.id))]):
            entry = entity.counter_entry
            cells[entry.index.index] = Count(entry.data.packet_count, entry.data.byte_count)
        return [cells[index] for index in sorted(cells)]

    def read_counter(self, counter: str, index: int) -> Count:
        cells = self.read_counters(counter)
        if not 0 <= index < len(cells):
            raise OutOfRange(f"{counter} has no cell {index}: 0 to {len(cells) - 1}")
        return cells[index]

    # ---- replication

    def set_multicast_group(self, group: int, replicas: Sequence[Replica]) -> None:
        """Create or replace; an empty list deletes it."""
        entry = p4r.MulticastGroupEntry(multicast_group_id=group, replicas=map(_replica, replicas))
        self._put(p4r.PacketReplicationEngineEntry(multicast_group_entry=entry), bool(replicas))

    def set_clone_session(self, session: int, config: CloneSession | None) -> None:
        """Create or replace; None deletes it."""
        entry = p4r.CloneSessionEntry(session_id=session)
        if config is not None:
            entry.replicas.extend(map(_replica, config.replicas))
            entry.packet_length_bytes = config.truncate
            entry.class_of_service = config.priority
        self._put(p4r.PacketReplicationEngineEntry(clone_session_entry=entry), config is not None)

    def _put(self, entry: p4r.PacketReplicationEngineEntry, wanted: bool) -> None:
        """Insert, or modify what is there; or delete."""
        entity = p4r.Entity(packet_replication_engine_entry=entry)
        if not wanted:
            _raise(self._client.write([(p4r.Update.DELETE, entity)]))
        elif self._client.write([(p4r.Update.INSERT, entity)]) != [None]:
            _raise(self._client.write([(p4r.Update.MODIFY, entity)]))


def _raise(results: Sequence[EngineError | None]) -> None:
    for error in results:
        if error is not None:
            raise error


def _replica(replica: Replica) -> p4r.Replica:
    """Ports by number, which every version takes. BMv2 knows no backups: what it makes of them is its answer."""
    backups = [
        p4r.BackupReplica(port=canonical.encode(backup.port), instance=backup.instance) for backup in replica.backups
    ]
    return p4r.Replica(egress_port=replica.port, instance=replica.instance, backup_replicas=backups)


def _action(table: schema.Table, action: Action) -> p4r.Action:
    if action.name not in (known.name for known in table.actions.values()):
        raise InvalidArgument(f"{table.name}: {action.name} is none of its actions")
    return action_to_message(table.actions, action)


def _entry(table: schema.Table, message: p4r.TableEntry) -> Entry:
    action: Action | Member | Group
    match message.action.WhichOneof("type"):
        case "action_profile_member_id":
            action = Member(message.action.action_profile_member_id)
        case "action_profile_group_id":
            action = Group(message.action.action_profile_group_id)
        case _:
            action = translate_action(table.actions, message.action.action, table.name)
    key = translate_key(table.fields, table.index, message.match, table.name)
    return Entry(key, action, message.priority, message.idle_timeout_ns, table.const)
