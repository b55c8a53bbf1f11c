"""`switch` on the action a table ran, or on a value (P4_16 spec §12.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from compiler import syntax, tree, types
from compiler.check import constants, dispatch, statements
from compiler.check.casts import coerce, describe, is_poison
from compiler.check.context import Env
from compiler.check.fold import integer
from compiler.check.placement import reported_at
from compiler.check.scopes import did_you_mean
from compiler.diagnostics import Note, Span

_Label = TypeVar("_Label", tree.Action, tree.Expression)


@dispatch.statement_rule(syntax.SwitchStatement)
def switch(env: Env, node: syntax.SwitchStatement) -> list[tree.Statement]:
    if env.place.in_parser:
        env.error("invalid", "switch cannot be used in a parser", node.span)
        return []
    with reported_at(env, node.span, "this label"):
        _default_is_last(env, node)
    subject = node.subject
    if isinstance(subject, syntax.MemberExpression) and subject.member.text == "action_run":
        applied = dispatch.expression(env, subject.base)
        if isinstance(applied, tree.TableApply):
            return _action_switch(env, node, applied.table)
        if is_poison(applied):
            for case in node.cases:
                _body(env, case)
            return []
    return _value_switch(env, node, dispatch.expression(env, subject))


def _default_is_last(env: Env, node: syntax.SwitchStatement) -> None:
    default: syntax.SwitchCase | None = None
    for case in node.cases:
        if default is not None:
            note = Note("default is here", default.label.span)
            env.error("invalid", "a label cannot follow default", case.label.span, note)
        if isinstance(case.label, syntax.DefaultKeyset):
            default = case


def _action_switch(env: Env, node: syntax.SwitchStatement, table: tree.Table) -> list[tree.Statement]:
    known = {reference.action.name: reference.action for reference in table.actions}
    seen: dict[str, syntax.SwitchCase] = {}
    labels: list[tree.Action | None] = []
    for case in node.cases:
        label = case.label
        if isinstance(label, syntax.DefaultKeyset):
            labels.append(None)
            continue
        name = label.name if isinstance(label, syntax.NameExpression) else None
        if name is None or name not in known:
            hint = did_you_mean(name, list(known)) if name else None
            kind = "not-found" if name is not None and env.scope.find(name) is None else "type-error"
            env.error(kind, f"{name or 'this'} is no action of the table {table.name}", label.span, hint=hint)
            labels.append(None)
            continue
        if name in seen:
            env.error(
                "invalid",
                f"the label {name} is there twice",
                label.span,
                Note(f"{name} is here", seen[name].label.span),
            )
        seen.setdefault(name, case)
        labels.append(known[name])
    cases = [
        tree.ActionCase(tuple(group), default, body, span)
        for group, default, body, span in _grouped(env, node.cases, labels)
    ]
    return [tree.ActionSwitch(node.span, table, tuple(cases))]


def _value_switch(env: Env, node: syntax.SwitchStatement, subject: tree.Expression) -> list[tree.Statement]:
    type_ = types.strip_new_types(subject.type)
    if not is_poison(subject) and not isinstance(
        type_,
        types.BitType | types.IntType | types.EnumType | types.SerEnumType | types.ErrorCodeType | types.InfIntType,
    ):
        env.type_error(f"switch takes a number, enum or error, not {describe(subject)}", subject.span)
    labels: list[tree.Expression | None] = []
    seen: dict[str | int, tree.Expression] = {}
    for case in node.cases:
        if isinstance(case.label, syntax.DefaultKeyset):
            labels.append(None)
            continue
        label = dispatch.expression(env, case.label)
        with reported_at(env, node.span, "this label"):
            label = coerce(env, label, subject.type, "cannot compare the label")
        constants.require_compile_time(env, label, "a label")
        value = _value(label)
        if value in seen:
            env.error("invalid", "the label is there twice", label.span, Note("it is here too", seen[value].span))
        elif value is not None:
            seen[value] = label
        labels.append(label)
    cases = [
        tree.SwitchCase(tuple(group), default, body, span)
        for group, default, body, span in _grouped(env, node.cases, labels)
    ]
    return [] if is_poison(subject) else [tree.Switch(node.span, subject, tuple(cases))]


def _value(label: tree.Expression) -> str | int | None:
    """What tells a label from others of its type; None if that is not known."""
    number = integer(label)
    if number is None and isinstance(label, tree.EnumMember | tree.ErrorMember):
        return label.name
    return number


def _grouped(
    env: Env, cases: Sequence[syntax.SwitchCase], labels: Sequence[_Label | None]
) -> list[tuple[list[_Label], bool, tree.Block, Span]]:
    """Labels without a body joined with those of the next that has one; labels behind the last body do nothing."""
    groups = []
    waiting: list[_Label] = []
    default = False
    for case, label in zip(cases, labels, strict=True):
        if isinstance(case.label, syntax.DefaultKeyset):
            default = True
        elif label is not None:
            waiting.append(label)
        body = _body(env, case)
        if body is not None:
            groups.append((waiting, default, body, case.span))
            waiting, default = [], False
    if waiting or default:
        last = cases[-1]
        groups.append((waiting, default, tree.Block(last.span, ()), last.span))
    return groups


def _body(env: Env, case: syntax.SwitchCase) -> tree.Block | None:
    return None if case.body is None else statements.block(env, case.body)
