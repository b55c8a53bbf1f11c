"""What only the traced object has: sizes of action data, and a comparison of all fields before and after an action."""

from __future__ import annotations

from switch.bmv2_json.program import HeaderType, Program
from switch.codegen.layout import Layout, param_places
from switch.codegen.names import comment


def trace_hooks(program: Program, layout: Layout) -> list[str]:
    """action_words(action) and trace_changes(t, before, after)"""
    words = ", ".join(str(param_places(a)[1]) for a in program.actions) or "0"
    lines = [
        "static unsigned action_words(uint32_t action)",
        "{",
        f"    static const uint8_t words[] = {{{words}}};",
        "    return action < sizeof words ? words[action] : 0;",
        "}",
        "",
    ]
    lines += [
        "static void trace_changes(struct trace *t, const struct packet *before, const struct packet *after)",
        "{",
    ]
    for header in program.headers.values():
        place = layout.places[header.name]
        name = comment(header.name)
        if place.bit is not None:
            lines.append(
                f'    trace_validity(t, "{name}", is_valid(before, {place.bit}), is_valid(after, {place.bit}));'
            )
            lines.append(f"    if (is_valid(after, {place.bit})) {{")
        else:
            lines.append("    {")
        lines += _fields(header.type, place.member, name, layout, place.bit)
        lines.append("    }")
    return [*lines, "}", ""]


def _fields(header_type: HeaderType, member: str, name: str, layout: Layout, bit: int | None) -> list[str]:
    lines = []
    names = layout.field_names[header_type.name]
    fresh = f"!is_valid(before, {bit})" if bit is not None else "0"
    for f in header_type.fields:
        if f.width == 0:
            continue
        path = f"{member}.{names[f.name]}"
        label = f'"{name}.{comment(f.name)}"'
        if f.varbit:
            lines.append(
                f"        trace_bytes(t, {label}, before->{path}.bytes, before->{path}.length, after->{path}.bytes, "
                f"after->{path}.length);"
            )
        elif f.width > 128:
            n = (f.width + 7) // 8
            lines.append(f"        trace_bytes(t, {label}, before->{path}, {n}, after->{path}, {n});")
        else:
            lines.append(f"        trace_field(t, {label}, {fresh}, before->{path}, after->{path});")
    return lines
