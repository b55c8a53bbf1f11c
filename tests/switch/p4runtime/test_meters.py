"""Meters: types, configurations, counts by colour; direct resources. Oracle: P4Runtime 1.5, the section that each test
names; the colours follow from bursts alone, as all rates are 0. Rates and time: tests/switch/runtime/test_meter.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from device import DELETE, INSERT, MODIFY, ROLLBACK, Device, entities

from switch.p4runtime.reconcile import carry_over, initial_state

GREEN, YELLOW, RED = 0, 1, 2


@pytest.fixture
def device() -> Iterator[Device]:
    with entities() as made:
        yield made


def meter(name: str, config: str, index: int | None = 1, more: str = "") -> str:
    where = "" if index is None else f"index {{ index: {index} }}"
    shown = f"config {{ {config} }}" if config else ""
    return f"meter_entry {{ meter_id: <{name}> {where} {shown} {more} }}"


def colors(device: Device, op: int, count: int, key: int = 1) -> list[int]:
    return [device.send(op=op, key=key)[0][1]["color"] for _ in range(count)]


def counts(green: int, yellow: int, red: int, size: int = 13) -> str:
    """MeterCounterData in text: packets of `size` bytes."""
    shown = [
        f"{name} {{ {f'byte_count: {n * size} packet_count: {n}' if n else ''} }}"
        for name, n in (("green", green), ("yellow", yellow), ("red", red))
    ]
    return " ".join(shown)


# ---- "Meter & DirectMeter": types


def test_a_two_rate_meter_takes_two_bursts(device: Device) -> None:
    """ "MeterEntry & DirectMeterEntry": trTCM (RFC 2698): red beyond the peak burst, yellow beyond the committed."""
    written = meter("two", "cburst: 2 pburst: 5")
    device.modify(written)
    assert colors(device, 7, 7) == [GREEN] * 2 + [YELLOW] * 3 + [RED] * 2
    device.reads_back(written, by=meter("two", ""))


def test_a_single_rate_meter_has_an_excess_burst(device: Device) -> None:
    """ "MeterEntry & DirectMeterEntry": srTCM (RFC 2697): yellow within the excess burst."""
    written = meter("three", "cburst: 2 pburst: 2 eburst: 3")
    device.modify(written)
    assert colors(device, 8, 7) == [GREEN] * 2 + [YELLOW] * 3 + [RED] * 2
    device.reads_back(written, by=meter("three", ""))


def test_a_two_colour_meter_is_green_or_red(device: Device) -> None:
    """ "MeterEntry & DirectMeterEntry": Single Rate Two Color Marker."""
    written = meter("single", "cburst: 3 pburst: 3")
    device.modify(written)
    assert colors(device, 9, 5) == [GREEN] * 3 + [RED] * 2
    device.reads_back(written, by=meter("single", ""))


@pytest.mark.parametrize("name", ["two", "three", "single"])
def test_a_two_colour_config_marks_alike_in_every_type(device: Device, name: str) -> None:
    """ "MeterEntry & DirectMeterEntry": acceptable for the other two types, and marks packets identically."""
    device.modify(meter(name, "cir: 0 pir: 0 cburst: 4 pburst: 4"))
    assert colors(device, {"two": 7, "three": 8, "single": 9}[name], 6) == [GREEN] * 4 + [RED] * 2


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("two", "cir: 1 cburst: 1 pir: 2 pburst: 2 eburst: 1"),
        ("two", "cir: 3 cburst: 1 pir: 2 pburst: 2"),
        ("two", "cir: -1 pir: 2"),
        ("three", "cir: 1 cburst: 1 pir: 2 pburst: 1"),
        ("three", "cir: 1 cburst: 1 pir: 1 pburst: 2"),
        ("three", "cir: 1 cburst: 1 pir: 1 pburst: 1 eburst: -1"),
        ("single", "cir: 1 cburst: 1 pir: 1 pburst: 1 eburst: 1"),
        ("single", "cir: 1 cburst: 1 pir: 2 pburst: 1"),
    ],
)
def test_a_config_that_the_type_does_not_allow_is_refused(device: Device, name: str, config: str) -> None:
    """ "MeterEntry & DirectMeterEntry": must only be accepted if ..., otherwise INVALID_ARGUMENT."""
    assert device.write(MODIFY, meter(name, config)) == "INVALID_ARGUMENT"


# ---- "MeterEntry"


def test_without_an_index_every_cell_is_written_and_read(device: Device) -> None:
    """ "MeterEntry": if index is omitted all configurations are set, or reset if config is unset."""
    device.modify(meter("two", "cburst: 1 pburst: 2", index=None))
    both = [meter("two", "cburst: 1 pburst: 2", index=i) for i in (0, 1)]
    device.reads_back(*both, by="meter_entry { meter_id: <two> }")
    device.modify(meter("two", "", index=None))
    device.reads_back(*(meter("two", "", index=i) for i in (0, 1)), by="meter_entry { meter_id: <two> }")
    assert len(device.read("meter_entry { }")) == 6
    assert colors(device, 7, 3) == [GREEN] * 3


def test_what_is_no_meter_entry(device: Device) -> None:
    """ "MeterEntry": INSERT and DELETE, negative indices: INVALID_ARGUMENT; beyond the array: OUT_OF_RANGE."""
    assert device.write(INSERT, meter("two", "")) == device.write(DELETE, meter("two", "")) == "INVALID_ARGUMENT"
    assert device.write(MODIFY, meter("two", "", index=-1)) == "INVALID_ARGUMENT"
    assert device.write(MODIFY, meter("two", "", index=2)) == "OUT_OF_RANGE"
    assert device.read_code(meter("two", "", index=2)) == "OUT_OF_RANGE"
    assert device.read_code(meter("two", "", index=-1)) == "INVALID_ARGUMENT"
    assert device.write(MODIFY, "meter_entry { meter_id: 0 }") == "INVALID_ARGUMENT"
    assert device.read_code("meter_entry { meter_id: 9 }") == "INVALID_ARGUMENT"


# ---- "MeterCounterData"


def test_each_colour_is_counted(device: Device) -> None:
    """ "MeterCounterData": whenever a meter returns a color, the corresponding counter is updated."""
    device.modify(meter("two", "cburst: 2 pburst: 5"))
    colors(device, 7, 7)
    asked = meter("two", "", more="counter_data { }")
    marked = meter("two", "cburst: 2 pburst: 5", more=f"counter_data {{ {counts(2, 3, 2)} }}")
    device.reads_back(marked, by=asked)
    device.reads_back(meter("two", "cburst: 2 pburst: 5"), by=meter("two", ""))  # only where they are asked for
    device.modify(meter("two", ""))  # the configuration goes, the counts stay
    colors(device, 7, 1)
    device.reads_back(meter("two", "", more=f"counter_data {{ {counts(3, 3, 2)} }}"), by=asked)


def test_counts_can_only_be_cleared(device: Device) -> None:
    """ "DirectMeterEntry": if set, all color counters are reset to 0; a non-zero sub-field is INVALID_ARGUMENT."""
    device.modify(meter("two", "cburst: 1 pburst: 2"))
    colors(device, 7, 3)
    more = "counter_data { green { packet_count: 1 } }"
    assert device.write(MODIFY, meter("two", "cburst: 1 pburst: 2", more=more)) == "INVALID_ARGUMENT"
    clear = meter("two", "cburst: 9 pburst: 9", more="counter_data { green { } }")
    codes = device.batch([(MODIFY, clear), (MODIFY, meter("two", "", index=7))], ROLLBACK)
    assert codes == ["ABORTED", "OUT_OF_RANGE"]
    asked = meter("two", "", more="counter_data { }")
    device.reads_back(meter("two", "cburst: 1 pburst: 2", more=f"counter_data {{ {counts(1, 1, 1)} }}"), by=asked)
    device.modify(clear)
    device.reads_back(meter("two", "cburst: 9 pburst: 9", more=f"counter_data {{ {counts(0, 0, 0)} }}"), by=asked)


# ---- "Direct Resources"

KEY = 'match { field_id: 1 ternary { value: "\\001" mask: "\\377" } } match { field_id: 2 exact { value: "\\000" } }'
ACTION = 'action { action { action_id: <set> params { param_id: 1 value: "\\007" } } }'
ASKED = "counter_data { } meter_config { } meter_counter_data { }"


def row(more: str = "", action: str = ACTION) -> str:
    return f"table_entry {{ table_id: <t> {KEY} priority: 5 {action} {more} }}"


def direct(kind: str, more: str = "", of: str = f"{KEY} priority: 5") -> str:
    return f"direct_{kind}_entry {{ table_entry {{ table_id: <t> {of} }} {more} }}"


def test_direct_resources_of_an_entry_are_written_with_it(device: Device) -> None:
    """ "Direct Resources": INSERT with config and counter; MODIFY: an unset meter is off again, a counter goes on."""
    device.insert(row("meter_config { cburst: 2 pburst: 3 } counter_data { packet_count: 10 byte_count: 100 }"))
    assert colors(device, 1, 4) == [GREEN, GREEN, YELLOW, RED]
    shown = "counter_data { packet_count: 14 byte_count: 152 }"
    device.reads_back(
        row(f"{shown} meter_config {{ cburst: 2 pburst: 3 }} meter_counter_data {{ {counts(2, 1, 1)} }}"),
        by=f"table_entry {{ table_id: <t> {ASKED} }}",
    )
    device.reads_back(row(), by="table_entry { table_id: <t> }")
    device.modify(row("meter_counter_data { }"))
    device.reads_back(
        row(f"{shown} meter_counter_data {{ {counts(0, 0, 0)} }}"), by=f"table_entry {{ table_id: <t> {ASKED} }}"
    )
    assert colors(device, 1, 4) == [GREEN] * 4
    assert device.write(MODIFY, row("meter_counter_data { red { byte_count: 1 } }")) == "INVALID_ARGUMENT"
    device.delete(row())
    device.insert(row())
    zero = f"counter_data {{ }} meter_counter_data {{ {counts(0, 0, 0)} }}"
    device.reads_back(row(zero), by=f"table_entry {{ table_id: <t> {ASKED} }}")


def test_direct_resources_have_entities_of_their_own(device: Device) -> None:
    """ "DirectCounterEntry", "DirectMeterEntry": MODIFY only; NOT_FOUND without an entry; unset data is left alone."""
    for kind in ("counter", "meter"):
        assert device.write(MODIFY, direct(kind)) == "NOT_FOUND"
        assert device.read_code(direct(kind)) == "NOT_FOUND"
        assert device.write(INSERT, direct(kind)) == device.write(DELETE, direct(kind)) == "INVALID_ARGUMENT"
    device.insert(row())
    device.modify(direct("counter", "data { packet_count: 3 byte_count: 4 }"), direct("counter"))
    device.modify(direct("meter", "config { cburst: 1 pburst: 1 }"))
    assert colors(device, 1, 2) == [GREEN, RED]
    device.reads_back(direct("counter", "data { packet_count: 5 byte_count: 30 }"), by=direct("counter", of=""))
    device.reads_back(
        direct("meter", f"config {{ cburst: 1 pburst: 1 }} counter_data {{ {counts(1, 0, 1)} }}"),
        by="direct_meter_entry { table_entry { } counter_data { } }",
    )
    device.modify(direct("meter", "counter_data { }"))  # the config is unset: green for all packets
    device.reads_back(direct("meter", f"counter_data {{ {counts(0, 0, 0)} }}"), by=direct("meter", "counter_data { }"))


def test_reads_of_direct_resources_take_the_filters_of_entries(device: Device) -> None:
    """ "Wildcard Reads" of TableEntry, which names the entries here too."""
    device.insert(row('metadata: "a"'))
    other = row('metadata: "b"', action="action { action { action_id: <other> } }").replace("\\001", "\\002")
    device.insert(other.replace("priority: 5", "priority: 6"))
    for of, expected in (
        ("", [5, 6]),
        ("priority: 6", [6]),
        ('metadata: "a"', [5]),
        ("action { action { action_id: <other> } }", [6]),
        (KEY, [5]),
    ):
        for kind in ("counter", "meter"):
            found = device.read(direct(kind, of=of))
            assert sorted(getattr(e, f"direct_{kind}_entry").table_entry.priority for e in found) == expected
    assert device.read_code("direct_counter_entry { table_entry { table_id: <vrfs> } }") == "INVALID_ARGUMENT"
    assert len(device.read("direct_counter_entry { table_entry { } }")) == 2


def test_a_table_without_direct_resources_takes_no_data_for_them(device: Device) -> None:
    """ "Direct Resources": they are of tables that are assigned one."""
    entry = 'table_entry { table_id: <idle> match { field_id: 1 exact { value: "\\001" } } action { action { '
    entry += 'action_id: <idle_set> params { param_id: 1 value: "\\001" } } } '
    for more in ("counter_data { }", "meter_config { }", "meter_counter_data { }"):
        assert device.write(INSERT, entry + more + " }") == "INVALID_ARGUMENT"


# ---- "Default Entry"

DEFAULT = "table_entry { table_id: <t> is_default_action: true "
DIRECT_DEFAULT = "table_entry { table_id: <t> is_default_action: true }"


def test_the_default_entry_has_direct_resources(device: Device) -> None:
    """ "Default Entry": treated like a regular entry, including with regards to direct resources."""
    other = "action { action { action_id: <other> } }"
    device.send(op=1, key=9)
    device.reads_back(
        f"direct_counter_entry {{ {DIRECT_DEFAULT} data {{ packet_count: 1 byte_count: 13 }} }}",
        by=f"direct_counter_entry {{ {DIRECT_DEFAULT} }}",
    )
    device.modify(
        DEFAULT + ACTION + "meter_config { cburst: 1 pburst: 2 } counter_data { packet_count: 100 } metadata: 'm' }"
    )
    assert colors(device, 1, 3, key=9) == [GREEN, YELLOW, RED]
    config, counted = "meter_config { cburst: 1 pburst: 2 }", "counter_data { packet_count: 103 byte_count: 39 }"
    device.reads_back(
        DEFAULT + ACTION + f"metadata: 'm' {config} {counted} meter_counter_data {{ {counts(1, 1, 1)} }} }}",
        by=DEFAULT + ASKED + "}",
    )
    device.modify(f"direct_counter_entry {{ {DIRECT_DEFAULT} data {{ packet_count: 7 }} }}")
    device.modify(f"direct_meter_entry {{ {DIRECT_DEFAULT} config {{ cburst: 5 pburst: 5 }} counter_data {{ }} }}")
    assert colors(device, 1, 2, key=9) == [GREEN] * 2
    device.reads_back(
        f"direct_meter_entry {{ {DIRECT_DEFAULT} config {{ cburst: 5 pburst: 5 }} "
        f"counter_data {{ {counts(2, 0, 0)} }} }}",
        by=f"direct_meter_entry {{ {DIRECT_DEFAULT} counter_data {{ }} }}",
    )
    device.modify(DEFAULT + "}")  # reset: the program's action, no metadata, the meter off
    device.reads_back(
        DEFAULT
        + other
        + f"counter_data {{ packet_count: 9 byte_count: 26 }} meter_counter_data {{ {counts(2, 0, 0)} }} }}",
        by=DEFAULT + ASKED + "}",
    )


def test_a_failed_batch_takes_the_default_entry_back(device: Device) -> None:
    """ "Batch Atomicity": ROLLBACK_ON_ERROR."""
    device.modify(DEFAULT + ACTION + "meter_config { cburst: 1 pburst: 2 } counter_data { packet_count: 4 } }")
    before = device.read(DEFAULT + ASKED + "}")
    change = (
        DEFAULT + "action { action { action_id: <other> } } counter_data { packet_count: 9 } meter_counter_data { } }"
    )
    assert device.batch([(MODIFY, change), (DELETE, row())], ROLLBACK) == ["ABORTED", "NOT_FOUND"]
    assert device.read(DEFAULT + ASKED + "}") == before


def test_a_table_without_key_counts_for_its_default_entry(device: Device) -> None:
    """ "Default Entry": every packet of a keyless table executes it."""
    device.modify(
        "table_entry { table_id: <always> is_default_action: true action { action { action_id: <mark> "
        'params { param_id: 1 value: "\\011" } } } }'
    )
    assert device.send(op=2)[0][1]["r"] == 9
    device.reads_back(
        "direct_counter_entry { table_entry { table_id: <always> is_default_action: true } "
        "data { packet_count: 1 byte_count: 13 } }",
        by="direct_counter_entry { table_entry { table_id: <always> is_default_action: true } }",
    )


def test_default_entries_resources_survive_a_new_pipeline(device: Device) -> None:
    """ "SetForwardingPipelineConfig RPC": RECONCILE_AND_COMMIT preserves the forwarding state."""
    initial = initial_state(device.pipeline)
    device.modify(DEFAULT + ACTION + "meter_config { cburst: 1 pburst: 1 } }")
    assert colors(device, 1, 2, key=9) == [GREEN, RED]
    with entities() as other:
        asyncio.run(carry_over(device.pipeline, initial, other.pipeline, initial_state(other.pipeline)))
        other.reads_back(
            f"direct_counter_entry {{ {DIRECT_DEFAULT} data {{ packet_count: 2 byte_count: 26 }} }}",
            by=f"direct_counter_entry {{ {DIRECT_DEFAULT} }}",
        )
        assert colors(other, 1, 2, key=9) == [GREEN, RED]
