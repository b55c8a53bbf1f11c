"""Filters: what they mean, and where they are wrong. Oracle: the tests below, written out by hand; for the native half
the evaluation in Python.
"""

from __future__ import annotations

import pytest

from switch.bmv2_json import load_program
from switch.trace.filter import FilterError, native, parse, resolve
from switch.trace.filter.tests import Between, FieldTest, NumberTest, ValidTest

from .recorded import CASES

ROUTER = load_program(CASES / "l3_router_ecmp_acl" / "l3_router_ecmp_acl.json")


def between(text: str) -> Between:
    test = resolve(parse(text), ROUTER)
    assert isinstance(test, (FieldTest, NumberTest))
    return test.between


FULL = 0xFFFFFFFF
MEANINGS = [
    ("ip4.dst==10.0.0.1", Between(0x0A000001, 0x0A000001, FULL)),
    ("hdr.ip4.dst = 0x0a000001", Between(0x0A000001, 0x0A000001, FULL)),
    ("ip4.dst!=10.0.0.0/8", Between(0x0A000000, 0x0A000000, 0xFF000000, negate=True)),
    ("ip4.dst==10.1.2.3/0", Between(0, 0, 0)),
    ("l4.dst==80..90", Between(80, 90, 0xFFFF)),
    ("l4.dst<80", Between(0, 79, 0xFFFF)),
    ("l4.dst<=80", Between(0, 80, 0xFFFF)),
    ("l4.dst>80", Between(81, 0xFFFF, 0xFFFF)),
    ("l4.dst>=80", Between(80, 0xFFFF, 0xFFFF)),
    ("l4.dst<0", Between(1, 0, 0xFFFF)),
    ("l4.dst>0xffff", Between(1, 0, 0xFFFF)),
    ("ip4.flags & 2", Between(0, 0, 2, negate=True)),
    ("ip4.flags & 0b10 == 2", Between(2, 2, 2)),
    ("eth.dst==00:00:00:00:00:0a", Between(10, 10, (1 << 48) - 1)),
    ("port==1", Between(1, 1, FULL)),
]


@pytest.mark.parametrize(("text", "meaning"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_what_a_comparison_means(text: str, meaning: Between) -> None:
    assert between(text) == meaning


def test_a_header_alone_asks_whether_it_is_valid() -> None:
    assert resolve(parse("ip4"), ROUTER) == ValidTest("ip4") == resolve(parse("valid(hdr.ip4)"), ROUTER)


WRONG = [
    ("", 0, "expected a field"),
    ("port==", 6, "expected a value"),
    ("port", 4, "expected a comparison"),
    ("port==1 ipv4", 8, "expected && or ||"),
    ("(port==1", 8, "expected )"),
    ("port==1 && ", 10, "expected a field"),
    ("port==1 # x", 8, "no place for '#'"),
    ("ip4.dts==1", 0, "did you mean ip4.dst"),
    ("nothing_of_the_kind==1", 0, "no field nothing_of_the_kind"),
    ("ip4.dst==10.0.0.256", 9, "no number and no address"),
    ("l4.dst==65536", 8, "more than the 16 bits"),
    ("l4.dst==90..80", 8, "is empty"),
    ("ip4.dst<10.0.0.0/8", 8, "== and != only"),
    ("ip4.dst==10.0.0.0/33", 9, "prefix length"),
    ("hit(nope)", 4, "no table nope"),
    ("hit(", 4, "expected the name"),
    ("error==Nope", 7, "no parser error Nope"),
]


@pytest.mark.parametrize(("text", "at", "message"), WRONG, ids=[text or "empty" for text, _, _ in WRONG])
def test_a_wrong_filter_says_where_and_why(text: str, at: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        resolve(parse(text), ROUTER)
    assert caught.value.at == at
    assert message in caught.value.message
    first, quoted, caret = str(caught.value).splitlines()
    assert first.startswith("filter: ") and quoted == "  " + text and caret == " " * (at + 2) + "^"


PORTS = [
    ("port==3", {3}),
    ("port==3 && ip4", {3}),
    ("port==3 || port>1022", {3, 1023}),
    ("!(port!=3)", {3}),
    ("port==3 && dropped", {3}),
    ("port==3 || dropped", set(range(1024))),
    ("ip4", set(range(1024))),
]


@pytest.mark.parametrize(("text", "ports"), PORTS, ids=[text for text, _ in PORTS])
def test_the_ports_from_which_a_packet_may_pass(text: str, ports: set[int]) -> None:
    bits = native.ports(resolve(parse(text), ROUTER))
    assert {p for p in range(1024) if bits[p // 8] >> p % 8 & 1} == ports
