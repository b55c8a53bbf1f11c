"""p4gate-switch in place of simple_switch_grpc, started as others start it: p4lang's tutorials (Mininet), p4c's PTF
runner, PTF on nn, files. Oracle: the packets that come out, scapy's reading of the captures.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from finsy.proto import p4i, p4r
from golden.client import Client
from google.protobuf import text_format
from pyroute2 import NetNS, netns
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapReader, wrpcap
from shim import ROOT, compile_program, environment, install

from switch.ports import in_namespace

TIMEOUT = 60
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and raw packets need root")


def wait_until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def listens(pid: int, port: int) -> bool:
    """As psutil tells the tutorials' check_listening_on_port."""
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    lines += Path(f"/proc/{pid}/net/tcp6").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in lines)


def two_free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        for free in (one, two):
            free.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


@contextmanager
def mininet_like() -> Iterator[str]:
    """A namespace with the switch's interfaces s1-eth1, s1-eth2 and their peers h1-eth0, h2-eth0, as Mininet's."""
    name = f"p4gate-mn-{os.getpid()}"
    netns.create(name)
    try:
        with in_namespace(f"/run/netns/{name}"):
            Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
        with NetNS(name) as inside:
            inside.link("set", index=inside.link_lookup(ifname="lo")[0], state="up")
            for port in (1, 2):
                inside.link("add", ifname=f"s1-eth{port}", kind="veth", peer={"ifname": f"h{port}-eth0"})
                for end in (f"s1-eth{port}", f"h{port}-eth0"):
                    inside.link("set", index=inside.link_lookup(ifname=end)[0], state="up")
        yield name
    finally:
        netns.remove(name)


def host(namespace: str, number: int) -> socket.socket:
    with in_namespace(f"/run/netns/{namespace}"):
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    made.setsockopt(263, 23, 1)  # PACKET_IGNORE_OUTGOING
    made.bind((f"h{number}-eth0", 3))
    made.settimeout(TIMEOUT)
    return made


def frame(text: str, dst: int = 2, src: int = 1) -> bytes:
    return dst.to_bytes(6, "big") + src.to_bytes(6, "big") + b"\x88\xb5" + text.encode().ljust(50, b".")


def control(namespace: str, address: str, json: Path, info: Path, pipe: Connection) -> None:
    """A controller, in a process of its own inside the namespace: pipeline, entry, packet-out, packet-in."""
    with in_namespace(f"/run/netns/{namespace}"), Client(address, device_id=0) as client:
        client.arbitrate()
        p4info = text_format.Parse(info.read_text(), p4i.P4Info())
        client.set_pipeline(p4info, json.read_bytes())
        table, action = p4info.tables[0], next(a for a in p4info.actions if a.preamble.alias == "to")
        request = p4r.WriteRequest()
        entry = request.updates.add(type=p4r.Update.INSERT).entity.table_entry
        entry.table_id = table.preamble.id
        entry.match.add(field_id=1).exact.value = b"\x07"
        entry.action.action.action_id = action.preamble.id
        entry.action.action.params.add(param_id=1, value=b"\x01")
        client.write(request)
        packet = p4r.PacketOut(payload=frame("out"))
        packet.metadata.add(metadata_id=1, value=b"\x02")
        packet.metadata.add(metadata_id=2, value=b"\x00")
        client.send(p4r.StreamMessageRequest(packet=packet))
        pipe.send("ready")
        message = client.receive()
        pipe.send((message.packet.metadata[0].value, message.packet.payload))


@needs_root
def test_the_tutorials_mininet_switch_runs_it_as_it_is(tmp_path: Path) -> None:
    """The command line of p4lang/tutorials, utils/p4runtime_switch.py, through a shell; then its controller's calls."""
    json, info = compile_program(tmp_path)
    switch = install(tmp_path)
    (tmp_path / "pcaps").mkdir()
    line = f"{switch} -i 1@s1-eth1 -i 2@s1-eth2 --pcap {tmp_path}/pcaps --nanolog ipc:///tmp/bm-0-log.ipc --device-id 0"
    line += f" {json} --log-console --thrift-port 9090 -- --grpc-server-addr 0.0.0.0:50051 --cpu-port 255"
    with mininet_like() as namespace, host(namespace, 1) as one, host(namespace, 2) as two:
        # A shell that puts the switch in the background and says its process id, as Mininet's does.
        line = f"{line} > {tmp_path}/log 2>&1 & echo $!"
        done = subprocess.run(
            ["ip", "netns", "exec", namespace, "bash", "-c", line], stdout=subprocess.PIPE, text=True, check=True
        )
        pid = int(done.stdout)
        try:
            wait_until(lambda: listens(pid, 50051), f"it listens: {(tmp_path / 'log').read_text()}")
            one.send(frame("before a controller"))
            assert two.recv(2000) == frame("before a controller")
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            controller = context.Process(target=control, args=(namespace, "127.0.0.1:50051", json, info, theirs))
            controller.start()
            assert ours.poll(TIMEOUT)
            assert ours.recv() == "ready"
            assert two.recv(2000) == frame("out")
            one.send(frame("by an entry", dst=7))
            assert one.recv(2000) == frame("by an entry", dst=7)
            two.send(frame("in", src=0xFF))
            assert ours.poll(TIMEOUT)
            assert ours.recv() == (b"\x02", frame("in", src=0xFF))
            controller.join(TIMEOUT)
        finally:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not Path(f"/proc/{pid}/exe").exists(), "it ends")
    captured = {
        (port, side): [data for data, _ in RawPcapReader(str(tmp_path / "pcaps" / f"s1-eth{port}_{side}.pcap"))]
        for port in (1, 2)
        for side in ("in", "out")
    }
    assert captured[1, "in"] == [frame("before a controller"), frame("by an entry", dst=7)]
    assert captured[1, "out"] == [frame("by an entry", dst=7)]
    assert captured[2, "in"] == [frame("in", src=0xFF)]
    assert captured[2, "out"] == [frame("before a controller"), frame("out")]
    said = (tmp_path / "log").read_text()
    assert "--nanolog has no effect" in said
    assert "--thrift-port has no effect" in said


def test_p4utils_waits_for_both_of_its_ports(tmp_path: Path) -> None:
    """The line of nsg-ethz/p4-utils, mininetlib/node.py (P4RuntimeSwitch); it waits for Thrift to listen, too."""
    json, _ = compile_program(tmp_path)
    thrift, port = two_free_ports()
    line = f"{install(tmp_path)} --pcap={tmp_path} --thrift-port {thrift} --nanolog ipc:///tmp/bm-3-log.ipc"
    line += f" --device-id 3 {json} --log-console -- --grpc-server-addr 0.0.0.0:{port}"
    with subprocess.Popen(line.split(), stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: listens(process.pid, thrift) and listens(process.pid, port), "both listen")
            with socket.create_connection(("127.0.0.1", thrift), timeout=TIMEOUT) as client:
                assert client.recv(1) == b""  # hung up: nobody waits for an answer that never comes
            done = subprocess.run(line.split(), capture_output=True, text=True, timeout=TIMEOUT, check=False)
            assert done.returncode == 1
            assert f"127.0.0.1:{thrift}" in done.stderr
        finally:
            process.kill()


def test_ptf_runs_on_it_as_on_simple_switch_grpc(tmp_path: Path) -> None:
    """--no-p4, --packet-in ipc://..., --thrift-port, --notifications-addr; the tests set the pipeline."""
    install(tmp_path)
    command = [sys.executable, str(ROOT / "ptf_tests" / "run.py"), "--target", "bmv2", "arp", "outer"]
    done = subprocess.run(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout
    assert "\nOK\n" in done.stdout


def test_p4cs_ptf_runner_starts_it_as_it_is(tmp_path: Path) -> None:
    """The line of p4c's run-bmv2-ptf-test.py (NNEnv)."""
    json, info = compile_program(tmp_path)
    thrift, port = two_free_ports()
    line = f"{install(tmp_path)} --thrift-port {thrift} --device-id 0 --log-file {tmp_path}/switch.log --log-flush"
    line += f" --packet-in ipc://{tmp_path}/bmv2_packets_1.ipc --no-p4 -- --grpc-server-addr 127.0.0.1:{port}"
    with subprocess.Popen(line.split(), stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: listens(process.pid, port), "it listens")
            with Client(f"127.0.0.1:{port}", device_id=0) as client:
                client.arbitrate()
                client.set_pipeline(text_format.Parse(info.read_text(), p4i.P4Info()), json.read_bytes())
            assert (tmp_path / "switch.log").exists()
        finally:
            process.terminate()
            assert process.wait(TIMEOUT) == -signal.SIGTERM  # as simple_switch_grpc, which has no handler
    assert not (tmp_path / "bmv2_packets_1.ipc").exists()


def test_packets_come_from_files_and_go_to_files(tmp_path: Path) -> None:
    json, _ = compile_program(tmp_path)
    wrpcap(str(tmp_path / "a_in.pcap"), [Ether(frame(f"a{i}")) for i in range(3)])
    wrpcap(str(tmp_path / "b_in.pcap"), [Ether(frame(f"b{i}")) for i in range(2)])
    line = f"{install(tmp_path)} -i 1@a -i 2@b --use-files 0 {json} -- --grpc-server-addr 127.0.0.1:0"
    with subprocess.Popen(line.split(), cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            for name, expected in (("a", ["b0", "b1"]), ("b", ["a0", "a1", "a2"])):
                path = tmp_path / f"{name}_out.pcap"
                size = 24 + len(expected) * (16 + 64)
                wait_until(lambda p=path, s=size: p.exists() and p.stat().st_size == s, f"{path} is complete")
                assert [data for data, _ in RawPcapReader(str(path))] == [frame(text) for text in expected]
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT) == -signal.SIGINT


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--help"], 0, "Usage"),
        (["--version"], 0, "p4gate"),
        (["--json-version"], 0, "2.2"),
        ([], 1, "JSON"),
        (["nosuch.json"], 1, "nosuch.json: No such file"),
        ([str(ROOT / "pyproject.toml")], 1, "pyproject.toml"),
        (["--no-p4", "--use-files", "0", "-i", "0@nosuch"], 1, "nosuch_in.pcap: No such file"),
        (["--no-p4", "--", "--grpc-server-addr", "203.0.113.1:9559"], 1, "203.0.113.1:9559"),
        (["--no-p4", "--", "--grpc-server-ssl", "--grpc-server-cert=x", "--grpc-server-key=no"], 1, "no: No such file"),
        (
            [
                *("--no-p4", "--", "--grpc-server-ssl", "--grpc-server-cert=x", "--grpc-server-key=y"),
                "--grpc-server-with-client-auth",
            ],
            1,
            "--grpc-server-cacert",
        ),
        (["--no-p4", "--log-file", "nosuch/x"], 1, "nosuch/x: No such file"),
    ],
)  # fmt: skip
def test_it_ends_with_simple_switch_grpcs_status_and_one_line(arguments: list[str], status: int, said: str) -> None:
    command = [sys.executable, "-m", "switch.simple_switch_cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False, cwd=ROOT)
    assert done.returncode == status, done.stderr
    assert said in (done.stderr if status else done.stdout)
    if status:
        assert len(done.stderr.splitlines()) == 1


@needs_root
def test_an_interface_that_is_not_there_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    line = f"{install(tmp_path)} --no-p4 -i 1@nosuch -- --grpc-server-addr 127.0.0.1:0"
    with subprocess.Popen(line.split(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline(), process.stdout.readline()]
            assert "nosuch" in lines[0]
            assert lines[1].startswith("ready")
        finally:
            process.terminate()
            process.wait(TIMEOUT)
