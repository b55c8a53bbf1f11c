"""Presets: options that a project keeps under a name. Oracle: the same options on the command line, and P4Info."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from calling import ROOT, compile_, program
from finsy.proto import p4i
from google.protobuf import text_format

YAML = """\
presets:
  small:
    about: Few entries.
    program: src/p.p4
    output: out
    defines: {SIZE: 4, TRACE: , NAME: "x y"}
  larger:
    extends: small
    defines: {SIZE: 4096}
    werror: [unused]
    p4runtime_files: [out/larger.bin, out/larger.txtpb]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    source = program(tmp_path / "src")
    source.write_text(source.read_text().replace('#include "sizes.p4"', ""))
    (tmp_path / "p4gate.yaml").write_text(YAML)
    return tmp_path


def size(path: Path) -> int:
    return text_format.Parse(path.read_text(), p4i.P4Info()).tables[0].size


def test_a_preset_gives_macros_and_the_place_of_outputs(project: Path) -> None:
    assert compile_(project / "src" / "p.p4", "--preset", "small").code == 0
    assert size(project / "out" / "p.p4info.txtpb") == 4


def test_a_preset_extends_another(project: Path) -> None:
    assert compile_(project / "src" / "p.p4", "--preset", "larger").code == 0
    assert size(project / "out" / "larger.txtpb") == 4096
    assert p4i.P4Info.FromString((project / "out" / "larger.bin").read_bytes()).tables[0].size == 4096


def test_the_command_line_wins_over_the_preset(project: Path) -> None:
    assert compile_(project / "src" / "p.p4", "--preset", "larger", "-D", "SIZE=9", "-o", project / "mine").code == 0
    assert size(project / "mine" / "p.p4info.txtpb") == 9
    assert not (project / "out").exists()


def test_the_program_may_be_named_by_the_preset(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "deeper").mkdir()
    monkeypatch.chdir(project / "deeper")
    assert compile_("--preset", "small").code == 0
    assert size(project / "out" / "p.p4info.txtpb") == 4


def test_presets_are_listed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    result = compile_("--list-presets")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == ["p4gate.yaml:", "small", "larger"]
    assert compile_("--list-presets", "--json").document["presets"]["small"] == "Few entries."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (YAML, "p4gate.yaml: there is no preset smal; did you mean small?"),
        ("presets: {smal: {define: {}}}", "p4gate.yaml:1: preset smal has no key define; did you mean defines?"),
        ("presets:\n  smal: [1]", "p4gate.yaml:2: preset smal must be a mapping"),
        ("presets:\n  smal:\n    defines: 3", "p4gate.yaml:3: defines must be a mapping"),
        ("presets:\n  smal:\n    werror: x", "p4gate.yaml:3: werror must be a list"),
        ("presets:\n  smal: {extends: smal}", "p4gate.yaml:2: preset smal extends itself"),
        ("presets:\n  smal: {extends: other}", "there is no preset other; there are smal"),
        ("preset: {}", "p4gate.yaml:1: p4gate.yaml has no key preset"),
        ("presets: {smal: [", "p4gate.yaml:1: "),
        ("", "there is no preset smal; there are none"),
    ],
)
def test_what_is_wrong_with_a_preset_is_said_with_its_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(project)
    (project / "p4gate.yaml").write_text(text)
    result = compile_("src/p.p4", "--preset", "smal")
    assert result.code == 2 and said in result.err, result.err


def test_without_a_file_of_presets_that_is_said(tmp_path: Path) -> None:
    result = compile_(program(tmp_path), "--preset", "lab")
    assert result.code == 2 and "there is no p4gate.yaml" in result.err


@pytest.mark.parametrize(("name", "vms"), [("default", 65536), ("lab", 1024), ("large", 1048576)])
def test_the_gateway_has_presets_for_its_sizes(tmp_path: Path, name: str, vms: int) -> None:
    copy = tmp_path / "p4src"
    shutil.copytree(ROOT / "p4src", copy)
    assert compile_(copy / "v1model" / "gateway.p4", "--preset", name).code == 0
    folder = tmp_path / "build" if name == "default" else tmp_path / "build" / name
    info = text_format.Parse((folder / "gateway.p4info.txtpb").read_text(), p4i.P4Info())
    assert {table.preamble.alias: table.size for table in info.tables}["vm_source"] == vms
