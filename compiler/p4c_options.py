"""p4c-bm2-ss's command line, read as p4c reads it (its lib/options.cpp), and that of its driver, `p4c`.

`OPTIONS` says of every option what it does here. Nothing is ignored in silence that would change what is written: what
p4gate cannot do is refused, what has no effect says so in the help, and where a build may count on it, when it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from compiler.warning_kinds import WARNING_KINDS


class Value(Enum):
    """Whether an option has a value: behind it or its `=`, behind `=` only, or none."""

    NEEDED = "needed"
    OPTIONAL = "optional"
    NONE = "none"


class Meaning(Enum):
    """What becomes of an option."""

    FOLLOWED = "followed"
    NO_EFFECT = "no effect"
    NO_EFFECT_SAID = "no effect, said when used"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Option:
    """One option; `help` says what it does here. `of_driver`: only p4c itself has it, p4c-bm2-ss does not."""

    name: str
    value: Value
    meaning: Meaning
    help: str
    of_driver: bool = False


def _options() -> dict[str, Option]:
    followed, nothing, said, refused = Meaning
    needed, optional, none = Value
    rows: list[tuple[str, Value, Meaning, str]] = [
        ("--help", none, followed, "Show this text."),
        ("--version", none, followed, "Show the version."),
        ("-I", needed, followed, "A folder for #include."),
        ("-D", needed, followed, "Define a macro; -D and -U count in their order."),
        ("-U", needed, followed, "Undefine a macro."),
        ("-E", none, followed, "Preprocess only, to standard output. Exit status 0 (p4c: 1)."),
        ("-M", none, followed, "Only write a rule for make. Exit status 0 (p4c: 1)."),
        ("-MD", none, followed, "Compile, and write a rule for make."),
        ("-MF", needed, followed, "With -M, -MD: the file for the rule."),
        ("-MG", none, followed, "With -M: a header that is not found is no error, and not in the rule."),
        ("-MP", none, followed, "With -M, -MD: an empty rule for each header."),
        ("-MT", needed, followed, "With -M, -MD: the target of the rule."),
        ("-MQ", needed, followed, "As -MT, made ready for make."),
        ("-W", needed, nothing, "A flag for cpp's warnings."),
        ("--std", needed, followed, "p4-16; p4-14 is refused."),
        ("--p4v", needed, followed, "16; 14 is refused."),
        ("--nocpp", none, followed, "Do not preprocess."),
        ("--disable-annotations", optional, followed, "Ignore these annotations, with a warning for each."),
        ("--Wdisable", optional, followed, "Do not show warnings, or those of a kind."),
        ("--Winfo", optional, followed, "Call warnings of a kind info."),
        ("--Wwarn", optional, followed, "Show warnings of a kind in spite of --Werror and --Wdisable."),
        ("--Werror", optional, followed, "Make warnings, or those of a kind, errors."),
        ("--maxErrorCount", needed, followed, "Stop showing errors behind so many (20)."),
        ("-T", needed, nothing, "p4c's log levels."),
        ("-v", none, nothing, "p4c's verbosity."),
        ("--top4", needed, said, "p4c's passes to dump."),
        ("--dump", needed, nothing, "The folder for --top4."),
        ("--parser-inline-opt", none, nothing, "How p4c inlines parsers."),
        ("--doNotEmitIncludes", none, nothing, "What p4c's dumps look like."),
        ("--excludeFrontendPasses", needed, refused, "p4gate has passes of its own."),
        ("--listFrontendPasses", none, refused, "p4gate has passes of its own."),
        ("--excludeMidendPasses", needed, refused, "p4gate has passes of its own."),
        ("--listMidendPasses", none, refused, "p4gate has passes of its own."),
        ("--toJSON", needed, said, "p4c's internal tree; the file is not written."),
        ("--fromJSON", needed, refused, "p4c's internal tree."),
        ("--testJson", none, nothing, "A test of p4c's internal tree."),
        ("--ndebug", none, followed, "Leave out assert and assume."),
        ("--pp", needed, followed, "Write the program to this file, preprocessed."),
        ("--p4runtime-file", needed, followed, "One file for P4Info; --p4runtime-files is better."),
        ("--p4runtime-entries-file", needed, followed, "One file for the entries of the source."),
        ("--p4runtime-files", needed, followed, "Files for P4Info: .txtpb .txt .bin .json."),
        ("--p4runtime-entries-files", needed, followed, "Files for the entries of the source as a WriteRequest."),
        ("--p4runtime-format", needed, followed, "binary, json or text, for --p4runtime-file."),
        ("--target", needed, followed, "bmv2; with it, -o may be a folder, as with p4c."),
        ("--arch", needed, followed, "v1model."),
        ("--loopsUnroll", none, nothing, "Parsers run loops as they are."),
        ("-O", optional, nothing, "An optimization level, as -O2."),
        ("--metrics", needed, said, "p4c's code metrics."),
        ("--emit-externs", none, nothing, "BMv2's own externs; v1model has none."),
        ("-o", needed, followed, "The BMv2 JSON file; with --target or where it is a folder, the folder for it."),
    ]
    options = {name: Option(name, value, meaning, text) for name, value, meaning, text in rows}
    driver: list[tuple[str, Value, Meaning, str]] = [
        ("-b", needed, followed, "--target."),
        ("-a", needed, followed, "--arch."),
        ("-x", needed, followed, "--std."),
        ("--output", needed, followed, "-o."),
        ("-c", none, nothing, "All steps; there is no other way."),
        ("-S", none, nothing, "No assembler; there is none."),
        ("-e", none, followed, "--nocpp."),
        ("-g", none, nothing, "Debug information; source_info is always written."),
        ("-V", none, followed, "--version."),
        ("--debug", none, nothing, "-v."),
        ("-Xp4c", needed, followed, "An option for the compiler."),
        ("-Xpreprocessor", needed, followed, "An option for the preprocessor."),
        ("-Xassembler", needed, nothing, "There is no assembler."),
        ("-Xlinker", needed, nothing, "There is no linker."),
    ]
    options |= {name: Option(name, value, meaning, text, True) for name, value, meaning, text in driver}
    return options


OPTIONS = _options()
_SAME = {"-b": "--target", "-a": "--arch", "-x": "--std", "--output": "-o", "-e": "--nocpp", "-V": "--version"}
_SAME |= {"--p4v": "--std"}


class UsageError(Exception):
    """A command line that cannot be followed: p4c's kind of the error, and the message."""

    def __init__(self, kind: str, message: str, has_advice: bool = True) -> None:
        super().__init__(message)
        self.kind = kind
        self.has_advice = has_advice


@dataclass(slots=True)
class CommandLine:
    """What was given: options in their order, with their values (None: none), and the rest. `is_driver`: p4c is meant
    and not p4c-bm2-ss.
    """

    options: list[tuple[Option, str | None]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    is_driver: bool = False

    def has(self, name: str) -> bool:
        return any(option.name == name for option, _ in self.options)

    def last(self, name: str) -> str | None:
        """The value of the last option called `name`."""
        return next((value for option, value in reversed(self.options) if option.name == name), None)

    def all(self, name: str) -> list[str | None]:
        return [value for option, value in self.options if option.name == name]


def parse(arguments: Sequence[str]) -> CommandLine:
    """Take the command line apart. Raises UsageError."""
    line = CommandLine()
    rest = list(reversed(arguments))
    while rest:
        argument = rest.pop()
        if not argument.startswith("-") or argument == "-":
            line.files.append(argument)
            continue
        option, value = _option(argument)
        line.is_driver |= option.of_driver
        if option.value is Value.NEEDED and value is None:
            if not rest:
                raise UsageError("expected", f"Option {option.name} is missing required argument")
            value = rest.pop()
        if option.value is Value.OPTIONAL and not value:
            # p4c's driver takes the kind of a warning behind a blank, too.
            is_kind = bool(rest) and option.name.startswith("--W") and rest[-1] in WARNING_KINDS
            value = rest.pop() if is_kind else None
        if option.name in ("-Xp4c", "-Xpreprocessor"):
            rest.append(value or "")
            continue
        line.options.append((OPTIONS[_SAME.get(option.name, option.name)], value))
    return line


def _option(argument: str) -> tuple[Option, str | None]:
    """The option that an argument is, and its value if that is part of the argument."""
    option = OPTIONS.get(argument)
    if option is not None:
        return option, None
    if argument.startswith("--"):
        name, equals, value = argument.partition("=")
        option = OPTIONS.get(name) if equals else None
    else:
        name, value = argument[:2], argument[2:]
        option = OPTIONS.get(name)
    if option is None:
        raise UsageError("unknown", f"Unknown option {argument}")
    return option, value
