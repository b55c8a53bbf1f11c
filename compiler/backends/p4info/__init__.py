"""Typed tree -> P4Info, the same message that p4c makes (P4Runtime 1.4 §6).

inventory.py finds what the control plane sees, symbols.py gives ids and aliases, and one file each describes actions,
tables, externs, packet_io (packet metadata, digests, value sets) and the package; type_specs.py describes their types,
describe.py what they have in common. Reads the tree as the checker made it, before any pass.
"""

from __future__ import annotations

from finsy.proto import p4i

from compiler import tree, types
from compiler.annotations import has
from compiler.backends.p4info.actions import action_info
from compiler.backends.p4info.externs import KINDS, add_externs
from compiler.backends.p4info.inventory import Inventory, take_inventory
from compiler.backends.p4info.package import set_package_info
from compiler.backends.p4info.packet_io import (
    controller_header_info,
    controller_header_name,
    digest_info,
    name_digests,
    value_set_info,
)
from compiler.backends.p4info.symbols import Kind, Symbols
from compiler.backends.p4info.tables import table_info
from compiler.backends.p4info.type_specs import TypeSpecs, declared_name
from compiler.diagnostics import Diagnostics, Note

__all__ = ["emit"]


def emit(program: tree.Program, diagnostics: Diagnostics, architecture: str = "v1model") -> p4i.P4Info:
    """The P4Info of `program`, which is written for `architecture`. What a control plane cannot deal with is reported
    and left out.
    """
    inventory = take_inventory(program)
    digests = name_digests(inventory.digests)
    symbols = _symbols(inventory, digests, diagnostics)

    info = p4i.P4Info()
    specs = TypeSpecs(info.type_info, program.errors, diagnostics)
    for value_set in inventory.value_sets:
        info.value_sets.append(value_set_info(value_set, symbols, diagnostics))
    seen: set[str] = set()
    for action in inventory.actions:
        if not has(action.annotations, "hidden") and action.control_plane_name not in seen:
            seen.add(action.control_plane_name)
            has_parameters = id(action) in inventory.in_tables
            info.actions.append(action_info(action, symbols, specs, diagnostics, has_parameters))
    tables = [table for table in inventory.tables if not has(table.annotations, "hidden")]
    for table in tables:
        info.tables.append(table_info(table, symbols, specs, diagnostics))
    add_externs(info, inventory.externs, tables, symbols, specs, diagnostics)
    for header in inventory.controller_headers:
        if not has(header.annotations, "hidden"):
            info.controller_packet_metadata.append(controller_header_info(header, symbols, specs, diagnostics))
    for name, type_ in digests.items():
        info.digests.append(digest_info(name, type_, symbols, specs))
    if program.main is not None:
        set_package_info(info.pkg_info, program.main, architecture, diagnostics)
    if tables or inventory.externs or inventory.controller_headers or inventory.calls_extern_functions:
        info.type_info.SetInParent()
    return info


def _symbols(inventory: Inventory, digests: dict[str, types.Type], diagnostics: Diagnostics) -> Symbols:
    """All names with their ids."""
    symbols = Symbols(diagnostics)
    for value_set in inventory.value_sets:
        symbols.add(Kind.VALUE_SET, value_set.control_plane_name, value_set.annotations, value_set.span)
    for action in inventory.actions:
        symbols.add(Kind.ACTION, action.control_plane_name, action.annotations, action.span)
    for name in digests:
        symbols.add(Kind.DIGEST, name)
    for table in inventory.tables:
        symbols.add(Kind.TABLE, table.control_plane_name, table.annotations, table.span)
    for instance in inventory.externs:
        kind = KINDS.get(instance.type.name)
        if kind is not None:
            symbols.add(kind, instance.control_plane_name, instance.annotations, instance.span)
    for header in inventory.controller_headers:
        symbols.add(Kind.CONTROLLER_HEADER, declared_name(header), header.annotations, header.span)
    _report_duplicates(inventory, diagnostics)
    symbols.assign_ids()
    return symbols


def _report_duplicates(inventory: Inventory, diagnostics: Diagnostics) -> None:
    """Two objects of a kind that have the same name, by which a control plane could not tell them apart.

    Of actions only those count that something uses.
    """
    seen: dict[tuple[str, str], tree.Declaration | types.HeaderType] = {}

    def note(what: str, name: str, declaration: tree.Declaration | types.HeaderType) -> None:
        other = seen.setdefault((what, name), declaration)
        if other is not declaration:
            message = f"two {what} are called {name} by the control plane"
            diagnostics.error("duplicate", message, declaration.span, Note("the other one", other.span))

    for action in inventory.actions:
        note("actions", action.control_plane_name, action)
    for value_set in inventory.value_sets:
        note("value sets", value_set.control_plane_name, value_set)
    for table in inventory.tables:
        if not has(table.annotations, "hidden"):
            note("tables", table.control_plane_name, table)
    for instance in inventory.externs:
        kind = KINDS.get(instance.type.name)
        if kind is not None:
            note(f"{kind.name.lower().replace('_', ' ')}s", instance.control_plane_name, instance)
    for header in inventory.controller_headers:
        if not has(header.annotations, "hidden"):
            note("controller headers", controller_header_name(header), header)
