"""The options of `p4gate compile` -> what is to be compiled, and which file each artefact goes to."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from compiler.artefacts import FORMATS, format_of
from compiler.presets import Preset, find_presets
from compiler.request import STDIN, Request
from compiler.warning_kinds import WARNING_KINDS, Action, Policy

_MACRO = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\([^)]*\))?(=.*)?", re.DOTALL)


class CommandError(Exception):
    """Options that cannot be followed: one line for the user."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `p4gate compile` as they were given."""

    file: str | None
    output: str | None = None
    p4info_file: str | None = None
    p4runtime_files: str | None = None
    entries_files: str | None = None
    include_paths: Sequence[str] = ()
    defines: Sequence[str] = ()
    undefines: Sequence[str] = ()
    only_preprocess: bool = False
    nocpp: bool = False
    std: str = "p4-16"
    arch: str | None = None
    preset: str | None = None
    list_presets: bool = False
    werror: Sequence[str] = ()
    wdisable: Sequence[str] = ()
    wwarn: Sequence[str] = ()
    list_warnings: bool = False
    max_errors: int = 100
    depfile: str | None = None
    diagnostics_format: str = "text"
    machine: bool = False
    color: str = "auto"
    no_cache: bool = False
    watch: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be compiled, and the files to be written: (path, name of the artefact) of each.

    `watched`: files besides those of the program on which the job depends.
    """

    request: Request
    outputs: Sequence[tuple[str, str]] = ()
    watched: Sequence[str] = ()


def job_of(settings: Settings, read_stdin: Callable[[], bytes]) -> Job:
    """What `settings` ask for. Raises CommandError, PresetError."""
    preset = _preset(settings)
    file = settings.file or preset.program
    if file is None:
        raise CommandError("no program is given: p4gate compile FILE.p4 (p4gate compile --help shows more)")
    _check(settings, file)
    outputs = [] if settings.only_preprocess else _outputs(settings, preset, file)
    clashes = {path for index, (path, _) in enumerate(outputs) if path in [other for other, _ in outputs[:index]]}
    if clashes:
        raise CommandError(f"two outputs would go to {min(clashes)}")
    request = Request(
        file=file,
        artefacts=tuple(sorted({name for _, name in outputs})),
        include_paths=(*settings.include_paths, *preset.include_paths),
        defines=_merged(preset.defines, settings.defines),
        undefines=(*preset.undefines, *settings.undefines),
        policy=policy_of(settings, preset),
        max_errors=settings.max_errors,
        text=read_stdin() if file == STDIN else None,
        is_preprocessed=settings.nocpp,
        architecture=settings.arch,
    )
    return Job(request, outputs, (str(preset.file),) if preset.file is not None else ())


def _preset(settings: Settings) -> Preset:
    if settings.preset is None:
        return Preset()
    folder = Path(settings.file).parent if settings.file and settings.file != STDIN else Path()
    return find_presets(folder).preset(settings.preset)


def _check(settings: Settings, file: str) -> None:
    if settings.std not in ("p4-16", "16"):
        advice = "; convert the program with p4c's p4test --pp first" if settings.std in ("p4-14", "14") else ""
        raise CommandError(f"--std {settings.std}: p4gate compiles P4_16 only{advice}")
    if settings.arch is not None and settings.arch not in architecture_names():
        raise CommandError(f"--arch {settings.arch}: p4gate compiles for {', '.join(architecture_names())}")
    for definition in settings.defines:
        if not _MACRO.fullmatch(definition):
            raise CommandError(f"-D {definition}: a macro's name is missing; write -D NAME or -D NAME=VALUE")
    for name in settings.undefines:
        if not _MACRO.fullmatch(name) or "=" in name:
            raise CommandError(f"-U {name}: this is no macro's name")
    if file == STDIN and settings.watch:
        raise CommandError("--watch needs a file to watch, not standard input")
    if settings.only_preprocess and settings.machine and settings.output is None:
        raise CommandError("-E and --json both go to standard output; give -o FILE for the preprocessed text")
    if settings.p4info_file and settings.p4runtime_files:
        raise CommandError("--p4info and --p4runtime-files say the same thing; give one of them")


def _merged(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Definitions, where one of `second` takes the place of one of `first` with its name."""
    named = {definition.partition("=")[0]: definition for definition in (*first, *second)}
    return tuple(named.values())


def architecture_names() -> list[str]:
    """The architectures that there are, by the names of their files: nothing is loaded for it."""
    files = (Path(__file__).parent / "architectures").glob("*.py")
    return sorted(path.stem for path in files if path.stem not in ("__init__", "architecture"))


# Warnings


def policy_of(settings: Settings, preset: Preset) -> Policy:
    """What is to be done with warnings: --Wwarn wins over --Werror, that over --Wdisable."""
    default = Action.WARN
    by_kind: dict[str, Action] = {}
    given = (
        ("--Wdisable", Action.IGNORE, (*preset.wdisable, *settings.wdisable)),
        ("--Werror", Action.ERROR, (*preset.werror, *settings.werror)),
        ("--Wwarn", Action.WARN, settings.wwarn),
    )
    for option, action, values in given:
        for value in values:
            if not value:
                default = action
            for kind in filter(None, value.split(",")):
                by_kind[_known(option, kind)] = action
    return Policy(default, by_kind)


def _known(option: str, kind: str) -> str:
    if kind in WARNING_KINDS:
        return kind
    near = get_close_matches(kind, WARNING_KINDS, 1)
    advice = f"did you mean {near[0]}?" if near else "p4gate compile --list-warnings shows them"
    raise CommandError(f"{option}={kind}: there is no such kind of warning; {advice}")


# Outputs


def _outputs(settings: Settings, preset: Preset, file: str) -> list[tuple[str, str]]:
    stem = "program" if file == STDIN else Path(file).stem
    given = settings.output if settings.output is not None else preset.output
    json_file = _json_file(Path(given) if given is not None else Path(), stem)
    outputs = [(str(json_file), "json")]
    if settings.p4runtime_files is not None:
        outputs += _messages("--p4runtime-files", settings.p4runtime_files, "p4info")
    elif settings.p4info_file is not None:
        outputs.append((settings.p4info_file, f"p4info.{format_of(settings.p4info_file) or 'text'}"))
    elif preset.p4runtime_files and settings.output is None:
        outputs += _messages("p4runtime_files", ",".join(preset.p4runtime_files), "p4info")
    else:
        outputs.append((str(json_file.with_name(f"{json_file.stem}.p4info.txtpb")), "p4info.text"))
    if settings.entries_files is not None:
        outputs += _messages("--p4runtime-entries-files", settings.entries_files, "entries")
    return outputs


def _json_file(output: Path, stem: str) -> Path:
    if output.suffix == ".json" and not output.is_dir():
        return output
    if output.suffix and not output.is_dir():
        raise CommandError(
            f"-o {output}: an output is a folder or a .json file; P4Info goes to --p4runtime-files FILE,..."
        )
    if output.is_file():
        raise CommandError(f"-o {output}: this is a file, and no .json file")
    return output / f"{stem}.json"


def _messages(option: str, value: str, kind: str) -> list[tuple[str, str]]:
    """The files of a comma-separated list with the artefact of each."""
    found: list[tuple[str, str]] = []
    for path in filter(None, value.split(",")):
        form = format_of(path)
        if form is None:
            raise CommandError(f"{option} {path}: the suffix names no format; there are {' '.join(FORMATS)}")
        found.append((path, f"{kind}.{form}"))
    if not found:
        raise CommandError(f"{option} names no file")
    return found


def written(texts: Iterable[tuple[str, bytes]], *, make_folders: bool = True) -> None:
    """Write all files or none: each is written beside its place first, and moved there when all are complete.

    Missing folders are made if `make_folders`. What is no ordinary file (/dev/stdout) is written to directly.
    Raises OSError, which names the file or the folder that is to blame.
    """
    ready: list[tuple[str, str]] = []
    try:
        for path, data in texts:
            if os.path.exists(path) and not os.path.isfile(path):  # a folder is an error here
                with open(path, "wb") as stream:
                    stream.write(data)
                continue
            target = os.path.realpath(path)  # a symbolic link stays one
            folder = os.path.dirname(target)
            if make_folders:
                os.makedirs(folder, exist_ok=True)
            elif not os.path.isdir(folder):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            try:
                handle, name = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(target)[:100]}.")
                ready.append((name, target))
                with os.fdopen(handle, "wb") as stream:
                    stream.write(data)
                os.chmod(name, 0o666 & ~_umask())
            except OSError as error:  # names the file beside its place, or none where the disk is full
                raise OSError(error.errno, error.strerror, path) from error
        for name, path in ready:
            os.replace(name, path)
    finally:
        for name, _ in ready:
            Path(name).unlink(missing_ok=True)


def _umask() -> int:
    """The mask for new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
