"""p4runtime-shell 0.0.6, unchanged, attached by `p4gate shell`, against our switch.

Oracle: the shell's own view of what it wrote, and what the program then does with packets. The shell has a virtual
environment of its own, which scripts/setup makes.
"""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count

import everything
import pytest
from everything import packet
from golden.switch_thread import SwitchThread

from controller.shell import ShellError, interpreter
from controller.shell_cli import shell_command

SECONDS = 60


def missing() -> str:
    try:
        interpreter()
    except ShellError as e:
        return str(e)
    return ""


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


class Shell:
    """`p4gate shell` with its input and output in our hands."""

    def __init__(self, address: str, *options: str) -> None:
        command = [sys.executable, "-m", "p4gate", "shell", address, *options]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._numbers = count()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def run(self, *statements: str) -> str:
        """What the shell prints meanwhile. A statement that fails fails the test."""
        text = self.output(*statements)
        assert "Traceback" not in text and "Error" not in text, text
        return text

    def output(self, *statements: str) -> str:
        """The same, errors included."""
        marker = f"done {next(self._numbers)}"
        assert self._process.stdin is not None
        for statement in (*statements, f"print('done', {marker.split()[1]})"):
            self._process.stdin.write(statement + "\n")
        self._process.stdin.flush()
        found: list[str] = []
        while True:
            line = self._lines.get(timeout=SECONDS)
            assert line is not None, "the shell has ended:\n" + "".join(found)
            if line.rstrip().endswith(marker):
                return "".join(found)
            found.append(line)

    def value(self, expression: str) -> str:
        """repr() of an expression."""
        text = self.run(f"print('value', repr({expression}))")
        return re.findall(r"value (.*)", text)[-1]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            assert self._process.wait(SECONDS) == 0
        finally:
            self._process.kill()
            self._reader.join(SECONDS)
            assert self._process.stdout is not None
            self._process.stdout.close()


@pytest.fixture(scope="module")
def switch() -> Iterator[SwitchThread]:
    with SwitchThread() as switch:
        yield switch


@pytest.fixture(scope="module")
def shell(switch: SwitchThread) -> Iterator[Shell]:
    """The primary client; it has set the pipeline ("SetForwardingPipelineConfig RPC")."""
    shell = Shell(switch.address, "--take-over", "--program", str(everything.json_path()))
    shell.run()  # it answers when the pipeline is set
    yield shell
    shell.close()


def sent(switch: SwitchThread, port: int, data: bytes) -> list[tuple[int, bytes]]:
    """What leaves when a packet arrives."""
    switch.plane.take()
    switch.plane.inject(port, data)
    switch.settle()
    return switch.plane.take()


def test_capabilities_and_p4info(shell: Shell) -> None:
    """Capabilities RPC; GetForwardingPipelineConfig RPC."""
    assert shell.value("APIVersion()") == "'1.5.0'"
    assert "I.exact_table" in shell.value("[t.preamble.name for t in p4info.tables]")


@pytest.mark.parametrize(
    ("table", "match", "priority", "hit", "miss"),
    [
        ("exact_table", {"a": "10.0.0.1"}, 0, packet(1, 0x0A000001), packet(1, 0x0A000002)),
        ("lpm_table", {"a": "10.1.0.0/16"}, 0, packet(2, 0x0A010203), packet(2, 0x0A020203)),
        (
            "ternary_table",
            {"a": "10.0.0.0&&&255.0.0.0", "b": "5&&&7"},
            9,
            packet(3, 0x0A000001, 0x0D),
            packet(3, 0, 0x0D),
        ),
        ("range_table", {"b": "100..200"}, 3, packet(4, 0, 150), packet(4, 0, 201)),
        ("optional_table", {"b": "77"}, 4, packet(5, 1234, 77), packet(5, 1234, 78)),
    ],
)
def test_entries_of_every_match_kind(
    switch: SwitchThread,
    shell: Shell,
    table: str,
    match: dict[str, str],
    priority: int,
    hit: bytes,
    miss: bytes,
) -> None:
    """TableEntry, Match Format: INSERT, read, MODIFY, DELETE."""
    action = {"exact_table": "I.forward_counted", "lpm_table": "I.forward_paced"}.get(table, "I.forward")
    before = sent(switch, 1, hit)
    shell.run(f'te = table_entry["I.{table}"](action="{action}")', 'te.action["port"] = "4"')
    shell.run(*(f'te.match["hdr.data.{field}"] = "{value}"' for field, value in match.items()))
    if priority:
        shell.run(f"te.priority = {priority}")
    shell.run("te.insert()")
    assert sent(switch, 1, hit) == [(4, hit)]
    assert sent(switch, 1, miss) != [(4, miss)]
    assert shell.value(f'[str(e) == str(te) for e in table_entry["I.{table}"].read()]') == "[True]"
    assert "ALREADY_EXISTS" in shell.output("te.insert()")
    shell.run('te.action["port"] = "5"', "te.modify()")
    assert sent(switch, 1, hit) == [(5, hit)]
    shell.run("te.delete()")
    assert sent(switch, 1, hit) == before
    assert shell.value(f'len(list(table_entry["I.{table}"].read()))') == "0"
    assert "NOT_FOUND" in shell.output("te.delete()")


def test_members_groups_and_one_shot(switch: SwitchThread, shell: Shell) -> None:
    """ActionProfileMember & ActionProfileGroup; One Shot Action Selector Programming."""
    for number in (1, 2):
        shell.run(
            f'm{number} = action_profile_member["I.hash_of"](member_id={number}, action="I.forward")',
            f'm{number}.action["port"] = "{10 + number}"',
            f"m{number}.insert()",
        )
    shell.run('g = action_profile_group["I.hash_of"](group_id=1)', "g.add(1)", "g.add(2)", "g.insert()")
    shell.run('te = table_entry["I.selected"]', 'te.match["hdr.data.a"] = "1"', "te.group_id = 1", "te.insert()")
    ports = {sent(switch, 1, packet(6, 1, b))[0][0] for b in range(64)}
    assert ports == {11, 12}
    assert shell.value('[str(x) == str(g) for x in action_profile_group["I.hash_of"].read()]') == "[True]"
    assert shell.value('sorted(m.member_id for m in action_profile_member["I.hash_of"].read())') == "[1, 2]"
    assert "FAILED_PRECONDITION" in shell.output("g.delete()")
    shell.run("te.delete()", "g.delete()", "m1.delete()", "m2.delete()")
    shell.run('a = Action("I.forward")', 'a["port"] = "21"', 'b = Action("I.forward")', 'b["port"] = "22"')
    shell.run('o = Oneshot("I.selected").add(a, weight=1).add(b, weight=2)')
    shell.run('te = table_entry["I.selected"]', 'te.match["hdr.data.a"] = "2"', "te.oneshot = o", "te.insert()")
    ports = {sent(switch, 1, packet(6, 2, b))[0][0] for b in range(64)}
    assert ports == {21, 22}
    weights = '[[x.weight for x in e.oneshot.actions] for e in table_entry["I.selected"].read()]'
    assert shell.value(weights) == "[[1, 2]]"
    shell.run("te.delete()")
    shell.run('m = action_profile_member["I.shared"](member_id=7, action="I.forward")', 'm.action["port"] = "30"')
    shell.run("m.insert()", 'te = table_entry["I.indirect"]', 'te.match["hdr.data.a"] = "3"', "te.member_id = 7")
    shell.run("te.insert()")
    assert sent(switch, 1, packet(7, 3)) == [(30, packet(7, 3))]
    shell.run("te.delete()", "m.delete()")


def test_counters_and_meters(switch: SwitchThread, shell: Shell) -> None:
    """CounterEntry & DirectCounterEntry; MeterEntry & DirectMeterEntry."""
    for _ in range(3):
        sent(switch, 1, packet(1, 9, 9, 5))
    read = '[(c.index, c.packet_count, c.byte_count) for c in counter_entry["I.counts"].read() if c.packet_count]'
    assert "(5, 3, 24)" in shell.value(read)
    shell.run('c = counter_entry["I.counts"](index=5)', "c.packet_count = 100", "c.byte_count = 0", "c.modify()")
    assert "(5, 100, 0)" in shell.value(read)
    shell.run('m = meter_entry["I.police"](index=2)', "m.cir = 10", "m.cburst = 20", "m.pir = 30", "m.pburst = 40")
    shell.run("m.modify()")
    values = '[(x.index, x.cir, x.cburst, x.pir, x.pburst) for x in meter_entry["I.police"].read() if x.cir]'
    assert shell.value(values) == "[(2, 10, 20, 30, 40)]"
    shell.run('te = table_entry["I.exact_table"](action="I.forward_counted")', 'te.match["hdr.data.a"] = "77"')
    shell.run('te.action["port"] = "3"', "te.insert()")
    sent(switch, 1, packet(1, 77))
    shell.run('d = direct_counter_entry["I.hits"]')
    assert shell.value("[x.packet_count for x in d.read()]") == "[1]"
    shell.run("te.delete()")
    shell.run('te = table_entry["I.lpm_table"](action="I.forward_paced")', 'te.match["hdr.data.a"] = "1.0.0.0/8"')
    shell.run('te.action["port"] = "3"', "te.insert()", 'd = direct_meter_entry["I.pace"]')
    shell.run("d.table_entry = te", "d.cir = 1", "d.cburst = 2", "d.pir = 3", "d.pburst = 4", "d.modify()")
    assert shell.value("[(x.cir, x.pburst) for x in direct_meter_entry['I.pace'].read()]") == "[(1, 4)]"
    shell.run("te.delete()")


def special(shell: Shell, c: int, action: str, **parameters: str) -> None:
    """An entry for packets whose byte c is this."""
    shell.run(f'te = table_entry["I.special_actions"](action="I.{action}")', f'te.match["hdr.data.c"] = "{c}"')
    shell.run(*(f'te.action["{name}"] = "{value}"' for name, value in parameters.items()), "te.insert()")


def test_clone_sessions_and_multicast(switch: SwitchThread, shell: Shell) -> None:
    """CloneSessionEntry, MulticastGroupEntry."""
    shell.run("s = clone_session_entry(5)", "s.add(17, 1)", "s.insert()")
    special(shell, 1, "copy", session="5")
    assert sorted(sent(switch, 1, packet(99, c=1))) == [(9, packet(99, c=1)), (17, packet(99, c=1))]
    assert shell.value("[x.session_id for x in clone_session_entry().read()]") == "[5]"
    shell.run("te.delete()", "s.delete()")
    shell.run("g = multicast_group_entry(3)", "g.add(1, 1).add(2, 1).add(3, 2)", "g.insert()")
    special(shell, 2, "flood", group="3")
    assert sorted(port for port, _ in sent(switch, 1, packet(99, c=2))) == [1, 2, 3]
    assert shell.value("[(x.group_id, len(x.replicas)) for x in multicast_group_entry().read()]") == "[(3, 3)]"
    shell.run("te.delete()", "g.delete()")


def test_packet_io(switch: SwitchThread, shell: Shell) -> None:
    """Packet I/O."""
    sent(switch, 6, packet(0, 1, 2, 3))
    message = f"packet_in.packet_in_queue.get(timeout={SECONDS}).packet"
    shell.run(f"p = {message}")
    assert shell.value("p.payload") == repr(packet(0, 1, 2, 3))
    assert shell.value("[(m.metadata_id, m.value) for m in p.metadata]") == repr([(1, b"\x06"), (2, b"\x00")])
    switch.plane.take()
    payload = packet(0, 4, 5, 6)
    shell.run(f"p = packet_out(payload={payload!r}, egress_port='8', pad='0')", "p.send()")
    # A stream has an order: the answer to the next packet-out comes after this one has been taken.
    shell.run(f"p = packet_out(payload={payload!r}, egress_port='510', pad='0')", "p.send()", f"p = {message}")
    switch.settle()
    assert (8, payload) in switch.plane.take()


def test_digests_and_idle_timeouts(switch: SwitchThread, shell: Shell) -> None:
    """DigestEntry; Table Idle Timeout Notification."""
    shell.run('d = digest_entry["learnt_t"]', "d.max_list_size = 1", "d.ack_timeout_ns = 10**9", "d.insert()")
    special(shell, 3, "learn")
    sent(switch, 1, packet(99, 0x01020304, 0x0506, 3))
    shell.run(f"m = digest_list.digest_list_queue.get(timeout={SECONDS}).digest")
    assert shell.value("[[x.bitstring for x in s.struct.members] for s in m.data]") == repr(
        [[b"\x01\x02\x03\x04", b"\x05\x06"]]
    )
    assert shell.value("[x.max_list_size for x in digest_entry['learnt_t'].read()]") == "[1]"
    shell.run("te.delete()", "d.delete()")
    shell.run('te = table_entry["I.aged"](action="I.forward")', 'te.match["hdr.data.a"] = "9"')
    shell.run('te.action["port"] = "3"', "te.idle_timeout_ns = 10**8", "te.insert()")
    queue_name = "idle_timeout_notification.notification_queue"
    shell.run(f"m = {queue_name}.get(timeout={SECONDS}).idle_timeout_notification")
    assert shell.value("[e.idle_timeout_ns for e in m.table_entry]") == "[100000000]"
    shell.run("te.delete()")


def test_a_second_shell_only_reads(switch: SwitchThread, shell: Shell) -> None:
    """Client Arbitration and Controller Replication: a backup."""
    other = Shell(switch.address)
    assert other.value("len(list(table_entry['I.exact_table'].read()))") == "0"
    other.run('te = table_entry["I.exact_table"](action="I.drop")', 'te.match["hdr.data.a"] = "1"')
    assert "PERMISSION_DENIED" in other.output("te.insert()")
    other.close()


def test_a_shell_with_a_role_of_its_own(switch: SwitchThread, shell: Shell) -> None:
    """Client Arbitration and Controller Replication: roles; Read RPC: the role field."""
    other = Shell(switch.address, "--role", "acl")
    other.run('te = table_entry["I.exact_table"](action="I.drop")', 'te.match["hdr.data.a"] = "1"', "te.insert()")
    assert shell.value("len(list(table_entry['I.exact_table'].read()))") == "1"
    other.run("te.delete()")
    other.close()


def test_what_the_command_needs_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from click.testing import CliRunner

    monkeypatch.setenv("P4GATE_SHELL", str(tmp_path))
    done = CliRunner().invoke(shell_command, [])
    assert done.exit_code == 1
    assert done.output.count("\n") == 1 and "p4gate shell --install" in done.output
