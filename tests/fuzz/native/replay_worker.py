"""Records of golden programs over P4Runtime, through a real worker, in a process of its own: the record's steps; with
p4c's JSON then each of its packets traced, and all of them once more through the object that counts.

python -m tests.fuzz.native.replay_worker PROGRAM...    (as in program.py)
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from tests.fuzz.native import program as programs
from tests.golden.replay import Step, replay
from tests.golden.switch_thread import SwitchThread

BATCH = 32
"""Packets at a time: what workers send waits in a bounded queue."""


def attempt(name: str) -> dict[str, Any]:
    compiler, _, stem = name.partition("/")
    found: dict[str, Any] = {"item": name, "kind": "ok", "detail": "", "packets": 0, "traces": 0}

    def again(switch: SwitchThread, steps: list[Step]) -> None:
        packets = [(s["packet"]["port"], bytes.fromhex(s["packet"]["hex"])) for s in steps if "packet" in s]
        found["packets"] = len(packets)
        engine = switch.switch.engine
        if engine is None or compiler == "ours":  # refused, or to be taken as traced with p4c's JSON
            return
        for port, data in packets:
            engine.trace(port, data)
        engine.watch()
        engine.wait_counting()
        for i in range(0, len(packets), BATCH):
            for port, data in packets[i : i + BATCH]:
                switch.plane.inject(port, data)
            switch.settle()
            switch.plane.take()
        engine.unwatch()
        found["packets"], found["traces"] = 2 * len(packets), len(packets)  # once more, and traced

    try:
        config = json.dumps(programs.load(name)).encode()
        used = "p4gate" if compiler == "ours" else "p4c"
        mismatches = replay(stem, config, programs.p4info(name), used, optimise="none", afterwards=again)
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        return found | {"kind": type(error).__name__, "detail": text[-4000:]}
    if mismatches:
        found |= {"kind": "mismatch", "detail": "\n".join(map(str, mismatches))}
    return found


def main() -> None:
    for name in sys.argv[1:]:
        print(json.dumps({"begins": name}), flush=True)
        print(json.dumps(attempt(name)), flush=True)


if __name__ == "__main__":
    main()
