"""`counter_arrays`, `meter_arrays` and `register_arrays`: the stateful externs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compiler import tree
from compiler.backends.bmv2.expressions import Expressions
from compiler.backends.bmv2.layout import Json, scalar_width
from compiler.backends.bmv2.tables import table_size

RATES = 2
"""P4's meters have two rates and three colours."""


def bound_tables(tables: Iterable[tree.Table], property_name: str) -> dict[tree.ExternInstance, tree.Table]:
    """The table that each direct counter or meter belongs to; `property_name` is "counters" or "meters"."""
    bound: dict[tree.ExternInstance, tree.Table] = {}
    for table in tables:
        found = table.properties.get(property_name)
        if found is not None and isinstance(found.value, tree.InstanceRef):
            assert isinstance(found.value.instance, tree.ExternInstance)
            bound[found.value.instance] = table
    return bound


def counter_arrays(
    instances: Sequence[tree.ExternInstance], tables: Sequence[tree.Table], expressions: Expressions
) -> list[Json]:
    bound = bound_tables(tables, "counters")
    arrays: list[Json] = []
    for instance in instances:
        head = {"name": instance.control_plane_name, "id": len(arrays)}
        if instance.type.name == "counter":
            arrays.append({**head, "size": expressions.literal(instance.argument("size")), "is_direct": False})
        elif instance.type.name == "direct_counter" and instance in bound:
            arrays.append({**head, "is_direct": True, "binding": bound[instance].control_plane_name})
    return arrays


def meter_arrays(
    instances: Sequence[tree.ExternInstance],
    tables: Sequence[tree.Table],
    expressions: Expressions,
    results: dict[tree.Declaration, Json],
) -> list[Json]:
    """`results`: the field for the colour of each direct meter that belongs to a table."""
    bound = bound_tables(tables, "meters")
    arrays: list[Json] = []
    for instance in instances:
        if instance.type.name not in ("meter", "direct_meter"):
            continue
        unit = instance.argument("type")
        assert isinstance(unit, tree.EnumMember)
        head = {"name": instance.control_plane_name, "id": len(arrays), "rate_count": RATES, "type": unit.name}
        if instance.type.name == "meter":
            arrays.append({**head, "size": expressions.literal(instance.argument("size")), "is_direct": False})
        elif instance in bound:
            table = bound[instance]
            arrays.append(
                {
                    **head,
                    "is_direct": True,
                    "size": table_size(table),
                    "binding": table.control_plane_name,
                    "result_target": results[instance]["value"],
                }
            )
    return arrays


def register_arrays(instances: Sequence[tree.ExternInstance], expressions: Expressions) -> list[Json]:
    arrays: list[Json] = []
    for instance in instances:
        if instance.type.name == "register":
            arrays.append(
                {
                    "name": instance.control_plane_name,
                    "id": len(arrays),
                    "size": expressions.literal(instance.argument("size")),
                    "bitwidth": scalar_width(instance.type.arguments[0], instance.span),
                }
            )
    return arrays
