"""Intent -> entries. Oracles: entries written by hand from docs/gateway.md, and packets.py."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intents import intents, packets
from packets import fates, intended

from controller.intent import Intent, parse_intent
from controller.intent.derive import DEFAULT_GATEWAY_MAC
from controller.intent.policy import permits
from controller.planner import NoTenantId, plan
from controller.planner.acl import port_prefixes

SMALL = """\
hosts:
  h1: {ip: 10.255.1.1, mac: 02:00:00:00:01:01}
gateways:
  gw1:
    p4runtime: 127.0.0.1:9559
    vtep: {ip: 10.255.0.1, mac: 02:00:00:00:00:01}
    ports: {3: {hosts: [h1]}}
tenants:
  red:
    vni: 1001
    subnets: {web: {cidr: 10.1.0.0/24}}
    vms:
      a: {ip: 10.1.0.11, host: h1, mac: 02:01:00:00:00:0a}
      b: {ip: 10.1.0.12, host: h1}
    acl:
      - {action: allow, proto: tcp, from: a, to: web, ports: 80}
      - {action: deny, from: 10.1.0.0/24, to: b}
"""
H1, VTEP, A, B = 0x0AFF0101, 0x0AFF0001, 0x0A01000B, 0x0A01000C
ANY = (0, 0)


def entries(text: str) -> dict[str, dict[tuple[object, ...], tuple[object, ...]]]:
    intent = parse_intent(text)
    return plan(intent, intent.gateways["gw1"], {}, 4096).wanted


def test_small_intent_entry_by_entry() -> None:
    host = (1 << 32) - 1
    assert entries(SMALL) == {
        "local_vtep": {(VTEP, 0): ("local", 0x020000000001)},
        "vni": {(1001, 0): ("set_tenant", 1, DEFAULT_GATEWAY_MAC)},
        "vm_source": {
            (1, A, 0x02010000000A, H1, 0): ("genuine",),
            (1, B, 0x02E90A01000C, H1, 0): ("genuine",),  # derived: 02, 1001 & 0xff, the address
        },
        "endpoint": {
            (1, 0x0A010001, 0): ("gateway",),
            (1, A, 0): ("vm", H1, 0x02010000000A),
            (1, B, 0): ("vm", H1, 0x02E90A01000C),
        },
        "route": {(1, (0x0A010000, 24), 0): ("connected",)},
        "next_hop": {(H1, 0): ("to_port", 3, 0x020000000001, 0x020000000101)},
        "acl": {
            (1, (A, host), (0x0A010000, 0xFFFFFF00), (6, 255), (1, 1), ANY, (80, 0xFFFF), 2): ("permit",),
            (1, (0x0A010000, 0xFFFFFF00), (B, host), ANY, ANY, ANY, ANY, 1): ("deny",),
        },
    }


def test_default_deny_is_an_entry_below_all_others() -> None:
    acl = entries(SMALL.replace("    acl:", "    acl_default: deny\n    acl:"))["acl"]
    assert acl[(1, ANY, ANY, ANY, ANY, ANY, ANY, 1)] == ("deny",)
    assert sorted(key[-1] for key in acl) == [1, 1, 2]


def test_a_rule_put_first_leaves_the_others_entries_alone() -> None:
    """What makes a change small: priorities say what a rule must beat, not where it stands."""
    rules = "".join(
        f"      - {{action: deny, proto: tcp, from: 10.1.0.{n}, to: any, ports: {n}}}\n" for n in range(20, 40)
    )
    before = entries(SMALL + rules)["acl"]
    first = "    acl:\n      - {action: deny, proto: udp, from: any, to: any, ports: 53}\n"
    after = entries((SMALL + rules).replace("    acl:\n", first))["acl"]
    assert len(after.items() - before.items()) == 1
    assert not before.items() - after.items()


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_port_prefixes_cover_the_range_and_nothing_else(one: int, other: int) -> None:
    """Oracle: every port tried (a few near the edges, for speed)."""
    low, high = min(one, other), max(one, other)
    prefixes = list(port_prefixes(low, high))
    assert len(prefixes) <= 30
    for port in {0, 65535, *(p + d for p in (low, high) for d in (-1, 0, 1) if 0 <= p + d <= 65535)}:
        hits = [1 for value, mask in prefixes if port & mask == value]
        assert len(hits) == (1 if low <= port <= high else 0)
    assert sum(0x10000 - mask for _, mask in prefixes) == high - low + 1


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(intents())
def test_entries_do_what_the_intent_says(intent: Intent) -> None:
    """Oracle: `intended`, first match by first match; priorities never tie with different verdicts."""
    state = plan(intent, intent.gateways["gw1"], {}, 4096).wanted
    for packet in packets(intent):
        assert fates(state, packet) == {intended(intent, "gw1", packet)}


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(intents())
def test_permits_agrees_with_the_words_of_the_intent(intent: Intent) -> None:
    for packet in packets(intent):
        tenant = next(t for t in intent.tenants.values() if t.vni == packet.vni)
        source, to = (type(next(iter(tenant.vms.values())).ip)(n) for n in (packet.src, packet.dst))
        denied = intended(intent, "gw1", packet) == ("drop", "ACL_DENIED")
        assert permits(tenant, source, to, packet.proto, packet.port) is not denied


def test_tenants_keep_their_numbers_when_others_come_and_go() -> None:
    two = SMALL + "  blue: {vni: 5}\n"
    intent, more = parse_intent(SMALL), parse_intent(two)
    held = plan(intent, intent.gateways["gw1"], {}, 4096).wanted
    assert plan(more, more.gateways["gw1"], held, 4096).tenant_ids == {1001: 1, 5: 2}
    assert plan(more, more.gateways["gw1"], {}, 4096).tenant_ids == {5: 1, 1001: 2}


def test_a_new_tenant_does_not_get_the_number_of_one_that_is_about_to_go() -> None:
    old, new = parse_intent(SMALL), parse_intent(SMALL.replace("vni: 1001", "vni: 1002"))
    held = plan(old, old.gateways["gw1"], {}, 4096).wanted
    assert plan(new, new.gateways["gw1"], held, 4096).tenant_ids == {1002: 2}


def test_a_number_whose_vni_is_gone_is_found_again_by_its_vms() -> None:
    intent = parse_intent(SMALL)
    held = plan(intent, intent.gateways["gw1"], {}, 4096).wanted
    moved = {
        name: {(7, *key[1:]) if name in ("vm_source", "endpoint") else key: v for key, v in rows.items()}
        for name, rows in held.items()
    }
    moved["vni"] = {}
    assert plan(intent, intent.gateways["gw1"], moved, 4096).tenant_ids == {1001: 7}


def test_more_tenants_than_numbers() -> None:
    intent = parse_intent(SMALL + "  blue: {vni: 5}\n  green: {vni: 6}\n")
    assert sorted(plan(intent, intent.gateways["gw1"], {}, 3).tenant_ids.values()) == [0, 1, 2]
    with pytest.raises(NoTenantId):
        plan(intent, intent.gateways["gw1"], {}, 2)
