"""`p4gate trace`: what would happen to one packet, on a running switch or on a program with entries from a file."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import grpc
from finsy.proto import p4i, p4r
from google.protobuf import text_format

from switch.engine import Engine
from switch.errors import EngineError
from switch.p4runtime import schema
from switch.p4runtime.device import Pipeline
from switch.p4runtime.status import StatusError
from switch.trace import render, to_json

METHOD = "/p4gate.v1.Debug/Trace"
TIMEOUT_S = 30.0  # the first trace compiles the traced object


@click.command("trace", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("packet", metavar="HEX")
@click.option("--port", required=True, type=click.IntRange(0, 65535), help="The port on which the packet arrives.")
@click.option("--grpc", "address", metavar="HOST:PORT", help="A running switch: its live entries are used.")
@click.option("--program", type=click.Path(path_type=Path), help="BMv2 JSON, instead of a running switch.")
@click.option(
    "--p4info",
    type=click.Path(path_type=Path),
    help="P4Info (text) of the program, needed for --entries. Without it: FILE.p4info.txtpb next to FILE.json.",
)
@click.option(
    "--entries",
    type=click.Path(path_type=Path),
    help="A p4.v1.WriteRequest in text format, carried out before the packet comes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trace_command(
    packet: str,
    port: int,
    address: str | None,
    program: Path | None,
    p4info: Path | None,
    entries: Path | None,
    as_json: bool,
) -> None:
    """Send one packet through a pipeline and tell what happened to it: parser states, each table's key and the entry
    that matched, the action and what it changed, clones, and why it was dropped. Nothing is sent, counted or changed.

    \b
    Through a running switch, and through a program on its own:
      p4gate trace --grpc 127.0.0.1:9559 --port 1 ffffffffffff0200000000010806...
      p4gate trace --program build/gateway.json --entries writes.txtpb --port 1 ffffffffffff...
    """
    try:
        data = bytes.fromhex("".join(packet.split()).removeprefix("0x"))
    except ValueError:
        raise click.BadParameter("expected the packet as hexadecimal digits", param_hint="HEX") from None
    if (address is None) == (program is None):
        raise click.UsageError("Give either --grpc (a running switch) or --program (BMv2 JSON).")
    if address is not None:
        found = _ask(address, port, data)
    else:
        assert program is not None
        found = _offline(program, p4info, entries, port, data)
    if as_json:
        found.pop("text", None)
        click.echo(json.dumps(found.get("trace", found), indent=2))
    else:
        click.echo(found["text"])


def _ask(address: str, port: int, data: bytes) -> dict[str, Any]:
    """From a running switch."""
    request = json.dumps({"port": port, "data": data.hex()}).encode()
    with grpc.insecure_channel(address) as channel:
        try:
            call: Any = channel.unary_unary(METHOD)
            reply: bytes = call(request, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            details = error.details() if hasattr(error, "details") else str(error)
            raise click.ClickException(f"{address}: {details}") from None
    answer = json.loads(reply)
    assert isinstance(answer, dict)
    return answer


def _offline(program: Path, p4info: Path | None, entries: Path | None, port: int, data: bytes) -> dict[str, Any]:
    try:
        with Engine.load(program, optimise="quick") as engine:
            if entries is not None:
                _write(engine, p4info or program.with_suffix(".p4info.txtpb"), entries)
            found = engine.trace(port, data)
            return {"text": render(found), **to_json(found)}
    except (EngineError, StatusError) as error:
        raise click.ClickException(str(error)) from None


def _write(engine: Engine, p4info: Path, entries: Path) -> None:
    """Carry out the WriteRequest in the file `entries`."""
    info, request = p4i.P4Info(), p4r.WriteRequest()
    for path, message in ((p4info, info), (entries, request)):
        try:
            text_format.Parse(path.read_text(), message)
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from None
        except text_format.ParseError as error:
            raise click.ClickException(f"{path}:{error}") from None
    config = p4r.ForwardingPipelineConfig(p4info=info)
    pipeline = Pipeline(config, schema.build(info), engine, nullcontext)
    answers = pipeline.write(request.updates, p4r.WriteRequest.CONTINUE_ON_ERROR)
    for number, answer in enumerate(answers, 1):
        if answer.canonical_code:
            raise click.ClickException(f"{entries}: update {number}: {answer.message}")
