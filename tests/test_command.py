"""The `p4gate` command as a whole: verbs load, and even a fault of our own gets one clear line."""

from __future__ import annotations

import importlib

import click
import pytest
from click.testing import CliRunner

import p4gate


@pytest.mark.parametrize("verb", p4gate.VERBS)
def test_every_verb_loads_and_teaches(verb: str) -> None:
    result = CliRunner().invoke(p4gate.main, [verb, "--help"], prog_name="p4gate")
    assert result.exit_code == 0, result.output
    examples = [line for line in result.output.splitlines() if line.startswith(("  p4gate", "    p4gate"))]
    assert any(f"p4gate {verb}" in line for line in examples), result.output


def test_an_unknown_verb_is_refused() -> None:
    assert CliRunner().invoke(p4gate.main, ["aply"]).exit_code == 2


def test_a_fault_of_our_own_is_one_message_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def broken() -> None:
        raise ValueError("what went wrong")

    monkeypatch.setattr(importlib.import_module("compiler.cli"), "compile_command", broken)
    result = CliRunner().invoke(p4gate.main, ["compile"])
    assert result.exit_code == p4gate.INTERNAL_ERROR
    assert "p4gate compile failed unexpectedly: ValueError: what went wrong" in result.output
    assert "Traceback" not in result.output
