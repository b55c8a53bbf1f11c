"""`p4gate ports` without a switch: what is wrong, and what to do, on one line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from switch.ports_cli import ports_command


@pytest.mark.parametrize("text", ["3", "@veth3", "3@", "x@veth3", "\u00b2@veth3"])
def test_what_is_no_interface_is_told_before_a_switch_is_asked(text: str) -> None:
    done = CliRunner().invoke(ports_command, ["--grpc", "127.0.0.1:1", "add", text])
    assert done.exit_code == 2
    assert f"{text}: a port is PORT@INTERFACE, as in 1@veth0" in done.output


@pytest.mark.parametrize("arguments", [[], ["add", "3@xdp:veth3"], ["remove", "3"], ["down", "3"], ["up", "3"]])
def test_without_a_switch_one_line_says_what_to_do(arguments: list[str]) -> None:
    done = CliRunner().invoke(ports_command, ["--grpc", "127.0.0.1:1", *arguments])
    assert done.exit_code == 1
    [line] = done.output.strip().splitlines()
    assert "127.0.0.1:1: no switch answers there" in line and "--grpc HOST:PORT" in line


@pytest.mark.parametrize("name", ["add", "remove", "down", "up"])
def test_help_shows_an_example(name: str) -> None:
    assert f"    p4gate ports {name} 3" in CliRunner().invoke(ports_command, [name, "--help"]).output
