"""The scalars of an intent: addresses, MACs, ports, names. Each parser says what it expected, with an example."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_ENDPOINT = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
_PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}


class PortRange(NamedTuple):
    """Transport ports from `low` to `high`, both included."""

    low: int
    high: int


def _bad(message: str) -> PydanticCustomError:
    # The message is passed as a parameter: braces in the user's text must not be taken for placeholders.
    return PydanticCustomError("p4gate", "{message}", {"message": message})


def _said(value: Any) -> str:
    """The value as the file shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def parse_ipv4(value: Any) -> IPv4Address:
    if isinstance(value, IPv4Address):
        return value
    try:
        if isinstance(value, str):
            return IPv4Address(value)
    except ValueError:
        pass
    raise _bad(f"{_said(value)} is no IPv4 address. Write four numbers as in 10.1.0.5.")


def parse_cidr(value: Any) -> IPv4Network:
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str) or "/" not in value:
        raise _bad(f"{_said(value)} is no IPv4 prefix. Write address/length as in 10.1.0.0/24.")
    try:
        network = IPv4Network(value, strict=False)
    except ValueError:
        raise _bad(f"{_said(value)} is no IPv4 prefix. Write address/length as in 10.1.0.0/24.") from None
    if str(network.network_address) != value.split("/", 1)[0]:
        raise _bad(f"{value} has bits set past its length. Write {network}.")
    return network


def parse_mac(value: Any) -> int:
    """A unicast MAC address as a number of 48 bits."""
    if isinstance(value, int) and not isinstance(value, bool) and value < 1 << 48:
        return value
    if not isinstance(value, str) or not _MAC.fullmatch(value):
        raise _bad(f"{_said(value)} is no MAC address. Write six bytes as in 02:00:00:00:00:01.")
    number = int(value.replace(":", ""), 16)
    if number >> 40 & 1:
        raise _bad(f"{value} is a group address, and a station needs a unicast one. Make its first byte even.")
    if number == 0:
        raise _bad(f"{value} is not an address of a station. Write a unicast one as in 02:00:00:00:00:01.")
    return number


def format_mac(number: int) -> str:
    return ":".join(f"{byte:02x}" for byte in number.to_bytes(6, "big"))


def parse_name(value: Any) -> str:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise _bad(f"{_said(value)!r} is no name. Start with a letter; go on with letters, digits, - and _ (63 at most).")


def _whole(value: Any, low: int, high: int, what: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise _bad(f"{_said(value)} is no {what}. Write a number from {low} to {high}.")


def parse_vni(value: Any) -> int:
    return _whole(value, 1, 0xFFFFFF, "VNI")


def parse_device_id(value: Any) -> int:
    return _whole(value, 0, (1 << 64) - 1, "device id")


def parse_switch_port(value: Any) -> int:
    """A port number of the switch; a key of a mapping, so it comes as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    return _whole(value, 0, 510, "switch port")


def parse_port_range(value: Any) -> PortRange:
    if isinstance(value, PortRange):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        port = _whole(value, 0, 65535, "transport port")
        return PortRange(port, port)
    match = re.fullmatch(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?", value) if isinstance(value, str) else None
    if match is None:
        raise _bad(f"{_said(value)} is no transport port. Write one as in 443 or a range as in 8000-8080.")
    low, high = int(match[1]), int(match[2] or match[1])
    if high > 65535 or low > high:
        raise _bad(f"{value} is no range of ports. Write the lower one first, and none above 65535.")
    return PortRange(low, high)


def parse_protocol(value: Any) -> int:
    """An IP protocol by name, or by number."""
    if isinstance(value, str) and value in _PROTOCOLS:
        return _PROTOCOLS[value]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255:
        return value
    raise _bad(f"{_said(value)} is no protocol. Write icmp, tcp, udp, or a number from 0 to 255; leave out for any.")


def parse_endpoint(value: Any) -> str:
    """host:port of a P4Runtime server."""
    match = _ENDPOINT.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 0 < int(match[1]) < 65536:
        raise _bad(f"{_said(value)} is no host:port. Write one as in 127.0.0.1:9559.")
    return str(value)


Ipv4 = Annotated[IPv4Address, PlainValidator(parse_ipv4)]
Cidr = Annotated[IPv4Network, PlainValidator(parse_cidr)]
Mac = Annotated[int, PlainValidator(parse_mac)]
Name = Annotated[str, PlainValidator(parse_name)]
Vni = Annotated[int, PlainValidator(parse_vni)]
DeviceId = Annotated[int, PlainValidator(parse_device_id)]
SwitchPort = Annotated[int, BeforeValidator(parse_switch_port)]
Ports = Annotated[PortRange, PlainValidator(parse_port_range)]
Protocol = Annotated[int, PlainValidator(parse_protocol)]
Endpoint = Annotated[str, PlainValidator(parse_endpoint)]
