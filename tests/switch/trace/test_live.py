"""Captures of a running switch's traffic, its counters, the commands. Oracle: the packets that were sent."""

from __future__ import annotations

import json
import struct
import threading
from pathlib import Path

import grpc
import pynng
import pytest
from click.testing import CliRunner
from finsy.proto import p4i
from golden.client import Client
from golden.switch_thread import SwitchThread
from google.protobuf import text_format

from switch.debug_service import SERVICE
from switch.p4runtime.server import Options
from switch.switch_client import Address
from switch.tls import credentials
from switch.trace_command.cli import trace_command

from .conftest import PROGRAM
from .recorded import CASES

CAPTURE, STATS, TRACE = f"/{SERVICE}/Capture", f"/{SERVICE}/Stats", f"/{SERVICE}/Trace"
PORT_ADD, PACKET_IN = 0, 3
PATIENCE = 60.0


def send(switch: SwitchThread, *keys: int, port: int = 1) -> None:
    for key in keys:
        switch.plane.inject(port, struct.pack(">HH", key, 0))


def captured(switch: SwitchThread, test: str, count: int, *keys: int, port: int = 1) -> list[dict[str, object]]:
    """The messages of a capture; the packets are sent when it has begun."""
    switch.settle()  # what earlier tests sent is not of this capture
    messages = []
    request = {"filter": test, "count": count, "seconds": PATIENCE}
    for message in Address(switch.address).stream(CAPTURE, request):
        messages.append(message)
        if "started" in message:
            send(switch, *keys, port=port)
    return messages


def data_of(messages: list[dict[str, object]]) -> list[str]:
    return [m["trace"]["data"] for m in messages if "trace" in m]  # type: ignore[index]


def test_a_capture_gives_the_next_packets_that_pass(switch: SwitchThread) -> None:
    messages = captured(switch, "h.k==3..4", 2, 1, 2, 3, 5, 4, 3)
    assert data_of(messages) == ["00030000", "00040000"]
    assert messages[-1]["ended"] == "count" and messages[-1]["missed"] == 0


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("hit(t)", ["00010000"]),
        ("miss(MyIngress.t)", ["00020000"]),
        ("dropped", ["00020000"]),
        ("out==2", ["00010000"]),
        ("action(set) && port==1", ["00010000"]),
        ("!dropped || h.k==2", ["00020000"]),
        ("length==4 && h", ["00020000"]),
    ],
)
def test_tables_fates_and_ports_can_be_asked_for(switch: SwitchThread, test: str, expected: list[str]) -> None:
    assert data_of(captured(switch, test, 1, 2, 1)) == expected


def test_the_traced_packet_is_forwarded_and_counted_as_others_are(switch: SwitchThread) -> None:
    switch.settle()
    switch.plane.take()
    [message] = [m for m in captured(switch, "hit(t)", 1, 1) if "trace" in m]
    switch.settle()
    [(port, data)] = switch.plane.take()
    assert message["trace"]["sent"] == [{"port": port, "data": data.hex()}]  # type: ignore[index]


def test_a_capture_ends_when_its_time_is_over_and_says_what_it_saw(switch: SwitchThread) -> None:
    switch.settle()
    request = {"filter": "h.k==77", "count": 1, "seconds": 5}
    messages = []
    for message in Address(switch.address).stream(CAPTURE, request):
        messages.append(message)
        if "started" in message:
            send(switch, 1, 2)
    assert messages[-1] == {"ended": "seconds", "looked": 2, "traced": 0, "missed": 0}


def test_one_capture_at_a_time_and_the_next_may_begin_when_the_client_is_gone(switch: SwitchThread) -> None:
    with grpc.insecure_channel(switch.address) as channel:
        first = channel.unary_stream(CAPTURE)(b'{"filter": "h.k==77"}')
        assert json.loads(next(first)) == {"started": True}
        second = channel.unary_stream(CAPTURE)(b"{}")
        with pytest.raises(grpc.RpcError) as refused:
            next(second)
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        first.cancel()
    done = threading.Event()
    for _ in range(600):
        try:
            assert data_of(captured(switch, "h.k==5", 1, 5)) == ["00050000"]
            break
        except Exception:  # the server has not yet heard that the first is gone
            done.wait(0.1)
    else:
        pytest.fail("the first capture never ended")


def test_bad_requests_are_refused_with_one_line(switch: SwitchThread) -> None:
    with grpc.insecure_channel(switch.address) as channel:
        for method, request, message in (
            (TRACE, b"{", "JSON object"),
            (TRACE, b'{"port": 1}', "data"),
            (TRACE, b'{"port": 1, "data": "xyz"}', "HEX"),
            (TRACE, b'{"port": 70000, "data": ""}', "0 to 65535"),
            (TRACE, b'{"port": Infinity, "data": ""}', "NUMBER"),
            (STATS, b"[]", "JSON object"),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                channel.unary_unary(method)(request)
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
            assert message in (refused.value.details() or "")
        for request in (
            b'{"count": 0}',
            b'{"count": Infinity}',
            b'{"seconds": -1}',
            b'{"count": "x"}',
            b'{"filter": "h.q==1"}',
            b'{"filter": "("}',
        ):
            with pytest.raises(grpc.RpcError) as refused:
                next(channel.unary_stream(CAPTURE)(request))
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_the_command_captures_over_nn(switch: SwitchThread, tmp_path: Path) -> None:
    """Packets come in by PTF's nn socket, as from a test."""
    address = f"ipc://{tmp_path}/nn.ipc"
    switch.plane.add_nn(address)
    with pynng.Pair0(send_timeout=20_000, recv_timeout=20_000) as peer:
        peer.dial(address)
        peer.send(struct.pack("<iii", PORT_ADD, 6, 0))
        stop = threading.Event()

        def traffic() -> None:
            while not stop.wait(0.02):
                for key in (1, 9):
                    peer.send(struct.pack("<iii", PACKET_IN, 6, 4) + struct.pack(">HH", key, 0))

        sender = threading.Thread(target=traffic)
        sender.start()
        try:
            arguments = ["--grpc", switch.address, "--filter", "port==6 && miss(t)", "--count", "2", "--json"]
            shown = CliRunner().invoke(trace_command, [*arguments, "--timeout", str(PATIENCE)])
        finally:
            stop.set()
            sender.join()
    assert shown.exit_code == 0, shown.output
    traces = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(t["port"], t["data"]) for t in traces] == [(6, "00090000")] * 2
    assert traces[0]["packet"]["ingress"][0]["nearest"]["mismatches"][0]["field"] == "hdr.h.k"


def test_the_command_says_that_no_packet_passed(switch: SwitchThread) -> None:
    switch.settle()
    arguments = ["--grpc", switch.address, "--filter", "h.k==77", "--timeout", "0.3"]
    shown = CliRunner().invoke(trace_command, arguments)
    assert shown.exit_code == 1
    assert "the time is over: looked at 0 packets, 0 of 1 wanted passed" in shown.output


def test_the_command_traces_given_packets_on_the_live_tables(switch: SwitchThread) -> None:
    shown = CliRunner().invoke(trace_command, ["--grpc", switch.address, "--port", "1", "0001 0000"])
    assert shown.exit_code == 0, shown.output
    assert "sent to port 2" in shown.output and "MyIngress.set" in shown.output


def test_a_capture_ends_when_the_pipeline_is_replaced(switch: SwitchThread) -> None:
    folder = CASES / "table_lpm"
    info = text_format.Parse((folder / "table_lpm.p4info.txtpb").read_text(), p4i.P4Info())
    messages = []
    with SwitchThread() as other, Client(other.address) as client:
        client.arbitrate()
        for step in ("first", "second"):
            client.set_pipeline(info, (folder / "table_lpm.json").read_bytes())
            if step == "second":
                break
            for message in Address(other.address).stream(CAPTURE, {"filter": "h.b==77"}):
                messages.append(message)
                if "started" in message:
                    other.plane.inject(1, bytes(8))
                    client.set_pipeline(info, (folder / "table_lpm.json").read_bytes())
                    other.plane.inject(1, bytes(8))
        other.settle()
    assert messages[-1]["ended"] == "pipeline"


def test_over_tls_with_a_certificate_that_may_only_read() -> None:
    """The switch's own test certificates: `monitor` is no writer."""
    files = Path(__file__).parents[1] / "p4runtime" / "tls"
    authority, mine = files / "localhost.crt", (files / "monitor.crt", files / "monitor.key")
    tls = credentials(files / "localhost.crt", files / "localhost.key", authority)
    options = Options(address="127.0.0.1:0", optimise="quick", tls=tls, writers=frozenset({"controller.example"}))
    with SwitchThread(options) as secure:
        folder = CASES / PROGRAM
        info = text_format.Parse((folder / f"{PROGRAM}.p4info.txtpb").read_text(), p4i.P4Info())
        secure.call(secure.switch.set_pipeline((folder / f"{PROGRAM}.json").read_bytes(), info))
        address = secure.address.replace("127.0.0.1", "localhost")
        arguments = ["--grpc", address, "--tls-ca", str(authority), "--port", "1", "0001 0000"]
        certificate = ["--tls-cert", str(mine[0]), "--tls-key", str(mine[1])]
        shown = CliRunner().invoke(trace_command, [*arguments, *certificate])
        assert shown.exit_code == 0, shown.output
        assert "table MyIngress.t: miss" in shown.output
        for wrong, code in (
            (arguments, 1),
            ([*arguments, *certificate[:2]], 2),
            (["--grpc", address, *arguments[4:]], 1),
        ):
            refused = CliRunner().invoke(trace_command, wrong)
            assert refused.exit_code == code and "Traceback" not in refused.output


def test_hits_misses_and_drops_are_counted_while_somebody_watches(switch: SwitchThread) -> None:
    where = Address(switch.address)
    switch.settle()
    where.call(STATS, {"watch": True}, PATIENCE)
    assert switch.switch.engine is not None
    switch.switch.engine.wait_counting()
    before = where.call(STATS, {"watch": True}, PATIENCE)
    send(switch, 1, 1, 1, 2, 3)
    switch.settle()
    after = where.call(STATS, {}, PATIENCE)
    assert before["counting"] and after["counting"]
    [old], [new] = before["tables"], after["tables"]
    assert (new["hits"] - old["hits"], new["misses"] - old["misses"]) == (3, 2)
    assert (new["entries"], new["size"]) == (1, 16)
    name = "MyIngress.drop"
    assert after["drops_by_action"][name] - before["drops_by_action"].get(name, 0) == 2
    reason = "by the program in ingress"
    assert after["drops"][reason] - before["drops"][reason] == 2
    assert after["p4runtime"] == {"updates": 1, "failed": 0}
    elapsed = after["time_ns"] - before["time_ns"]
    assert 0 <= after["workers"][0]["idle_ns"] - before["workers"][0]["idle_ns"] <= elapsed + 10**9
    switch.switch.engine.unwatch()
    send(switch, 1)
    switch.settle()
    assert where.call(STATS, {}, PATIENCE)["tables"][0]["hits"] == new["hits"]
