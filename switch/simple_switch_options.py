"""simple_switch_grpc's command line, read as it reads it: general options, the JSON, and target options behind `--`.

Pure: argument list in, `Given` out. What ends the program at once (help, version, an error) is a Stop. The rules are
those of behavioral-model's src/bm_sim/options_parse.cpp and targets/simple_switch_grpc/main.cpp:

- Long options take their value behind `=` or as the next word, and may be cut short while they stay unique.
- The first word that is no option is the JSON; all further ones, and all behind `--`, are for the target. With
  --no-p4 the JSON is not read.
- --packet-in replaces the interfaces.

One rule is stricter: a target option that is not understood ends the program; simple_switch_grpc goes on with defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from switch.ports import port_number

DIGITS_MAX = 20  # of any number


class Kind(Enum):
    FLAG = auto()
    VALUE = auto()
    NUMBER = auto()  # an integer
    LIST = auto()  # a value, any number of times
    OPTIONAL = auto()  # a value, or none


@dataclass(frozen=True)
class Option:
    kind: Kind
    help: str
    ignored: str = ""  # why it has no effect here
    short: str = ""


_NO_LIMIT = "the switch sets no such limit"
GENERAL: Mapping[str, Option] = {
    "help": Option(Kind.FLAG, "show this help", short="h"),
    "interface": Option(Kind.LIST, "PORT@IFACE: a network interface as a port; may be repeated", short="i"),
    "pcap": Option(Kind.OPTIONAL, "write IFACE_in.pcap and IFACE_out.pcap to this directory, or the current one"),
    "use-files": Option(
        Kind.NUMBER, "read IFACE_in.pcap and write IFACE_out.pcap instead of interfaces, after SECONDS"
    ),
    "packet-in": Option(Kind.VALUE, "listen for PTF's nn platform here (ipc://PATH); --interface is ignored"),
    "thrift-port": Option(
        Kind.NUMBER, "", "there is no Thrift server, P4Runtime does its work; connections to it are closed at once"
    ),
    "device-id": Option(Kind.NUMBER, "the device id that P4Runtime clients must use (default 0)"),
    "nanolog": Option(Kind.VALUE, "", "there is no event log; `p4gate trace` tells what happens to a packet"),
    "log-console": Option(Kind.FLAG, "log to stdout"),
    "log-file": Option(Kind.VALUE, "log to a file"),
    "log-level": Option(Kind.VALUE, "trace, debug, info, warn, error or off (default trace)", short="L"),
    "log-flush": Option(Kind.FLAG, "with --log-file: flush every message (always so here)"),
    "log-file-max-size": Option(Kind.NUMBER, "bytes of a log file before the next is begun (default 5242880)"),
    "log-file-max-files": Option(Kind.NUMBER, "how many old log files are kept (default 3)"),
    "notifications-addr": Option(Kind.VALUE, "", "digests and idle timeouts go to P4Runtime clients"),
    "debugger": Option(Kind.FLAG, "", "there is no debugger; `p4gate trace` tells what happens to a packet"),
    "debugger-addr": Option(Kind.VALUE, "", "there is no debugger; `p4gate trace` tells what happens to a packet"),
    "restore-state": Option(Kind.VALUE, "", "the state is not restored; a P4Runtime client writes it"),
    "dump-packet-data": Option(Kind.NUMBER, "", "packets are not logged; --pcap writes them down"),
    "version": Option(Kind.FLAG, "show the version", short="v"),
    "json-version": Option(Kind.FLAG, "show the newest version of BMv2 JSON that can be read"),
    "no-p4": Option(Kind.FLAG, "start without a program; a client sets it over P4Runtime"),
    "max-port-count": Option(Kind.NUMBER, "", "ports are 0 to 1023, and all may be in use"),
}
TARGET: Mapping[str, Option] = {
    "grpc-server-addr": Option(Kind.VALUE, "where the P4Runtime server listens (default 127.0.0.1:9559)"),
    "grpc-server-ssl": Option(Kind.FLAG, "serve TLS; needs a certificate and its key"),
    "grpc-server-cert": Option(Kind.VALUE, "the server's certificate (PEM)"),
    "grpc-server-key": Option(Kind.VALUE, "its private key (PEM)"),
    "grpc-server-cacert": Option(Kind.VALUE, "the authority of clients' certificates (PEM)"),
    "grpc-server-with-client-auth": Option(Kind.FLAG, "clients need a certificate"),
    "cpu-port": Option(Kind.NUMBER, "the port of packet-ins and packet-outs; without it there are none"),
    "drop-port": Option(Kind.NUMBER, "egress_spec of packets to be dropped (default 511)"),
    "enable-swap": Option(Kind.FLAG, "a running program may be replaced (always so here)"),
    "disable-swap": Option(Kind.FLAG, "", "a P4Runtime client may replace a running program"),
    "dp-grpc-server-addr": Option(Kind.VALUE, "", "there is no packet service over gRPC; use --packet-in"),
    "priority-queues": Option(Kind.NUMBER, "", "there is one queue a port, which never fills"),
    "max-mc-groups": Option(Kind.NUMBER, "", _NO_LIMIT),
    "max-l1-entries": Option(Kind.NUMBER, "", _NO_LIMIT),
    "max-l2-entries": Option(Kind.NUMBER, "", _NO_LIMIT),
    "load-modules": Option(Kind.VALUE, "", "modules with extern types cannot be loaded"),
}
TLS = ("grpc-server-cert", "grpc-server-key", "grpc-server-cacert", "grpc-server-with-client-auth")
LEVELS = ("trace", "debug", "info", "warn", "error", "off")


class Stop(Exception):
    """The program ends here: 0 for what was asked for, 1 for an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Given:
    """The command line, checked. `notes`: a line for each option that has no effect."""

    json: str | None = None
    interfaces: tuple[tuple[int, str], ...] = ()
    pcap: str | None = None
    use_files: int | None = None
    packet_in: str | None = None
    thrift_port: int = 0
    device_id: int = 0
    log_console: bool = False
    log_file: str | None = None
    log_level: str = "trace"
    log_size: int = 5242880
    log_files: int = 3
    address: str = "127.0.0.1:9559"
    ssl: bool = False
    cert: str = ""
    key: str = ""
    cacert: str = ""
    client_auth: bool = False
    cpu_port: int = 0
    drop_port: int = 511
    notes: tuple[str, ...] = field(default=())


def parse(arguments: Sequence[str], is_directory: Callable[[str], bool], version: str, json_version: str) -> Given:
    """Raises Stop. `is_directory` tells whether a path is one: the word behind --pcap may be its value or the JSON."""
    general, words = _read(arguments, GENERAL, is_directory)
    if "help" in general:
        raise Stop(0, help_text())
    if "version" in general:
        raise Stop(0, version)
    if "json-version" in general:
        raise Stop(0, json_version)
    notes: list[str] = []
    json = _take_json(words, "no-p4" in general, notes)
    target, left = _read(words, TARGET, is_directory)
    if left:
        raise _error(f"{left[0]}: one JSON file is enough")
    for name, option in (*GENERAL.items(), *TARGET.items()):
        if option.ignored and (name in general or name in target):
            notes.append(f"--{name} has no effect: {option.ignored}")
    if "grpc-server-ssl" not in target:
        notes += [
            f"--{name} has no effect: it needs --grpc-server-ssl; there is no TLS" for name in TLS if name in target
        ]
    return _check(general, target, json, notes, is_directory)


def _take_json(words: list[str], no_p4: bool, notes: list[str]) -> str | None:
    """The first of the words, unless it is one of the target's; words that are taken are removed."""
    if not no_p4:
        if not words:
            raise _error("expected a JSON file, or --no-p4")
        return words.pop(0)
    if words and words[0].endswith(".json") and not words[0].startswith("--"):
        notes.append(f"{words.pop(0)} is ignored: --no-p4 was given")
    return None


def _check(
    general: Mapping[str, list[str]],
    target: Mapping[str, list[str]],
    json: str | None,
    notes: list[str],
    is_directory: Callable[[str], bool],
) -> Given:
    def text(values: Mapping[str, list[str]], name: str, default: str = "") -> str:
        return values[name][0] if name in values else default

    def number(values: Mapping[str, list[str]], name: str, default: int) -> int:
        return int(values[name][0]) if name in values else default

    level = text(general, "log-level", "trace")
    if level not in LEVELS:
        raise _error(f"--log-level {level}: expected one of {', '.join(LEVELS)}")
    if "log-console" in general and "log-file" in general:
        raise _error("--log-console and --log-file are exclusive")
    if "use-files" in general and "packet-in" in general:
        raise _error("--use-files and --packet-in are exclusive")
    pcap = text(general, "pcap") or None
    if pcap is not None and not is_directory(pcap):
        raise _error(f"--pcap {pcap}: there is no such directory")
    if number(general, "log-file-max-size", 1) < 1:
        raise _error("--log-file-max-size must be greater than 0")
    interfaces = tuple(map(_interface, general.get("interface", [])))
    if "packet-in" in general:
        interfaces = ()
    cpu_port = number(target, "cpu-port", -1)
    if cpu_port == 0:
        raise _error("--cpu-port: 0 cannot be the CPU port")
    if any(port == cpu_port for port, _ in interfaces):
        raise _error(f"--cpu-port {cpu_port}: an interface has that port")
    given = Given(
        json=json,
        interfaces=interfaces,
        pcap=pcap,
        use_files=max(0, number(general, "use-files", 0)) if "use-files" in general else None,
        packet_in=text(general, "packet-in") or None,
        thrift_port=number(general, "thrift-port", 0),
        device_id=number(general, "device-id", 0),
        log_console="log-console" in general,
        log_file=text(general, "log-file") or None,
        log_level=level,
        log_size=number(general, "log-file-max-size", 5242880),
        log_files=number(general, "log-file-max-files", 3),
        address=text(target, "grpc-server-addr", "127.0.0.1:9559"),
        ssl="grpc-server-ssl" in target,
        cert=text(target, "grpc-server-cert"),
        key=text(target, "grpc-server-key"),
        cacert=text(target, "grpc-server-cacert"),
        client_auth="grpc-server-with-client-auth" in target,
        cpu_port=max(0, cpu_port),
        drop_port=number(target, "drop-port", 511),
        notes=tuple(notes),
    )
    for name, value in (
        ("cpu-port", given.cpu_port),
        ("drop-port", given.drop_port),
        ("thrift-port", given.thrift_port),
    ):
        if not 0 <= value < 65536:
            raise _error(f"--{name} {value}: expected a port, 0 to 65535")
    if given.device_id >= 1 << 64:
        raise _error(f"--device-id {given.device_id}: it has 64 bits at most")
    if given.ssl and not (given.cert and given.key):
        raise _error("--grpc-server-ssl needs --grpc-server-cert and --grpc-server-key")
    return given


def _interface(text: str) -> tuple[int, str]:
    digits, _, name = text.partition("@")
    number = port_number(digits)
    if number is None or not name:
        raise _error(f"--interface {text}: expected PORT@IFACE, as in 1@veth1")
    return number, name


# ---- words to options


def _read(
    arguments: Sequence[str], options: Mapping[str, Option], is_directory: Callable[[str], bool]
) -> tuple[dict[str, list[str]], list[str]]:
    """The values of each option given, and the words that belong to none."""
    found: dict[str, list[str]] = {}
    words: list[str] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        at += 1
        if word == "--":
            words += arguments[at:]
            break
        name, value = _split(word, options)
        if name is None:
            words.append(word)
            continue
        kind = options[name].kind
        if kind is Kind.FLAG:
            if value is not None:
                raise _error(f"--{name} takes no value")
        elif kind is Kind.OPTIONAL:
            following = arguments[at] if at < len(arguments) else ""
            if value is None and not following.startswith("-") and is_directory(following):
                value, at = following, at + 1
        elif value is None:
            if at == len(arguments) or arguments[at].startswith("--"):
                raise _error(f"--{name} needs a value")
            value, at = arguments[at], at + 1
        if name in found and kind is not Kind.LIST:
            raise _error(f"--{name} cannot be given twice")
        if kind is Kind.NUMBER:
            _check_number(name, value or "")
        found.setdefault(name, []).append(value if value is not None else ".")
    return found, words


def _split(word: str, options: Mapping[str, Option]) -> tuple[str | None, str | None]:
    """An option's whole name and its value, if the word has one; (None, None) for a word that is no option."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        matches = [name] if name in options else [o for o in options if name and o.startswith(name)]
        if len(matches) != 1:
            raise _error(f"--{name}: " + (f"it could be --{' or --'.join(matches)}" if matches else "no such option"))
        return matches[0], value if equals else None
    if word.startswith("-") and len(word) > 1:
        for name, option in options.items():
            if option.short == word[1]:
                return name, word[2:] or None
        raise _error(f"{word}: no such option")
    return None, None


def _check_number(name: str, value: str) -> None:
    if not value.isascii() or not value.removeprefix("-").isdigit() or len(value) > DIGITS_MAX:
        raise _error(f"--{name} {value}: expected a number")
    if value.startswith("-") and name != "use-files":
        raise _error(f"--{name} {value}: expected a number that is not negative")


def _error(text: str) -> Stop:
    return Stop(1, text)


def help_text() -> str:
    lines = [
        "Usage: p4gate-switch [options] FILE.json [-- target options]",
        "",
        "Runs a P4 switch; takes simple_switch_grpc's options. FILE.json is BMv2 JSON.",
        "",
        "  p4gate-switch -i 1@s1-eth1 -i 2@s1-eth2 basic.json -- --grpc-server-addr 127.0.0.1:50051 --cpu-port 255",
        "  p4gate-switch --no-p4 --packet-in ipc:///tmp/ptf.ipc",
        "",
    ]
    for title, options in (("Options:", GENERAL), ("Target options, behind `--`:", TARGET)):
        lines.append(title)
        for name, option in options.items():
            short = f"-{option.short}, " if option.short else "    "
            lines.append(f"  {short}--{name:<30}{option.help or 'no effect: ' + option.ignored}")
        lines.append("")
    return "\n".join(lines)
