"""Table entries, default entries, reads with filters, idle timeouts. Oracle: P4Runtime 1.5, the section named."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from device import DELETE, INSERT, MODIFY, Device, entities, golden
from finsy.proto import p4i
from golden.replay import CASES

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_file
from switch.p4runtime.limits import READ_CHUNK
from switch.values import Action, Entry, Exact, IdleEntry


@pytest.fixture
def device() -> Iterator[Device]:
    with entities() as made:
        yield made


def row(
    key: int, priority: int, action: str = "set", more: str = "", param: int = 7, a: int = 0, mask: str = "\\377"
) -> str:
    params = f'params {{ param_id: 1 value: "\\{param:03o}" }}' if action == "set" else ""
    return (
        f'table_entry {{ table_id: <t> match {{ field_id: 1 ternary {{ value: "\\{key:03o}" mask: "{mask}" }} }} '
        f'match {{ field_id: 2 exact {{ value: "\\{a:03o}" }} }} priority: {priority} '
        f"action {{ action {{ action_id: <{action}> {params} }} }} {more} }}"
    )


def key_of(key: int, priority: int = 0) -> str:
    shown = f"priority: {priority}" if priority else ""
    return (
        f'match {{ field_id: 1 ternary {{ value: "\\{key:03o}" mask: "\\377" }} }} '
        f'match {{ field_id: 2 exact {{ value: "\\000" }} }} {shown}'
    )


ROWS = {
    "a": row(1, 5, more='metadata: "mine" controller_metadata: 9'),
    "b": row(2, 6, "other"),
    "c": row(3, 6, more='metadata: "yours" controller_metadata: 9'),
    "d": row(1, 7, "other"),
}

INDIRECT = 'table_entry { table_id: <ecmp> match { field_id: 1 exact { value: "a" } } '

# ---- "Wildcard Reads" of tables


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", "abcd"),
        ("priority: 6", "bc"),
        ("priority: 4", ""),
        (key_of(1), "ad"),
        (key_of(1, 7), "d"),
        (key_of(9), ""),
        ("action { action { action_id: <set> } }", "ac"),
        ('action { action { action_id: <set> params { param_id: 1 value: "\\001" } } }', "ac"),
        ("action { action { action_id: <other> } } priority: 6", "b"),
        ('metadata: "mine"', "a"),
        ('metadata: "none"', ""),
        ("controller_metadata: 9", "ac"),
        ('controller_metadata: 9 metadata: "yours"', "c"),
        ("controller_metadata: 8", ""),
    ],
)
def test_reads_are_filtered(device: Device, filters: str, expected: str) -> None:
    """ "Wildcard Reads" of tables: match, action id (not parameters), priority, controller_metadata, metadata."""
    device.insert(*ROWS.values())
    device.reads_back(*(ROWS[name] for name in expected), by=f"table_entry {{ table_id: <t> {filters} }}")


def test_a_read_of_all_tables_takes_no_filter(device: Device) -> None:
    """ "Wildcard Reads" of tables: with table_id 0, entries from all tables, and no other filter can be used."""
    idle = 'table_entry { table_id: <idle> match { field_id: 1 exact { value: "\\001" } } action { action { '
    idle += 'action_id: <idle_set> params { param_id: 1 value: "\\001" } } } }'
    device.insert(*ROWS.values(), idle)
    device.reads_back(*ROWS.values(), idle, by="table_entry { }")
    for filters in ("priority: 6", 'metadata: "mine"', "controller_metadata: 9", "action { action { action_id: 1 } }"):
        assert device.read_code(f"table_entry {{ {filters} }}") == "INVALID_ARGUMENT"
    defaults = device.read("table_entry { is_default_action: true }")
    assert len(defaults) == len(device.info.tables)


def test_a_filter_must_be_of_the_table(device: Device) -> None:
    """ "Wildcard Reads" of tables: a valid match key for the table; an action of the table."""
    assert device.read_code("table_entry { table_id: 1 }") == "INVALID_ARGUMENT"
    assert (
        device.read_code("table_entry { table_id: <t> action { action { action_id: <mark> } } }") == "INVALID_ARGUMENT"
    )
    assert (
        device.read_code('table_entry { table_id: <t> match { field_id: 9 exact { value: "a" } } }')
        == "INVALID_ARGUMENT"
    )


def test_default_entries_are_read_with_the_filters_too(device: Device) -> None:
    """ "Wildcard Reads" of tables: is_default_action: only the default entry will be considered."""
    action = 'action { action { action_id: <set> params { param_id: 1 value: "\\007" } } }'
    default = f'table_entry {{ table_id: <t> is_default_action: true {action} metadata: "m" controller_metadata: 3 }}'
    device.modify(default)
    asked = "table_entry { table_id: <t> is_default_action: true "
    for filters in ("", 'metadata: "m"', "controller_metadata: 3", "action { action { action_id: <set> } }"):
        device.reads_back(default, by=f"{asked} {filters} }}")
    for filters in ('metadata: "x"', "controller_metadata: 4", "action { action { action_id: <other> } }"):
        device.reads_back(by=f"{asked} {filters} }}")
    for filters in ("priority: 1", key_of(1), "time_since_last_hit { }", "idle_timeout_ns: 5"):
        assert device.read_code(f"{asked} {filters} }}") == "INVALID_ARGUMENT"
    device.modify("table_entry { table_id: <t> is_default_action: true }")
    device.reads_back(f"{asked} action {{ action {{ action_id: <other> }} }} }}", by=f"{asked} }}")


# ---- "TableEntry", "Default Entry", "Constant Tables"


def test_only_the_key_counts_in_a_delete(device: Device) -> None:
    """ "TableEntry": all other fields must be ignored, even if they have nonsensical values."""
    device.insert(row(1, 5))
    device.delete(
        f"table_entry {{ table_id: <t> {key_of(1, 5)} action {{ action {{ action_id: 77 }} }} idle_timeout_ns: -3 "
        "meter_config { cir: -1 } counter_data { packet_count: -1 } time_since_last_hit { } }"
    )
    assert device.write(DELETE, row(1, 5)) == "NOT_FOUND"
    assert device.write(DELETE, row(1, 5, more="is_const: true")) == "INVALID_ARGUMENT"


def test_a_modify_without_action_keeps_the_action(device: Device) -> None:
    """ "Action Specification": action may be left unset for MODIFY, then it is not modified."""
    device.insert(row(1, 5, more='metadata: "m"'))
    device.modify(f"table_entry {{ table_id: <t> {key_of(1, 5)} counter_data {{ packet_count: 4 }} }}")
    device.reads_back(
        row(1, 5, more="counter_data { packet_count: 4 }"), by="table_entry { table_id: <t> counter_data { } }"
    )
    assert device.write(INSERT, f"table_entry {{ table_id: <t> {key_of(2, 5)} }}") == "INVALID_ARGUMENT"
    assert device.write(MODIFY, row(9, 5)) == "NOT_FOUND"


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("table_entry { table_id: <always> }", "INVALID_ARGUMENT"),
        ("table_entry { table_id: 0 }", "INVALID_ARGUMENT"),
        (row(1, 0), "INVALID_ARGUMENT"),
        (row(1, 5, more="is_const: true"), "INVALID_ARGUMENT"),
        (row(1, 5, more="idle_timeout_ns: 5"), "INVALID_ARGUMENT"),
        (row(1, 5, more="time_since_last_hit { }"), "INVALID_ARGUMENT"),
        (row(1, 5).replace("<set>", "<mark>"), "INVALID_ARGUMENT"),
        (row(1, 5).replace("param_id: 1", "param_id: 2"), "INVALID_ARGUMENT"),
        (row(1, 5).replace('value: "\\007"', 'value: "\\001\\000"'), "INVALID_ARGUMENT"),
        (row(1, 5).replace('exact { value: "\\000" }', 'exact { value: "" }'), "INVALID_ARGUMENT"),
        (row(1, 5).replace('exact { value: "\\000" }', 'exact { value: "12345" }'), "INVALID_ARGUMENT"),
        (row(1, 5, mask="\\000"), "INVALID_ARGUMENT"),
        (row(3, 5, mask="\\001"), "INVALID_ARGUMENT"),
        ("table_entry { table_id: <t> is_default_action: true }", "INVALID_ARGUMENT"),
        (INDIRECT + "action { action { action_id: <send> } } }", "INVALID_ARGUMENT"),
        (INDIRECT + "action { action_profile_member_id: 4 } }", "NOT_FOUND"),
        (INDIRECT + "action { action_profile_group_id: 4 } }", "NOT_FOUND"),
        (
            f"table_entry {{ table_id: <t> {key_of(1, 5)} action {{ action_profile_member_id: 1 }} }}",
            "INVALID_ARGUMENT",
        ),
    ],
)
def test_what_cannot_be_inserted(device: Device, template: str, code: str) -> None:
    """ "TableEntry", "Match Format", "Action Specification", "Default Entry", "Idle-timeout"."""
    assert device.write(INSERT, template) == code
    assert device.read("table_entry { }") == []


def test_scopes_of_actions_are_respected(device: Device) -> None:
    """ "Action Specification": an action that may only be the default, or only not: PERMISSION_DENIED."""

    def table_only(info: p4i.P4Info) -> None:
        for table in info.tables:
            for ref in table.action_refs:
                if table.preamble.alias == "t":
                    ref.scope = p4i.ActionRef.TABLE_ONLY
                if table.preamble.alias == "idle":
                    ref.scope = p4i.ActionRef.DEFAULT_ONLY

    with entities(table_only) as changed:
        action = "action { action { action_id: <other> } }"
        default = f"table_entry {{ table_id: <t> is_default_action: true {action} }}"
        assert changed.write(MODIFY, default) == "PERMISSION_DENIED"
        idle = 'table_entry { table_id: <idle> match { field_id: 1 exact { value: "\\001" } } action { action { '
        idle += 'action_id: <idle_set> params { param_id: 1 value: "\\001" } } } }'
        assert changed.write(INSERT, idle) == "PERMISSION_DENIED"


def test_the_default_entry_of_an_indirect_table_is_constant(device: Device) -> None:
    """ "Default Entry": restricted to a constant NoAction entry; PERMISSION_DENIED if modified; is_const."""
    action = 'action { action { action_id: <send> params { param_id: 1 value: "\\001" } } }'
    default = f"table_entry {{ table_id: <ecmp> is_default_action: true {action} }}"
    assert device.write(MODIFY, default) == "PERMISSION_DENIED"
    for kind in (INSERT, DELETE):
        assert device.write(kind, default) == "INVALID_ARGUMENT"
    [found] = device.read("table_entry { table_id: <ecmp> is_default_action: true }")
    assert found.table_entry.is_const


# ---- "Preinitialized tables"


def preinitialized() -> tuple[p4i.P4Info, bytes]:
    made = compile_file(CASES / "table_entries_priority" / "table_entries_priority.p4", Diagnostics())
    assert made is not None
    return made.p4info, json.dumps(made.json).encode()


def test_const_entries_among_others_keep_all_but_their_direct_resources() -> None:
    """ "Preinitialized tables": entries marked const behave like entries in a constant table; others can be changed."""
    made = Device(*preinitialized())
    try:
        table = f"table_id: {made.info.tables[0].preamble.id}"
        found = {e.table_entry.priority: e.table_entry for e in made.read(f"table_entry {{ {table} }}")}
        assert {p: e.is_const for p, e in found.items()} == {100: True, 500: False, 490: False, 90: False}
        for priority, code in ((100, "PERMISSION_DENIED"), (500, "OK"), (490, "OK"), (90, "OK")):
            found[priority].is_const = False
            assert made.write(MODIFY, f"table_entry {{ {found[priority]} }}") == code
            assert made.write(DELETE, f"table_entry {{ {found[priority]} }}") == code
        found[100].ClearField("action")
        assert made.write(MODIFY, f"table_entry {{ {found[100]} }}") == "OK"  # modifies nothing
        for more in ('metadata: "mine"', "controller_metadata: 7"):  # are not direct resources
            assert made.write(MODIFY, f"table_entry {{ {found[100]} {more} }}") == "PERMISSION_DENIED"
        assert [e.table_entry.priority for e in made.read(f"table_entry {{ {table} }}")] == [100]
    finally:
        made.engine.close()


def test_constant_tables_are_read_and_not_written() -> None:
    """ "Constant Tables": any other write than to direct resources or the default action is PERMISSION_DENIED."""
    with golden("table_const_entries_exact") as device:
        [table] = [t for t in device.info.tables if t.is_const_table][:1]
        entries_ = [e.table_entry for e in device.read(f"table_entry {{ table_id: {table.preamble.id} }}")]
        assert entries_ and all(e.is_const for e in entries_)
        for entry in entries_:
            entry.is_const = False
            for kind in (INSERT, MODIFY, DELETE):
                assert device.write(kind, f"table_entry {{ {entry} }}") == "PERMISSION_DENIED"


# ---- "Idle-timeout"


def test_idle_timeouts_are_kept_and_the_age_is_shown_on_request(device: Device) -> None:
    """ "Idle-timeout": idle_timeout_ns is read back as set; time_since_last_hit if and only if it was asked for."""
    entry = (
        'table_entry { table_id: <idle> match { field_id: 1 exact { value: "\\001" } } action { action { '
        'action_id: <idle_set> params { param_id: 1 value: "\\005" } } } idle_timeout_ns: 1000000000000 metadata: "m" }'
    )
    device.insert(entry)
    device.reads_back(entry, by="table_entry { table_id: <idle> }")
    [shown] = device.read("table_entry { table_id: <idle> time_since_last_hit { } }")
    assert shown.table_entry.HasField("time_since_last_hit")
    assert device.read_code("table_entry { table_id: <t> time_since_last_hit { } }") == "INVALID_ARGUMENT"
    assert list(device.pipeline.idle_notifications()) == []
    device.modify(entry.replace("1000000000000", "1"))
    [told] = device.pipeline.idle_notifications()
    assert str(told.table_entry[0]) == str(
        device.entity(
            'table_entry { table_id: <idle> match { field_id: 1 exact { value: "\\001" } } '
            'idle_timeout_ns: 1 metadata: "m" }'
        ).table_entry
    )
    device.modify(entry.replace("1000000000000", "0"))
    assert list(device.pipeline.idle_notifications()) == []


def test_notifications_of_many_idle_entries_come_in_messages_that_clients_can_take(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "Table Idle Timeout Notification": every entry is told once. A client takes 4 MiB by gRPC's default, which
    100,000 entries in one message would exceed."""
    name = next(table.name for table in device.schema.tables.values() if table.idle_timeout)
    many = [
        IdleEntry(name, Entry((Exact(i % 256),), Action("idle_set", (1,)), 0, idle_timeout_ns=10**12))
        for i in range(5000)
    ]
    monkeypatch.setattr(device.engine, "expired", lambda: many)
    told = list(device.pipeline.idle_notifications())
    assert sum(len(message.table_entry) for message in told) == len(many)
    assert all(0 < message.ByteSize() <= READ_CHUNK for message in told)


# ---- "ExternEntry"


def test_there_are_no_extern_entries(device: Device) -> None:
    """ "ExternEntry", "Wildcard Reads": a read of all externs finds none; a type that P4Info has not is an error."""
    device.reads_back(by="extern_entry { }")
    for kind in (INSERT, MODIFY, DELETE):
        assert device.write(kind, "extern_entry { extern_type_id: 0x81 extern_id: 5 }") == "INVALID_ARGUMENT"
    assert device.read_code("extern_entry { extern_type_id: 0x81 }") == "INVALID_ARGUMENT"

    def with_extern(info: p4i.P4Info) -> None:
        extern = info.externs.add(extern_type_id=0x81, extern_type_name="cache")
        extern.instances.add(preamble=p4i.Preamble(id=0x81000001, name="c1"))

    with entities(with_extern) as changed:
        assert changed.write(MODIFY, "extern_entry { extern_type_id: 0x81 extern_id: 0x81000001 }") == "UNIMPLEMENTED"
        assert changed.write(MODIFY, "extern_entry { extern_type_id: 0x81 extern_id: 7 }") == "INVALID_ARGUMENT"


# ---- "CounterEntry"


def test_indirect_counters(device: Device) -> None:
    """ "CounterEntry": MODIFY, without index all cells; unset data changes nothing; INVALID_ARGUMENT, OUT_OF_RANGE."""

    def counter(index: str, data: str = "") -> str:
        return f"counter_entry {{ counter_id: <c> {index} {data} }}"

    device.modify(counter("", "data { packet_count: 5 byte_count: 50 }"), counter("index { index: 1 }", "data { }"))
    device.modify(counter("index { index: 2 }"))
    device.send(op=13)
    counts = {0: (6, 63), 1: (0, 0), 2: (5, 50), 3: (5, 50)}
    shown = [
        counter(f"index {{ index: {i} }}", f"data {{ packet_count: {packets} byte_count: {octets} }}")
        for i, (packets, octets) in counts.items()
    ]
    device.reads_back(*shown, by="counter_entry { }")
    device.reads_back(shown[2], by=counter("index { index: 2 }"))
    assert device.write(INSERT, counter("")) == device.write(DELETE, counter("")) == "INVALID_ARGUMENT"
    for index, code in ((-1, "INVALID_ARGUMENT"), (4, "OUT_OF_RANGE")):
        assert device.write(MODIFY, counter(f"index {{ index: {index} }}", "data { }")) == code
        assert device.read_code(counter(f"index {{ index: {index} }}")) == code
    assert device.write(MODIFY, counter("", "data { packet_count: -1 }")) == "INVALID_ARGUMENT"
