"""Action profiles and selectors: members, groups, and one-shot action sets.

P4Runtime 1.4: "ActionProfileMember & ActionProfileGroup", "One Shot Action Selector Programming".
A selector is programmed in one of two styles at a time: by members and groups, or by action sets in table entries. An
action set becomes members and a group of the engine under ids of our own; what the client wrote is kept for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime import actions
from switch.p4runtime.schema import Profile, Schema, Scope, Table
from switch.p4runtime.status import (
    ALREADY_EXISTS,
    INVALID_ARGUMENT,
    NOT_FOUND,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    StatusError,
)
from switch.p4runtime.updates import DELETE, INSERT, Undo, UpdateKind
from switch.values import Action, Group, Member

Weighted = list[tuple[int, int]]


class Profiles:
    """The action profiles of one pipeline."""

    def __init__(self, schema: Schema, engine: Engine) -> None:
        self._schema = schema
        self._engine = engine
        self._groups: dict[tuple[int, int], p4r.ActionProfileGroup] = {}  # (profile, group) -> as written
        self._sets: dict[tuple[int, int], p4r.ActionProfileActionSet] = {}  # (profile, our group) -> as written
        self._own_ids = count(1)

    # ---- members

    def write_member(self, kind: UpdateKind, message: p4r.ActionProfileMember, undo: Undo) -> None:
        profile = self._profile(message.action_profile_id)
        self._refuse_one_shot(profile)
        name, number = profile.name, message.member_id
        if number == 0:
            raise StatusError(INVALID_ARGUMENT, f"{name}: 0 is no member id")
        old = self._engine.members(name).get(number)
        if kind == DELETE:
            self._engine.delete_member(name, number)
            undo.add(lambda: self._engine.insert_member(name, number, _required(old)))
            return
        if not message.HasField("action"):
            raise StatusError(INVALID_ARGUMENT, f"{name}: member {number} needs an action")
        action = self._member_action(profile, message.action)
        if kind == INSERT:
            if old is None and not profile.selector and 0 < profile.size <= len(self._engine.members(name)):
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
            members = self._engine.members(profile.name)
            for number in sorted(members):
                if message.member_id in (0, number):
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
        old = self._groups.get((profile.id, number))
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
            self._put_group(profile, number, copy)
        undo.add(lambda: self._put_group(profile, number, old))

    def read_group(self, message: p4r.ActionProfileGroup) -> Iterator[p4r.Entity]:
        for profile in self._selected(message.action_profile_id):
            if message.action_profile_id:
                self._refuse_one_shot(profile)
            for (owner, number), group in sorted(self._groups.items(), key=lambda item: item[0]):
                if owner == profile.id and message.group_id in (0, number):
                    yield p4r.Entity(action_profile_group=group)

    def _put_group(self, profile: Profile, number: int, message: p4r.ActionProfileGroup | None) -> None:
        """Make a group what the message says; None deletes it."""
        key = (profile.id, number)
        if message is None:
            self._engine.delete_group(profile.name, number)
            del self._groups[key]
            return
        members = [(m.member_id, max(m.weight, 1)) for m in message.members]
        if key in self._groups:
            self._engine.modify_group(profile.name, number, members)
        else:
            self._engine.insert_group(profile.name, number, members)
        self._groups[key] = message

    def _check_group(
        self, profile: Profile, message: p4r.ActionProfileGroup, old: p4r.ActionProfileGroup | None
    ) -> None:
        name, number = profile.name, message.group_id
        if old is not None and message.max_size != old.max_size:
            raise StatusError(INVALID_ARGUMENT, f"{name}: group {number}: max_size cannot be changed")
        if message.max_size < 0 or 0 < profile.max_group_size < message.max_size:
            raise StatusError(
                INVALID_ARGUMENT,
                f"{name}: group {number}: max_size {message.max_size} is above the selector's {profile.max_group_size}",
            )
        _check_weights(profile, ((m.weight, m.WhichOneof("watch_kind")) for m in message.members))
        numbers = [m.member_id for m in message.members]
        if len(set(numbers)) != len(numbers):
            raise StatusError(INVALID_ARGUMENT, f"{name}: group {number}: a member is given twice; use its weight")
        known = self._engine.members(name)
        missing = next((n for n in numbers if n not in known), None)
        if missing is not None:
            raise StatusError(NOT_FOUND, f"{name}: member {missing} does not exist")
        size = len(numbers) if profile.count_members else sum(m.weight for m in message.members)
        limit = message.max_size or profile.max_group_size
        if 0 < limit < size:
            raise StatusError(RESOURCE_EXHAUSTED, f"{name}: group {number}: its size would be {size}, at most {limit}")

    # ---- what table entries refer to

    def reference(self, table: Table, message: p4r.TableAction, undo: Undo) -> Member | Group:
        """The member or group that an entry names; NOT_FOUND if it does not exist. An action set makes its group."""
        profile = self._schema.profiles[table.profile]
        which = message.WhichOneof("type")
        if which == "action":
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: its entries name a member or group of {profile.name}")
        if which == "action_profile_action_set":
            return self._one_shot_group(profile, table, message.action_profile_action_set, undo)
        self._refuse_one_shot(profile)
        if which == "action_profile_member_id":
            number = message.action_profile_member_id
            if number not in self._engine.members(profile.name):
                raise StatusError(NOT_FOUND, f"{profile.name}: member {number} does not exist")
            return Member(number)
        if not profile.selector:
            raise StatusError(INVALID_ARGUMENT, f"{profile.name}: an action profile without selector has no groups")
        number = message.action_profile_group_id
        if (profile.id, number) not in self._groups:
            raise StatusError(NOT_FOUND, f"{profile.name}: group {number} does not exist")
        return Group(number)

    def fill(self, table: Table, action: Member | Group, message: p4r.TableAction) -> None:
        """Show what an entry refers to, in the style in which it was written."""
        if isinstance(action, Member):
            message.action_profile_member_id = action.id
        elif (table.profile, action.id) in self._sets:
            message.action_profile_action_set.CopyFrom(self._sets[table.profile, action.id])
        else:
            message.action_profile_group_id = action.id

    def release(self, table: Table, action: Action | Member | Group, undo: Undo | None = None) -> None:
        """An entry no longer refers to this: if it was a one-shot set, its group and members go."""
        if not isinstance(action, Group):
            return
        shown = self._sets.pop((table.profile, action.id), None)
        if shown is None:
            return
        profile = self._schema.profiles[table.profile]
        name, number = profile.name, action.id
        weighted = list(self._engine.groups(name)[number])
        members = self._engine.members(name)
        old = [(member, weight, members[member]) for member, weight in weighted]
        self._engine.delete_group(name, number)
        for member, _ in weighted:
            self._engine.delete_member(name, member)
        if undo is not None:
            undo.add(lambda: self._make_set(profile, number, old, shown))

    # ---- one-shot sets

    def _one_shot_group(self, profile: Profile, table: Table, message: p4r.ActionProfileActionSet, undo: Undo) -> Group:
        name = profile.name
        if not profile.selector:
            raise StatusError(INVALID_ARGUMENT, f"{name}: one-shot programming needs a selector")
        if not self._one_shot(profile) and (self._engine.members(name) or self._engine.groups(name)):
            raise StatusError(INVALID_ARGUMENT, f"{name} is programmed by members and groups; one-shot sets cannot mix")
        if message.action_selection_mode or message.size_semantics:
            raise StatusError(UNIMPLEMENTED, f"{name}: modes of a single group are not supported")
        if not message.action_profile_actions:
            raise StatusError(INVALID_ARGUMENT, f"{table.name}: the action set is empty")
        items = message.action_profile_actions
        _check_weights(profile, ((item.weight, item.WhichOneof("watch_kind")) for item in items))
        size = len(items) if profile.count_members else sum(item.weight for item in items)
        if 0 < profile.max_group_size < size:
            raise StatusError(INVALID_ARGUMENT, f"{name}: a set of size {size}, at most {profile.max_group_size}")
        chosen = [(self._member_action(profile, item.action), max(item.weight, 1)) for item in items]
        members = [(next(self._own_ids), weight, action) for action, weight in chosen]
        copy = p4r.ActionProfileActionSet()
        copy.CopyFrom(message)
        group = Group(next(self._own_ids))
        self._make_set(profile, group.id, members, copy)
        # Taking the entry back takes its group with it: no step of our own for the log.
        return group

    def _make_set(
        self, profile: Profile, group: int, members: list[tuple[int, int, Action]], shown: p4r.ActionProfileActionSet
    ) -> None:
        done: list[int] = []
        try:
            for member, _, action in members:
                self._engine.insert_member(profile.name, member, action)
                done.append(member)
            self._engine.insert_group(profile.name, group, [(member, weight) for member, weight, _ in members])
        except errors.EngineError:
            for member in done:
                self._engine.delete_member(profile.name, member)
            raise
        self._sets[profile.id, group] = shown

    def _one_shot(self, profile: Profile) -> bool:
        return any(owner == profile.id for owner, _ in self._sets)

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


def _check_weights(profile: Profile, members: Iterable[tuple[int, str | None]]) -> None:
    for weight, watch in members:
        if watch is not None:
            raise StatusError(UNIMPLEMENTED, f"{profile.name}: watch ports are not supported")
        if profile.weights_disallowed:
            if weight:
                raise StatusError(INVALID_ARGUMENT, f"{profile.name}: this selector allows no weights")
        elif weight <= 0:
            raise StatusError(INVALID_ARGUMENT, f"{profile.name}: a weight must be above 0")
        elif 0 < profile.max_member_weight < weight:
            raise StatusError(INVALID_ARGUMENT, f"{profile.name}: weight {weight}, at most {profile.max_member_weight}")


def _required(action: Action | None) -> Action:
    assert action is not None, "the engine would have refused to change what is not there"
    return action
