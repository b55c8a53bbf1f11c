"""`p4gate ports`: the ports of a running switch, seen and changed (switch/port_service.py answers)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from switch.port_service import SERVICE
from switch.ports import PortError, parse_interface
from switch.switch_client import Address, switch_options

TIMEOUT_S = 10.0
COUNTERS = ("packets", "bytes", "drops", "errors")


@click.group("ports", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@switch_options("127.0.0.1:9559")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def ports_command(
    context: click.Context,
    address: str,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    as_json: bool,
) -> None:
    """Show the ports of a running switch with their counters; add, remove, shut and open them. Other ports go on.

    \b
      p4gate ports
      p4gate ports --grpc 127.0.0.1:9560 add 3@veth3
      p4gate ports down 3
    """
    context.obj = Address(address, tls_ca, tls_cert, tls_key)
    if context.invoked_subcommand is not None:
        return
    found = _call(context.obj, "List", {})["ports"]
    click.echo(json.dumps(found, indent=2) if as_json else _table(found))


@ports_command.command("add")
@click.argument("interface", metavar="PORT@IFACE")
@click.pass_obj
def add(address: Address, interface: str) -> None:
    """Open a Linux interface as a port, as `p4gate switch -i` does.

    \b
      p4gate ports add 3@veth3
      p4gate ports add 4@xdp:eth0
    """
    try:
        port = parse_interface(interface).port
    except PortError as e:
        raise click.BadParameter(str(e), param_hint="PORT@IFACE") from None
    _call(address, "Add", {"port": port, "interface": interface.partition("@")[2]})


@ports_command.command("remove")
@click.argument("port", type=click.IntRange(min=0))
@click.pass_obj
def remove(address: Address, port: int) -> None:
    """Close a port; its interface stays.

    \b
      p4gate ports remove 3
    """
    _call(address, "Remove", {"port": port})


@ports_command.command("down")
@click.argument("port", type=click.IntRange(min=0))
@click.pass_obj
def down(address: Address, port: int) -> None:
    """Shut a port: what it gets in either direction is dropped and counted.

    \b
      p4gate ports down 3
    """
    _call(address, "Enable", {"port": port, "enabled": False})


@ports_command.command("up")
@click.argument("port", type=click.IntRange(min=0))
@click.pass_obj
def up(address: Address, port: int) -> None:
    """Open a shut port.

    \b
      p4gate ports up 3
    """
    _call(address, "Enable", {"port": port, "enabled": True})


def _call(address: Address, method: str, request: dict[str, Any]) -> dict[str, Any]:
    return address.call(f"/{SERVICE}/{method}", request, TIMEOUT_S)


def _table(ports: list[dict[str, Any]]) -> str:
    head = ["port", "state", "kind", "interface"]
    head += [f"{side} {name}" for side in ("in", "out") for name in COUNTERS]
    rows = [head]
    for port in ports:
        c = port["counters"]
        state = "shut" if not port["enabled"] else "up" if port["running"] else "no carrier"
        row = [str(port["port"]), state, port["kind"], port["interface"] or "-"]
        row += [str(c[key]) for key in ("received", "received_bytes", "receive_drops", "receive_errors")]
        row += [str(c[key]) for key in ("sent", "sent_bytes", "send_drops", "send_errors")]
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
