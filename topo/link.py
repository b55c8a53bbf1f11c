"""Links between namespaces: veth pairs and bridges, with checksums computed by the sender's kernel."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import socket
import struct
from typing import Any

from topo.namespace import Namespace

_SIOCETHTOOL = 0x8946
# linux/ethtool.h: ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO.
_OFFLOADS = (0x17, 0x1F, 0x24, 0x2C)


def index_of(netlink: Any, interface: str) -> int:
    """The kernel's index of an interface that exists."""
    index = netlink.link_lookup(ifname=interface)
    if not index:
        raise LookupError(f"no interface {interface}")
    return int(index[0])


def connect(
    near: Namespace, near_name: str, far: Namespace, far_name: str, mtu: int, near_mac: str | None = None
) -> None:
    """A veth pair between two namespaces, both ends up, offloads off."""
    netlink = near.netlink
    options = {"address": near_mac} if near_mac else {}
    peer = {"ifname": far_name, "mtu": mtu, "net_ns_fd": far.fd}
    netlink.link("add", ifname=near_name, kind="veth", mtu=mtu, peer=peer, **options)
    netlink.link("set", index=index_of(netlink, near_name), state="up")
    netlink = far.netlink
    netlink.link("set", index=index_of(netlink, far_name), state="up")
    for namespace, name in ((near, near_name), (far, far_name)):
        disable_offloads(namespace, name)


def disable_offloads(namespace: Namespace, interface: str) -> None:
    """No checksum, segmentation or receive offload: what tcpdump sees is what a wire would carry."""

    def switch_off() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            for command in _OFFLOADS:
                _ethtool(control, interface, command, 0)

    namespace.run(switch_off)


def _ethtool(control: socket.socket, interface: str, command: int, value: int) -> None:
    """ioctl(SIOCETHTOOL) with a struct ethtool_value; a device without the feature has nothing to switch off."""
    data = ctypes.create_string_buffer(struct.pack("=II", command, value))
    request = struct.pack("16sP", interface.encode(), ctypes.addressof(data)).ljust(40, b"\0")
    try:
        fcntl.ioctl(control.fileno(), _SIOCETHTOOL, request)
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise


def add_bridge(namespace: Namespace, name: str, mtu: int, learning: bool = True) -> None:
    """An empty bridge, up, without spanning tree. Without learning it floods every frame (ageing time 0)."""
    netlink = namespace.netlink
    options = {} if learning else {"br_ageing_time": 0}
    netlink.link("add", ifname=name, kind="bridge", mtu=mtu, br_stp_state=0, **options)
    netlink.link("set", index=index_of(netlink, name), state="up")


def join_bridge(namespace: Namespace, bridge: str, interface: str, isolated: bool = False) -> None:
    """Make the interface a port of the bridge; isolated ports reach only ports that are not isolated."""
    netlink = namespace.netlink
    port = index_of(netlink, interface)
    netlink.link("set", index=port, master=index_of(netlink, bridge))
    if isolated:
        netlink.brport("set", index=port, isolated=1)
