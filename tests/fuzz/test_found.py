"""Programs on which compiler, switch and evaluator once differed, each made small and named for what was wrong.

Oracle: the packets that the specification asks for, kept beside the program. The evaluator must give them, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.cases import load
from tests.fuzz.compare import compile_case, evaluate, masked, run_on_switch

FOUND = sorted((Path(__file__).parent / "found").glob("*.p4"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_was_found_stays_right(path: Path) -> None:
    case, expected = load(path)
    evaluated = [
        None if packets is None else [{"port": p.port, "hex": masked(p)} for p in packets] for packets in evaluate(case)
    ]
    assert evaluated == expected
    for sent, wanted in zip(run_on_switch(case, compile_case(case)), expected, strict=True):
        assert len(sent) == len(wanted)
        assert all(leaves(p, *s) for p, s in zip(wanted, sent, strict=True)), (sent, wanted)


def leaves(wanted: dict[str, Any], port: int, data: bytes) -> bool:
    """Whether a packet is the wanted one, where `*` is any digit."""
    digits = data.hex()
    same = len(digits) == len(wanted["hex"]) and all(w in ("*", d) for w, d in zip(wanted["hex"], digits, strict=True))
    return port == wanted["port"] and same
