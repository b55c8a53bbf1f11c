"""Controls: locals and the apply block (P4_16 spec §14)."""

from __future__ import annotations

from compiler import syntax, tree, types
from compiler.check import annotating, dispatch, statements, templates
from compiler.check.context import Env, Place
from compiler.check.initialized import warn_uninitialized
from compiler.check.scopes import Template
from compiler.check.signatures import declare, declare_constructor, signature


@dispatch.declaration_rule(syntax.ControlDeclaration)
def control(env: Env, node: syntax.ControlDeclaration) -> None:
    """Check a control into a template; instances are made from it where it is instantiated."""
    templates.declare(env, node, lambda inner, arguments: _check(inner, node, arguments))


def _check(env: Env, node: syntax.ControlDeclaration, arguments: tuple[types.Type, ...]) -> Template:
    apply = signature(env, node.parameters, types.VOID, optional=True)
    constructor = signature(env, node.constructor_parameters, types.VOID, constructor=True)
    given = annotating.evaluate(env, node.annotations)
    name = node.name.text
    type_ = types.ControlType(name, apply, constructor.parameters, arguments, given, node.name.span)
    nothing = tree.Block(node.body.span, ())
    skeleton = tree.Control(name, (), node.name.span, name, given, node.name.span, [], [], [], "", [], [], nothing)
    template = Template(type_, [], skeleton)
    inner = env.at(Place("control", template=template))
    template.constructor_parameters += declare_constructor(inner, constructor.parameters)
    skeleton.parameters += declare(inner, apply)
    inner = inner.inner()
    for local in node.locals:
        dispatch.declaration(inner, local)
    skeleton.body = statements.block(inner.at(Place("apply", template=template)), node.body)
    warn_uninitialized(skeleton.body, env.checker.diagnostics, skeleton.parameters, node.name.text)
    return template
