"""The lab file: YAML text in, a validated `Lab` out, or one line an error that says where and why."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator


class LabError(Exception):
    """A lab file that cannot be used, or a lab that cannot be built. One line an error."""


def _mac_text(value: object) -> object:
    if isinstance(value, int):
        raise ValueError("YAML reads this as a number: put the MAC address into quotes")
    return value


def _mac(text: str) -> str:
    octets = text.lower().split(":")
    if len(octets) != 6 or not all(len(o) == 2 and set(o) <= set("0123456789abcdef") for o in octets):
        raise ValueError("a MAC address is six pairs of hexadecimal digits, as 02:00:00:00:00:01")
    if int(octets[0], 16) & 1:
        raise ValueError("this MAC address is a multicast one; the first byte must be even")
    return text.lower()


Mac = Annotated[str, BeforeValidator(_mac_text), AfterValidator(_mac)]
# Also part of a path and of names shown to users.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Switch(_Model):
    """A p4gate switch. `ports`: port number -> the bridge or host at the other end."""

    ports: dict[Annotated[int, Field(ge=1, le=510)], Name]
    grpc: str = "127.0.0.1:9559"
    device_id: Annotated[int, Field(ge=1)] = 1
    options: list[str] = []


class Host(_Model):
    """A hypervisor: an underlay address on `link`, and a kernel VXLAN device for each network of its VMs."""

    link: Name
    address: IPv4Interface
    mac: Mac


class Network(_Model):
    """A tenant's overlay network: all of its VMs' traffic goes to the tunnel end `remote` with this VNI."""

    vni: Annotated[int, Field(ge=1, lt=1 << 24)]
    remote: IPv4Address


class Vm(_Model):
    network: Name
    host: Name
    address: IPv4Interface
    mac: Mac
    gateway: IPv4Address


class Lab(_Model):
    """One lab. Names of nodes are unique over bridges, switches, hosts and VMs."""

    name: Name
    underlay_mtu: Annotated[int, Field(ge=1280, le=9216)] = 1550
    bridges: list[Name] = []
    switches: dict[Name, Switch]
    hosts: dict[Name, Host]
    networks: dict[Name, Network]
    vms: dict[Name, Vm]

    @model_validator(mode="after")
    def _references_exist(self) -> Lab:
        problems = list(_reference_problems(self))
        if problems:
            raise ValueError("\n".join("\t".join((*path, text)) for path, text in problems))
        return self

    @property
    def vm_mtu(self) -> int:
        """Bytes of an IP packet that a VM may send: the underlay's less IPv4, UDP, VXLAN and inner Ethernet."""
        return self.underlay_mtu - 50


def _reference_problems(lab: Lab) -> list[tuple[tuple[str, ...], str]]:
    """(path of keys, what is wrong) for every name that stands for nothing and every clash."""
    problems: list[tuple[tuple[str, ...], str]] = []
    places: dict[str, str] = {}
    for kind, names in (("bridges", lab.bridges), ("switches", lab.switches), ("hosts", lab.hosts), ("vms", lab.vms)):
        for name in names:
            if name in places:
                problems.append(((kind, name), f"the name {name} is already used in {places[name]}"))
            places[name] = kind
    for name, host in lab.hosts.items():
        if host.link not in lab.bridges and host.link not in lab.switches:
            problems.append((("hosts", name, "link"), f"there is no bridge or switch called {host.link}"))
        elif host.link in lab.switches and name not in lab.switches[host.link].ports.values():
            problems.append((("hosts", name, "link"), f"no port of switch {host.link} leads to {name}"))
    for name, switch in lab.switches.items():
        for port, other in switch.ports.items():
            if list(switch.ports.values()).count(other) > 1:
                problems.append((("switches", name, "ports", str(port)), f"more than one port leads to {other}"))
            if other not in lab.bridges and other not in lab.hosts:
                problems.append((("switches", name, "ports", str(port)), f"there is no bridge or host called {other}"))
            elif other in lab.hosts and lab.hosts[other].link != name:
                problems.append(
                    (("switches", name, "ports", str(port)), f"the link of host {other} is {lab.hosts[other].link}")
                )
    problems += _clashes("hosts", {name: str(host.address.ip) for name, host in lab.hosts.items()}, "address")
    problems += _clashes("hosts", {name: host.mac for name, host in lab.hosts.items()}, "mac")
    problems += _clashes("vms", {name: f"{vm.address.ip} in {vm.network}" for name, vm in lab.vms.items()}, "address")
    vnis = {
        (vm.host, vm.network): lab.networks[vm.network].vni for vm in lab.vms.values() if vm.network in lab.networks
    }
    for (host_name, network), vni in vnis.items():
        other = next(n for (h, n), v in vnis.items() if h == host_name and v == vni)
        if other != network:
            problems.append((("networks", network, "vni"), f"{vni} is {other}'s VNI, and both have VMs on {host_name}"))
    for name, vm in lab.vms.items():
        if vm.network not in lab.networks:
            problems.append((("vms", name, "network"), f"there is no network called {vm.network}"))
        if vm.host not in lab.hosts:
            problems.append((("vms", name, "host"), f"there is no host called {vm.host}"))
        if vm.gateway not in vm.address.network:
            problems.append((("vms", name, "gateway"), f"{vm.gateway} is not in the VM's subnet {vm.address.network}"))
    return problems


def _clashes(kind: str, values: dict[str, str], key: str) -> list[tuple[tuple[str, ...], str]]:
    """A problem for each name whose value another name had before."""
    owners: dict[str, str] = {}
    problems: list[tuple[tuple[str, ...], str]] = []
    for name, value in values.items():
        if owners.setdefault(value, name) != name:
            problems.append(((kind, name, key), f"{value} is {owners[value]}'s {key} already"))
    return problems


def load_lab(path: Path) -> Lab:
    """Read a lab file.

    Raises:
        LabError: with a line `FILE:LINE:COLUMN: key: what is wrong` for each error.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return parse_lab(text, str(path))


def parse_lab(text: str, file: str) -> Lab:
    """`load_lab` on text; `file` is only what errors call it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise LabError(f"{place}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise LabError(f"{file}: not YAML: {str(error).splitlines()[0]}") from error
    duplicates = list(_duplicate_keys(root, []))
    if duplicates:
        raise LabError("\n".join(f"{file}:{line}:{column}: {text}" for line, column, text in duplicates))
    if not isinstance(value, dict):
        raise LabError(f"{file}:1:1: a lab file is a mapping with the keys name, switches, hosts, networks, vms")
    try:
        return Lab.model_validate(value)
    except ValidationError as error:
        lines = [line for problem in error.errors() for line in _error_lines(problem, root, file)]
        raise LabError("\n".join(lines)) from error


def _duplicate_keys(node: yaml.Node | None, path: list[str]) -> Iterator[tuple[int, int, str]]:
    """(line, column, what is wrong) for each key that its mapping has twice; YAML itself would take the last."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _duplicate_keys(item, [*path, str(number)])
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        here = [*path, str(key.value)]
        if key.value in lines:
            mark = key.start_mark
            yield (
                mark.line + 1,
                mark.column + 1,
                f"{'.'.join(here)}: this key stands at line {lines[key.value]} already",
            )
        lines[str(key.value)] = key.start_mark.line + 1
        yield from _duplicate_keys(value, here)


def _error_lines(problem: Any, root: yaml.Node | None, file: str) -> list[str]:
    if problem["type"] == "value_error" and not problem["loc"]:
        # Raised by _references_exist: a line each, with the keys of the path and the text between tabs.
        lines = [line.split("\t") for line in str(problem["ctx"]["error"]).splitlines()]
        return [_located(path, text, root, file) for *path, text in lines]
    path = [str(part) for part in problem["loc"] if part != "[key]"]
    text = "no such key here" if problem["type"] == "extra_forbidden" else problem["msg"].removeprefix("Value error, ")
    return [_located(path, text, root, file)]


def _located(path: list[str], text: str, root: yaml.Node | None, file: str) -> str:
    """The error with the place of the deepest part of `path` that the file has."""
    node, mark = root, root.start_mark if root else None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == part), None)
            if found is None:
                break
            mark, node = found[0].start_mark, found[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            mark = node.start_mark
        else:
            break
    place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
    return f"{place}: {'.'.join(path)}: {text}"
