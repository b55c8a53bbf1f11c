"""`p4gate-switch`: the switch behind simple_switch_grpc's command line, for Mininet, p4-utils and test runners.

Exit status as simple_switch_grpc's: 0 after --help and --version, 1 when it cannot start; a signal ends it as a signal.
Everything it takes stands in simple_switch_options.py.
"""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import grpc

from switch import build
from switch.bmv2_json.load import VERSION
from switch.errors import EngineError
from switch.p4runtime.server import Options, Switch
from switch.ports import DataPlane, PortError, parse_interface
from switch.process import FilePort, Program, Setup, StartError, read_file, run
from switch.simple_switch_options import Given, Stop, parse
from switch.tls import TlsError, credentials

TRACE = 5  # below logging.DEBUG
LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL + 1,
}
FORMAT = "[%(asctime)s.%(msecs)03d] [%(name)s] [%(levelname)s] %(message)s"


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script."""
    try:
        words = sys.argv[1:] if arguments is None else arguments
        given = parse(words, os.path.isdir, f"p4gate {version('p4gate')}", ".".join(map(str, VERSION)))
    except Stop as stop:
        if stop.status == 0:
            print(stop)
        else:
            print(f"p4gate-switch: {stop}", file=sys.stderr)
        sys.exit(stop.status)
    for note in given.notes:
        print(note, flush=True)
    try:
        _log(given)
        setup = _setup(given)
        with DataPlane(build.runtime_library()) as plane:
            number = asyncio.run(run(plane, setup, _ready))
    except (StartError, PortError, TlsError, EngineError) as e:
        print(f"p4gate-switch: {e}", file=sys.stderr)
        sys.exit(1)
    signal.signal(number, signal.SIG_DFL)
    sys.stdout.flush()
    os.kill(os.getpid(), number)


def _ready(switch: Switch) -> None:
    print(f"ready grpc={switch.address}", flush=True)


def _log(given: Given) -> None:
    handler: logging.Handler = logging.NullHandler()
    try:
        if given.log_console:
            handler = logging.StreamHandler(sys.stdout)
        elif given.log_file is not None:
            handler = logging.handlers.RotatingFileHandler(
                given.log_file, maxBytes=given.log_size, backupCount=given.log_files
            )
    except OSError as e:
        raise StartError(f"{given.log_file}: {e.strerror}") from None
    handler.setFormatter(logging.Formatter(FORMAT, "%H:%M:%S"))
    logging.basicConfig(level=LEVELS[given.log_level], handlers=[handler])
    for library in ("asyncio", "grpc"):
        logging.getLogger(library).setLevel(max(logging.WARNING, LEVELS[given.log_level]))


def _setup(given: Given) -> Setup:
    program = None
    if given.json is not None:
        path = Path(given.json)
        program = Program(path, read_file(path), None)
    options = Options(given.device_id, given.address, given.cpu_port, given.drop_port, tls=_credentials(given))
    if given.use_files is not None:
        files = tuple(FilePort(port, name) for port, name in given.interfaces)
        return Setup(options, program, files=files, wait=given.use_files, hang_up_at=given.thrift_port)
    return Setup(
        options,
        program,
        tuple(parse_interface(f"{port}@{name}") for port, name in given.interfaces),
        given.packet_in,
        capture=Path(given.pcap) if given.pcap is not None else None,
        may_lack_ports=True,
        hang_up_at=given.thrift_port,
        tell=_tell,
    )


def _tell(text: str) -> None:
    print(text, flush=True)
    logging.getLogger("switch").error(text)


def _credentials(given: Given) -> grpc.ServerCredentials | None:
    if not given.ssl:
        return None
    authority = Path(given.cacert) if given.cacert else None
    if given.client_auth and authority is None:
        raise StartError("--grpc-server-with-client-auth needs --grpc-server-cacert")
    return credentials(Path(given.cert), Path(given.key), authority, client_auth=given.client_auth)


if __name__ == "__main__":
    main()
