"""The names of an STF file -> those of a program.

A file may leave out what stands before a name: `ipv4_lpm` is `MyIngress.ipv4_lpm` if no other table ends so. The keys
of a table may be named by their last part, `hdr$0.f` is `hdr[0].f`, and `h.valid` or `h` is `h.$valid$`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from switch.bmv2_json.program import Action, Table
from switch.errors import InvalidArgument, NotFound

T = TypeVar("T")


def find(kind: str, name: str, among: Mapping[str, T]) -> T:
    """The one called `name`, or the only one whose name ends in it. Raises NotFound, InvalidArgument."""
    if name in among:
        return among[name]
    for ending in (f".{name}", name):
        found = [full for full in among if full.endswith(ending)]
        if len(found) == 1:
            return among[found[0]]
        if found:
            raise InvalidArgument(f"{kind} {name} may be {' or '.join(sorted(found))}")
    raise NotFound(f"there is no {kind} {name}{_known(among)}")


def _known(names: Collection[str]) -> str:
    shown = sorted(names)[:8]
    return f"; there are {', '.join(shown)}{' ...' if len(names) > len(shown) else ''}" if shown else ""


def find_action(table: Table, name: str) -> Action:
    actions = {a.name: a for a in table.actions}
    if table.default_action is not None:
        actions.setdefault(table.default_action.name, table.default_action)
    return find(f"action of table {table.name} called", name, actions)


def find_key(table: Table, name: str) -> int:
    """The place of the key field among the table's."""
    name = re.sub(r"\$(\d+)", r"[\1]", name)
    names = [k.name for k in table.key]
    exact = [name, f"{name}$", f"{name}.$valid$"]
    if name.endswith(".valid"):
        exact.append(name.removesuffix("valid") + "$valid$")
    for wanted in exact:
        if wanted in names:
            return names.index(wanted)
    endings = [f".{wanted}" for wanted in exact] + (["$valid$"] if name == "valid" else [])
    found = [i for i, full in enumerate(names) if full.endswith(tuple(endings))]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidArgument(f"key {name} of table {table.name} may be {' or '.join(names[i] for i in found)}")
    raise NotFound(f"table {table.name} has no key {name}{_known(names)}")
