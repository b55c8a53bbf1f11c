"""Tables and their properties (P4_16 spec §14.2)."""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.annotations import Annotation, find
from compiler.check import annotating, constants, dispatch, entries
from compiler.check.casts import describe, is_poison, settle
from compiler.check.context import Env, Place
from compiler.check.priorities import check_priorities
from compiler.check.scopes import InstancePlan, did_you_mean
from compiler.check.table_actions import ActionList, check_actions, reference_call
from compiler.diagnostics import Note, Span

MEANINGFUL = frozenset(
    {"default_action", "size", "implementation", "counters", "meters", "support_timeout"}
    | {"largest_priority_wins", "priority_delta"}
)
"""The properties of tables that are one name and one value: those of the language and of v1model."""


@dispatch.declaration_rule(syntax.TableDeclaration)
def table(env: Env, node: syntax.TableDeclaration) -> None:
    given = annotating.evaluate(env, node.annotations)
    inner = env.at(Place("entry", template=env.place.template))
    by_kind = _distinct(inner, node)
    keys = [made for key in by_kind.keys for made in [_key(inner, key)] if made is not None]
    actions = check_actions(inner, node.name, by_kind.actions)
    default = _default_action(inner, node, actions, by_kind.custom.pop("default_action", None))
    name = annotating.control_plane_name(node.name.text, given, "")
    made = tree.Table(
        node.name.text, given, node.name.span, keys, actions.references, default, [], False, None, {}, name
    )
    template = env.place.template
    size = by_kind.custom.pop("size", None)
    if size is not None and template is not None:
        expression = _size(inner, size)
        if expression is not None:
            template.sizes[made] = expression
    for property_ in by_kind.custom.values():
        value = _property(inner, property_)
        if value is not None:
            made.properties[value.name] = value
    if by_kind.entries is not None and by_kind.entries.entries and not by_kind.keys:
        note = Note("the entries are here", by_kind.entries.span)
        env.type_error(f"the table {node.name} has entries but no key", node.name.span, note)
    elif by_kind.entries is not None:
        made.entries_const = by_kind.entries.is_const
        made.entries += entries.check_entries(inner, by_kind.entries, keys, len(by_kind.keys), actions)
        check_priorities(inner, made, by_kind.entries)
    env.declare(node.name, made)
    if template is not None and isinstance(template.skeleton, tree.Control):
        template.skeleton.tables.append(made)


class _Properties:
    """The properties of a table, each at most once."""

    def __init__(self) -> None:
        self.keys: tuple[syntax.KeyElement, ...] = ()
        self.actions: syntax.ActionsProperty | None = None
        self.entries: syntax.EntriesProperty | None = None
        self.custom: dict[str, syntax.CustomProperty] = {}


def _distinct(env: Env, node: syntax.TableDeclaration) -> _Properties:
    found = _Properties()
    seen: dict[str, Span] = {}
    for property_ in node.properties:
        match property_:
            case syntax.KeyProperty():
                name = "key"
            case syntax.ActionsProperty():
                name = "actions"
            case syntax.EntriesProperty():
                name = "entries"
            case syntax.CustomProperty():
                name = property_.name.text
            case _:
                continue
        if name in seen:
            note = Note(f"{name} is given here", seen[name])
            env.error("duplicate", f"the property {name} of the table {node.name} is given twice", property_.span, note)
            continue
        seen[name] = property_.span
        match property_:
            case syntax.KeyProperty():
                if found.entries is not None:
                    env.type_error("the entries of a table must follow its key", found.entries.span)
                found.keys = property_.elements
            case syntax.ActionsProperty():
                found.actions = property_
            case syntax.EntriesProperty():
                found.entries = property_
            case syntax.CustomProperty():
                if name == "default_action" and found.actions is None:
                    message = f"the default_action of the table {node.name} must follow its actions"
                    env.type_error(message, property_.span)
                if name in MEANINGFUL:
                    found.custom[name] = property_
                else:
                    known = [*MEANINGFUL, "key", "actions", "entries"]
                    message = f"the table property {name} is unknown and has no effect"
                    env.warning("ignore-prop", message, property_.span, hint=did_you_mean(name, known))
    return found


# --- keys ---


def _key(env: Env, node: syntax.KeyElement) -> tree.Key | None:
    expression = dispatch.expression(env.at(Place("key", template=env.place.template)), node.expression)
    kind = node.match_kind.text
    if kind not in env.checker.match_kinds and kind not in env.checker.damaged:
        hint = did_you_mean(kind, env.checker.match_kinds)
        env.error("not-found", f"the match kind {kind} is not declared", node.match_kind.span, hint=hint)
        return None
    if is_poison(expression):
        return None
    if not _may_be_key(expression.type):
        env.type_error(f"a key must be a scalar, not {describe(expression)}", node.expression.span)
        return None
    given = annotating.evaluate(env, node.annotations)
    annotation = find(given, "name")
    name = annotation.string() if annotation else None
    if name is None:
        name = key_name(node.expression, expression)
    if name is None:
        env.error("expected", "a key that is computed needs a name", node.expression.span, hint='@name("...")')
    return tree.Key(expression, kind, name, given, node.span)


def _may_be_key(type_: types.Type) -> bool:
    below = types.strip_new_types(type_)
    return isinstance(
        below,
        types.BitType
        | types.IntType
        | types.BoolType
        | types.EnumType
        | types.SerEnumType
        | types.ErrorCodeType
        | types.VarbitType,
    )


def key_name(node: syntax.Expression, expression: tree.Expression) -> str | None:
    """The control-plane name that a key's text gives (§18.3.2): names, fields, indices, slices, masks and isValid();
    None for others.
    """
    while isinstance(expression, tree.Cast) and not isinstance(node, syntax.CastExpression):
        expression = expression.operand
    match node, expression:
        case _, tree.IntLiteral():
            return _number_text(node, expression)
        case syntax.NameExpression(), _:
            return node.name
        case syntax.MemberExpression(), tree.Member():
            field = (
                expression.base.type.field(node.member.text)
                if isinstance(expression.base.type, types.FieldsType)
                else None
            )
            annotation = find(field.annotations, "name") if field else None
            text = (annotation.string() if annotation else None) or node.member.text
            if text.startswith("."):
                return text[1:]
            base = key_name(node.base, expression.base)
            return None if base is None else f"{base}.{text}"
        case syntax.MemberExpression(), tree.StackLastIndex():
            base = key_name(node.base, expression.base)
            return None if base is None else f"{base}.{node.member.text}"
        case syntax.IndexExpression(), tree.StackIndex():
            base, index = key_name(node.base, expression.base), _number_text(node.index, expression.index)
            return None if base is None or index is None else f"{base}[{index}]"
        case syntax.SliceExpression(), tree.Slice():
            base = key_name(node.base, expression.base)
            return (
                None
                if base is None
                else f"{base}[{_bound(node.high, expression.high)}:{_bound(node.low, expression.low)}]"
            )
        case syntax.BinaryExpression(operator="&"), tree.Binary():
            left, right = key_name(node.left, expression.left), _number_text(node.right, expression.right)
            return None if left is None or right is None else f"{left} & {right}"
        case syntax.CallExpression(callee=syntax.MemberExpression() as callee), tree.HeaderCall(
            op=tree.HeaderOp.IS_VALID
        ):
            base = key_name(callee.base, expression.header)
            is_valid = expression.op is tree.HeaderOp.IS_VALID
            return f"{base}.$valid$" if base is not None and is_valid else None
        case _:
            return None


def _number_text(node: syntax.Expression, expression: tree.Expression) -> str | None:
    if isinstance(node, syntax.IntegerLiteral):
        return _literal_text(node)
    if isinstance(expression, tree.IntLiteral):
        return str(expression.value)
    return key_name(node, expression)


def _bound(node: syntax.Expression, value: int) -> str:
    return _literal_text(node) if isinstance(node, syntax.IntegerLiteral) else str(value)


def _literal_text(node: syntax.IntegerLiteral) -> str:
    """A number in the base it was written in."""
    return {2: f"0b{node.value:b}", 8: f"0o{node.value:o}", 16: f"0x{node.value:x}"}.get(node.base, str(node.value))


# --- other properties ---


def _default_action(
    env: Env, node: syntax.TableDeclaration, actions: ActionList, property_: syntax.CustomProperty | None
) -> tree.DefaultAction:
    """The default action; NoAction if none is written (§14.2.1.3)."""
    if property_ is not None:
        found = reference_call(env, property_.value, actions)
        if found is not None:
            action, arguments = found
            return tree.DefaultAction(action, arguments, property_.is_const, property_.span)
    symbol = env.scope.root.find("NoAction")
    if not isinstance(symbol, tree.Action):
        if property_ is None:
            message = f"the table {node.name} has no default_action and NoAction is not declared"
            env.error("Target model error", message, node.name.span, hint="#include <core.p4>")
        symbol = tree.Action("NoAction", (), node.name.span, [], tree.Block(node.name.span, ()), "NoAction")
    elif property_ is None and all(reference.action is not symbol for reference in actions.references):
        marker = Annotation("defaultonly", (), (), None, False, node.name.span)
        actions.references.append(tree.TableAction(symbol, (), (marker,), node.name.span))
    return tree.DefaultAction(symbol, (), False, node.name.span)


def _name_anonymous(env: Env, property_: syntax.CustomProperty, instance: InstancePlan) -> None:
    """An instance that is made in a property has the property's @name, which is not put into the
    table's path (as in p4c).
    """
    instance.annotations = annotating.evaluate(env, property_.annotations)
    annotation = find(instance.annotations, "name")
    name = (annotation.string() if annotation else None) or ""
    instance.name = instance.control_plane_name = name.removeprefix(".")


def _size(env: Env, property_: syntax.CustomProperty) -> tree.Expression | None:
    value = dispatch.expression(env, property_.value)
    if is_poison(value) or not constants.require_compile_time(env, value, "the size of a table", "invalid"):
        return None
    if not isinstance(value.type, types.InfIntType | types.BitType | types.IntType):
        env.error("invalid", f"the size of a table must be a number, not {describe(value)}", value.span)
        return None
    if isinstance(value, tree.IntLiteral) and value.value < 0:
        env.error("invalid", f"a table cannot have {value.value} entries", value.span)
        return None
    return value


def _property(env: Env, property_: syntax.CustomProperty) -> tree.Property | None:
    value = settle(env, dispatch.expression(env, property_.value))
    if is_poison(value):
        return None
    if isinstance(property_.value, syntax.ConstructorCall) and isinstance(value, tree.InstanceRef):
        instance = value.instance
        if isinstance(instance, InstancePlan):
            _name_anonymous(env, property_, instance)
    if not isinstance(value, tree.InstanceRef):
        constants.require_compile_time(env, value, f"the property {property_.name}")
    given = annotating.evaluate(env, property_.annotations)
    return tree.Property(property_.name.text, value, property_.is_const, given, property_.span)
