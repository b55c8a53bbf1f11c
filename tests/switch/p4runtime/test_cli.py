"""`p4gate switch` as a process: ready line, signals, errors in one line, TLS. Oracle: its help and docs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from finsy.proto import p4r, p4r_grpc
from golden.client import Client
from golden.replay import CASES

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


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["nosuch.json"], 1, "nosuch.json: No such file"),
        ([str(CASE / "table_exact.p4")], 1, "table_exact.p4"),
        ([str(CASE / "table_exact.json"), "--p4info", str(CASE / "table_exact.json")], 1, "not a P4Info"),
        (["-i", "1@nosuch"], 1, "nosuch"),
        (["-i", "veth0"], 1, "PORT@INTERFACE"),
        (["--packet-in", "udp://x"], 1, "udp://x"),
        (["--grpc-server-addr", "203.0.113.1:9559"], 1, "203.0.113.1:9559"),
        (["--workers", "0"], 2, "--workers"),
        (["--no-p4", "x.json"], 2, "--no-p4"),
        (["--tls-key", "x"], 2, "--tls-cert"),
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
