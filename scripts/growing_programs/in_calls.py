"""Controls, functions, actions and externs that are called."""

from __future__ import annotations

from growing_programs.template import lines, program


def inner_controls(n: int) -> str:
    """n instances of a control with a table and inout parameters, beside one another."""
    table = "table t { key = { v: exact; } actions = { set; NoAction; } }"
    sub = f"control Sub(inout bit<32> v, in bit<8> w) {{ action set(bit<8> z) {{ v = v + (bit<32>)(w + z); }} {table}"
    return program(
        controls=sub + " apply { t.apply(); } }",
        locals=lines(n, lambda i: f"Sub() s{i};"),
        apply=lines(n, lambda i: f"s{i}.apply(meta.x, hdr.h.a);"),
    )


def one_control_many_calls(n: int) -> str:
    """One instance applied n times: its tables stand in one place, its statements in n."""
    return program(
        controls="control Sub(inout bit<32> v, in bit<8> w) {"
        " apply { if (w == 3) { v = v + 7; } else { v = v ^ 1; } } }",
        locals="Sub() s;",
        apply=lines(n, lambda i: f"s.apply(meta.x, hdr.h.a + {i % 256});"),
    )


def control_nesting(n: int) -> str:
    """Controls n deep, each with one instance of the one below it."""
    inner = "control C0(inout bit<32> v) { apply { v = v + 1; } }"
    outer = "control C{j}(inout bit<32> v) {{ C{i}() c; apply {{ c.apply(v); v = v ^ {i}; }} }}"
    return program(
        controls=inner + lines(n, lambda i: outer.format(i=i, j=i + 1)), locals=f"C{n}() c;", apply="c.apply(meta.x);"
    )


def function_nesting(n: int) -> str:
    """Functions n deep, each calling the one below it."""
    outer = "bit<32> f{j}(in bit<32> v) {{ bit<32> w = f{i}(v + 1); return w ^ {i}; }}"
    return program(
        top="bit<32> f0(in bit<32> v) { return v + 1; }" + lines(n, lambda i: outer.format(i=i, j=i + 1)),
        apply=f"meta.x = f{n}(meta.x);",
    )


def function_calls(n: int) -> str:
    function = "bit<32> f(in bit<32> v, in bit<32> w) { if (v == w) { return v; } bit<32> z = v * 3; return z + w; }"
    return program(top=function, apply=lines(n, lambda i: f"meta.x = f(meta.x, hdr.h.d + {i});"))


def action_nesting(n: int) -> str:
    outer = "action a{j}(inout bit<32> v) {{ a{i}(v); v = v ^ {i}; }}"
    return program(
        locals="action a0(inout bit<32> v) { v = v + 1; }" + lines(n, lambda i: outer.format(i=i, j=i + 1)),
        apply=f"a{n}(meta.x);",
    )


def action_calls(n: int) -> str:
    return program(
        locals="action a(inout bit<32> v, in bit<32> w) { v = v + w; meta.m = meta.m + 1; }",
        apply=lines(n, lambda i: f"a(meta.x, hdr.h.d + {i});"),
    )


def externs(n: int) -> str:
    return program(
        locals=lines(n, lambda i: f"register<bit<32>>(16) r{i}; counter(16, CounterType.packets) c{i};"),
        apply=lines(n, lambda i: f"r{i}.read(meta.x, 1); r{i}.write(2, meta.x + 1); c{i}.count(3);"),
    )


def hashes(n: int) -> str:
    call = "hash(meta.x, HashAlgorithm.crc32, 32w0, {{ hdr.h.a, hdr.h.d, 8w{v} }}, 32w{v});"
    return program(apply=lines(n, lambda i: call.format(v=i % 256)))
