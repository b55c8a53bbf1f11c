"""What traces of recorded programs tell, as JSON. Oracle: the programs' source and BMv2's recorded packets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switch.engine import Engine
from switch.trace import render, to_json
from switch.trace.events import Trace
from switch.values import Action, Entry, Lpm

from .recorded import CASES, Recorded, trace_number

Json = dict[str, Any]


def shown(name: str, number: int) -> Json:
    return to_json(trace_number(name, number))


def tables(packet: Json) -> list[Json]:
    return [s for s in [*packet["ingress"], *packet["egress"]] if s["step"] == "table"]


def effects(packet: Json) -> list[Json]:
    """All effects of a packet's steps, in order."""
    found = []
    for step in [*packet["ingress"], *packet["egress"]]:
        found += step.get("effects", [])
        action = step["action"] if step["step"] == "table" else step if step["step"] == "call" else None
        for statement in action["statements"] if action else []:
            found += statement["effects"]
    return found


def whats(packet: Json) -> list[str]:
    return [fate["what"] for fate in packet["fates"]]


def test_a_parser_path_names_states_extracts_selects_and_their_offsets() -> None:
    parser = shown("l3_router_ecmp_acl", 0)["packet"]["parser"]
    assert [(s["state"], s["offset"]) for s in parser["states"]] == [
        ("start", 0),
        ("ethernet", 0),
        ("ipv4", 14),
        ("l4", 34),
    ]
    ethernet, ipv4 = parser["states"][1:3]
    assert ethernet["select"] == {
        "key": [{"name": "eth.type", "value": "0x800", "width": 16}],
        "case": "0x800",
        "next": "ipv4",
    }
    [extract] = ipv4["extracts"]
    assert (extract["header"], extract["offset"], extract["bytes"]) == ("ip4", 14, 20)
    assert extract["fields"]["ttl"] == "0x40" and extract["fields"]["dst"] == "0xa010001"
    assert parser["error"] == "NoError" and parser["failure"] is None and parser["header_bytes"] == 38


def test_stacks_name_the_element_that_was_extracted() -> None:
    with Recorded("parser_mpls_stack") as recorded:
        headers = [
            e["header"]
            for _, trace in recorded.traces()
            for s in to_json(trace)["packet"]["parser"]["states"]  # type: ignore[index]
            for e in s["extracts"]
        ]
    assert len({h for h in headers if h.endswith("[0]")}) == 1
    assert any(h.endswith("[1]") for h in headers)


def test_a_parser_error_says_where_and_what_was_missing() -> None:
    with Recorded("parser_too_short") as recorded:
        traces = [trace for _, trace in recorded.traces()]
    failures = [t.packet for t in traces if t.packet.failure is not None]
    assert failures
    for packet in failures:
        assert packet.parser_error == "PacketTooShort"
        assert packet.failure is not None
        assert packet.failure.offset + packet.failure.left == packet.length
        assert packet.failure.state == packet.states[-1].name


def test_a_failed_verify_is_named() -> None:
    with Recorded("parser_verify") as recorded:
        found = {t.packet.failure.operation for _, t in recorded.traces() if t.packet.failure is not None}
    assert "verify" in found


def test_an_ingress_clone_has_a_trace_of_its_own_below_its_parent() -> None:
    """clone_i2e, third packet: op 1 clones to session 100, port 7; recorded: out of 2 and 7."""
    found = shown("clone_i2e", 2)
    packet = found["packet"]
    assert whats(packet) == ["clone", "sent"] and packet["fates"][0]["number"] == 100
    [clone] = packet["copies"]
    assert (clone["cause"], clone["parent"]) == ("ingress clone", 0)
    assert [s["state"] for s in clone["parser"]["states"]] == ["start"]
    [replica] = clone["copies"]
    assert (replica["cause"], replica["egress_port"], replica["replica"]) == ("replica", 7, 1)
    assert {"port": 7, "data": replica["sent"]} in found["sent"]


def test_a_clone_without_a_session_is_told() -> None:
    """clone_i2e, first packet: session 100 does not exist yet."""
    packet = shown("clone_i2e", 0)["packet"]
    assert packet["fates"][0]["what"] == "no_clone" and packet["fates"][0]["number"] == 100


def test_resubmitted_and_recirculated_packets_stand_below_the_one_they_were() -> None:
    packet = shown("clone_resubmit_recirculate", 1)["packet"]
    causes = {c["cause"]: c for c in packet["copies"]}
    assert set(causes) == {"egress clone", "recirculated"}
    assert "recirculated" in whats(packet) and "clone" in whats(packet)
    assert causes["recirculated"]["parser"]["states"][0]["extracts"][0]["fields"]["x"] == "0x11"
    assert whats(causes["recirculated"]) == ["sent"]


def test_each_replica_of_a_multicast_group_has_its_own_egress() -> None:
    """multicast, second packet: recorded out of 1, 2 and twice 3, with the instances 1, 1, 7 and 8."""
    packet = shown("multicast", 1)["packet"]
    assert whats(packet) == ["multicast"] and packet["fates"][0]["number"] == 5
    assert sorted((c["egress_port"], c["replica"]) for c in packet["copies"]) == [(1, 1), (2, 1), (3, 7), (3, 8)]
    assert all(c["egress"] and c["sent"] for c in packet["copies"])


def test_a_group_that_does_not_exist_is_the_drop_s_reason() -> None:
    packet = shown("multicast", 0)["packet"]
    assert whats(packet) == ["multicast", "dropped"]
    assert "group 5 does not exist" in packet["fates"][1]["text"]


def test_a_range_that_was_missed_by_one_field_is_the_nearest() -> None:
    [table] = tables(shown("table_range", 0)["packet"])
    assert table["hit"] is False and table["entry"] is None
    assert table["nearest"]["mismatches"] == [
        {"field": "hdr.h.b", "match": "range", "value": "0x63", "wanted": "0x96..0xa0", "common_bits": None}
    ]


def test_an_lpm_miss_names_the_route_with_the_longest_common_prefix() -> None:
    with Engine.load(CASES / "table_lpm" / "table_lpm.json", optimise="none") as engine:
        for route in (Lpm(0x0A010200, 24), Lpm(0x0A020000, 16)):
            engine.insert("MyIngress.t", Entry((route,), Action("MyIngress.set", (1,))))
        trace = engine.trace(1, bytes.fromhex("0a01030100000000"))
    [table] = tables(to_json(trace)["packet"])  # type: ignore[arg-type]
    assert table["nearest"]["entry"]["match"] == [{"value": "0xa010200", "prefix": 24}]
    [mismatch] = table["nearest"]["mismatches"]
    assert (mismatch["field"], mismatch["wanted"], mismatch["common_bits"]) == ("hdr.h.a", "0xa010200/24", 23)


def test_an_empty_table_has_no_nearest_entry() -> None:
    [table] = tables(shown("table_exact", 0)["packet"])
    assert (table["hit"], table["entries"], table["nearest"]) == (False, 0, None)


def test_a_hit_names_the_entry_its_priority_and_its_action() -> None:
    """table_ternary, fifth packet: the recorded r is 4."""
    [table] = tables(shown("table_ternary", 4)["packet"])
    assert table["entry"]["priority"] == 5
    assert table["entry"]["match"] == [{"value": "0x0", "mask": "0x1"}, {"value": "0x1", "mask": "0x1"}]
    assert table["action"]["name"] == "MyIngress.set"
    assert table["action"]["params"] == [{"name": "r", "value": "0x4", "width": 8}]
    assert table["action"]["statements"][0]["changes"] == [
        {"field": "h.r", "before": "0x0", "after": "0x4", "width": 8}
    ]


def test_a_group_s_choice_is_told_with_its_hash() -> None:
    [table] = [t for t in tables(shown("action_selector", 5)["packet"]) if t["group"] is not None]
    assert table["entry"]["group"] == table["group"]
    assert table["member"] is not None
    assert [e["effect"] for e in table["effects"]] == ["hash"]


def test_meters_tell_the_colour_that_the_packet_then_gets() -> None:
    colors = []
    with Recorded("meter_indirect") as recorded:
        for step, trace in recorded.traces():
            found = [e for e in effects(to_json(trace)["packet"]) if e["effect"] == "meter"]  # type: ignore[arg-type]
            colors += [e["color"] for e in found if e["configured"]]
            if step["expect"] and found:
                assert [(p["port"], p["hex"]) for p in step["expect"]] == [(p, d.hex()) for p, d in trace.sent]
    assert {"green", "yellow"} <= set(colors)


def test_direct_counters_and_meters_belong_to_the_entry() -> None:
    with Recorded("meter_direct") as recorded:
        found = [e for _, t in recorded.traces() for x in tables(to_json(t)["packet"]) for e in x["effects"]]  # type: ignore[arg-type]
    assert {e["effect"] for e in found} >= {"meter"}
    assert all(e["table"] for e in found)


def test_registers_tell_what_was_read_and_written() -> None:
    packet = shown("register_rw", 2)["packet"]
    accesses = [e for e in effects(packet) if e["effect"].startswith("register")]
    assert accesses == [
        {"effect": "register_read", "name": "MyIngress.r16", "index": 1, "value": "0x1234"},
        {"effect": "register_write", "name": "MyIngress.r16", "index": 1, "value": "0x1134"},
    ]


def test_hashes_tell_their_result() -> None:
    hashes = {e["algorithm"]: e["value"] for e in effects(shown("hash_algorithms", 0)["packet"])}
    assert hashes["crc32"] == "0xf744682" and hashes["csum16"] == "0xffff"


def test_counters_tell_the_cell() -> None:
    with Recorded("counter_indirect") as recorded:
        for _, trace in recorded.traces():
            counts = [e for e in effects(to_json(trace)["packet"]) if e["effect"] == "counter"]  # type: ignore[arg-type]
            before = [recorded.engine.read_counter(e["name"], e["index"]) for e in counts if e["index"] < 4]
            assert counts
            recorded.engine.process(trace.port, trace.data)
            after = [recorded.engine.read_counter(e["name"], e["index"]) for e in counts if e["index"] < 4]
            assert all(b.packets < a.packets for b, a in zip(before, after, strict=True))
            break


def test_checksums_are_told_right_and_wrong_and_updated() -> None:
    with Recorded("checksum_ipv4_verify_update") as recorded:
        packets = [to_json(t)["packet"] for _, t in recorded.traces()]
    results = [c["right"] for p in packets for c in p["checksums"]]  # type: ignore[index]
    assert True in results and False in results
    updated = [c for p in packets for s in p["deparser"] for c in s["changes"]]  # type: ignore[index]
    assert any(c["field"] == "ip.csum" for c in updated)


def test_headers_that_become_valid_and_invalid_are_changes() -> None:
    with Recorded("header_validity") as recorded:
        fields = {
            c.field
            for _, t in recorded.traces()
            for step in t.packet.steps()
            for c in getattr(getattr(step, "run", None), "changes", [])
        }
    assert any(f.endswith(".$valid$") for f in fields)


def test_a_drop_names_table_action_entry_and_source_line() -> None:
    found: list[Trace] = []
    with Recorded("l3_router_ecmp_acl") as recorded:
        found = [t for _, t in recorded.traces()]
    fates = [f for t in found for f in t.packet.fates if f.what == "dropped" and f.entry is not None]
    assert fates
    fate = fates[0]
    assert fate.table == "RouterIngress.v4_acl.acl" and fate.action == "RouterIngress.v4_acl.deny"
    assert fate.source is not None and fate.source.line == 185
    assert "priority" in render(next(t for t in found if fate in t.packet.fates))


def test_what_goes_to_the_controller_is_told() -> None:
    with Recorded("packet_in_out") as recorded:
        traces = [t for _, t in recorded.traces()]
    assert any(t.to_cpu and any(f.what == "to_cpu" for f in t.packet.fates) for t in traces)


def test_digests_name_their_fields() -> None:
    found = shown("digest", 0)
    [digest] = found["digests"]
    assert digest["name"] and all(value.startswith("0x") for value in digest["values"].values())
    assert "digest" in whats(found["packet"])


def test_any_name_may_stand_in_a_trace() -> None:
    """Names that C, or the lines that the traced object writes, might trip over."""
    odd = {"start": 'st"art\\n\té', "k": 'a\\"b%s c', "node_2": "no'de"}
    text = (CASES / "table_exact" / "table_exact.json").read_text()
    for name, strange in odd.items():
        text = text.replace(json.dumps(name), json.dumps(strange))
    with Engine.load(text, optimise="none") as engine:
        trace = engine.trace(1, bytes.fromhex("00050000"))
    assert trace.packet.states[0].name == odd["start"]
    assert trace.packet.states[0].extracts[0].fields[odd["k"]] == 5
    json.dumps(to_json(trace))


@pytest.mark.parametrize("name", ["l3_router_ecmp_acl", "table_ternary", "clone_i2e", "conditional_actions"])
def test_json_without_source_info_is_traced_too(name: str) -> None:
    """As other compilers write it: nothing says where a statement stands."""

    def strip(value: object) -> object:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k != "source_info"}
        return [strip(v) for v in value] if isinstance(value, list) else value

    stripped = strip(json.loads((CASES / name / f"{name}.json").read_text()))
    with Recorded(name) as whole, Recorded(name, stripped) as bare:
        for (_, expected), (_, got) in zip(whole.traces(), bare.traces(), strict=True):
            assert got.sent == expected.sent
            assert [f.what for f in got.packet.fates] == [f.what for f in expected.packet.fates]
            assert [s.name for s in got.packet.states] == [s.name for s in expected.packet.states]
            assert "None" not in render(got)
