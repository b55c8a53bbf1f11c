"""An action profile of a loaded pipeline: ids to slots, and who refers to whom. Callers hold the engine's lock."""

from __future__ import annotations

import struct
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Sequence

from switch import native as n
from switch.bmv2_json.program import Action as ActionDecl
from switch.bmv2_json.program import ActionProfile
from switch.codegen.layout import pack_params, param_places
from switch.errors import AlreadyExists, Full, InUse, InvalidArgument, NotFound, OutOfRange
from switch.values import Action, Group, GroupMember, Member

SLOTS_MIN = 1 << 14  # a profile's declared size is not a limit here (nor in BMv2); the control plane checks it


SLOTS_MAX = 1 << 22


class Slots:
    """Dense numbers for sparse ids; one that was freed is used again last."""

    def __init__(self, count: int) -> None:
        self._count, self._fresh = count, 0  # slots from _fresh on were never taken
        self._free: deque[int] = deque()
        self._slot: dict[int, int] = {}
        self._id: dict[int, int] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._slot

    def take(self, number: int) -> int:
        if self._fresh < self._count:
            slot = self._fresh
            self._fresh += 1
        elif self._free:
            slot = self._free.pop()
        else:
            raise Full("no slot left")
        self._slot[number], self._id[slot] = slot, number
        return slot

    def free(self, number: int) -> int:
        slot = self._slot.pop(number)
        del self._id[slot]
        self._free.appendleft(slot)
        return slot

    def slot(self, number: int) -> int | None:
        return self._slot.get(number)

    def id(self, slot: int) -> int:
        return self._id[slot]


class LoadedProfile:
    def __init__(
        self, pipeline: int, profile: ActionProfile, actions: Sequence[ActionDecl], down: Collection[int]
    ) -> None:
        """`down`: the ports that are down, kept up to date by the caller, who tells of changes by `port_changed`."""
        self.name = profile.name
        self.profile = profile
        self._n = n.native()
        self._pipeline = pipeline
        self._actions = {a.name: a for a in actions}
        self._param_words = max((param_places(a)[1] for a in actions), default=0)
        # an action set that is modified is there twice for a while
        count = 2 * min(max(SLOTS_MIN, profile.size), SLOTS_MAX)
        qsbr = self._n.pipeline_qsbr(pipeline)
        self.pointer = n.made(self._n.selector_create(qsbr, self._param_words, count, count), profile.name)
        self._n.pipeline_set_arrays(pipeline, profile.index, None, None, None, self.pointer)
        self._member_slots, self._group_slots = Slots(count), Slots(count)
        self.members: dict[int, Action] = {}
        self.groups: dict[int, tuple[GroupMember, ...]] = {}
        self._random: set[int] = set()  # groups whose members are chosen at random
        self.watchers: defaultdict[int, set[int]] = defaultdict(set)  # port -> groups with a member that watches it
        self._down = down
        self._member_refs: Counter[int] = Counter()  # from entries and groups
        self._group_refs: Counter[int] = Counter()

    def destroy(self) -> None:
        self._n.selector_destroy(self.pointer)

    # ---- what entries say

    def member_slot(self, member: int) -> int:
        slot = self._member_slots.slot(member)
        if slot is None:
            raise NotFound(f"profile {self.name} has no member {member}")
        return slot

    def group_slot(self, group: int) -> int:
        slot = self._group_slots.slot(group)
        if slot is None:
            raise NotFound(f"profile {self.name} has no group {group}")
        return slot

    def member_id(self, slot: int) -> int:
        return self._member_slots.id(slot)

    def group_id(self, slot: int) -> int:
        return self._group_slots.id(slot)

    def refer(self, action: Action | Member | Group, by: int) -> None:
        """An entry with this action came (1) or went (-1)."""
        if isinstance(action, Member):
            self._member_refs[action.id] += by
        elif isinstance(action, Group):
            self._group_refs[action.id] += by

    # ---- members

    def _data(self, action: Action) -> tuple[int, bytes]:
        declared = self._actions.get(action.name)
        if declared is None:
            raise InvalidArgument(f"profile {self.name}: no table that uses it has an action {action.name}")
        if len(action.params) != len(declared.params):
            raise InvalidArgument(f"action {action.name} takes {len(declared.params)} parameters")
        for param, value in zip(declared.params, action.params, strict=True):
            if not 0 <= value < 1 << param.width:
                raise OutOfRange(f"action {action.name}, {param.name}: {value:#x} has more than {param.width} bits")
        words = pack_params(declared, action.params)
        words += [0] * (self._param_words - len(words))
        return declared.index, struct.pack(f"={len(words)}Q", *words)

    def insert_member(self, member: int, action: Action) -> None:
        if member in self._member_slots:
            raise AlreadyExists(f"profile {self.name}: member {member} exists already")
        index, data = self._data(action)
        slot = self._member_slots.take(member)
        n.check(self._n.selector_set_member(self.pointer, slot, index, data), f"profile {self.name}")
        self.members[member] = action

    def modify_member(self, member: int, action: Action) -> None:
        slot = self.member_slot(member)
        index, data = self._data(action)
        n.check(self._n.selector_set_member(self.pointer, slot, index, data), f"profile {self.name}")
        self.members[member] = action

    def delete_member(self, member: int) -> None:
        self.member_slot(member)
        if self._member_refs[member] > 0:
            raise InUse(f"profile {self.name}: member {member} is in use")
        self._grace()
        self._n.selector_delete_member(self.pointer, self._member_slots.free(member))
        del self.members[member]

    def _grace(self) -> None:
        """Packets that still follow an entry or group to this slot are through before the slot is given to another."""
        self._n.qsbr_synchronize(self._n.pipeline_qsbr(self._pipeline))

    # ---- groups

    def insert_group(self, group: int, members: Sequence[GroupMember], random: bool) -> None:
        if group in self._group_slots:
            raise AlreadyExists(f"profile {self.name}: group {group} exists already")
        for m in members:
            self.member_slot(m.member)
        self._group_slots.take(group)
        self._set_group(group, members, random)

    def modify_group(self, group: int, members: Sequence[GroupMember], random: bool) -> None:
        self.group_slot(group)
        for m in members:
            self.member_slot(m.member)
        self._forget(group)
        self._set_group(group, members, random)

    def _set_group(self, group: int, members: Sequence[GroupMember], random: bool) -> None:
        for m in members:
            self._member_refs[m.member] += 1
            if m.watch is not None:
                self.watchers[m.watch].add(group)
        self.groups[group] = tuple(members)
        if random:
            self._random.add(group)
        self._publish(group)

    def _forget(self, group: int) -> None:
        """Undo what _set_group noted."""
        self._random.discard(group)
        for m in self.groups.pop(group):
            self._member_refs[m.member] -= 1
            if m.watch is not None:
                self.watchers[m.watch].discard(group)
                if not self.watchers[m.watch]:
                    del self.watchers[m.watch]

    def _publish(self, group: int) -> None:
        """Let packets see the members whose watch ports are up; if there are none, the group is an empty one."""
        members = [m for m in self.groups[group] if m.watch not in self._down]
        slots = struct.pack(f"={len(members)}I", *(self.member_slot(m.member) for m in members))
        weights = struct.pack(f"={len(members)}I", *(m.weight for m in members))
        code = self._n.selector_set_group(
            self.pointer, self.group_slot(group), len(members), slots, weights, group in self._random
        )
        n.check(code, f"profile {self.name}, group {group}")

    def port_changed(self, port: int) -> None:
        """The port is among those that are down now, or not any more."""
        for group in self.watchers.get(port, ()):
            self._publish(group)

    def delete_group(self, group: int) -> None:
        self.group_slot(group)
        if self._group_refs[group] > 0:
            raise InUse(f"profile {self.name}: group {group} is in use")
        self._grace()
        self._n.selector_delete_group(self.pointer, self._group_slots.free(group))
        self._forget(group)
