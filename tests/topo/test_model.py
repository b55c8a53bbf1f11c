"""Lab files. Oracle: the errors a reader would want, by place and key, written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from topo.graph import lab_graph
from topo.model import LabError, load_lab, parse_lab

EXAMPLE = Path(__file__).parents[2] / "examples" / "two_vpcs.lab.yaml"

SMALL = """\
name: small
bridges: [leaf]
switches:
  gw: {ports: {1: leaf}}
hosts:
  h1: {link: leaf, address: 10.0.1.1/24, mac: "02:00:00:00:00:01"}
networks:
  red: {vni: 1001, remote: 10.255.0.1}
vms:
  a: {network: red, host: h1, address: 10.1.0.11/24, mac: "02:00:00:00:01:01", gateway: 10.1.0.1}
"""


def errors(text: str) -> list[str]:
    with pytest.raises(LabError) as caught:
        parse_lab(text, "lab.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("old", "new", "start", "words"),
    [
        ("leaf}}", "lef}}", "lab.yaml:4:", "switches.gw.ports.1: there is no bridge or host called lef"),
        ("host: h1", "host: h9", "lab.yaml:10:", "vms.a.host: there is no host called h9"),
        ("network: red", "network: rd", "lab.yaml:10:", "vms.a.network: there is no network called rd"),
        ("vni: 1001", "vni: 99999999", "lab.yaml:8:9: networks.red.vni", "less than 16777216"),
        ("00:01:01", "00:01:0", "lab.yaml:10:", "vms.a.mac: a MAC address is six pairs"),
        ("02:00:00:00:01:01", "03:00:00:00:01:01", "lab.yaml:10:", "multicast"),
        ("gateway: 10.1.0.1", "gateway: 10.9.0.1", "lab.yaml:10:", "10.9.0.1 is not in the VM's subnet 10.1.0.0/24"),
        ("gateway:", "gatway:", "lab.yaml:10:", "vms.a.gatway: no such key here"),
        ("  h1: {link", "  gw: {link", "lab.yaml:6:3: hosts.gw", "the name gw is already used in switches"),
        (
            "  red: {vni",
            "  red: {vni: 1, remote: 10.0.0.1}\n  red: {vni",
            "lab.yaml:9:3: networks.red",
            "stands at line 8",
        ),
        ('"02:00:00:00:00:01"', "12:34:56:12:34:56", "lab.yaml:6:", "put the MAC address into quotes"),
        (
            "networks:",
            '  h2: {link: leaf, address: 10.0.1.1/24, mac: "02:00:00:00:00:02"}\nnetworks:',
            "lab.yaml:7:",
            "hosts.h2.address: 10.0.1.1 is h1's address already",
        ),
        ("name: small", "name: ../small", "lab.yaml:1:1: name", "pattern"),
    ],
)
def test_an_error_names_place_key_and_reason(old: str, new: str, start: str, words: str) -> None:
    found = errors(SMALL.replace(old, new, 1))
    assert any(line.startswith(start) and words in line for line in found), found


def test_every_error_is_told_at_once() -> None:
    assert len(errors(SMALL.replace("host: h1", "host: h9").replace("leaf}}", "lef}}"))) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "a: b: c", "name: {", "\0", "- 1\n- 2", "name: !!python/object:os.system x"]
)
def test_what_is_not_a_lab_file_gets_one_clear_line(text: str) -> None:
    found = errors(text)
    assert found[0].startswith("lab.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"nothing\.yaml: cannot be read: No such file"):
        load_lab(tmp_path / "nothing.yaml")


def test_the_graph_has_a_node_a_namespace_and_an_edge_a_link() -> None:
    graph = lab_graph(load_lab(EXAMPLE))
    kinds = [kind for _, kind in graph.nodes(data="kind")]
    assert {kind: kinds.count(kind) for kind in kinds} == {"bridge": 2, "switch": 1, "host": 4, "vm": 16}
    assert graph.number_of_edges() == 2 + 4 + 16
    assert graph.edges["gw1", "leaf2"]["ends"]["gw1"] == "port2"
