"""An intent file, from text to a checked model.

read_document (YAML, positions) -> pydantic (shape) -> check (does it fit together) -> Intent, or every problem found.
A part with a wrong shape is taken out and the rest still checked, so that one run names all there is to mend.
"""

from __future__ import annotations

import difflib
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..bulk import no_collection
from .check import Broken, check
from .document import read_document
from .models import AclRule, Gateway, Host, Intent, Port, Subnet, Tenant, Vm, Vtep
from .problems import IntentError, Located, Path, Problem, did_you_mean, dotted


def load_intent(path: str | FilePath) -> Intent:
    """Read and check a file. Raises IntentError; its text is what to show the user, one line a problem."""
    file = str(path)
    try:
        text = FilePath(path).read_bytes().decode("utf-8")
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}. Give the path of an intent file."
        raise IntentError(file, [Located(1, 1, (), why)]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise IntentError(file, [Located(line, 1, (), "is not UTF-8 text. Save it as UTF-8.")]) from None
    return parse_intent(text, file)


def parse_intent(text: str, file: str = "intent") -> Intent:
    """As `load_intent`, from text; `file` is the name that messages carry."""
    document = read_document(text)
    if document.data is None and not document.problems:
        raise IntentError(file, [Located(1, 1, (), "the file is empty. Start with hosts:, gateways: and tenants:.")])
    if document.data is None:
        raise IntentError(file, document.problems)
    with no_collection():
        intent, problems, broken = _shape(document.data)
        if intent is not None:
            problems += check(intent, broken)
    located = document.problems + [document.locate(problem) for problem in problems]
    if located or intent is None:
        raise IntentError(file, located)
    return intent


def _shape(data: Any) -> tuple[Intent | None, list[Problem], Broken]:
    """Validate; where parts are wrong, take them out and validate the rest."""
    try:
        return Intent.model_validate(data), [], Broken(frozenset())
    except ValidationError as error:
        details = error.errors(include_url=False)
    misspelt = {_misspelt(one["loc"]) for one in details if one["type"] == "extra_forbidden"}
    problems = [_problem(one) for one in details if one["type"] != "missing" or one["loc"] not in misspelt]
    out = {path for one in details if (path := _take_out(data, _problem(one).path)) is not None}
    try:
        return Intent.model_validate(data), problems, Broken(frozenset(out))
    except ValidationError:  # too little is left to check the rest; what is wrong has been said
        return None, problems, Broken(frozenset(out))


def _take_out(data: Any, path: Path) -> Path | None:
    """Remove the smallest part of the document that can go and leave the rest valid; return its path."""
    while path:
        *above, last = path
        holder = data
        for step in above:
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                return None  # went out already, with a part around it
        if isinstance(holder, list) and isinstance(last, int) and len(above) > 1 and above[-1] == "acl":
            holder[last] = {"action": "allow"}  # keeps the places of the others
            return path
        if isinstance(holder, dict) and last in holder and _may_go(tuple(above), last):
            del holder[last]
            return path
        path = tuple(above)
    return None


def _may_go(above: Path, key: str | int) -> bool:
    """Is the part a named item, an unknown key, or a key that may be left out?"""
    model = _model_at(above)
    if model is None:
        return True
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return key not in fields or not fields[str(key)].is_required()


def _model_at(path: Path) -> type[BaseModel] | None:
    """The model whose keys stand at `path`; None where names of the user's choice stand."""
    match path:
        case ():
            return Intent
        case ("hosts", _):
            return Host
        case ("gateways", _):
            return Gateway
        case ("gateways", _, "vtep"):
            return Vtep
        case ("gateways", _, "ports", _):
            return Port
        case ("tenants", _, "subnets", _):
            return Subnet
        case ("tenants", _, "vms", _):
            return Vm
        case ("tenants", _, "acl", _):
            return AclRule
        case ("tenants", _):
            return Tenant
    return None


def _misspelt(path: Path) -> Path:
    """The key that was probably meant by an unknown one."""
    return (*path[:-1], *difflib.get_close_matches(str(path[-1]), _keys(_model_at(path[:-1])), n=1))


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _problem(error: ErrorDetails) -> Problem:
    """pydantic's complaint in our words."""
    path: Path = tuple(step for step in error["loc"] if step != "[key]")
    kind = error["type"]
    if "[key]" in error["loc"]:
        return Problem(path, error["msg"], at_key=True)
    match kind:
        case "p4gate":
            return Problem(path, error["msg"])
        case "missing":
            key = path[-1]
            return Problem(path, f"is missing. Add {key}: to {dotted(path[:-1]) or 'the file'}.", at_key=True)
        case "extra_forbidden":
            hint = did_you_mean(str(path[-1]), _keys(_model_at(path[:-1])))
            return Problem(path, f"there is no such key here. {hint}", at_key=True)
        case "model_type" | "model_attributes_type" | "dict_type":
            got = "nothing" if error["input"] is None else "a list" if isinstance(error["input"], list) else "one value"
            return Problem(path, f"a mapping (key: value) belongs here, not {got}. Indent its keys below it.")
        case "list_type":
            return Problem(path, "a list belongs here. Write [a, b], or one line a part, each starting with a dash.")
        case "literal_error":
            expected = str(error.get("ctx", {}).get("expected", "")).replace("'", "")
            return Problem(path, f"{error['input']!r} is not possible here. Write {expected}.")
        case "string_type":
            return Problem(path, f"{error['input']!r} is not text. Write a name, or put it in quotes.")
    return Problem(path, f"{error['msg']}. Mend the value.")
