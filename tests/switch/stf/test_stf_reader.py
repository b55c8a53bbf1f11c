"""STF text -> statements. Oracle: the notation as docs/stf.md describes it, written out by hand."""

from __future__ import annotations

import pytest

from switch.bmv2_json.program import KeyField, ValidBit
from switch.errors import InvalidArgument
from switch.stf.keys import match_of
from switch.stf.reader import read_stf
from switch.stf.statements import (
    Add,
    AddToGroup,
    Call,
    CheckCounter,
    Command,
    Expect,
    Indirect,
    Key,
    MakeGroup,
    MakeMember,
    NoPacket,
    Packet,
    RemoveAll,
    SetDefault,
    Statement,
    StfError,
    Wait,
)
from switch.values import Exact, Lpm, Match, Range, Ternary

STATEMENTS: dict[str, Statement] = {
    "packet 0 01 0203 aB": Packet(1, 0, bytes.fromhex("010203ab")),
    "packet 3": Packet(1, 3, b""),
    "expect 1": Expect(1, 1, None),
    "expect 1 *1 0aB* $": Expect(1, 1, "*10ab*", True),
    "expect 1 01 # a comment": Expect(1, 1, "01"),
    "EXPECT 12 $": Expect(1, 12, "", True),
    "no_packet": NoPacket(1),
    "wait": Wait(1),
    "remove all": RemoveAll(1),
    "add t k:1 a()": Add(1, "t", None, (Key("k", "1"),), Call("a"), None),
    "add i.t 7 h[1].$valid$:0b1 h$0.f:0x1*/8 a.b(x:1,y:0x0f) = $E": Add(
        1,
        "i.t",
        7,
        (Key("h[1].$valid$", "0b1"), Key("h$0.f", "0x1*/8")),
        Call("a.b", (("x", 1), ("y", 15))),
        "E",
    ),
    'add "my t" "k":0x1&&&0xf r:1..5 "a"("x":2)': Add(
        1, "my t", None, (Key("k", "0x1&&&0xf"), Key("r", "1..5")), Call("a", (("x", 2),)), None
    ),
    "add t k:1 member(M)": Add(1, "t", None, (Key("k", "1"),), Indirect("member", "M"), None),
    "add t k:1 group(0)": Add(1, "t", None, (Key("k", "1"),), Indirect("group", 0), None),
    "add t k:1 member()": Add(1, "t", None, (Key("k", "1"),), Call("member"), None),
    "add t k:1 member(x:1)": Add(1, "t", None, (Key("k", "1"),), Call("member", (("x", 1),)), None),
    "setdefault t a(x:007)": SetDefault(1, "t", Call("a", (("x", 7),))),
    "check_counter c($A)": CheckCounter(1, "c", "$A", None, "==", 0),
    "check_counter a.c(3) bytes >= 0x10": CheckCounter(1, "a.c", 3, "bytes", ">=", 16),
    "act_prof_create_member p a(x:1) = M": MakeMember(1, "p", Call("a", (("x", 1),)), "M"),
    "act_prof_create_group p": MakeGroup(1, "p", None),
    "act_prof_add_member_to_group p M 0": AddToGroup(1, "p", "M", 0),
    "mirroring_add 1 5": Command(1, "mirroring_add", None, (1, 5)),
    "mc_node_create 257 6 8": Command(1, "mc_node_create", None, (257, 6, 8)),
    "mc_node_create 257": Command(1, "mc_node_create", None, (257,)),
    "register_write a.r 5 0x64": Command(1, "register_write", "a.r", (5, 100)),
    "register_reset r": Command(1, "register_reset", "r", ()),
    "meter_set_rates m 2 0.5:4 1:5": Command(1, "meter_set_rates", "m", (2,), ((0.5, 4), (1.0, 5))),
    "meter_array_set_rates m 0.000006:7 2:9": Command(1, "meter_array_set_rates", "m", (), ((0.000006, 7), (2.0, 9))),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statement(text: str) -> None:
    assert read_stf(text, "t.stf") == [STATEMENTS[text]]


def test_a_statement_may_go_on_in_the_next_lines() -> None:
    text = "# begin\n\nadd t\n  k:1   # the key\n  a(x:1,\n    y:2)\nwait\npacket 1 aa\nexpect 2 aa\n"
    assert [s.line for s in read_stf(text, "t.stf")] == [3, 7, 8, 9]
    assert read_stf(text, "t.stf")[0] == Add(3, "t", None, (Key("k", "1"),), Call("a", (("x", 1), ("y", 2))), None)


WRONG = {
    "packet": "expected a port",
    "packet x 00": "expected a port",
    "packet 1 0g": "hexadecimal",
    "packet 1 012": "whole number of bytes",
    "packet 1 0*": "hexadecimal",
    "expect 1 0$0": "hexadecimal",
    "send 1 00": "unknown statement 'send'",
    "add": "expected a name",
    "add t": "expected a name",
    "add t k a()": "expected `(`",
    "add t k:": "expected a value",
    "add t k:1": "expected a name",
    "add t k:1 a(": "expected a name",
    "add t k:1 a(x)": "expected `:`",
    "add t k:1 a(x:1 y:2)": "expected `,`",
    "add t k:1 a() b": "unexpected b",
    "add t k:0xyz a()": "cannot read",
    "add t 0x1* k:1 a()": "expected a number",
    "setdefault t": "expected a name",
    "remove t": "only `remove all`",
    "check_counter c": "expected `(`",
    "check_counter c(0) frames == 1": "`packets` or `bytes`",
    "check_counter c(0) packets = 1": "a comparison",
    "mirroring_add 1": "1 numbers, expected 2",
    "mc_node_create": "0 numbers, expected 1 or more",
    "meter_set_rates m 1": "expected RATE:BURST",
    "register_read 5": "expected a name",
    "wait 5": "unexpected 5",
}


@pytest.mark.parametrize("text", WRONG)
def test_errors_name_their_line(text: str) -> None:
    with pytest.raises(StfError) as caught:
        read_stf(f"# a comment\nwait\n{text}\nwait\n", "dir/t.stf")
    assert str(caught.value).startswith("dir/t.stf:3: ")
    assert WRONG[text] in str(caught.value)


def test_all_errors_of_a_file_are_told() -> None:
    with pytest.raises(StfError) as caught:
        read_stf("packet 1 0\nwait\nfoo\n", "t.stf")
    assert [line.split(":")[1] for line in str(caught.value).split("\n")] == ["1", "3"]


# ---- keys: the masks and prefixes that digits stand for are those of p4c's test runner

MATCHES: dict[tuple[str, int, str], Match] = {
    ("exact", 16, "0x12"): Exact(0x12),
    ("exact", 16, "010"): Exact(10),
    ("ternary", 16, "0x12"): Ternary(0x12, 0xFF),
    ("ternary", 16, "0x**12"): Ternary(0x12, 0xFF),
    ("ternary", 16, "0x12**"): Ternary(0x1200, 0xFF00),
    ("ternary", 9, "0x1ff"): Ternary(0x1FF, 0x1FF),
    ("ternary", 4, "0b1*0"): Ternary(0b100, 0b101),
    ("ternary", 16, "18"): Ternary(18, 0xFFFF),
    ("ternary", 16, "0x1234&&&0x0ff0"): Ternary(0x0230, 0x0FF0),
    ("lpm", 32, "0x0a000000/8"): Lpm(0x0A000000, 8),
    ("lpm", 32, "0x0a0b0c0d/8"): Lpm(0x0A000000, 8),
    ("lpm", 32, "0x0a******"): Lpm(0x0A000000, 8),
    ("lpm", 32, "0x0a0b0c0d"): Lpm(0x0A0B0C0D, 32),
    ("lpm", 8, "0b101*****"): Lpm(0b10100000, 3),
    ("lpm", 32, "5"): Lpm(5, 32),
    ("range", 16, "5..0x10"): Range(5, 16),
    ("range", 16, "7"): Range(7, 7),
}


@pytest.mark.parametrize(("kind", "width", "text"), MATCHES)
def test_key_value(kind: str, width: int, text: str) -> None:
    assert match_of(text, field(kind, width)) == MATCHES[kind, width, text]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("exact", text) for text in ("0x1*", "1/8", "1..2")),
        *(("ternary", text) for text in ("1/8", "1..2", "0x10000")),
        *(("range", text) for text in ("0x1*", "1&&&1")),
        ("lpm", "1/17"),
    ],
)
def test_key_value_of_another_kind(kind: str, text: str) -> None:
    with pytest.raises(InvalidArgument):
        match_of(text, field(kind, 16))


def field(kind: str, width: int) -> KeyField:
    return KeyField(kind, ValidBit(None), None, "k", width)  # type: ignore[arg-type]  # no field is looked at
