"""What the language allows but the target, v1model on simple_switch, does not; as p4c refuses it, so
that programs fit both compilers.
"""

from __future__ import annotations

from compiler import tree, types
from compiler.check.applied_once import check_applied_once
from compiler.check.cautions import warn_of_misuse
from compiler.check.direct_resources import check_direct_resources
from compiler.check.fold import integer
from compiler.check.validity import warn_of_invalid_headers
from compiler.diagnostics import Diagnostics, Note
from compiler.rewrite import walk

V1MODEL = "V1Switch"
"""The package of v1model."""


def check_target(program: tree.Program, diagnostics: Diagnostics) -> None:
    """Report what cannot be done with a program that is right otherwise. Other architectures have other limits."""
    if program.main is None or program.main.type.name != V1MODEL:
        return
    tables = [table for control in tree.all_controls(program) for table in control.tables]
    for node in walk(program):
        match node:
            case tree.Binary(op="/" | "%"):
                _division(node, diagnostics)
            case tree.ExternFunctionCall():
                _extern_call(node, diagnostics)
    _headers_and_metadata(program, diagnostics)
    for table in tables:
        _table(table, diagnostics)
    check_applied_once(program, diagnostics)
    check_direct_resources(program, diagnostics)
    warn_of_misuse(program, diagnostics)
    warn_of_invalid_headers(program, diagnostics)


def _division(node: tree.Binary, diagnostics: Diagnostics) -> None:
    divisor = integer(node.right)
    if integer(node.left) == 0:
        return  # 0, whatever it is divided by
    if divisor is None or divisor & (divisor - 1):
        message = f"{node.op}: run-time values can only be divided by constant powers of two"
        diagnostics.error("invalid", message, node.span)


def _headers_and_metadata(program: tree.Program, diagnostics: Diagnostics) -> None:
    """The type parameters H and M of v1model stand for structs."""
    parser = tree.main_instances(program)[0]
    for parameter in parser.parameters[1:3]:
        if not isinstance(parameter.type, types.StructType):
            message = f"{parameter.name}: the headers and metadata of v1model are structs, not {parameter.type}"
            diagnostics.error("expected", message, parameter.span)


def _extern_call(node: tree.ExternFunctionCall, diagnostics: Diagnostics) -> None:
    """What v1model.p4 says of its functions in words."""
    name = node.function.name
    if name == "digest" and len(node.type_arguments) == 1:
        _digest(node, diagnostics)
    elif name == "mark_to_drop" and not node.arguments:
        message = "mark_to_drop needs the standard metadata, in which it marks the packet"
        diagnostics.error("Target model error", message, node.span, hint="mark_to_drop(standard_metadata)")
    elif name == "hash":
        for parameter, argument in zip(node.signature.parameters, node.arguments, strict=True):
            if parameter.name == "data" and not isinstance(argument.type, types.FieldsType | types.TupleType):
                message = f"hash takes a tuple or struct of fields, not {argument.type}"
                diagnostics.error("legacy", message, argument.span, hint="braces around it, as in { value }")


def _digest(node: tree.ExternFunctionCall, diagnostics: Diagnostics) -> None:
    if isinstance(node.type_arguments[0], types.HeaderType):
        header = node.type_arguments[0]
        note = Note("the digest is here", node.span)
        message = f"a digest cannot be the header {header}: a struct is expected"
        diagnostics.error("Target model error", message, header.span, note)
    elif not isinstance(node.type_arguments[0], types.StructType):
        message = "this digest has no struct type, whose name would be its name for the control plane"
        diagnostics.warning("mismatch", message, node.span)


def _table(table: tree.Table, diagnostics: Diagnostics) -> None:
    lpm = [key for key in table.keys if key.match_kind == "lpm"]
    if len(lpm) > 1:
        note = Note("the first of them", lpm[0].span)
        message = f"the table {table.control_plane_name} has several lpm keys"
        diagnostics.error("unsupported", message, table.span, note)
    for reference in table.actions:
        for parameter in reference.action.data_parameters:
            if not _may_be_data(parameter.type):
                message = f"{parameter.name}: the control plane cannot give a value of type {parameter.type}"
                diagnostics.error("type-error", message, parameter.span)
    if "implementation" in table.properties:
        message = f"the target has no default action for {table.control_plane_name}, as it has an action profile"
        diagnostics.warning("unsupported", message, table.span)


def _may_be_data(type_: types.Type) -> bool:
    below = types.strip_new_types(type_)
    return isinstance(below, types.BitType | types.IntType | types.BoolType | types.SerEnumType)
