"""`p4gate trace`: what happens to a packet, and why."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from switch.switch_client import Address, switch_options
from switch.trace.filter import FilterError, parse
from switch.trace.filter.syntax import Filter
from switch.trace_command import live, offline
from switch.trace_command.output import Output

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("trace", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("arguments", nargs=-1, metavar="[PROGRAM.json] [HEX]...")
@click.option("--port", type=click.IntRange(0, 65535), help="The port on which the packet arrives.")
@click.option("--pcap", type=FILE, help="Take the packets of a pcap or pcapng file.")
@click.option(
    "-n", "--number", type=click.IntRange(min=1), help="Of the file only the packet with this number, from 1."
)
@click.option(
    "--entries",
    multiple=True,
    type=FILE,
    help="Carried out first: a p4.v1.WriteRequest in text format, or FILE.stf in STF notation. May be repeated.",
)
@click.option(
    "--p4info", type=FILE, help="P4Info of the program for a WriteRequest. Without it: PROGRAM.p4info.txtpb beside it."
)
@click.option(
    "--carry-out", is_flag=True, help="Let each packet take effect after its trace: registers, meters, counters."
)
@click.option("--cpu-port", default=510, type=click.IntRange(1, 1023), help="The controller's port (without --grpc).")
@click.option("--drop-port", default=511, type=click.IntRange(0, 1023), help="The egress_spec that drops (likewise).")
@switch_options(None)
@click.option(
    "--filter", "filter_text", metavar="TEST", help="Only packets that pass; with --grpc: of the live traffic."
)
@click.option(
    "--count", type=click.IntRange(min=1), help="End after this many packets of the live traffic. Default: 1."
)
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Wait no longer for them."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON (docs/trace.md): a document, or a line for each packet."
)
def trace_command(
    arguments: tuple[str, ...],
    port: int | None,
    pcap: Path | None,
    number: int | None,
    entries: tuple[Path, ...],
    p4info: Path | None,
    carry_out: bool,
    cpu_port: int,
    drop_port: int,
    address: str | None,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    filter_text: str | None,
    count: int | None,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Tell what happens to a packet: parser states, each table's key and the entry that matched (or came closest), the
    action, what changed, copies, and why it was dropped. Nothing is sent, counted or changed.

    \b
    A packet in hexadecimal, through a program with entries from a file:
      p4gate trace build/gateway.json --entries writes.txtpb --port 1 ffffffffffff0200...
    All packets of a capture file in a table, then one of them in full:
      p4gate trace router.json --entries router.stf --port 1 --pcap in.pcap
      p4gate trace router.json --entries router.stf --port 1 --pcap in.pcap -n 17
    A packet through a running switch, with the entries that it has now:
      p4gate trace --grpc 127.0.0.1:9559 --port 1 ffffffffffff0200...
    The next three packets of its traffic that miss a table, or that are dropped:
      p4gate trace --grpc 127.0.0.1:9559 --filter 'miss(vm) && ipv4.dst==10.0.0.0/24' --count 3
      p4gate trace --grpc 127.0.0.1:9559 --filter 'port==1 && dropped' --timeout 10

    \b
    A test of --filter:
      ipv4.dst==10.0.0.1  tcp.dport==80..90  eth.type!=0x800  ipv4.flags&2   fields as they were received
      vxlan  !valid(vlan)  port==1  length>1500  error==PacketTooShort
      hit(acl)  miss(acl)  table(acl)  action(deny)  dropped  cloned  to_cpu  out==2
    joined by && || ! and parentheses.

    Exit codes: 0 traced, 1 not possible or no packet passed (one line says why), 2 wrong usage.
    """
    wanted = _parsed(filter_text)
    output = Output(as_json)
    try:
        if address is not None:
            _refuse_with_grpc(entries, p4info, carry_out, number if pcap is None else None)
            where = Address(address, tls_ca, tls_cert, tls_key)
            if arguments or pcap is not None:
                if count is not None or timeout is not None:
                    raise click.UsageError("--count and --timeout are for live traffic: give no packet with them.")
                if wanted is not None:
                    raise click.UsageError("--filter with --grpc is for live traffic: give no packet with it.")
                live.trace(where, offline.packets(arguments, pcap, number, _needed(port)), output)
            else:
                if port is not None:
                    raise click.UsageError(f"For live traffic of one port: --filter port=={port}.")
                if wanted is None and count is None:
                    raise click.UsageError("Give a packet, or --filter or --count for the live traffic.")
                live.capture(where, filter_text or "", count or 1, timeout, output)
        else:
            if count is not None or timeout is not None:
                raise click.UsageError("--count and --timeout are for the live traffic of a switch: give --grpc.")
            if not arguments:
                raise click.UsageError("Name a program (BMv2 JSON), or a running switch with --grpc.")
            if not Path(arguments[0]).exists():
                raise click.ClickException(f"{arguments[0]}: there is no such program")
            packets = offline.packets(arguments[1:], pcap, number, _needed(port))
            setup = offline.Setup(Path(arguments[0]), p4info, entries, cpu_port, drop_port, carry_out)
            offline.trace(setup, packets, wanted, output)
    except FilterError as error:
        raise click.ClickException(str(error)) from None
    if not output.shown:
        click.echo("p4gate trace: no packet passed the filter", err=True)
        sys.exit(1)


def _parsed(text: str | None) -> Filter | None:
    try:
        return parse(text) if text is not None else None
    except FilterError as error:
        raise click.ClickException(str(error)) from None


def _needed(port: int | None) -> int:
    if port is None:
        raise click.UsageError("On which port does the packet arrive? Give --port.")
    return port


def _refuse_with_grpc(entries: tuple[Path, ...], p4info: Path | None, carry_out: bool, number: int | None) -> None:
    for given, name in ((entries, "--entries"), (p4info, "--p4info"), (carry_out, "--carry-out")):
        if given:
            raise click.UsageError(f"{name} is for a program from a file; a running switch has its own state.")
    if number is not None:
        raise click.UsageError("--number is for --pcap.")
