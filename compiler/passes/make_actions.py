"""Put the statements of apply blocks into actions of tables without keys.

Before: inlined controls; statements anywhere in their bodies.
After: a control's body holds only applications of tables, `if`, `switch` on action_run, Scope, Leave and Exit: a graph
of tables and conditions, as BMv2 has it. Runs of other statements became actions `<file><line>` of tables
`tbl_<file><line>` (p4c's names). As few as can be: a run ends only where a table or a condition stands between.

A loop without tables goes into an action whole, with everything around it that it jumps out of; a `return` from inside
it is asked for by a variable after the action. A loop that applies a table becomes a circle in the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from compiler import rewrite, tree
from compiler import types as t
from compiler.annotations import Annotation, has
from compiler.diagnostics import Diagnostics, Span
from compiler.names import Names
from compiler.passes import build
from compiler.passes.mark_places import mark_places


def make_actions(program: tree.Program, diagnostics: Diagnostics) -> tree.Program:
    taken = {action.control_plane_name for action in program.actions}
    controls = _pipelines(program)
    for control in controls:
        taken |= {action.control_plane_name for action in control.actions}
        taken |= {table.control_plane_name for table in control.tables}
    names = Names(taken)
    for control in controls:
        maker = _Maker(control, names, diagnostics)
        control.body = replace(control.body, statements=tuple(maker.block(control.body.statements)))
        mark_places(control, maker.assignment)
    return program


def _pipelines(program: tree.Program) -> list[tree.Control]:
    """The controls that become graphs of tables: the architecture marks their types with @pipeline."""
    found: list[tree.Control] = []
    main = program.main
    for parameter in main.type.constructor.parameters if main else ():
        argument = main.arguments.get(parameter.name) if main else None
        if isinstance(argument, tree.InstanceRef) and isinstance(argument.instance, tree.Control):
            type_ = parameter.type
            if isinstance(type_, t.ControlType) and has(type_.annotations, "pipeline"):
                found.append(argument.instance)
    return found


class _Maker:
    def __init__(self, control: tree.Control, names: Names, diagnostics: Diagnostics) -> None:
        self.control = control
        self.names = names
        self.diagnostics = diagnostics
        self._facts: dict[object, tuple[bool, bool]] = {}

    def block(self, statements: Sequence[tree.Statement]) -> list[tree.Statement]:
        """The statements with runs of those that are no part of the graph put into actions."""
        result: list[tree.Statement] = []
        run: list[tree.Statement] = []
        for statement in statements:
            if self._belongs_in_action(statement):
                run.append(statement)
                continue
            if run:
                result += self._action(run)
                run = []
            result += self._node(statement)
        return result + (self._action(run) if run else [])

    def _belongs_in_action(self, statement: tree.Statement) -> bool:
        match statement:
            case tree.Leave() | tree.Exit() | tree.ActionSwitch():
                return False
            case tree.CallStatement(call=tree.TableApply()):
                return False
            case tree.If() | tree.Scope() | tree.Loop() | tree.Block():
                has_loop, has_table = self._inside_of(statement)
                return has_loop and not has_table
            case _:
                return True

    def _inside_of(self, node: object) -> tuple[bool, bool]:
        """Whether there is a loop, and whether there is a table, at or below `node`; found once for each node."""
        known = self._facts.get(node)
        if known is None:
            has_loop = isinstance(node, tree.Loop)
            has_table = isinstance(node, tree.TableApply | tree.ActionSwitch)
            for part in rewrite.parts(node):
                below = self._inside_of(part)
                has_loop, has_table = has_loop or below[0], has_table or below[1]
            known = self._facts[node] = (has_loop, has_table)
        return known

    def _node(self, statement: tree.Statement) -> list[tree.Statement]:
        match statement:
            case tree.Block():
                return self.block(statement.statements)
            case tree.If():
                otherwise = self._inside(statement.otherwise) if statement.otherwise else None
                return [replace(statement, then=self._inside(statement.then), otherwise=otherwise)]
            case tree.ActionSwitch():
                cases = tuple(replace(case, body=self._inside(case.body)) for case in statement.cases)
                return [replace(statement, cases=cases)]
            case tree.Scope():
                return [replace(statement, body=self._inside(statement.body))]
            case tree.Loop():
                return [replace(statement, body=self._inside(statement.body))]
            case _:
                return [statement]

    def _inside(self, block: tree.Block) -> tree.Block:
        return replace(block, statements=tuple(self.block(block.statements)))

    def assignment(self, statement: tree.Assign) -> list[tree.Statement]:
        """The application of a new table that does what `statement` does."""
        return self._action([statement])

    def _action(self, run: list[tree.Statement]) -> list[tree.Statement]:
        """The application of a new table that does what `run` does, and the jumps that `run` made out of itself."""
        span = run[0].span
        body, jumps = _contain(run, span)
        name = self._name(span)
        action = tree.Action(name, (), span, [], body, name)
        default = tree.DefaultAction(action, (), True, span)
        hidden = Annotation("hidden", (), (), None, False, span)
        member = tree.TableAction(action, (), (), span)
        table = tree.Table(f"tbl_{name}", (hidden,), span, [], [member], default, [], False, None, {}, f"tbl_{name}")
        self.control.actions.append(action)
        self.control.tables.append(table)
        return [tree.CallStatement(span, tree.TableApply(t.VOID, span, table, tree.TableResult.NONE)), *jumps]

    def _name(self, span: Span) -> str:
        return self.names.fresh(f"{PurePath(span.file).stem}{span.line}")


def _contain(run: list[tree.Statement], span: Span) -> tuple[tree.Block, list[tree.Statement]]:
    """`run` as a body of its own, and what must follow it: jumps to labels outside `run`, asked for by a variable."""
    inner = {n.label for n in rewrite.walk(run) if isinstance(n, tree.Scope)}
    outer = list(
        dict.fromkeys(n.label for n in rewrite.walk(run) if isinstance(n, tree.Leave) and n.label not in inner)
    )
    body = tree.Block(span, tuple(run))
    if not outer:
        return body, []
    wanted = build.ref(build.variable("leaves", t.BitType(8), span), span)
    end = tree.Label("action", span)
    numbers = {label: build.integer(i + 1, wanted.type, span) for i, label in enumerate(outer)}
    reset = tree.Assign(span, wanted, build.integer(0, wanted.type, span))
    inside = tree.as_block(_LeaveLater(numbers, wanted, end).rewrite(body), span)
    jumps: list[tree.Statement] = [
        build.conditional(build.equal(wanted, number), [tree.Leave(span, label)], span=span)
        for label, number in numbers.items()
    ]
    return tree.Block(span, (reset, tree.Scope(span, end, inside))), jumps


class _LeaveLater(rewrite.Rewriter):
    def __init__(self, numbers: dict[tree.Label, tree.IntLiteral], wanted: tree.VariableRef, end: tree.Label) -> None:
        self.numbers = numbers
        self.wanted = wanted
        self.end = end

    def rewrite_Leave(self, node: tree.Leave) -> tree.Statement | list[tree.Statement]:
        if node.label not in self.numbers:
            return node
        return [
            tree.Assign(node.span, self.wanted, self.numbers[node.label]),
            tree.Leave(node.span, self.end),
        ]
