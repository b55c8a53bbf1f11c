"""One text through loader, code generation, C compiler and switch, in a child process with a limit on its time and
memory.

The answer is owed: "ok" (it loads, and packets go through), or "refused" with one line that names the place in the
JSON.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from switch.build import CompileError
from switch.engine import Engine
from switch.errors import BadProgram, EngineError

SECONDS = 10
"""Of processor time: a busy machine must not look like a hang."""
PATIENCE = 30 * SECONDS
BYTES = 1 << 30
"""Of address space beyond what the process has when it starts."""
PACKETS = 12
LINE_MAX = 600


def survive(text: bytes) -> tuple[str, str]:
    """("ok" or "refused", what was said) or what went wrong: traceback, hang, memory, crash, unclear, bad C."""
    ours, theirs = multiprocessing.get_context("fork").Pipe()
    child = multiprocessing.get_context("fork").Process(target=_load, args=(text, theirs))
    child.start()
    theirs.close()
    try:
        answer: tuple[str, str] = ours.recv() if ours.poll(PATIENCE) else ("hang", f"no answer in {PATIENCE} s")
    except EOFError:
        child.join()
        used_up = child.exitcode in (-signal.SIGXCPU, -signal.SIGKILL)
        answer = ("hang", f"no answer in {SECONDS} s") if used_up else ("crash", f"exit status {child.exitcode}")
    if child.is_alive() and answer[0] == "hang":
        child.kill()
    child.join()
    ours.close()
    return answer


def _load(text: bytes, answer: Connection) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    sys.stderr.flush()
    try:
        engine = Engine.load(text, optimise="none")
    except BadProgram as error:
        said = str(error)
        place, _, why = said.partition(": ")
        clear = bool(why) and "\n" not in said and len(said) < LINE_MAX and " " not in place.strip()
        answer.send(("refused" if clear else "unclear", said))
    except CompileError as error:
        answer.send(("bad C", str(error)))
    except MemoryError:
        answer.send(("memory", f"more than {BYTES >> 20} MB"))
    except EngineError as error:
        said = str(error)
        answer.send(("refused" if said.endswith("out of memory") else "unclear", f"{type(error).__name__}: {said}"))
    except BaseException as error:
        answer.send((type(error).__name__, "".join(traceback.format_exception(error))[-4000:]))
    else:
        answer.send(_packets(engine))


def _packets(engine: Engine) -> tuple[str, str]:
    rng = random.Random(0)
    try:
        with engine:
            for _ in range(PACKETS):
                engine.process(rng.randrange(8), rng.randbytes(rng.choice((0, 1, 14, 60, 200, 1500))))
            engine.drain()
    except BaseException as error:
        return type(error).__name__, "".join(traceback.format_exception(error))[-4000:]
    return "ok", ""
