"""The shape of statements. Oracle: the grammar (P4_16 spec appendix H, §11, §12)."""

from __future__ import annotations

import pytest

from compiler import syntax
from compiler.parser.statements import ASSIGNMENT_OPERATORS
from tests.compiler.front.reading import declaration, errors, statement, tree

TYPES = "struct S { } header H { } extern G<T> { G(); } control C(); enum K { A, B } "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (";", "(Empty)"),
        ("x = 1;", "(Assignment x = 1)"),
        (".x = 1;", "(Assignment .x = 1)"),
        ("x.y[3].z[7:0] = 1;", "(Assignment (Slice (Index x.y 3).z 7 0) = 1)"),
        ("(x) = 1;", "(Assignment x = 1)"),
        *[(f"x {op} y;", f"(Assignment x {op} y)") for op in sorted(ASSIGNMENT_OPERATORS)],
        ("f();", "(Call (Call f [] []))"),
        ("x.f<bit<8>>(1);", "(Call (Call x.f [(Bit 8)] [(Argument - 1)]))"),
        ("this.f();", "(Call (Call (This).f [] []))"),
        ("C.apply();", "(Call (Call (Type type:C).apply [] []))"),
        ("G<S>.apply();", "(Call (Call (Type (Specialized type:G [type:S])).apply [] []))"),
        ("{ x = 1; { } }", "(Block [] [(Assignment x = 1) (Block [] [])])"),
        ("@atomic { }", "(Block [(Annotation atomic bare []  [] [] False)] [])"),
        ("return;", "(Return -)"),
        ("return x + 1;", "(Return (x + 1))"),
        ("exit;", "(Exit)"),
        ("if (a) b = 1;", "(If a (Assignment b = 1) -)"),
        ("if (a) ; else if (b) ; else { }", "(If a (Empty) (If b (Empty) (Block [] [])))"),
        ("if (a) if (b) ; else ;", "(If a (If b (Empty) (Empty)) -)"),
    ],
)
def test_plain_statements(text: str, expected: str) -> None:
    assert statement(text, TYPES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bit<8> x;", "(Variable [] (Bit 8) x -)"),
        ("bit<8> x = 1;", "(Variable [] (Bit 8) x 1)"),
        ("S x;", "(Variable [] type:S x -)"),
        (".S x;", "(Variable [] type:.S x -)"),
        ("Unknown x;", "(Variable [] type:Unknown x -)"),
        ("Unknown<bit<8>> x;", "(Variable [] (Specialized type:Unknown [(Bit 8)]) x -)"),
        ("H[3] x;", "(Variable [] (Stack type:H 3) x -)"),
        ("H x[3];", "(Variable [] (Stack type:H 3) x -)"),
        ("tuple<> x = {};", "(Variable [] (Tuple []) x (List []))"),
        ("error e = error.NoError;", "(Variable [] (Error) e (Type (Error)).NoError)"),
        ("list<S> x;", "(Variable [] (List type:S) x -)"),
        ("varbit<(N * 8)> x;", "(Variable [] (Varbit (N * 8)) x -)"),
        ("string x;", "(Variable [] (String) x -)"),
        ("const bool x = true;", "(Constant [] (Bool) x (BoolLiteral True))"),
        ("@a bit<8> x;", "(Variable [(Annotation a bare []  [] [] False)] (Bit 8) x -)"),
        ("G<S>() x;", "(Instantiation [] (Specialized type:G [type:S]) [] x -)"),
        ("Unknown(1) x;", "(Instantiation [] type:Unknown [(Argument - 1)] x -)"),
        (
            "G<S>() x = { void f() { } };",
            "(Instantiation [] (Specialized type:G [type:S]) [] x [(Function [] (Void) f [] [] (Block [] []))])",
        ),
        ("bit<8> key; key = 1;", "(Variable [] (Bit 8) key -) (Assignment key = 1)"),
    ],
)
def test_declarations_among_statements(text: str, expected: str) -> None:
    assert statement(text, TYPES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "switch (t.apply().action_run) { a: b: { x = 1; } default: { } }",
            "(Switch (Call t.apply [] []).action_run [(SwitchCase a -) (SwitchCase b (Block [] [(Assignment x = 1)])) "
            "(SwitchCase (DefaultKeyset) (Block [] []))])",
        ),
        (
            "switch (x) { 1: { } K.A: { } (2): { } a ? 3 : 4: { } }",
            "(Switch x [(SwitchCase 1 (Block [] [])) (SwitchCase (Type type:K).A (Block [] [])) "
            "(SwitchCase 2 (Block [] [])) "
            "(SwitchCase (Conditional a 3 4) (Block [] []))])",
        ),
        (
            "for (bit<8> i = 0, bit<8> j = 1; i < 3; i = i + 1, j += 2) x = i;",
            "(For [] [(Variable [] (Bit 8) i 0) (Variable [] (Bit 8) j 1)] (i < 3) "
            "[(Assignment i = (i + 1)) (Assignment j += 2)] (Assignment x = i))",
        ),
        ("for (; c; ) { break; continue; }", "(For [] [] c [] (Block [] [(Break) (Continue)]))"),
        ("for (i = 0; c; f()) ;", "(For [] [(Assignment i = 0)] c [(Call (Call f [] []))] (Empty))"),
        (
            "@unroll for (bit<8> i in 1 .. n) ;",
            "(ForIn [(Annotation unroll bare []  [] [] False)] (Variable [] (Bit 8) i -) (Range 1 n) (Empty))",
        ),
        ("for (H h in stack) ;", "(ForIn [] (Variable [] type:H h -) stack (Empty))"),
        (
            "for (@a H h in stack) ;",
            "(ForIn [] (Variable [(Annotation a bare []  [] [] False)] type:H h -) stack (Empty))",
        ),
    ],
)
def test_switches_and_loops(text: str, expected: str) -> None:
    assert statement(text, TYPES) == expected


def test_five_hundred_else_ifs() -> None:
    action = tree("action a() {" + " else ".join(["if (a) ;"] * 500) + "}").declarations[0]
    assert isinstance(action, syntax.ActionDeclaration)
    branch: object = action.body.items[0]
    count = 0
    while isinstance(branch, syntax.IfStatement):
        branch, count = branch.else_branch, count + 1
    assert count == 500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@name("x.y")', 'name unstructured [(AnnotationToken "x.y")] "x.y" [(StringLiteral x.y)] [] False'),
        (
            "@a(1, b)",
            "a unstructured [(AnnotationToken 1) (AnnotationToken ,) (AnnotationToken b)] 1, b [1 b] [] False",
        ),
        (
            "@a(k = 1)",
            "a unstructured [(AnnotationToken k) (AnnotationToken =) (AnnotationToken 1)] k = 1 [] "
            "[(KeyValue k 1)] False",
        ),
        (
            "@a(what (is) $ { that } ?)",
            "a unstructured [(AnnotationToken what) (AnnotationToken () (AnnotationToken is) "
            "(AnnotationToken )) (AnnotationToken $) (AnnotationToken {) (AnnotationToken that) (AnnotationToken }) "
            "(AnnotationToken ?)] what (is) $ { that } ? [] [] False",
        ),
        ('@a[1, "x", true]', "a list []  [1 (StringLiteral x) (BoolLiteral True)] [] False"),
        ('@a[k = 1, l = "x"]', "a key-value []  [] [(KeyValue k 1) (KeyValue l (StringLiteral x))] False"),
        ("@a[]", "a list []  [] [] False"),
        ("@a()", "a unstructured []  [] [] False"),
        ("@match", "match bare []  [] [] False"),
        ("@table", "table bare []  [] [] False"),
        (
            '@pragma name one "two" 3\n',
            'name unstructured [(AnnotationToken one) (AnnotationToken "two") '
            '(AnnotationToken 3)] one "two" 3 [] [] True',
        ),
        (
            '@p4runtime_translation("", bit<32>)',
            "p4runtime_translation unstructured "
            '[(AnnotationToken "") (AnnotationToken ,) (AnnotationToken bit) (AnnotationToken <) (AnnotationToken 32) '
            '(AnnotationToken >)] "", bit<32> [(StringLiteral ) (Type (Bit 32))] [] False',
        ),
    ],
)
def test_annotations(text: str, expected: str) -> None:
    annotated = declaration(f"{text} const bool x = true;")
    assert annotated == f"(Constant [(Annotation {expected})] (Bool) x (BoolLiteral True))"


def test_only_parentheses_must_balance_in_an_annotation() -> None:
    assert not errors("@a(x ] { y) const bool x = true;")
    assert errors("@a(x ( y) const bool x = true;")
