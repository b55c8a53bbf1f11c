"""The packet replication engine: multicast groups and clone sessions (P4Runtime 1.5, "PacketReplicationEngineEntry").

The engine holds what the data plane needs; the entries are kept here for reading them back (opaque metadata, class of
service, ports by the number or the bytes that the client used).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from finsy.proto import p4r

from switch.engine import Engine
from switch.p4runtime.port_numbers import port_of_bytes, port_of_number, port_to_bytes
from switch.p4runtime.status import ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND, StatusError
from switch.p4runtime.translation import Translation
from switch.p4runtime.updates import DELETE, INSERT, Undo, UpdateKind
from switch.values import CloneSession, Replica

MAX_INSTANCE = (1 << 16) - 1
MAX_GROUP = (1 << 16) - 1
MAX_SESSION = (1 << 15) - 1
MAX_CLASS_OF_SERVICE = (1 << 3) - 1  # standard_metadata.priority

E = TypeVar("E", p4r.MulticastGroupEntry, p4r.CloneSessionEntry)


class _Store(Generic[E]):
    """Entries by number; `apply` makes one (or its absence) true in the engine, `kept` is what a reply shows of one."""

    def __init__(self, what: str, maximum: int, apply: Callable[[int, E | None], None], kept: Callable[[E], E]) -> None:
        self._what = what
        self._maximum = maximum
        self._kept: Callable[[E], E] = kept
        self._apply: Callable[[int, E | None], None] = apply
        self._entries: dict[int, E] = {}

    def write(self, kind: UpdateKind, number: int, entry: E, undo: Undo) -> None:
        if not 0 < number <= self._maximum:
            raise StatusError(INVALID_ARGUMENT, f"{self._what} {number} is not in 1..{self._maximum}")
        old = self._entries.get(number)
        if kind == INSERT and old is not None:
            raise StatusError(ALREADY_EXISTS, f"{self._what} {number} exists")
        if kind != INSERT and old is None:
            raise StatusError(NOT_FOUND, f"{self._what} {number} does not exist")
        if kind == DELETE:
            self._put(number, None)
        else:
            self._put(number, self._kept(entry))
        undo.add(lambda: self._put(number, old))

    def selected(self, number: int) -> list[E]:
        """All entries for 0, else the one or none."""
        if number == 0:
            return list(self._entries.values())
        return [self._entries[number]] if number in self._entries else []

    def _put(self, number: int, entry: E | None) -> None:
        self._apply(number, entry)
        if entry is None:
            self._entries.pop(number, None)
        else:
            self._entries[number] = entry


class Replication:
    """Multicast groups and clone sessions of one pipeline."""

    def __init__(self, engine: Engine, port_strings: Translation | None) -> None:
        """`port_strings`: where the control plane calls ports by strings."""
        self._engine = engine
        self._strings = port_strings
        self._groups: _Store[p4r.MulticastGroupEntry] = _Store(
            "multicast group", MAX_GROUP, self._apply_group, self._shown
        )
        self._sessions: _Store[p4r.CloneSessionEntry] = _Store(
            "clone session", MAX_SESSION, self._apply_session, self._shown
        )

    def write(self, kind: UpdateKind, entry: p4r.PacketReplicationEngineEntry, undo: Undo) -> None:
        which = entry.WhichOneof("type")
        if which == "multicast_group_entry":
            group = entry.multicast_group_entry
            self._groups.write(kind, group.multicast_group_id, group, undo)
        elif which == "clone_session_entry":
            session = entry.clone_session_entry
            self._sessions.write(kind, session.session_id, session, undo)
        else:
            raise StatusError(INVALID_ARGUMENT, "packet replication: neither a multicast group nor a clone session")

    def read(self, entry: p4r.PacketReplicationEngineEntry) -> Iterator[p4r.Entity]:
        which = entry.WhichOneof("type")
        if which is None:
            raise StatusError(INVALID_ARGUMENT, "packet replication: neither a multicast group nor a clone session")
        if which == "multicast_group_entry":
            for group in self._groups.selected(entry.multicast_group_entry.multicast_group_id):
                found = p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
                yield p4r.Entity(packet_replication_engine_entry=found)
        else:
            for session in self._sessions.selected(entry.clone_session_entry.session_id):
                found = p4r.PacketReplicationEngineEntry(clone_session_entry=session)
                yield p4r.Entity(packet_replication_engine_entry=found)

    def _shown(self, entry: E) -> E:
        """The entry with its ports in canonical form."""
        copy = type(entry)()
        copy.CopyFrom(entry)
        for replica in copy.replicas:
            if replica.WhichOneof("port_kind") == "port":
                replica.port = port_to_bytes(replica.port, self._strings)
            for backup in replica.backup_replicas:
                backup.port = port_to_bytes(backup.port, self._strings)
        return copy

    def _apply_group(self, number: int, entry: p4r.MulticastGroupEntry | None) -> None:
        replicas = self._replicas(entry.replicas) if entry is not None else []
        self._engine.set_multicast_group(number, replicas)

    def _apply_session(self, number: int, entry: p4r.CloneSessionEntry | None) -> None:
        if entry is None:
            self._engine.set_clone_session(number, None)
            return
        if entry.packet_length_bytes < 0:
            raise StatusError(INVALID_ARGUMENT, f"clone session {number}: packet_length_bytes is negative")
        service = entry.class_of_service
        if service > MAX_CLASS_OF_SERVICE:
            raise StatusError(
                INVALID_ARGUMENT, f"clone session {number}: class_of_service {service} is above {MAX_CLASS_OF_SERVICE}"
            )
        replicas = tuple(self._replicas(entry.replicas))
        self._engine.set_clone_session(number, CloneSession(replicas, entry.packet_length_bytes, service))

    def _replicas(self, messages: Iterable[p4r.Replica]) -> list[Replica]:
        """The engine's replicas; INVALID_ARGUMENT for a port or instance that cannot be, or the same pair twice."""
        replicas: list[Replica] = []
        seen: set[tuple[int, int]] = set()
        for message in messages:
            first = self._replica(message, seen)
            backups = tuple(self._replica(backup, seen) for backup in message.backup_replicas)
            if any(backup.port == first.port for backup in backups):
                raise StatusError(INVALID_ARGUMENT, f"port {first.port} is that of a replica and of its backup")
            replicas.append(Replica(first.port, first.instance, backups))
        return replicas

    def _replica(self, message: p4r.Replica | p4r.BackupReplica, seen: set[tuple[int, int]]) -> Replica:
        cpu = self._engine.cpu_port
        if isinstance(message, p4r.Replica) and message.WhichOneof("port_kind") != "port":
            port = port_of_number(message.egress_port, cpu, "a replica's port")
        else:
            port = port_of_bytes(message.port, cpu, "a replica's port", self._strings)
        if message.instance > MAX_INSTANCE:
            raise StatusError(INVALID_ARGUMENT, f"a replica's instance {message.instance} is above {MAX_INSTANCE}")
        if (port, message.instance) in seen:
            raise StatusError(
                INVALID_ARGUMENT, f"the replica (port {port}, instance {message.instance}) is given twice"
            )
        seen.add((port, message.instance))
        return Replica(port, message.instance)
