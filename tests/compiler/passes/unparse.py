"""The typed tree as P4-like text, for tests that show a body before and after a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from compiler import tree
from tests.compiler.programs import check


def lowered(text: str, *passes: Callable[[tree.Program], object]) -> tree.Program:
    """The program of `text` after `passes`."""
    program, _ = check(text)
    for run in passes:
        run(program)
    return program


def ingress(program: tree.Program) -> tree.Control:
    control = tree.main_instances(program)[2]
    assert isinstance(control, tree.Control)
    return control


def body(program: tree.Program) -> str:
    """The apply block of the ingress, without `std.egress_spec = 2`, on one line."""
    return statements(ingress(program).body.statements).removeprefix("std.egress_spec = 2; ")


def action(program: tree.Program, name: str) -> str:
    """The body of the ingress's action `name`."""
    return statements(next(a for a in ingress(program).actions if a.name == name).body.statements)


def states(program: tree.Program) -> dict[str, str]:
    """The statements and transition of every state of the parser."""
    parser = tree.main_instances(program)[0]
    assert isinstance(parser, tree.Parser)
    return {s.name: f"{statements(s.statements)} -> {_transition(s.transition)}".strip() for s in parser.states}


def _transition(transition: tree.Transition) -> str:
    if isinstance(transition, tree.Goto):
        return transition.state.name
    cases = ", ".join(f"{_list(c.labels)}: {c.state.name}" for c in transition.cases)
    return f"select({_list(transition.keys)}) {{{cases}}}"


def statements(nodes: Iterable[tree.Statement]) -> str:
    return " ".join(filter(None, map(statement, nodes)))


def _block(block: tree.Block | None) -> str:
    return f"{{ {statements(block.statements)} }}" if block and block.statements else "{ }"


def statement(node: tree.Statement) -> str:
    match node:
        case tree.Block():
            return statements(node.statements)
        case tree.Declare(value=None):
            return f"{node.variable.type} {node.variable.name};"
        case tree.Declare():
            return f"{node.variable.type} {node.variable.name} = {expression(node.value)};"
        case tree.Assign():
            return f"{expression(node.target)} = {expression(node.value)};"
        case tree.CallStatement():
            return f"{expression(node.call)};"
        case tree.If():
            otherwise = f" else {_block(node.otherwise)}" if node.otherwise and node.otherwise.statements else ""
            return f"if ({expression(node.condition)}) {_block(node.then)}{otherwise}"
        case tree.ActionSwitch():
            cases = " ".join(
                f"{'default' if c.default and not c.actions else _names(c.actions)}: {_block(c.body)}"
                for c in node.cases
            )
            return f"switch ({node.table.name}) {{ {cases} }}"
        case tree.Scope():
            return f"{node.label.name}: {_block(node.body)}"
        case tree.Leave():
            return f"leave {node.label.name};"
        case tree.Loop():
            return f"loop {_block(node.body)}"
        case tree.Return():
            return f"return {expression(node.value)};" if node.value else "return;"
        case tree.Exit():
            return "exit;"
        case _:
            return f"<{type(node).__name__}>"


def _names(actions: Iterable[tree.Action]) -> str:
    return ", ".join(a.name for a in actions)


def _list(nodes: Iterable[tree.Expression]) -> str:
    return ", ".join(map(expression, nodes))


def expression(node: tree.Expression | None) -> str:
    match node:
        case None:
            return ""
        case tree.IntLiteral() | tree.EnumMember(type=_, value=_):
            return str(node.value) if isinstance(node, tree.IntLiteral) else node.name
        case tree.BoolLiteral():
            return str(node.value).lower()
        case tree.ErrorMember():
            return f"error.{node.name}"
        case tree.VariableRef():
            return node.declaration.name
        case tree.Member():
            return f"{expression(node.base)}.{node.name}"
        case tree.StackIndex():
            return f"{expression(node.base)}[{expression(node.index)}]"
        case tree.TupleIndex():
            return f"{expression(node.base)}[{node.index}]"
        case tree.StackNext():
            return f"{expression(node.base)}.next"
        case tree.StackLast():
            return f"{expression(node.base)}.last"
        case tree.StackLastIndex():
            return f"{expression(node.base)}.lastIndex"
        case tree.Slice():
            return f"{expression(node.base)}[{node.high}:{node.low}]"
        case tree.Unary():
            return f"{node.op}{expression(node.operand)}"
        case tree.Binary():
            return f"({expression(node.left)} {node.op} {expression(node.right)})"
        case tree.Conditional():
            return f"({expression(node.condition)} ? {expression(node.then)} : {expression(node.otherwise)})"
        case tree.Cast():
            return f"({node.type})({expression(node.operand)})"
        case tree.StructExpression():
            return f"{{{_list(node.fields)}}}"
        case tree.TupleExpression():
            return f"{{{_list(node.elements)}}}"
        case tree.DontCare():
            return "_"
        case tree.HeaderCall():
            return f"{expression(node.header)}.{node.op.value}()"
        case tree.StackCall():
            return f"{expression(node.stack)}.{node.op.value}({node.count})"
        case tree.TableApply():
            result = "" if node.result is tree.TableResult.NONE else f".{node.result.value}"
            return f"{node.table.name}.apply(){result}"
        case tree.FunctionCall():
            return f"{node.function.name}({_list(node.arguments)})"
        case tree.ActionCall():
            return f"{node.action.name}({_list(node.arguments)})"
        case tree.ControlApply():
            return f"{node.control.name}.apply({_list(node.arguments)})"
        case tree.ExternFunctionCall():
            return f"{node.function.name}({_list(node.arguments)})"
        case tree.MethodCall():
            return f"{node.receiver.name}.{node.method.name}({_list(node.arguments)})"
        case _:
            return f"<{type(node).__name__}>"
