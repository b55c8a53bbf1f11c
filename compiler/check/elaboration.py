"""Instances of parsers and controls: copies of their templates with everything bound (P4_16 spec §17.2, §18.3).

Each instance gets declarations of its own, constructor arguments in the place of constructor parameters, and control-
plane names that begin with the path of the instance: the names of the instances around it, the outermost called as its
type.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler import tree, types
from compiler.annotations import Annotations
from compiler.check import annotating, fold
from compiler.check.context import Checker
from compiler.check.copying import Copier
from compiler.check.scopes import InstancePlan, Template
from compiler.diagnostics import Span

MOST_INSTANCES = 10_000
"""In a block of the package: a control of two controls, each of two controls, and so on, soon takes all memory."""


def realise_top_level(checker: Checker, argument: tree.Expression) -> tree.Expression:
    """An argument of a package with its parser or control made."""
    if not isinstance(argument, tree.InstanceRef) or not isinstance(argument.instance, InstancePlan):
        return argument
    plan = argument.instance
    template = plan.made_of
    assert isinstance(template, Template)
    made = checker.realised.get(plan)
    if made is None:
        path = template.type.name
        if not _is_bounded(checker, plan, template):
            return argument
        arguments = tuple(realise_top_level(checker, argument) for argument in plan.arguments)
        made = elaborate(checker, template, arguments, plan.name, path, plan.annotations, plan.span)
        inner = [argument.instance for argument in arguments if isinstance(argument, tree.InstanceRef)]
        made.instances[:0] = [instance for instance in inner if isinstance(instance, tree.Parser | tree.Control)]
        checker.realised[plan] = made
    return replace(argument, instance=made)


def _is_bounded(checker: Checker, plan: InstancePlan, template: Template) -> bool:
    """Whether the instance is made of few enough others, which is reported if not."""
    counts: dict[Template, int] = {}

    def count(template: Template) -> int:
        if template not in counts:
            inner = (plan.made_of for plan in template.plans)
            counts[template] = 1 + sum(count(below) if isinstance(below, Template) else 1 for below in inner)
        return counts[template]

    if count(template) <= MOST_INSTANCES:
        return True
    message = f"{plan.name or template.type.name} is made of {count(template)} instances: at most {MOST_INSTANCES}"
    checker.diagnostics.error("overlimit", f"{message} are possible", plan.span)
    return False


def elaborate(
    checker: Checker,
    template: Template,
    arguments: tuple[tree.Expression, ...],
    name: str,
    path: str,
    annotations: Annotations,
    span: Span,
) -> tree.Parser | tree.Control:
    """An instance of a template; `arguments` are free of constructor parameters."""
    copier = Copier(checker)
    for parameter, argument in zip(template.constructor_parameters, arguments, strict=True):
        copier.declarations[parameter] = argument
    skeleton = template.skeleton
    parameters = [copier.parameter(parameter) for parameter in skeleton.parameters]
    instances = [_realise(checker, copier, plan, path) for plan in template.plans]
    if isinstance(skeleton, tree.Parser):
        return _parser(template, skeleton, copier, parameters, instances, name, path, annotations, span)
    return _control(template, skeleton, copier, parameters, instances, name, path, annotations, span)


def _parser(
    template: Template,
    skeleton: tree.Parser,
    copier: Copier,
    parameters: list[tree.Parameter],
    instances: list[Any],
    name: str,
    path: str,
    annotations: Annotations,
    span: Span,
) -> tree.Parser:
    value_sets = []
    for old in skeleton.value_sets:
        full_name = annotating.control_plane_name(old.name, old.annotations, path)
        size = _number(copier, template.sizes[old])
        new = tree.ValueSet(old.name, old.annotations, old.span, old.element, size or 0, full_name)
        copier.declarations[old] = new
        value_sets.append(new)
    variables = [copier.variable(variable) for variable in skeleton.variables]
    states = []
    for state in skeleton.states:
        copy = tree.ParserState(state.name, state.annotations, state.span, [], state.transition)
        copier.declarations[state] = copy
        states.append(copy)
    for state, copy in zip(skeleton.states, states, strict=True):
        copy.statements = [copier.rewrite(statement) for statement in state.statements]
        copy.transition = copier.rewrite(state.transition)
    return tree.Parser(
        name,
        annotations,
        span,
        skeleton.type_name,
        skeleton.type_annotations,
        skeleton.type_span,
        parameters,
        variables,
        instances,
        path,
        value_sets,
        states,
    )


def _control(
    template: Template,
    skeleton: tree.Control,
    copier: Copier,
    parameters: list[tree.Parameter],
    instances: list[Any],
    name: str,
    path: str,
    annotations: Annotations,
    span: Span,
) -> tree.Control:
    variables = [copier.variable(variable) for variable in skeleton.variables]
    actions = []
    for action in skeleton.actions:
        copy = tree.Action(
            action.name,
            action.annotations,
            action.span,
            [copier.parameter(parameter) for parameter in action.parameters],
            action.body,
            annotating.control_plane_name(action.name, action.annotations, path),
        )
        copier.declarations[action] = copy
        copy.body = copier.rewrite(action.body)
        actions.append(copy)
    tables = [_table(template, old, copier, path) for old in skeleton.tables]
    body = copier.rewrite(skeleton.body)
    return tree.Control(
        name,
        annotations,
        span,
        skeleton.type_name,
        skeleton.type_annotations,
        skeleton.type_span,
        parameters,
        variables,
        instances,
        path,
        actions,
        tables,
        body,
    )


def _table(template: Template, old: tree.Table, copier: Copier, path: str) -> tree.Table:
    size = template.sizes.get(old)
    new = tree.Table(
        old.name,
        old.annotations,
        old.span,
        [copier.rewrite_children(key) for key in old.keys],
        [copier.rewrite(action) for action in old.actions],
        copier.rewrite(old.default_action),
        [copier.rewrite(entry) for entry in old.entries],
        old.entries_const,
        None if size is None else _number(copier, size),
        {name: copier.rewrite_children(property_) for name, property_ in old.properties.items()},
        annotating.control_plane_name(old.name, old.annotations, path),
    )
    copier.declarations[old] = new
    return new


def _realise(
    checker: Checker, copier: Copier, plan: InstancePlan, path: str
) -> tree.ExternInstance | tree.Parser | tree.Control:
    """Carry out a plan inside the instance whose path is `path`."""
    arguments = tuple(copier.rewrite(argument) for argument in plan.arguments)
    full_name = plan.control_plane_name
    if full_name is None:
        full_name = annotating.control_plane_name(plan.name, plan.annotations, path)
    made: tree.ExternInstance | tree.Parser | tree.Control
    if isinstance(plan.made_of, Template):
        made = elaborate(checker, plan.made_of, arguments, plan.name, full_name, plan.annotations, plan.span)
        copier.declarations[plan] = made
        return made
    constructor = plan.constructor or types.FunctionType((), types.VOID)
    made = tree.ExternInstance(plan.name, plan.annotations, plan.span, plan.made_of, constructor, arguments, full_name)
    copier.declarations[plan] = made
    for name, method in plan.methods.items():
        parameters = [copier.parameter(parameter) for parameter in method.parameters]
        body = copier.rewrite(method.body)
        made.methods[name] = replace(method, parameters=parameters, body=body)
    return made


def _number(copier: Copier, expression: tree.Expression) -> int | None:
    return fold.integer(copier.rewrite(expression))
