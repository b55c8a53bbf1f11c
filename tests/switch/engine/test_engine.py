"""The engine's calls, and packets through them. Oracle: the P4 program beside the JSON, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from switch.engine import Engine
from switch.errors import AlreadyExists, Immutable, InUse, InvalidArgument, NotFound, OutOfRange
from switch.values import (
    Action,
    CloneSession,
    Count,
    Entry,
    Exact,
    Group,
    GroupMember,
    Lpm,
    Member,
    MeterConfig,
    Replica,
    Ternary,
    WriteKind,
)

from .golden import json_path, packets
from .program import field, program


@pytest.fixture
def exact() -> Iterator[Engine]:
    with Engine.load(json_path("table_exact"), optimise="quick") as engine:
        yield engine


T = "MyIngress.t"


def entry(key: int, port: int = 2, value: int = 0xBEEF) -> Entry:
    return Entry((Exact(key),), Action("MyIngress.set", (port, value)))


def test_a_packet_follows_its_entry_and_else_the_default(exact: Engine) -> None:
    packet = bytes.fromhex("00010000aa")
    assert exact.process(1, packet) == []
    assert exact.drops()["by the program in ingress"] == 1
    exact.insert(T, entry(1))
    assert exact.process(1, packet) == [(2, bytes.fromhex("0001beefaa"))]
    exact.modify(T, entry(1, 3, 7))
    assert exact.process(1, packet) == [(3, bytes.fromhex("00010007aa"))]
    exact.delete(T, (Exact(1),))
    assert exact.process(1, packet) == []
    exact.set_default(T, Action("MyIngress.set", (9, 0)))
    assert exact.process(1, packet) == [(9, bytes.fromhex("00010000aa"))]
    exact.set_default(T, None)
    assert exact.default(T) == Action("MyIngress.drop")
    assert exact.process(1, packet) == []


def test_what_was_written_is_read_back(exact: Engine) -> None:
    entries = {entry(key, key % 512, key) for key in range(16)}
    assert exact.write_many(T, [("insert", e) for e in entries]) == [None] * 16
    assert set(exact.entries(T)) == entries
    assert exact.entry(T, (Exact(5),)) == entry(5, 5, 5)
    [info] = [t for t in exact.tables() if t.name == T]
    assert (info.entries, info.size, info.match_kinds, info.match_widths) == (16, 16, ("exact",), (16,))


def test_writes_that_cannot_be_are_refused_each_with_its_error(exact: Engine) -> None:
    exact.insert(T, entry(1))
    with pytest.raises(AlreadyExists):
        exact.insert(T, entry(1))
    with pytest.raises(NotFound):
        exact.modify(T, entry(2))
    with pytest.raises(NotFound):
        exact.delete(T, (Exact(2),))
    with pytest.raises(NotFound):
        exact.insert("MyIngress.u", entry(2))
    for bad in (
        Entry((Exact(1 << 16),), Action("MyIngress.set", (1, 1))),
        Entry((Exact(2),), Action("MyIngress.set", (512, 1))),
    ):
        with pytest.raises(OutOfRange):
            exact.insert(T, bad)
    for bad in (
        Entry((), Action("MyIngress.drop")),
        Entry((Ternary(1, 1),), Action("MyIngress.drop")),
        Entry((Exact(2),), Action("NoAction")),
        Entry((Exact(2),), Action("MyIngress.set", (1,))),
        Entry((Exact(2),), Member(1)),
        Entry((Exact(2),), Action("MyIngress.drop"), priority=3),
        Entry((Exact(2),), Action("MyIngress.drop"), idle_timeout_ns=5),
    ):
        with pytest.raises(InvalidArgument):
            exact.insert(T, bad)
    with pytest.raises(OutOfRange):
        exact.process(1, bytes(10241))
    assert set(exact.entries(T)) == {entry(1)}


def test_lpm_value_with_bits_below_its_prefix_is_refused() -> None:
    with Engine.load(json_path("table_lpm"), optimise="quick") as engine:
        [table] = [t for t in engine.tables() if "lpm" in t.match_kinds]
        width = table.match_widths[0]
        params = tuple(0 for _ in engine.program.tables[0].actions[0].params)
        with pytest.raises(InvalidArgument, match="below its prefix"):
            engine.insert(table.name, Entry((Lpm(1, width - 8),), Action(table.actions[0], params)))


def test_const_tables_take_no_writes_until_unlocked() -> None:
    with Engine.load(json_path("table_entries_priority"), optimise="quick") as engine:
        before = list(engine.entries(T))
        assert before and all(e.const for e in before)
        with pytest.raises(Immutable):
            engine.delete(T, before[0].match, before[0].priority)
        engine.unlock_entries(T, 100)
        engine.delete(T, before[0].match, before[0].priority)
        for priority in range(1, 90):
            engine.insert(T, Entry(before[0].match, before[0].action, priority))
        assert len(list(engine.entries(T))) == len(before) + 88


def test_members_in_use_stay(tmp_path: object) -> None:
    with Engine.load(json_path("action_selector"), optimise="quick") as engine:
        [profile] = engine.program.profiles
        name = profile.name
        [table] = [t for t in engine.tables() if t.profile == name]
        action = next(a for a in engine.program.actions if a.name == "MyIngress.set")
        params = tuple(1 for _ in action.params)
        engine.insert_member(name, 7, Action(action.name, params))
        engine.insert_group(name, 9, [GroupMember(7, 2)])
        engine.insert(table.name, Entry((Exact(1),), Group(9)))
        assert [e.action for e in engine.entries(table.name)] == [Group(9)]
        with pytest.raises(InUse):
            engine.delete_member(name, 7)
        with pytest.raises(InUse):
            engine.delete_group(name, 9)
        engine.delete(table.name, (Exact(1),))
        engine.delete_group(name, 9)
        engine.delete_member(name, 7)
        assert engine.members(name) == {} and engine.groups(name) == {}


def test_counters_and_registers_read_what_was_written() -> None:
    with Engine.load(json_path("register_rw"), optimise="quick") as engine:
        for register in engine.program.registers:
            top = (1 << register.width) - 1
            engine.write_register(register.name, register.size - 1, top)
            assert engine.read_register(register.name, register.size - 1) == top
            with pytest.raises(OutOfRange):
                engine.write_register(register.name, 0, top + 1)
            with pytest.raises(OutOfRange):
                engine.read_register(register.name, register.size)
    with Engine.load(json_path("counter_indirect"), optimise="quick") as engine:
        for counter in engine.program.counters:
            engine.write_counter(counter.name, 1, Count(3, 400))
            assert engine.read_counter(counter.name, 1) == Count(3, 400)
            assert engine.read_counters(counter.name)[0] == Count(0, 0)


def test_optimised_code_does_what_the_quick_one_does() -> None:
    """The same packets through -O1 and -O3 objects on the same state."""
    path = json_path("expression_precedence")
    with Engine.load(path, optimise="quick") as quick, Engine.load(path, optimise="background") as full:
        full.wait_optimised()
        for port, data in packets("expression_precedence"):
            assert quick.process(port, data) == full.process(port, data)


def test_a_clone_session_truncates_what_it_sends() -> None:
    with Engine.load(json_path("clone_i2e"), optimise="quick") as engine:
        sent_before = [engine.process(port, data) for port, data in packets("clone_i2e")]
        for session in (100, 101):
            engine.set_clone_session(session, CloneSession((Replica(77),), truncate=5))
        sent = [engine.process(port, data) for port, data in packets("clone_i2e")]
        clones = [data for out in sent for port, data in out if port == 77]
        assert clones and all(len(data) == 5 for data in clones)
        assert not any(port == 77 for out in sent_before for port, _ in out)
        engine.set_clone_session(100, None)
        with pytest.raises(NotFound):
            engine.set_clone_session(100, None)


def test_endless_recirculation_ends() -> None:
    """A program that recirculates each packet for ever: the switch drops it after PASSES_MAX passes."""
    again = {"op": "recirculate", "parameters": [{"type": "hexstr", "value": "0x1"}]}
    made = program([("a", 8, False)], [("b", 8, False)], [again])
    made["field_lists"] = [{"id": 1, "name": "none", "elements": []}]
    with Engine.load(made, optimise="quick") as engine:
        assert engine.process(1, bytes(64)) == []
        assert engine.drops()["pass limit"] == 1


def test_a_recirculated_packet_that_outgrew_the_limit_is_dropped_and_counted() -> None:
    """One byte in, 300 out, and once more: what leaves may be longer than what comes in, what comes back may not."""
    again = {"op": "recirculate", "parameters": [{"type": "hexstr", "value": "0x1"}]}
    made = program([("a", 8, False)], [("b", 2400, False)], [again])
    made["field_lists"] = [{"id": 1, "name": "none", "elements": []}]
    with Engine.load(made, optimise="none") as engine:
        assert engine.process(1, bytes(10240)) == []
        assert {why: n for why, n in engine.drops().items() if n} == {"too long": 1}


def test_who_watches_may_stop_when_the_engine_is_closed() -> None:
    """`p4gate top` ends some seconds after another pipeline has taken the place of the one that it watched."""
    with Engine.load(json_path("table_exact"), optimise="none") as engine:
        engine.watch()
        engine.wait_counting()
        assert engine.counting
    written: list[object] = []
    engine._code._set_code = lambda *given: written.append(given)  # type: ignore[assignment]
    engine.unwatch()
    assert written == []


def test_an_endless_loop_in_an_action_ends() -> None:
    """The packet is dropped after TURNS_MAX turns, and the next one is treated as if it were the first."""
    back = {"op": "_jump", "parameters": [{"type": "hexstr", "value": "0x0"}]}
    made = program([("a", 8, False)], [("b", 8, False)], [back])
    with Engine.load(made, optimise="quick") as engine:
        assert engine.process(1, bytes(64)) == engine.process(1, bytes(64)) == []
        assert engine.drops()["loop limit"] == 2
        assert engine.trace(1, bytes(64)) is not None


def test_a_loop_that_ends_goes_on() -> None:
    """200 turns of `b = b - 1` from 200: the packet leaves. Primitives 0 and 1 are those of `program`."""
    b = field("o", "b")
    minus = {"op": "-", "left": b, "right": {"type": "hexstr", "value": "0x1"}}
    less = {"type": "expression", "value": {"type": "expression", "value": minus}}
    made = program(
        [("a", 8, False)],
        [("b", 8, False)],
        [
            {"op": "assign", "parameters": [b, {"type": "hexstr", "value": "0xc8"}]},
            {"op": "_jump_if_zero", "parameters": [b, {"type": "hexstr", "value": "0x6"}]},
            {"op": "assign", "parameters": [b, less]},
            {"op": "_jump", "parameters": [{"type": "hexstr", "value": "0x3"}]},
        ],
    )
    with Engine.load(made, optimise="quick") as engine:
        assert [(port, data[0]) for port, data in engine.process(1, bytes(64))] == [(1, 0)]
        assert engine.drops()["loop limit"] == 0


def test_a_batch_answers_each_write(exact: Engine) -> None:
    """Inserts go to the runtime together; the answers are those of one write after the other."""
    writes: list[tuple[WriteKind, Entry]] = [("insert", entry(k)) for k in (1, 2, 1, 3)]
    writes += [("insert", entry(1 << 16)), ("modify", entry(2, 9, 9)), ("delete", entry(3)), ("insert", entry(3, 4, 4))]
    writes += [("insert", Entry((Exact(7),), Action("nope"))), ("delete", entry(8))]
    writes += [("insert", entry(100 + k)) for k in range(16)]
    answers = [type(r).__name__ for r in exact.write_many(T, writes)]
    wanted = ["NoneType"] * 2 + ["AlreadyExists", "NoneType", "OutOfRange"] + ["NoneType"] * 3
    assert answers == [*wanted, "InvalidArgument", "NotFound", *["NoneType"] * 13, *["Full"] * 3]
    rest = {entry(100 + k) for k in range(13)}
    assert set(exact.entries(T)) == {entry(1), entry(2, 9, 9), entry(3, 4, 4), *rest}


def test_the_benchmark_counts_what_it_sends(exact: Engine) -> None:
    exact.insert(T, entry(1))
    result = exact.benchmark([(1, bytes.fromhex("00010000aa")), (1, bytes.fromhex("00020000aa"))], 0.02)
    assert result.packets > 0 and result.sent * 2 == result.packets


def test_mark_to_drop_marks_the_header_it_is_given() -> None:
    """BMv2's mark_to_drop sets egress_spec and mcast_grp of its argument; p4c makes it act on a copy where an action
    has a parameter for the standard metadata, and copies that back.
    """
    made = program([("a", 8, False)], [("b", 8, False)], [])
    copied = ["egress_spec", "mcast_grp"]
    made["headers"].append({"name": "copy", "id": 3, "header_type": "standard_metadata", "metadata": True})
    made["actions"][0]["primitives"] += [
        *({"op": "assign", "parameters": [field("copy", f), field("standard_metadata", f)]} for f in copied),
        {"op": "mark_to_drop", "parameters": [{"type": "header", "value": "copy"}]},
    ]
    with Engine.load(made, optimise="quick") as engine:
        assert engine.process(3, b"\1") == [(1, b"\0")]
    back = [{"op": "assign", "parameters": [field("standard_metadata", f), field("copy", f)]} for f in copied]
    made["actions"][0]["primitives"] += back
    with Engine.load(made, optimise="quick") as engine:
        assert engine.process(3, b"\1") == []


def test_the_last_header_of_a_stack_is_a_header() -> None:
    """p4c writes `h = stack.last` in a parser with a stack_field whose field is the word `last`."""
    made = program([("a", 8, False)], [("b", 8, False)], [])
    made["headers"] += [
        {"name": name, "id": number, "header_type": "i_t", "metadata": name == "copy"}
        for number, name in enumerate(("copy", "s[0]", "s[1]"), start=3)
    ]
    made["header_stacks"] = [{"name": "s", "id": 0, "header_type": "i_t", "size": 2, "header_ids": [4, 5]}]
    last = {"type": "expression", "value": {"type": "stack_field", "value": ["s", "last"]}}
    extract = {"op": "extract", "parameters": [{"type": "stack", "value": "s"}]}
    copy = {"op": "assign_header", "parameters": [{"type": "header", "value": "copy"}, last]}
    made["parsers"][0]["parse_states"][0]["parser_ops"] += [extract, extract, {"op": "primitive", "parameters": [copy]}]
    made["actions"][0]["primitives"].append({"op": "assign", "parameters": [field("o", "b"), field("copy", "a")]})
    with Engine.load(made, optimise="quick") as engine:
        assert engine.process(3, b"\1\2\3") == [(1, b"\3")]


def test_a_new_entry_begins_with_its_own_counter_and_meter() -> None:
    """Also where it takes the number of an entry that was deleted (entry_state.h)."""
    with Engine.load(json_path("meter_direct"), optimise="none") as engine:
        [table] = [t for t in engine.tables() if t.direct_meter]
        loaded = engine.table(table.name)
        action = Action(loaded.table.actions[0].name, tuple(1 for _ in loaded.table.actions[0].params))
        rates = MeterConfig(10, 20, 30, 40)
        seen = set()
        for round_ in range(3):
            for key in range(100):
                engine.insert(table.name, Entry((Exact(key),), action), rates=rates if round_ == 0 else None)
                seen.add(loaded.number((Exact(key),), 0))
                found = engine.read_direct_meter(table.name, (Exact(key),))
                assert found == (rates if round_ == 0 else None)
                engine.delete(table.name, (Exact(key),))
        assert len(seen) < 300, "no number was used again"
        with pytest.raises(InvalidArgument):
            engine.insert(table.name, Entry((Exact(1),), action), rates=MeterConfig(2, 2, 1, 1))
        assert engine.entry_count(table.name) == 0
        engine.insert(table.name, Entry((Exact(1),), action))
        assert engine.read_direct_meter(table.name, (Exact(1),)) is None
