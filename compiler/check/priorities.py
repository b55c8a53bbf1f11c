"""Priorities of a table's entries: what they come to, and warnings of those that collide or are out of order (P4_16
spec §14.2.1.4).
"""

from __future__ import annotations

from compiler import syntax, tree
from compiler.check.context import Env
from compiler.check.fold import integer
from compiler.check.silenced import is_silenced
from compiler.diagnostics import Note

LARGEST = (1 << 31) - 1
"""P4Runtime's greatest priority."""


def check_priorities(env: Env, table: tree.Table, property_: syntax.EntriesProperty) -> None:
    """Report entries whose priority cannot be told to the switch; warn of equal ones, and of the first pair that is
    not in the order of strength.
    """
    if table.entries_const or not any(entry.priority is not None for entry in table.entries):
        return
    largest = table.properties.get("largest_priority_wins")
    largest_wins = largest is None or not (isinstance(largest.value, tree.BoolLiteral) and not largest.value.value)
    step = table.properties.get("priority_delta")
    delta = (integer(step.value) if step is not None else None) or 1
    seen: dict[int, tree.Entry] = {}
    before: tuple[int, tree.Entry] | None = None
    is_ordered = True
    for entry in table.entries:
        if entry.priority is not None:
            priority = entry.priority
        elif before is not None:
            priority = before[0] - delta if largest_wins else before[0] + delta
        else:
            return
        if not 0 <= priority <= LARGEST:
            message = f"the priority of this entry would be {priority}: there are those from 0 to {LARGEST}"
            env.error("overlimit", message, entry.span)
            return
        earlier = seen.setdefault(priority, entry)
        if earlier is not entry and not is_silenced(property_.annotations, "duplicate-priorities"):
            note = Note("the other entry is here", entry.span)
            env.warning("duplicate-priorities", f"two entries have the priority {priority}", earlier.span, note)
        if before is not None and is_ordered and (priority > before[0] if largest_wins else priority < before[0]):
            is_ordered = False
            if not is_silenced(property_.annotations, "entries-out-of-priority-order"):
                message = f"the priority {before[0]} comes before {priority}, which is stronger"
                note = Note("the stronger entry is here", entry.span)
                env.warning("entries-out-of-priority-order", message, before[1].span, note)
        before = priority, entry
