"""Expressions."""

from __future__ import annotations

from growing_programs.template import lines, program


def sums(n: int) -> str:
    return program(apply="meta.x = " + " + ".join(["hdr.h.d", "hdr.h.e"] * (n // 2)) + ";")


def nested_parentheses(n: int) -> str:
    return program(apply="meta.x = " + "(hdr.h.d + " * n + "1" + ")" * n + ";")


def conjunctions(n: int) -> str:
    condition = " && ".join(f"hdr.h.d != {i}" for i in range(n))
    return program(apply=f"if ({condition}) {{ hdr.h.a = 1; }}")


def concatenations(n: int) -> str:
    parts = " ++ ".join(["hdr.h.a", "hdr.h.b"] * (n // 2))
    return program(meta=f"bit<{8 * (n // 2 * 2)}> wide;", apply=f"meta.wide = {parts};")


def conditional_expressions(n: int) -> str:
    return program(apply="meta.x = " + "".join(f"hdr.h.d == {i} ? hdr.h.e + {i} : " for i in range(n)) + "hdr.h.d;")


def slices(n: int) -> str:
    return program(apply=lines(n, lambda i: f"hdr.h.d[{i % 31 + 1}:{i % 31}] = hdr.h.e[{i % 30 + 2}:{i % 30 + 1}];"))
