"""P4 programs that grow in one dimension at a time: `GROWING[name](n)` is a v1model program whose size is about `n`.

The benchmark measures with them how compile time grows; the tests count the compiler's steps.
"""

from __future__ import annotations

from collections.abc import Callable

_HEAD = """
#include <core.p4>
#include <v1model.p4>
header h_t {{ bit<8> a; bit<8> b; bit<16> c; bit<32> d; bit<32> e; {header} }}
{top}
struct headers_t {{ h_t h; {headers} }}
struct meta_t {{ bit<8> m; bit<32> x; {meta} }}
{parsers}
parser P(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    {parser_locals}
    state start {{ pkt.extract(hdr.h); {start} }}
    {states}
}}
control V(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
{controls}
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    {locals}
    apply {{ std.egress_spec = 2; {apply} }}
}}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{ apply {{ }} }}
control C(inout headers_t hdr, inout meta_t meta) {{ apply {{ }} }}
control D(packet_out pkt, in headers_t hdr) {{ apply {{ pkt.emit(hdr); }} }}
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def _program(**parts: str) -> str:
    names = (
        "header",
        "top",
        "headers",
        "meta",
        "parsers",
        "parser_locals",
        "start",
        "states",
        "controls",
        "locals",
        "apply",
    )
    return _HEAD.format(**{name: parts.get(name, "transition accept;" if name == "start" else "") for name in names})


def _lines(n: int, line: Callable[[int], str]) -> str:
    return "\n".join(line(i) for i in range(n))


def _nested(n: int, opening: Callable[[int], str], middle: str, closing: str = "}") -> str:
    return "\n".join(opening(i) for i in range(n)) + middle + closing * n


def tables(n: int) -> str:
    return _program(
        locals=_lines(
            n,
            lambda i: (
                f"action a{i}(bit<8> v) {{ hdr.h.a = v; }}\n"
                f"table t{i} {{ key = {{ hdr.h.b: exact; hdr.h.d: lpm; }} actions = {{ a{i}; NoAction; }} }}"
            ),
        ),
        apply=_lines(n, lambda i: f"t{i}.apply();"),
    )


def tables_with_hit(n: int) -> str:
    table = "table t{i} {{ key = {{ hdr.h.b: exact; }} actions = {{ NoAction; }} }}"
    return _program(
        locals=_lines(n, lambda i: table.format(i=i)),
        apply=_lines(
            n, lambda i: f"if (t{i}.apply().hit) {{ hdr.h.a = {i % 256}; }} else {{ hdr.h.c = hdr.h.c + 1; }}"
        ),
    )


def actions(n: int) -> str:
    declarations = _lines(n, lambda i: f"action a{i}(bit<8> v, bit<32> w) {{ hdr.h.a = v; meta.x = w + {i}; }}")
    names = " ".join(f"a{i};" for i in range(n))
    return _program(
        locals=f"{declarations} table t {{ key = {{ hdr.h.b: exact; }} actions = {{ {names} }} }}", apply="t.apply();"
    )


def action_run(n: int) -> str:
    declarations = _lines(n, lambda i: f"action a{i}() {{ hdr.h.a = {i % 256}; }}")
    names = " ".join(f"a{i};" for i in range(n))
    cases = _lines(n, lambda i: f"a{i}: {{ hdr.h.c = {i}; meta.x = meta.x + 1; }}")
    return _program(
        locals=f"{declarations} table t {{ key = {{ hdr.h.b: exact; }} actions = {{ {names} }} }}",
        apply=f"switch (t.apply().action_run) {{ {cases} }}",
    )


def keys(n: int) -> str:
    parts = _lines(n, lambda i: f"hdr.h.f{i}: ternary;")
    return _program(
        header=_lines(n, lambda i: f"bit<8> f{i};"),
        locals=f"table t {{ key = {{ {parts} }} actions = {{ NoAction; }} }}",
        apply="t.apply();",
    )


def const_entries(n: int) -> str:
    entries = _lines(n, lambda i: f"(8w{i % 256}, 32w{i} &&& 32w0xffffffff): set({i % 256});")
    return _program(
        locals="action set(bit<8> v) { hdr.h.a = v; } table t { key = { hdr.h.b: exact; hdr.h.d: ternary; }"
        f" actions = {{ set; NoAction; }} const entries = {{ {entries} }} }}",
        apply="t.apply();",
    )


def states(n: int) -> str:
    return _program(
        start="transition s0;",
        states=_lines(n, lambda i: f"state s{i} {{ meta.m = meta.m + {i % 7}; transition s{i + 1}; }}")
        + f"state s{n} {{ transition accept; }}",
    )


def branching_states(n: int) -> str:
    """Each state selects between the next and a way out, with a value that flows through all of them."""
    return _program(
        headers=_lines(n, lambda i: f"x_t x{i};"),
        top="header x_t { bit<8> kind; bit<8> v; }",
        start="transition s0;",
        states=_lines(
            n,
            lambda i: (
                f"state s{i} {{ pkt.extract(hdr.x{i}); meta.m = meta.m + hdr.x{i}.v;"
                f" transition select(hdr.x{i}.kind, meta.m) {{ (1, _): s{i + 1}; (2, 3): s{min(i + 2, n)};"
                " default: accept; } }"
            ),
        )
        + f"state s{n} {{ transition accept; }}",
    )


def select_cases(n: int) -> str:
    return _program(
        start=f"transition select(hdr.h.d) {{ {_lines(n, lambda i: f'{i}: accept;')} default: reject; }}",
    )


def parser_statements(n: int) -> str:
    return _program(
        start=_lines(n, lambda i: f"meta.x = meta.x + {i}; meta.m = (bit<8>)meta.x;") + "transition accept;",
    )


def sub_parsers(n: int) -> str:
    """One sub-parser called n times in a row: its states are copied for every call."""
    return _program(
        top="header x_t { bit<8> kind; bit<8> v; }",
        headers=f"x_t[{n + 1}] xs;",
        parsers="""parser Sub(packet_in pkt, inout headers_t hdr) {
            state start { pkt.extract(hdr.xs.next); transition select(hdr.xs.last.kind) { 1: more; default: accept; } }
            state more { hdr.h.a = hdr.h.a + 1; transition accept; } }""",
        parser_locals="Sub() sub;",
        start=_lines(n, lambda i: "sub.apply(pkt, hdr);") + "transition accept;",
    )


def header_fields(n: int) -> str:
    return _program(
        header=_lines(n, lambda i: f"bit<8> f{i};"), apply=_lines(n, lambda i: f"hdr.h.f{i} = hdr.h.f{(i + 1) % n};")
    )


def headers(n: int) -> str:
    return _program(
        top="header x_t { bit<8> v; bit<8> w; }",
        headers=_lines(n, lambda i: f"x_t x{i};"),
        apply=_lines(n, lambda i: f"if (hdr.x{i}.isValid()) {{ hdr.x{i}.v = 1; }}"),
    )


def metadata_fields(n: int) -> str:
    return _program(
        meta=_lines(n, lambda i: f"bit<32> f{i};"), apply=_lines(n, lambda i: f"meta.f{i} = hdr.h.d + {i};")
    )


def struct_copies(n: int) -> str:
    """n copies between two structs of 20 fields."""
    fields = " ".join(f"bit<32> f{i};" for i in range(20))
    return _program(
        top=f"struct s_t {{ {fields} }}",
        meta="s_t p; s_t q;",
        apply=_lines(n, lambda i: "meta.p = meta.q; meta.q.f1 = hdr.h.d; meta.p.f3 = meta.p.f2;"),
    )


def wide_struct_copies(n: int) -> str:
    """A few copies between two structs of n fields."""
    fields = " ".join(f"bit<32> f{i};" for i in range(n))
    return _program(
        top=f"struct s_t {{ {fields} }}",
        meta="s_t p; s_t q;",
        apply="s_t l = meta.p; l.f1 = hdr.h.d; meta.p = meta.q; meta.q = l;",
    )


def statements(n: int) -> str:
    return _program(apply=_lines(n, lambda i: f"meta.x = meta.x + hdr.h.d; hdr.h.e = meta.x ^ {i};"))


def action_statements(n: int) -> str:
    body = _lines(n, lambda i: f"meta.x = meta.x + hdr.h.d; hdr.h.e = meta.x ^ {i};")
    return _program(locals=f"action a() {{ {body} }}", apply="a();")


def local_variables(n: int) -> str:
    return _program(
        apply="bit<32> v0 = hdr.h.d;" + _lines(n, lambda i: f"bit<32> v{i + 1} = v{i} + hdr.h.e;") + f"hdr.h.d = v{n};"
    )


def late_values(n: int) -> str:
    """n variables that have no value until all are declared."""
    return _program(
        apply=_lines(n, lambda i: f"bit<32> v{i};") + _lines(n, lambda i: f"v{i} = hdr.h.d + {i}; meta.x = v{i};")
    )


def else_if_chain(n: int) -> str:
    return _program(
        apply=" else ".join(f"if (hdr.h.d == {i}) {{ hdr.h.a = {i % 256}; meta.x = meta.x + 1; }}\n" for i in range(n))
    )


def else_if_chain_in_action(n: int) -> str:
    chain = " else ".join(f"if (hdr.h.d == {i}) {{ hdr.h.a = {i % 256}; meta.x = meta.x + 1; }}\n" for i in range(n))
    return _program(locals=f"action a() {{ {chain} }}", apply="a();")


def else_if_tables(n: int) -> str:
    table = "table t{i} {{ key = {{ hdr.h.b: exact; }} actions = {{ NoAction; }} }}"
    return _program(
        locals=_lines(n, lambda i: table.format(i=i)),
        apply=" else ".join(f"if (hdr.h.d == {i}) {{ t{i}.apply(); }}\n" for i in range(n)),
    )


def ifs(n: int) -> str:
    return _program(apply=_lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; }}"))


def ifs_in_action(n: int) -> str:
    body = _lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; }}")
    return _program(locals=f"action a() {{ {body} }}", apply="a();")


def ifs_in_parser(n: int) -> str:
    return _program(
        start=_lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; }}") + "transition accept;"
    )


def nested_ifs(n: int) -> str:
    return _program(apply=_nested(n, lambda i: f"if (hdr.h.d != {i}) {{ meta.x = meta.x + 1;", "hdr.h.a = 1;"))


def nested_ifs_in_action(n: int) -> str:
    body = _nested(n, lambda i: f"if (hdr.h.d != {i}) {{ meta.x = meta.x + 1;", "hdr.h.a = 1;")
    return _program(locals=f"action a() {{ {body} }}", apply="a();")


def nested_blocks(n: int) -> str:
    return _program(apply=_nested(n, lambda i: f"{{ bit<32> v{i} = hdr.h.d + {i}; meta.x = meta.x + v{i};", ""))


def early_returns(n: int) -> str:
    return _program(apply=_lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; return; }}"))


def early_returns_in_action(n: int) -> str:
    body = _lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; return; }}")
    return _program(locals=f"action a() {{ {body} }}", apply="a();")


def exits(n: int) -> str:
    return _program(apply=_lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; exit; }}"))


def exits_in_inner_controls(n: int) -> str:
    declarations = "action bye() { exit; } table t { key = { v: exact; } actions = { bye; NoAction; } }"
    return _program(
        controls=f"control Sub(inout bit<32> v) {{ {declarations} apply {{ t.apply(); v = v + 1; }} }}",
        locals=_lines(n, lambda i: f"Sub() s{i};"),
        apply=_lines(n, lambda i: f"s{i}.apply(meta.x);"),
    )


def switch_cases(n: int) -> str:
    return _program(
        apply=f"switch (hdr.h.d) {{ {_lines(n, lambda i: f'{i}: {{ meta.x = meta.x + {i}; }}')} default: {{ }} }}"
    )


def switch_cases_in_action(n: int) -> str:
    cases = _lines(n, lambda i: f"{i}: {{ meta.x = meta.x + {i}; }}")
    return _program(locals=f"action a() {{ switch (hdr.h.d) {{ {cases} default: {{ }} }} }}", apply="a();")


def inner_controls(n: int) -> str:
    """n instances of a control with a table and inout parameters, beside one another."""
    table = "table t { key = { v: exact; } actions = { set; NoAction; } }"
    sub = f"control Sub(inout bit<32> v, in bit<8> w) {{ action set(bit<8> z) {{ v = v + (bit<32>)(w + z); }} {table}"
    return _program(
        controls=sub + " apply { t.apply(); } }",
        locals=_lines(n, lambda i: f"Sub() s{i};"),
        apply=_lines(n, lambda i: f"s{i}.apply(meta.x, hdr.h.a);"),
    )


def one_control_many_calls(n: int) -> str:
    """One instance applied n times: its tables stand in one place, its statements in n."""
    return _program(
        controls="control Sub(inout bit<32> v, in bit<8> w) {"
        " apply { if (w == 3) { v = v + 7; } else { v = v ^ 1; } } }",
        locals="Sub() s;",
        apply=_lines(n, lambda i: f"s.apply(meta.x, hdr.h.a + {i % 256});"),
    )


def control_nesting(n: int) -> str:
    """Controls n deep, each with one instance of the one below it."""
    inner = "control C0(inout bit<32> v) { apply { v = v + 1; } }"
    outer = "control C{j}(inout bit<32> v) {{ C{i}() c; apply {{ c.apply(v); v = v ^ {i}; }} }}"
    return _program(
        controls=inner + _lines(n, lambda i: outer.format(i=i, j=i + 1)), locals=f"C{n}() c;", apply="c.apply(meta.x);"
    )


def function_nesting(n: int) -> str:
    """Functions n deep, each calling the one below it."""
    outer = "bit<32> f{j}(in bit<32> v) {{ bit<32> w = f{i}(v + 1); return w ^ {i}; }}"
    return _program(
        top="bit<32> f0(in bit<32> v) { return v + 1; }" + _lines(n, lambda i: outer.format(i=i, j=i + 1)),
        apply=f"meta.x = f{n}(meta.x);",
    )


def function_calls(n: int) -> str:
    function = "bit<32> f(in bit<32> v, in bit<32> w) { if (v == w) { return v; } bit<32> z = v * 3; return z + w; }"
    return _program(top=function, apply=_lines(n, lambda i: f"meta.x = f(meta.x, hdr.h.d + {i});"))


def action_nesting(n: int) -> str:
    outer = "action a{j}(inout bit<32> v) {{ a{i}(v); v = v ^ {i}; }}"
    return _program(
        locals="action a0(inout bit<32> v) { v = v + 1; }" + _lines(n, lambda i: outer.format(i=i, j=i + 1)),
        apply=f"a{n}(meta.x);",
    )


def action_calls(n: int) -> str:
    return _program(
        locals="action a(inout bit<32> v, in bit<32> w) { v = v + w; meta.m = meta.m + 1; }",
        apply=_lines(n, lambda i: f"a(meta.x, hdr.h.d + {i});"),
    )


def sums(n: int) -> str:
    return _program(apply="meta.x = " + " + ".join(["hdr.h.d", "hdr.h.e"] * (n // 2)) + ";")


def nested_parentheses(n: int) -> str:
    return _program(apply="meta.x = " + "(hdr.h.d + " * n + "1" + ")" * n + ";")


def conjunctions(n: int) -> str:
    condition = " && ".join(f"hdr.h.d != {i}" for i in range(n))
    return _program(apply=f"if ({condition}) {{ hdr.h.a = 1; }}")


def concatenations(n: int) -> str:
    parts = " ++ ".join(["hdr.h.a", "hdr.h.b"] * (n // 2))
    return _program(meta=f"bit<{8 * (n // 2 * 2)}> wide;", apply=f"meta.wide = {parts};")


def conditional_expressions(n: int) -> str:
    return _program(apply="meta.x = " + "".join(f"hdr.h.d == {i} ? hdr.h.e + {i} : " for i in range(n)) + "hdr.h.d;")


def slices(n: int) -> str:
    return _program(apply=_lines(n, lambda i: f"hdr.h.d[{i % 31 + 1}:{i % 31}] = hdr.h.e[{i % 30 + 2}:{i % 30 + 1}];"))


def stack_size(n: int) -> str:
    """A stack of n headers read and written at a run-time index."""
    return _program(
        top="header x_t { bit<8> v; }",
        headers=f"x_t[{n}] xs;",
        apply="hdr.xs[meta.x].v = hdr.xs[hdr.h.d].v + 1; hdr.xs.push_front(1);",
    )


def stack_statements(n: int) -> str:
    """n statements with a run-time index into a stack of eight."""
    return _program(
        top="header x_t { bit<8> v; }",
        headers="x_t[8] xs;",
        apply=_lines(n, lambda i: f"hdr.xs[meta.x].v = hdr.xs[hdr.h.d].v + {i % 256};"),
    )


def constant_loop(n: int) -> str:
    return _program(apply=f"for (bit<32> i = 0; i < {n}; i = i + 1) {{ meta.x = meta.x + i; }}")


def loops(n: int) -> str:
    return _program(
        locals="action a() {"
        + _lines(n, lambda i: f"for (bit<8> i{i} in 0..3) {{ meta.x = meta.x + (bit<32>)i{i}; }}")
        + "}",
        apply="a();",
    )


def externs(n: int) -> str:
    return _program(
        locals=_lines(n, lambda i: f"register<bit<32>>(16) r{i}; counter(16, CounterType.packets) c{i};"),
        apply=_lines(n, lambda i: f"r{i}.read(meta.x, 1); r{i}.write(2, meta.x + 1); c{i}.count(3);"),
    )


def hashes(n: int) -> str:
    call = "hash(meta.x, HashAlgorithm.crc32, 32w0, {{ hdr.h.a, hdr.h.d, 8w{v} }}, 32w{v});"
    return _program(apply=_lines(n, lambda i: call.format(v=i % 256)))


def constants(n: int) -> str:
    return _program(
        top="const bit<32> K0 = 1;" + _lines(n, lambda i: f"const bit<32> K{i + 1} = K{i} * 3 + {i};"),
        apply=f"meta.x = K{n};",
    )


def typedefs(n: int) -> str:
    return _program(
        top="typedef bit<32> t0;" + _lines(n, lambda i: f"typedef t{i} t{i + 1};"),
        apply=f"t{n} v = hdr.h.d; meta.x = v;",
    )


def enum_members(n: int) -> str:
    return _program(
        top=f"enum bit<32> kind {{ {', '.join(f'k{i} = {i}' for i in range(n))} }}",
        apply=_lines(n, lambda i: f"if (hdr.h.d == kind.k{i}) {{ meta.x = kind.k{(i + 1) % n}; }}"),
    )


def struct_nesting(n: int) -> str:
    return _program(
        top="struct s0 { bit<32> v; }" + _lines(n, lambda i: f"struct s{i + 1} {{ s{i} s; bit<8> w; }}"),
        meta=f"s{n} deep;",
        apply=f"meta.deep{'.s' * n}.v = hdr.h.d; meta.x = meta.deep{'.s' * n}.v;",
    )


def annotated(n: int) -> str:
    return _program(
        locals=_lines(n, lambda i: f'@brief("number {i}") @anything{i}[key=1, other="x {i}"]')
        + "table t { key = { hdr.h.b: exact; } actions = { NoAction; } }",
        apply="t.apply();",
    )


def comments(n: int) -> str:
    return _lines(n, lambda i: f"// line {i} of a long comment\n/* and a block {i}\n of two lines */") + _program()


def one_long_line(n: int) -> str:
    return _program(apply=" ".join(f"meta.x = meta.x + {i};" for i in range(n)))


def macros(n: int) -> str:
    """A macro with arguments, used n times."""
    return "#define ADD(field, number) meta.x = meta.x + (field ^ (number))\n" + _program(
        apply=_lines(n, lambda i: f"ADD(hdr.h.d, {i});")
    )


def definitions(n: int) -> str:
    """n macros, each used once."""
    return _lines(n, lambda i: f"#define N{i} {i}") + _program(apply=_lines(n, lambda i: f"meta.x = meta.x + N{i};"))


def conditional_text(n: int) -> str:
    return _program(
        apply="\n" + _lines(n, lambda i: f"#if {i} % 2 == 1\nmeta.x = meta.x + {i};\n#else\nmeta.m = 1;\n#endif") + "\n"
    )


def errors(n: int) -> str:
    """Not a program: n type errors."""
    return _program(apply=_lines(n, lambda i: f"meta.x = hdr.h.a + unknown{i};"))


_Grow = Callable[[int], str]
_ALL: list[_Grow] = [
    *(tables, tables_with_hit, actions, action_run, keys, const_entries),
    *(states, branching_states, select_cases, parser_statements, sub_parsers, ifs_in_parser),
    *(header_fields, headers, metadata_fields, struct_copies, wide_struct_copies, struct_nesting),
    *(statements, action_statements, local_variables, late_values, slices, externs, hashes),
    *(else_if_chain, else_if_chain_in_action, else_if_tables, ifs, ifs_in_action, nested_ifs, nested_ifs_in_action),
    *(nested_blocks, early_returns, early_returns_in_action, exits, exits_in_inner_controls),
    *(switch_cases, switch_cases_in_action),
    *(inner_controls, one_control_many_calls, control_nesting, function_nesting, function_calls),
    *(action_nesting, action_calls),
    *(sums, nested_parentheses, conjunctions, concatenations, conditional_expressions),
    *(stack_size, stack_statements, constant_loop, loops),
    *(constants, typedefs, enum_members, annotated, comments, one_long_line, macros, definitions),
    *(conditional_text, errors),
]
GROWING: dict[str, _Grow] = {getattr(grow, "__name__", ""): grow for grow in _ALL}
"""By name. All but `errors` are programs that compile."""

_DEEPEST = 40  # the parser refuses what is nested more than 100 deep; an `if` and its block are two
LARGEST = {
    **dict.fromkeys(("nested_ifs", "nested_ifs_in_action", "nested_blocks"), _DEEPEST),
    **dict.fromkeys(("nested_parentheses", "conditional_expressions"), _DEEPEST),
    **dict.fromkeys(("control_nesting", "function_nesting", "action_nesting", "struct_nesting"), 96),
    **dict.fromkeys(("else_if_chain", "else_if_chain_in_action", "else_if_tables"), 480),
    **dict.fromkeys(("sums", "conjunctions"), 960),
    **dict.fromkeys(("concatenations",), 192),
}
"""How far a dimension can grow, where that is not far: the limits of the language, of the parser, or of sense."""
