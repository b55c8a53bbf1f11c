"""Selectors: groups, one-shot action sets, watch ports. Oracle: P4Runtime 1.5, the section that each test names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from device import DELETE, INSERT, MODIFY, Device, entities
from finsy.proto import p4i


@pytest.fixture
def device() -> Iterator[Device]:
    with entities() as made:
        yield made


def member(number: int, port: int, profile: str = "sel") -> str:
    """A member that sends to a port."""
    return (
        f"action_profile_member {{ action_profile_id: <{profile}> member_id: {number} "
        f'action {{ action_id: <send> params {{ param_id: 1 value: "\\{port:03o}" }} }} }}'
    )


def group(members: str, profile: str = "sel", number: int = 1, max_size: int = 4) -> str:
    return (
        f"action_profile_group {{ action_profile_id: <{profile}> group_id: {number} "
        f"{f'max_size: {max_size} ' if max_size else ''}{members} }}"
    )


def entry(action: str, table: str = "ecmp", key: int = 1) -> str:
    return f'table_entry {{ table_id: <{table}> match {{ field_id: 1 exact {{ value: "\\{key:03o}" }} }} {action} }}'


TO_GROUP = "action { action_profile_group_id: 1 }"


def one(port: int, weight: int = 1, more: str = "") -> str:
    send = f'action {{ action_id: <send> params {{ param_id: 1 value: "\\{port:03o}" }} }}'
    weighted = f"weight: {weight}" if weight else ""
    return f"action_profile_actions {{ {send} {weighted} {more} }}"


def action_set(*items: str, more: str = "") -> str:
    return f"action {{ action_profile_action_set {{ {' '.join(items)} {more} }} }}"


def ports(device: Device, op: int = 5, count: int = 200) -> set[int]:
    """Where packets of many flows go."""
    return {port for a in range(count) for port, _ in device.send(op=op, key=1, a=a * 7919)}


# ---- "Group Programming": watch_port


def test_a_member_whose_watch_port_is_down_is_not_selected(device: Device) -> None:
    """ "Group Programming": the member must be excluded from selection if the watch port is down."""
    device.insert(member(1, 11), member(2, 12))
    watched = group(
        'members { member_id: 1 weight: 1 watch_port: "\\013" } members { member_id: 2 weight: 1 watch_port: "\\014" }'
    )
    device.insert(watched)
    device.insert(entry(TO_GROUP))
    assert device.engine.watched_ports() == {11, 12}
    assert ports(device) == {11, 12}
    device.engine.set_port_up(11, False)
    assert ports(device) == {12}
    device.engine.set_port_up(12, False)
    assert ports(device) == {1}  # the group is as good as empty: no action is run
    device.engine.set_port_up(11, True)
    assert ports(device) == {11}
    device.engine.set_port_up(12, True)
    assert ports(device) == {11, 12}
    device.reads_back(watched, by="action_profile_group { action_profile_id: <sel> }")


def test_a_member_without_watch_port_is_selected_whatever_is_down(device: Device) -> None:
    """ "Group Programming": if watch_port is empty, the member is always included."""
    device.insert(member(1, 11), member(2, 12))
    device.insert(group("members { member_id: 1 weight: 1 } members { member_id: 2 weight: 1 }"))
    device.insert(entry(TO_GROUP))
    device.engine.set_port_up(11, False)
    assert ports(device) == {11, 12}


def test_the_number_watch_of_older_clients_watches_too(device: Device) -> None:
    """ "Changes in v1.3.0": `watch` (int32) is deprecated in favour of watch_port."""
    device.insert(member(1, 11), member(2, 12))
    device.insert(group("members { member_id: 1 weight: 1 watch: 11 } members { member_id: 2 weight: 1 }"))
    device.insert(entry(TO_GROUP))
    device.engine.set_port_up(11, False)
    assert ports(device) == {12}


def test_the_port_that_is_down_already_counts_for_a_new_or_modified_group(device: Device) -> None:
    """ "Group Programming": liveness holds at run time, whenever the group was written."""
    device.engine.set_port_up(11, False)
    device.insert(member(1, 11), member(2, 12))
    device.insert(group('members { member_id: 1 weight: 1 watch_port: "\\013" } members { member_id: 2 weight: 1 }'))
    device.insert(entry(TO_GROUP))
    assert ports(device) == {12}
    device.modify(group("members { member_id: 1 weight: 1 } members { member_id: 2 weight: 1 }"))
    assert ports(device) == {11, 12} and device.engine.watched_ports() == set()


@pytest.mark.parametrize("port", ["\\002\\000", "\\377\\377\\377\\376"])
def test_a_watch_port_that_the_device_cannot_have_is_refused(device: Device, port: str) -> None:
    """ "Group Programming": the SDN port of an existing port, otherwise INVALID_ARGUMENT."""
    device.insert(member(1, 11))
    bad = f'members {{ member_id: 1 weight: 1 watch_port: "{port}" }}'
    assert device.write(INSERT, group(bad)) == "INVALID_ARGUMENT"
    assert device.write(INSERT, entry(action_set(one(11, more=f'watch_port: "{port}"')))) == "INVALID_ARGUMENT"


def test_the_cpu_port_has_a_number_of_its_own(device: Device) -> None:
    """ "Translation of Port Numbers": SDN_PORT_CPU is 0xfffffffd."""
    device.insert(member(1, 11))
    device.insert(group('members { member_id: 1 weight: 1 watch_port: "\\377\\377\\377\\375" }'))
    assert device.engine.watched_ports() == {510}


# ---- "Group Programming": weights and sizes


def test_weights_of_any_sum_are_honoured(device: Device) -> None:
    """ "Group Programming": weight specifies the probability of the member's selection."""
    device.insert(member(1, 11, "wide_sel"), member(2, 12, "wide_sel"))
    huge = "members { member_id: 1 weight: 2147483647 } members { member_id: 2 weight: 715827882 }"
    device.insert(group(huge, "wide_sel", max_size=0))
    device.insert(entry(TO_GROUP, "wide"))
    sent = Counter(port for a in range(3000) for port, _ in device.send(op=6, key=1, a=a * 7919))
    assert abs(sent[11] - 2250) < 5 * 24  # a binomial's standard deviation: sqrt(3000 * 3/4 * 1/4)
    device.reads_back(group(huge, "wide_sel", max_size=0), by="action_profile_group { }")


@pytest.mark.parametrize(("max_size", "code"), [(1, "OK"), (4, "OK"), (0, "INVALID_ARGUMENT"), (5, "INVALID_ARGUMENT")])
def test_max_size_is_from_1_to_max_group_size_where_there_is_one(device: Device, max_size: int, code: str) -> None:
    """ "Rules on Setting max_size": greater than 0, and less than or equal to max_group_size (4 here)."""
    device.insert(member(1, 11))
    assert device.write(INSERT, group("members { member_id: 1 weight: 1 }", max_size=max_size)) == code


def test_max_size_does_not_change(device: Device) -> None:
    """ "Group Programming": must not be changed in a MODIFY update, otherwise INVALID_ARGUMENT."""
    device.insert(member(1, 11))
    device.insert(group("members { member_id: 1 weight: 1 }", max_size=2))
    assert device.write(MODIFY, group("members { member_id: 1 weight: 1 }", max_size=3)) == "INVALID_ARGUMENT"
    assert device.write(MODIFY, group("members { member_id: 1 weight: 3 }", max_size=2)) == "RESOURCE_EXHAUSTED"


def test_the_groups_of_a_selector_together_have_its_size(device: Device) -> None:
    """ "ActionProfile": size is the maximum sum of weights across all selector groups (8 here)."""
    device.insert(member(1, 11))
    four = "members { member_id: 1 weight: 4 }"
    device.insert(group(four, number=1), group(four, number=2))
    assert device.write(INSERT, group("members { member_id: 1 weight: 1 }", number=3)) == "RESOURCE_EXHAUSTED"
    device.modify(group("members { member_id: 1 weight: 3 }", number=2))
    device.insert(group("members { member_id: 1 weight: 1 }", number=3))


def by_members(info: p4i.P4Info) -> None:
    for profile in info.action_profiles:
        profile.sum_of_members.max_member_weight = 100


def test_sizes_by_members_ignore_weights_but_bound_each() -> None:
    """ "ActionProfile": sum_of_members: the number of members, irrespective of their weight; max_member_weight."""
    with entities(by_members) as device:
        device.insert(*(member(n, 10 + n) for n in range(1, 6)))
        full = " ".join(f"members {{ member_id: {n} weight: 100 }}" for n in range(1, 5))
        device.insert(group(full))
        more = full + " members { member_id: 5 weight: 1 }"
        assert device.write(MODIFY, group(more)) == "RESOURCE_EXHAUSTED"
        assert device.write(MODIFY, group("members { member_id: 1 weight: 101 }")) == "INVALID_ARGUMENT"


def no_weights(info: p4i.P4Info) -> None:
    for profile in info.action_profiles:
        profile.weights_disallowed = True


def test_where_weights_are_disallowed_0_is_the_only_one() -> None:
    """ "Group Programming": if weights_disallowed is true, 0 is the only valid weight; else 0 is not valid."""
    with entities(no_weights) as device:
        device.insert(member(1, 11))
        assert device.write(INSERT, group("members { member_id: 1 weight: 1 }")) == "INVALID_ARGUMENT"
        device.insert(group("members { member_id: 1 }"))
        device.delete(group(""))
        device.delete(member(1, 11))
        assert device.write(INSERT, entry(action_set(one(11, weight=1)))) == "INVALID_ARGUMENT"
        device.insert(entry(action_set(one(11, weight=0), one(12, weight=0))))
        assert ports(device) == {11, 12}
    with entities() as device:
        device.insert(member(1, 11))
        assert device.write(INSERT, group("members { member_id: 1 }")) == "INVALID_ARGUMENT"


def test_what_a_group_may_not_hold(device: Device) -> None:
    """ "Group Programming": no duplicates; members must exist, or NOT_FOUND; a group in use is FAILED_PRECONDITION."""
    device.insert(member(1, 11))
    twice = "members { member_id: 1 weight: 1 } members { member_id: 1 weight: 1 }"
    assert device.write(INSERT, group(twice)) == "INVALID_ARGUMENT"
    assert device.write(INSERT, group("members { member_id: 9 weight: 1 }")) == "NOT_FOUND"
    device.insert(group("members { member_id: 1 weight: 1 }"), entry(TO_GROUP))
    assert device.write(DELETE, group("")) == "FAILED_PRECONDITION"
    assert device.write(DELETE, member(1, 11)) == "FAILED_PRECONDITION"
    device.delete(entry(""), group("members { member_id: 77 weight: 1 }", max_size=99), member(1, 11))


# ---- "One Shot Action Selector Programming"


def test_actions_of_a_set_are_excluded_while_their_watch_port_is_down(device: Device) -> None:
    """ "One Shot Action Selector Programming": at run time, the action must be excluded if the watch port is down."""
    shot = entry(action_set(one(11, more='watch_port: "\\013"'), one(12, 2, more='watch_port: "\\014"')))
    device.insert(shot)
    device.engine.set_port_up(12, False)
    assert ports(device) == {11}
    device.engine.set_port_up(12, True)
    assert ports(device) == {11, 12}
    device.reads_back(shot, by="table_entry { table_id: <ecmp> }")


def test_a_random_set_spreads_even_a_single_flow(device: Device) -> None:
    """ "One Shot Action Selector Programming": RANDOM selects an action at random, HASH by the flow."""
    shot = entry(action_set(one(11), one(12, 3), more="action_selection_mode: RANDOM"))
    device.insert(shot)
    sent = Counter(device.send(op=5, key=1, a=5)[0][0] for _ in range(2000))
    assert abs(sent[12] - 1500) < 5 * 20
    device.reads_back(shot, by="table_entry { table_id: <ecmp> }")
    hashed = entry(action_set(one(11), one(12, 3), more="action_selection_mode: HASH"))
    device.modify(hashed)
    assert len({device.send(op=5, key=1, a=5)[0][0] for _ in range(200)}) == 1
    assert ports(device) == {11, 12}
    device.reads_back(hashed, by="table_entry { table_id: <ecmp> }")


def test_size_semantics_of_a_set_override_the_selectors(device: Device) -> None:
    """ "One Shot Action Selector Programming": SUM_OF_MEMBERS counts members, SUM_OF_WEIGHTS weights (at most 4)."""
    heavy = (one(11, 3), one(12, 2))
    assert device.write(INSERT, entry(action_set(*heavy))) == "INVALID_ARGUMENT"
    assert device.write(INSERT, entry(action_set(*heavy, more="size_semantics: SUM_OF_WEIGHTS"))) == "INVALID_ARGUMENT"
    shot = entry(action_set(*heavy, more="size_semantics: SUM_OF_MEMBERS"))
    device.insert(shot)
    device.reads_back(shot, by="table_entry { table_id: <ecmp> }")
    five = action_set(*(one(p) for p in range(11, 16)), more="size_semantics: SUM_OF_MEMBERS")
    assert device.write(INSERT, entry(five, key=2)) == "INVALID_ARGUMENT"


def test_groups_and_sets_are_read_with_the_shortest_byte_strings(device: Device) -> None:
    """ "Bytestrings": the encoder of a reply uses the shortest strings that fit the values."""
    watched = 'members { member_id: 1 weight: 1 watch_port: "\\000\\013" }'
    device.insert(member(1, 11), group(watched))
    device.reads_back(group(watched.replace("\\000", "")), by="action_profile_group { action_profile_id: <sel> }")
    shot = entry(
        action_set(one(12, more='watch_port: "\\000\\014"').replace('"\\014" }', '"\\000\\014" }')), table="wide"
    )
    assert shot.count("\\000\\014") == 2  # the parameter's value and the watch port
    device.insert(shot)
    device.reads_back(shot.replace("\\000\\014", "\\014"), by="table_entry { table_id: <wide> }")
    assert ports(device, op=6) == {12}


def test_a_set_may_hold_an_action_twice(device: Device) -> None:
    """ "One Shot Action Selector Programming": the server must not coalesce actions with the same specification."""
    shot = entry(action_set(one(11), one(11), one(12, 2)))
    device.insert(shot)
    device.reads_back(shot, by="table_entry { table_id: <ecmp> }")
    assert ports(device) == {11, 12}


def test_sets_and_members_do_not_mix(device: Device) -> None:
    """ "One Shot Action Selector Programming": exclusively one or the other, or INVALID_ARGUMENT."""
    device.insert(entry(action_set(one(11))))
    assert device.write(INSERT, member(1, 11)) == "INVALID_ARGUMENT"
    device.delete(entry(""))
    device.insert(member(1, 11))
    assert device.write(INSERT, entry(action_set(one(11)))) == "INVALID_ARGUMENT"
    device.insert(member(1, 11, "wide_sel"))


def test_a_full_selector_lets_a_set_be_replaced(device: Device) -> None:
    """ "ActionProfile": size holds for what is there after the update, not for old and new together."""
    device.insert(entry(action_set(one(11, 4)), key=1), entry(action_set(one(12, 4)), key=2))
    device.modify(entry(action_set(one(13, 4)), key=1))
    assert ports(device) == {13}
    assert device.write(INSERT, entry(action_set(one(11)), key=3)) == "RESOURCE_EXHAUSTED"


# ---- "Constraints on action selector programming"


def test_empty_groups_and_sets_run_no_action(device: Device) -> None:
    """ "Constraints on action selector programming": an operation that results in an empty group is no error."""
    shot = entry(action_set())
    device.insert(shot)
    device.reads_back(shot, by="table_entry { table_id: <ecmp> }")
    assert ports(device, count=5) == {1}
    device.delete(entry(""))
    device.insert(group(""), entry(TO_GROUP))
    assert ports(device, count=5) == {1}


def test_one_group_may_hold_different_actions(device: Device) -> None:
    """ "Constraints on action selector programming": different actions in a group are optional, and supported."""
    marks = 'action_profile_actions { action { action_id: <mark> params { param_id: 1 value: "\\042" } } weight: 1 }'
    device.insert(entry(action_set(one(11), marks)))
    sent = [device.send(op=5, key=1, a=a * 7919)[0] for a in range(100)]
    assert {(port, fields["r"]) for port, fields in sent} == {(11, 0), (1, 0x22)}
