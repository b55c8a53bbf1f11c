"""The run of the preprocessor: the stack of open files, conditionals (ISO C 6.10.1), #include, #define, #line ...

As in GNU cpp for assembler text: an unknown directive is no error (p4c's parser skips such a line), and neither is
a lone quote. Not known here: assertions and `_Pragma`.

What is bounded: the depth of #include, the number and size of the files, and what macros make (`expansion.py`).
At a bound one error is reported and the text ends there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compiler.diagnostics import Diagnostics, Note, Span
from compiler.preprocessor.condition import HAS_INCLUDE, ConditionError, evaluate
from compiler.preprocessor.expansion import MAX_TOKENS, CallError, Expander, ExpansionLimit, Stream
from compiler.preprocessor.files import Files, Found, search
from compiler.preprocessor.layout import Layout
from compiler.preprocessor.lines import Line, LineReader
from compiler.preprocessor.macros import Macro, MacroError, define
from compiler.preprocessor.tokens import IDENTIFIER, NUMBER, STRING, Token, scan, spelled

PREPROCESSOR = "I/O error"
"""The kind of every error of the preprocessor, as with p4c: there cpp is a program whose output cannot be read."""

MAX_INCLUDE_DEPTH = 200
MAX_FILES = 10_000
MAX_CHARACTERS = 50_000_000

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONDITIONALS = frozenset({"if", "ifdef", "ifndef", "elif", "elifdef", "elifndef", "else", "endif"})
_IGNORED = frozenset({"pragma", "ident", "sccs", "assert", "unassert"})
SPECIAL = ("__FILE__", "__LINE__", "__BASE_FILE__", "__INCLUDE_LEVEL__", "__COUNTER__")
TIMES = ("__DATE__", "__TIME__", "__TIMESTAMP__")


class Stop(Exception):
    """A bound was passed and reported; the text ends."""


@dataclass(slots=True)
class _Conditional:
    """An #if whose #endif is to come. `is_live`: the text is kept now; `was_live`: a branch of it was kept."""

    line: Line
    is_live: bool
    was_live: bool
    outer_is_live: bool
    has_else: bool = False


@dataclass(slots=True)
class _Open:
    """A file that is being read. `name` and `shift` are what #line makes of its name and line numbers."""

    path: str
    shown: str
    reader: LineReader
    found: Found
    name: str
    shift: int = 0
    conditionals: list[_Conditional] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return not self.conditionals or self.conditionals[-1].is_live


class Preprocessor:
    """Preprocesses one text into `layout`. `path` is the search path; `show` gives the name by which spans know a path.

    `now` is what __DATE__ and __TIME__ say; without it they are no macros. `is_preprocessed`: there are no macros at
    all, and of directives only line marks count.
    """

    def __init__(
        self,
        diagnostics: Diagnostics,
        files: Files,
        path: Sequence[str],
        show: Callable[[str], str],
        now: datetime | None = None,
        is_preprocessed: bool = False,
    ) -> None:
        self.layout = Layout()
        self._diagnostics = diagnostics
        self._files = files
        self._path = path
        self._show = show
        self._now = now
        self._macros: dict[str, Macro] = {}
        self._expander = Expander(self._macros, self._special)
        self._stack: list[_Open] = []
        self._once: set[str] = set()
        self._counter = 0
        self._characters = 0
        self._entered = 0
        self._is_preprocessed = is_preprocessed
        if is_preprocessed:
            return
        for name in (*SPECIAL, *(TIMES if now is not None else ())):
            self._macros[name] = Macro(name, [], special=True)

    def define(self, definition: str) -> None:
        """Define a macro as -D does: NAME, NAME=VALUE or NAME(PARAMETERS)=VALUE."""
        if self._is_preprocessed:
            return
        name, equals, value = definition.partition("=")
        try:
            macro = define(scan(f"{name} {value if equals else '1'}"), None)
        except MacroError as error:
            self._diagnostics.error(PREPROCESSOR, f"-D {definition}: {error}", Span("<command line>", 1, 1, 1, 1))
            return
        self._macros[macro.name] = macro

    def undefine(self, name: str) -> None:
        self._macros.pop(name, None)

    def run(self, text: str, path: str) -> None:
        """Preprocess `text`, the contents of `path`. Problems become diagnostics."""
        try:
            self._enter(text, path, Found(path, -1))
            while self._stack:
                self._step()
        except Stop:
            self.layout.drop()
        self.layout.finish()

    # Lines

    def _step(self) -> None:
        """Take the next line of the innermost file, or leave the file."""
        current = self._stack[-1]
        line = self._read(current)
        if line is None:
            for conditional in current.conditionals:
                self._error(PREPROCESSOR, "#if without #endif", self._directive_span(current, conditional.line))
            self._stack.pop()
            return
        number = line.number + current.shift
        if line.in_string:
            # GNU cpp takes the lines of a string apart like all others: blanks before a token become one.
            self.layout.catch_up(current.name, number)
            self._expand_line(current, line)
            self.layout.catch_up(current.name, number + 1)
        elif line.starts is None and self._macros.keys().isdisjoint(_WORD.findall(line.text)):
            self.layout.line(current.name, number, line.text)
        else:
            self._expand_line(current, line)

    def _read(self, current: _Open) -> Line | None:
        """The next line of text that is kept; directives on the way are carried out.

        An #include makes another file the current one: then the line returned is empty.
        """
        while (line := current.reader.read()) is not None:
            if line.is_directive:
                depth = len(self._stack)
                self._directive(current, line)
                current.reader.skipping = not current.is_live
                if len(self._stack) != depth:
                    return Line("", line.number)
            elif current.is_live:
                if current.name != current.shown:
                    self._keep_renamed(current, line)
                return line
        return None

    def _keep_renamed(self, current: _Open, line: Line) -> None:
        """Let messages quote the lines of a file that only #line knows: those of the file that has it."""
        for number in line.numbers or [line.number]:
            text = self._diagnostics.sources.line(current.shown, number)
            self._diagnostics.sources.rename(current.name, number + current.shift, text or "")

    def _expand_line(self, current: _Open, line: Line) -> None:
        def refill() -> list[Token] | None:
            following = self._read(current)
            if following is None or self._stack[-1] is not current:
                return None
            return scan(following.text, following)

        stream = self._expander.stream(scan(line.text, line), refill)
        while True:
            try:
                token = stream.next()
                if token is None:
                    break
                if stream.from_text:
                    assert isinstance(token.line, Line)
                    number, column = token.line.place(token.offset)
                    self.layout.copy(current.name, number + current.shift, column, token)
                else:
                    self._lay_out_expanded(current, stream, token)
            except CallError as error:
                self._expander.give_up()
                self._error(PREPROCESSOR, str(error), self._call_span(current, stream))
                break
            except (ExpansionLimit, RecursionError) as error:
                self._report_limit(current, stream, error)
        self.layout.finish()

    def _lay_out_expanded(self, current: _Open, stream: Stream, token: Token) -> None:
        call = stream.call
        assert call is not None
        span = self._call_span(current, stream)
        number, column = span.line, span.column - 1
        macro = self._macros.get(call.text)
        if macro is not None and macro.span is not None:
            place = (span.file, span.line, span.column)
            if place not in self._diagnostics.expansions:
                note = Note(f"this is made by the macro {call.text}, defined here", macro.span)
                self._diagnostics.expansions[place] = note
        self.layout.expanded(span.file, number, column, span.end_column - 1, call, token)

    def _call_span(self, current: _Open, stream: Stream) -> Span:
        """From the name of the outermost macro to its closing parenthesis, or to the end of its first line."""
        call, last = stream.call, stream.last
        if call is None or not isinstance(call.line, Line):
            return Span(current.name, 1, 1, 1, 1)
        number, column = call.line.place(call.offset)
        end = column + len(call.text)
        if last is not None and isinstance(last.line, Line):
            last_number, last_column = last.line.place(last.offset)
            if last_number == number:
                end = max(end, last_column + len(last.text))
            else:
                end = max(end, len((self._diagnostics.sources.line(current.shown, number) or "").rstrip()))
        number += current.shift
        return Span(current.name, number, column + 1, number, end + 1)

    def _report_limit(self, current: _Open, stream: Stream, error: Exception) -> None:
        span = self._call_span(current, stream)
        name = stream.call.text if stream.call is not None else "a macro"
        if isinstance(error, ExpansionLimit):
            message = f"macros make more than {MAX_TOKENS:,} tokens, the last of them {name}"
        else:
            message = f"calls of macros are nested too deeply in {name}"
        self._error("overlimit", message, span)
        raise Stop

    def _special(self, name: str, place: Token | None) -> str:
        """The text of `__LINE__` and its like; `place` is the token of the text where it stands."""
        current = self._stack[-1]
        if name == "__LINE__":
            number = place.line.place(place.offset)[0] if place is not None and isinstance(place.line, Line) else 0
            return str(number + current.shift)
        if name == "__FILE__":
            return _quoted(current.name)
        if name == "__BASE_FILE__":
            return _quoted(self._stack[0].shown)
        if name == "__INCLUDE_LEVEL__":
            return str(len(self._stack) - 1)
        if name == "__COUNTER__":
            self._counter += 1
            return str(self._counter - 1)
        assert self._now is not None
        self._files.tells_time = True
        form = {"__DATE__": "%b %e %Y", "__TIME__": "%H:%M:%S", "__TIMESTAMP__": "%a %b %e %H:%M:%S %Y"}[name]
        return _quoted(self._now.strftime(form))

    # Directives

    def _directive(self, current: _Open, line: Line) -> None:
        tokens = scan(line.text, line, line.text.index("#") + 1)
        if not tokens:
            return
        name, rest = tokens[0], tokens[1:]
        if self._is_preprocessed and name.text != "line" and name.kind != NUMBER:
            return
        try:
            if name.text in _CONDITIONALS:
                self._conditional(current, line, name.text, rest)
            elif not current.is_live or (name.text in _IGNORED and not self._pragma(current, rest)):
                return
            elif name.text in ("include", "include_next", "import"):
                self._include(current, line, name.text, rest)
            elif name.text == "define":
                self._define(current, line, rest)
            elif name.text == "undef":
                self._undef(rest)
            elif name.text == "line" or name.kind == NUMBER:
                self._line(current, line, tokens if name.kind == NUMBER else self._expander.expand(rest))
            elif name.text == "error":
                self._error(PREPROCESSOR, f"#error {_after(line, name)}", self._directive_span(current, line))
            else:
                text = f"#warning {_after(line, name)}" if name.text == "warning" else f"unknown directive #{name.text}"
                if name.text != "warning":
                    text += ", the line is ignored"
                self._diagnostics.warning("preprocessor", text, self._directive_span(current, line))
        except (ConditionError, MacroError, CallError) as error:
            self._expander.give_up()
            self._error(PREPROCESSOR, str(error), self._directive_span(current, line))
        except (ExpansionLimit, RecursionError) as error:
            is_deep = isinstance(error, RecursionError)
            message = (
                "calls of macros are nested too deeply" if is_deep else f"macros make more than {MAX_TOKENS:,} tokens"
            )
            self._error("overlimit", message, self._directive_span(current, line))
            raise Stop from None

    def _pragma(self, current: _Open, rest: list[Token]) -> bool:
        if spelled(rest) == "once":
            self._once.add(os.path.realpath(current.path))
        return False

    def _conditional(self, current: _Open, line: Line, name: str, rest: list[Token]) -> None:
        stack = current.conditionals
        if name in ("if", "ifdef", "ifndef"):
            live = current.is_live
            stack.append(_Conditional(line, False, not live, live))
            stack[-1].is_live = stack[-1].was_live = live and self._holds(name, rest)
            stack[-1].was_live = stack[-1].was_live or not live
            return
        if not stack:
            raise ConditionError(f"#{name} without #if")
        top = stack[-1]
        if name == "endif":
            stack.pop()
        elif top.has_else:
            raise ConditionError(f"#{name} after #else")
        elif name == "else":
            top.has_else = True
            top.is_live, top.was_live = not top.was_live, True
        else:
            was_live = top.was_live
            top.is_live = False
            if not was_live:
                top.is_live = top.was_live = self._holds(name.removeprefix("el"), rest)

    def _holds(self, name: str, rest: list[Token]) -> bool:
        if name == "if":
            return evaluate(rest, self._expander, self._has_include)
        if not rest or rest[0].kind != IDENTIFIER:
            raise ConditionError(f"#{name} needs the name of a macro")
        is_defined = rest[0].text in self._macros or rest[0].text in HAS_INCLUDE
        return is_defined == (name == "ifdef")

    def _has_include(self, name: str, in_angles: bool, is_next: bool) -> bool:
        return self._search(name, in_angles, is_next) is not None

    def _define(self, current: _Open, line: Line, rest: list[Token]) -> None:
        # Line.place is asked only once a macro is looked at again: places of definitions are found in sources.
        span = self._token_span(current, rest[0]) if rest else None
        macro = define(rest, span)
        earlier = self._macros.get(macro.name)
        if earlier is not None and not macro.same_as(earlier) and span is not None:
            notes = (Note("it is defined here already", earlier.span),) if earlier.span is not None else ()
            message = f"macro {macro.name} is redefined"
            self._diagnostics.warning("preprocessor", message, span, *notes)
        self._macros[macro.name] = macro

    def _undef(self, rest: list[Token]) -> None:
        if not rest or rest[0].kind != IDENTIFIER:
            raise MacroError("#undef needs the name of a macro")
        self._macros.pop(rest[0].text, None)

    def _line(self, current: _Open, line: Line, tokens: list[Token]) -> None:
        if not tokens or not tokens[0].text.isdecimal():
            raise MacroError("#line needs a number")
        if len(tokens) > 1:
            if tokens[1].kind != STRING:
                raise MacroError("the file name of #line needs quotes")
            current.name = re.sub(r"\\(.)", r"\1", tokens[1].text[1:-1])
        current.shift = int(tokens[0].text) - (_last_number(line) + 1)

    # Files

    def _include(self, current: _Open, line: Line, name: str, rest: list[Token]) -> None:
        file, in_angles = self._file_name(line, rest)
        found = self._search(file, in_angles, name == "include_next")
        if found is None:
            self._report_missing(current, line, file, in_angles)
            return
        real = os.path.realpath(found.path)
        if real in self._once:
            return
        if name == "import":
            self._once.add(real)
        try:
            text = self._files.text(found.path)
        except OSError as error:
            message = f"cannot read {found.path}: {error.strerror or error}"
            self._error(PREPROCESSOR, message, self._directive_span(current, line))
            return
        if len(self._stack) >= MAX_INCLUDE_DEPTH:
            message = f"files are included more than {MAX_INCLUDE_DEPTH} deep"
            self._error("overlimit", message, self._directive_span(current, line))
            raise Stop
        self._characters += len(text)
        if self._entered >= MAX_FILES or self._characters > MAX_CHARACTERS:
            what = f"{MAX_FILES:,} files" if self._entered >= MAX_FILES else f"{MAX_CHARACTERS:,} characters"
            self._error("overlimit", f"the program includes more than {what}", self._directive_span(current, line))
            raise Stop
        self._enter(text, found.path, found)

    def _enter(self, text: str, path: str, found: Found) -> None:
        shown = self._show(path)
        self._diagnostics.sources.add(shown, text)
        self._entered += 1
        self._stack.append(_Open(path, shown, LineReader(text), found, shown))

    def _file_name(self, line: Line, rest: list[Token]) -> tuple[str, bool]:
        """The operand of #include and whether it stands in <>. Raises MacroError."""
        if rest and rest[0].text != "<" and rest[0].kind != STRING:
            rest = self._expander.expand(rest)
            text = spelled(rest).strip()
        else:
            text = line.text[rest[0].offset :].strip() if rest else ""
        if text.startswith('"') and '"' in text[1:]:
            return text[1 : text.index('"', 1)], False
        if text.startswith("<") and ">" in text:
            return text[1 : text.index(">")].strip(), True
        raise MacroError('malformed #include; expected #include <file> or #include "file"')

    def _search(self, name: str, in_angles: bool, is_next: bool) -> Found | None:
        current = self._stack[-1]
        if is_next and len(self._stack) > 1:
            return search(self._files, name, None, self._path, current.found.folder + 1)
        beside = None if in_angles else os.path.dirname(current.path)
        return search(self._files, name, beside, self._path)

    def _report_missing(self, current: _Open, line: Line, name: str, in_angles: bool) -> None:
        searched = ", ".join(self._show(os.path.abspath(folder)) for folder in self._path)
        place = "the search path" if in_angles else "the including file's folder and the search path"
        message = f"cannot find {name}: it is not in {place} ({searched}); add a folder with -I"
        self._error(PREPROCESSOR, message, self._directive_span(current, line))

    # Reports

    def _error(self, kind: str, message: str, span: Span) -> None:
        self._diagnostics.error(kind, message, span)

    def _directive_span(self, current: _Open, line: Line) -> Span:
        """The first line of a directive, without indentation."""
        text = self._diagnostics.sources.line(current.shown, line.number) or ""
        start = len(text) - len(text.lstrip()) + 1
        number = line.number + current.shift
        return Span(current.name, number, start, number, max(start, len(text.rstrip())) + 1)

    def _token_span(self, current: _Open, token: Token) -> Span:
        assert isinstance(token.line, Line)
        number, column = token.line.place(token.offset)
        number += current.shift
        return Span(current.name, number, column + 1, number, column + 1 + len(token.text))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _after(line: Line, name: Token) -> str:
    """The text behind the directive's name."""
    return " ".join(line.text[name.offset + len(name.text) :].split())


def _last_number(line: Line) -> int:
    """The last line of the file that belongs to `line`."""
    return line.numbers[-1] if line.numbers else line.number
