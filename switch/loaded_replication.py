"""Multicast groups and clone sessions of a loaded pipeline. Callers hold the engine's lock.

A replica whose port is down gives way to the first of its backups whose port is up. If none is, it stays: the packet
takes its way through egress and is lost at the port (P4Runtime 1.5, "MulticastGroupEntry", the second behaviour).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from switch import native as n
from switch.errors import OutOfRange
from switch.values import CloneSession, Replica

MULTICAST_GROUPS, CLONE_SESSIONS = 1 << 16, 1 << 15


class LoadedReplication:
    def __init__(self, pipeline: int, down: Collection[int]) -> None:
        """`down`: the ports that are down, kept up to date by the caller, who tells of changes by `port_changed`."""
        self._pipeline = pipeline
        self._n = n.native()
        self._down = down
        self.groups: dict[int, tuple[Replica, ...]] = {}
        self.sessions: dict[int, CloneSession] = {}
        self.watched: Counter[int] = Counter()  # ports of replicas that have backups, and of these: how many

    def set_group(self, group: int, replicas: Sequence[Replica]) -> None:
        """Create or replace; an empty list deletes."""
        if not 0 < group < MULTICAST_GROUPS:
            raise OutOfRange(f"multicast group {group}: 1 to {MULTICAST_GROUPS - 1}")
        _check(replicas)
        self._publish_group(group, replicas)
        self._note(self.groups.pop(group, ()), -1)
        if replicas:
            self.groups[group] = tuple(replicas)
            self._note(replicas, 1)

    def set_session(self, session: int, config: CloneSession | None) -> None:
        """Create or replace; None deletes."""
        if not 0 <= session < CLONE_SESSIONS:
            raise OutOfRange(f"clone session {session}: 0 to {CLONE_SESSIONS - 1}")
        if config is None:
            n.check(self._n.pipeline_delete_clone(self._pipeline, session), f"clone session {session}")
            self._note(self.sessions.pop(session).replicas, -1)
            return
        _check(config.replicas)
        self._publish_session(session, config)
        if session in self.sessions:
            self._note(self.sessions[session].replicas, -1)
        self.sessions[session] = config
        self._note(config.replicas, 1)

    def _note(self, replicas: Iterable[Replica], by: int) -> None:
        for first in replicas:
            for r in (first, *first.backups) if first.backups else ():
                self.watched[r.port] += by
                if not self.watched[r.port]:
                    del self.watched[r.port]

    def port_changed(self, port: int) -> None:
        """The port is among those that are down now, or not any more."""
        for group, replicas in self.groups.items():
            if _depends(replicas, port):
                self._publish_group(group, replicas)
        for session, config in self.sessions.items():
            if _depends(config.replicas, port):
                self._publish_session(session, config)

    def _publish_group(self, group: int, replicas: Sequence[Replica]) -> None:
        code = self._n.pipeline_set_multicast(self._pipeline, group, self._pack(replicas), len(replicas))
        n.check(code, f"multicast group {group}")

    def _publish_session(self, session: int, config: CloneSession) -> None:
        code = self._n.pipeline_set_clone(
            self._pipeline, session, self._pack(config.replicas), len(config.replicas), config.truncate, config.priority
        )
        n.check(code, f"clone session {session}")

    def _pack(self, replicas: Iterable[Replica]) -> bytes:
        used = (next((r for r in (first, *first.backups) if r.port not in self._down), first) for first in replicas)
        return b"".join(struct.pack("=HH", r.port, r.instance) for r in used)


def _depends(replicas: Iterable[Replica], port: int) -> bool:
    return any(r.backups and port in (r.port, *(b.port for b in r.backups)) for r in replicas)


def _check(replicas: Iterable[Replica]) -> None:
    for first in replicas:
        for r in (first, *first.backups):
            if not 0 <= r.port < 1 << 16 or not 0 <= r.instance < 1 << 16:
                raise OutOfRange(f"replica of port {r.port}, instance {r.instance}: 0 to 65535 each")
