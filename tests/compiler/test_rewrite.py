"""Rewriting typed trees. Oracle: the promises in compiler/rewrite.py."""

from __future__ import annotations

from dataclasses import replace

from compiler import tree
from compiler.rewrite import Rewriter, walk
from tests.compiler.check.checking import assert_well_formed, control
from tests.compiler.programs import check, program


def ingress(apply: str, locals: str = "") -> tuple[tree.Program, tree.Control]:
    made, _ = check(program(apply, locals=locals))
    return made, control(made)


def test_rewrite_that_finds_nothing_makes_nothing() -> None:
    made, ingress_ = ingress("if (hdr.h.a == 1) { hdr.h.b = 2; } else { exit; }")
    before = ingress_.body
    Rewriter().rewrite_program(made)
    assert ingress_.body is before


def test_expression_is_replaced_and_the_rest_kept() -> None:
    class Increment(Rewriter):
        def rewrite_IntLiteral(self, node: tree.IntLiteral) -> tree.Expression:
            return replace(node, value=node.value + 1)

    made, ingress_ = ingress("hdr.h.a = hdr.h.b + 4; hdr.h.c = hdr.h.d;")
    _, add, copy = ingress_.body.statements
    Increment().rewrite_program(made)
    assert [node.value for node in walk(ingress_.body) if isinstance(node, tree.IntLiteral)] == [3, 5]
    assert ingress_.body.statements[1] is not add and ingress_.body.statements[2] is copy
    assert_well_formed(made)


def test_statement_is_deleted_or_becomes_several() -> None:
    class DropExitDoubleAssign(Rewriter):
        def rewrite_Exit(self, node: tree.Exit) -> None:
            return None

        def rewrite_Assign(self, node: tree.Assign) -> list[tree.Statement]:
            return [node, node]

    made, ingress_ = ingress("if (hdr.h.a == 1) exit; else hdr.h.b = 2;", locals="action a() { exit; } bit<8> k = 1;")
    DropExitDoubleAssign().rewrite_program(made)
    (branch,) = (node for node in walk(ingress_.body) if isinstance(node, tree.If))
    assert branch.then.statements == ()
    assert branch.otherwise is not None and len(branch.otherwise.statements) == 2
    assert ingress_.actions[0].body.statements == ()


def test_declaration_is_taken_out_of_its_list() -> None:
    class DropTables(Rewriter):
        def rewrite_Table(self, node: tree.Table) -> tree.Table | None:
            return None if node.name == "t" else node

    table = "table {} {{ actions = {{ NoAction; }} }}"
    made, ingress_ = ingress("u.apply();", locals=table.format("t") + table.format("u"))
    DropTables().rewrite_program(made)
    assert [table.name for table in ingress_.tables] == ["u"]


def test_walk_goes_in_the_order_of_evaluation_and_reaches_inner_instances() -> None:
    made, ingress_ = ingress("hdr.h.a = (hdr.h.b + hdr.h.c) * hdr.h.d;")
    members = [node.name for node in walk(ingress_.body.statements[1]) if isinstance(node, tree.Member)]
    assert members == ["a", "h", "b", "h", "c", "h", "d", "h"]
    kinds = {node.name for node in walk(made) if isinstance(node, tree.Control)}
    assert kinds == {"V", "I", "E", "C", "D"}


def test_deep_trees_are_walked() -> None:
    node: tree.Statement = tree.Exit(ingress("")[1].span)
    for _ in range(50_000):
        node = tree.Block(node.span, (node,))
    assert sum(1 for _ in walk(node)) == 50_001
