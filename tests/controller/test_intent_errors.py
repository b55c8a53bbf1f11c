"""A broken intent names file, line, column and key. Oracle: the line that was broken, found by its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.intent import IntentError, load_intent, parse_intent

GOOD = """\
hosts:
  h1: {ip: 10.255.1.1, mac: 02:00:00:00:01:01}
  h2: {ip: 10.255.1.2, mac: 02:00:00:00:01:02}
gateways:
  gw1:
    p4runtime: 127.0.0.1:9559
    vtep: {ip: 10.255.0.1, mac: 02:00:00:00:00:01}
    ports:
      1: {hosts: [h1]}
      2: {hosts: [h2]}
tenants:
  red:
    vni: 1001
    subnets:
      web: {cidr: 10.1.0.0/24, gateway: 10.1.0.1}
      db: {cidr: 10.2.0.0/24}
    vms:
      web1: {ip: 10.1.0.11, host: h1, mac: 02:01:00:00:00:01}
      web2: {ip: 10.1.0.12, host: h2}
    acl:
      - {action: deny, proto: tcp, from: web, to: web2, ports: 22}
  blue:
    vni: 1002
"""

# (what is written, what it becomes, text in the line complained of, path, words of the message)
CASES: list[tuple[str, str, str, str, list[str]]] = [
    ("web1: {ip: 10.1.0.11", "web1: {ip: 10.1.9.7", "web1:", "tenants.red.vms.web1.ip", ["10.1.9.7", "10.1.0.0/24"]),
    ("web2: {ip: 10.1.0.12", "web2: {ip: 10.1.0.1", "web2:", "tenants.red.vms.web2.ip", ["gateway of subnet web"]),
    ("web2: {ip: 10.1.0.12", "web2: {ip: 10.1.0.255", "web2:", "tenants.red.vms.web2.ip", ["broadcast"]),
    ("web2: {ip: 10.1.0.12", "web2: {ip: 10.1.0.11", "web2:", "tenants.red.vms.web2.ip", ["web1"]),
    ("web2: {ip: 10.1.0.12", "web2: {ip: 10.1.0.300", "web2:", "tenants.red.vms.web2.ip", ["no IPv4 address"]),
    ("web2: {ip: 10.1.0.12", "web2: {ip: 12", "web2:", "tenants.red.vms.web2.ip", ["no IPv4 address"]),
    ("web2: {ip: 10.1.0.12", "web2: {ip: ~", "web2:", "tenants.red.vms.web2.ip", ["nothing is no IPv4 address"]),
    ("web2: {ip: 10.1.0.12, ", "web2: {", "web2:", "tenants.red.vms.web2.ip", ["is missing"]),
    (
        "host: h1, mac: 02",
        "host: h3, mac: 02",
        "web1:",
        "tenants.red.vms.web1.host",
        ["no host 'h3'", "Known: h1, h2."],
    ),
    ("host: h1, mac: 02:01", "host: h1, mac: 03:01", "web1:", "tenants.red.vms.web1.mac", ["group address"]),
    ("host: h1, mac: 02:01:00", "host: h1, mac: 2:1:0", "web1:", "tenants.red.vms.web1.mac", ["no MAC"]),
    ("host: h2}\n    acl", "host: h2, mac: 02:01:00:00:00:01}\n    acl", "web2:", "tenants.red.vms.web2.mac", ["web1"]),
    ("host: h2}\n    acl", "hots: h2}\n    acl", "web2:", "tenants.red.vms.web2.hots", ["Did you mean 'host'?"]),
    ("  blue:\n    vni: 1002", "  blue:\n    vni: 1001", "vni: 1001\n*", "tenants.blue.vni", ["1001", "red"]),
    ("vni: 1002", "vni: true", "vni: true", "tenants.blue.vni", ["true is no VNI"]),
    ("vni: 1002", "vni: 16777216", "vni: 16777216", "tenants.blue.vni", ["16777215"]),
    ("vni: 1002", "vni: '1002'", "vni: '1002'", "tenants.blue.vni", []),
    ("  blue:\n", "  red:\n", "  red:\n*", "tenants.red", ["given twice", "line 12"]),
    ("  blue:\n", "  7up:\n", "  7up:", "tenants.7up", ["no name"]),
    ("    vni: 1002", "    vnis: 1002", "    vnis:", "tenants.blue.vnis", ["Did you mean 'vni'?"]),
    ("    vni: 1002", "    - 1002", "    - 1002", "tenants.blue", ["a mapping", "not a list"]),
    ("tenants:", "tennants:", "tennants:", "tennants", ["Did you mean 'tenants'?"]),
    ("db: {cidr: 10.2.0.0/24}", "db: {cidr: 10.1.0.128/25}", "db:", "tenants.red.subnets.db.cidr", ["overlaps", "web"]),
    ("db: {cidr: 10.2.0.0/24}", "db: {cidr: 10.2.0.1/24}", "db:", "tenants.red.subnets.db.cidr", ["10.2.0.0/24"]),
    ("db: {cidr: 10.2.0.0/24}", "db: {cidr: 10.2.0.0/31}", "db:", "tenants.red.subnets.db.cidr", ["1 to 30"]),
    ("db: {cidr: 10.2.0.0/24}", "db: {cidr: 10.2.0.0}", "db:", "tenants.red.subnets.db.cidr", ["no IPv4 prefix"]),
    ("gateway: 10.1.0.1}", "gateway: 10.9.0.1}", "web: {cidr", "tenants.red.subnets.web.gateway", ["outside"]),
    ("gateway: 10.1.0.1}", "gateway: 10.1.0.0}", "web: {cidr", "tenants.red.subnets.web.gateway", ["network"]),
    ("db: {cidr: 10.2.0.0/24}", "any: {cidr: 10.2.0.0/24}", "any:", "tenants.red.subnets.any", ["every address"]),
    ("db: {cidr: 10.2.0.0/24}", "web2: {cidr: 10.2.0.0/24}", "web2: {ip", "tenants.red.vms.web2", ["also a subnet"]),
    ("db: {cidr: 10.2.0.0/24}", "db: {cidr: 10.0.0.0/8}", "db:", "tenants.red.subnets.db.cidr", ["overlaps", "web"]),
    ("from: web,", "from: webb,", "- {action", "tenants.red.acl[0].from", ["Did you mean 'web'?"]),
    ("to: web2", "to: 10.0.0.0/33", "- {action", "tenants.red.acl[0].to", ["no prefix"]),
    ("action: deny", "action: drop", "- {action", "tenants.red.acl[0].action", ["allow", "deny"]),
    ("proto: tcp", "proto: icmp", "- {action", "tenants.red.acl[0].ports", ["tcp and udp"]),
    ("proto: tcp", "proto: sctp", "- {action", "tenants.red.acl[0].proto", ["no protocol"]),
    ("ports: 22", "ports: 90-80", "- {action", "tenants.red.acl[0].ports", ["lower one first"]),
    ("ports: 22", "ports: 70000", "- {action", "tenants.red.acl[0].ports", ["65535"]),
    ("ports: 22", "prots: 22", "- {action", "tenants.red.acl[0].prots", ["Did you mean"]),
    ("2: {hosts: [h2]}", "2: {hosts: [h1, h2]}", "2: {hosts", "gateways.gw1.ports.2.hosts[0]", ["port 1 already"]),
    ("2: {hosts: [h2]}", "2: {hosts: [h9, h2]}", "2: {hosts", "gateways.gw1.ports.2.hosts[0]", ["no host 'h9'"]),
    ("2: {hosts: [h2]}", "2: {hosts: []}", "    ports:", "gateways.gw1.ports", ["h2", "behind no port"]),
    ("2: {hosts: [h2]}", "x: {hosts: [h2]}", "x: {hosts", "gateways.gw1.ports.x", ["no switch port"]),
    ("2: {hosts: [h2]}", "2: {hosts: h2}", "2: {hosts", "gateways.gw1.ports.2.hosts", ["a list belongs here"]),
    ("127.0.0.1:9559", "127.0.0.1", "p4runtime", "gateways.gw1.p4runtime", ["host:port"]),
    ("vtep: {ip: 10.255.0.1", "vtep: {ip: 10.255.1.2", "vtep", "gateways.gw1.vtep.ip", ["hosts.h2"]),
    (
        "10.255.1.2, mac: 02:00:00:00:01:02",
        "10.255.1.2, mac: 02:00:00:00:01:01",
        "h2: {ip",
        "hosts.h2.mac",
        ["hosts.h1"],
    ),
    ("  gw1:\n", "  gw1: &a\n", "", "", []),
    ("hosts:\n  h1", "hosts: !!python/name:os.system\n  h1", "hosts: !!", "hosts", ["tag"]),
    ("    vni: 1002", "    vni: 1002\n  web: [1", "", "", ["not YAML"]),
    ("    vni: 1002", "    vni: 1002\n\tx: 1", "\tx: 1", "", ["not YAML"]),
]


def problems(text: str) -> list[str]:
    with pytest.raises(IntentError) as caught:
        parse_intent(text, "gw.yaml")
    return str(caught.value).splitlines()


def test_the_unbroken_intent_is_accepted() -> None:
    intent = parse_intent(GOOD)
    assert list(intent.tenants) == ["red", "blue"]
    assert intent.tenants["red"].acl[0].ports == (22, 22)


@pytest.mark.parametrize(("old", "new", "line", "path", "words"), CASES, ids=[f"{c[1]!r}" for c in CASES])
def test_one_mistake_is_one_line_that_names_key_and_place(
    old: str, new: str, line: str, path: str, words: list[str]
) -> None:
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    if not path and not words:
        parse_intent(text)  # an anchor is no mistake
        return
    found = problems(text)
    assert len(found) == 1, found
    for word in words:
        assert word in found[0]
    if path:
        assert f": {path}: " in found[0]
    if line:
        wanted, last = line.rstrip("*").rstrip("\n"), line.endswith("*")
        lines = [n for n, one in enumerate(text.splitlines(), start=1) if wanted in one]
        assert found[0].startswith(f"gw.yaml:{lines[-1 if last else 0]}:"), found[0]


def test_columns_point_at_the_value_or_at_the_key_that_is_wrong() -> None:
    text = GOOD.replace("ip: 10.1.0.11", "ip: 10.1.9.7").replace("host: h2}", "hots: h2}")
    text = text.replace("    p4runtime: 127.0.0.1:9559\n", "")
    lines = text.splitlines()
    missing, value, unknown = problems(text)
    for problem, key, shown in (
        (missing, "gateways.gw1.p4runtime: is missing", "gw1"),
        (value, "tenants.red.vms.web1.ip: 10.1.9.7", "10.1.9.7"),
        (unknown, "tenants.red.vms.web2.hots: there is no such key", "hots"),
    ):
        row = next(n for n, line in enumerate(lines) if shown in line)
        assert problem.startswith(f"gw.yaml:{row + 1}:{lines[row].index(shown) + 1}: {key}")


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("vni: 1001", "vni: 0").replace("host: h2}", "host: hh}").replace("ports: 22", "ports: x")
    text = text.replace("p4runtime: 127.0.0.1:9559", "p4runtime: nowhere")
    found = problems(text)
    paths = [one.split(": ")[1] for one in found]
    assert paths == [
        "gateways.gw1.p4runtime",
        "tenants.red.vni",
        "tenants.red.vms.web2.host",
        "tenants.red.acl[0].ports",
    ]
    assert [int(one.split(":")[1]) for one in found] == sorted(int(one.split(":")[1]) for one in found)


def test_a_broken_host_is_not_reported_again_by_everything_on_it() -> None:
    found = problems(GOOD.replace("h1: {ip: 10.255.1.1", "h1: {ip: nowhere"))
    assert len(found) == 1


def test_missing_sections() -> None:
    assert any("gateways: is missing" in one for one in problems("tenants: {}\n"))
    assert "empty" in problems("")[0]
    assert "empty" in problems("# nothing\n")[0]
    assert "mapping" in problems("- a\n")[0]
    assert "no gateway" in problems("gateways: {}\n")[0]


def test_what_yaml_1_1_would_misread_is_kept() -> None:
    text = GOOD.replace("02:01:00:00:00:01", "12:34:56:12:34:56")
    assert parse_intent(text).tenants["red"].vms["web1"].mac == 0x123456123456


def test_hostile_documents_are_problems_not_tracebacks() -> None:
    for text in (
        "a: &a [*a]\n",
        "[" * 5000,
        "{a: " * 3000,
        "\x00",
        "a: " + "9" * 10000,
        "? [a]\n: b\n",
        "---\na: 1\n---\nb: 2\n",
    ):
        assert problems(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(IntentError, match="cannot be read"):
        load_intent(tmp_path / "none.yaml")
    with pytest.raises(IntentError, match="cannot be read"):
        load_intent(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"hosts:\n  h\xf6st: {}\n")
    with pytest.raises(IntentError, match=r"latin\.yaml:2:1: is not UTF-8"):
        load_intent(tmp_path / "latin.yaml")
