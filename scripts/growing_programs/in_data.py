"""Headers, metadata, structs, stacks and local variables."""

from __future__ import annotations

from growing_programs.template import lines, program


def header_fields(n: int) -> str:
    return program(
        header=lines(n, lambda i: f"bit<8> f{i};"), apply=lines(n, lambda i: f"hdr.h.f{i} = hdr.h.f{(i + 1) % n};")
    )


def headers(n: int) -> str:
    return program(
        top="header x_t { bit<8> v; bit<8> w; }",
        headers=lines(n, lambda i: f"x_t x{i};"),
        apply=lines(n, lambda i: f"if (hdr.x{i}.isValid()) {{ hdr.x{i}.v = 1; }}"),
    )


def metadata_fields(n: int) -> str:
    return program(meta=lines(n, lambda i: f"bit<32> f{i};"), apply=lines(n, lambda i: f"meta.f{i} = hdr.h.d + {i};"))


def struct_copies(n: int) -> str:
    """n copies between two structs of 20 fields."""
    fields = " ".join(f"bit<32> f{i};" for i in range(20))
    return program(
        top=f"struct s_t {{ {fields} }}",
        meta="s_t p; s_t q;",
        apply=lines(n, lambda i: "meta.p = meta.q; meta.q.f1 = hdr.h.d; meta.p.f3 = meta.p.f2;"),
    )


def wide_struct_copies(n: int) -> str:
    """A few copies between two structs of n fields."""
    fields = " ".join(f"bit<32> f{i};" for i in range(n))
    return program(
        top=f"struct s_t {{ {fields} }}",
        meta="s_t p; s_t q;",
        apply="s_t l = meta.p; l.f1 = hdr.h.d; meta.p = meta.q; meta.q = l;",
    )


def local_variables(n: int) -> str:
    return program(
        apply="bit<32> v0 = hdr.h.d;" + lines(n, lambda i: f"bit<32> v{i + 1} = v{i} + hdr.h.e;") + f"hdr.h.d = v{n};"
    )


def late_values(n: int) -> str:
    """n variables that have no value until all are declared."""
    return program(
        apply=lines(n, lambda i: f"bit<32> v{i};") + lines(n, lambda i: f"v{i} = hdr.h.d + {i}; meta.x = v{i};")
    )


def stack_size(n: int) -> str:
    """A stack of n headers read and written at a run-time index."""
    return program(
        top="header x_t { bit<8> v; }",
        headers=f"x_t[{n}] xs;",
        apply="hdr.xs[meta.x].v = hdr.xs[hdr.h.d].v + 1; hdr.xs.push_front(1);",
    )


def stack_statements(n: int) -> str:
    """n statements with a run-time index into a stack of eight."""
    return program(
        top="header x_t { bit<8> v; }",
        headers="x_t[8] xs;",
        apply=lines(n, lambda i: f"hdr.xs[meta.x].v = hdr.xs[hdr.h.d].v + {i % 256};"),
    )
