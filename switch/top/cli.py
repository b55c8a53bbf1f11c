"""`p4gate top`: live rates of a running switch."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from switch.debug_service import SERVICE
from switch.switch_client import Address, switch_options
from switch.top.lines import lines
from switch.top.rates import rates
from switch.top.view import view

STATS = f"/{SERVICE}/Stats"
TIMEOUT_S = 10.0
COUNTING_S = 60.0  # how long --once waits for the object that counts to be compiled


@click.command("top", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@switch_options("127.0.0.1:9559")
@click.option("--interval", default=1.0, type=click.FloatRange(min=0.1), metavar="SECONDS", help="Between two looks.")
@click.option("--once", is_flag=True, help="Measure one interval and end.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each interval.")
def top_command(
    address: str,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    interval: float,
    once: bool,
    as_json: bool,
) -> None:
    """Show what a running switch does: rates of its ports, hit rates of its tables, drops by reason and by action,
    P4Runtime updates, the workers' load. Refreshed in place on a terminal, plain lines where piped.

    \b
      p4gate top
      p4gate top --grpc 127.0.0.1:9560 --interval 5
      p4gate top --once
      p4gate top --json | jq '.tables[] | select(.hit_ratio < 0.9)'

    Tables' hits and drops by action are counted only while somebody watches, by code compiled for that, which takes
    some seconds the first time; packets pay nothing for it otherwise.

    Exit codes: 0 ended by the user or after --once, 1 no such switch (one line says why), 2 wrong usage.
    """
    where = Address(address, tls_ca, tls_cert, tls_key)
    measured = _measured(where, interval, once)
    try:
        if as_json or once or not sys.stdout.isatty():
            for found in measured:
                click.echo(json.dumps(found) if as_json else "\n".join(lines(found)) + ("" if once else "\n"))
                sys.stdout.flush()
        else:
            with Live(console=Console(), screen=True, auto_refresh=False) as live:
                for found in measured:
                    live.update(view(address, found), refresh=True)
    except KeyboardInterrupt:
        pass


def _measured(where: Address, interval: float, once: bool) -> Iterator[dict[str, Any]]:
    before = _snapshot(where)
    if before["counting_error"]:
        click.echo(f"tables and actions are not counted: {before['counting_error']}", err=True)
    elif once:
        end = time.monotonic() + COUNTING_S
        while before["program"] is not None and not before["counting"] and time.monotonic() < end:
            time.sleep(0.2)
            before = _snapshot(where)
    while True:
        time.sleep(interval)
        after = _snapshot(where)
        yield rates(before, after)
        if once:
            return
        before = after


def _snapshot(where: Address) -> dict[str, Any]:
    return where.call(STATS, {"watch": True}, TIMEOUT_S)
