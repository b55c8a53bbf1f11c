"""Action profiles and selectors: members, groups, and one-shot action sets.

P4Runtime 1.5: "ActionProfileMember & ActionProfileGroup", "One Shot Action Selector Programming".
A selector is programmed in one of two styles at a time: by members and groups, or by action sets in table entries. An
action set becomes members and a group of the engine under ids of our own; what the client wrote is kept for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime import actions
from switch.p4runtime.port_numbers import port_of_bytes, port_of_number, port_to_bytes
from switch.p4runtime.schema import Profile, Schema, Scope, Table
from switch.p4runtime.status import (
    ALREADY_EXISTS,
    INVALID_ARGUMENT,
    NOT_FOUND,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    StatusError,
)
from switch.p4runtime.updates import DELETE, INSERT, Undo, UpdateKind
from switch.values import Action, Group, GroupMember, Member

# What a group's members and an action set's actions have in common.
Weighted = p4r.ActionProfileGroup.Member | p4r.ActionProfileAction


@dataclass
class _State:
    """What one profile holds, as reads show it: byte strings in canonical form, all else as written."""

    groups: dict[int, p4r.ActionProfileGroup] = field(default_factory=dict)
    sets: dict[int, p4r.ActionProfileActionSet] = field(default_factory=dict)  # by our own numbers of their groups
    used: int = 0  # the size of all groups and sets together


class Profiles:
    """The action profiles of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._schema = schema
        self._engine = engine
        self._states = {number: _State() for number in schema.profiles}
        self._own_ids = count(1)

    # ---- members

    def write_member(self, kind: UpdateKind, message: p4r.ActionProfileMember, undo: Undo) -> None:
        profile = self._profile(message.action_profile_id)
        self._refuse_one_shot(profile)
        name, number = profile.name, message.member_id
        if number == 0:
            raise StatusError(INVALID_ARGUMENT, f"{name}: 0 is no member id")
        old = self._engine.member(name, number)
        if kind == DELETE:
            self._engine.delete_member(name, number)
            undo.add(lambda: self._engine.insert_member(name, number, _required(old)))
            return
        if not message.HasField("action"):
            raise StatusError(INVALID_ARGUMENT, f"{name}: member {number} needs an action")
        action = self._member_action(profile, message.action)
        if kind == INSERT:
            if old is None and not profile.selector and 0 < profile.size <= self._engine.member_count(name):
                raise StatusError(RESOURCE_EXHAUSTED, f"{name}: its size is {profile.size} members")
            self._engine.insert_member(name, number, action)
            undo.add(lambda: self._engine.delete_member(name, number))
        else:
            self._engine.modify_member(name, number, action)
            undo.add(lambda: self._engine.modify_member(name, number, _required(old)))

    def read_member(self, message: p4r.ActionProfileMember) -> Iterator[p4r.Entity]:
        for profile in self._selected(message.action_profile_id):
            if message.action_profile_id:
                self._refuse_one_shot(profile)
            elif self._one_shot(profile):
                continue
            if message.member_id:
                one = self._engine.member(profile.name, message.member_id)
                members = {message.member_id: one} if one is not None else {}
            else:
                members = self._engine.members(profile.name)
            for number in sorted(members):
                found = p4r.Entity()
                found.action_profile_member.action_profile_id = profile.id
                found.action_profile_member.member_id = number
                shown = actions.action_to_message(profile.actions, members[number])
                found.action_profile_member.action.CopyFrom(shown)
                yield found

    # ---- groups

    def write_group(self, kind: UpdateKind, message: p4r.ActionProfileGroup, undo: Undo) -> None:
        profile = self._profile(message.action_profile_id)
        if not profile.selector:
            raise StatusError(INVALID_ARGUMENT, f"{profile.name}: an action profile without selector has no groups")
        self._refuse_one_shot(profile)
        number = message.group_id
        if number == 0:
            raise StatusError(INVALID_ARGUMENT, f"{profile.name}: 0 is no group id")
        old = self._states[profile.id].groups.get(number)
        if kind == INSERT and old is not None:
            raise StatusError(ALREADY_EXISTS, f"{profile.name}: group {number} exists")
        if kind != INSERT and old is None:
            raise StatusError(NOT_FOUND, f"{profile.name}: group {number} does not exist")
        if kind == DELETE:
            self._put_group(profile, number, None)
        else:
            self._check_group(profile, message, old)
            copy = p4r.ActionProfileGroup()
            copy.CopyFrom(message)
            self._shorten_ports(copy.members)
            self._put_group(profile, number, copy)
        undo.add(lambda: self._put_group(profile, number, old))

    def read_group(self, message: p4r.ActionProfileGroup) -> Iterator[p4r.Entity]:
        for profile in self._selected(message.action_profile_id):
            if message.action_profile_id:
                self._refuse_one_shot(profile)
            groups = self._states[profile.id].groups
            for number in [message.group_id] if message.group_id else sorted(groups):
                if number in groups:
                    yield p4r.Entity(action_profile_group=groups[number])

    def _put_group(self, profile: Profile, number: int, message: p4r.ActionProfileGroup | None) -> None:
        """Make a group what the message says; None deletes it."""
        state = self._states[profile.id]
        old = state.groups.get(number)
        gone = _size(old.members, profile.count_members) if old is not None else 0
        if message is None:
            self._engine.delete_group(profile.name, number)
            del state.groups[number]
            state.used -= gone
            return
        members = [GroupMember(m.member_id, max(m.weight, 1), self._watch(profile, m)) for m in message.members]
        if old is not None:
            self._engine.modify_group(profile.name, number, members)
        else:
            self._engine.insert_group(profile.name, number, members)
        state.groups[number] = message
        state.used += _size(message.members, profile.count_members) - gone

    def _check_group(
        self, profile: Profile, message: p4r.ActionProfileGroup, old: p4r.ActionProfileGroup | None
    ) -> None:
        name, number = profile.name, message.group_id
        if old is not None and message.max_size != old.max_size:
            raise StatusError(INVALID_ARGUMENT, f"{name}: group {number}: max_size cannot be changed")
        if message.max_size < 0:
            raise StatusError(INVALID_ARGUMENT, f"{name}: group {number}: max_size {message.max_size} is below 0")
        if 0 < profile.max_group_size < message.max_size:
            raise StatusError(
                INVALID_ARGUMENT,
                f"{name}: group {number}: max_size {message.max_size} is above the selector's {profile.max_group_size}",
            )
        if profile.max_group_size and not message.max_size:
            raise StatusError(
                INVALID_ARGUMENT, f"{name}: group {number}: max_size must be 1 to {profile.max_group_size}"
            )
        self._check_weights(profile, message.members, profile.count_members)
        numbers = [m.member_id for m in message.members]
        if len(set(numbers)) != len(numbers):
            raise StatusError(INVALID_ARGUMENT, f"{name}: group {number}: a member is given twice; use its weight")
        missing = next((n for n in numbers if self._engine.member(name, n) is None), None)
        if missing is not None:
            raise StatusError(NOT_FOUND, f"{name}: member {missing} does not exist")
        size = _size(message.members, profile.count_members)
        limit = message.max_size or profile.max_group_size
        if 0 < limit < size:
            raise StatusError(RESOURCE_EXHAUSTED, f"{name}: group {number}: its size would be {size}, at most {limit}")
        self._check_total(profile, size - (_size(old.members, profile.count_members) if old is not None else 0))

    def _check_total(self, profile: Profile, more: int) -> None:
        """All groups of a selector together have a size, too. RESOURCE_EXHAUSTED if `more` does not fit in."""
        if not profile.size or more <= 0:
            return
        total = self._states[profile.id].used + more
        if total > profile.size:
            what = "members" if profile.count_members else "weights"
            raise StatusError(
                RESOURCE_EXHAUSTED, f"{profile.name}: {total} {what} in its groups, at most {profile.size}"
            )

    # ---- what table entries refer to

    def reference(
        self, table: Table, message: p4r.TableAction, replaced: Action | Member | Group | None
    ) -> Member | Group:
        """The member or group that an entry names; NOT_FOUND if it does not exist. An action set makes its group.

        `replaced`: what the entry named before, which the caller will release.
        """
        profile = self._schema.profiles[table.profile]
        which = message.WhichOneof("type")
        if which == "action":
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries name a member or group of {profile.name}")
        if which == "action_profile_action_set":
            return self._one_shot_group(profile, table, message.action_profile_action_set, replaced)
        self._refuse_one_shot(profile)
        if which == "action_profile_member_id":
            number = message.action_profile_member_id
            if self._engine.member(profile.name, number) is None:
                raise StatusError(NOT_FOUND, f"{profile.name}: member {number} does not exist")
            return Member(number)
        if not profile.selector:
            raise StatusError(INVALID_ARGUMENT, f"{profile.name}: an action profile without selector has no groups")
        number = message.action_profile_group_id
        if number not in self._states[profile.id].groups:
            raise StatusError(NOT_FOUND, f"{profile.name}: group {number} does not exist")
        return Group(number)

    def fill(self, table: Table, action: Member | Group, message: p4r.TableAction) -> None:
        """Show what an entry refers to, in the style in which it was written."""
        if isinstance(action, Member):
            message.action_profile_member_id = action.id
            return
        shown = self._states[table.profile].sets.get(action.id)
        if shown is not None:
            message.action_profile_action_set.SetInParent()  # also if it is empty
            message.action_profile_action_set.CopyFrom(shown)
        else:
            message.action_profile_group_id = action.id

    def release(self, table: Table, action: Action | Member | Group, undo: Undo | None = None) -> None:
        """An entry no longer refers to this: if it was a one-shot set, its group and members go."""
        if not isinstance(action, Group):
            return
        state = self._states.get(table.profile)
        shown = state.sets.pop(action.id, None) if state is not None else None
        if state is None or shown is None:
            return
        profile = self._schema.profiles[table.profile]
        name, number = profile.name, action.id
        state.used -= _size(shown.action_profile_actions, profile.count_members)
        members = self._engine.group(name, number)
        old = [(member, _required(self._engine.member(name, member.member))) for member in members]
        self._engine.delete_group(name, number)
        for member in members:
            self._engine.delete_member(name, member.member)
        if undo is not None:
            undo.add(lambda: self._make_set(profile, number, old, shown))

    # ---- one-shot sets

    def _one_shot_group(
        self,
        profile: Profile,
        table: Table,
        message: p4r.ActionProfileActionSet,
        replaced: Action | Member | Group | None,
    ) -> Group:
        name = profile.name
        if not profile.selector:
            raise StatusError(INVALID_ARGUMENT, f"{name}: one-shot programming needs a selector")
        if not self._one_shot(profile) and (self._engine.member_count(name) or self._states[profile.id].groups):
            raise StatusError(INVALID_ARGUMENT, f"{name} is programmed by members and groups; one-shot sets cannot mix")
        items = message.action_profile_actions
        semantics = p4r.ActionProfileActionSet
        if message.action_selection_mode not in semantics.ActionSelectionMode.values():
            raise StatusError(INVALID_ARGUMENT, f"{name}: unknown selection mode {message.action_selection_mode}")
        if message.size_semantics not in semantics.SizeSemantics.values():
            raise StatusError(INVALID_ARGUMENT, f"{name}: unknown size semantics {message.size_semantics}")
        count_members = profile.count_members
        if message.size_semantics:
            count_members = message.size_semantics == semantics.SUM_OF_MEMBERS
        self._check_weights(profile, items, count_members)
        size = _size(items, count_members)
        if 0 < profile.max_group_size < size:
            raise StatusError(INVALID_ARGUMENT, f"{name}: a set of size {size}, at most {profile.max_group_size}")
        before = self._states[profile.id].sets.get(replaced.id) if isinstance(replaced, Group) else None
        gone = _size(before.action_profile_actions, profile.count_members) if before is not None else 0
        self._check_total(profile, _size(items, profile.count_members) - gone)
        members = [
            (
                GroupMember(next(self._own_ids), max(item.weight, 1), self._watch(profile, item)),
                self._member_action(profile, item.action),
            )
            for item in items
        ]
        copy = p4r.ActionProfileActionSet()
        copy.CopyFrom(message)
        self._shorten_ports(copy.action_profile_actions)
        for item, (_, action) in zip(copy.action_profile_actions, members, strict=True):
            item.action.CopyFrom(actions.action_to_message(profile.actions, action))
        group = Group(next(self._own_ids))
        self._make_set(profile, group.id, members, copy)
        # Taking the entry back takes its group with it: no step of our own for the log.
        return group

    def _make_set(
        self, profile: Profile, group: int, members: list[tuple[GroupMember, Action]], shown: p4r.ActionProfileActionSet
    ) -> None:
        done: list[int] = []
        random = shown.action_selection_mode == p4r.ActionProfileActionSet.RANDOM
        try:
            for member, action in members:
                self._engine.insert_member(profile.name, member.member, action)
                done.append(member.member)
            self._engine.insert_group(profile.name, group, [member for member, _ in members], random=random)
        except errors.EngineError:
            for number in done:
                self._engine.delete_member(profile.name, number)
            raise
        state = self._states[profile.id]
        state.sets[group] = shown
        state.used += _size(shown.action_profile_actions, profile.count_members)

    def _one_shot(self, profile: Profile) -> bool:
        return bool(self._states[profile.id].sets)

    def _refuse_one_shot(self, profile: Profile) -> None:
        if self._one_shot(profile):
            raise StatusError(INVALID_ARGUMENT, f"{profile.name} is programmed by one-shot sets; members cannot mix")

    # ---- helpers

    def _profile(self, number: int) -> Profile:
        profile = self._schema.profiles.get(number)
        if profile is None:
            raise StatusError(INVALID_ARGUMENT, f"no action profile has the id {number}")
        return profile

    def _selected(self, number: int) -> Iterable[Profile]:
        return [self._profile(number)] if number else self._schema.profiles.values()

    def _member_action(self, profile: Profile, message: p4r.Action) -> Action:
        action = actions.translate_action(profile.actions, message, profile.name)
        scopes = {self._schema.tables[t].scopes.get(message.action_id) for t in profile.tables}
        if Scope.DEFAULT_ONLY in scopes:
            raise StatusError(PERMISSION_DENIED, f"{profile.name}: {action.name} may only be a default action")
        return action

    def _watch(self, profile: Profile, message: Weighted) -> int | None:
        """The port that a member watches. Raises StatusError, INVALID_ARGUMENT if the device cannot have it."""
        cpu, what = self._engine.cpu_port, f"{profile.name}: watch port"
        if message.watch_port:
            return port_of_bytes(message.watch_port, cpu, what, self._schema.port_strings)
        return port_of_number(message.watch, cpu, what) if message.watch else None

    def _shorten_ports(self, members: Iterable[Weighted]) -> None:
        for member in members:
            if member.watch_port:
                member.watch_port = port_to_bytes(member.watch_port, self._schema.port_strings)

    def _check_weights(self, profile: Profile, members: Iterable[Weighted], count_members: bool) -> None:
        for message in members:
            self._watch(profile, message)
            weight, limit = message.weight, profile.max_member_weight
            if profile.weights_disallowed:
                if weight:
                    raise StatusError(INVALID_ARGUMENT, f"{profile.name}: this selector allows no weights")
            elif weight <= 0:
                raise StatusError(INVALID_ARGUMENT, f"{profile.name}: a weight must be above 0")
            elif count_members and 0 < limit < weight:
                raise StatusError(INVALID_ARGUMENT, f"{profile.name}: weight {weight}, at most {limit}")


def _size(members: Sequence[Weighted], count_members: bool) -> int:
    """Of a group: the number of its members, or the sum of their weights."""
    return len(members) if count_members else sum(max(m.weight, 1) for m in members)


def _required(action: Action | None) -> Action:
    assert action is not None, "the engine would have refused to change what is not there"
    return action
