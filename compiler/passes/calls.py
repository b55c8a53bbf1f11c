"""Copy-in and copy-out: what a call's arguments become when its body is put in its place (spec §6.8).

By the specification every argument is copied into a new variable, and those of out and inout parameters back after the
call, left to right. Where nobody can tell the difference the parameter simply stands for its argument: when the
argument is storage known at compile time, and neither another argument nor what the body uses besides its parameters
overlaps it in a way that would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from compiler import tree
from compiler import types as t
from compiler.diagnostics import Span
from compiler.passes import build
from compiler.passes.order_effects import freeze_indexes
from compiler.passes.paths import Effects, Path, location, static_path, whole_union


@dataclass(slots=True)
class Binding:
    """`before` the body, what stands for the parameters inside it, and `after` it."""

    before: list[tree.Statement] = field(default_factory=list)
    substitution: dict[tree.Declaration, tree.Expression] = field(default_factory=dict)
    after: list[tree.Statement] = field(default_factory=list)


def bind(
    parameters: Sequence[tree.Parameter],
    arguments: Sequence[tree.Expression],
    span: Span,
    captured: Effects | None = None,
    order: Sequence[int] = (),
    *,
    in_parser: bool = False,
) -> Binding:
    """Bind `arguments`, all free of effects, to `parameters`. `captured`: what the body touches besides its
    parameters. `order`: see `tree.Call`.
    """
    binding = Binding()
    for i in order or range(len(arguments)):
        parameter, argument = parameters[i], arguments[i]
        shared = is_safe(i, parameters, arguments, captured or Effects())
        if isinstance(parameter.type, t.ExternType) or isinstance(argument, tree.InstanceRef):
            binding.substitution[parameter] = argument
        elif is_written(parameter):
            _bind_output(parameter, argument, shared, span, binding, in_parser)
        elif shared:
            binding.substitution[parameter] = argument
        else:
            copy = build.variable(parameter.name, parameter.type, span)
            value = None if isinstance(argument, tree.DontCare) else argument
            binding.before.append(tree.Declare(span, copy, value))
            binding.substitution[parameter] = build.ref(copy, span)
    return binding


def is_written(parameter: tree.Parameter) -> bool:
    return parameter.direction in (tree.Direction.OUT, tree.Direction.INOUT)


def _bind_output(
    parameter: tree.Parameter,
    argument: tree.Expression,
    shared: bool,
    span: Span,
    binding: Binding,
    in_parser: bool,
) -> None:
    copied_in = parameter.direction is tree.Direction.INOUT
    if shared:
        binding.substitution[parameter] = argument
        if not copied_in:
            binding.before += build.invalidate(argument, span, in_parser=in_parser)  # out headers start invalid
        elif whole_union(argument):  # to assign an invalid header to a member makes the union invalid (spec §8.21)
            binding.after.append(
                build.conditional(build.is_valid(argument), [], build.invalidate(argument, span), span)
            )
        return
    copy = build.variable(parameter.name, parameter.type, span)
    binding.substitution[parameter] = build.ref(copy, span)
    if isinstance(argument, tree.DontCare):
        binding.before.append(tree.Declare(span, copy, None))
        return
    place = freeze_indexes(argument, binding.before)
    binding.before.append(tree.Declare(span, copy, place if copied_in else None))
    binding.after.append(tree.Assign(span, place, build.ref(copy, span)))


def is_safe(
    i: int, parameters: Sequence[tree.Parameter], arguments: Sequence[tree.Expression], captured: Effects
) -> bool:
    """Whether parameter `i` may stand for its argument itself."""
    argument, written = arguments[i], is_written(parameters[i])
    if tree.is_literal(argument):
        return not written
    path = static_path(argument)
    if path is None:
        return False
    path = whole_union(argument) or path  # one member's validity is the others', too
    for j, other in enumerate(arguments):
        if j == i or not (written or is_written(parameters[j])):
            continue
        # An `in` argument that is no storage is evaluated before the body runs, so it cannot see a change.
        place: Path | None = whole_union(other) or location(other)
        if place is not None and place.overlaps(path):
            return False
    changed = captured.touched if written else captured.writes
    return not any(p.overlaps(path) for p in changed)
