"""A network namespace held by an open file descriptor of this process: it lasts as long as someone holds it.

Nothing is mounted under /run/netns, so a process that dies, even by kill -9, leaves no namespace and no link behind.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pyroute2 import IPRoute

from topo.model import LabError

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
T = TypeVar("T")


def _call(function: str, *arguments: int) -> None:
    if getattr(_libc, function)(*arguments) != 0:
        error = ctypes.get_errno()
        hint = ": network namespaces need root; run the command with sudo" if error in (1, 13) else ""
        raise LabError(f"{function}: {os.strerror(error)}{hint}")


def _in_thread(function: Callable[[], T]) -> T:
    """Run in a thread of its own, whose namespace may be changed without harm to the others."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # handed to the caller below
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def enter(path: str) -> None:
    """Move the calling thread into the namespace at this path (setns(2))."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("setns", fd, _CLONE_NEWNET)
    finally:
        os.close(fd)


class Namespace:
    """A namespace without IPv6, its loopback up. `netlink` may be used until `release_netlink` or `close`."""

    def __init__(self, path: str, fd: int | None = None) -> None:
        self.path = path
        self._fd = fd
        self._netlink: Any = None

    @classmethod
    def create(cls) -> Namespace:
        """A new namespace, gone when this object is closed and no process is in it.

        Raises:
            LabError: without the right to make one (CAP_SYS_ADMIN).
        """

        def make() -> int:
            _call("unshare", _CLONE_NEWNET)
            for scope in ("all", "default"):
                switch = Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6")
                if switch.exists():
                    switch.write_text("1")
            return os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)

        fd = _in_thread(make)
        namespace = cls(f"/proc/{os.getpid()}/fd/{fd}", fd)
        namespace.netlink.link("set", index=1, state="up")
        return namespace

    @property
    def fd(self) -> int:
        """The descriptor that holds it; only where `create` was called."""
        assert self._fd is not None
        return self._fd

    @property
    def netlink(self) -> Any:
        """A netlink socket into the namespace, opened when first asked for (which takes longer than its use)."""
        if self._netlink is None:
            self._netlink = IPRoute(netns=self.path)
        return self._netlink

    def release_netlink(self) -> None:
        if self._netlink is not None:
            self._netlink.close()
            self._netlink = None

    def close(self) -> None:
        self.release_netlink()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def run(self, function: Callable[[], T]) -> T:
        """Call `function` in a thread that is in this namespace; sockets that it opens stay there."""

        def inside() -> T:
            enter(self.path)
            return function()

        return _in_thread(inside)
