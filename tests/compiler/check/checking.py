"""What the tests of the checker share: check a text, and hold what every typed tree must hold."""

from __future__ import annotations

from pathlib import Path

from compiler import lexer, parser, source, tree, types
from compiler.check import check_program
from compiler.check.generics import has_variables
from compiler.diagnostics import Diagnostics
from compiler.rewrite import walk

GOLDEN = Path(__file__).parents[2] / "golden"


def check_file(path: Path) -> tuple[tree.Program | None, Diagnostics]:
    diagnostics = Diagnostics()
    text = source.read_source(path, diagnostics)
    if text is None:
        return None, diagnostics
    return check_program(parser.parse(lexer.tokenize(text), text.text, diagnostics), diagnostics), diagnostics


def check_text(text: str) -> tuple[tree.Program | None, Diagnostics]:
    diagnostics = Diagnostics()
    preprocessed = source.preprocess(text, "test.p4", diagnostics)
    syntax = parser.parse(lexer.tokenize(preprocessed), preprocessed.text, diagnostics)
    return check_program(syntax, diagnostics), diagnostics


def reports(text: str) -> list[tuple[str, str]]:
    """What is said about a program, in its order: the kind, and the text that is marked (errors;
    warnings begin with "warning ").
    """
    _, diagnostics = check_text(text)
    diagnostics.sources.add("test.p4", text)
    said = []
    for item in diagnostics.sorted():
        severity = "" if item.severity.value == "error" else "warning "
        said.append((severity + item.kind, diagnostics.sources.fragment(item.span)))
    return said


def control(program: tree.Program, name: str = "I") -> tree.Control:
    return next(control for control in tree.all_controls(program) if control.name == name)


def assert_well_formed(program: tree.Program) -> None:
    """What compiler/tree promises of every tree: classes of the tree only, concrete types, references
    to what the program holds.
    """
    held = _held(program)
    for node in walk(program):
        assert type(node).__module__.startswith("compiler.tree"), node
        if isinstance(node, tree.Expression):
            assert not isinstance(node.type, types.PoisonType | types.DontCareType), node
            assert not has_variables(node.type), node
        for referred in _references(node):
            assert id(referred) in held, (node, referred)


def _held(program: tree.Program) -> set[int]:
    held: list[object] = [tree.ACCEPT, tree.REJECT, *program.actions, *program.instances, *program.functions]
    for node in walk(program):
        if isinstance(node, tree.Action | tree.Function | tree.Parser | tree.Control):
            held += node.parameters
        if isinstance(node, tree.Parser | tree.Control):
            held += [node, *node.variables, *node.instances]
        if isinstance(node, tree.Parser):
            held += [*node.states, *node.value_sets]
        if isinstance(node, tree.Control):
            held += [*node.actions, *node.tables]
        if isinstance(node, tree.Declare | tree.ForIn):
            held.append(node.variable)
    return set(map(id, held))


def _references(node: object) -> list[object]:
    match node:
        case tree.VariableRef(declaration=referred) | tree.InstanceRef(instance=referred):
            return [referred]
        case tree.MethodCall(receiver=referred) | tree.FunctionCall(function=referred):
            return [referred]
        case tree.TableApply(table=referred) | tree.ActionSwitch(table=referred):
            return [referred]
        case tree.ControlApply(control=referred) | tree.ParserApply(parser=referred):
            return [referred]
        case tree.Goto(state=referred) | tree.SelectCase(state=referred):
            return [referred]
        case tree.ActionCall() | tree.TableAction() | tree.DefaultAction() | tree.Entry():
            return [node.action]
        case tree.ActionCase(actions=actions):
            return list(actions)
        case tree.ValueSetRef(value_set=referred):
            return [referred]
        case _:
            return []
