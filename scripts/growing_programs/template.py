"""A v1model program with holes, and what fills them."""

from __future__ import annotations

from collections.abc import Callable

_HEAD = """
#include <core.p4>
#include <v1model.p4>
header h_t {{ bit<8> a; bit<8> b; bit<16> c; bit<32> d; bit<32> e; {header} }}
{top}
struct headers_t {{ h_t h; {headers} }}
struct meta_t {{ bit<8> m; bit<32> x; {meta} }}
{parsers}
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    {parser_locals}
    state start {{ pkt.extract(hdr.h); {start} }}
    {states}
}}
control V(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
{controls}
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    {locals}
    apply {{ std.egress_spec = 2; {apply} }}
}}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{ apply {{ }} }}
control C(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
control D(packet_out pkt, in headers_t hdr) {{ apply {{ pkt.emit(hdr); }} }}
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def program(**parts: str) -> str:
    names = (
        "header",
        "top",
        "headers",
        "meta",
        "parsers",
        "parser_locals",
        "start",
        "states",
        "controls",
        "locals",
        "apply",
    )
    return _HEAD.format(**{name: parts.get(name, "transition accept;" if name == "start" else "") for name in names})


def lines(n: int, line: Callable[[int], str]) -> str:
    return "\n".join(line(i) for i in range(n))


def nested(n: int, opening: Callable[[int], str], middle: str, closing: str = "}") -> str:
    return "\n".join(opening(i) for i in range(n)) + middle + closing * n
