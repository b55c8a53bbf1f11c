"""What `scripts/fuzz` runs: see there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz.campaign import programs, rerun, source  # noqa: E402
from tests.fuzz.clients import clients  # noqa: E402
from tests.fuzz.foreign import campaign as json_campaign  # noqa: E402
from tests.fuzz.native import campaign as switch_campaign  # noqa: E402
from tests.fuzz.p4runtime import campaign as p4runtime_campaign  # noqa: E402
from tests.fuzz.traffic.updates import campaign as traffic_campaign  # noqa: E402
from tests.fuzz.write_campaign import writes  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=__doc__, epilog="Exit status 1: something failed."
    )
    kinds = ("programs", "source", "switch", "json", "p4runtime", "writes", "traffic", "clients", "case")
    parser.add_argument("what", choices=kinds)
    parser.add_argument("path", nargs="?", type=Path, help="case: a kept case's .p4 or .json file, to be run again")
    parser.add_argument("--count", type=int, default=1000, help="how many inputs (default 1000)")
    parser.add_argument("--packets", type=int, default=100_000, help="switch: how many (default 100000)")
    per_case = switch_campaign.PER_CASE
    parser.add_argument("--per-case", type=int, default=per_case, help=f"switch: packets a seed (default {per_case})")
    parser.add_argument("--sanitize", action="store_true", help="switch: compiled with ASan and UBSan")
    parser.add_argument("--seed", type=int, default=0, help="the first; each input has the seed after the one before")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "fuzz", help="folder for failing cases")
    parser.add_argument("--shrink", type=int, default=400, help="attempts to make a case small (0: none)")
    parser.add_argument(
        "--p4c", metavar="PATH", help="a p4c-bm2-ss: its JSON of each program runs on our switch, as a third opinion"
    )
    return parser.parse_args()


def switch_case(path: Path) -> int:
    [answer] = switch_campaign.again([path])
    print(f"{answer.get('program', path)}: {answer['kind']}\n{answer['detail']}")
    return int(answer["kind"] != "ok")


def main() -> int:
    options = arguments()
    if options.what == "case":
        if options.path is None:
            sys.exit("scripts/fuzz case: which one? Give the path of its .p4 file")
        return switch_case(options.path) if options.path.suffix == ".json" else rerun(options.path)
    if options.what == "json":
        return json_campaign.json(options.seed, options.count, options.jobs, options.keep)
    if options.what == "p4runtime":
        return p4runtime_campaign.p4runtime(options.seed, options.count, options.jobs, options.keep)
    if options.what == "switch":
        return switch_campaign.switch(
            options.packets,
            options.seed,
            options.jobs,
            options.keep,
            options.shrink,
            options.per_case,
            sanitize=options.sanitize,
        )
    if options.what == "clients":
        return clients(options.seed, options.count)
    if options.what == "traffic":
        return traffic_campaign(options.count, options.seed, options.jobs)
    if options.what == "writes":
        return writes(options.seed, options.count, options.jobs)
    if options.what == "source":
        return source(options.seed, options.count, options.jobs, options.keep)
    return programs(options.seed, options.count, options.jobs, options.keep, options.shrink, options.p4c)


if __name__ == "__main__":
    sys.exit(main())
