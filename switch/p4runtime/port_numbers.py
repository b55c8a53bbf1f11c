"""Ports as P4Runtime writes them in watch ports and replicas: byte strings of an SDN port number.

P4Runtime 1.4, "Port Translation for PSA Extern APIs". An SDN port is the port of that number here, but for the reserved
number of the CPU port ("Translation of Port Numbers").
"""

from __future__ import annotations

from collections.abc import Iterable

from switch.p4runtime import canonical
from switch.p4runtime.status import INVALID_ARGUMENT, StatusError
from switch.p4runtime.translation import Translation
from switch.ports import Port

MAX_PORT = (1 << 9) - 1  # v1model's ports have 9 bits
SDN_PORT_CPU = 0xFFFFFFFD


def port_of_bytes(data: bytes, cpu_port: int, what: str, strings: Translation | None = None) -> int:
    """The port's number in the data plane. Raises StatusError, INVALID_ARGUMENT if the device cannot have it.

    `strings`: where the control plane calls ports by strings.
    """
    if strings is not None:
        return port_of_number(strings.number(data, what), cpu_port, what)
    if not data:
        raise StatusError(INVALID_ARGUMENT, f"{what}: an empty byte string is no port")
    return port_of_number(int.from_bytes(data, "big"), cpu_port, what)


def port_of_number(number: int, cpu_port: int, what: str) -> int:
    """As above, of an SDN port number."""
    if number == SDN_PORT_CPU and cpu_port:
        return cpu_port
    if not 0 <= number <= MAX_PORT:
        raise StatusError(INVALID_ARGUMENT, f"{what} {number} is not in 0..{MAX_PORT}")
    return number


def port_to_bytes(data: bytes, strings: Translation | None) -> bytes:
    """As a reply shows a port that was accepted: the shortest string of its number ("Bytestrings")."""
    return canonical.shorten(data) if strings is None and data else data


def ports_up(ports: Iterable[Port], watched: set[int], cpu_port: int, unconnected: bool) -> set[int]:
    """Those of the watched ports that carry packets: open, and running on their other side.

    `unconnected`: a port that has no link does so too (ports in memory); else only the CPU port does.
    """
    links = {port.number: port.enabled and port.running for port in ports}
    return {port for port in watched if links.get(port, unconnected or port == cpu_port)}
