"""`p4gate-p4c` in place of p4c-bm2-ss. Oracle: what p4c says and writes, recorded in tests/golden; its exit statuses
and closing lines, read off p4c 1.2.5.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from calling import ERRORS, GOOD, V1MODEL, p4c, program
from finsy.proto import p4i
from google.protobuf import json_format, text_format

RECORDED = yaml.safe_load((ERRORS / "expected.yaml").read_text())
HEAD = re.compile(
    r"^(?:(?P<file>[^\s(][^(]*)\((?P<line>\d+)\): ?)?(?:\[--W(?P<flag>error|warn|info)=(?P<kind>[^\]]+)\] "
    r"(?P<severity>error|warning|info): |(?P<syntax>syntax error))"
)
OVERLIMIT = "[--Werror=overlimit] error: {} errors encountered, aborting compilation"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Whatever is written without a path goes here."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reports(text: str) -> list[tuple[int | None, str, str]]:
    """(line, severity, kind) of each diagnostic in p4c's form."""
    found = []
    for head in filter(None, map(HEAD.match, text.splitlines())):
        line = int(head["line"]) if head["line"] else None
        found.append((line, head["severity"] or "error", head["kind"] or "syntax"))
    return found


@pytest.mark.parametrize("name", [name for name, case in RECORDED.items() if case["exit"] == "error"])
def test_errors_have_the_recorded_form_line_and_kind(name: str) -> None:
    result = p4c(ERRORS / f"{name}.p4")
    assert result.code == 1 and result.out == ""
    told = reports(result.err)
    errors = [report for report in RECORDED[name]["reports"] if report["severity"] == "error"]
    if not errors:  # p4c fails with a warning only
        assert name == "missing_main" and told == [(None, "error", "missing")]
        return
    first = errors[0]
    kind = first.get("kind") or "syntax"
    if "file" in first:  # a header of p4c's own, whose lines are not those of ours
        assert kind in {found for _, _, found in told}, result.err
    else:
        assert (first["line"], "error", kind) in told, result.err


def quoted(text: str) -> dict[tuple[int, str], set[tuple[str, str]]]:
    """(line, kind) of each warning -> what is quoted there: the source line and the carets."""
    lines = text.splitlines()
    found: dict[tuple[int, str], set[tuple[str, str]]] = {}
    for index, line in enumerate(lines[:-2]):
        head = HEAD.match(line)
        if head is not None and head["line"]:
            found.setdefault((int(head["line"]), head["kind"]), set()).add((lines[index + 1], lines[index + 2]))
    return found


def look_alike(ours: set[tuple[str, str]], theirs: set[tuple[str, str]]) -> bool:
    """Whether a warning of both quotes the line with carets from the same column on.

    While p4c parses, it has not read all of the line; and it may mark a character more or less.
    """
    return any(
        line.startswith(read) and mine.index("^") == carets.index("^") and mine.strip("^ \t") == ""
        for read, carets in theirs
        for line, mine in ours
    )


@pytest.mark.parametrize("record", sorted(V1MODEL.glob("*/p4c-warnings.txt")), ids=lambda record: record.parent.name)
def test_warnings_quote_the_line_and_mark_the_place_as_recorded(record: Path) -> None:
    """Which warnings there are is the business of other tests; here, those of both compilers look alike."""
    name = record.parent.name
    theirs = quoted(record.read_text())
    result = p4c(record.parent / f"{name}.p4")
    assert result.code == 0
    ours = quoted(result.err)
    for place in theirs.keys() & ours.keys():
        if place[1] == "entries-out-of-priority-order":
            continue  # p4c's place of an entry begins behind its priority
        # p4c's place of `(a << 3) >> 2` begins at the parenthesis, ours at a.
        if not any(line[carets.index("^")] == "(" for line, carets in theirs[place]):
            assert look_alike(ours[place], theirs[place]), (place, ours[place], theirs[place])


def test_json_and_p4info_go_where_p4c_writes_them(folder: Path) -> None:
    result = p4c("--arch", "v1model", "-o", "out.json", "--p4runtime-files", "a.txtpb,b.bin,c.json", "-DX", "-I.", GOOD)
    assert (result.code, result.out, result.err) == (0, "", "")
    assert sorted(path.name for path in folder.iterdir()) == ["a.txtpb", "b.bin", "c.json", "out.json"]
    recorded = text_format.Parse(GOOD.with_suffix(".p4info.txtpb").read_text(), p4i.P4Info())
    assert text_format.Parse((folder / "a.txtpb").read_text(), p4i.P4Info()) == recorded
    assert p4i.P4Info.FromString((folder / "b.bin").read_bytes()) == recorded
    assert json_format.Parse((folder / "c.json").read_text(), p4i.P4Info()) == recorded


def test_nothing_is_written_that_was_not_asked_for(folder: Path) -> None:
    assert p4c(GOOD).code == 0
    assert list(folder.iterdir()) == []


def test_the_driver_s_command_line_fills_a_folder(folder: Path) -> None:
    result = p4c("--target", "bmv2", "--arch", "v1model", "--std", "p4-16", "-o", "build", GOOD)
    assert (result.code, result.err) == (0, "")
    assert sorted(path.name for path in (folder / "build").iterdir()) == ["table_exact.json", "table_exact.p4i"]
    assert p4c("--nocpp", "-o", "again.json", "build/table_exact.p4i").code == 0
    first, again = (json.loads(Path(path).read_text()) for path in ("build/table_exact.json", "again.json"))
    assert [table["name"] for table in first["pipelines"][0]["tables"]] == ["MyIngress.t"]
    assert again["pipelines"][0]["tables"][0]["id"] == first["pipelines"][0]["tables"][0]["id"]
    assert p4c("-b", "bmv2", "-a", "v1model", GOOD).code == 0  # the working folder
    assert (folder / "table_exact.json").exists()


def test_p4_runtime_file_takes_the_format_of_its_option(folder: Path) -> None:
    assert p4c("--p4runtime-file", "a", "--p4runtime-format", "text", GOOD).code == 0
    assert p4c("--p4runtime-file", "b", GOOD).code == 0
    recorded = text_format.Parse(GOOD.with_suffix(".p4info.txtpb").read_text(), p4i.P4Info())
    assert text_format.Parse((folder / "a").read_text(), p4i.P4Info()) == recorded
    assert p4i.P4Info.FromString((folder / "b").read_bytes()) == recorded
    assert "[--Wwarn=deprecated] warning: " in p4c("--p4runtime-file", "b", GOOD).err
    assert p4c("--p4runtime-file", "b", "--Wdisable=deprecated", GOOD).err == ""
    assert p4c("--p4runtime-file", "b", "--Werror", GOOD).code == 1


def test_the_entries_of_the_source_become_a_write_request(folder: Path) -> None:
    result = p4c("--p4runtime-files", "i.txtpb", "--p4runtime-entries-files", "e.json,e.txtpb,e.bin", program(folder))
    assert (result.code, result.err) == (0, "")
    (update,) = json.loads((folder / "e.json").read_text())["updates"]
    assert update["type"] == "INSERT" and "updates {" in (folder / "e.txtpb").read_text()


WARNING = "const bit<8> x = 300;\n"


def test_macros_are_defined_and_undefined_in_their_order(folder: Path) -> None:
    (folder / "m.p4").write_text("#ifdef X\n#error defined\n#endif\n")
    for options, is_defined in ((["-DX"], True), (["-DX", "-UX"], False), (["-U", "X", "-D", "X=1"], True)):
        assert ("defined" in p4c(*options, "-E", "m.p4").err) == is_defined


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "[--Wwarn=overflow] warning: "),
        (["--Werror"], "[--Werror=overflow] error: "),
        (["--Werror=overflow"], "[--Werror=overflow] error: "),
        (["--Winfo=overflow"], "[--Winfo=overflow] info: "),
        (["--Werror=overflow", "--Wwarn=overflow"], "[--Wwarn=overflow] warning: "),
        (["--Werror", "overflow"], "[--Werror=overflow] error: "),
        (["--Werror=unknown-kind"], "[--Wwarn=overflow] warning: "),
    ],
)
def test_warnings_become_what_the_options_say(folder: Path, options: list[str], expected: str) -> None:
    source = program(folder)
    source.write_text(source.read_text() + WARNING)
    result = p4c(*options, source)
    assert expected in result.err
    assert result.code == int("error" in expected)
    assert "overflow" not in p4c(*options, "--Wdisable=overflow", source).err
    assert "[--W" not in p4c("--Wdisable", source).err


def test_the_preprocessor_s_own_warnings_are_no_errors_with_werror(folder: Path) -> None:
    source = program(folder)
    source.write_text("#define A 1\n#define A 2\n" + source.read_text())
    result = p4c("--Werror", source)
    assert result.code == 0 and "warning: macro A is redefined" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--foo", GOOD], "[--Werror=unknown] error: Unknown option --foo"),
        (["-Z", GOOD], "[--Werror=unknown] error: Unknown option -Z"),
        ([], "[--Werror=expected] error: No input files specified"),
        (["a.p4", "b.p4"], "[--Werror=overlimit] error: Only one input file must be specified: a.p4,b.p4"),
        (["-o"], "[--Werror=expected] error: Option -o is missing required argument"),
        (["--std", "p4-14", GOOD], "[--Werror=invalid] error: Illegal language version p4-14"),
        (["--Wdisable=type-error", GOOD], "[--Werror=invalid] error: Error type-error cannot be demoted."),
        (["--p4runtime-files", "x.foo", GOOD], "[--Werror=unknown] error: x.foo: unknown file kind; known suffixes"),
        (["--p4runtime-format", "xml", GOOD], "[--Werror=invalid] error: Illegal P4Runtime format xml"),
        (["--arch", "tna", GOOD], "[--Werror=invalid] error: Unknown architecture tna"),
        (["--target", "tofino", GOOD], "[--Werror=invalid] error: Unknown target tofino"),
        (["--listMidendPasses"], "[--Werror=unsupported] error: --listMidendPasses is not supported"),
        (["--fromJSON", "x", GOOD], "[--Werror=unsupported] error: --fromJSON x is not supported"),
        (["-o", "no/such/x.json", GOOD], '[--Werror=I/O error] error: Error writing output to file "no/such/x.json"'),
    ],
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_a_command_line_that_cannot_be_followed_is_refused_in_one_line(
    folder: Path, arguments: list[str | Path], message: str
) -> None:
    result = p4c(*arguments)
    assert result.code == 1 and result.out == ""
    assert result.err.startswith(message), result.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "option",
    ["-v", "-O", "-O2", "--ndebug", "--loopsUnroll", "--emit-externs", "--parser-inline-opt", "-Wall", "-Tx:3"],
)
def test_options_that_change_nothing_are_taken(option: str) -> None:
    result = p4c(option, GOOD)
    assert (result.code, result.err) == (0, "")


def test_options_whose_output_is_missing_say_so(folder: Path) -> None:
    result = p4c("--toJSON", "ir.json", "-o", "x.json", GOOD)
    assert result.code == 0 and "[--Wwarn=ignore] warning: --toJSON has no effect" in result.err
    assert sorted(path.name for path in folder.iterdir()) == ["x.json"]


def test_ndebug_leaves_assertions_out(folder: Path) -> None:
    source = V1MODEL / "log_and_assert" / "log_and_assert.p4"
    assert p4c("-o", "with.json", source).code == 0
    assert p4c("--ndebug", "-o", "without.json", source).code == 0
    for word, count in (("assert", 0), ("assume", 0)):
        assert f'"op": "{word}"' in (folder / "with.json").read_text()
        assert (folder / "without.json").read_text().count(f'"op": "{word}"') == count
    assert '"op": "log_msg"' in (folder / "without.json").read_text()


def test_disabled_annotations_are_ignored_with_a_warning(folder: Path) -> None:
    source = program(folder)
    source.write_text(source.read_text().replace("    table t {", '    @name("other") @brief("it") table t {'))
    options = ["--p4runtime-files", "i.txtpb", "-o", "x.json"]
    assert p4c(*options, source).code == 0
    assert 'name: "I.other"' in (folder / "i.txtpb").read_text()
    result = p4c(*options, "--disable-annotations=name,brief", source)
    assert result.code == 0 and "[--Wwarn=ignore] warning: @brief is ignored" in result.err
    info = (folder / "i.txtpb").read_text()
    assert 'name: "I.t"' in info and "brief" not in info


def test_preprocessing_alone_prints_text_that_compiles_again(folder: Path) -> None:
    result = p4c("-E", GOOD)
    assert result.code == 0 and result.err == ""
    (folder / "again.p4").write_text(result.out)
    assert p4c("--p4runtime-files", "again.txtpb", "again.p4").code == 0
    assert (folder / "again.txtpb").read_text() == GOOD.with_suffix(".p4info.txtpb").read_text()
    assert p4c("--pp", "pp.p4", GOOD).code == 0
    assert (folder / "pp.p4").read_text() == result.out


@pytest.mark.parametrize(
    ("options", "target"),
    [([], "p.o"), (["-MT", "a$b"], "a$b"), (["-MQ", "a$b"], "a$$b"), (["-MT", "x", "-MT", "y"], "x y")],
)
def test_rules_for_make_are_those_of_cpp(folder: Path, options: list[str], target: str) -> None:
    source = program(folder).name
    result = p4c("-M", *options, source)
    assert result.code == 0
    assert result.out.splitlines()[0] == f"{target}: \\"
    assert {" p.p4 \\", " sizes.p4"} <= set(result.out.splitlines()) | {
        line.rstrip(" \\") for line in result.out.splitlines()
    }
    assert p4c("-MD", "-MP", "-MF", "rule.d", "-o", "x.json", source).code == 0
    assert "\nsizes.p4:\n" in (folder / "rule.d").read_text()
    assert p4c("-MD", source).code == 0 and (folder / "p.d").exists()


def test_with_mg_a_missing_header_is_no_error(folder: Path) -> None:
    (folder / "g.p4").write_text('#include "generated.p4"\n')
    assert p4c("-M", "g.p4").code == 1
    assert p4c("-M", "-MG", "g.p4").out == "g.o: \\\n g.p4\n"


def test_after_syntax_errors_a_line_counts_them_and_after_type_errors_none() -> None:
    syntax, types = p4c(ERRORS / "unbalanced_brace.p4"), p4c(ERRORS / "add_width_mismatch.p4")
    assert syntax.err.splitlines()[-1] == OVERLIMIT.format(1)
    assert "overlimit" not in types.err


def test_behind_max_error_count_nothing_is_shown(folder: Path) -> None:
    source = program(folder)
    source.write_text(source.read_text() + "".join(f"const bit<8> a{n} = b{n};\n" for n in range(30)))
    for option, count in (([], 20), (["--maxErrorCount", "3"], 3)):
        result = p4c(*option, source)
        assert len(reports(result.err)) == count + 1  # as p4c: it notices when there are more
        assert f"Number of errors exceeded set maximum of {count}" in result.err


def test_include_paths_of_p4c_s_environment_are_searched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = program(folder / "src")
    (folder / "src" / "sizes.p4").rename(folder / "sizes.p4")
    assert p4c(source).code == 1
    monkeypatch.setenv("P4C_16_INCLUDE_PATH", str(folder))
    assert p4c(source).code == 0


def test_help_names_every_option_with_what_it_does() -> None:
    result = p4c("--help")
    assert result.code == 0 and result.err == ""
    for option in ("--p4runtime-files", "--toJSON", "-MQ", "--ndebug", "-Xp4c"):
        assert re.search(rf"^  {option}\b.* [A-Z].*\.$", result.out, re.MULTILINE), option
    assert re.search(r"^Version \d", p4c("--version").out, re.MULTILINE)
