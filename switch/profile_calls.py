"""Action profiles and selectors of a loaded pipeline: members and groups. A base class of Engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import RLock

from switch.errors import NotFound
from switch.loaded_profile import LoadedProfile
from switch.values import Action, GroupMember


class ProfileCalls:
    """`_lock` is the engine's, for writers of state."""

    _lock: RLock
    _profiles: Mapping[str, LoadedProfile]

    def _profile(self, name: str) -> LoadedProfile:
        found = self._profiles.get(name)
        if found is None:
            raise NotFound(f"there is no action profile {name}")
        return found

    def insert_member(self, profile: str, member: int, action: Action) -> None:
        with self._lock:
            self._profile(profile).insert_member(member, action)

    def modify_member(self, profile: str, member: int, action: Action) -> None:
        with self._lock:
            self._profile(profile).modify_member(member, action)

    def delete_member(self, profile: str, member: int) -> None:
        """Raises InUse while an entry or group refers to it."""
        with self._lock:
            self._profile(profile).delete_member(member)

    def member(self, profile: str, member: int) -> Action | None:
        return self._profile(profile).members.get(member)

    def member_count(self, profile: str) -> int:
        return len(self._profile(profile).members)

    def members(self, profile: str) -> dict[int, Action]:
        return dict(self._profile(profile).members)

    def insert_group(self, profile: str, group: int, members: Sequence[GroupMember], *, random: bool = False) -> None:
        """`random`: packets take a random member; else the selector's hash decides."""
        with self._lock:
            self._profile(profile).insert_group(group, members, random)

    def modify_group(self, profile: str, group: int, members: Sequence[GroupMember], *, random: bool = False) -> None:
        with self._lock:
            self._profile(profile).modify_group(group, members, random)

    def delete_group(self, profile: str, group: int) -> None:
        """Raises InUse while an entry refers to it."""
        with self._lock:
            self._profile(profile).delete_group(group)

    def group(self, profile: str, group: int) -> tuple[GroupMember, ...]:
        """The members of a group; NotFound if there is none of this number."""
        found = self._profile(profile).groups.get(group)
        if found is None:
            raise NotFound(f"profile {profile} has no group {group}")
        return found

    def groups(self, profile: str) -> dict[int, tuple[GroupMember, ...]]:
        return dict(self._profile(profile).groups)
