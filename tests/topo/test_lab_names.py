"""Which lab `p4gate lab down` and `status` mean. Oracle: the state file that the test wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from topo.cli import lab_group
from topo.state import LabState, read_state, write_state

NOBODY = 2**22 + 1  # above the kernel's highest pid


@pytest.fixture
def gone_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a lab `gone` whose supervisor died and which was then deleted itself."""
    monkeypatch.setenv("P4GATE_RUN", str(tmp_path / "run"))
    file = tmp_path / "gone.yaml"
    write_state(LabState("gone", NOBODY, 1, str(file), {}))
    return file


def test_down_needs_no_file_that_can_be_read(gone_lab: Path) -> None:
    result = CliRunner().invoke(lab_group, ["down", str(gone_lab)])
    assert (result.exit_code, result.output) == (0, "lab gone was not running; what it left is removed\n")
    assert read_state("gone") is None


def test_down_by_name_needs_no_file_at_all(gone_lab: Path) -> None:
    result = CliRunner().invoke(lab_group, ["down", "--name", "gone"])
    assert result.exit_code == 0 and read_state("gone") is None


def test_down_of_a_file_that_no_lab_was_started_from_reads_it(gone_lab: Path) -> None:
    result = CliRunner().invoke(lab_group, ["down", str(gone_lab.with_name("other.yaml"))])
    assert result.exit_code == 1 and "other.yaml: cannot be read" in result.output
    assert read_state("gone") is not None


def test_down_of_nothing_says_what_to_name(gone_lab: Path) -> None:
    result = CliRunner().invoke(lab_group, ["down"])
    assert result.exit_code == 2 and "--name NAME" in result.output
