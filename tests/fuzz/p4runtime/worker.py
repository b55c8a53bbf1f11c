"""Attacks in a process of its own: `python -m tests.fuzz.p4runtime.worker MESSAGES SEED...`; JSON, a line a seed."""

from __future__ import annotations

import json
import sys
import traceback

from tests.fuzz.p4runtime.attack import attack
from tests.fuzz.p4runtime.recorded import names


def program_of(seed: int) -> str:
    return names()[seed % len(names())]


def main() -> None:
    count = int(sys.argv[1])
    for text in sys.argv[2:]:
        print(json.dumps({"begins": text}), flush=True)
        seed = int(text)
        try:
            done, detail = attack(program_of(seed), seed, count)
        except Exception as error:
            done, detail = 0, "".join(traceback.format_exception(error))[-4000:]
        print(json.dumps({"item": text, "messages": done, "detail": detail}), flush=True)


if __name__ == "__main__":
    main()
