"""What a role may do: its config, a stratum.P4RoleConfig (P4Runtime 1.5, "Role Config").

The specification leaves the scheme of `role.config` to an agreement. Ours is the message that Stratum published and
finsy carries, so that one controller works with both:

  exclusive_p4_ids     P4Info ids that no other role with a config may write
  shared_p4_ids        ids that this role may write, and others too
  receives_packet_ins  its primary gets packet-ins and may send packet-outs
  packet_in_filter     ... only those packet-ins whose metadata has this value
  can_push_pipeline    its primary may set the forwarding pipeline

An id is that of a table (for its entries, direct counters and meters), action profile, counter, meter, register, value
set, digest or extern; 0 stands for what has no id: multicast groups and clone sessions. A role without a config, and
the default role always, may do everything. A config without any id is a read-only role.
Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from finsy.proto import p4r, stratum
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError

from switch.p4runtime.limits import ROLE_CONFIG_MAX
from switch.p4runtime.status import INVALID_ARGUMENT, PERMISSION_DENIED, StatusError

RoleKey = str | int  # a role's name, or its number from the time before P4Runtime 1.4
DEFAULT_ROLE: RoleKey = ""
REPLICATION_ID = 0  # multicast groups and clone sessions


@dataclass(frozen=True)
class RoleConfig:
    """The scope of a role. `message` is what the client sent, to be given back as it was."""

    message: bytes
    exclusive: frozenset[int]
    shared: frozenset[int]
    packet_io: bool
    packet_in_filter: tuple[int, bytes] | None
    can_push_pipeline: bool

    @property
    def ids(self) -> frozenset[int]:
        return self.exclusive | self.shared

    def any(self) -> any_pb2.Any:
        return any_pb2.Any.FromString(self.message)


def key_of(name: str, number: int) -> RoleKey:
    """The role of a message: its name, else its number; neither is the default role."""
    return name or number or DEFAULT_ROLE


def parse(role: RoleKey, config: any_pb2.Any) -> RoleConfig:
    """Raises StatusError (INVALID_ARGUMENT) where the config is not of the agreed scheme."""
    if role == DEFAULT_ROLE:
        raise StatusError(INVALID_ARGUMENT, "role.config: the default role has full access and takes no config")
    if len(config.value) > ROLE_CONFIG_MAX:
        raise StatusError(INVALID_ARGUMENT, f"role.config: longer than {ROLE_CONFIG_MAX} bytes")
    message = stratum.P4RoleConfig()
    wanted = message.DESCRIPTOR.full_name
    if config.type_url.rpartition("/")[2] != wanted:
        raise StatusError(INVALID_ARGUMENT, f"role.config: the type is {config.type_url[:100]!r}; expected {wanted}")
    try:
        message.ParseFromString(config.value)
    except DecodeError:
        raise StatusError(INVALID_ARGUMENT, f"role.config: not a {wanted}") from None
    exclusive, shared = frozenset(message.exclusive_p4_ids), frozenset(message.shared_p4_ids)
    if exclusive & shared:
        raise StatusError(INVALID_ARGUMENT, f"role.config: the id {min(exclusive & shared)} is exclusive and shared")
    only = None
    if message.HasField("packet_in_filter"):
        only = (message.packet_in_filter.metadata_id, message.packet_in_filter.value.lstrip(b"\0") or b"\0")
    return RoleConfig(
        config.SerializeToString(),
        exclusive,
        shared,
        message.receives_packet_ins,
        only,
        message.can_push_pipeline,
    )


def check_overlap(role: RoleKey, config: RoleConfig, others: Mapping[RoleKey, RoleConfig | None]) -> None:
    """No two roles with a config may write what one of them has for itself. Raises StatusError."""
    for other, theirs in others.items():
        if other == role or theirs is None:
            continue
        both = (config.exclusive & theirs.ids) | (config.ids & theirs.exclusive)
        if both:
            raise StatusError(
                INVALID_ARGUMENT, f"role.config: the id {min(both)} is exclusive to one of {role!r} and {other!r}"
            )


def p4_id(entity: p4r.Entity) -> int | None:
    """The P4Info id that an entity is written under; None if it has no kind, 0 in a read of all objects."""
    which = entity.WhichOneof("entity")
    if which is None:
        return None
    message = getattr(entity, which)
    match which:
        case "table_entry":
            return int(message.table_id)
        case "direct_counter_entry" | "direct_meter_entry":
            return int(message.table_entry.table_id)
        case "action_profile_member" | "action_profile_group":
            return int(message.action_profile_id)
        case "counter_entry":
            return int(message.counter_id)
        case "meter_entry":
            return int(message.meter_id)
        case "register_entry":
            return int(message.register_id)
        case "value_set_entry":
            return int(message.value_set_id)
        case "digest_entry":
            return int(message.digest_id)
        case "extern_entry":
            return int(message.extern_id)
        case _:
            return REPLICATION_ID


def check_update(config: RoleConfig | None, update: p4r.Update) -> None:
    """Raises StatusError (PERMISSION_DENIED) where the role does not cover the entity ("Write RPC")."""
    if config is None:
        return
    number = p4_id(update.entity)
    if number is not None and number not in config.ids:
        what = f"entities of the id {number}" if number else "multicast groups and clone sessions"
        raise StatusError(PERMISSION_DENIED, f"the role may not write {what}")


def belongs(config: RoleConfig | None, entity: p4r.Entity) -> bool:
    """An entity that was read is of this role ("Read RPC")."""
    return config is None or p4_id(entity) in config.ids


def takes_packet_in(config: RoleConfig | None, message: p4r.PacketIn) -> bool:
    """The primary of the role gets this packet-in."""
    if config is None:
        return True
    if not config.packet_io:
        return False
    if config.packet_in_filter is None:
        return True
    wanted, value = config.packet_in_filter
    return any(m.metadata_id == wanted and m.value == value for m in message.metadata)
