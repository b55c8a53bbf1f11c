"""Parsers: states, transitions, sub-parsers."""

from __future__ import annotations

from growing_programs.template import lines, program


def states(n: int) -> str:
    return program(
        start="transition s0;",
        states=lines(n, lambda i: f"state s{i} {{ meta.m = meta.m + {i % 7}; transition s{i + 1}; }}")
        + f"state s{n} {{ transition accept; }}",
    )


def branching_states(n: int) -> str:
    """Each state selects between the next and a way out, with a value that flows through all of them."""
    return program(
        headers=lines(n, lambda i: f"x_t x{i};"),
        top="header x_t { bit<8> kind; bit<8> v; }",
        start="transition s0;",
        states=lines(
            n,
            lambda i: (
                f"state s{i} {{ pkt.extract(hdr.x{i}); meta.m = meta.m + hdr.x{i}.v;"
                f" transition select(hdr.x{i}.kind, meta.m) {{ (1, _): s{i + 1}; (2, 3): s{min(i + 2, n)};"
                " default: accept; } }"
            ),
        )
        + f"state s{n} {{ transition accept; }}",
    )


def select_cases(n: int) -> str:
    return program(
        start=f"transition select(hdr.h.d) {{ {lines(n, lambda i: f'{i}: accept;')} default: reject; }}",
    )


def parser_statements(n: int) -> str:
    return program(
        start=lines(n, lambda i: f"meta.x = meta.x + {i}; meta.m = (bit<8>)meta.x;") + "transition accept;",
    )


def sub_parsers(n: int) -> str:
    """One sub-parser called n times in a row: its states are copied for every call."""
    return program(
        top="header x_t { bit<8> kind; bit<8> v; }",
        headers=f"x_t[{n + 1}] xs;",
        parsers="""parser Sub(packet_in pkt, inout headers_t hdr) {
            state start { pkt.extract(hdr.xs.next); transition select(hdr.xs.last.kind) { 1: more; default: accept; } }
            state more { hdr.h.a = hdr.h.a + 1; transition accept; } }""",
        parser_locals="Sub() sub;",
        start=lines(n, lambda i: "sub.apply(pkt, hdr);") + "transition accept;",
    )
