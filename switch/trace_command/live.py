"""Traces on a running switch, by its debug service."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from switch.debug_service import SECONDS_MAX, SERVICE
from switch.switch_client import Address
from switch.trace_command.offline import Packets
from switch.trace_command.output import Output

TRACE, CAPTURE = f"/{SERVICE}/Trace", f"/{SERVICE}/Capture"
TIMEOUT_S = 60.0  # the first trace compiles the traced object
INTERRUPTED = 130
ENDS = {"pipeline": "the switch got another pipeline", "seconds": "the time is over"}


def trace(where: Address, packets: Packets, output: Output) -> None:
    """Given packets; the live entries are used, and nothing is sent."""
    for frame in packets.frames:
        asked = {"port": packets.port, "data": frame.data.hex(), "color": bool(output.color)}
        found = where.call(TRACE, asked, TIMEOUT_S)
        if packets.many:
            output.next(f"packet {frame.number} of the file", found["text"], {"number": frame.number, **found["trace"]})
        else:
            output.one(found["text"], found["trace"])


def capture(where: Address, test: str, count: int, seconds: float | None, output: Output) -> None:
    """The next packets of the switch's traffic that pass the test."""
    asked: dict[str, Any] = {
        "count": count,
        "color": bool(output.color),
        "seconds": min(seconds or SECONDS_MAX, SECONDS_MAX),
    }
    if test:
        asked["filter"] = test
    ended: dict[str, Any] | None = None
    try:
        for message in where.stream(CAPTURE, asked):
            if "started" in message:
                click.echo("waiting for packets ...", err=True)
            elif "ended" in message:
                ended = message
            else:
                heading = time.strftime("%H:%M:%S", time.localtime(message["time_ns"] // 10**9))
                heading += f".{message['time_ns'] // 1000 % 10**6:06d}"
                trace_and_time = {"time_ns": message["time_ns"], **message["trace"]}
                output.next(heading, message["text"], trace_and_time)
    except KeyboardInterrupt:
        click.echo(f"\nstopped after {_packets(output.shown)}", err=True)
        sys.exit(INTERRUPTED)
    if ended is None:
        return
    if ended["missed"]:
        click.echo(f"{_packets(ended['missed'])} came too fast to be looked at", err=True)
    if ended["ended"] in ENDS:
        looked = f"looked at {_packets(ended['looked'])}, {output.shown} of {count} wanted passed"
        click.echo(f"p4gate trace: {ENDS[ended['ended']]}: {looked}", err=True)
        if ended["ended"] != "seconds" or not output.shown:
            sys.exit(1)


def _packets(number: int) -> str:
    return f"{number} packet{'' if number == 1 else 's'}"
