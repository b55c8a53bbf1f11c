"""STF text -> statements.

A statement begins with its keyword (in any case) at the head of a line; lines that begin otherwise continue it. `#`
starts a comment. Names may be quoted. All errors of a file are reported at once, each with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, cast

from switch.stf.statements import (
    Add,
    AddToGroup,
    Call,
    CheckCounter,
    Command,
    Comparison,
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

# verb -> (does it take a name, how many numbers: at least, at most, does it take meter rates)
COMMANDS: dict[str, tuple[bool, int, int | None, bool]] = {
    "mirroring_add": (False, 2, 2, False),
    "mirroring_add_mc": (False, 2, 2, False),
    "mirroring_delete": (False, 1, 1, False),
    "mirroring_get": (False, 1, 1, False),
    "mc_mgrp_create": (False, 1, 1, False),
    "mc_node_create": (False, 1, None, False),
    "mc_node_update": (False, 1, None, False),
    "mc_node_associate": (False, 2, 2, False),
    "counter_read": (True, 1, 1, False),
    "counter_write": (True, 3, 3, False),
    "register_read": (True, 1, 1, False),
    "register_write": (True, 2, 2, False),
    "register_reset": (True, 0, 0, False),
    "meter_get_rates": (True, 1, 1, False),
    "meter_set_rates": (True, 1, 1, True),
    "meter_array_set_rates": (True, 0, 0, True),
}

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>0[xX][0-9a-fA-F*]+|0[bB][01*]+|\d+(?:\.\d+)?)(?![\w$*])
    | (?P<name>"[^"]+"|[A-Za-z_$][\w$]*)
    | (?P<sign>&&&|\.\.|==|!=|<=|>=|[:,.\[\]()/=<>])
    )""",
    re.VERBOSE,
)
_PACKET = re.compile(r"(?P<port>\d+)(?:\s+(?P<data>.*))?$")
_HEX = re.compile(r"[0-9a-fA-F]*")
_PATTERN = re.compile(r"[0-9a-fA-F*]*")


class _Wrong(Exception):
    """What is wrong with the statement that is being read."""


def read_stf(text: str, file: str) -> list[Statement]:
    """The statements of `text`, which messages call `file`. Raises StfError."""
    statements: list[Statement] = []
    errors: list[str] = []
    for line, words in _lines(text):
        keyword, _, rest = words.partition(" ")
        try:
            statements.append(_statement(line, keyword.lower(), rest.strip()))
        except _Wrong as wrong:
            errors.append(f"{file}:{line}: {wrong}")
    if errors:
        raise StfError("\n".join(errors))
    return statements


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """(line number, text) of each statement, its lines joined."""
    begun: tuple[int, str] | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        content = raw.partition("#")[0].strip()
        if not content:
            continue
        head = re.match(r"\w+", content)
        is_keyword = head is not None and head[0].lower() in _KEYWORDS
        if begun is not None and (is_keyword or _is_complete(begun[1])):
            yield begun
            begun = None
        joined = " ".join(content.split()) if begun is None else f"{begun[1]} {content}"
        begun = (number if begun is None else begun[0], joined)
    if begun is not None:
        yield begun


def _is_complete(words: str) -> bool:
    """Only what may have many words goes on in the next line."""
    return words.partition(" ")[0].lower() not in ("add", "setdefault", "act_prof_create_member")


def _statement(line: int, keyword: str, rest: str) -> Statement:
    if keyword in ("packet", "expect"):
        return _packet(line, keyword, rest)
    if keyword not in _KEYWORDS:
        raise _Wrong(f"unknown statement {keyword!r}")
    words = _Words(rest)
    statement = _READERS[keyword](line, words) if keyword in _READERS else _command(line, keyword, words)
    words.end()
    return statement


def _packet(line: int, keyword: str, rest: str) -> Packet | Expect:
    found = _PACKET.match(rest)
    if found is None:
        raise _Wrong(f"{keyword}: expected a port number")
    port, data = int(found["port"]), "".join((found["data"] or "").split())
    if keyword == "packet":
        if not _HEX.fullmatch(data):
            raise _Wrong("packet: expected hexadecimal digits")
        if len(data) % 2:
            raise _Wrong(f"packet: {len(data)} hexadecimal digits are no whole number of bytes")
        return Packet(line, port, bytes.fromhex(data))
    exact = data.endswith("$")
    pattern = data.removesuffix("$")
    if not _PATTERN.fullmatch(pattern):
        raise _Wrong("expect: expected hexadecimal digits, `*` for any digit, `$` at the end")
    return Expect(line, port, pattern.lower() if pattern or exact else None, exact)


# ---- one reader a statement


def _add(line: int, words: _Words) -> Add:
    table = words.qualified()
    priority = words.integer() if words.kind == "number" else None
    keys: list[Key] = []
    while True:
        name = words.qualified()
        if not words.take(":"):
            break
        keys.append(Key(name, words.key_value()))
    action: Call | Indirect
    if name in ("member", "group") and words.peek(1)[1] not in (")",) and words.peek(2)[1] == ")":
        words.expect("(")
        action = Indirect(cast(Literal["member", "group"], name), words.handle())
        words.expect(")")
    else:
        action = Call(name, words.arguments())
    return Add(line, table, priority, tuple(keys), action, words.given_name())


def _set_default(line: int, words: _Words) -> SetDefault:
    return SetDefault(line, words.qualified(), Call(words.qualified(), words.arguments()))


def _remove(line: int, words: _Words) -> RemoveAll:
    if words.qualified().lower() != "all":
        raise _Wrong("remove: only `remove all` is known")
    return RemoveAll(line)


def _check_counter(line: int, words: _Words) -> CheckCounter:
    name = words.qualified()
    words.expect("(")
    index = words.handle()
    words.expect(")")
    if words.kind is None:
        return CheckCounter(line, name, index, None, "==", 0)
    quantity = words.qualified().lower()
    if quantity not in ("packets", "bytes"):
        raise _Wrong(f"check_counter: expected `packets` or `bytes`, not {quantity!r}")
    sign = words.next()[1]
    if sign not in ("==", "!=", "<", "<=", ">", ">="):
        raise _Wrong(f"check_counter: expected a comparison, not {sign!r}")
    value = words.integer()
    return CheckCounter(line, name, index, cast(Literal["packets", "bytes"], quantity), cast(Comparison, sign), value)


def _member(line: int, words: _Words) -> MakeMember:
    profile = words.qualified()
    return MakeMember(line, profile, Call(words.qualified(), words.arguments()), words.given_name())


def _group(line: int, words: _Words) -> MakeGroup:
    return MakeGroup(line, words.qualified(), words.given_name())


def _to_group(line: int, words: _Words) -> AddToGroup:
    return AddToGroup(line, words.qualified(), words.handle(), words.handle())


def _command(line: int, verb: str, words: _Words) -> Command:
    takes_name, at_least, at_most, takes_rates = COMMANDS[verb]
    name = words.qualified() if takes_name else None
    numbers: list[int] = []
    while words.kind == "number" and words.peek(1)[1] != ":":
        numbers.append(words.integer())
    if len(numbers) < at_least or (at_most is not None and len(numbers) > at_most):
        wanted = f"{at_least}" if at_least == at_most else f"{at_least} or more"
        raise _Wrong(f"{verb}: {len(numbers)} numbers, expected {wanted}")
    rates: list[tuple[float, int]] = []
    while takes_rates and words.kind == "number":
        rate = float(words.next()[1])
        words.expect(":")
        rates.append((rate, words.integer()))
    if takes_rates and not rates:
        raise _Wrong(f"{verb}: expected RATE:BURST")
    return Command(line, verb, name, tuple(numbers), tuple(rates))


class _Words:
    """The tokens of one statement, read from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str | None, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                if not text[at:].strip():
                    break
                raise _Wrong(f"cannot read {text[at:].strip()!r}")
            self._tokens.append((found.lastgroup, found[cast(str, found.lastgroup)]))
            at = found.end()
        self._at = 0

    def peek(self, ahead: int = 0) -> tuple[str | None, str]:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else (None, "the end of the statement")

    @property
    def kind(self) -> str | None:
        """number, name, sign; None at the end."""
        return self.peek()[0]

    def next(self) -> tuple[str | None, str]:
        token = self.peek()
        self._at += 1
        return token

    def take(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self._at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise _Wrong(f"expected `{sign}`, found {self.peek()[1]}")

    def end(self) -> None:
        if self.kind is not None:
            raise _Wrong(f"unexpected {self.peek()[1]} behind the statement")

    def integer(self) -> int:
        kind, text = self.next()
        if kind != "number" or "*" in text or "." in text:
            raise _Wrong(f"expected a number, found {text}")
        return to_integer(text)

    def qualified(self) -> str:
        """`a.b[1].c`; quotes are taken off."""
        parts = ""
        while True:
            kind, text = self.next()
            if kind != "name":
                raise _Wrong(f"expected a name, found {text}")
            parts += text.strip('"')
            while self.take("["):
                parts += f"[{self.integer()}]"
                self.expect("]")
            if not self.take("."):
                return parts
            parts += "."

    def handle(self) -> int | str:
        return self.integer() if self.kind == "number" else self.qualified()

    def key_value(self) -> str:
        """`V`, `V/LENGTH`, `V&&&MASK`, `LOW..HIGH`, as written without spaces."""
        text = self._number()
        for sign in ("/", "&&&", ".."):
            if self.take(sign):
                return text + sign + self._number()
        return text

    def _number(self) -> str:
        kind, text = self.next()
        if kind != "number" or "." in text:
            raise _Wrong(f"expected a value, found {text}")
        return text

    def arguments(self) -> tuple[tuple[str, int], ...]:
        self.expect("(")
        found: list[tuple[str, int]] = []
        while not self.take(")"):
            if found:
                self.expect(",")
            name = self.qualified()
            self.expect(":")
            found.append((name, self.integer()))
        return tuple(found)

    def given_name(self) -> str | None:
        """`= ID` at the end; uses write it `$ID`."""
        return self.qualified().removeprefix("$") if self.take("=") else None


def to_integer(text: str) -> int:
    """A number in base 2, 10 or 16, as its prefix says. (`int(text, 0)` refuses leading zeros.)"""
    bases = {"0x": 16, "0b": 2}
    return int(text, bases.get(text[:2].lower(), 10))


_READERS: dict[str, Callable[[int, _Words], Statement]] = {
    "add": _add,
    "setdefault": _set_default,
    "remove": _remove,
    "no_packet": lambda line, words: NoPacket(line),
    "wait": lambda line, words: Wait(line),
    "check_counter": _check_counter,
    "act_prof_create_member": _member,
    "act_prof_create_group": _group,
    "act_prof_add_member_to_group": _to_group,
}
_KEYWORDS = frozenset({"packet", "expect", *_READERS, *COMMANDS})
