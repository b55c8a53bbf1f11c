"""Parsers: locals, states and transitions (P4_16 spec §13)."""

from __future__ import annotations

from collections.abc import Mapping

from compiler import syntax, tree, types
from compiler.check import annotating, constants, dispatch, fold, labels, statements, templates, typerefs
from compiler.check.casts import describe, is_poison
from compiler.check.context import Env, Place, poisoned
from compiler.check.initialized import warn_uninitialized
from compiler.check.raw import RawStruct
from compiler.check.scopes import Template, did_you_mean
from compiler.check.signatures import declare, declare_constructor, signature
from compiler.diagnostics import Note

States = Mapping[str, tree.ParserState]


@dispatch.declaration_rule(syntax.ParserDeclaration)
def parser(env: Env, node: syntax.ParserDeclaration) -> None:
    """Check a parser into a template; instances are made from it where it is instantiated."""
    templates.declare(env, node, lambda inner, arguments: _check(inner, node, arguments))


def _check(env: Env, node: syntax.ParserDeclaration, arguments: tuple[types.Type, ...]) -> Template:
    apply = signature(env, node.parameters, types.VOID, optional=True)
    constructor = signature(env, node.constructor_parameters, types.VOID, constructor=True)
    given = annotating.evaluate(env, node.annotations)
    name = node.name.text
    type_ = types.ParserType(name, apply, constructor.parameters, arguments, given, node.name.span)
    skeleton = tree.Parser(name, (), node.name.span, name, given, node.name.span, [], [], [], "", [], [])
    template = Template(type_, [], skeleton)
    inner = env.at(Place("parser", template=template))
    template.constructor_parameters += declare_constructor(inner, constructor.parameters)
    skeleton.parameters += declare(inner, apply)
    inner = inner.inner()
    for local in node.locals:
        dispatch.declaration(inner, local)
    _states(inner.at(Place("state", template=template)), node, skeleton)
    if not _ends(skeleton):
        env.error("unreachable", f"the parser {node.name} never reaches accept or reject", node.name.span)
    return template


@dispatch.declaration_rule(syntax.VariableDeclaration)
def variable(env: Env, node: syntax.VariableDeclaration) -> None:
    """A variable of a parser or control."""
    value = statements.initial_value(env, node)
    made = statements.variable(env, node)
    template = env.place.template
    if template is None:
        env.error("invalid", f"the variable {node.name} cannot be declared at top level", node.span)
    elif made is not None:
        made.initializer = value
        template.skeleton.variables.append(made)


@dispatch.declaration_rule(syntax.ValueSetDeclaration)
def value_set(env: Env, node: syntax.ValueSetDeclaration) -> None:
    """§13.10. The size may come from a constructor parameter."""
    element = typerefs.resolve(env, node.element)
    size = dispatch.expression(env, node.size)
    constants.require_compile_time(env, size, "the size of a value set", "expected")
    if not is_poison(size) and not isinstance(size.type, types.InfIntType | types.BitType):
        env.type_error(f"the size of a value set must be a number, not {describe(size)}", size.span)
    given = annotating.evaluate(env, node.annotations)
    made = tree.ValueSet(
        node.name.text, given, node.name.span, element, 0, annotating.control_plane_name(node.name.text, given, "")
    )
    env.declare(node.name, made)
    template = env.place.template
    if template is not None and isinstance(template.skeleton, tree.Parser):
        template.skeleton.value_sets.append(made)
        template.sizes[made] = size


def _states(env: Env, node: syntax.ParserDeclaration, skeleton: tree.Parser) -> None:
    known: dict[str, tree.ParserState] = {"accept": tree.ACCEPT, "reject": tree.REJECT}
    for state in node.states:
        name = state.name.text
        if name in ("accept", "reject"):
            env.error("invalid", f"the state {name} is there already and cannot be declared", state.name.span)
        elif name in known:
            note = Note(f"{name} is declared here", known[name].span)
            env.error("duplicate", f"the state {name} is declared twice", state.name.span, note)
        else:
            transition = tree.Goto(tree.REJECT, state.name.span)
            made = tree.ParserState(name, annotating.evaluate(env, state.annotations), state.name.span, [], transition)
            known[name] = made
            skeleton.states.append(made)
    if "start" not in known:
        env.error("invalid", f"the parser {node.name} has no start state", node.name.span)
    checked: set[str] = set()
    for state in node.states:
        name = state.name.text
        if name in checked or known[name] in (tree.ACCEPT, tree.REJECT):
            continue
        checked.add(name)
        inner = env.inner()
        known[name].statements += statements.items(inner, state.items)
        warn_uninitialized(tree.Block(state.span, tuple(known[name].statements)), env.checker.diagnostics)
        if state.transition is not None:
            known[name].transition = _transition(inner, state.transition, known)


def _ends(parser: tree.Parser) -> bool:
    """Whether accept or reject can be reached from the start state."""
    waiting = [state for state in parser.states if state.name == "start"]
    seen = set(waiting)
    while waiting:
        transition = waiting.pop().transition
        # A select that no case matches ends in reject.
        if isinstance(transition, tree.Select) and not any(map(_is_catch_all, transition.cases)):
            return True
        targets = [transition.state] if isinstance(transition, tree.Goto) else [c.state for c in transition.cases]
        if tree.ACCEPT in targets or tree.REJECT in targets:
            return True
        waiting += [state for state in dict.fromkeys(targets) if state not in seen]
        seen.update(targets)
    return not seen


def _is_catch_all(case: tree.SelectCase) -> bool:
    return all(isinstance(label, tree.DontCare) for label in case.labels)


def _transition(env: Env, node: syntax.Transition, states: States) -> tree.Transition:
    if isinstance(node, syntax.DirectTransition):
        return tree.Goto(_state(env, node.state, states), node.span)
    keys: list[tree.Expression] = []
    shape = [_key(env, dispatch.expression(env, key), keys) for key in node.keys]
    key_types = [key.type for key in keys]
    cases = []
    for case in node.cases:
        state = _state(env, case.state, states)
        made = labels.value_set(env, case.keysets, key_types)
        if made is not None:
            given: tuple[tree.Expression, ...] | None = (made,)
        else:
            given = labels.labels(env, case.keysets, shape, "a label of select", case, node.span)
        if given is not None:
            cases.append(tree.SelectCase(given, state, case.span))
    return tree.Select(tuple(keys), tuple(cases), node.span)


def _key(env: Env, expression: tree.Expression, keys: list[tree.Expression]) -> types.Type | labels.Shape:
    """Add a key to `keys`, a list or struct as its parts; returns its type, or the shape of its parts."""
    if isinstance(expression, tree.TupleExpression | RawStruct):
        parts = expression.elements if isinstance(expression, tree.TupleExpression) else expression.values
        return [_key(env, part, keys) for part in parts]
    if isinstance(expression.type, types.StructType):
        members = [fold.member(f.type, expression.span, expression, f.name) for f in expression.type.fields]
        return [_key(env, member, keys) for member in members]
    if not is_poison(expression) and not _selectable(expression.type):
        env.type_error(f"select takes numbers, bools, enums and errors, not {describe(expression)}", expression.span)
        expression = poisoned(expression.span)
    keys.append(expression)
    return expression.type


def _selectable(type_: types.Type) -> bool:
    below = types.strip_new_types(type_)
    return isinstance(
        below, types.BitType | types.IntType | types.BoolType | types.EnumType | types.SerEnumType | types.ErrorCodeType
    )


def _state(env: Env, name: syntax.Name, states: States) -> tree.ParserState:
    found = states.get(name.text)
    if found is None:
        if name.text not in env.checker.damaged:
            hint = did_you_mean(name.text, list(states))
            kind = "not-found" if env.scope.find(name.text) is None else "type-error"
            env.error(kind, f"the state {name} is not declared", name.span, hint=hint)
        return tree.REJECT
    return found
