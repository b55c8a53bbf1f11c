"""What the typed tree says of right programs. Oracle: the sections of the P4_16 specification that the tests name."""

from __future__ import annotations

import pytest

from compiler import tree, types
from compiler.rewrite import walk
from tests.compiler.check.checking import assert_well_formed, check_text, control
from tests.compiler.programs import program


def checked(apply: str = "", **parts: str) -> tree.Program:
    made, diagnostics = check_text(program(apply, **parts))
    assert made is not None, diagnostics.render()
    assert_well_formed(made)
    return made


def ingress(apply: str = "", **parts: str) -> tree.Control:
    return control(checked(apply, **parts))


def values(apply: str, **parts: str) -> list[tree.Expression]:
    """What is assigned, statement by statement, after the one that the program begins with."""
    body = ingress(apply, **parts).body
    return [node.value for node in walk(body) if isinstance(node, tree.Assign)][1:]


FOLDED = [
    # §8.5, §8.6: cut to the width
    ("hdr.h.a = 255 + 1 - 2;", "bit<8>", 254),
    ("hdr.h.a = 8w255 + 1;", "bit<8>", 0),
    ("hdr.h.a = 8w3 - 5;", "bit<8>", 254),
    ("hdr.h.a = 8w200 |+| 100;", "bit<8>", 255),
    ("hdr.h.a = 8w3 |-| 5;", "bit<8>", 0),
    ("hdr.h.s = 8s100 + 100;", "int<8>", -56),
    ("hdr.h.s = 8s100 |+| 100;", "int<8>", 127),
    ("hdr.h.s = -8s128;", "int<8>", -128),
    ("hdr.h.a = ~8w1;", "bit<8>", 254),
    ("hdr.h.a = 7 / 2 * 2 + 7 % 4;", "bit<8>", 9),
    # §8.7 shifts, arithmetic for int
    ("hdr.h.a = 8w129 << 1;", "bit<8>", 2),
    ("hdr.h.a = 8w129 >> 9;", "bit<8>", 0),
    ("hdr.h.s = -8s128 >> 3;", "int<8>", -16),
    ("hdr.h.a = (bit<8>)((1 << 70) >> 64);", "bit<8>", 64),
    # §8.6.1 concatenation and slices
    ("hdr.h.w = 8w1 ++ 8w255;", "bit<16>", 511),
    ("hdr.h.a = 4w5 ++ 4s-1;", "bit<8>", 0x5F),
    ("hdr.h.a = 16w0xabcd[11:4];", "bit<8>", 0xBC),
    ("hdr.h.a = 0xabcd[11:4];", "bit<8>", 0xBC),
    # §8.11 casts
    ("hdr.h.a = (bit<8>)16w0x1ff;", "bit<8>", 0xFF),
    ("hdr.h.s = (int<8>)8w200;", "int<8>", -56),
    ("hdr.h.w = (bit<16>)(int<16>)8s0xff;", "bit<16>", 0xFFFF),
    ("hdr.h.a = (bit<8>)(bit<1>)true;", "bit<8>", 1),
    # §8.5.1, §8.8: known conditions
    ("hdr.h.a = 3 < 4 && !(2 == 3) ? 8w7 : 8;", "bit<8>", 7),
    # §7.2.1 serializable enums, §11.1 constants, §9 sizes
    ("hdr.h.a = Kind.B;", "bit<8>", 2),
    ("hdr.h.a = Kind.B + 1;", "bit<8>", 3),
    ("hdr.h.a = K;", "bit<8>", 42),
    ("hdr.h.a = PAIR.second;", "bit<8>", 4),
    ("hdr.h.a = LIST[1];", "bit<8>", 6),
    ("hdr.h.a = (bit<8>)hdr.h.minSizeInBits();", "bit<8>", 64),
    ("hdr.h.a = (bit<8>)hdr.h.minSizeInBytes();", "bit<8>", 8),
    ("hdr.h.a = (bit<8>)hdr.st.size;", "bit<8>", 3),
    ("hdr.h.a = (bit<8>)hdr.st.maxSizeInBits();", "bit<8>", 48),
]

CONSTANTS = """
enum bit<8> Kind { A = 1, B = 2 }
struct pair_t { bit<8> first; bit<8> second; }
const int BIG = 1 << 100;
const bit<8> K = (bit<8>)(BIG >> 100) * 42;
const pair_t PAIR = { first = 3, second = 4 };
const tuple<bit<8>, bit<8>> LIST = { 5, 6 };
"""


@pytest.mark.parametrize(("statement", "type_", "number"), FOLDED, ids=[case[0] for case in FOLDED])
def test_constant_is_folded(statement: str, type_: str, number: int) -> None:
    (value,) = values(statement.replace("4s-1", "(4s0 - 1)"), types=CONSTANTS)
    assert isinstance(value, tree.IntLiteral)
    assert (str(value.type), value.value) == (type_, number)


def test_implicit_casts_are_spelled_out() -> None:
    """§8.11.2: int to the other operand's type, serializable enum to its underlying type."""
    kind = "enum bit<8> Kind { A = 1, B = 2 }"
    (value,) = values("Kind k = Kind.A; hdr.h.a = k + 1;", types=kind)
    assert isinstance(value, tree.Binary)
    assert isinstance(value.left, tree.Cast) and str(value.left.operand.type) == "Kind"
    assert isinstance(value.right, tree.IntLiteral) and value.right.type == types.BitType(8)


def test_aggregates_take_the_type_they_are_assigned_to() -> None:
    """§8.12, §8.13, §8.26: lists, struct expressions in any order, `...` and `{#}`."""
    in_order, by_name, rest, invalid, default = values(
        "hdr.x = { 1, 2 }; hdr.x = { u = 4, v = 3 }; hdr.x = { u = 5, ... }; hdr.x = {#}; meta = ...;"
    )
    for value, expected in ((in_order, [1, 2]), (by_name, [3, 4]), (rest, [0, 5]), (default, [0, 0])):
        assert isinstance(value, tree.StructExpression)
        assert [field.value for field in value.fields if isinstance(field, tree.IntLiteral)] == expected
    assert isinstance(invalid, tree.InvalidHeader) and str(invalid.type) == "x_t"


def test_named_and_default_arguments_are_in_order() -> None:
    """§6.8.1."""
    function = "bit<8> f(in bit<8> x, in bit<8> y = 7) { return x - y; }"
    named, default = values("hdr.h.a = f(y = 1, x = 2); hdr.h.b = f(3);", types=function)
    for value, expected in ((named, [2, 1]), (default, [3, 7])):
        assert isinstance(value, tree.FunctionCall)
        assert [a.value for a in value.arguments if isinstance(a, tree.IntLiteral)] == expected


def test_generic_function_is_made_once_for_each_type() -> None:
    """§8.20: explicit and inferred type arguments; calls among generic functions."""
    functions = "T f<T>(in T x) { T y = x; return y; } T g<T>(in T x) { return f(x); }"
    made = checked(
        "hdr.h.a = f(hdr.h.b); hdr.h.w = f<bit<16>>(1); hdr.h.b = g(hdr.h.a); hdr.h.c = f(8w1);", types=functions
    )
    assert [(f.name, str(f.result)) for f in made.functions] == [("f", "bit<8>"), ("f", "bit<16>"), ("g", "bit<8>")]
    inner = [node for node in walk(made.functions[2]) if isinstance(node, tree.FunctionCall)]
    assert [call.function for call in inner] == [made.functions[0]]


def test_generic_types_are_the_same_for_the_same_arguments() -> None:
    """§7.2.5 with type parameters: g_t<bit<8>> is one type, another than g_t<bit<16>>."""
    made = checked(types="struct g_t<T> { T x; } struct u_t { g_t<bit<8>> m; g_t<bit<8>> n; g_t<bit<16>> o; }")
    user = made.types[-1]
    assert isinstance(user, types.StructType)
    assert user.fields[0].type is user.fields[1].type is not user.fields[2].type
    assert [str(type_) for type_ in made.types[-3:]] == ["g_t<bit<8>>", "g_t<bit<16>>", "u_t"]


NESTED = """
control Adder(inout bit<8> v)(bit<8> step, bool twice) {
    action bump(bit<8> n) { v = v + n + step; }
    table t { key = { v : exact; } actions = { bump; } size = 4; }
    @name("renamed") table u { key = { v : exact; } actions = { bump; } }
    @name(".global") counter(8, CounterType.bytes) c;
    apply { t.apply(); u.apply(); c.count(0); if (twice) { v = v + 1; } }
}
control Pair(inout bit<8> v)(bit<8> base) {
    Adder(base, true) one;
    Adder(base + 1, false) two;
    apply { one.apply(v); two.apply(v); }
}
"""


def test_instances_are_copies_with_their_arguments() -> None:
    """§15.1, §17.2: constructor parameters are replaced, declarations are apart."""
    types_ = NESTED.replace('@name(".global") counter(8, CounterType.bytes) c;', "").replace("c.count(0);", "")
    pair = ingress("p.apply(hdr.h.a);", types=types_, locals="Pair(16) p;").instances[0]
    assert isinstance(pair, tree.Control)
    one, two = pair.instances
    assert isinstance(one, tree.Control) and isinstance(two, tree.Control)
    assert one.tables[0] is not two.tables[0] and one.parameters[0] is not two.parameters[0]
    for instance, step, condition in ((one, 16, True), (two, 17, False)):
        (action,) = instance.actions
        literals = [node.value for node in walk(action) if isinstance(node, tree.IntLiteral)]
        assert literals == [step]
        (branch,) = (node for node in walk(instance.body) if isinstance(node, tree.If))
        assert isinstance(branch.condition, tree.BoolLiteral) and branch.condition.value is condition
        assert {reference.action for table in instance.tables for reference in table.actions[:1]} == {action}


def test_control_plane_names_spell_the_path() -> None:
    """§18.3.2: instance names from the outside in, @name in the place of a name, a leading dot for all of it."""
    types_ = NESTED.replace("Adder(base + 1, false) two;", "").replace("two.apply(v);", "")
    made = checked("p.apply(hdr.h.a);", types=types_, locals='Pair(16) p; action a() { } @name("b") action c() { }')
    names = [node.control_plane_name for node in walk(control(made)) if isinstance(node, tree.Table | tree.Action)]
    assert sorted(names) == ["I.a", "I.b", "I.p.one.bump", "I.p.one.renamed", "I.p.one.t"]
    assert [instance.control_plane_name for instance in tree.extern_instances(made)] == ["global"]


KEYS = [
    ("hdr.h.a", "hdr.h.a"),
    ("hdr.h.isValid()", "hdr.h.$valid$"),
    ("hdr.st[1].v", "hdr.st[1].v"),
    ("hdr.h.w[11:4]", "hdr.h.w[11:4]"),
    ("hdr.h.a & 0x0f", "hdr.h.a & 0xf"),
    ('hdr.h.a + 1 : exact @name("sum"); std.ingress_port', "sum"),
]


@pytest.mark.parametrize(("key", "name"), KEYS, ids=[case[1] for case in KEYS])
def test_key_names(key: str, name: str) -> None:
    """§18.3.2."""
    table = f"table t {{ key = {{ {key} : exact; }} actions = {{ NoAction; }} }}"
    (made,) = ingress("t.apply();", locals=table).tables
    assert made.keys[0].control_plane_name == name


def test_table_without_default_action_runs_no_action() -> None:
    """§14.2.1.3: NoAction, listed for the default only unless the program lists it."""
    table = "action a() { } table t { actions = { a; } } table u { actions = { NoAction; } }"
    first, second = ingress("t.apply(); u.apply();", locals=table).tables
    assert [reference.action.name for reference in first.actions] == ["a", "NoAction"]
    assert [annotation.name for annotation in first.actions[1].annotations] == ["defaultonly"]
    assert [reference.annotations for reference in second.actions] == [()]
    for made in (first, second):
        assert made.default_action.action.name == "NoAction" and not made.default_action.const


def test_arguments_of_actions_in_tables() -> None:
    """§14.1, §14.2.1.2: bound in the list for parameters with a direction, all of them in
    default_action and entries.
    """
    table = """
    action put(out bit<8> to, bit<8> n) { to = n; }
    table t {
        key = { hdr.h.a : exact; hdr.h.b : ternary; }
        actions = { put(hdr.h.c); }
        const default_action = put(hdr.h.c, 9);
        entries = { (1, 2 &&& 3) : put(hdr.h.c, 4); priority = 5 : (_, 6) : put(hdr.h.c, 7); }
        size = 3 * 4;
    }""".replace("(1, 2", "priority = 8 : (1, 2").replace("(_, 6)", "(3, _)")
    (made,) = ingress("t.apply();", locals=table).tables
    assert [len(reference.arguments) for reference in made.actions] == [1]
    assert made.default_action.const and len(made.default_action.arguments) == 2
    assert [(entry.priority, [type(key).__name__ for key in entry.keys]) for entry in made.entries] == [
        (8, ["IntLiteral", "Mask"]),
        (5, ["IntLiteral", "DontCare"]),
    ]
    assert made.size == 12 and not made.entries_const


def test_select_labels_are_spelled_out() -> None:
    """§13.6: `default` covers every key; value sets; a missing transition is reject."""
    parser = """
    value_set<bit<8>>(4) vs;
    state start {
        pkt.extract(hdr.h);
        transition select(hdr.h.a, hdr.h.b) { (1, 2 .. 3): one; (4 &&& 5, _): accept; default: two; }
    }
    state one { transition select(hdr.h.a) { vs: accept; } }
    state two { }
    """
    (made,) = tree.all_parsers(checked(parser=parser))
    start, one, two = made.states
    assert isinstance(start.transition, tree.Select) and isinstance(one.transition, tree.Select)
    assert [[type(label).__name__ for label in case.labels] for case in start.transition.cases] == [
        ["IntLiteral", "Range"],
        ["Mask", "DontCare"],
        ["DontCare", "DontCare"],
    ]
    assert [case.state for case in start.transition.cases] == [one, tree.ACCEPT, two]
    assert isinstance(one.transition.cases[0].labels[0], tree.ValueSetRef)
    assert isinstance(two.transition, tree.Goto) and two.transition.state is tree.REJECT


def test_labels_that_fall_through_are_joined() -> None:
    """§12.7."""
    body = ingress("switch (hdr.h.a) { 1: 2: { hdr.h.b = 1; } 3: { } default: }").body
    (switch,) = (node for node in walk(body) if isinstance(node, tree.Switch))
    assert [(len(case.labels), case.default) for case in switch.cases] == [(2, False), (1, False), (0, True)]


def test_compound_assignment_evaluates_an_index_once() -> None:
    """§12.1: `a[f()].x += 1` calls f once."""
    function = "bit<32> f(inout bit<8> n) { n = n + 1; return 0; }"
    body = ingress("hdr.st[f(hdr.h.a)].v += 1;", types=function).body
    assert len([node for node in walk(body) if isinstance(node, tree.FunctionCall)]) == 1


def test_directly_applied_control_is_an_instance() -> None:
    """§15.1."""
    types_ = "control Q(inout bit<8> v) { apply { v = 1; } }"
    made = ingress("Q.apply(hdr.h.a);", types=types_)
    (call,) = (node for node in walk(made.body) if isinstance(node, tree.ControlApply))
    assert call.control in made.instances and call.control.control_plane_name == "I.Q"


def test_names_hide_outer_ones() -> None:
    """§6.10: the innermost declaration before the use."""
    body = ingress("bit<8> k = 1; { hdr.h.a = k; bit<8> k = 2; hdr.h.b = k; } hdr.h.c = k;").body
    uses = [
        n.value.declaration for n in walk(body) if isinstance(n, tree.Assign) and isinstance(n.value, tree.VariableRef)
    ]
    assert uses[0] is uses[2] is not uses[1]
