"""Multicast groups, clone sessions, and the ports on which copies and group members depend. A base class of Engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import RLock

from switch.loaded_profile import LoadedProfile
from switch.loaded_replication import LoadedReplication
from switch.values import CloneSession, Replica


class ReplicationCalls:
    """`_lock` is the engine's, for writers of state; `_down` the ports that are."""

    _lock: RLock
    _down: set[int]
    _replication: LoadedReplication
    _profiles: Mapping[str, LoadedProfile]

    def set_multicast_group(self, group: int, replicas: Sequence[Replica]) -> None:
        """Create or replace group 1..65535; an empty list deletes it."""
        with self._lock:
            self._replication.set_group(group, replicas)

    def multicast_groups(self) -> dict[int, tuple[Replica, ...]]:
        return dict(self._replication.groups)

    def set_clone_session(self, session: int, config: CloneSession | None) -> None:
        """Create or replace session 0..32767; None deletes it."""
        with self._lock:
            self._replication.set_session(session, config)

    def clone_sessions(self) -> dict[int, CloneSession]:
        return dict(self._replication.sessions)

    def watched_ports(self) -> set[int]:
        """The ports whose state matters to a group's member or to a replica."""
        with self._lock:
            return set(self._replication.watched).union(*(p.watchers for p in self._profiles.values()))

    def set_port_up(self, port: int, up: bool) -> None:
        """A port's link went up or down: group members that watch it and replicas with backups follow. All start up."""
        with self._lock:
            if up == (port not in self._down):
                return
            (self._down.discard if up else self._down.add)(port)
            self._replication.port_changed(port)
            for profile in self._profiles.values():
                profile.port_changed(port)
