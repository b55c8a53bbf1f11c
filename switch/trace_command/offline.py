"""Traces of a program from a file, with entries from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import click
from finsy.proto import p4i, p4r
from google.protobuf import text_format

from switch.engine import Engine
from switch.errors import EngineError
from switch.p4runtime.config import schema_of
from switch.p4runtime.device import Pipeline
from switch.p4runtime.status import StatusError
from switch.stf.reader import read_stf
from switch.stf.runner import run_stf
from switch.stf.statements import CheckCounter, Expect, NoPacket, Packet, StfError
from switch.trace import colors, render, to_json
from switch.trace.filter import passes, resolve
from switch.trace.filter.syntax import Filter
from switch.trace.pcap import Frame, PcapError, read_frames
from switch.trace_command import summary
from switch.trace_command.output import Output


@dataclass(frozen=True)
class Setup:
    program: Path
    p4info: Path | None
    entries: Sequence[Path]
    cpu_port: int
    drop_port: int
    carry_out: bool


@dataclass(frozen=True)
class Packets:
    """What is to be traced; `many`: the table of all, not each in full."""

    port: int
    frames: Iterator[Frame]
    many: bool


def packets(arguments: Sequence[str], pcap: Path | None, number: int | None, port: int) -> Packets:
    """From hexadecimal digits or a file. Raises ClickException or UsageError."""
    if pcap is None:
        if number is not None:
            raise click.UsageError("--number is for --pcap.")
        text = "".join("".join(arguments).split())
        if not arguments:
            raise click.UsageError("Give a packet in hexadecimal digits, or --pcap.")
        try:
            data = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            raise click.UsageError(f"Expected the packet as hexadecimal digits, two a byte, not {text[:40]}") from None
        return Packets(port, iter([Frame(1, data, cut=False)]), many=False)
    if arguments:
        raise click.UsageError("Give a packet in hexadecimal digits or --pcap, not both.")
    frames = _frames(pcap)
    if number is None:
        return Packets(port, frames, many=True)
    return Packets(port, _chosen(pcap, frames, number), many=False)


def _frames(pcap: Path) -> Iterator[Frame]:
    try:
        yield from read_frames(pcap.read_bytes())
    except OSError as error:
        raise click.ClickException(f"{pcap}: {error.strerror}") from None
    except PcapError as error:
        raise click.ClickException(f"{pcap}: {error}") from None


def _chosen(pcap: Path, frames: Iterator[Frame], number: int) -> Iterator[Frame]:
    last = 0
    for frame in frames:
        last = frame.number
        if last == number:
            yield frame
            return
    raise click.ClickException(f"{pcap}: there is no packet {number}; the file has {last}")


def trace(setup: Setup, wanted: Packets, test: Filter | None, output: Output) -> None:
    """Raises ClickException and FilterError."""
    try:
        with Engine.load(setup.program, optimise="none", cpu_port=setup.cpu_port, drop_port=setup.drop_port) as engine:
            for path in setup.entries:
                _carry_out(engine, setup, path)
            _trace_all(engine, setup, wanted, test, output)
    except (EngineError, StatusError) as error:
        raise click.ClickException(str(error)) from None


def _trace_all(engine: Engine, setup: Setup, wanted: Packets, test: Filter | None, output: Output) -> None:
    resolved = resolve(test, engine.program) if test is not None else None
    if wanted.many and not output.as_json:
        click.echo(summary.HEAD)
    for frame in wanted.frames:
        found = engine.trace(wanted.port, frame.data)
        if setup.carry_out:
            engine.process(wanted.port, frame.data)
            engine.drain()
        if resolved is not None and not passes(resolved, found):
            continue
        if wanted.many:
            output.row(summary.row(frame.number, found, frame.cut), {"number": frame.number, **to_json(found)})
        else:
            output.one(render(found, colors.paint if output.color else colors.plain), to_json(found))


# ---- entries


def _carry_out(engine: Engine, setup: Setup, path: Path) -> None:
    if path.suffix == ".stf":
        _stf(engine, path)
    else:
        _write(engine, setup.p4info or setup.program.with_suffix(".p4info.txtpb"), path)


def _stf(engine: Engine, path: Path) -> None:
    """All statements but packets and what is expected of them."""
    try:
        statements = read_stf(_text(path), str(path))
    except StfError as error:
        raise click.ClickException(str(error)) from None
    apart = (Packet, Expect, NoPacket, CheckCounter)
    outcome = run_stf([s for s in statements if not isinstance(s, apart)], engine)
    for failure in outcome.failures:
        raise click.ClickException(f"{path}:{failure.line}: {failure.message}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{path}: this is no text in UTF-8") from None


def _write(engine: Engine, p4info: Path, entries: Path) -> None:
    """Carry out the WriteRequest in the file `entries`."""
    info, request = p4i.P4Info(), p4r.WriteRequest()
    for path, message in ((p4info, info), (entries, request)):
        try:
            text_format.Parse(_text(path), message)
        except text_format.ParseError as error:
            raise click.ClickException(f"{path}:{error}") from None
    config = p4r.ForwardingPipelineConfig(p4info=info)
    pipeline = Pipeline(config, schema_of(info, engine), engine, nullcontext)
    answers = pipeline.write(request.updates, p4r.WriteRequest.CONTINUE_ON_ERROR)
    for number, answer in enumerate(answers, 1):
        if answer.canonical_code:
            raise click.ClickException(f"{entries}: update {number}: {answer.message}")
