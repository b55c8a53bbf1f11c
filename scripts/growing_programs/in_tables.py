"""Tables, their keys, actions and entries."""

from __future__ import annotations

from growing_programs.template import lines, program


def tables(n: int) -> str:
    return program(
        locals=lines(
            n,
            lambda i: (
                f"action a{i}(bit<8> v) {{ hdr.h.a = v; }}\n"
                f"table t{i} {{ key = {{ hdr.h.b: exact; hdr.h.d: lpm; }} actions = {{ a{i}; NoAction; }} }}"
            ),
        ),
        apply=lines(n, lambda i: f"t{i}.apply();"),
    )


def tables_with_hit(n: int) -> str:
    table = "table t{i} {{ key = {{ hdr.h.b: exact; }} actions = {{ NoAction; }} }}"
    return program(
        locals=lines(n, lambda i: table.format(i=i)),
        apply=lines(n, lambda i: f"if (t{i}.apply().hit) {{ hdr.h.a = {i % 256}; }} else {{ hdr.h.c = hdr.h.c + 1; }}"),
    )


def actions(n: int) -> str:
    declarations = lines(n, lambda i: f"action a{i}(bit<8> v, bit<32> w) {{ hdr.h.a = v; meta.x = w + {i}; }}")
    names = " ".join(f"a{i};" for i in range(n))
    return program(
        locals=f"{declarations} table t {{ key = {{ hdr.h.b: exact; }} actions = {{ {names} }} }}", apply="t.apply();"
    )


def action_run(n: int) -> str:
    declarations = lines(n, lambda i: f"action a{i}() {{ hdr.h.a = {i % 256}; }}")
    names = " ".join(f"a{i};" for i in range(n))
    cases = lines(n, lambda i: f"a{i}: {{ hdr.h.c = {i}; meta.x = meta.x + 1; }}")
    return program(
        locals=f"{declarations} table t {{ key = {{ hdr.h.b: exact; }} actions = {{ {names} }} }}",
        apply=f"switch (t.apply().action_run) {{ {cases} }}",
    )


def keys(n: int) -> str:
    parts = lines(n, lambda i: f"hdr.h.f{i}: ternary;")
    return program(
        header=lines(n, lambda i: f"bit<8> f{i};"),
        locals=f"table t {{ key = {{ {parts} }} actions = {{ NoAction; }} }}",
        apply="t.apply();",
    )


def const_entries(n: int) -> str:
    entries = lines(n, lambda i: f"(8w{i % 256}, 32w{i} &&& 32w0xffffffff): set({i % 256});")
    return program(
        locals="action set(bit<8> v) { hdr.h.a = v; } table t { key = { hdr.h.b: exact; hdr.h.d: ternary; }"
        f" actions = {{ set; NoAction; }} const entries = {{ {entries} }} }}",
        apply="t.apply();",
    )
