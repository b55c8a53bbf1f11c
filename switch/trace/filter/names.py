"""A filter's names -> those of a program. A name may be shortened from the left as long as it is unique."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from switch.bmv2_json.program import Program
from switch.trace.filter import syntax, values
from switch.trace.filter.syntax import Filter, FilterError, Word
from switch.trace.filter.tests import (
    ActionTest,
    Between,
    Both,
    Either,
    ErrorTest,
    FateTest,
    FieldTest,
    Inverse,
    NumberTest,
    TableTest,
    Test,
    ValidTest,
)

NUMBER_BITS = 32  # of ports and lengths


def resolve(wanted: Filter, program: Program) -> Test:
    """Raises FilterError for names that the program has not, and values that do not fit."""
    return _Names(wanted.text, program).test(wanted.tree)


class _Names:
    def __init__(self, text: str, program: Program) -> None:
        self.text = text
        self.errors = program.errors
        self.fields = {f"{h.name}.{f.name}": f for h in program.headers.values() for f in h.type.fields if f.width}
        self.headers = [h.name for h in program.headers.values() if not h.metadata]
        self.tables = [t.name for t in program.tables]
        self.actions = sorted({a.name for a in program.actions})

    def test(self, node: syntax.Node) -> Test:
        match node:
            case syntax.And(left, right):
                return Both(self.test(left), self.test(right))
            case syntax.Or(left, right):
                return Either(self.test(left), self.test(right))
            case syntax.Not(inner):
                return Inverse(self.test(inner))
            case syntax.Flag(name):
                return FateTest(name)  # type: ignore[arg-type]  # one of syntax.FLAGS
            case syntax.Call(function, name):
                return self._call(function, name)
            case syntax.Compare():
                return self._compare(node)

    def _call(self, function: str, name: Word) -> Test:
        if function == "valid":
            return ValidTest(self._find("header", name, self.headers))
        if function == "action":
            return ActionTest(self._find("action", name, self.actions))
        return TableTest(function, self._find("table", name, self.tables))  # type: ignore[arg-type]  # one of CALLS

    def _compare(self, node: syntax.Compare) -> Test:
        what, value = node.what, node.value
        if what.text == "error":
            assert value is not None
            if node.comparison not in ("==", "!="):
                raise FilterError(self.text, what.at, "error goes with == and != only")
            name = self._find("parser error", Word(value.text.removeprefix("error."), value.at), self.errors)
            return ErrorTest(name, node.comparison == "!=")
        if what.text in syntax.NUMBERS:
            assert value is not None
            mask = self._mask(node.mask, NUMBER_BITS)
            return NumberTest(what.text, self._between(value, node.comparison, NUMBER_BITS, mask))  # type: ignore[arg-type]
        if not node.comparison and node.mask is None and self._matching(what.text, self.headers):
            return ValidTest(self._find("header", what, self.headers))
        field = self._find("field", what, self.fields)
        width = self.fields[field].width
        mask = self._mask(node.mask, width)
        if value is None:
            return FieldTest(field, Between(0, 0, mask, negate=True))
        return FieldTest(field, self._between(value, node.comparison, width, mask))

    def _between(self, value: Word, comparison: str, width: int, mask: int) -> Between:
        return values.between(self.text, value, comparison, width, mask)

    def _mask(self, mask: Word | None, width: int) -> int:
        if mask is None:
            return (1 << width) - 1
        return self._between(mask, "==", width, (1 << width) - 1).low

    def _matching(self, name: str, known: Iterable[str]) -> list[str]:
        """The names that `name` may mean: itself, those that end with it, or one that it ends with (hdr.ipv4)."""
        names = list(known)
        if name in names:
            return [name]
        short = [n for n in names if n.endswith("." + name)]
        return short or [n for n in names if name.endswith("." + n)]

    def _find(self, kind: str, name: Word, known: Iterable[str]) -> str:
        names = list(known)
        found = self._matching(name.text, names)
        if len(found) == 1:
            return found[0]
        if found:
            raise FilterError(self.text, name.at, f"{kind} {name.text} may be {' or '.join(sorted(found)[:4])}")
        close = difflib.get_close_matches(name.text, names, 3, 0.5)
        hint = f"; did you mean {' or '.join(close)}?" if close else _those(kind, names)
        raise FilterError(self.text, name.at, f"the program has no {kind} {name.text}{hint}")


def _those(kind: str, names: list[str]) -> str:
    return f"; its {kind}s: {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}" if names else ""
