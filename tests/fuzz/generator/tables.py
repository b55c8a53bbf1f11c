"""Tables with all match kinds, entries in the program or from the control plane (P4_16 §14.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fuzz.cases import Entry
from tests.fuzz.evaluator.types import BOOL, BitsType, BoolType, Type, width_of
from tests.fuzz.generator.context import Callee, Context, TableSite, indented
from tests.fuzz.generator.routines import Routines


@dataclass(frozen=True)
class Key:
    text: str
    type: Type
    kind: str


@dataclass(frozen=True)
class MadeEntry:
    """An entry before it is written down: matches as in cases.py."""

    matches: tuple[tuple[Any, ...], ...]
    action: Callee | None  # None: NoAction
    data: tuple[int, ...]
    priority: int


class Tables(Routines):
    def table(self, context: Context) -> tuple[TableSite, list[str], list[MadeEntry]]:
        """A table on the control's actions; the entries returned are for the control plane to write."""
        name = self.name("t")
        keys = self.keys(context)
        actions = self.rng.sample(context.actions, min(len(context.actions), self.rng.randint(1, 3)))
        listed: list[str] = []
        usable: list[Callee] = []
        for action in actions:
            bound = self.bound_arguments(action, context)
            if bound is not None:
                listed.append(f"{action.name}{bound};")
                usable.append(action)
        listed.append("NoAction;")
        lines = [f"table {name} {{"]
        if keys:
            lines += [
                "    key = {",
                *(f'        {k.text}: {k.kind} @name("k{i}");' for i, k in enumerate(keys)),
                "    }",
            ]
        lines += ["    actions = {", *(f"        {a}" for a in listed), "    }"]
        entries = self.entries(keys, usable)
        style = self.weighted({"runtime": 3, "const": 2, "initial": 1}) if keys else "runtime"
        if style != "runtime" and entries:
            lines += indented(self.written_entries(keys, entries, style, listed))
            entries = []
        lines += [f"    {line}" for line in self.default_action(usable, context, listed)]
        if style == "runtime" and self.chance(0.5):
            lines.append("    size = 64;")
        names = (*(a.name for a in usable), "NoAction")
        return TableSite(name, names), [*lines, "}"], entries if keys else []

    def keys(self, context: Context) -> list[Key]:
        keys: list[Key] = []
        lpm = False
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 2, 3))):
            type_: Type = BitsType(self.pick([w for w in (*self.palette, 2, 3) if w <= 64]))
            if self.chance(0.1):
                type_ = BOOL
            kind = self.weighted({"exact": 4, "ternary": 2, "lpm": 1, "range": 1, "optional": 0.6})
            if (kind == "lpm" and lpm) or type_ == BOOL:
                kind = "exact"
            lpm = lpm or kind == "lpm"
            text = self.expression(type_, context, 2 if self.chance(0.4) else 0)
            if text[0].isdigit() or text in ("true", "false"):
                text = self.leaf(type_, context)
            keys.append(Key(text, type_, kind))
        if lpm and any(k.kind in PRIORITY for k in keys):
            keys = [Key(k.text, k.type, "ternary" if k.kind == "lpm" else k.kind) for k in keys]
        return keys

    def bound_arguments(self, action: Callee, context: Context) -> str | None:
        """The arguments of an action's directed parameters."""
        directed = tuple(p for p in action.params if p.direction)
        if not directed:
            return ""
        call = self.call(Callee("", directed), context, 2)
        return None if call is None or "=" in call.replace("==", "").replace("<=", "").replace(">=", "") else call

    # ---- entries

    def entries(self, keys: list[Key], actions: list[Callee]) -> list[MadeEntry]:
        made: dict[tuple[Any, ...], MadeEntry] = {}
        by_priority = any(k.kind in PRIORITY for k in keys)
        for number in range(self.rng.randint(0, 5)):
            matches = tuple(self.match(k) for k in keys)
            action = self.pick([*actions, None])
            data = tuple(self.interesting(width_of(p.type)) for p in action.params if not p.direction) if action else ()
            made.setdefault(matches, MadeEntry(matches, action, data, 10 + number if by_priority else 0))
        return list(made.values())

    def match(self, key: Key) -> tuple[Any, ...]:
        width = width_of(key.type)
        full, value = (1 << width) - 1, self.interesting(width)
        match key.kind:
            case "lpm":
                prefix = self.rng.randint(0, width)
                return ("lpm", value & (full ^ full >> prefix), prefix)
            case "ternary":
                mask = self.pick((0, full, self.interesting(width), full << (width // 2) & full))
                return ("ternary", value & mask, mask)
            case "optional":
                return ("ternary", value, full) if self.chance(0.6) else ("ternary", 0, 0)
            case "range":
                other = self.interesting(width)
                return ("range", min(value, other), max(value, other))
        return ("exact", value)

    def written_entries(self, keys: list[Key], entries: list[MadeEntry], style: str, listed: list[str]) -> list[str]:
        """`const entries`, where the first that fits wins, or `entries` with priorities."""
        by_priority = any(k.kind in PRIORITY for k in keys)
        head = "const entries = {" if style == "const" else "entries = {"
        lines = []
        for entry in entries:
            sets = [self.keyset(k, m) for k, m in zip(keys, entry.matches, strict=True)]
            keyset = sets[0] if len(sets) == 1 else f"({', '.join(sets)})"
            priority = f"priority={entry.priority}: " if style == "initial" and by_priority else ""
            lines.append(f"    {priority}{keyset}: {self.spell_action(entry, listed)};")
        return [head, *lines, "}"]

    def keyset(self, key: Key, match: tuple[Any, ...]) -> str:
        if isinstance(key.type, BoolType):
            return "true" if match[1] else "false"
        width = width_of(key.type)
        kind, first, *rest = match
        if kind == "lpm":
            full = (1 << width) - 1
            mask = full ^ full >> rest[0]
            return "_" if rest[0] == 0 else f"{width}w{first} &&& {width}w{mask:#x}"
        if kind == "ternary":
            if rest[0] == 0:
                return "_"
            return f"{width}w{first}" if key.kind == "optional" else f"{width}w{first} &&& {width}w{rest[0]:#x}"
        return f"{width}w{first} .. {width}w{rest[0]}" if kind == "range" else f"{width}w{first}"

    def spell_action(self, entry: MadeEntry, listed: list[str]) -> str:
        if entry.action is None:
            return "NoAction()"
        data = [p for p in entry.action.params if not p.direction]
        literals = [self.as_literal(p.type, d) for p, d in zip(data, entry.data, strict=True)]
        return f"{entry.action.name}({', '.join([*directed_arguments(entry.action, listed), *literals])})"

    def as_literal(self, type_: Type, value: int) -> str:
        if isinstance(type_, BoolType):
            return "true" if value else "false"
        assert isinstance(type_, BitsType)
        if type_.signed:
            return f"(int<{type_.width}>) ({value - (1 << type_.width) if value >> type_.width - 1 else value})"
        return f"{type_.width}w{value}"

    def default_action(self, actions: list[Callee], context: Context, listed: list[str]) -> list[str]:
        if self.chance(0.3) or not actions:
            return [] if self.chance(0.5) else ["default_action = NoAction();"]
        action = self.pick(actions)
        inside = directed_arguments(action, listed)
        data = [self.literal(p.type) for p in action.params if not p.direction]
        const = "const " if self.chance(0.3) else ""
        return [f"{const}default_action = {action.name}({', '.join([*inside, *data])});"]

    def control_entries(self, entries: list[MadeEntry], table: str, control: str) -> list[Entry]:
        """For the control plane, by the names it knows."""
        return [
            Entry(table, e.matches, f"{control}.{e.action.name}" if e.action else "NoAction", e.data, e.priority)
            for e in entries
        ]


PRIORITY = ("ternary", "range", "optional")


def directed_arguments(action: Callee, listed: list[str]) -> list[str]:
    """What the table's list of actions gives for the parameters with a direction; repeated wherever it is named."""
    bound = next(text for text in listed if text.startswith((f"{action.name}(", f"{action.name};")))
    inside = bound[len(action.name) :].rstrip(";").strip()
    return [inside[1:-1]] if inside else []
