"""The shape of declarations. Oracle: the grammar (P4_16 spec appendix H)."""

from __future__ import annotations

import pytest

from tests.compiler.front.reading import declaration, tree

TYPES = "struct S { } extern packet_in { } "
PARAMETER = "(Parameter [] none type:S s -)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const bit<8> N = 3;", "(Constant [] (Bit 8) N 3)"),
        (
            "struct T { bit<8> a; @x S s; }",
            "(Struct [] T [] [(StructField [] (Bit 8) a) "
            "(StructField [(Annotation x bare []  [] [] False)] type:S s)])",
        ),
        (
            "header T<A> { A a; bit<8> b[2]; }",
            "(Header [] T [A] [(StructField [] type:A a) (StructField [] (Stack (Bit 8) 2) b)])",
        ),
        ("header_union U { S a; S b; }", "(HeaderUnion [] U [] [(StructField [] type:S a) (StructField [] type:S b)])"),
        ("enum K { A, B, }", "(Enum [] K [A B])"),
        (
            "enum bit<8> K { A = 1, B = N + 1 }",
            "(SerializableEnum [] (Bit 8) K [(EnumMember A 1) (EnumMember B (N + 1))])",
        ),
        ("error { A, B }", "(Error [A B])"),
        ("match_kind { a, b, }", "(MatchKind [a b])"),
        ("typedef bit<9> P;", "(Typedef [] (Bit 9) P)"),
        ("typedef struct T { } P;", "(Typedef [] (Struct [] T [] []) P)"),
        ("typedef S P[3];", "(Typedef [] (Stack type:S 3) P)"),
        ("@a type bit<9> P;", "(NewType [(Annotation a bare []  [] [] False)] (Bit 9) P)"),
        (
            "bit<8> f(in S s, out bool b, inout bit<8> c = 1) { return 1; }",
            "(Function [] (Bit 8) f [] [(Parameter [] in type:S s -) (Parameter [] out (Bool) b -) "
            "(Parameter [] inout (Bit 8) c 1)] (Block [] [(Return 1)]))",
        ),
        (
            "T f<T, U>(in T t) { T x; return t; }",
            "(Function [] type:T f [T U] [(Parameter [] in type:T t -)] "
            "(Block [] [(Variable [] type:T x -) (Return t)]))",
        ),
        ("void f() { }", "(Function [] (Void) f [] [] (Block [] []))"),
        ("action a(in S x, S s) { }", f"(Action [] a [(Parameter [] in type:S x -) {PARAMETER}] (Block [] []))"),
        ("extern E;", "(Extern [] E [] [] True)"),
        (
            "extern E<T> { E(S s); T f<U>(in U u); abstract void g(); @pure bool h(); }",
            f"(Extern [] E [T] [(MethodPrototype [] False - E [] [{PARAMETER}]) "
            "(MethodPrototype [] False type:T f [U] [(Parameter [] in type:U u -)]) "
            "(MethodPrototype [] True (Void) g [] []) "
            "(MethodPrototype [(Annotation pure bare []  [] [] False)] False (Bool) h [] [])] False)",
        ),
        ("extern void f<T>(in T t);", "(ExternFunction [] (Void) f [T] [(Parameter [] in type:T t -)])"),
        ("extern S f();", "(ExternFunction [] type:S f [] [])"),
        (
            "parser P<H>(packet_in p, out H h);",
            "(ParserType [] P [H] [(Parameter [] none type:packet_in p -) (Parameter [] out type:H h -)])",
        ),
        ("control C(S s);", f"(ControlType [] C [] [{PARAMETER}])"),
        (
            "package K<T>(T t, @optional S s);",
            "(PackageType [] K [T] [(Parameter [] none type:T t -) "
            "(Parameter [(Annotation optional bare []  [] [] False)] none type:S s -)])",
        ),
        (
            "S(S(), x = 1) main;",
            "(Instantiation [] type:S [(Argument - (ConstructorCall type:S [])) (Argument x 1)] main -)",
        ),
    ],
)
def test_declarations(text: str, expected: str) -> None:
    assert declaration(text, TYPES) == expected


def test_a_parser() -> None:
    text = """parser P(packet_in p)(bit<8> n) {
        S() s;
        bit<8> x = 1;
        value_set<bit<16>>(4) vs;
        state start { p.f(x); if (x == 1) { x = 2; } transition select(x, p.g()) {
            (1, _): accept; (2 &&& 3, 4 .. 5): other; default: reject; } }
        state other { transition select(x) {
            1: start; (2): start; {3}: start; (x + 1) * 2: start; vs: start; _: start; } }
        state last { transition accept; }
        state stuck { }
    }"""
    assert declaration(text, TYPES) == (
        "(Parser [] P [] [(Parameter [] none type:packet_in p -)] [(Parameter [] none (Bit 8) n -)] "
        "[(Instantiation [] type:S [] s -) (Variable [] (Bit 8) x 1) (ValueSet [] (Bit 16) 4 vs)] "
        "[(ParserState [] start [(Call (Call p.f [] [(Argument - x)])) "
        "(If (x == 1) (Block [] [(Assignment x = 2)]) -)] "
        "(SelectTransition [x (Call p.g [] [])] [(SelectCase [1 (DontCare)] accept) "
        "(SelectCase [(Mask 2 3) (Range 4 5)] other) (SelectCase [(DefaultKeyset)] reject)])) "
        "(ParserState [] other [] (SelectTransition [x] [(SelectCase [1] start) (SelectCase [2] start) "
        "(SelectCase [(List [3])] start) (SelectCase [((x + 1) * 2)] start) (SelectCase [vs] start) "
        "(SelectCase [(DontCare)] start)])) "
        "(ParserState [] last [] (DirectTransition accept)) (ParserState [] stuck [] -)])"
    )


def test_a_control_with_a_table() -> None:
    text = """control C(inout S s)(bool b) {
        action a(bit<8> n) { }
        @name("t") table t {
            key = { s.x: exact @name("x"); s.y + 1: ternary; }
            actions = { a; @defaultonly b(1, 2); .c; }
            const default_action = a(3);
            size = 1024;
            @hidden implementation = S();
            const entries = {
                1: a(2); (1, 2 &&& 3): a(4) @x; _: b; const priority = 5: (1, _): a(1); priority = (N): 7 .. 9: c; }
        }
        apply @a { t.apply(); }
    }"""
    assert declaration(text, TYPES) == (
        "(Control [] C [] [(Parameter [] inout type:S s -)] [(Parameter [] none (Bool) b -)] "
        "[(Action [] a [(Parameter [] none (Bit 8) n -)] (Block [] [])) "
        '(Table [(Annotation name unstructured [(AnnotationToken "t")] "t" [(StringLiteral t)] [] False)] t '
        "[(KeyProperty [(KeyElement s.x exact "
        '[(Annotation name unstructured [(AnnotationToken "x")] "x" [(StringLiteral x)] [] False)]) '
        "(KeyElement (s.y + 1) ternary [])]) "
        "(ActionsProperty [(ActionReference [] a -) "
        "(ActionReference [(Annotation defaultonly bare []  [] [] False)] b [(Argument - 1) (Argument - 2)]) "
        "(ActionReference [] .c -)]) "
        "(CustomProperty [] True default_action (Call a [] [(Argument - 3)])) (CustomProperty [] False size 1024) "
        "(CustomProperty [(Annotation hidden bare []  [] [] False)] False implementation (ConstructorCall type:S [])) "
        "(EntriesProperty [] True [(TableEntry False - [1] (ActionReference [] a [(Argument - 2)]) []) "
        "(TableEntry False - [1 (Mask 2 3)] (ActionReference [] a [(Argument - 4)]) "
        "[(Annotation x bare []  [] [] False)]) "
        "(TableEntry False - [(DontCare)] (ActionReference [] b -) []) "
        "(TableEntry True 5 [1 (DontCare)] (ActionReference [] a [(Argument - 1)]) []) "
        "(TableEntry False N [(Range 7 9)] (ActionReference [] c -) [])])])] "
        "(Block [(Annotation a bare []  [] [] False)] [(Call (Call t.apply [] []))]))"
    )


def test_declarations_come_in_order_and_semicolons_leave_no_trace() -> None:
    names = [type(node).__name__ for node in tree("; struct S { };; const bool x = true; ;").declarations]
    assert names == ["StructDeclaration", "ConstantDeclaration"]


def test_a_type_parameter_is_a_type_in_its_declaration_only() -> None:
    program = tree("void f<T>(in T t) { T x; } void g(in bit<8> T) { bit<8> y = (T) + 1; }")
    assert len(program.declarations) == 2
