"""Cases in a process of its own, since the switch may take the process with it: one JSON line for what came of each.

python -m tests.fuzz.native.worker run OPTIMISE PACKETS SEED...
                                                a case for each seed, which chooses the program; OPTIMISE: "any", or
                                                that of Engine.load
python -m tests.fuzz.native.worker recorded OPTIMISE PROGRAM...   the entries and packets of its record
python -m tests.fuzz.native.worker case PATH...              kept cases again
python -m tests.fuzz.native.worker shrink PATH TO ATTEMPTS   a smaller case with a difference of the same kind
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.fuzz.native import program as programs
from tests.fuzz.native.case import Case, load, save
from tests.fuzz.native.generate import generate, replayed
from tests.fuzz.native.run import run
from tests.fuzz.native.shrink import shrink


def program_of(seed: int) -> str:
    names = programs.names()
    return names[seed % len(names)]


def attempt(case: Case) -> dict[str, Any]:
    began = time.monotonic()
    try:
        outcome = run(case)
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        return {"program": case.program, "kind": type(error).__name__, "detail": text[-4000:], "packets": 0}
    return {
        "program": case.program,
        "kind": "difference" if outcome.difference else "ok",
        "detail": outcome.difference,
        "step": outcome.step,
        "packets": outcome.packets,
        "updates": outcome.updates,
        "undefined": outcome.undefined,
        "overloads": outcome.overloads,
        "seconds": time.monotonic() - began,
    }


def main() -> None:
    what, *rest = sys.argv[1:]
    if what == "run":
        optimise = None if rest[0] == "any" else rest[0]
        for text in rest[2:]:
            seed = int(text)
            print(json.dumps({"begins": text}), flush=True)
            case = generate(seed, program_of(seed), int(rest[1]), optimise)
            print(json.dumps(attempt(case) | {"item": text}), flush=True)
    elif what == "recorded":
        for name in rest[1:]:
            print(json.dumps({"begins": name}), flush=True)
            print(json.dumps(attempt(replayed(name, rest[0])) | {"item": name}), flush=True)
    elif what == "case":
        for path in rest:
            print(json.dumps(attempt(load(Path(path))) | {"path": path}), flush=True)
    else:
        case = load(Path(rest[0]))
        kind = attempt(case)["kind"]
        save(shrink(case, lambda c: attempt(c)["kind"] == kind, int(rest[2])), Path(rest[1]))


if __name__ == "__main__":
    main()
