"""`p4gate switch`: run a switch in the foreground."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path

import click
import grpc
from finsy.proto import p4i
from google.protobuf import text_format
from google.protobuf.message import DecodeError

from switch import build
from switch.errors import EngineError
from switch.p4runtime.server import Options, Switch
from switch.ports import DataPlane, PortError, parse_interface
from switch.process import Program, Setup, StartError, read_file, run
from switch.tls import TlsError, credentials


@click.command("switch", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("program", metavar="[FILE.json]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--p4info",
    type=click.Path(path_type=Path),
    help="P4Info of the program, text or binary. Without it: FILE.p4info.txtpb next to FILE.json.",
)
@click.option("--no-p4", is_flag=True, help="Start without a program; a client sets it over P4Runtime.")
@click.option(
    "-i",
    "--interface",
    "interfaces",
    multiple=True,
    metavar="PORT@IFACE",
    help="A Linux interface as a port; may be repeated. Needs root. PORT@NAMESPACE/IFACE takes the interface from a "
    "network namespace (a path, or a name as in `ip netns`); PORT@xdp:IFACE takes packets by AF_XDP, before the kernel "
    "sees them, where its driver can.",
)
@click.option("--xdp", is_flag=True, help="Interfaces by AF_XDP, as if each were named PORT@xdp:IFACE.")
@click.option(
    "--packet-in",
    "nn_address",
    metavar="ADDRESS",
    help="Listen for PTF's nn platform at ipc://PATH or tcp://HOST:PORT; it adds ports itself.",
)
@click.option(
    "--pcap",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A directory for IFACE_in.pcap and IFACE_out.pcap: the packets of each interface, with nanoseconds.",
)
@click.option(
    "--grpc-server-addr",
    "address",
    default="127.0.0.1:9559",
    metavar="HOST:PORT",
    help="Where the P4Runtime server listens; port 0 picks a free one, which the ready line tells.",
)
@click.option(
    "--device-id", default=1, type=click.IntRange(1, (1 << 64) - 1), help="The device id that clients must use."
)
@click.option("--cpu-port", default=510, type=click.IntRange(1, 1023), help="The port of packet-ins and packet-outs.")
@click.option("--drop-port", default=511, type=click.IntRange(0, 1023), help="egress_spec of packets to be dropped.")
@click.option("--workers", default=1, type=click.IntRange(1, 32), help="Threads that process packets.")
@click.option(
    "--affinity",
    default="port",
    type=click.Choice(["port", "flow"]),
    help="With several workers: a worker for each port (keeps the order of a port's packets), or for each flow.",
)
@click.option(
    "--tls-cert",
    "--grpc-server-cert",
    "tls_cert",
    type=click.Path(path_type=Path),
    help="Server certificate (PEM): serve TLS. Needs --tls-key.",
)
@click.option(
    "--tls-key", "--grpc-server-key", "tls_key", type=click.Path(path_type=Path), help="Its private key (PEM)."
)
@click.option(
    "--tls-ca",
    "--grpc-server-cacert",
    "tls_ca",
    type=click.Path(path_type=Path),
    help="Clients need a certificate of this authority (PEM).",
)
@click.option(
    "--tls-writer",
    "tls_writers",
    multiple=True,
    metavar="NAME",
    help="Only clients whose certificate has this name (common or alternative) may change the switch, all others may "
    "read; may be repeated. Needs --tls-ca.",
)
@click.option("--json", "as_json", is_flag=True, help="The ready line as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Log to stderr, log_msg of the program included.")
def switch_command(
    program: Path | None,
    p4info: Path | None,
    no_p4: bool,
    interfaces: tuple[str, ...],
    xdp: bool,
    nn_address: str | None,
    pcap: Path | None,
    address: str,
    device_id: int,
    cpu_port: int,
    drop_port: int,
    workers: int,
    affinity: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
    tls_writers: tuple[str, ...],
    as_json: bool,
    verbose: bool,
) -> None:
    """Run a P4 switch until SIGTERM or SIGINT (Ctrl-C).

    FILE.json is a program in BMv2 JSON, from `p4gate compile` or p4c.

    \b
    A gateway between two interfaces:
      p4gate switch build/gateway.json -i 1@veth1 -i 2@veth2
    Empty, for a controller that brings the program:
      p4gate switch --no-p4 -i 1@veth1 --grpc-server-addr 127.0.0.1:9559
    For packet tests without root:
      p4gate switch --no-p4 --packet-in ipc:///tmp/ptf.ipc
      ptf --allow-user -P nn --device-socket 0-{1-4}@ipc:///tmp/ptf.ipc --test-dir YOUR_TESTS

    When the ports are up and the server listens, one line goes to stdout:
      ready grpc=127.0.0.1:9559 ports=1,2

    Exit codes: 0 stopped by a signal, 1 cannot start (one line says why), 2 wrong usage.
    """
    if no_p4 and program is not None:
        raise click.UsageError("--no-p4 and a program exclude each other.")
    if program is None and p4info is not None:
        raise click.UsageError("--p4info goes with a program (FILE.json).")
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        options = Options(
            device_id,
            address,
            cpu_port,
            drop_port,
            tls=_credentials(tls_cert, tls_key, tls_ca, tls_writers),
            writers=frozenset(tls_writers) or None,
        )
        setup = Setup(
            options,
            _read_program(program, p4info) if program is not None else None,
            tuple(parse_interface(text, xdp) for text in interfaces),
            nn_address,
            capture=pcap,
        )
        library = build.runtime_library()
        with DataPlane(library, workers=workers, flow_affinity=affinity == "flow") as plane:
            asyncio.run(run(plane, setup, lambda switch: _ready(switch, setup, as_json)))
    except (StartError, PortError, TlsError, EngineError) as e:
        click.echo(f"p4gate switch: {e}", err=True)
        sys.exit(1)


def _ready(switch: Switch, setup: Setup, as_json: bool) -> None:
    numbers = [interface.port for interface in setup.interfaces]
    if as_json:
        device_id = setup.options.device_id
        line = json.dumps({"ready": True, "grpc": switch.address, "ports": numbers, "device_id": device_id})
    else:
        line = f"ready grpc={switch.address} ports={','.join(map(str, numbers))}"
    print(line, flush=True)


def _read_program(program: Path, p4info: Path | None) -> Program:
    config = read_file(program)
    if p4info is None:
        p4info = program.with_suffix(".p4info.txtpb")
        if not p4info.exists():
            raise StartError(f"{program}: there is no {p4info.name} next to it; name its P4Info with --p4info")
    data = read_file(p4info)
    info = p4i.P4Info()
    try:
        if p4info.suffix in (".bin", ".pb"):
            info.ParseFromString(data)
        else:
            text_format.Parse(data, info)
    except (text_format.ParseError, DecodeError, UnicodeDecodeError) as e:
        raise StartError(f"{p4info}: not a P4Info: {' '.join(str(e).split())}") from None
    return Program(program, config, info)


def _credentials(
    cert: Path | None, key: Path | None, ca: Path | None, writers: tuple[str, ...]
) -> grpc.ServerCredentials | None:
    if writers and ca is None:
        raise click.UsageError("--tls-writer needs --tls-ca: it is about clients' certificates.")
    if cert is None and key is None and ca is None:
        return None
    if cert is None or key is None:
        raise click.UsageError("TLS needs both --tls-cert and --tls-key.")
    return credentials(cert, key, ca)
