"""Put the bodies of inner controls in the place of their `apply` calls.

Before: ControlApply as a CallStatement; no Return; table actions have data parameters only.
After: a control of the package has no inner controls. Tables, actions and extern instances of the inner ones are its
own now, with their names unchanged, for these spell the path already (spec §14.3, §18.3).

Parameters stand for their arguments where that is safe (`calls.bind`). An instance that is applied more than once
shares its tables among the places, so there its parameters become variables that are copied in and out.

An `exit` inside, also one in an action of a table, happens after the copy-out of the arguments (§12.6).
"""

from __future__ import annotations

from dataclasses import replace

from compiler import rewrite, tree
from compiler import types as t
from compiler.diagnostics import Span
from compiler.passes import build
from compiler.passes.calls import Binding, bind, is_safe, is_written
from compiler.passes.clone import Substitution, clone, substitute
from compiler.passes.inline_actions import with_copy_out
from compiler.passes.order_effects import freeze_indexes
from compiler.passes.paths import Effects, effects, static_path


def inline_controls(program: tree.Program) -> tree.Program:
    calls: Calls = {}
    for control in tree.all_controls(program):
        for node in rewrite.walk(control.body):
            if isinstance(node, tree.ControlApply):
                calls.setdefault(node.control, []).append((control, node))
    for instance in tree.main_instances(program):
        if isinstance(instance, tree.Control):
            _Inliner(calls).flatten(instance)
    return program


Calls = dict[tree.Control, list[tuple[tree.Control, tree.ControlApply]]]
"""Where each instance is applied: in which control, and the call. (Not only in its owner's: it may have been given to
the constructor of another.)
"""


class _Inliner(rewrite.Rewriter):
    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.caller: list[tree.Control] = []
        self.copies: dict[tree.Control, dict[tree.Parameter, tree.VariableRef]] = {}
        self.flags: dict[tree.Control, _ExitFlag | None] = {}
        self.flat: set[tree.Control] = set()

    def flatten(self, control: tree.Control) -> None:
        """Inline everything below `control`, whose parameters stand for their arguments by now if it is applied: so
        nothing that was inlined before is gone through again.
        """
        if control in self.flat:
            return
        self.flat.add(control)
        self.caller.append(control)
        control.body = tree.as_block(self.rewrite(control.body), control.body.span)
        self.caller.pop()
        inner = [instance for instance in control.instances if isinstance(instance, tree.Control)]
        for instance in inner:
            self.flatten(instance)
        control.instances = [i for i in control.instances if isinstance(i, tree.ExternInstance)]
        for instance in inner:
            control.instances += instance.instances  # extern instances; P4Info has those of unused controls too

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | list[tree.Statement]:
        if not isinstance(node.call, tree.ControlApply):
            return node
        control = node.call.control
        if len(self.calls[control]) > 1:
            return self._inline_shared(control, node.call, node.span)
        binding = bind(control.parameters, node.call.arguments, node.span, order=node.call.order)
        binding.after += node.call.after
        _substitute(control, binding.substitution)
        self.flatten(control)
        flag = _ExitFlag.of(control) if binding.after else None
        self._adopt(control)
        return _place(control, control.body, binding, flag)

    def _adopt(self, control: tree.Control) -> None:
        """Make the tables and actions of `control` the caller's, whose parameters they may use now."""
        self.caller[-1].tables += control.tables
        self.caller[-1].actions += control.actions
        control.tables, control.actions = [], []

    def _inline_shared(self, control: tree.Control, call: tree.ControlApply, span: Span) -> list[tree.Statement]:
        """Inline an instance with several uses: the same variables for its parameters everywhere."""
        if control not in self.copies:
            self.copies[control] = copies = self._share(control, call)
            self.flatten(control)
            copied_out = any(map(is_written, copies)) or any(other.after for _, other in self.calls[control])
            self.flags[control] = _ExitFlag.of(control) if copied_out else None
            self._adopt(control)
        binding = Binding()
        for parameter, argument in zip(control.parameters, call.arguments, strict=True):
            if not _is_data(parameter):
                binding.substitution[parameter] = argument
                continue
            copy = self.copies[control].get(parameter)
            if copy is None:
                continue
            if parameter.direction is tree.Direction.OUT:
                binding.before += build.invalidate(copy, span)
            elif not isinstance(argument, tree.DontCare):
                binding.before.append(tree.Assign(span, copy, argument))
            place = freeze_indexes(argument, binding.before)
            if is_written(parameter) and not isinstance(argument, tree.DontCare):
                binding.after.append(tree.Assign(span, place, copy))
        binding.after += call.after
        body = clone(control.body, binding.substitution)
        return _place(control, body, binding, self.flags[control])

    def _share(self, control: tree.Control, call: tree.ControlApply) -> dict[tree.Parameter, tree.VariableRef]:
        """Let each parameter of an instance with several uses stand for its argument, if that is the same storage
        everywhere, or else for a variable that all uses copy to and from; these variables. `call`: any of the uses.
        """
        values: dict[tree.Declaration, tree.Expression] = {}
        copies: dict[tree.Parameter, tree.VariableRef] = {}
        for i, parameter in enumerate(control.parameters):
            if not _is_data(parameter):
                continue
            if self._is_common(control, i):
                values[parameter] = call.arguments[i]
            else:
                variable = build.variable(parameter.name, parameter.type, parameter.span)
                values[parameter] = copies[parameter] = build.ref(variable)
        _substitute(control, values)
        return copies

    def _is_common(self, control: tree.Control, i: int) -> bool:
        """Whether every call is in one control and gives the same storage for parameter `i`."""
        calls = self.calls[control]
        path = static_path(calls[0][1].arguments[i])
        if path is None or control.parameters[i].direction is tree.Direction.OUT:
            return False
        return all(
            caller is calls[0][0]
            and static_path(call.arguments[i]) == path
            and is_safe(i, control.parameters, call.arguments, Effects())
            for caller, call in calls
        )


def _is_data(parameter: tree.Parameter) -> bool:
    return not isinstance(parameter.type, t.ExternType)


def _substitute(control: tree.Control, substitution: Substitution) -> None:
    """Let the parameters of `control` stand for other things everywhere inside it."""
    control.body = substitute(control.body, substitution)
    for action in control.actions:
        action.body = substitute(action.body, substitution)
    for table in control.tables:
        table.keys = [replace(key, expression=substitute(key.expression, substitution)) for key in table.keys]


def _place(control: tree.Control, body: tree.Block, binding: Binding, flag: _ExitFlag | None) -> list[tree.Statement]:
    if flag is not None:
        body = tree.as_block(_Watch(flag).rewrite(body), body.span)
        reset = tree.Assign(control.span, flag.reference, build.boolean(False, control.span))
        binding.before.insert(0, reset)
    return with_copy_out(body, binding)


class _ExitFlag:
    """A variable that says that an action of a table has asked for `exit`, where copy-outs must come before that."""

    def __init__(self, control: tree.Control, actions: set[tree.Action]) -> None:
        self.reference = build.ref(build.variable("exited", t.BOOL, control.span))
        self.actions = actions
        for action in actions:
            label = tree.Label("exit", action.span)
            body = tree.as_block(_SetFlag(self.reference, label).rewrite(action.body), action.span)
            action.body = tree.Block(action.span, (tree.Scope(action.span, label, body),))

    @classmethod
    def of(cls, control: tree.Control) -> _ExitFlag | None:
        """The flag of `control`, whose actions are changed to set it; None where no action exits."""
        actions = {member.action for table in control.tables for member in table.actions}
        exiting = {action for action in actions if effects(action.body).exits}
        return cls(control, exiting) if exiting else None


class _SetFlag(rewrite.Rewriter):
    def __init__(self, flag: tree.VariableRef, label: tree.Label) -> None:
        self.flag = flag
        self.label = label

    def rewrite_Exit(self, node: tree.Exit) -> list[tree.Statement]:
        return [tree.Assign(node.span, self.flag, build.boolean(True, node.span)), tree.Leave(node.span, self.label)]


class _Watch(rewrite.Rewriter):
    """Ask for the flag after every application of a table whose actions may set it."""

    def __init__(self, flag: _ExitFlag) -> None:
        self.flag = flag

    def _may_exit(self, table: tree.Table) -> bool:
        return any(member.action in self.flag.actions for member in table.actions)

    def _test(self, node: tree.Statement) -> tree.Statement:
        # The copy-out is added to this Exit, as to every other, by with_copy_out.
        return build.conditional(self.flag.reference, [tree.Exit(node.span)], span=node.span)

    def _first(self, block: tree.Block | None, node: tree.Statement) -> tree.Block:
        rest = block.statements if block is not None else ()
        return tree.Block(node.span, (self._test(node), *rest))

    def rewrite_CallStatement(self, node: tree.CallStatement) -> list[tree.Statement]:
        if isinstance(node.call, tree.TableApply) and self._may_exit(node.call.table):
            return [node, self._test(node)]
        return [node]

    def rewrite_If(self, node: tree.If) -> tree.Statement:
        node = self.rewrite_children(node)
        applied = [n for n in rewrite.walk(node.condition) if isinstance(n, tree.TableApply)]
        if not any(self._may_exit(apply.table) for apply in applied):
            return node
        return replace(node, then=self._first(node.then, node), otherwise=self._first(node.otherwise, node))

    def rewrite_ActionSwitch(self, node: tree.ActionSwitch) -> tree.Statement:
        node = self.rewrite_children(node)
        if not self._may_exit(node.table):
            return node
        cases = [replace(case, body=self._first(case.body, node)) for case in node.cases]
        if not any(case.default for case in cases):
            cases.append(tree.ActionCase((), True, self._first(None, node), node.span))
        return replace(node, cases=tuple(cases))
