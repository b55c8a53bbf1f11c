"""From any state to any intent. Oracles: the states as sets, and packets.py for what packets meet on the way."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intents import HOSTS, acl_rules, intents, packets
from packets import Packet, State, fates

from controller.diff import DELETE, INSERT, MODIFY, Step, capacity, diff, steps
from controller.intent import Intent
from controller.planner import TABLES, plan

SIZES = {table.name: 1000 for table in TABLES}
EMPTY: State = {table.name: {} for table in TABLES}
SLOW = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def wanted(intent: Intent, held: State) -> State:
    return plan(intent, intent.gateways["gw1"], held, 4096).wanted


def play(state: State, todo: list[Step]) -> Iterator[State]:
    """Do the writes one by one on a copy, as strictly as a switch does; the state after each."""
    state = copy.deepcopy(state)
    for step in todo:
        for kind, key, value in step.writes:
            rows = state[step.table.name]
            assert (key in rows) is (kind != INSERT)
            if kind == DELETE:
                del rows[key]
            else:
                rows[key] = value
            yield state


def dangling(state: State) -> list[object]:
    """docs/gateway.md: the only reference is endpoint.vm(host) -> next_hop(host)."""
    return [
        key for key, value in state["endpoint"].items() if value[0] == "vm" and (value[1], 0) not in state["next_hop"]
    ]


@SLOW
@given(intents(), intents())
def test_writes_are_the_symmetric_difference_and_give_exactly_the_new_state(first: Intent, second: Intent) -> None:
    held = wanted(first, EMPTY)
    new = wanted(second, held)
    todo = steps(diff(new, held), held, SIZES)
    before = {(table, key): value for table, rows in held.items() for key, value in rows.items()}
    after = {(table, key): value for table, rows in new.items() for key, value in rows.items()}
    writes = [(step.table.name, key) for step in todo for _, key, _ in step.writes]
    assert sorted(writes, key=repr) == sorted({one for one, _ in before.items() ^ after.items()}, key=repr)
    *_, last = [held, *play(held, todo)]
    assert last == new


@SLOW
@given(intents(), intents())
def test_nothing_dangles_and_no_packet_is_harmed_on_the_way(first: Intent, second: Intent) -> None:
    """A packet that fares alike before and after fares so throughout; what is delivered goes where A or B says."""
    held = wanted(first, EMPTY)
    new = wanted(second, held)
    probes = packets(first, second)[:150]
    before = {packet: fates(held, packet) for packet in probes}
    after = {packet: fates(new, packet) for packet in probes}
    for state in play(held, steps(diff(new, held), held, SIZES)):
        assert not dangling(state)
        for packet in probes:
            now = fates(state, packet)
            if before[packet] == after[packet]:
                assert now == before[packet]
            for fate in now:
                assert fate[0] == "drop" or (fate[2:] in stations(first, packet) | stations(second, packet))


def stations(intent: Intent, packet: Packet) -> set[tuple[int, int]]:
    """(host, MAC) of the VMs that have the packet's destination in its own tenant."""
    return {
        (int(intent.hosts[vm.host].ip), vm.mac or 0)
        for tenant in intent.tenants.values()
        for vm in tenant.vms.values()
        if tenant.vni == packet.vni and int(vm.ip) == packet.dst
    }


ACL_PAIRS = st.tuples(st.lists(acl_rules(), max_size=8), st.lists(acl_rules(), max_size=8))


@SLOW
@given(ACL_PAIRS)
def test_while_an_access_list_changes_each_packet_meets_the_old_verdict_or_the_new(
    lists: tuple[list[Any], list[Any]],
) -> None:
    """Rule 3, write by write; two priorities that tie may give either, so both must be one of the two."""
    vms = {f"vm{n}": {"ip": f"10.1.0.{n}", "host": "h1", "mac": f"02:00:00:00:00:1{n}"} for n in (2, 3)}
    first, second = (
        Intent.model_validate(
            {
                "hosts": HOSTS,
                "gateways": {"gw1": {"p4runtime": "a:1", "vtep": HOSTS["h3"], "ports": {"1": {"hosts": ["h1"]}}}},
                "tenants": {"red": {"vni": 5, "subnets": {"web": {"cidr": "10.1.0.0/29"}}, "vms": vms, "acl": acl}},
            }
        )
        for acl in (lists[0], [*lists[0][:4], *lists[1]])
    )
    held = wanted(first, EMPTY)
    new = wanted(second, held)
    probes = [packet for packet in packets(first) if packet.dst < 0x0A010004]
    allowed = {packet: fates(held, packet) | fates(new, packet) for packet in probes}
    for state in play(held, steps(diff(new, held), held, SIZES)):
        for packet in probes:
            assert fates(state, packet) <= allowed[packet]


@SLOW
@given(intents(), intents(), intents(), st.randoms(use_true_random=False))
def test_killed_anywhere_and_applied_again_it_converges(
    first: Intent, second: Intent, third: Intent, dice: object
) -> None:
    """Killed after any write on the way to B (and then again on the way to C): the end is C, and nothing is left over.

    The tenants' numbers may differ from a run without a kill, so the oracle is what packets meet, and the counts.
    """
    state = wanted(first, EMPTY)
    for goal in (second, third):
        on_the_way = list(map(copy.deepcopy, play(state, steps(diff(wanted(goal, state), state), state, SIZES))))
        state = dice.choice([state, *on_the_way])  # type: ignore[attr-defined]
    new = wanted(third, state)
    for now in play(state, steps(diff(new, state), state, SIZES)):
        assert not dangling(now)
        state = now
    assert state == new
    clean = wanted(third, EMPTY)
    assert {name: len(rows) for name, rows in state.items()} == {name: len(rows) for name, rows in clean.items()}
    assert all(fates(state, packet) == fates(clean, packet) for packet in packets(third)[:100])


@SLOW
@given(intents())
def test_a_run_killed_anywhere_goes_on_where_it_was(intent: Intent) -> None:
    """From empty: writes before the kill and after it add up to one run's; nothing is written twice or deleted."""
    new = wanted(intent, EMPTY)
    total = sum(map(len, new.values()))
    for done, state in enumerate(play(EMPTY, steps(diff(new, EMPTY), EMPTY, SIZES)), start=1):
        again = diff(wanted(intent, state), state)
        assert sum(map(len, again)) == total - done
        assert not any(change.modify for change in again)


@given(intents())
@SLOW
def test_unchanged_means_no_writes(intent: Intent) -> None:
    state = wanted(intent, EMPTY)
    assert diff(wanted(intent, state), state) == []


def state_of(**tables: dict[object, object]) -> State:
    return {**EMPTY, **tables}  # type: ignore[dict-item]


def test_a_table_that_is_too_small_is_named_with_size_and_need() -> None:
    new = state_of(vm_source={(1, n, n, 9, 0): ("genuine",) for n in range(5)})
    (full,) = capacity(new, EMPTY, diff(new, EMPTY), {**SIZES, "vm_source": 4})
    assert (full.table, full.size, full.needed, full.during) == ("vm_source", 4, 5, False)


def test_an_exact_table_without_room_for_old_and_new_is_emptied_first() -> None:
    vni = {(5, 0): ("set_tenant", 1, 7)}
    old = state_of(vni=vni, vm_source={(1, n, n, 9, 0): ("genuine",) for n in range(3)})
    new = state_of(vni=vni, vm_source={(1, n, n, 8, 0): ("genuine",) for n in range(3)})
    sizes = {**SIZES, "vm_source": 4}
    assert not capacity(new, old, diff(new, old), sizes)
    kinds = [write[0] for step in steps(diff(new, old), old, sizes) for write in step.writes]
    assert kinds == [DELETE] * 3 + [INSERT] * 3
    assert [w[0] for s in steps(diff(new, old), old, SIZES) for w in s.writes] == [INSERT] * 3 + [DELETE] * 3


@pytest.mark.parametrize("table", ["next_hop", "acl"])
def test_no_room_for_old_and_new_where_that_would_harm_is_an_error(table: str) -> None:
    def rows(first: int) -> dict[object, object]:
        if table == "next_hop":
            return {(n, 0): ("to_port", 1, 2, 3) for n in range(first, first + 3)}
        any_ = (0, 0)
        return {(1, any_, any_, any_, any_, any_, any_, n): ("deny",) for n in range(first, first + 3)}

    old = state_of(vni={(5, 0): ("set_tenant", 1, 7)}, **{table: rows(10)})
    new = state_of(vni={(5, 0): ("set_tenant", 1, 7)}, **{table: rows(20)})
    (full,) = capacity(new, old, diff(new, old), {**SIZES, table: 5})
    assert (full.table, full.size, full.needed, full.during) == (table, 5, 6, True)


def test_entries_that_depend_on_order_are_never_in_one_step() -> None:
    """P4Runtime 12.2: a batch may be done in any order, so a step must not hold two priorities or prefix lengths."""
    any_ = (0, 0)
    new = state_of(
        acl={(1, any_, any_, any_, any_, any_, any_, n): ("deny",) for n in (3, 1, 2)},
        route={(1, (0x0A000000, n), 0): ("connected",) for n in (8, 24, 16)},
    )
    todo = steps(diff(new, EMPTY), EMPTY, SIZES)
    assert [[write[1][-1] for write in step.writes] for step in todo if step.table.name == "acl"] == [[3], [2], [1]]
    assert [[write[1][1][1] for write in s.writes] for s in todo if s.table.name == "route"] == [[24], [16], [8]]
    gone = steps(diff(EMPTY, new), {**new, "vni": {(5, 0): ("set_tenant", 1, 7)}}, SIZES)
    assert [[write[1][-1] for write in step.writes] for step in gone if step.table.name == "acl"] == [[1], [2], [3]]


def test_a_changed_action_is_one_modify() -> None:
    old, new = state_of(vni={(5, 0): ("set_tenant", 1, 7)}), state_of(vni={(5, 0): ("set_tenant", 1, 8)})
    (step,) = steps(diff(new, old), old, SIZES)
    assert step.writes == [(MODIFY, (5, 0), ("set_tenant", 1, 8))]
