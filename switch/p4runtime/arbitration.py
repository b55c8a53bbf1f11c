"""Who may write: P4Runtime client arbitration (P4Runtime 1.5, "Client Arbitration and Controller Replication").

Rule 1. The primary of (device, role) is the client with the highest election id ever seen, if it is still connected.
Rule 2. When it leaves, or lowers its id, nobody is primary until an id at least as high arrives.
Rule 3. Whatever the primary sends, and every change, is told to every client of that (device, role): the primary with
        OK, backups with ALREADY_EXISTS, or NOT_FOUND while there is no primary. A backup alone hears of its own.
Rule 4. A client without an election id never becomes primary; two live clients never share an id in one role.
Rule 5. The role's config is what its last primary sent with its election id; roles.py says what it means.

Pure: values in, values out. The servicer calls it from one thread, sends the replies in the order given (the new
primary last, so that it hears of its office after everybody else), and closes a stream on StatusError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NewType

from finsy.proto import U128, p4r, rpc_status

from switch.p4runtime import roles
from switch.p4runtime.limits import ROLE_NAME_MAX, ROLES_MAX, STREAMS_MAX, STREAMS_PER_ROLE
from switch.p4runtime.roles import DEFAULT_ROLE, RoleConfig, RoleKey
from switch.p4runtime.status import (
    ALREADY_EXISTS,
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    NOT_FOUND,
    OK,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    StatusError,
)

ClientId = NewType("ClientId", int)


@dataclass(frozen=True)
class Role:
    """One role of the device: its live clients, and what arbitration remembers of dead ones."""

    clients: Mapping[ClientId, int | None] = field(default_factory=lambda: MappingProxyType({}))
    highest: int | None = None
    primary: ClientId | None = None
    config: RoleConfig | None = None  # None: everything is allowed


@dataclass(frozen=True)
class Arbitration:
    """The arbitration state of one device. `roles` only grows: election ids outlive their clients."""

    device_id: int
    roles: Mapping[RoleKey, Role] = field(default_factory=lambda: MappingProxyType({DEFAULT_ROLE: Role()}))

    def role_of(self, client: ClientId) -> RoleKey | None:
        """The role in which a client's stream is live, or None before its first accepted update."""
        return next((key for key, role in self.roles.items() if client in role.clients), None)

    def is_primary(self, client: ClientId) -> bool:
        """True if the client is the primary of the role it is live in."""
        return any(role.primary == client for role in self.roles.values())

    def primaries(self) -> list[tuple[ClientId, RoleConfig | None]]:
        """The primary of every role that has one, with its config; the default role's first."""
        return [(role.primary, role.config) for role in self.roles.values() if role.primary is not None]

    def config_of(self, key: RoleKey) -> RoleConfig | None:
        """What limits a role; None if nothing does."""
        role = self.roles.get(key)
        return role.config if role is not None else None


@dataclass(frozen=True)
class Reply:
    """A notification for one client's stream."""

    client: ClientId
    update: p4r.MasterArbitrationUpdate


def on_arbitration(
    state: Arbitration, client: ClientId, message: p4r.MasterArbitrationUpdate
) -> tuple[Arbitration, list[Reply]]:
    """Apply a client's MasterArbitrationUpdate. Raises StatusError where the stream must be terminated."""
    key = roles.key_of(message.role.name, message.role.id)
    known_role = state.role_of(client)
    if known_role is None:
        if message.device_id != state.device_id:
            raise StatusError(NOT_FOUND, f"device {message.device_id} is not here; this is device {state.device_id}")
    elif message.device_id != state.device_id:
        raise StatusError(FAILED_PRECONDITION, f"this stream arbitrates for device {state.device_id}")
    elif key != known_role:
        raise StatusError(FAILED_PRECONDITION, f"this stream has the role {known_role!r}; open another for {key!r}")
    role = state.roles.get(key, Role())
    election_id = U128.decode(message.election_id) if message.HasField("election_id") else None
    if election_id is not None and any(e == election_id for c, e in role.clients.items() if c != client):
        raise StatusError(INVALID_ARGUMENT, f"election id {election_id} is used by another live client of this role")
    config = None
    if message.role.HasField("config"):
        config = roles.parse(key, message.role.config)
        roles.check_overlap(key, config, {k: r.config for k, r in state.roles.items()})
    if known_role is None:
        _check_room(state, key, role)

    was_primary = role.primary == client
    clients = MappingProxyType({**role.clients, client: election_id})
    if election_id is not None and (role.highest is None or election_id >= role.highest):
        new = Role(clients=clients, highest=election_id, primary=client, config=config)
        told = [c for c in clients if c != client] + [client]
    elif was_primary:
        new = replace(role, clients=clients, primary=None)
        told = list(clients)
    else:
        new = replace(role, clients=clients)
        told = [client]
    return _with_role(state, key, new), [Reply(c, _notification(state, key, new, c)) for c in told]


def _check_room(state: Arbitration, key: RoleKey, role: Role) -> None:
    """Refuse one stream too many (RESOURCE_EXHAUSTED)."""
    if len(role.clients) >= STREAMS_PER_ROLE:
        raise StatusError(RESOURCE_EXHAUSTED, f"{STREAMS_PER_ROLE} clients already share the role {key!r}")
    if sum(len(r.clients) for r in state.roles.values()) >= STREAMS_MAX:
        raise StatusError(RESOURCE_EXHAUSTED, f"{STREAMS_MAX} clients are connected already")
    if key not in state.roles and len(state.roles) >= ROLES_MAX:
        raise StatusError(RESOURCE_EXHAUSTED, f"{ROLES_MAX} roles exist already")
    if isinstance(key, str) and len(key) > ROLE_NAME_MAX:
        raise StatusError(INVALID_ARGUMENT, f"a role's name has {ROLE_NAME_MAX} characters at most")


def on_disconnect(state: Arbitration, client: ClientId) -> tuple[Arbitration, list[Reply]]:
    """Forget a client whose stream ended; the others hear of it if it was the primary."""
    key = state.role_of(client)
    if key is None:
        return state, []
    role = state.roles[key]
    clients = MappingProxyType({c: e for c, e in role.clients.items() if c != client})
    if role.primary != client:
        return _with_role(state, key, replace(role, clients=clients)), []
    new = replace(role, clients=clients, primary=None)
    return _with_role(state, key, new), [Reply(c, _notification(state, key, new, c)) for c in clients]


def check_device(state: Arbitration, device_id: int) -> None:
    """Refuse a request for a device that is not this one (NOT_FOUND)."""
    if device_id != state.device_id:
        raise StatusError(NOT_FOUND, f"device {device_id} is not here; this is device {state.device_id}")


def check_writer(state: Arbitration, device_id: int, key: RoleKey, election_id: int | None) -> RoleConfig | None:
    """Refuse a write that does not come from the primary ("Write RPC", the checks in their order).

    Returns what limits the primary's role, or None.
    """
    check_device(state, device_id)
    role = state.roles.get(key)
    if role is None:
        raise StatusError(NOT_FOUND, f"no client has ever taken the role {key!r}")
    if role.primary is None:
        raise StatusError(PERMISSION_DENIED, f"the role {key!r} has no primary client")
    if election_id != role.clients[role.primary]:
        raise StatusError(PERMISSION_DENIED, f"election id {election_id} is not the primary's ({role.highest})")
    return role.config


def _with_role(state: Arbitration, key: RoleKey, role: Role) -> Arbitration:
    return replace(state, roles=MappingProxyType({**state.roles, key: role}))


def _notification(state: Arbitration, key: RoleKey, role: Role, client: ClientId) -> p4r.MasterArbitrationUpdate:
    if role.primary == client:
        status = rpc_status.Status(code=OK, message="you are the primary")
    elif role.primary is not None:
        status = rpc_status.Status(code=ALREADY_EXISTS, message="you are a backup")
    else:
        status = rpc_status.Status(code=NOT_FOUND, message="you are a backup; there is no primary")
    update = p4r.MasterArbitrationUpdate(device_id=state.device_id, status=status)
    if isinstance(key, int):
        update.role.id = key
    elif key != DEFAULT_ROLE:
        update.role.name = key
    if role.config is not None:
        update.role.config.CopyFrom(role.config.any())
    if role.highest is not None:
        update.election_id.CopyFrom(U128.encode(role.highest))
    return update
