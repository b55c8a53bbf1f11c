"""The options of `p4gate compile`. Oracle: what the help text and docs/command-line.md promise."""

from __future__ import annotations

import errno
import io
import json
import subprocess
from pathlib import Path

import pytest
from calling import GOOD, ROOT, compile_, p4c, program
from finsy.proto import p4i, p4r
from google.protobuf import json_format, text_format

from compiler import architectures, command
from compiler.depfile import depfile
from compiler.terminal import Stages, wants_color
from compiler.warning_kinds import OFF_BY_DEFAULT, WARNING_KINDS

RECORDED = text_format.Parse(GOOD.with_suffix(".p4info.txtpb").read_text(), p4i.P4Info())


def with_warning(folder: Path) -> Path:
    """A program with a warning of the kinds overflow, and one of the kind unused."""
    source = program(folder)
    text = source.read_text().replace("apply { t.apply()", "bit<8> x = 300; apply { t.apply()")
    source.write_text(text)
    return source


def kinds(*arguments: str | Path) -> tuple[int, set[tuple[str, str]]]:
    """(exit status, severities with kinds) of a run."""
    result = compile_("--json", *arguments)
    found = {(item["severity"], item["kind"]) for item in result.document["diagnostics"]}
    return result.code, found


# Outputs


def test_p4info_is_written_in_the_format_of_each_suffix(tmp_path: Path) -> None:
    files = [tmp_path / "i.txtpb", tmp_path / "i.txt", tmp_path / "i.p4info", tmp_path / "i.bin", tmp_path / "i.json"]
    result = compile_(GOOD, "-o", tmp_path / "x.json", "--p4runtime-files", ",".join(map(str, files)))
    assert result.code == 0, result.err
    assert {path.name for path in tmp_path.iterdir()} == {"x.json", *(path.name for path in files)}
    for path in files[:3]:
        assert text_format.Parse(path.read_text(), p4i.P4Info()) == RECORDED
    assert p4i.P4Info.FromString(files[3].read_bytes()) == RECORDED
    assert json_format.Parse(files[4].read_text(), p4i.P4Info()) == RECORDED


@pytest.mark.parametrize("option", ["--const-entries", "--p4runtime-entries-files"])
def test_entries_of_the_source_become_a_write_request(tmp_path: Path, option: str) -> None:
    files = [tmp_path / "e.txtpb", tmp_path / "e.bin", tmp_path / "e.json"]
    assert compile_(program(tmp_path), "-o", tmp_path, option, ",".join(map(str, files))).code == 0
    requests = [
        text_format.Parse(files[0].read_text(), p4r.WriteRequest()),
        p4r.WriteRequest.FromString(files[1].read_bytes()),
        json_format.Parse(files[2].read_text(), p4r.WriteRequest()),
    ]
    assert requests[0] == requests[1] == requests[2]
    (update,) = requests[0].updates
    assert update.entity.table_entry.match[0].exact.value == b"\1"


def test_a_program_comes_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(GOOD.read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)
    result = compile_("-", "-o", tmp_path)
    assert (result.code, result.err) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program.json", "program.p4info.txtpb"]


def test_a_symbolic_link_and_a_device_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert compile_(GOOD, "-o", tmp_path / "link.json", "--p4runtime-files", tmp_path / "i.txtpb").code == 0
    assert (tmp_path / "link.json").is_symlink() and json.loads((tmp_path / "real.json").read_text())
    (tmp_path / "null.json").symlink_to("/dev/null")
    assert compile_(GOOD, "-o", tmp_path / "null.json", "--p4runtime-files", tmp_path / "i.txtpb").code == 0
    assert (tmp_path / "null.json").resolve() == Path("/dev/null")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out/g.txt", GOOD], "-o out/g.txt: an output is a folder or a .json file"),
        (["-D", "=3", GOOD], "-D =3: a macro's name is missing"),
        (["-D", "3X", GOOD], "-D 3X"),
        (["-U", "A=1", GOOD], "-U A=1"),
        (["--std", "p4-14", GOOD], "P4_16 only"),
        (["--Werror=unsed", GOOD], "did you mean unused?"),
        (["--Wdisable=unused,nonsense-word", GOOD], "--list-warnings"),
        (["--p4runtime-files", "x.foo", GOOD], "the suffix names no format"),
        (["--p4runtime-files", ",", GOOD], "names no file"),
        (["--p4runtime-files", "a.bin,a.bin", GOOD], "two outputs would go to a.bin"),
        (["--p4info", "a", "--p4runtime-files", "a.bin", GOOD], "give one of them"),
        (["--arch", "tna", GOOD], "p4gate compiles for v1model"),
        (["--watch", "-"], "--watch needs a file"),
        (["-E", GOOD, "--json"], "give -o FILE"),
        ([], "no program is given"),
    ],
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_wrong_options_are_status_2_with_advice_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str | Path], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = compile_(*arguments)
    told = result.err if "--json" not in arguments else f"error: {result.document['error']['message']}\n"
    assert result.code == 2 and told.startswith("error: ") and said in told
    assert told.count("\n") == 1 and list(tmp_path.iterdir()) == []
    assert compile_("--json", *arguments).document == {"ok": False, "error": {"message": told[7:-1]}}


def test_a_file_that_cannot_be_written_is_status_1(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = compile_(GOOD, "-o", tmp_path / "file" / "x.json")
    assert result.code == 1 and "cannot write" in result.err
    assert not compile_("--json", GOOD, "-o", tmp_path / "file" / "x.json").document["ok"]


def test_the_output_is_named_where_its_folder_takes_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".x.json.a1b2"))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    result = compile_(GOOD, "-o", tmp_path / "x.json", "--no-cache")
    assert result.code == 1 and f"error: cannot write {tmp_path / 'x.json'}: Permission denied" in result.err


# Warnings


@pytest.mark.parametrize(
    ("options", "code", "overflow"),
    [
        ([], 0, "warning"),
        (["--Wdisable"], 0, None),
        (["--Wdisable=overflow"], 0, None),
        (["--Wdisable=unused,overflow"], 0, None),
        (["--Wdisable=unused"], 0, "warning"),
        (["--Werror"], 1, "error"),
        (["--Werror=overflow"], 1, "error"),
        (["--Werror", "--Wdisable=overflow,unused,uninitialized-use"], 0, None),
        (["--Werror", "--Wwarn=overflow,unused"], 0, "warning"),
        (["--Wdisable", "--Werror=overflow"], 1, "error"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_warnings_become_what_the_options_say(
    tmp_path: Path, options: list[str], code: int, overflow: str | None
) -> None:
    found = kinds(with_warning(tmp_path), "-o", tmp_path / "build", *options)
    assert found[0] == code
    assert {severity for severity, kind in found[1] if kind == "overflow"} == ({overflow} if overflow else set())
    assert (tmp_path / "build").exists() == (code == 0)


def test_a_bare_flag_does_not_take_the_program_for_its_kind(tmp_path: Path) -> None:
    assert compile_("--Werror", GOOD, "-o", tmp_path).code == 0


def test_the_kinds_of_warnings_are_listed() -> None:
    result = compile_("--list-warnings")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == list(WARNING_KINDS)
    assert WARNING_KINDS.keys() >= OFF_BY_DEFAULT


def test_max_errors_bounds_what_is_shown(tmp_path: Path) -> None:
    source = program(tmp_path)
    source.write_text(source.read_text() + "".join(f"const bit<8> a{n} = b{n};\n" for n in range(9)))
    result = compile_(source, "--max-errors", "4")
    assert result.err.count(": error: ") == 4 and "... and 5 more errors" in result.err
    assert result.err.endswith("9 errors; nothing was written\n")


# Forms of diagnostics


def test_json_diagnostics_name_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = program(tmp_path)
    source.write_text(source.read_text() + "struct meta_t { bit<8> é; }\n")
    result = compile_("p.p4", "--diagnostics-format", "json")
    assert result.code == 1 and result.out == ""
    document = json.loads(result.err)
    assert document["version"] == 1 and document["errors"] == len(document["diagnostics"]) and document["warnings"] == 0
    item = next(item for item in document["diagnostics"] if item["kind"] in ("duplicate", "syntax"))
    assert item["file"] == "p.p4" and item["line"] == 21 and item["severity"] == "error"
    assert set(item) == {
        *("file", "line", "column", "endLine", "endColumn", "severity", "kind", "message", "expected", "notes")
    }


def test_lsp_diagnostics_count_from_zero_and_in_utf_16_units(tmp_path: Path) -> None:
    source = program(tmp_path)
    line = '@x("😀é") const bit<8> c = nowhere;'
    source.write_text(source.read_text() + line + "\n")
    result = compile_(source, "--diagnostics-format", "lsp")
    (file,) = [file for file in json.loads(result.err) if file["uri"] == source.as_uri()]
    found = next(item for item in file["diagnostics"] if item["code"] == "not-found")
    start = line.index("nowhere") + 1  # the emoji takes two units
    assert found["range"] == {
        "start": {"line": 20, "character": start},
        "end": {"line": 20, "character": start + len("nowhere")},
    }
    assert found["severity"] == 1 and found["source"] == "p4gate"


def test_one_json_document_tells_about_a_run(tmp_path: Path) -> None:
    result = compile_("--json", GOOD, "-o", tmp_path)
    assert result.err == "" and result.document == {
        "ok": True,
        "version": 1,
        "diagnostics": [],
        "errors": 0,
        "warnings": 0,
        "outputs": [str(tmp_path / "table_exact.json"), str(tmp_path / "table_exact.p4info.txtpb")],
        "cached": False,
    }


def test_colours_are_for_terminals_unless_they_are_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = with_warning(tmp_path)
    assert "\x1b" not in compile_(source, "-o", tmp_path).err
    assert "\x1b[1;33mwarning:" in compile_(source, "-o", tmp_path, "--color", "always").err

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    assert wants_color("auto", Terminal()) and not wants_color("never", Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color("auto", Terminal()) and wants_color("always", Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color("auto", Terminal())


def test_progress_is_shown_on_a_terminal_once_a_run_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    now = [100.0]
    monkeypatch.setattr("compiler.terminal.time.monotonic", lambda: now[0])
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        now[0] = 100.0
        stages = Stages("p.p4", stream)
        stages("checking")
        now[0] = 105.0
        stages("writing")
        stages.end()
    assert terminal.getvalue() == "\r\x1b[Kp.p4: writing ...\r\x1b[K" and pipe.getvalue() == ""


# Preprocessing


def test_preprocessed_text_can_be_compiled_with_and_without_the_preprocessor(tmp_path: Path) -> None:
    source = program(tmp_path)
    assert compile_(source, "-o", tmp_path / "a.json").code == 0
    assert compile_(source, "-E", "-o", tmp_path / "e.p4").code == 0
    assert compile_(source, "-E").out == (tmp_path / "e.p4").read_text()
    for number, option in enumerate(([], ["--nocpp"])):
        assert compile_(tmp_path / "e.p4", *option, "-o", tmp_path / f"b{number}.json").code == 0
        first, second = ((tmp_path / name).read_text() for name in ("a.p4info.txtpb", f"b{number}.p4info.txtpb"))
        assert first == second


def test_errors_in_preprocessed_text_name_the_file_that_was_preprocessed(tmp_path: Path) -> None:
    source = program(tmp_path)
    source.write_text(source.read_text().replace("std.egress_spec = port", "std.egress_spec = nowhere"))
    assert compile_(source, "-E", "-o", tmp_path / "e.p4").code == 0
    result = compile_(tmp_path / "e.p4")
    assert f"{source}:12:49: error: nowhere" in result.err
    quoted, carets = result.err.splitlines()[1:3]
    assert quoted.endswith("std.egress_spec = nowhere; }") and carets.index("^") == quoted.index("nowhere")


def test_errors_while_preprocessing_are_status_1(tmp_path: Path) -> None:
    (tmp_path / "x.p4").write_text("#error no\na\n")
    result = compile_("-E", tmp_path / "x.p4")
    assert result.code == 1 and result.out.endswith("a\n") and "#error no" in result.err


def test_source_date_epoch_makes_builds_repeatable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d.p4").write_text("__DATE__ __TIME__\n")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert '"Jan  2 1970" "00:00:00"' in compile_("-E", tmp_path / "d.p4").out
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert compile_("-E", tmp_path / "d.p4").code == 0


# Rules for make


def test_the_rule_names_every_file_that_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path)
    assert compile_("p.p4", "-o", "build", "--depfile", "p.d").code == 0
    rule = Path("p.d").read_text().partition("\n\n")[0].replace("\\\n", "").split()
    assert rule[:5] == ["build/p.json", "build/p.p4info.txtpb:", "p.p4", *rule[3:5]]
    assert {Path(name).name for name in rule[2:]} == {"p.p4", "sizes.p4", "core.p4", "v1model.p4"}
    again = compile_("--json", "p.p4", "-o", "build", "--depfile", "q.d")
    assert again.document["cached"] and Path("q.d").read_text() == Path("p.d").read_text()


def test_make_goes_on_where_a_header_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path)
    assert compile_("p.p4", "-o", ".", "--depfile", "p.d").code == 0
    (tmp_path / "sizes.p4").unlink()
    (tmp_path / "Makefile").write_text("p.json:\n\t@echo again\ninclude p.d\n")
    try:
        done = subprocess.run(["make", "-s"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no make on this machine")
    assert (done.returncode, done.stdout, done.stderr) == (0, "again\n", "")


def test_make_reads_the_names_in_a_rule_as_they_are(tmp_path: Path) -> None:
    names = ["plain.p4", "with blank.p4", "d$llar.p4", "h#sh.p4"]
    for name in names:
        (tmp_path / name).touch()
    recipe = "\n\t@echo made\n"
    rule = depfile(["all"], names)
    (tmp_path / "Makefile").write_text(f".PHONY: all\n{rule.rstrip()}{recipe}")
    try:
        done = subprocess.run(["make", "-s", "all"], cwd=tmp_path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no make on this machine")
    assert (done.returncode, done.stdout, done.stderr) == (0, "made\n", "")


# Others


def test_architectures_are_known_by_the_names_of_their_files() -> None:
    assert command.architecture_names() == sorted(architectures.ARCHITECTURES)


def test_both_command_lines_make_the_same_files(tmp_path: Path) -> None:
    assert compile_(GOOD, "-o", tmp_path / "a.json").code == 0
    assert p4c(GOOD, "-o", tmp_path / "b.json", "--p4runtime-files", tmp_path / "b.txtpb").code == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (tmp_path / "a.p4info.txtpb").read_bytes() == (tmp_path / "b.txtpb").read_bytes()


def test_every_kind_of_warning_that_the_compiler_reports_is_declared() -> None:
    import re

    used: set[str] = set()
    for path in (ROOT / "compiler").rglob("*.py"):
        used |= set(re.findall(r"\.warning\(\s*\"([^\"]+)\"", path.read_text()))
    assert "unused" in used and used <= WARNING_KINDS.keys()
