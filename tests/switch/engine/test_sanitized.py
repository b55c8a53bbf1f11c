"""Generated C under AddressSanitizer and UndefinedBehaviorSanitizer: recorded, cut and random packets.

Oracle: the sanitizers, in a program of its own (sanitized.c). Every action of every table runs: each round makes
another one the default action, with random parameters.
"""

from __future__ import annotations

import random
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from switch.bmv2_json import load_program
from switch.bmv2_json.program import Program
from switch.build import RUNTIME, CompileError, find_compiler
from switch.codegen import generate
from switch.codegen.layout import Layout, TableLayout, pack_params

from .golden import json_path, packets

HERE = Path(__file__).parent
FLAGS = ["-std=gnu11", "-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-march=native"]
# What the pipeline needs; ports and worker threads have tests of their own.
PORTS = {"dataplane.c", "dataplane_ports.c", "offload.c"}

PROGRAMS = [
    "parser_varbit",
    "parser_union_stack",
    "parser_stack_next",
    "stack_push_pop",
    "slices_and_concat",
    "bit_shift_dynamic",
    "checksum_l4_update_payload",
    "clone_resubmit_recirculate",
    "l3_router_ecmp_acl",
    "vxlan_gateway",
]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The runtime's objects, compiled with sanitizers once for all programs."""
    compiler = find_compiler().command
    probe = subprocess.run(
        [*compiler, *FLAGS, "-x", "c", "-", "-o", "/dev/null"],
        input="int main(void){return 0;}",
        text=True,
        capture_output=True,
        check=False,
    )
    if probe.returncode != 0:
        pytest.skip("the C compiler has no sanitizers: " + probe.stderr.strip().splitlines()[-1])
    directory = tmp_path_factory.mktemp("sanitized")
    sources = [s for s in sorted(RUNTIME.glob("*.c")) if s.name not in PORTS and not s.name.startswith("port_")]

    def compile_one(source: Path) -> Path:
        target = directory / f"{source.stem}.o"
        _compile([*compiler, *FLAGS, "-I", str(RUNTIME), "-c", str(source), "-o", str(target)])
        return target

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compile_one, sources))


def _compile(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompileError(done.stderr)


# The objects of switch/code_objects.py.
OBJECTS = [
    *((name, "plain") for name in PROGRAMS),
    *((name, "traced") for name in ("parser_union_stack", "clone_resubmit_recirculate", "l3_router_ecmp_acl")),
    ("l3_router_ecmp_acl", "counting"),
]


@pytest.mark.parametrize(("name", "kind"), OBJECTS)
def test_sanitizers_find_nothing(name: str, kind: str, runtime: list[Path], tmp_path: Path) -> None:
    program = load_program(json_path(name))
    unit = generate(program, trace=kind == "traced", count=kind == "counting")
    (tmp_path / "pipeline.c").write_text(unit.source)
    (tmp_path / "setup.c").write_text(_setup(program, random.Random(name)))
    (tmp_path / "packets").write_bytes(_packets(name))
    binary = tmp_path / "sanitized"
    sources = [str(tmp_path / "pipeline.c"), str(tmp_path / "setup.c"), str(HERE / "sanitized.c"), *map(str, runtime)]
    defines = ["-DTRACED"] if kind == "traced" else []
    command = [*find_compiler().command, *FLAGS, *defines, "-I", str(RUNTIME), *sources, "-pthread", "-o", str(binary)]
    _compile(command)
    done = subprocess.run([binary, tmp_path / "packets", str(ROUNDS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    assert done.stdout.startswith("sum ")


ROUNDS = 6


def _packets(name: str) -> bytes:
    """The recorded packets, each cut at every byte up to 64, some with flipped bits, and noise."""
    rng = random.Random(name)
    found: list[tuple[int, bytes]] = []
    for port, data in packets(name)[:12]:
        found += [(port, data[:n]) for n in range(min(len(data), 64))] + [(port, data)]
        for _ in range(20):
            noisy = bytearray(data)
            for _ in range(rng.randrange(1, 4)):
                if noisy:
                    noisy[rng.randrange(len(noisy))] ^= 1 << rng.randrange(8)
            found.append((port, bytes(noisy)))
    found += [(rng.randrange(512), rng.randbytes(rng.randrange(200))) for _ in range(200)]
    found.append((1, rng.randbytes(9000)))
    return b"".join(struct.pack("=II", port, len(data)) + data for port, data in found)


def _setup(program: Program, rng: random.Random) -> str:
    """setup.c: tables with a few entries, arrays, multicast groups 0..7 and clone sessions of odd sizes."""
    layouts = Layout(program).tables
    make = [_make_table(layout, rng) for layout in layouts]
    for c in program.counters:
        if c.direct_table is None:
            make.append(f"pipeline_set_arrays(p, {c.index}, counters_create(1, {max(1, c.size)}), NULL, NULL, NULL);")
    for m in program.meters:
        if m.direct_table is None:
            create = f"meters_create(1, METER_PACKETS, {max(1, m.size)})"
            make.append(f"pipeline_set_arrays(p, {m.index}, NULL, {create}, NULL, NULL);")
    for r in program.registers:
        create = f"registers_create({r.width}, {max(1, r.size)})"
        make.append(f"pipeline_set_arrays(p, {r.index}, NULL, NULL, {create}, NULL);")
    for s in program.profiles:
        make.append(f"pipeline_set_arrays(p, {s.index}, NULL, NULL, NULL, selector_create(&p->qsbr, 8, 4, 4));")
    for group in range(1, 8):
        ports = ", ".join(f"{{{rng.randrange(512)}, {i}}}" for i in range(group))
        make.append(f"pipeline_set_multicast(p, {group}, (struct replica[]){{{ports}}}, {group});")
        make.append(
            f"pipeline_set_clone(p, {group}, (struct replica[]){{{ports}}}, {group}, {rng.choice([0, 9, 100])}, "
            f"{rng.choice([0, 5])});"
        )
    counts = (program.tables, program.counters, program.meters, program.registers, program.profiles, program.value_sets)
    rounds = [_default(layout, n, rng) for layout in layouts for n in range(ROUNDS)]
    free = [f"{t.kind}_destroy(p->tables[{t.table.index}].lookup);" for t in layouts if t.kind != "keyless"]
    for name, items in (("counters", program.counters), ("meters", program.meters), ("registers", program.registers)):
        free += [f"if (p->{name}[{i}]) {name}_destroy(p->{name}[{i}]);" for i in range(len(items))]
    free += [f"selector_destroy(p->selectors[{s.index}]);" for s in program.profiles]
    for t in program.tables:
        free += [f"counters_destroy(p->tables[{t.index}].counters);"] if t.direct_counter else []
        free += [f"meters_destroy(p->tables[{t.index}].meters);"] if t.direct_meter else []
        free += [f"idle_destroy(p->tables[{t.index}].idle);"] if t.idle_timeout else []
    includes = ("exact", "idle", "lpm", "meter", "pipeline", "registers", "selector", "ternary", "counter")
    body = [f'#include "{name}.h"' for name in includes]
    body += ["#include <stdlib.h>", "struct pipeline *setup_create(void)", "{"]
    body += [f"struct pipeline *p = pipeline_create(1, 510, 511, {', '.join(str(len(c)) for c in counts)});"]
    body += [f"pipeline_set_actions(p, {len(program.actions)});"]
    body += [
        *make,
        "return p;",
        "}",
        "void setup_round(struct pipeline *p, unsigned round)",
        "{",
        "(void)p, (void)round;",
    ]
    body += [*rounds, "}", "void setup_destroy(struct pipeline *p)", "{", *free, "pipeline_destroy(p);", "}", ""]
    return "\n".join(body)


def _words(values: list[int]) -> str:
    return "(uint64_t[]){" + ", ".join(f"{v:#x}u" for v in values or [0]) + "}"


def _random_words(width: int, words: int, rng: random.Random) -> list[int]:
    value = rng.getrandbits(width) if width else 0
    return [value >> 64 * (words - 1 - i) & (1 << 64) - 1 for i in range(words)]


def _make_table(layout: TableLayout, rng: random.Random) -> str:
    t = layout.table
    size = 64
    match layout.kind:
        case "keyless":
            create = "NULL"
        case "exact":
            create = f"exact_create(&p->qsbr, {layout.words}, {layout.param_words}, {size})"
        case "lpm":
            exact = layout.width - layout.lpm_width
            create = f"lpm_create(&p->qsbr, {exact}, {layout.lpm_width}, {layout.param_words}, {size})"
        case _:
            ranges = ", ".join(f"{{{s}, {w}}}" for s, w in layout.ranges) or "{0, 0}"
            create = (
                f"ternary_create(&p->qsbr, {layout.words}, {layout.param_words}, {size}, {len(layout.ranges)}, "
                f"(struct ternary_range[]){{{ranges}}})"
            )
    counter = "counters_create(1, 128)" if t.direct_counter else "NULL"
    meter = "meters_create(1, METER_PACKETS, 128)" if t.direct_meter else "NULL"
    idle = "idle_create(128)" if t.idle_timeout else "NULL"
    lines = [f"pipeline_set_table(p, {t.index}, {create}, {counter}, {meter}, {idle});"]
    for a in t.actions if t.profile is None else ():
        params = pack_params(a, tuple(rng.getrandbits(p.width) if p.width else 0 for p in a.params))
        params += [0] * (layout.param_words - len(params))
        lookup = f"p->tables[{t.index}].lookup"
        key = _words(_random_words(layout.width, layout.words, rng))
        if layout.kind == "ternary" and not layout.ranges:
            mask = _words(_random_words(layout.width, layout.words, rng) if rng.random() < 0.5 else [0] * layout.words)
            lines.append(f"ternary_insert({lookup}, {key}, {mask}, {a.index}, {a.index}, {_words(params)}, NULL);")
        elif layout.kind == "exact":
            lines.append(f"exact_insert({lookup}, {key}, {a.index}, {_words(params)}, NULL);")
        elif layout.kind == "lpm":
            length = rng.choice([0, layout.lpm_width // 2])
            lines.append(f"lpm_insert({lookup}, {key}, {length}, {a.index}, {_words(params)}, NULL);")
    return "\n".join(lines)


def _default(layout: TableLayout, number: int, rng: random.Random) -> str:
    t = layout.table
    if not t.actions:
        return ""
    a = t.actions[number % len(t.actions)]
    params = pack_params(a, tuple(rng.getrandbits(p.width) if p.width else 0 for p in a.params))
    call = f"table_set_default(p, {t.index}, 1, {a.index}, {_words(params)}, {len(params)});"
    return f"if (round == {number})\n    {call}"
