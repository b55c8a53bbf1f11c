"""One text through loader, code generation, C compiler and switch, in a child process with limits (child.py).

The answer is owed: "ok" (it loads, and packets go through), or "refused" with one line that names the place in the
JSON.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from switch.build import CompileError
from switch.engine import Engine
from switch.errors import BadProgram, EngineError
from tests.fuzz import quick_cc
from tests.fuzz.child import Answer, answer

PACKETS = 12
LINE_MAX = 600


def survive(text: bytes, environ: Mapping[str, str]) -> Answer:
    """("ok" or "refused", what was said) or what went wrong: traceback, hang, memory, crash, unclear, bad C.

    `environ`: that of quick_cc.py.
    """
    return answer(_load, text, environ)


def _load(text: bytes, environ: Mapping[str, str]) -> Answer:
    with quick_cc.applied(environ):
        try:
            engine = Engine.load(text, optimise="none")
        except BadProgram as error:
            said = str(error)
            place, _, why = said.partition(": ")
            clear = bool(why) and "\n" not in said and len(said) < LINE_MAX and " " not in place.strip()
            return "refused" if clear else "unclear", said
        except CompileError as error:
            return "bad C", str(error)
        except EngineError as error:
            said = str(error)
            return "refused" if said.endswith("out of memory") else "unclear", f"{type(error).__name__}: {said}"
    rng = random.Random(0)
    with engine:
        for _ in range(PACKETS):
            engine.process(rng.randrange(8), rng.randbytes(rng.choice((0, 1, 14, 60, 200, 1500))))
        engine.drain()
    return "ok", ""
