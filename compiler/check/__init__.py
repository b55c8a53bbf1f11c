"""Syntax tree -> typed tree: names resolved, types inferred and checked, constants folded, generics and instances made.

Read in this order: scopes.py (what a name can stand for), context.py (what every rule is given), dispatch.py (which
rule checks which node). Then the rules, a concept a file:

    types          typerefs, type_declarations, architecture, signatures, generics
    expressions    expressions, members, operators, casts, fold, constants, unbounded (`int` at run time)
    calls          calls, methods, applications, arguments
    code           statements, loops, switches, functions
    blocks         parsers, labels, controls, tables, table_actions, entries
    instances      templates, instantiation, abstract_methods (check), elaboration and copying (make)
    bound_size     refuses what would become too large
    the rest       initialized, unused (warnings), target, applied_once (what simple_switch cannot do)

Declarations are checked in the order of the text, each once. Parsers, controls and generic functions become templates,
which are copied, not checked again, where they are instantiated; but generic parsers and controls are checked once more
for each list of types. After an error the wrong expression has the poison
type, which every rule passes on in silence.
"""

from __future__ import annotations

from compiler import syntax, tree
from compiler.check import (
    architecture,
    calls,
    controls,
    dispatch,
    expressions,
    functions,
    instantiation,
    loops,
    members,
    operators,
    parsers,
    statements,
    switches,
    tables,
    type_declarations,
)
from compiler.check.bound_size import bound_size
from compiler.check.context import Checker, Env, Place
from compiler.check.reachable import reachable_functions
from compiler.check.scopes import Scope
from compiler.check.target import V1MODEL, check_target
from compiler.check.unused import warn_unused
from compiler.diagnostics import Diagnostics, Severity, whole_file

RULES = (
    architecture,
    calls,
    controls,
    expressions,
    functions,
    instantiation,
    loops,
    members,
    operators,
    parsers,
    statements,
    switches,
    tables,
    type_declarations,
)
"""The modules that register rules."""


_HIDE_USES = frozenset({"syntax", "not-found", "duplicate", "I/O error"})
"""Errors after which it is not known what is used."""


def check_program(program: syntax.Program, diagnostics: Diagnostics, *, needs_main: bool = True) -> tree.Program | None:
    """The typed tree of a program; None if there were errors, here or earlier, all of which are in `diagnostics`.

    Without `needs_main` a library is fine too, whose `main` is None.
    """
    checker = Checker(diagnostics, damaged=program.damaged)
    env = Env(checker, Scope(), Place("top"))
    for declaration in program.declarations:
        dispatch.declaration(env, declaration)
    if needs_main and checker.main is None and not checker.main_is_damaged and "main" not in program.damaged:
        span = whole_file(program.span.file)
        env.error("missing", "the program does not instantiate a package called main", span)
    if not any(item.severity is Severity.ERROR and item.kind in _HIDE_USES for item in diagnostics.items):
        warn_unused(checker, program)
    if needs_main if checker.main is None else checker.main.type.name == V1MODEL:
        for found in checker.target_errors:
            diagnostics.add(found)
    if diagnostics.has_errors:
        return None
    made = tree.Program(
        checker.declared_types,
        checker.errors,
        checker.match_kinds,
        [],
        checker.extern_functions,
        checker.actions,
        checker.instances,
        checker.main,
    )
    made.functions += reachable_functions(made)
    if bound_size(made, diagnostics):
        check_target(made, diagnostics)
    return None if diagnostics.has_errors else made
