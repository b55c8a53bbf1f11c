"""`p4gate-p4c`: the compiler behind p4c-bm2-ss's command line, so that a Makefile can swap one for the other.

Files are written where p4c writes them, and what is reported has p4c's form. `p4c_options.py` says what every option
does; `docs/command-line.md` where the two differ.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from compiler.artefacts import format_of
from compiler.build import preprocess_only, run
from compiler.command import architecture_names, written
from compiler.depfile import depfile, escaped
from compiler.diagnostics import Diagnostics
from compiler.p4c_options import OPTIONS, CommandLine, Meaning, UsageError, Value, parse
from compiler.rendering import p4c_form
from compiler.request import STDIN, Outcome, Request
from compiler.warning_kinds import WARNING_KINDS, Action, Policy

FAILED = 1
MAX_ERRORS = 20
FORMATS = ("binary", "json", "text")
ONLY_ERRORS = frozenset(
    {"unexpected", "expected", "not-found", "overlimit", "insufficient", "type-error", "target-error", "I/O error"}
    | {"Target model error", "reserved"}
)
"""Kinds in p4c's catalogue that no option can turn into warnings."""

_ACTIONS = {"--Wdisable": Action.IGNORE, "--Wwarn": Action.WARN, "--Winfo": Action.WARN, "--Werror": Action.ERROR}


@dataclass(slots=True)
class Plan:
    """What a command line asks for. `outputs`: (path, name of the artefact); `remarks`: (kind, text) of warnings."""

    request: Request
    outputs: list[tuple[str, str]] = field(default_factory=list)
    folder: str | None = None
    remarks: list[tuple[str, str]] = field(default_factory=list)
    info: frozenset[str] = frozenset()
    max_errors: int = MAX_ERRORS


def main() -> None:
    """The console script."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: Sequence[str]) -> int:
    """Carry out a command line; the exit status is 0 or 1, as p4c's."""
    try:
        return _call(arguments)
    except UsageError as error:
        _say(f"[--Werror={error.kind}] error: {error}")
        if error.has_advice:
            _say("Use '--help' to see all available options.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes at exit, too
    except OSError as error:
        _cannot_write(error)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("P4GATE_DEBUG"):
            raise
        _say(f"error: p4gate-p4c failed unexpectedly: {type(error).__name__}: {error}")
        _say("This is a fault of p4gate. P4GATE_DEBUG=1 in the environment shows where.")
    return FAILED


def _call(arguments: Sequence[str]) -> int:
    line = parse(arguments)
    if line.has("--help"):
        print(_usage(), end="")
        return 0
    if line.has("--version"):
        _show_version()
        return 0
    plan = _plan(line)
    _remark(plan)
    if line.has("-E") or line.has("-M"):
        return _preprocess(line, plan)
    if line.has("--pp") or plan.folder is not None:
        _write_preprocessed(line, plan)
    outcome = run(plan.request)
    _report(plan, outcome.diagnostics)
    if outcome.artefacts is None:
        return FAILED
    texts = [(path, outcome.artefacts[name]) for path, name in plan.outputs]
    written(texts, make_folders=False)
    if line.has("-MD"):
        path = line.last("-MF") or Path(plan.request.file).stem + ".d"
        written([(path, _rule(line, plan, outcome).encode())], make_folders=False)
    return 0


# From the command line to what is to be done


def _plan(line: CommandLine) -> Plan:
    for option, value in line.options:
        if option.meaning is Meaning.REFUSED:
            given = f"{option.name} {value}" if value else option.name
            raise UsageError("unsupported", f"{given} is not supported: {option.help}", has_advice=False)
    if len(line.files) > 1:
        raise UsageError("overlimit", f"Only one input file must be specified: {','.join(line.files)}")
    if not line.files:
        raise UsageError("expected", "No input files specified")
    file = line.files[0]
    policy, info = _policy(line)
    outputs, folder, remarks = _outputs(line, file)
    remarks += [
        ("ignore", f"{option.name} has no effect: {option.help}")
        for option, _ in line.options
        if option.meaning is Meaning.NO_EFFECT_SAID
    ]
    includes = tuple(value for value in line.all("-I") if value is not None)
    driver_includes = os.environ.get("P4C_16_INCLUDE_PATH")
    if driver_includes:
        from compiler.source import STANDARD_HEADERS

        includes += (str(STANDARD_HEADERS), driver_includes)
    max_errors = _max_errors(line)
    disabled = [name for value in line.all("--disable-annotations") for name in (value or "").split(",") if name]
    request = Request(
        file=file,
        artefacts=tuple(sorted({name for _, name in outputs})),
        include_paths=includes,
        defines=_defines(line),
        policy=policy,
        max_errors=max_errors + 1,
        text=sys.stdin.buffer.read() if file == STDIN else None,
        is_preprocessed=line.has("--nocpp") or file == STDIN,
        needs_p4info=any(name != "json" for _, name in outputs),
        architecture=_architecture(line),
        without_assertions=line.has("--ndebug"),
        disabled_annotations=tuple(disabled),
    )
    return Plan(request, outputs, folder, remarks, info, max_errors)


def _defines(line: CommandLine) -> tuple[str, ...]:
    """The macros that are left when -D and -U have been followed in their order."""
    defined: dict[str, str] = {}
    for option, value in line.options:
        if option.name == "-D" and value is not None:
            defined[value.partition("=")[0].partition("(")[0]] = value
        elif option.name == "-U" and value is not None:
            defined.pop(value, None)
    return tuple(defined.values())


def _policy(line: CommandLine) -> tuple[Policy, frozenset[str]]:
    """What becomes of warnings, and the kinds that are called info."""
    default = Action.WARN
    by_kind: dict[str, Action] = {}
    info: set[str] = set()
    for option, value in line.options:
        action = _ACTIONS.get(option.name)
        if action is None:
            continue
        if value is None:
            default = action if option.name in ("--Wdisable", "--Werror") else default
            continue
        for kind in value.split(","):
            if kind in ONLY_ERRORS and action is not Action.ERROR:
                raise UsageError("invalid", f"Error {kind} cannot be demoted.")
            if kind in WARNING_KINDS:  # p4c takes any word
                by_kind[kind] = action
                info = info | {kind} if option.name == "--Winfo" else info - {kind}
    if default is Action.ERROR:
        by_kind.setdefault("preprocessor", Action.WARN)  # with p4c they are cpp's warnings, not its own
    return Policy(default, by_kind), frozenset(info)


def _max_errors(line: CommandLine) -> int:
    value = line.last("--maxErrorCount")
    if value is None:
        return MAX_ERRORS
    if not value.isdecimal():
        raise UsageError("invalid", f"--maxErrorCount {value}: this is no number")
    return min(int(value), 1_000_000)


def _architecture(line: CommandLine) -> str | None:
    for value in line.all("--std"):
        if value not in ("p4-16", "p4_16", "16", "1.2", "P4\u2081\u2086"):
            raise UsageError("invalid", f"Illegal language version {value}: p4gate compiles P4_16 only")
    target, architecture = line.last("--target"), line.last("--arch")
    if target is not None and target not in ("bmv2", "simple_switch", "simple_switch_grpc"):
        raise UsageError("invalid", f"Unknown target {target}: p4gate compiles for bmv2")
    if architecture is not None and architecture not in architecture_names():
        known = ", ".join(architecture_names())
        raise UsageError("invalid", f"Unknown architecture {architecture}: p4gate compiles for {known}")
    return architecture


def _outputs(line: CommandLine, file: str) -> tuple[list[tuple[str, str]], str | None, list[tuple[str, str]]]:
    """(files to be written with their artefacts, the folder of p4c's driver or None, warnings)."""
    remarks: list[tuple[str, str]] = []
    outputs: list[tuple[str, str]] = []
    output = line.last("-o")
    folder = _folder(line, output)
    if folder is not None:
        outputs.append((os.path.join(folder, f"{Path(file).stem}.json"), "json"))
    elif output is not None:
        outputs.append((output, "json"))
    form = line.last("--p4runtime-format") or "binary"
    if form not in FORMATS:
        raise UsageError("invalid", f"Illegal P4Runtime format {form}")
    for kind, word in (("p4info", "--p4runtime-file"), ("entries", "--p4runtime-entries-file")):
        single = line.last(word)
        if single is not None:
            more = " and '--p4runtime-format' are" if kind == "p4info" else " is"
            remarks.append(("deprecated", f"'{word}'{more} deprecated, consider using '{word}s' instead"))
            outputs.append((single, f"{kind}.{form}"))
        for path in filter(None, (line.last(f"{word}s") or "").split(",")):
            found = format_of(path)
            if found is None:
                known = ".bin, .txt, .json, and .txtpb"
                raise UsageError("unknown", f"{path}: unknown file kind; known suffixes are {known}", has_advice=False)
            if path.endswith(".txt"):
                remarks.append(("deprecated", ".txt format is being deprecated; use .txtpb instead"))
            outputs.append((path, f"{kind}.{found}"))
    return outputs, folder, list(dict.fromkeys(remarks))


def _folder(line: CommandLine, output: str | None) -> str | None:
    """The folder for NAME.json and NAME.p4i where p4c is meant, which is told from its options; else None."""
    if output is not None and (os.path.isdir(output) or output.endswith(os.sep)):
        return output
    if not line.is_driver and not line.has("--target"):
        return None
    if output is None:
        return os.curdir
    return None if os.path.splitext(output)[1] else output


# Carrying it out


def _preprocess(line: CommandLine, plan: Plan) -> int:
    """-E and -M."""
    text, outcome = preprocess_only(plan.request)
    diagnostics = outcome.diagnostics
    if line.has("-M") and line.has("-MG"):
        kept = [item for item in diagnostics.items if not item.message.startswith("cannot find ")]
        dropped = len(diagnostics.items) - len(kept)
        diagnostics.items[:], diagnostics.error_count = kept, diagnostics.error_count - dropped
    _report(plan, diagnostics)
    if text is None or diagnostics.has_errors:
        return FAILED
    if line.has("-M"):
        text = _rule(line, plan, outcome)
    path = line.last("-MF") if line.has("-M") else None
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        written([(path, text.encode())], make_folders=False)
    return 0


def _write_preprocessed(line: CommandLine, plan: Plan) -> None:
    """The files that p4c writes on the way: --pp, and NAME.p4i of its driver."""
    text, _ = preprocess_only(replace(plan.request, policy=Policy(Action.IGNORE)))
    if text is None:
        return  # compiling reports it
    paths = [path for path in line.all("--pp") if path is not None]
    if plan.folder is not None:
        os.makedirs(plan.folder, exist_ok=True)
        paths.append(os.path.join(plan.folder, f"{Path(plan.request.file).stem}.p4i"))
    written([(path, text.encode()) for path in paths], make_folders=False)


def _rule(line: CommandLine, plan: Plan, outcome: Outcome) -> str:
    """The rule for make: its target is that of -MT as it is, of -MQ made ready, or NAME.o as cpp's."""
    targets: list[str] = []
    for option, value in line.options:
        if option.name in ("-MT", "-MQ") and value is not None:
            targets.append(value if option.name == "-MT" else escaped(value))
    if not targets:
        targets = [escaped(Path(plan.request.file).stem + ".o")]
    return " ".join(targets) + depfile([], outcome.files.read, phony=line.has("-MP"))


def _remark(plan: Plan) -> None:
    """Warnings about the command line itself."""
    for kind, text in plan.remarks:
        action = plan.request.policy.action(kind)
        if action is Action.ERROR:
            raise UsageError(kind, text, has_advice=False)
        if action is Action.WARN:
            _say(f"[--Wwarn={kind}] warning: {text}")


def _report(plan: Plan, diagnostics: Diagnostics) -> None:
    sys.stderr.write(p4c_form(diagnostics, plan.max_errors, plan.info))
    sys.stderr.flush()


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _cannot_write(error: OSError) -> None:
    _say(f'[--Werror=I/O error] error: Error writing output to file "{error.filename}": {error.strerror}')


def _show_version() -> None:
    from importlib.metadata import version

    print(f"p4gate-p4c\nVersion {version('p4gate')} (p4gate, with the options of p4c 1.2.5)")


def _usage() -> str:
    lines = [
        "p4gate-p4c: compile a P4_16 program with the options of p4c-bm2-ss, or of p4c for BMv2",
        "",
        "  p4gate-p4c -o router.json --p4runtime-files router.p4info.txtpb router.p4",
        "  p4gate-p4c --target bmv2 --arch v1model -o build router.p4     (build/router.json, build/router.p4i)",
        "",
        "Exit status: 0 written, 1 any error. `p4gate compile` has presets, JSON diagnostics and --watch.",
        "",
    ]
    shapes = {Value.NEEDED: " VALUE", Value.OPTIONAL: "[=VALUE]", Value.NONE: ""}
    for title, of_driver in (("Options of p4c-bm2-ss:", False), ("Further options of p4c:", True)):
        lines.append(title)
        for option in OPTIONS.values():
            if option.of_driver is of_driver:
                mark = {Meaning.FOLLOWED: "", Meaning.REFUSED: "Refused: "}.get(option.meaning, "No effect: ")
                lines.append(f"  {option.name + shapes[option.value]:32} {mark}{option.help}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
