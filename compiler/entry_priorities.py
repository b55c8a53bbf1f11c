"""The priorities of the entries that stand in the source, as P4Runtime numbers them (P4_16 §14.2.1.4).

Of n `const entries` the first has n, the last 1, so that the first wins; those of `entries` are as written, or follow
from their neighbours. P4Runtime has only "the largest wins": as with p4c, `largest_priority_wins = false` shows in the
numbers that are made up, and numbers as written are not turned round.
"""

from __future__ import annotations

from compiler import tree

_NEED_PRIORITY = frozenset({"ternary", "range", "optional"})


def priorities(table: tree.Table) -> list[int]:
    """The P4Runtime priority of each of the table's entries; 0 where its keys need none."""
    count = len(table.entries)
    if not any(key.match_kind in _NEED_PRIORITY for key in table.keys):
        return [0] * count
    if table.entries_const:
        return list(range(count, 0, -1))
    largest, delta = largest_wins(table), priority_delta(table)
    if all(entry.priority is None for entry in table.entries):
        numbers = range(1, 1 + count * delta, delta)
        return list(reversed(numbers)) if largest else list(numbers)
    made: list[int] = []
    for entry in table.entries:
        if entry.priority is not None:
            made.append(entry.priority)
        else:
            made.append(made[-1] - delta if largest else made[-1] + delta)
    return made


def largest_wins(table: tree.Table) -> bool:
    found = table.properties.get("largest_priority_wins")
    return found is None or not isinstance(found.value, tree.BoolLiteral) or found.value.value


def priority_delta(table: tree.Table) -> int:
    found = table.properties.get("priority_delta")
    return found.value.value if found is not None and isinstance(found.value, tree.IntLiteral) else 1
