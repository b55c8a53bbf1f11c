"""`p4gate switch` as a process: ready line, signals, errors in one line, TLS. Oracle: its help and docs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from finsy.proto import p4r, p4r_grpc, rpc_code
from golden.client import Client
from golden.replay import CASES

from switch.cli import switch_command
from switch.p4runtime.server import Options

TLS = Path(__file__).parent / "tls"  # a self-signed certificate for localhost, for tests only
CASE = CASES / "table_exact"


@contextmanager
def running(*arguments: str) -> Iterator[dict[str, object]]:
    """A switch in a process of its own; what its ready line says. It must end with 0 on SIGTERM."""
    command = [sys.executable, "-m", "p4gate", "switch", "--json", "--grpc-server-addr", "127.0.0.1:0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_a_path_is_all_a_switch_needs_and_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(str(CASE / "table_exact.json"), "--packet-in", f"ipc://{tmp_path}/nn.ipc") as ready:
        assert ready["device_id"] == 1
        with Client(str(ready["grpc"])) as client:
            config = client.stub.GetForwardingPipelineConfig(p4r.GetForwardingPipelineConfigRequest(device_id=1)).config
            assert config.p4_device_config == (CASE / "table_exact.json").read_bytes()
    assert not (tmp_path / "nn.ipc").exists()


def test_tls_with_client_certificates() -> None:
    key, certificate = (TLS / "localhost.key").read_bytes(), (TLS / "localhost.crt").read_bytes()
    files = ("--tls-cert", str(TLS / "localhost.crt"), "--tls-key", str(TLS / "localhost.key"))
    with running("--no-p4", *files, "--tls-ca", str(TLS / "localhost.crt")) as ready:
        address = str(ready["grpc"])
        known = grpc.ssl_channel_credentials(certificate, key, certificate)
        with grpc.secure_channel(address, known) as channel:
            answer = p4r_grpc.P4RuntimeStub(channel).Capabilities(p4r.CapabilitiesRequest(), timeout=30)
            assert answer.p4runtime_api_version
        for stranger in (
            grpc.secure_channel(address, grpc.ssl_channel_credentials(certificate)),
            grpc.insecure_channel(address),
        ):
            with stranger, pytest.raises(grpc.RpcError):
                p4r_grpc.P4RuntimeStub(stranger).Capabilities(p4r.CapabilitiesRequest(), timeout=30)


def channel(address: str, name: str) -> grpc.Channel:
    """A channel of a client with the certificate NAME.crt."""
    files = (TLS / "localhost.crt", TLS / f"{name}.key", TLS / f"{name}.crt")
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(*(path.read_bytes() for path in files)))


def stream_answer(stub: p4r_grpc.P4RuntimeStub, update: p4r.MasterArbitrationUpdate) -> p4r.MasterArbitrationUpdate:
    """What the server says to the first update of a stream, which is ended then. Raises RpcError."""
    stream = stub.StreamChannel(iter([p4r.StreamMessageRequest(arbitration=update)]), timeout=30)
    return next(iter(stream)).arbitration


def test_a_certificate_without_write_permission_reads_and_watches_only(tmp_path: Path) -> None:
    """Security concerns; Client Arbitration: gRPC's authentication keeps untrusted clients from making changes."""
    files = ("--grpc-server-cert", str(TLS / "localhost.crt"), "--grpc-server-key", str(TLS / "localhost.key"))
    arguments = (str(CASE / "table_exact.json"), *files, "--tls-ca", str(TLS / "localhost.crt"))
    address = f"ipc://{tmp_path}/nn.ipc"
    with (
        running(*arguments, "--packet-in", address, "--tls-writer", "controller.example") as ready,
        channel(str(ready["grpc"]), "controller") as mine,
        channel(str(ready["grpc"]), "monitor") as theirs,
    ):
        controller, monitor = p4r_grpc.P4RuntimeStub(mine), p4r_grpc.P4RuntimeStub(theirs)
        update = p4r.MasterArbitrationUpdate(device_id=1)
        assert stream_answer(monitor, update).status.code == rpc_code.NOT_FOUND  # a backup without a primary
        update.election_id.low = 1
        with pytest.raises(grpc.RpcError) as caught:
            stream_answer(monitor, update)
        assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
        done = threading.Event()

        def requests() -> Iterator[p4r.StreamMessageRequest]:
            yield p4r.StreamMessageRequest(arbitration=update)
            done.wait(60)

        stream = iter(controller.StreamChannel(requests(), timeout=60))
        assert next(stream).arbitration.status.code == rpc_code.OK
        write = p4r.WriteRequest(device_id=1, election_id=update.election_id)
        controller.Write(write, timeout=30)
        config = p4r.SetForwardingPipelineConfigRequest(device_id=1, election_id=update.election_id)
        for call, request in ((monitor.Write, write), (monitor.SetForwardingPipelineConfig, config)):
            with pytest.raises(grpc.RpcError) as caught:
                call(request, timeout=30)
            assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
        everything = p4r.ReadRequest(device_id=1, entities=[p4r.Entity(table_entry=p4r.TableEntry())])
        assert list(monitor.Read(everything, timeout=30)) == list(controller.Read(everything, timeout=30))
        listed = theirs.unary_unary("/p4gate.v1.Ports/List")(b"", timeout=30)
        assert "ports" in json.loads(listed)
        with pytest.raises(grpc.RpcError) as caught:
            theirs.unary_unary("/p4gate.v1.Ports/Remove")(b'{"port": 1}', timeout=30)
        assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
        done.set()


def test_by_default_the_switch_listens_on_loopback_only() -> None:
    """P4Runtime Service Implementation: port 9559; Security concerns."""
    assert Options().address == "127.0.0.1:9559"
    assert {p.name: p.default for p in switch_command.params}["address"] == "127.0.0.1:9559"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["nosuch.json"], 1, "nosuch.json: No such file"),
        ([str(CASE / "table_exact.p4")], 1, "table_exact.p4"),
        ([str(CASE / "table_exact.json"), "--p4info", str(CASE / "table_exact.json")], 1, "not a P4Info"),
        (["-i", "1@nosuch"], 1, "nosuch"),
        (["-i", "veth0"], 1, "PORT@INTERFACE"),
        (["-i", "\u00b2@veth0"], 1, "PORT@INTERFACE"),
        (["--packet-in", "udp://x"], 1, "udp://x"),
        (["--grpc-server-addr", "203.0.113.1:9559"], 1, "203.0.113.1:9559"),
        (["--no-p4", "--grpc-server-addr", "127.0.0.1:65537"], 1, "127.0.0.1:65537"),  # not port 1
        (["--no-p4", "--grpc-server-addr", "a..b:9559"], 1, "a..b:9559"),
        (["--device-id", str(1 << 64)], 2, "--device-id"),
        (["--workers", "0"], 2, "--workers"),
        (["--no-p4", "x.json"], 2, "--no-p4"),
        (["--tls-key", "x"], 2, "--tls-cert"),
        (["--tls-writer", "x"], 2, "--tls-ca"),
        (["--tls-cert", str(TLS / "localhost.crt"), "--tls-key", "nosuch.key"], 1, "nosuch.key: No such file"),
        (["--tls-cert", str(TLS / "localhost.crt"), "--tls-key", str(TLS / "monitor.key")], 1, "monitor.key: not a"),
        (["--tls-cert", str(TLS / "localhost.key"), "--tls-key", str(TLS / "localhost.key")], 1, "not a PEM"),
    ],
)
def test_errors_are_told_in_one_line(arguments: list[str], status: int, said: str) -> None:
    command = [sys.executable, "-m", "p4gate", "switch", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if said in line]
    assert len(lines) == 1, done.stderr
    if status == 1:
        assert len(done.stderr.splitlines()) == 1
