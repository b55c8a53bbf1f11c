"""Statements: conditions, blocks, loops, and what leaves them early."""

from __future__ import annotations

from growing_programs.template import lines, nested, program


def statements(n: int) -> str:
    return program(apply=lines(n, lambda i: f"meta.x = meta.x + hdr.h.d; hdr.h.e = meta.x ^ {i};"))


def action_statements(n: int) -> str:
    body = lines(n, lambda i: f"meta.x = meta.x + hdr.h.d; hdr.h.e = meta.x ^ {i};")
    return program(locals=f"action a() {{ {body} }}", apply="a();")


def else_if_chain(n: int) -> str:
    return program(
        apply=" else ".join(f"if (hdr.h.d == {i}) {{ hdr.h.a = {i % 256}; meta.x = meta.x + 1; }}\n" for i in range(n))
    )


def else_if_chain_in_action(n: int) -> str:
    chain = " else ".join(f"if (hdr.h.d == {i}) {{ hdr.h.a = {i % 256}; meta.x = meta.x + 1; }}\n" for i in range(n))
    return program(locals=f"action a() {{ {chain} }}", apply="a();")


def else_if_tables(n: int) -> str:
    table = "table t{i} {{ key = {{ hdr.h.b: exact; }} actions = {{ NoAction; }} }}"
    return program(
        locals=lines(n, lambda i: table.format(i=i)),
        apply=" else ".join(f"if (hdr.h.d == {i}) {{ t{i}.apply(); }}\n" for i in range(n)),
    )


def ifs(n: int) -> str:
    return program(apply=lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; }}"))


def ifs_in_action(n: int) -> str:
    body = lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; }}")
    return program(locals=f"action a() {{ {body} }}", apply="a();")


def ifs_in_parser(n: int) -> str:
    return program(start=lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; }}") + "transition accept;")


def nested_ifs(n: int) -> str:
    return program(apply=nested(n, lambda i: f"if (hdr.h.d != {i}) {{ meta.x = meta.x + 1;", "hdr.h.a = 1;"))


def nested_ifs_in_action(n: int) -> str:
    body = nested(n, lambda i: f"if (hdr.h.d != {i}) {{ meta.x = meta.x + 1;", "hdr.h.a = 1;")
    return program(locals=f"action a() {{ {body} }}", apply="a();")


def nested_blocks(n: int) -> str:
    return program(apply=nested(n, lambda i: f"{{ bit<32> v{i} = hdr.h.d + {i}; meta.x = meta.x + v{i};", ""))


def early_returns(n: int) -> str:
    return program(apply=lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; return; }}"))


def early_returns_in_action(n: int) -> str:
    body = lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; return; }}")
    return program(locals=f"action a() {{ {body} }}", apply="a();")


def exits(n: int) -> str:
    return program(apply=lines(n, lambda i: f"if (hdr.h.d == {i}) {{ meta.x = meta.x + {i}; exit; }}"))


def exits_in_inner_controls(n: int) -> str:
    declarations = "action bye() { exit; } table t { key = { v: exact; } actions = { bye; NoAction; } }"
    return program(
        controls=f"control Sub(inout bit<32> v) {{ {declarations} apply {{ t.apply(); v = v + 1; }} }}",
        locals=lines(n, lambda i: f"Sub() s{i};"),
        apply=lines(n, lambda i: f"s{i}.apply(meta.x);"),
    )


def switch_cases(n: int) -> str:
    return program(
        apply=f"switch (hdr.h.d) {{ {lines(n, lambda i: f'{i}: {{ meta.x = meta.x + {i}; }}')} default: {{ }} }}"
    )


def switch_cases_in_action(n: int) -> str:
    cases = lines(n, lambda i: f"{i}: {{ meta.x = meta.x + {i}; }}")
    return program(locals=f"action a() {{ switch (hdr.h.d) {{ {cases} default: {{ }} }} }}", apply="a();")


def constant_loop(n: int) -> str:
    return program(apply=f"for (bit<32> i = 0; i < {n}; i = i + 1) {{ meta.x = meta.x + i; }}")


def loops(n: int) -> str:
    return program(
        locals="action a() {"
        + lines(n, lambda i: f"for (bit<8> i{i} in 0..3) {{ meta.x = meta.x + (bit<32>)i{i}; }}")
        + "}",
        apply="a();",
    )
