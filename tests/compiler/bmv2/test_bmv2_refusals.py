"""What BMv2 cannot do is refused where it stands, with a reason; never written as something else."""

from __future__ import annotations

import pytest

from tests.compiler.programs import program, refusal


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (
            {
                "types": "header odd_t { bit<3> x; }",
                "apply": "odd_t o; o.setValid(); o.x = hdr.h.a[2:0]; hdr.h.r = 5w0 ++ o.x;",
            },
            "no whole number of bytes",
        ),
        ({"apply": "truncate(pkt_length());", "types": "extern bit<32> pkt_length();"}, "cannot be used here"),
        ({"parser": "state start { meta.m = (bit<8>)pkt.length(); transition accept; }"}, "packet_in.length"),
    ],
)
def test_refusals(parts: dict[str, str], reason: str) -> None:
    message = refusal(program(**parts))
    assert reason in message and "test.p4:" in message and ("[unsupported]" in message or "[target-error]" in message)


def test_what_only_the_deparser_could_do_is_refused() -> None:
    text = program("").replace("pkt.emit(hdr);", "if (hdr.h.a == 1) { pkt.emit(hdr); }")
    assert "in a fixed order" in refusal(text)


def test_the_input_of_a_checksum_is_fields() -> None:
    text = program("").replace(
        "control C(inout headers_t hdr, inout meta_t meta) { apply { } }",
        "control C(inout headers_t hdr, inout meta_t meta) { apply {"
        "update_checksum(true, { hdr.h.a + 1 }, hdr.h.w, HashAlgorithm.csum16); } }",
    )
    assert "made of fields and constants" in refusal(text)
