"""Declarations of constants and types; comments, macros, and whatever else is gone after parsing."""

from __future__ import annotations

from growing_programs.template import lines, program


def constants(n: int) -> str:
    return program(
        top="const bit<32> K0 = 1;" + lines(n, lambda i: f"const bit<32> K{i + 1} = K{i} * 3 + {i};"),
        apply=f"meta.x = K{n};",
    )


def typedefs(n: int) -> str:
    return program(
        top="typedef bit<32> t0;" + lines(n, lambda i: f"typedef t{i} t{i + 1};"),
        apply=f"t{n} v = hdr.h.d; meta.x = v;",
    )


def enum_members(n: int) -> str:
    return program(
        top=f"enum bit<32> kind {{ {', '.join(f'k{i} = {i}' for i in range(n))} }}",
        apply=lines(n, lambda i: f"if (hdr.h.d == kind.k{i}) {{ meta.x = kind.k{(i + 1) % n}; }}"),
    )


def struct_nesting(n: int) -> str:
    return program(
        top="struct s0 { bit<32> v; }" + lines(n, lambda i: f"struct s{i + 1} {{ s{i} s; bit<8> w; }}"),
        meta=f"s{n} deep;",
        apply=f"meta.deep{'.s' * n}.v = hdr.h.d; meta.x = meta.deep{'.s' * n}.v;",
    )


def annotated(n: int) -> str:
    return program(
        locals=lines(n, lambda i: f'@brief("number {i}") @anything{i}[key=1, other="x {i}"]')
        + "table t { key = { hdr.h.b: exact; } actions = { NoAction; } }",
        apply="t.apply();",
    )


def comments(n: int) -> str:
    return lines(n, lambda i: f"// line {i} of a long comment\n/* and a block {i}\n of two lines */") + program()


def one_long_line(n: int) -> str:
    return program(apply=" ".join(f"meta.x = meta.x + {i};" for i in range(n)))


def macros(n: int) -> str:
    """A macro with arguments, used n times."""
    return "#define ADD(field, number) meta.x = meta.x + (field ^ (number))\n" + program(
        apply=lines(n, lambda i: f"ADD(hdr.h.d, {i});")
    )


def definitions(n: int) -> str:
    """n macros, each used once."""
    return lines(n, lambda i: f"#define N{i} {i}") + program(apply=lines(n, lambda i: f"meta.x = meta.x + N{i};"))


def conditional_text(n: int) -> str:
    return program(
        apply="\n" + lines(n, lambda i: f"#if {i} % 2 == 1\nmeta.x = meta.x + {i};\n#else\nmeta.m = 1;\n#endif") + "\n"
    )


def errors(n: int) -> str:
    """Not a program: n type errors."""
    return program(apply=lines(n, lambda i: f"meta.x = hdr.h.a + unknown{i};"))
