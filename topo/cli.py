"""`p4gate lab`: build, show, use and remove labs."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from topo.model import NAME_PATTERN, LabError, load_lab
from topo.namespace import enter
from topo.state import (
    LabState,
    forget,
    is_running,
    known_labs,
    lab_mark,
    last_line,
    lock_file,
    log_file,
    marked_processes,
    read_state,
    start_time,
    state_directory,
)

_STOP_SECONDS = 15.0


@click.group()
def lab_group() -> None:
    """Build, show and remove labs of namespaces, hosts and switches (as root).

    \b
    p4gate lab up examples/two_vpcs.lab.yaml
    p4gate lab status
    p4gate lab exec examples/two_vpcs.lab.yaml red-web2 -- ping -c 3 10.2.0.13
    p4gate lab down examples/two_vpcs.lab.yaml

    Exit codes: 0 done, 1 failed, 2 wrong arguments. What is known of running labs stands in /run/p4gate, or in the
    folder that P4GATE_RUN in the environment names.
    """


_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_name = click.option("--name", help="Call the lab so, instead of by the name in the file.")


def _lab_name(file: Path, name: str | None) -> str:
    if name is not None:
        if not re.fullmatch(NAME_PATTERN, name):
            raise click.BadParameter("a name is letters, digits, _ . and -, 63 at most", param_hint="--name")
        return name
    try:
        return load_lab(file).name
    except LabError as error:
        raise click.ClickException(str(error)) from error


def _running_name(file: Path | None, name: str | None) -> str:
    """As `_lab_name`, for a lab that may outlive its file: what was started from FILE is known without reading it."""
    if file is None:
        if name is None:
            raise click.UsageError("name the lab: its FILE, or --name NAME (p4gate lab status shows all labs)")
        return _lab_name(Path(), name)
    if name is None:
        started_from = str(file.resolve())
        states = [state for known in known_labs() if (state := read_state(known)) and state.file == started_from]
        if len(states) == 1:
            return states[0].name
    return _lab_name(file, name)


@lab_group.command("up")
@_file
@_name
@click.option("--grpc", multiple=True, metavar="SWITCH=ADDRESS", help="Where a switch's P4Runtime server listens.")
def up_command(file: Path, name: str | None, grpc: tuple[str, ...]) -> None:
    """Build the lab of FILE and start its switches.

    \b
    Two labs side by side:
      p4gate lab up lab.yaml
      p4gate lab up lab.yaml --name second --grpc gw1=127.0.0.1:9560
    """
    name = _lab_name(file, name)
    state = read_state(name)
    if state is not None and is_running(state):
        raise click.ClickException(
            f"lab {name} is running already (pid {state.pid}). Remove it first: p4gate lab down {file} --name {name}"
        )
    _remove_remains(name, state)
    if any("=" not in pair for pair in grpc):
        raise click.BadParameter("use SWITCH=ADDRESS, as gw1=127.0.0.1:9560", param_hint="--grpc")
    command = [sys.executable, "-m", "topo.supervisor", str(file), "--name", name]
    command += [word for pair in grpc for word in ("--grpc", pair)]
    try:
        state_directory().mkdir(parents=True, exist_ok=True)
        log = log_file(name).open("ab")
    except OSError as error:
        hint = "labs need root: run the command with sudo"
        raise click.ClickException(f"{state_directory()}: {error.strerror}; {hint}") from error
    # The supervisor stays: it must not hold this command's own standard error open.
    with log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    assert process.stdout is not None
    try:
        first = process.stdout.readline().decode(errors="replace").strip()
    except KeyboardInterrupt:
        process.terminate()  # it takes down what it has built
        process.wait()
        forget(name)
        raise
    if first != "ready":
        rest = process.stdout.read().decode(errors="replace")
        process.wait()
        raise click.ClickException(
            f"{first}\n{rest}".replace("error: ", "").strip() or f"the lab did not start; see {log_file(name)}"
        )
    state = read_state(name)
    nodes = len(state.namespaces) if state else 0
    click.echo(f"lab {name} is up: {nodes} namespaces, held by pid {process.pid}")
    for switch, item in (state.switches if state else {}).items():
        click.echo(f"  {switch}: P4Runtime at {item.grpc}, device {item.device_id}, pid {item.pid}")


@lab_group.command("down")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@_name
def down_command(file: Path | None, name: str | None) -> None:
    """Remove the lab of FILE: switches, namespaces, links and whatever runs inside.

    \b
    p4gate lab down examples/two_vpcs.lab.yaml
    p4gate lab down --name second
    """
    name = _running_name(file, name)
    state = read_state(name)
    if state is None:
        click.echo(f"lab {name} is not running")
        return
    running = is_running(state)
    try:
        if running:
            _end_process(state.pid)
        _remove_remains(name, state)
        lock_file(name).unlink(missing_ok=True)
    except PermissionError as error:
        raise click.ClickException(f"lab {name} belongs to another user: run the command with sudo") from error
    click.echo(f"lab {name} is removed" if running else f"lab {name} was not running; what it left is removed")


@lab_group.command("status")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@_name
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def status_command(file: Path | None, name: str | None, as_json: bool) -> None:
    """Show the lab of FILE, or all labs. Exit code 1 when the lab asked for is not running.

    \b
    p4gate lab status
    p4gate lab status examples/two_vpcs.lab.yaml --json
    """
    names = [_running_name(file, name)] if file or name else known_labs()
    states = {key: state for key in names if (state := read_state(key)) is not None}
    running = {key: is_running(state) for key, state in states.items()}
    if as_json:
        click.echo(json.dumps([{**asdict(state), "running": running[key]} for key, state in states.items()], indent=1))
    else:
        _print_states(states, running)
    if (file or name) and not any(running.values()):
        sys.exit(1)


def _print_states(states: dict[str, LabState], running: dict[str, bool]) -> None:
    if not states:
        click.echo("no lab is running")
        return
    table = Table("lab", "state", "pid", "namespaces", "switches")
    for key, state in states.items():
        switches = [
            f"{name} {item.grpc} {'up' if start_time(item.pid) else 'DOWN'}" for name, item in state.switches.items()
        ]
        nodes = str(len(state.namespaces))
        table.add_row(key, "up" if running[key] else "dead", str(state.pid), nodes, "\n".join(switches))
    Console().print(table)


@lab_group.command("start")
@_file
@click.argument("switch")
@_name
def start_command(file: Path, switch: str, name: str | None) -> None:
    """Start SWITCH of the lab again after it died.

    \b
    p4gate lab start examples/two_vpcs.lab.yaml gw1
    """
    state = _running_lab(_lab_name(file, name))
    if switch not in state.switches:
        raise click.ClickException(f"there is no switch called {switch}; the lab has {', '.join(state.switches)}")
    if start_time(state.switches[switch].pid) is not None:
        click.echo(f"{switch} is running (pid {state.switches[switch].pid})")
        return
    os.kill(state.pid, signal.SIGHUP)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and is_running(state):
        now = read_state(state.name)
        if now is not None and now.attempts > state.attempts:
            if start_time(now.switches[switch].pid) is None:
                raise click.ClickException(
                    last_line(state.name) or f"{switch} did not start; see {log_file(state.name)}"
                )
            click.echo(f"{switch} runs again (pid {now.switches[switch].pid})")
            return
        time.sleep(0.05)
    raise click.ClickException(f"{switch} did not start; see {log_file(state.name)}")


@lab_group.command("exec", context_settings={"ignore_unknown_options": True})
@_file
@click.argument("node")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@_name
def exec_command(file: Path, node: str, command: tuple[str, ...], name: str | None) -> None:
    """Run COMMAND in the namespace of NODE (a VM, host, bridge or switch).

    \b
    p4gate lab exec examples/two_vpcs.lab.yaml red-web2 -- ping -c 3 10.2.0.13
    p4gate lab exec examples/two_vpcs.lab.yaml h1 -- tcpdump -i eth0 udp port 4789
    """
    state = _running_lab(_lab_name(file, name))
    if node not in state.namespaces:
        raise click.ClickException(f"there is no node called {node}; the lab has {', '.join(state.namespaces)}")
    try:
        enter(state.namespaces[node])
        variable, mark = lab_mark(state)
        os.execvpe(command[0], command, {**os.environ, variable: mark})
    except FileNotFoundError as error:
        click.echo(f"Error: {command[0]}: there is no such command", err=True)
        raise click.exceptions.Exit(127) from error
    except (LabError, OSError) as error:
        raise click.ClickException(f"{command[0]}: {error}") from error


def _running_lab(name: str) -> LabState:
    state = read_state(name)
    if state is None or not is_running(state):
        raise click.ClickException(f"lab {name} is not running. Start it: p4gate lab up FILE")
    return state


def _end_process(pid: int) -> None:
    """SIGTERM, and SIGKILL if it has not ended in time; returns when it is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        os.kill(pid, signal.SIGTERM)
        if not select.select([descriptor], [], [], _STOP_SECONDS)[0]:
            os.kill(pid, signal.SIGKILL)
            select.select([descriptor], [], [], _STOP_SECONDS)
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)


def _remove_remains(name: str, state: LabState | None) -> None:
    """End what `lab exec` started and still runs (its namespace vanishes with it), and forget the lab."""
    if state is not None:
        for pid in marked_processes(state):
            _end_process(pid)
    forget(name)
