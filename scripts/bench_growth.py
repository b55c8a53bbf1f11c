"""How compile time and memory grow with the program, one dimension at a time: see growing_programs/.

As a program, `bench_growth.py NAME N ...` prints the seconds that GROWING[NAME] takes for each size, and the peak of
memory; each dimension is measured in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from growing_programs import GROWING, LARGEST

DOUBLINGS = 3


@dataclass(frozen=True, slots=True)
class Growth:
    """`seconds[i]` for a program of size `sizes[i]`; sizes double. `mib`: memory of the process at its largest."""

    name: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    mib: float

    @property
    def last_ratio(self) -> float:
        """The last size against the one before: 2 is linear, 4 is a square."""
        return self.seconds[-1] / self.seconds[-2]


def measure(name: str, largest: int) -> Growth:
    """Compile GROWING[name] in sizes up to `largest`, or as far as the language lets it grow."""
    top = min(largest, LARGEST.get(name, largest))
    sizes = [top >> i for i in range(DOUBLINGS, -1, -1)]
    command = [sys.executable, __file__, name, *map(str, sizes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    result = json.loads(done.stdout)
    return Growth(name, tuple(sizes), tuple(result["seconds"]), result["mib"])


def main() -> int:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from compiler.diagnostics import Diagnostics
    from compiler.driver import compile_source

    name, sizes = sys.argv[1], [int(size) for size in sys.argv[2:]]
    program = GROWING[name]
    compile_source(program(2), Diagnostics())  # what is done once: headers, regular expressions
    seconds = []
    for size in sizes:
        text = program(size)
        best = float("inf")
        for _ in range(2):
            begin = time.process_time()
            compiled = compile_source(text, Diagnostics())
            if compiled is None and name != "errors":
                sys.exit(f"{name} of size {size} does not compile")
            best = min(best, time.process_time() - begin)
        seconds.append(best)
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mib": mib}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
