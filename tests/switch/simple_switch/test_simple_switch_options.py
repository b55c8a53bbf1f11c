"""simple_switch_grpc's command line. Oracle: behavioral-model's options_parse.cpp and main.cpp, read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switch.simple_switch_options import GENERAL, TARGET, Given, Stop, parse

BARE = Given(json="a.json")


def read(*words: str) -> Given:
    """Without the notes."""
    return replace(given(*words), notes=())


def given(*words: str) -> Given:
    return parse(words, lambda path: path in ("pcaps", "."), "1.2", "2.24")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.json", BARE),
        ("-i 0@a -i1@b --interface 2@c --interface=3@d a.json",
         replace(BARE, interfaces=((0, "a"), (1, "b"), (2, "c"), (3, "d")))),
        ("a.json --device-id 7 --log-console", replace(BARE, device_id=7, log_console=True)),
        ("--pcap a.json", replace(BARE, pcap=".")),
        ("--pcap pcaps a.json", replace(BARE, pcap="pcaps")),
        ("--pcap=pcaps a.json", replace(BARE, pcap="pcaps")),
        ("a.json --pcap", replace(BARE, pcap=".")),
        ("--use-files 3 -i 0@a a.json", replace(BARE, use_files=3, interfaces=((0, "a"),))),
        ("--use-files -1 a.json", replace(BARE, use_files=0)),
        ("-i 0@a --packet-in ipc:///x a.json", replace(BARE, packet_in="ipc:///x")),
        ("--log-f x a.json -L info", None),  # --log-file or --log-flush?
        ("--log-fi=x a.json -L info", None),  # --log-file or --log-file-max-size?
        ("--dev 4 a.json", replace(BARE, device_id=4)),
        ("--log-file x --log-flush -Linfo a.json", replace(BARE, log_file="x", log_level="info")),
        ("--no-p4", Given()),
        ("--no-p4 a.json", Given()),
        ("--no-p4 -- --grpc-server-addr h:1", Given(address="h:1")),
        ("--no-p4 -- --cpu-port 255 --drop-port 5", Given(cpu_port=255, drop_port=5)),
        ("a.json -- --cpu-port=255", replace(BARE, cpu_port=255)),
        ("-- a.json --cpu-port 255", replace(BARE, cpu_port=255)),
        ("--no-p4 -- --grpc-server-ssl --grpc-server-cert c --grpc-server-key k --grpc-server-cacert a "
         "--grpc-server-with-client-auth", Given(ssl=True, cert="c", key="k", cacert="a", client_auth=True)),
    ],
)  # fmt: skip
def test_lines_are_read_as_simple_switch_grpc_reads_them(line: str, expected: Given | None) -> None:
    if expected is None:
        with pytest.raises(Stop, match="it could be"):
            read(*line.split())
    else:
        assert read(*line.split()) == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "JSON"),
        ("--device-id 1", "JSON"),
        ("a.json b.json", "b.json"),
        ("a.json --nosuch", "--nosuch"),
        ("a.json -x", "-x"),
        ("a.json --device-id", "--device-id"),
        ("a.json --device-id --log-console", "--device-id"),
        ("a.json --device-id x", "--device-id x"),
        ("a.json --device-id -1", "--device-id -1"),
        ("a.json --device-id 1 --device-id 2", "--device-id"),
        ("a.json --log-console=1", "--log-console"),
        ("a.json --log-console --log-file x", "exclusive"),
        ("a.json --use-files 0 --packet-in x", "exclusive"),
        ("a.json --log-level loud", "loud"),
        ("a.json -i eth0", "PORT@IFACE"),
        ("a.json -i x@eth0", "PORT@IFACE"),
        ("a.json -i 4294967297@eth0", "PORT@IFACE"),
        (f"a.json --device-id {'1' * 5000}", "--device-id"),
        ("a.json -i \u00b2@eth0", "PORT@IFACE"),  # a digit, but no number
        ("a.json --device-id \u0663", "--device-id"),
        ("a.json --device-id 18446744073709551616", "64 bits"),
        ("a.json --pcap=nosuch", "nosuch"),
        ("a.json --log-file x --log-file-max-size 0", "greater than 0"),
        ("a.json -- --cpu-port 0", "--cpu-port"),
        ("a.json -i 3@a -- --cpu-port 3", "--cpu-port 3"),
        ("a.json -- --cpu-port 70000", "70000"),
        ("a.json -- --nosuch", "--nosuch"),
        ("a.json -- --grpc-server-ssl", "--grpc-server-cert"),
    ],
)
def test_errors_end_with_1_and_name_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(Stop) as stopped:
        given(*line.split())
    assert stopped.value.status == 1
    assert said in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("line", "said"), [("-h", "Usage"), ("--help x", "Usage"), ("-v", "1.2"), ("--json-version", "2.24")]
)
def test_what_only_tells_something_ends_with_0(line: str, said: str) -> None:
    with pytest.raises(Stop) as stopped:
        given(*line.split())
    assert stopped.value.status == 0
    assert said in str(stopped.value)


def test_each_option_without_effect_says_so_in_one_line() -> None:
    general = "--thrift-port 9090 --nanolog x --notifications-addr x --debugger --debugger-addr x --restore-state x"
    general += " --dump-packet-data 1 --max-port-count 3"
    target = "--disable-swap --dp-grpc-server-addr x --priority-queues 4 --max-mc-groups 1 --max-l1-entries 1"
    target += " --max-l2-entries 1 --load-modules x"
    notes = given(*f"a.json {general} -- {target}".split()).notes
    silent = [name for options in (GENERAL, TARGET) for name, option in options.items() if option.ignored]
    assert sorted(note.split()[0] for note in notes) == sorted(f"--{name}" for name in silent)
    assert all("has no effect: " in note and "\n" not in note for note in notes)


@pytest.mark.parametrize("option", ["-cert c", "-key k", "-cacert a", "-with-client-auth"])
def test_files_for_tls_without_tls_are_told(option: str) -> None:
    """main.cpp: "SSL/TLS is disabled for gRPC server, so provided .pem files will be ignored"."""
    name = f"--grpc-server{option}"
    [note] = given("a.json", "--", *name.split()).notes
    assert note.startswith(name.split()[0]) and "--grpc-server-ssl" in note
    whole = "--grpc-server-ssl --grpc-server-cert c --grpc-server-key k --grpc-server-cacert a"
    assert given("a.json", "--", *whole.split(), "--grpc-server-with-client-auth").notes == ()


def test_help_lists_every_option_and_shows_how() -> None:
    with pytest.raises(Stop) as stopped:
        given("--help")
    examples = [line.split()[1:] for line in str(stopped.value).splitlines() if line.startswith("  p4gate-switch ")]
    assert examples and all(given(*words) for words in examples)
    for name in (*GENERAL, *TARGET):
        assert f"--{name}" in str(stopped.value)
