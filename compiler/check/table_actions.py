"""The actions of a table, and references to them in default_action and entries (P4_16 spec §14.2.1.2, §14.2.1.3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from compiler import syntax, tree, types
from compiler.annotations import has
from compiler.check import annotating, arguments, constants
from compiler.check.context import Env
from compiler.check.scopes import Undefined, did_you_mean
from compiler.diagnostics import Note


@dataclass(slots=True)
class ActionList:
    """What a table's `actions` says. `damaged`: something in it was wrong, so that missing actions are not reported."""

    table: str
    references: list[tree.TableAction] = field(default_factory=list)
    damaged: bool = False

    def find(self, action: tree.Action) -> tree.TableAction | None:
        return next((reference for reference in self.references if reference.action is action), None)


def check_actions(env: Env, table: syntax.Name, node: syntax.ActionsProperty | None) -> ActionList:
    made = ActionList(table.text)
    if node is None:
        env.error("expected", f"the table {table} has no actions", table.span)
        made.damaged = True
        return made
    for reference in node.actions:
        checked = _reference(env, reference)
        if checked is None:
            made.damaged = True
            continue
        earlier = made.find(checked.action)
        if earlier is not None:
            note = Note(f"{checked.action.name} is here too", earlier.span)
            env.error("duplicate", f"{checked.action.name} is in the list twice", reference.span, note)
            continue
        made.references.append(checked)
    return made


def _reference(env: Env, node: syntax.ActionReference) -> tree.TableAction | None:
    """A list element: arguments for the parameters with a direction, and for those only."""
    action = _action(env, node.action)
    if action is None:
        return None
    signature = env.checker.signatures[action]
    directed = tuple(parameter for parameter in signature.parameters if parameter.direction)
    given = arguments.evaluate(env, node.arguments or ())
    data = [parameter.name for parameter in signature.parameters if not parameter.direction]
    for position, argument in enumerate(given):
        name = argument.name or (signature.parameters[position].name if position < len(signature.parameters) else None)
        if name in data:
            message = f"{action.name}: the parameter {name} is set by the control plane and cannot be bound here"
            env.type_error(message, argument.span)
            return None
    bound = arguments.bind(env, types.FunctionType(directed, types.VOID), (), given, node.span, action.name)
    if bound is None:
        return None
    annotations = annotating.evaluate(env, node.annotations)
    return tree.TableAction(action, bound.arguments, annotations, node.span, bound.order)


def reference_call(
    env: Env, node: syntax.Expression | syntax.ActionReference, actions: ActionList
) -> tuple[tree.Action, tuple[tree.Expression, ...]] | None:
    """The action and all its arguments, of a default_action or an entry; None after saying what is wrong."""
    given: Sequence[syntax.Argument] = ()
    match node:
        case syntax.ActionReference():
            name, given = node.action, node.arguments or ()
        case syntax.CallExpression(callee=syntax.NameExpression() as callee):
            name, given = callee, node.arguments
        case syntax.NameExpression():
            name = node
        case _:
            env.type_error("an action is expected here", node.span)
            return None
    action = _action(env, name)
    evaluated = arguments.evaluate(env, given)
    if action is None:
        return None
    reference = actions.find(action)
    if reference is None:
        if not actions.damaged:
            hint = did_you_mean(action.name, [r.action.name for r in actions.references])
            env.type_error(f"{action.name} is not in the actions of the table {actions.table}", node.span, hint=hint)
        return None
    if isinstance(node, syntax.ActionReference) and has(reference.annotations, "defaultonly"):
        note = Note(f"{action.name} is in the list of actions here", reference.span)
        env.type_error(f"{action.name} is marked @defaultonly and cannot be in an entry", node.span, note)
        return None
    signature = env.checker.signatures[action]
    directed = [parameter for parameter in signature.parameters if parameter.direction]
    if directed and len(evaluated) == len(signature.parameters) - len(directed):
        data = types.FunctionType(signature.parameters[len(directed) :], types.VOID)
        bound = arguments.bind(env, data, (), evaluated, node.span, action.name, missing=arguments.AT_PARAMETER)
        return None if bound is None else (action, (*reference.arguments, *bound.arguments))
    bound = arguments.bind(env, signature, (), evaluated, node.span, action.name, missing=arguments.AT_PARAMETER)
    if bound is None:
        return None
    for listed, repeated in zip(reference.arguments, bound.arguments, strict=False):
        if not same(listed, repeated):
            note = Note("the argument in the list", listed.span)
            env.type_error(f"{action.name}: the argument differs from that in the list of actions", repeated.span, note)
            return None
    for argument in bound.arguments[len(directed) :]:
        constants.require_compile_time(env, argument, f"{action.name}: an argument")
    return action, bound.arguments


def same(left: object, right: object) -> bool:
    """Whether two expressions read the same; references are the same if they lead to the same declaration."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if not isinstance(left, tree.Expression) or type(left) is not type(right):
        return left == right
    names = [entry.name for entry in dataclasses.fields(left) if entry.name != "span"]
    return all(same(getattr(left, name), getattr(right, name)) for name in names)


def _action(env: Env, node: syntax.NameExpression) -> tree.Action | None:
    symbol = env.look_up(node.name, node.span, absolute=node.is_absolute)
    if isinstance(symbol, tree.Action):
        return symbol
    if not isinstance(symbol, Undefined):
        env.type_error(f"{node.name} is not an action", node.span, *env.note(node.name))
    return None
