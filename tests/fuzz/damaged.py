"""Text that is no program, or hardly one: real programs damaged, noise, and constructs of absurd size.

The same text for the same seed. The compiler owes an answer to all of it (survive.py).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = re.compile(r"\s+|\w+|\W")
LARGEST = 40_000
"""Bytes of a text: time is bounded for texts of a sensible length."""
HUGE = ("2147483648", "4294967296", "1000000000", "10 ** 9", "0xFFFFFFFFFFFFFFFFFFFFFFFF", "1 << 1000000000", "-1", "0")
KEYWORDS = tuple(
    """action apply bit bool const control default else enum error exit extern false for header header_union if in inout
    int list match_kind out package parser return select set state string struct switch table transition true tuple
    type typedef value_set varbit void break continue key actions entries priority this abstract _""".split()  # noqa: SIM905
)
PUNCTUATION = tuple(
    "( ) { } [ ] < > ; : , . = == != <= >= + - * / % & | ^ ~ ! && || ++ |+| |-| << >> ? @ # .. ... &&& {#}".split(" ")  # noqa: SIM905
)

HEAD = """#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<8> b; }
struct headers_t { h_t h; h_t[4] s; }
struct meta_t { bit<32> m; }
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { pkt.extract(hdr.h); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
"""
TAIL = """
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


@cache
def programs() -> tuple[str, ...]:
    """The recorded programs and the gateway's files."""
    paths = [*ROOT.glob("tests/golden/*/**/*.p4"), *ROOT.glob("p4src/**/*.p4"), *ROOT.glob("tests/fuzz/found/*.p4")]
    return tuple(path.read_text() for path in sorted(paths))


def damaged(seed: int) -> bytes:
    """The text of this seed."""
    choose = random.Random(seed)
    kind = choose.choices(
        (words, spliced, flipped, truncated, noise, tokens, nested, absurd, numbers, macros),
        (6, 2, 3, 2, 1, 2, 3, 4, 3, 2),
    )[0]
    made = kind(choose)
    return (made if isinstance(made, bytes) else made.encode("utf-8", "surrogateescape"))[:LARGEST]


def ingress(body: str, locals_: str = "") -> str:
    """A whole program around an ingress."""
    start = "control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {"
    return f"{HEAD}{start} {locals_} apply {{ {body} }} }}{TAIL}"


def words(choose: random.Random) -> str:
    """Words lost, doubled, swapped, moved, foreign."""
    found = WORDS.findall(choose.choice(programs()))
    vocabulary = WORDS.findall(choose.choice(programs()))
    for _ in range(choose.choice((1, 1, 2, 3, 8, 20))):
        a, b = choose.randrange(len(found)), choose.randrange(len(found))
        match choose.randrange(6):
            case 0:
                del found[a]
            case 1:
                found.insert(a, choose.choice(vocabulary))
            case 2:
                found[a:a] = found[a : a + choose.randint(1, 60)]
            case 3:
                found[a], found[b] = found[b], found[a]
            case 4:
                found[a] = choose.choice([*KEYWORDS, *PUNCTUATION])
            case _:
                del found[a : a + choose.randint(1, 100)]
        found = found or [";"]
    return "".join(found)


def spliced(choose: random.Random) -> str:
    """The beginning of one program and the end of another."""
    a, b = choose.choice(programs()), choose.choice(programs())
    return a[: choose.randrange(len(a))] + b[choose.randrange(len(b)) :]


def flipped(choose: random.Random) -> bytes:
    """Bits and bytes changed."""
    data = bytearray(choose.choice(programs()).encode())
    for _ in range(choose.randint(1, 30)):
        data[choose.randrange(len(data))] = choose.getrandbits(8)
    return bytes(data)


def truncated(choose: random.Random) -> str:
    text = choose.choice(programs())
    return text[: choose.randrange(len(text))]


def noise(choose: random.Random) -> bytes:
    return choose.randbytes(choose.randint(0, 3000))


def tokens(choose: random.Random) -> str:
    """Words of the language in any order."""
    pool = [*KEYWORDS, *PUNCTUATION, *PUNCTUATION, "x", "y", "hdr", "8w255", "4s0b101", "0x", '"s"', "apply", "main"]
    stream = " ".join(choose.choice(pool) for _ in range(choose.randint(1, 800)))
    return choose.choice((stream, HEAD + stream, ingress(stream)))


def nested(choose: random.Random) -> str:
    """Deep and long constructs."""
    n = choose.choice((30, 100, 300, 1000, 3000))
    x = "hdr.h.a"
    return choose.choice(
        (
            ingress(f"{x} = {'(' * n}{x}{')' * n};"),
            ingress(f"{x} = {'~' * n}{x};"),
            ingress(f"{x} = {' + '.join([x] * n)};"),
            ingress(f"{x} = {f'({x} == 1 ? {x} : ' * n}{x}{')' * n};"),
            ingress(f"{'{' * n}{x} = 1;{'}' * n}"),
            ingress(f"if ({x} == 1) {{ " * n + f"{x} = 2;" + " }" * n),
            ingress(" else ".join(f"if ({x} == {i % 256}) {{ hdr.h.b = {i % 256}; }}" for i in range(n))),
            ingress(f"{x} = {x}{'[7:0]' * n};"),
            ingress(f"{x} = 1;" * n),
            ingress(f"{'a' * (10 * n)} = 1;"),
            ingress(f"meta.m = {'1' * (10 * n)};"),
            HEAD + "typedef " + "tuple<" * n + "bit<8>" + ">" * n + " t;" + TAIL,
            HEAD + "".join(f"struct s{i} {{ {'bit<8>' if not i else f's{i - 1}'} f; }} " for i in range(n)) + TAIL,
            HEAD + "@a(" + "(" * n + ")" * n + ") struct s {}" + TAIL,
            "".join(f"bit<8> f{i}(in bit<8> a) {{ return {'a' if not i else f'f{i - 1}(a)'}; }} " for i in range(n)),
            ingress(f"{x} = f({x});", "")[: -len(TAIL)] + TAIL,
        )
    )


def absurd(choose: random.Random) -> str:
    """Sizes, widths and counts that no memory holds."""
    big = choose.choice(HUGE)
    return choose.choice(
        (
            f"header g_t {{ bit<{big}> f; }} " + ingress(""),
            ingress(f"bit<{big}> x = 1; hdr.h.a = (bit<8>) x;"),
            ingress(f"int<{big}> x = 1; hdr.h.a = (bit<8>) (bit<{big}>) x;"),
            HEAD + f"struct t {{ h_t[{big}] s; }}" + TAIL,
            (
                HEAD
                + "control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }"
                + TAIL
            ).replace("h_t[4]", f"h_t[{big}]"),
            ingress(f"meta.m = {big};"),
            ingress(f"const int x = {big}; meta.m = (bit<32>) (x * x * x);"),
            ingress(f"meta.m = meta.m << ({big});"),
            ingress(f"meta.m = 1 << {big};"),
            ingress(f"meta.m = (bit<32>) ({big} >> {big});"),
            ingress(f"hdr.h.a = hdr.h.a[{big}:0];"),
            ingress(f"hdr.s.push_front({big});"),
            ingress(f"for (bit<32> i = 0; i < {big}; i = i + 1) {{ hdr.h.a = hdr.h.a + 1; }}"),
            ingress(f"for (bit<64> i in 0..{big}) {{ hdr.h.a = hdr.h.a + 1; }}"),
            ingress("t.apply();", f"action a() {{ }} table t {{ actions = {{ a; }} size = {big}; }}"),
            ingress("r.write(0, 1);", f"register<bit<32>>({big}) r;"),
            ingress("r.write(0, 1);", f"register<bit<{big}>>(4) r;"),
            ingress(f"switch (meta.m) {{ {big}: {{ }} }}"),
            f"header v_t {{ varbit<{big}> v; }}" + ingress(""),
            f"enum bit<{big}> e_t {{ A = {big} }}" + ingress(""),
            ingress(f"meta.m = ({big}w1)[31:0];"),
            ingress(f"hdr.h.a = (bit<8>) ({' ++ '.join(['meta.m'] * 3000)});"),
            ingress(f"hdr.s[{big}].a = 1;"),
            ingress(f"const bit<32> y = {' * '.join(['123456789123456789'] * 3000)};"),
            HEAD + f"const int x = {'(1 << 30000) * ' * 500} 1;" + TAIL,
            HEAD + "const int a0 = 7; " + " ".join(f"const int a{i + 1} = a{i} * a{i};" for i in range(60)) + TAIL,
            HEAD + "".join(f"struct s{i + 1} {{ s{i} a; s{i} b; }} " for i in range(40)).replace("s0", "h_t") + TAIL,
        )
    )


def numbers(choose: random.Random) -> str:
    """A program with some of its numbers, or the types of fields, replaced."""
    text = choose.choice(programs())
    places = list(re.finditer(r"\b\d\w*\b", text))
    for place in sorted(choose.sample(places, min(len(places), choose.randint(1, 4))), key=lambda m: -m.start()):
        text = (
            text[: place.start()]
            + choose.choice((*HUGE, "8s255", "1w2", "0w0", "08", "0b2", "9" * 400))
            + text[place.end() :]
        )
    return text


def macros(choose: random.Random) -> str:
    """The preprocessor's own troubles."""
    n = choose.choice((3, 10, 30, 60))
    doubling = "#define A0 x x\n" + "".join(f"#define A{i + 1} A{i} A{i}\n" for i in range(n))
    made: tuple[Callable[[], str], ...] = (
        lambda: doubling + f"A{n}\n",
        lambda: "#define F(x) F(F(x)) G(x)\n#define G(x) F(x) G(G(x))\n" + "F(G(1))" * n,
        lambda: '#include "program.p4"\n' * n,
        lambda: "#include <core.p4>\n" * (100 * n),
        lambda: "#if 1\n" * (30 * n),
        lambda: "#if 0\n" * n + "#else\n" * n + "#endif\n" * choose.randint(0, n),
        lambda: f"#if {'(' * 50 * n}1{')' * 50 * n}\nx\n#endif\n",
        lambda: f"#if 1 {choose.choice(('<<', '/', '%', '**', '?', '##'))} {choose.choice(HUGE)}\n#endif\n",
        lambda: f"#define {'A' * 100 * n}(x, y) x ## y # x\n{'A' * 100 * n}(1,2)\n",
        lambda: "#define X \\\n" * n + "X",
        lambda: "#line " + choose.choice(HUGE) + ' "f"\nx y z\n',
        lambda: "#error x\n#pragma once\n#warning\n#elif\n#undef\n#define\n#include\n#ifdef\n" * n,
        lambda: "/*" * n + choose.choice(("", "*/")) + '"' * choose.randint(0, 3) + "\\\n" * n,
        lambda: "__FILE__ __LINE__ __COUNTER__ __VA_ARGS__ __DATE__ defined(x)\n" * n,
        lambda: "#define V(...) __VA_ARGS__ #__VA_ARGS__\nV(" + "," * 100 * n + ")",
        lambda: "\ufeff" + choose.choice(programs()).replace("\n", choose.choice(("\r\n", "\r", "\x0c\n", "\\\n"))),
    )
    return choose.choice(made)() + choose.choice(("", ingress("")))
