"""What `scripts/fuzz` runs: see there.

Each fuzzer is imported where it is called: the children that some of them start import this file again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=__doc__, epilog="Exit status 1: something failed."
    )
    kinds = ("programs", "source", "switch", "records", "json", "p4runtime", "writes", "traffic", "clients", "case")
    parser.add_argument("what", choices=kinds)
    parser.add_argument("path", nargs="?", type=Path, help="case: a kept case's .p4 or .json file, to be run again")
    parser.add_argument("--count", type=int, default=1000, help="how many inputs (default 1000)")
    parser.add_argument("--packets", type=int, default=100_000, help="switch: how many (default 100000)")
    parser.add_argument("--per-case", type=int, default=4000, help="switch: packets a seed (default 4000)")
    parser.add_argument("--sanitize", action="store_true", help="switch, records, p4runtime: with ASan and UBSan")
    parser.add_argument("--seed", type=int, default=0, help="the first; each input has the seed after the one before")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "fuzz", help="folder for failing cases")
    parser.add_argument("--shrink", type=int, default=400, help="attempts to make a case small (0: none)")
    parser.add_argument(
        "--p4c", metavar="PATH", help="a p4c-bm2-ss: its JSON of each program runs on our switch, as a third opinion"
    )
    return parser.parse_args()


def again(path: Path | None) -> int:
    if path is None:
        sys.exit("scripts/fuzz case: which one? Give the path of its .p4 file")
    if path.suffix != ".json":
        from tests.fuzz.campaign import rerun

        return rerun(path)
    from tests.fuzz.native.campaign import again

    [answer] = again([path])
    print(f"{answer.get('program', path)}: {answer['kind']}\n{answer['detail']}")
    return int(answer["kind"] != "ok")


def main() -> int:
    given = arguments()
    many = given.seed, given.count, given.jobs
    match given.what:
        case "case":
            return again(given.path)
        case "clients":
            from tests.fuzz.clients import clients

            return clients(given.seed, given.count)
        case "json":
            from tests.fuzz.foreign.campaign import json

            return json(*many, given.keep)
        case "p4runtime":
            from tests.fuzz.p4runtime.campaign import p4runtime

            return p4runtime(*many, given.keep, sanitize=given.sanitize)
        case "records":
            from tests.fuzz.native.records import records

            return records(*many, given.keep, sanitize=given.sanitize)
        case "source":
            from tests.fuzz.campaign import source

            return source(*many, given.keep)
        case "switch":
            from tests.fuzz.native.campaign import switch

            packets, seed, jobs, per_case = given.packets, given.seed, given.jobs, given.per_case
            return switch(packets, seed, jobs, given.keep, given.shrink, per_case, sanitize=given.sanitize)
        case "traffic":
            from tests.fuzz.traffic.updates import campaign

            return campaign(given.count, given.seed, given.jobs)
        case "writes":
            from tests.fuzz.write_campaign import writes

            return writes(*many)
        case _:
            from tests.fuzz.campaign import programs

            return programs(*many, given.keep, given.shrink, given.p4c)


if __name__ == "__main__":
    sys.exit(main())
