"""`scripts/fuzz clients`: attacks on one switch for as long as one likes, two at a time, a healthy client beside them.

The attacks are those of tests/switch/p4runtime/hostile.py. One switch process outlives all of them, so that what one
leaves behind adds up. A call of the healthy client that fails, a traceback in the switch's log, memory that stays, or
an attack whose expectation of the server is not met, is a failure.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).parents[1]
SECONDS = 5  # of each pair of attacks, at least
ROUNDS = 20  # of the healthy client meanwhile, at least
LEFT_MAX = 600 << 20  # bytes more than at the beginning that may stay


def clients(seed: int, count: int) -> int:
    """`count` pairs of attacks. Returns the exit status."""
    sys.path[:0] = [str(TESTS), str(TESTS / "switch" / "p4runtime")]
    from golden.client import Client  # type: ignore[import-not-found]
    from hostile import ATTACKS  # type: ignore[import-not-found]
    from siege import attacking, healthy_round, prepare, running_switch  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory() as folder, running_switch(Path(folder)) as switch:
        with Client(switch.address) as client:
            prepare(client)
            healthy_round(client, 0)
            before = switch.memory()
            for number in range(seed, seed + count):
                pair = random.Random(number).sample(list(ATTACKS), 2)
                rounds, slowest, peak, lines = 0, 0.0, 0, len(switch.log)
                with ExitStack() as stack:
                    for name in pair:
                        stack.enter_context(attacking(switch.address, name, number))
                    end = time.monotonic() + SECONDS
                    while rounds < ROUNDS or time.monotonic() < end:
                        began = time.monotonic()
                        healthy_round(client, rounds)
                        slowest = max(slowest, time.monotonic() - began)
                        peak = max(peak, switch.memory())
                        rounds += 1
                client.received()
                told = switch.log[lines:]
                print(
                    f"{number}: {' and '.join(pair)}: {rounds} rounds, the slowest {slowest * 1e3:.0f} ms, memory "
                    f"+{(peak - before) >> 20} MiB, log +{len(told)} lines",
                    flush=True,
                )
                if any("Traceback" in line for line in told):
                    print("".join(told))
                    return 1
            left = switch.memory() - before
        print(f"clients: {count} pairs of attacks, no call of the healthy client failed; memory +{left >> 20} MiB")
    return int(left > LEFT_MAX)
