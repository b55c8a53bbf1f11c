"""What the control plane sees of a program, in the order in which P4Info lists it.

Controls and parsers are seen as if everything they apply were written out in the place of its instance: outer blocks
first, in the order of the package's arguments, and within a block the order of the declarations. Tables that no
reachable code applies and actions that neither a table nor a control uses are not there; extern instances always are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from compiler import tree, types
from compiler.annotations import has
from compiler.rewrite import parts

_Declaration = TypeVar("_Declaration", tree.Action, tree.Table)


@dataclass(slots=True)
class Inventory:
    """Everything that may get an id. What is marked @hidden is here, too: it takes a name, but is not described."""

    value_sets: list[tree.ValueSet] = field(default_factory=list)
    actions: list[tree.Action] = field(default_factory=list)
    in_tables: set[int] = field(default_factory=set)
    """`id()` of the actions that some table has. Of the others all parameters are bound by the calls."""
    tables: list[tree.Table] = field(default_factory=list)
    externs: list[tree.ExternInstance] = field(default_factory=list)
    controller_headers: list[types.HeaderType] = field(default_factory=list)
    digests: list[types.Type] = field(default_factory=list)
    """The type of what each call of `digest` sends."""
    calls_extern_functions: bool = False
    """Whether any control does; P4Info then has a (perhaps empty) part on types."""


def take_inventory(program: tree.Program) -> Inventory:
    inventory = Inventory()
    inventory.externs += program.instances
    blocks = tree.main_instances(program)
    for block in blocks:
        inventory.externs += _externs(block)
        if isinstance(block, tree.Parser):
            inventory.value_sets += _value_sets(block)
    for control in blocks:
        if isinstance(control, tree.Control):
            _add_control(control, inventory)
    for type_ in program.types:
        if isinstance(type_, types.HeaderType) and has(type_.annotations, "controller_header"):
            inventory.controller_headers.append(type_)
    return inventory


def _add_control(control: tree.Control, inventory: Inventory) -> None:
    """The tables and actions of a control of the package, and of all that it applies."""
    applied = _code(control.body)
    used_tables = {id(node.table) for node in applied if isinstance(node, tree.TableApply | tree.ActionSwitch)}
    used_controls = {id(node.control) for node in applied if isinstance(node, tree.ControlApply)}
    tables = [table for table in _tables(control, used_controls) if id(table) in used_tables]

    used_actions = {id(reference.action): reference.action for table in tables for reference in table.actions}
    for table in tables:
        if table.default_action is not None:
            used_actions.setdefault(id(table.default_action.action), table.default_action.action)
    inventory.in_tables |= used_actions.keys()
    for node in applied:
        if isinstance(node, tree.ActionCall):
            used_actions.setdefault(id(node.action), node.action)
    inside = [action for action in _actions(control, used_controls) if id(action) in used_actions]
    seen = {id(action) for action in inside}
    global_actions = [action for key, action in used_actions.items() if key not in seen]

    known_actions = {id(action) for action in inventory.actions}
    actions = [action for action in global_actions if id(action) not in known_actions] + inside
    inventory.actions += actions
    inventory.tables += tables
    for node in (node for code in [*(_code(action.body) for action in actions), applied] for node in code):
        if isinstance(node, tree.ExternFunctionCall):
            inventory.calls_extern_functions = True
            if node.function.name == "digest":
                inventory.digests.append(node.type_arguments[0])


def _code(start: object) -> list[object]:
    """All nodes of a body and of the controls, functions and keys that it leads to, without branches never taken."""
    found: list[object] = []
    waiting: list[object] = [start]  # the next one last
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, tree.If) and isinstance(node.condition, tree.BoolLiteral):
            taken = node.then if node.condition.value else node.otherwise
            waiting += [] if taken is None else [taken]
            continue
        if isinstance(node, tree.ControlApply):
            waiting.append(node.control.body)
        elif isinstance(node, tree.FunctionCall):
            waiting.append(node.function.body)
        elif isinstance(node, tree.TableApply | tree.ActionSwitch):
            waiting += [key.expression for key in reversed(node.table.keys)]
        waiting += reversed(list(parts(node)))
    return found


def _externs(block: tree.Parser | tree.Control) -> Iterator[tree.ExternInstance]:
    for instance in block.instances:
        if isinstance(instance, tree.ExternInstance):
            yield instance
        else:
            yield from _externs(instance)


def _value_sets(parser: tree.Parser) -> Iterator[tree.ValueSet]:
    yield from parser.value_sets
    for instance in parser.instances:
        if isinstance(instance, tree.Parser):
            yield from _value_sets(instance)


def _tables(control: tree.Control, used: set[int]) -> list[tree.Table]:
    return _merged(control, control.tables, {id(inner): _tables(inner, used) for inner in _inner(control, used)})


def _actions(control: tree.Control, used: set[int]) -> list[tree.Action]:
    return _merged(control, control.actions, {id(inner): _actions(inner, used) for inner in _inner(control, used)})


def _inner(control: tree.Control, used: set[int]) -> list[tree.Control]:
    """The instances of controls in a control that are applied somewhere."""
    return [inner for inner in control.instances if isinstance(inner, tree.Control) and id(inner) in used]


def _merged(
    control: tree.Control, own: list[_Declaration], inlined: dict[int, list[_Declaration]]
) -> list[_Declaration]:
    """The control's own declarations, with those of each inner control where its instance is declared."""
    result: list[_Declaration] = []
    rest = list(own)
    for inner in control.instances:
        if id(inner) in inlined:
            while rest and _precedes(rest[0], inner):
                result.append(rest.pop(0))
            result += inlined[id(inner)]
    return result + rest


def _precedes(declaration: tree.Declaration, instance: tree.Declaration) -> bool:
    """Whether one stands before the other; what was included from another file counts as standing before."""
    one, other = declaration.span, instance.span
    return one.file != other.file or (one.line, one.column) < (other.line, other.column)
