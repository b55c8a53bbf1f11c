"""The shape of expressions and types. Oracle: the grammar and the table of precedences (P4_16 spec appendix H, §8)."""

from __future__ import annotations

import pytest

from compiler import syntax
from tests.compiler.front.reading import expression, shape, tree

TYPES = "struct S { } header H { } extern G<T> { G(); } extern E { E(bit<8> n); } enum K { A, B } type bit<9> P;"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # each operator binds tighter than the one in the next line
        ("a.b[1]", "(Index a.b 1)"),
        ("-a.b", "(-a.b)"),
        ("!a * b", "((!a) * b)"),
        ("a * b + c", "((a * b) + c)"),
        ("a + b << c", "((a + b) << c)"),
        ("a << b & c", "((a << b) & c)"),
        ("a & b ^ c", "((a & b) ^ c)"),
        ("a ^ b | c", "((a ^ b) | c)"),
        ("a | b < c", "((a | b) < c)"),
        ("a < b == c", "((a < b) == c)"),
        ("a == b && c", "((a == b) && c)"),
        ("a && b || c", "((a && b) || c)"),
        ("a || b ? c : d", "(Conditional (a || b) c d)"),
        # and from the other side
        (
            "a || b && c == d < e | f ^ g & h << i + j * -k",
            "(a || (b && (c == (d < (e | (f ^ (g & (h << (i + (j * (-k)))))))))))",
        ),
        # the left one first
        ("a - b - c", "((a - b) - c)"),
        ("a >> b >> c", "((a >> b) >> c)"),
        ("a ++ b ++ c", "((a ++ b) ++ c)"),
        ("a |+| b |-| c", "((a |+| b) |-| c)"),
        ("a / b % c", "((a / b) % c)"),
        ("a ? b : c ? d : e", "(Conditional a b (Conditional c d e))"),
        ("a ? b ? c : d : e", "(Conditional a (Conditional b c d) e)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("- - ~a", "(-(-(~a)))"),
        ("a >= b", "(a >= b)"),
        ("a > b", "(a > b)"),
    ],
)
def test_precedence(text: str, expected: str) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x[7:0]", "(Slice x 7 0)"),
        ("x[i +: 4]", "(PlusSlice x i 4)"),
        ("h.s.next.f", "h.s.next.f"),
        ("t.apply().hit", "(Call t.apply [] []).hit"),
        ("f(1, y = 2, _)", "(Call f [] [(Argument - 1) (Argument y 2) (Argument - (DontCare))])"),
        ("f(out_ = _)", "(Call f [] [(Argument out_ (DontCare))])"),
        (".f(.x)", "(Call .f [] [(Argument - .x)])"),
        ("p.lookahead<bit<8>>()", "(Call p.lookahead [(Bit 8)] [])"),
        ("f<tuple<bit<8>, tuple<bool>>>(x)", "(Call f [(Tuple [(Bit 8) (Tuple [(Bool)])])] [(Argument - x)])"),
        ("f<_, void>(x)", "(Call f [(DontCare) (Void)] [(Argument - x)])"),
        ("a < b", "(a < b)"),
        ("a < b && c > (d)", "((a < b) && (c > d))"),
        ("a < (b) > (c)", "((a < b) > c)"),
        ("{}", "(List [])"),
        ("{1, x, {2}}", "(List [1 x (List [2])])"),
        ("{1, 2,}", "(List [1 2])"),
        ("{1, ...}", "(List [1 (Default)])"),
        ("{a = 1, b = {2}}", "(Struct [(KeyValue a 1) (KeyValue b (List [2]))] False)"),
        ("{a = 1, ...}", "(Struct [(KeyValue a 1)] True)"),
        ("{#}", "(InvalidHeader)"),
        ("...", "(Default)"),
        ("this.f()", "(Call (This).f [] [])"),
        ('"a" ++ "b"', "((StringLiteral a) ++ (StringLiteral b))"),
        ("true", "(BoolLiteral True)"),
        ("4s0b11 - 1", "(4s3 - 1)"),
        ("key.state.apply.type", "key.state.apply.type"),
        ("error.NoMatch", "(Type (Error)).NoMatch"),
    ],
)
def test_operands(text: str, expected: str) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("K.A", "(Type type:K).A"),
        (".K.A", "(Type type:.K).A"),
        ("E(8)", "(ConstructorCall type:E [(Argument - 8)])"),
        ("G<bit<8>>()", "(ConstructorCall (Specialized type:G [(Bit 8)]) [])"),
        ("G<G<S>>()", "(ConstructorCall (Specialized type:G [(Specialized type:G [type:S])]) [])"),
        ("G<S>.apply(x)", "(Call (Type (Specialized type:G [type:S])).apply [] [(Argument - x)])"),
        ("(bit<8>) x + y", "((Cast (Bit 8) x) + y)"),
        ("(bit<(1 + 2)>) x", "(Cast (Bit (1 + 2)) x)"),
        ("(bit<(A > B ? 1 : 2)>) x", "(Cast (Bit (Conditional (A > B) 1 2)) x)"),
        ("(bit) x", "(Cast (Bit -) x)"),
        ("(int) x", "(Cast (Int -) x)"),
        ("(P)(bit<9>) -x", "(Cast type:P (Cast (Bit 9) (-x)))"),
        ("(S) {1, 2}", "(Cast type:S (List [1 2]))"),
        ("(H[3]) x", "(Cast (Stack type:H 3) x)"),
        ("(tuple<S, bool>) x", "(Cast (Tuple [type:S (Bool)]) x)"),
        ("(error) x", "(Cast (Error) x)"),
        ("(K.A)", "(Type type:K).A"),
        ("(E(1))", "(ConstructorCall type:E [(Argument - 1)])"),
        ("(Unknown) x", "(Cast type:Unknown x)"),
        ("(unknown) + x", "(unknown + x)"),
        ("(error.NoError) == e", "((Type (Error)).NoError == e)"),
    ],
)
def test_types_in_expressions(text: str, expected: str) -> None:
    assert expression(text, TYPES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("action a(bit<8> K) { bit<8> x = K < 3 ? K : 1; }", "(Conditional (K < 3) K 1)"),
        ("action a(in list<bit<8>> list) { bool x = list == list; }", "(list == list)"),
    ],
)
def test_a_parameter_hides_a_type_of_its_name(text: str, expected: str) -> None:
    action = tree(TYPES + text).declarations[-1]
    assert isinstance(action, syntax.ActionDeclaration)
    variable = action.body.items[0]
    assert isinstance(variable, syntax.VariableDeclaration)
    assert shape(variable.value) == expected


@pytest.mark.parametrize(
    "text",
    ["(" * 90 + "1" + ")" * 90, "-" * 90 + "x", "{" * 90 + "}" * 90, " + ".join(["x"] * 900), "x" + ".f" * 900],
)
def test_what_is_deep_or_long_but_not_too_much_is_read(text: str) -> None:
    assert expression(text)
