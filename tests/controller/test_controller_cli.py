"""The verbs as users and scripts see them. Oracle: the documented exit codes, and what the fake switch took."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fake_switch import FakeSwitch, fake_gateway
from gateway_info import gateway_info
from google.protobuf import text_format

from controller.intent import parse_intent
from p4gate import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "two_vpcs.yaml"


@pytest.fixture
def switch() -> Iterator[FakeSwitch]:
    with fake_gateway() as fake:
        yield fake


def call(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words), prog_name="p4gate")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def called_json(*words: str) -> tuple[int, Any]:
    result = call(*words, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_plan_apply_verify_and_plan_again(switch: FakeSwitch) -> None:
    at = ("--gateway", switch.address)
    plan = call("plan", str(EXAMPLE), *at, "--detailed-exitcode")
    assert plan.exit_code == 2
    assert "+ endpoint[tenant=red address=10.1.0.11] -> vm(host=10.255.1.1 mac=02:01:0a:01:00:0b)" in plan.stdout
    assert "+ route[tenant=blue dst=10.2.0.0/24] -> connected()" in plan.stdout
    assert "src=10.1.0.0/24 dst=10.2.0.0/24 proto=6 has_ports=1 dport=22 priority=" in plan.stdout
    assert call("plan", str(EXAMPLE), *at).exit_code == 0
    assert call("apply", str(EXAMPLE), *at, "--dry-run").exit_code == 0
    assert switch.log == []
    assert call("verify", str(EXAMPLE), *at).exit_code == 1
    apply = call("apply", str(EXAMPLE), *at)
    assert (apply.exit_code, "59 writes" in apply.stdout) == (0, True)
    assert call("verify", str(EXAMPLE), *at).exit_code == 0
    assert call("plan", str(EXAMPLE), *at, "--detailed-exitcode").exit_code == 0
    assert "nothing to do" in call("plan", str(EXAMPLE), *at).stdout


def test_verify_tells_what_is_missing_different_and_unwanted(switch: FakeSwitch, tmp_path: Path) -> None:
    call("apply", str(EXAMPLE), "--gateway", switch.address)
    changed = tmp_path / "changed.yaml"
    text = EXAMPLE.read_text().replace("db4: {ip: 10.2.0.14, host: h4", "db5: {ip: 10.2.0.15, host: h4")
    changed.write_text(text.replace("web2: {ip: 10.1.0.12, host: h2", "web2: {ip: 10.1.0.12, host: h1"))
    found = call("verify", str(changed), "--gateway", switch.address)
    assert found.exit_code == 1
    assert "missing    endpoint[tenant=red address=10.2.0.15]" in found.stdout
    assert "unwanted   endpoint[tenant=red address=10.2.0.14]" in found.stdout
    assert "different  endpoint[tenant=red address=10.1.0.12] -> vm(host=10.255.1.2" in found.stdout
    assert "should be vm(host=10.255.1.1" in found.stdout


def test_json_of_every_verb(switch: FakeSwitch) -> None:
    at = ("--gateway", switch.address)
    code, plan = called_json("plan", str(EXAMPLE), *at)
    table = plan["gateways"]["gw1"]["tables"]["next_hop"]
    assert (code, plan["ok"], plan["gateways"]["gw1"]["writes"], table["wanted"], table["size"]) == (
        0,
        True,
        59,
        4,
        4096,
    )
    assert table["insert"][0] == {
        "key": {"host": "10.255.1.1"},
        "action": "to_port",
        "params": {"port": "1", "src_mac": "02:00:0a:ff:00:01", "dst_mac": "02:00:0a:ff:01:01"},
    }
    code, apply = called_json("apply", str(EXAMPLE), *at)
    assert (code, apply["gateways"]["gw1"]["writes"], apply["gateways"]["gw1"]["verified"]) == (0, 59, True)
    code, verify = called_json("verify", str(EXAMPLE), *at)
    assert (code, verify["gateways"]["gw1"]["writes"]) == (0, 0)
    switch.counters = {(0x12000003, 21): (3, 300), (0x12000002, 1): (2, 200)}
    code, status = called_json("status", str(EXAMPLE), *at)
    assert status["gateways"]["gw1"]["drops"] == {"SPOOFED": {"packets": 3, "bytes": 300}}
    red = next(tenant for tenant in status["gateways"]["gw1"]["tenants"] if tenant["name"] == "red")
    assert red["counters"]["tenant_rx"] == {"packets": 2, "bytes": 200}
    assert status["gateways"]["gw1"]["ports"] == {"1": ["h1", "h2"], "2": ["h3", "h4"]}


def test_status_for_people(switch: FakeSwitch) -> None:
    call("apply", str(EXAMPLE), "--gateway", switch.address)
    switch.counters = {(0x12000003, 22): (3, 300)}
    text = call("status", str(EXAMPLE), "--gateway", switch.address).stdout
    for line in ("port 1: h1, h2", "ACL_DENIED", "red", "1001"):
        assert line in text


def test_a_broken_intent_exits_with_3(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(EXAMPLE.read_text().replace("vni: 1002", "vni: 1001"))
    for verb in ("plan", "apply", "verify", "status"):
        result = call(verb, str(broken))
        assert result.exit_code == 3
        assert result.stderr.startswith(f"{broken}:")
        assert "tenants.blue.vni" in result.stderr
    code, problem = called_json("plan", str(broken))
    assert (code, problem["error"]["problems"][0]["path"]) == (3, ["tenants", "blue", "vni"])


def test_no_switch_exits_with_4_and_says_how_to_start_one() -> None:
    for verb in ("plan", "apply", "verify", "status"):
        result = call(verb, str(EXAMPLE), "--gateway", "127.0.0.1:1")
        assert result.exit_code == 4
        assert "p4gate switch" in result.stderr
    code, answer = called_json("plan", str(EXAMPLE), "--gateway", "127.0.0.1:1")
    assert (code, answer["ok"], answer["gateways"]["gw1"]["error"]["code"]) == (4, False, 4)


def test_a_full_table_exits_with_5() -> None:
    with fake_gateway({"endpoint": 7}) as switch:
        result = call("apply", str(EXAMPLE), "--gateway", switch.address)
        assert result.exit_code == 5
        assert "table endpoint is full: size 7, and the intent needs 20" in result.stderr
        assert call("plan", str(EXAMPLE), "--gateway", switch.address).exit_code == 5
        assert switch.log == []


def test_several_gateways_are_each_planned_and_applied(tmp_path: Path) -> None:
    """gw2 has its hosts behind other ports; one that is down does not keep the other from its entries."""
    two = tmp_path / "two.yaml"
    second = (
        "  gw2:\n    p4runtime: 127.0.0.1:1\n    vtep: {ip: 10.255.0.2, mac: 02:00:0a:ff:00:02}\n"
        "    ports:\n      7: {hosts: [h1, h2, h3, h4]}\n"
    )
    two.write_text(EXAMPLE.read_text().replace("\ntenants:\n", second + "\ntenants:\n"))
    with fake_gateway() as one, fake_gateway() as other:
        at = ("--gateway", f"gw1={one.address}", "--gateway", f"gw2={other.address}")
        code, result = called_json("apply", str(two), *at)
        assert (code, list(result["gateways"])) == (0, ["gw1", "gw2"])
        assert len(one.entries) == len(other.entries) == 59
        ports = {bytes(e.action.action.params[0].value) for e in other.entries.values() if e.table_id == 0x02000007}
        assert ports == {b"\x07"}
        one.entries.clear()
        result = call("apply", str(two), "--gateway", f"gw1={one.address}", "--gateway", "gw2")
        assert result.exit_code == 4
        assert len(one.entries) == 59
        assert "gw2" in result.stderr


@pytest.mark.parametrize("choice", ["gw9", "gw9=127.0.0.1:5"])
def test_a_gateway_that_is_not_in_the_intent_is_wrong_usage(choice: str) -> None:
    result = call("plan", str(EXAMPLE), "--gateway", choice)
    assert result.exit_code == 2
    assert "Did you mean 'gw1'?" in result.stderr


def test_the_intent_may_name_its_pipeline_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "gateway.json").write_text("{}")
    (tmp_path / "build" / "gateway.p4info.txtpb").write_text(text_format.MessageToString(gateway_info()))
    intent = tmp_path / "intent.yaml"
    intent.write_text(EXAMPLE.read_text().replace("    device_id: 1\n", "    pipeline: build\n"))
    with FakeSwitch() as switch:
        at = ("--gateway", switch.address)
        assert "pipeline: " in call("plan", str(intent), *at).stdout
        assert call("verify", str(intent), *at).exit_code == 1
        assert "pipeline pushed, 59 writes" in call("apply", str(intent), *at).stdout
        assert call("verify", str(intent), *at).exit_code == 0
        assert call("apply", str(intent), *at, "--pipeline", str(tmp_path / "none.json")).exit_code == 4


def test_keys_of_the_documented_example_are_all_accepted() -> None:
    """docs/controller.md shows every key; its example must stay an intent."""
    text = (Path(__file__).parents[2] / "docs" / "controller.md").read_text()
    example = text.split("Every key:")[1].split("The access list is stateless")[0]
    intent = parse_intent(textwrap.dedent(example.strip("\n")))
    shown = {"gw1": intent.gateways["gw1"].model_fields_set, "red": intent.tenants["red"].model_fields_set}
    assert shown["gw1"] == set(type(intent.gateways["gw1"]).model_fields)
    assert shown["red"] == set(type(intent.tenants["red"]).model_fields)
    assert intent.tenants["red"].acl[0].model_fields_set == set(type(intent.tenants["red"].acl[0]).model_fields)
