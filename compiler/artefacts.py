"""What the compiler makes, as bytes in the formats that p4c writes; and which format the name of a file asks for.

json             BMv2 JSON
p4info.FORMAT    P4Info, entries.FORMAT: a P4Runtime WriteRequest; FORMAT is text, binary or json
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from compiler.recursion import deep_recursion

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from compiler.driver import Compiled

FORMATS = {".txtpb": "text", ".txt": "text", ".p4info": "text", ".bin": "binary", ".json": "json"}
"""Suffix of a file -> format of the message in it."""

HEADS = {
    "p4info": "# proto-file: p4/config/v1/p4info.proto\n# proto-message: p4.config.v1.P4Info\n\n",
    "entries": "# proto-file: p4/v1/p4runtime.proto\n# proto-message: p4.v1.WriteRequest\n\n",
}
"""The lines by which editors and tools know what a text proto holds."""


INDENTED_LEVELS = 12
"""Levels of the BMv2 JSON that are indented: all but the insides of expressions."""


def format_of(path: str) -> str | None:
    """The format that the suffix of `path` stands for; None when it stands for none."""
    for suffix, name in FORMATS.items():
        if path.endswith(suffix):
            return name
    return None


def write_down(compiled: Compiled, names: Iterable[str]) -> dict[str, bytes]:
    """The artefacts called `names`, each as the bytes of its file."""
    with deep_recursion():  # json goes a call deeper for each level of the value
        return {name: _one(compiled, name) for name in names}


def drop_assertions(program: Any) -> None:
    """Take `assert` and `assume` out of the actions and parser states of a BMv2 JSON program, in place (--ndebug)."""
    with deep_recursion():
        _drop_assertions(program)


def _drop_assertions(program: Any) -> None:
    if isinstance(program, dict):
        for value in program.values():
            _drop_assertions(value)
    elif isinstance(program, list):
        program[:] = [item for item in program if not _is_assertion(item)]
        for item in program:
            _drop_assertions(item)


def _is_assertion(item: Any) -> bool:
    """Whether it is such a primitive; those of parsers stand in a primitive of their own."""
    if not isinstance(item, dict):
        return False
    if item.get("op") == "primitive":
        return any(_is_assertion(inner) for inner in item.get("parameters", ()))
    return item.get("op") in ("assert", "assume")


def _one(compiled: Compiled, name: str) -> bytes:
    kind, _, form = name.partition(".")
    if kind == "json":
        return (_indented(compiled.json) + "\n").encode()
    message = compiled.p4info if kind == "p4info" else compiled.entries
    return _message(message, form, HEADS[kind])


def _indented(value: Any, indent: str = "") -> str:
    """`value` as JSON, each of the outer levels further in; what is INDENTED_LEVELS deep stands on one line, or the
    blanks before the parts of a long expression would grow with the square of its length.
    """
    if not value or not isinstance(value, (dict, list)) or len(indent) >= 2 * INDENTED_LEVELS:
        return json.dumps(value)
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return "{\n" + inner + f",\n{inner}".join(items) + f"\n{indent}}}"
    return "[\n" + inner + f",\n{inner}".join([_indented(item, inner) for item in value]) + f"\n{indent}]"


def _message(message: Message, form: str, head: str) -> bytes:
    if form == "text":
        from google.protobuf import text_format

        return (head + text_format.MessageToString(message)).encode()
    if form == "binary":
        return message.SerializeToString(deterministic=True)
    from google.protobuf import json_format

    return (json_format.MessageToJson(message, indent=1) + "\n").encode()
