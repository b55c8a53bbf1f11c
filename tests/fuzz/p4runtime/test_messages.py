"""Changed P4Runtime messages to a real server: a bounded slice of `scripts/fuzz p4runtime`.

Oracle: what must hold after any message (attack.py). In a process of its own, since the server may take it along.
"""

from __future__ import annotations

from tests.fuzz.p4runtime.campaign import verdicts
from tests.fuzz.p4runtime.recorded import names

SEEDS = range(0, len(names()), 16)
MESSAGES = 40


def test_the_server_answers_each_message_and_keeps_its_state() -> None:
    answers = list(verdicts(list(SEEDS), MESSAGES))
    assert [f"{a['program']}: {a['detail']}" for a in answers if a["detail"]] == []
    assert sum(a["messages"] for a in answers) == MESSAGES * len(SEEDS)
