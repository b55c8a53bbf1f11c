"""The programs, by name, and what a control plane can see of one.

"p4c/NAME" is p4c's recorded JSON of a golden program, "ours/NAME" what our compiler makes of it; "made/NAME" is a file
in programs/: P4 source that our compiler compiles, or JSON with what compilers of today do not write: old primitives,
expressions of every kind, transitions without type, P4_14's checksums and lengths, no version.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from finsy.proto import p4i
from google.protobuf import text_format

from compiler import driver
from compiler.diagnostics import Diagnostics

HERE = Path(__file__).parent
GOLDEN = HERE.parents[1] / "golden" / "v1model"

ONE_BY_ONE = {"register_read", "register_write", "register", "execute_meter", "modify_field_rng_uniform"}
"""What makes a packet's result depend on the packets before it: their order in a burst is the switch's affair."""


@cache
def names() -> tuple[str, ...]:
    golden = sorted(path.parent.name for path in GOLDEN.glob("*/*.p4"))
    made = sorted(path.stem for path in (HERE / "programs").glob("*.*") if path.suffix in (".p4", ".json"))
    return tuple(f"{kind}/{name}" for name in golden for kind in ("p4c", "ours")) + tuple(f"made/{n}" for n in made)


@cache
def load(name: str) -> Any:
    """The JSON."""
    kind, _, stem = name.partition("/")
    if kind == "p4c":
        return json.loads((GOLDEN / stem / f"{stem}.json").read_text())
    path = GOLDEN / stem / f"{stem}.p4" if kind == "ours" else HERE / "programs" / f"{stem}.p4"
    return compiled(path).json if path.exists() else json.loads(path.with_suffix(".json").read_text())


def p4info(name: str) -> p4i.P4Info:
    """Of a golden program."""
    kind, _, stem = name.partition("/")
    if kind == "ours":
        return compiled(GOLDEN / stem / f"{stem}.p4").p4info
    return text_format.Parse((GOLDEN / stem / f"{stem}.p4info.txtpb").read_text(), p4i.P4Info())


@cache
def compiled(path: Path) -> driver.Compiled:
    """By our compiler."""
    diagnostics = Diagnostics()
    found = driver.compile_file(path, diagnostics)
    assert found is not None, diagnostics.render()
    return found


@dataclass
class Action:
    name: str
    widths: tuple[int, ...]


@dataclass
class Table:
    name: str
    kinds: tuple[str, ...]
    widths: tuple[int, ...]
    fields: tuple[tuple[str, str], ...]
    """Header and name of each key."""
    actions: tuple[Action, ...]
    size: int
    profile: str | None
    const: bool
    const_default: bool
    entries: int
    """How many come with the program."""
    counter: bool
    meter: bool
    timeout: bool

    @property
    def by_priority(self) -> bool:
        return bool({"ternary", "range"} & set(self.kinds))


@dataclass
class Surface:
    """What the control plane can write to, and the constants of the program."""

    tables: list[Table] = field(default_factory=list)
    profiles: dict[str, list[Action]] = field(default_factory=dict)
    selectors: set[str] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)
    meters: dict[str, int] = field(default_factory=dict)
    registers: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Size and width."""
    value_sets: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Widths of the fields."""
    constants: set[int] = field(default_factory=set)
    """What stands in the JSON as a hexstr."""
    operations: set[str] = field(default_factory=set)

    @property
    def one_by_one(self) -> bool:
        """Are packets to be sent in bursts of one?"""
        return bool(self.operations & ONE_BY_ONE) or any(t.meter for t in self.tables)

    @property
    def stateful(self) -> bool:
        """Does a packet leave anything behind?"""
        return bool(self.counters or self.meters or self.registers) or any(
            t.counter or t.meter or t.timeout for t in self.tables
        )


@cache
def surface(name: str) -> Surface:
    program = load(name)
    found = Surface()
    widths = _field_widths(program)
    actions = {a["id"]: Action(a["name"], tuple(p["bitwidth"] for p in a["runtime_data"])) for a in program["actions"]}
    by_name = {a.name: a for a in reversed(actions.values())}
    for pipeline in program["pipelines"]:
        for p in pipeline.get("action_profiles") or ():
            found.profiles[p["name"]] = []
            if p.get("selector"):
                found.selectors.add(p["name"])
        for t in pipeline["tables"]:
            ids = t.get("action_ids")
            chosen = tuple(actions[i] for i in ids) if ids is not None else tuple(by_name[n] for n in t["actions"])
            found.tables.append(_table(t, chosen, widths))
            profile = found.tables[-1].profile
            if profile is not None:
                known = found.profiles[profile]
                known += [a for a in chosen if a.name not in {k.name for k in known}]
    for c in program.get("counter_arrays") or ():
        if not c.get("is_direct"):
            found.counters[c["name"]] = c["size"]
    for m in program.get("meter_arrays") or ():
        if not m.get("is_direct"):
            found.meters[m["name"]] = m["size"]
    for r in program.get("register_arrays") or ():
        found.registers[r["name"]] = r["size"], r["bitwidth"]
    _value_sets(program, widths, found)
    _collect(program, found)
    return found


def _field_widths(program: Any) -> dict[tuple[str, str], int]:
    types = {t["name"]: t for t in program["header_types"]}
    widths = {}
    for h in program["headers"]:
        widths[h["name"], "$valid$"] = 1
        for f in types[h["header_type"]]["fields"]:
            widths[h["name"], f[0]] = 0 if f[1] == "*" else f[1]
    return widths


def _table(t: Any, actions: tuple[Action, ...], widths: dict[tuple[str, str], int]) -> Table:
    keys = t["key"]
    targets = [(k["target"], "$valid$") if isinstance(k["target"], str) else tuple(k["target"]) for k in keys]
    default = t.get("default_entry") or {}
    return Table(
        name=t["name"],
        kinds=tuple("exact" if k["match_type"] == "valid" else k["match_type"] for k in keys),
        widths=tuple(widths[target] for target in targets),
        fields=tuple(targets),
        actions=actions,
        size=max(1, t.get("max_size", 1024), len(t.get("entries") or ())),
        profile=(t.get("action_profile") or t.get("act_prof_name")) if t["type"] != "simple" else None,
        const=t.get("entries") is not None,
        const_default=bool(default.get("action_const") or default.get("action_entry_const")),
        entries=len(t.get("entries") or ()),
        counter=bool(t.get("with_counters")),
        meter=bool(t.get("direct_meters")),
        timeout=bool(t.get("support_timeout")),
    )


def _value_sets(program: Any, widths: dict[tuple[str, str], int], found: Surface) -> None:
    sets = {v["name"]: v for v in program.get("parse_vsets") or ()}
    for state in program["parsers"][0]["parse_states"]:
        for t in state["transitions"]:
            if t.get("type") == "parse_vset":
                found.value_sets[t["value"]] = tuple(
                    k["value"][1] if k["type"] == "lookahead" else widths.get(tuple(k["value"]), 0)
                    for k in state["transition_key"]
                )
    for name in sets:
        found.value_sets.setdefault(name, (sets[name]["compressed_bitwidth"],))


def _collect(part: Any, found: Surface) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("op"), str):
            found.operations.add(part["op"])
        if part.get("type") == "register":
            found.operations.add("register")
        if part.get("type") == "hexstr" and isinstance(part.get("value"), str) and part["value"] != "default":
            found.constants.add(abs(int(part["value"], 16)))
        for value in part.values():
            _collect(value, found)
    elif isinstance(part, list):
        for value in part:
            _collect(value, found)
