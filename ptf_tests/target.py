"""Starting what is under test: a compiler for the gateway, a switch, and the ports between the switch and PTF.

The only file that knows a program by name; another compiler or switch is one more function here. Whoever imports
this needs no PTF.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from pyroute2 import IPRoute

ROOT = Path(__file__).resolve().parent.parent
GATEWAY = ROOT / "p4src" / "v1model" / "gateway.p4"
PORTS = (1, 2, 3, 4)
MTU = 9216
READY_TIMEOUT = 120.0  # seconds; a switch that takes as long is broken


@dataclass(frozen=True)
class Pipeline:
    p4info: Path
    config: Path


@dataclass(frozen=True)
class Wiring:
    """How a switch gets its ports, and the arguments that tell PTF the same."""

    socket: str  # address of PTF's nn socket, or ""
    interfaces: tuple[str, ...]  # PORT@INTERFACE for the switch
    ptf: tuple[str, ...]


def compile_with_p4gate(out: Path) -> Pipeline:
    subprocess.run([sys.executable, "-m", "p4gate", "compile", GATEWAY, "-o", out], cwd=ROOT, check=True)
    return Pipeline(out / "gateway.p4info.txtpb", out / "gateway.json")


def compile_with_p4c(out: Path) -> Pipeline:
    if shutil.which("p4c-bm2-ss") is None:
        raise SystemExit("run.py: --compiler p4c: p4c-bm2-ss is not on the PATH")
    pipeline = Pipeline(out / "gateway.p4info.txtpb", out / "gateway.json")
    subprocess.run(
        ["p4c-bm2-ss", "-o", pipeline.config, "--p4runtime-files", pipeline.p4info, GATEWAY], cwd=ROOT, check=True
    )
    return pipeline


def nn_ports(directory: Path) -> Wiring:
    """PTF's nn platform: frames over one socket; no privileges. The switch listens, PTF dials and names the ports."""
    address = f"ipc://{directory / 'nn.ipc'}"
    ports = ",".join(map(str, PORTS))
    return Wiring(address, (), ("--platform", "nn", "--device-socket", f"0-{{{ports}}}@{address}"))


def veth_ports() -> Wiring:
    """Pairs of veths in a network namespace of this process's own, which leaves nothing behind. Needs root.

    From here on this process and its children live in that namespace.
    """
    _enter_network_namespace()
    # The kernel's own IPv6 packets would show up among those of the tests.
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    with IPRoute() as links:
        links.link("set", index=links.link_lookup(ifname="lo")[0], state="up")
        for port in PORTS:
            links.link("add", kind="veth", ifname=f"sw{port}", peer={"ifname": f"ptf{port}"})
            for name in (f"sw{port}", f"ptf{port}"):
                links.link("set", index=links.link_lookup(ifname=name)[0], mtu=MTU, state="up")
    ptf = [argument for port in PORTS for argument in ("--interface", f"{port}@ptf{port}")]
    return Wiring(
        "", tuple(f"{port}@sw{port}" for port in PORTS), ("--platform", "eth", "--socket-recv-size", "16384", *ptf)
    )


def _enter_network_namespace() -> None:
    """A new network namespace, and the /sys that belongs to it: BMv2 asks there whether an interface is up."""
    clone_newns, clone_newnet, ms_rec, ms_slave = 0x00020000, 0x40000000, 0x4000, 0x80000
    libc = ctypes.CDLL(None, use_errno=True)
    for done in (
        libc.unshare(clone_newnet | clone_newns),
        libc.mount(b"none", b"/", None, ms_rec | ms_slave, None),
        libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None),
    ):
        if done != 0:
            raise PermissionError(ctypes.get_errno(), f"network namespace: {os.strerror(ctypes.get_errno())}")


@contextmanager
def p4gate_switch(wiring: Wiring, directory: Path) -> Iterator[str]:
    """`p4gate switch` without a pipeline; yields its P4Runtime address once it says that it is ready."""
    command = [sys.executable, "-m", "p4gate", "switch", "--no-p4", "--device-id", "1"]
    command += ["--grpc-server-addr", "127.0.0.1:0", *_port_arguments(wiring)]
    with _running(command, directory) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("ready"):
                yield dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)["grpc"]
                return
        raise RuntimeError(f"the switch ended before it was ready: {_log(directory)}")


@contextmanager
def bmv2_switch(wiring: Wiring, directory: Path) -> Iterator[str]:
    """simple_switch_grpc without a pipeline; yields its P4Runtime address once a channel to it stands."""
    if shutil.which("simple_switch_grpc") is None:
        raise SystemExit("run.py: --target bmv2: simple_switch_grpc is not on the PATH")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = ["simple_switch_grpc", "--no-p4", "--device-id", "1", "--thrift-port", "0", *_port_arguments(wiring)]
    command += ["--notifications-addr", f"ipc://{directory / 'notifications.ipc'}"]
    with _running([*command, "--", "--grpc-server-addr", address], directory) as process:
        with grpc.insecure_channel(address) as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=READY_TIMEOUT)
            except grpc.FutureTimeoutError:
                raise RuntimeError(f"the switch is not ready (exit {process.poll()}): {_log(directory)}") from None
        yield address


COMPILERS = {"p4gate": compile_with_p4gate, "p4c": compile_with_p4c}
SWITCHES = {"p4gate": p4gate_switch, "bmv2": bmv2_switch}


def _port_arguments(wiring: Wiring) -> list[str]:
    if wiring.socket:
        return ["--packet-in", wiring.socket]
    return [argument for interface in wiring.interfaces for argument in ("-i", interface)]


@contextmanager
def _running(command: list[str], directory: Path) -> Iterator[subprocess.Popen[str]]:
    """The process, ended with the block; what it says on stderr is in switch.log."""
    with (directory / "switch.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _log(directory: Path) -> str:
    return (directory / "switch.log").read_text()[-4000:]
