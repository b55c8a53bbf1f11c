"""What became of a packet, from the driver's notes; for drops who decided, from the steps before."""

from __future__ import annotations

from collections.abc import Iterable

from switch import native as n
from switch.bmv2_json.program import Program, SourceInfo
from switch.trace.events import Call, Fate, Lookup, Passage, Step

BY_PROGRAM = {0: "ingress", 1: "egress"}  # enum drop_reason -> the control that decided
RESUBMITTED = n.DROP_REASONS.index("resubmitted")
TOO_LONG = n.DROP_REASONS.index("too long")
NOTES = {
    "digest": "digest",
    "clone session": "clone",
    "unknown clone session": "no_clone",
    "multicast": "multicast",
    "to the CPU": "to_cpu",
    "no copy": "no_copy",
}


class Fates:
    """Of one program's packets."""

    def __init__(self, program: Program, drop_port: int) -> None:
        self._program = program
        self._drop_port = drop_port
        spec = program.standard("standard_metadata.egress_spec")
        self._spec = f"{getattr(spec.header, 'name', '')}.{spec.field.name}" if spec is not None else ""

    def of(self, note: str, number: int) -> Fate | None:
        """A note of the driver; drops by the program are explained later."""
        if note == "dropped":
            if number == RESUBMITTED:
                return Fate("resubmitted", "resubmitted: goes through the parser and ingress again")
            if number in BY_PROGRAM:
                where = BY_PROGRAM[number]
                return Fate("dropped", f"dropped at the end of {where}", where=where)
            where = "egress" if number == TOO_LONG else "traffic manager"
            return Fate("dropped", f"dropped: {n.DROP_REASONS[number]}", where=where)
        what = NOTES[note]
        match what:
            case "digest":
                name = self._program.learn_lists[number].name
                return Fate(what, f"digest {name}", number)
            case "clone":
                return Fate(what, f"cloned to session {number}", number)
            case "no_clone":
                return Fate(what, f"not cloned: there is no clone session {number}", number)
            case "multicast":
                return Fate(what, f"replicated to multicast group {number}", number)
            case "to_cpu":
                return Fate(what, "sent to the controller", number)
            case _:
                return Fate(what, "not copied: too many copies of packets are under way")

    def explain(self, passage: Passage) -> None:
        """Say which action had set the drop port where the program dropped the packet."""
        for i, fate in enumerate(passage.fates):
            if fate.what != "dropped":
                continue
            if fate.where in ("ingress", "egress") and fate.text.startswith("dropped at the end"):
                steps = passage.ingress if fate.where == "ingress" else passage.egress
                passage.fates[i] = self._marked(fate, steps)
            elif fate.text == "dropped: no replica":
                group = next((f.number for f in passage.fates if f.what == "multicast"), None)
                if group is not None:
                    text = f"dropped: multicast group {group} does not exist or has no replicas"
                    passage.fates[i] = Fate("dropped", text, group, where="traffic manager")

    def _marked(self, fate: Fate, steps: Iterable[Step]) -> Fate:
        for step in reversed(list(steps)):
            run = step.run if isinstance(step, (Lookup, Call)) else None
            if run is None:
                continue
            for statement in reversed(run.statements):
                if any(c.field == self._spec and c.after == self._drop_port for c in statement.changes):
                    source = statement.source or run.source
                    return _by(fate, step, run.name, source)
        return fate


def _by(fate: Fate, step: Step, action: str, source: SourceInfo | None) -> Fate:
    at = f", {source}" if source is not None else ""
    if isinstance(step, Lookup):
        why = f"action {action} of table {step.table}"
        entry = step.entry
        if not step.hit:
            why += " (its default action, as nothing matched)" if step.key else ""
        return Fate("dropped", f"{fate.text}: marked by {why}{at}", None, fate.where, step.table, entry, action, source)
    text = f"{fate.text}: marked by {source.fragment or action}{at}" if source else f"{fate.text}: marked by {action}"
    return Fate("dropped", text, None, fate.where, None, None, action, source)
