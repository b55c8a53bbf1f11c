"""Replay a case: do its steps to a switch and compare what comes back with the record.

Compared: every packet, packet-in and digest; the code of every call and update; every entity that is read. Not so:
messages, the numbers of digest lists, the order of replicas, and steps whose note says "undefined".

P4Runtime and BMv2 differ in the form of a failed read: the specification wants it to be UNKNOWN with
an error for each request, BMv2 answers with that error's code itself. The request's own code is what we compare.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from finsy.proto import U128, p4i, p4r
from google.protobuf import text_format

from switch.p4runtime.server import Options

from .client import Client, Refused
from .switch_thread import SwitchThread

HERE = Path(__file__).parent
CASES = HERE / "v1model"
PATIENCE = 10.0  # seconds that a message may take which the record has

Step = dict[str, Any]


@dataclass(frozen=True)
class Mismatch:
    """What differs in a step (numbered from 0)."""

    step: int
    what: str
    expected: object
    got: object

    def __str__(self) -> str:
        return f"step {self.step}: {self.what}\n  expected {self.expected}\n  got      {self.got}"


def case_names() -> list[str]:
    return sorted(path.name for path in CASES.iterdir() if (path / "steps.yaml").exists())


def load_steps(name: str, compiler: str = "p4c") -> list[Step]:
    """The steps of a case, with the entries of exceptions.yaml in the place of what was recorded.

    An entry with `compiler:` is for JSON of that compiler only.
    """
    steps: list[Step] = yaml.safe_load((CASES / name / "steps.yaml").read_text())
    exceptions = yaml.safe_load((HERE / "exceptions.yaml").read_text()) or {}
    for exception in exceptions.get(name, []):
        if exception.get("compiler", compiler) != compiler:
            continue
        step = steps[exception["step"]]
        changes = {k: v for k, v in exception.items() if k not in ("step", "reason", "compiler")}
        assert exception.get("reason") and changes, f"exceptions.yaml: {name}: {exception}: no reason or no result"
        if "expect" in changes and ("read" in step or "write" in step):
            for stale in ("updates", "entities", "message"):
                step.pop(stale, None)
        step.update(changes)
    return steps


def replay(
    name: str,
    device_config: bytes | None = None,
    p4info: p4i.P4Info | None = None,
    compiler: str = "p4c",
    optimise: str = "quick",
    afterwards: Callable[[SwitchThread, list[Step]], None] | None = None,
) -> list[Mismatch]:
    """Run a case, with p4c's JSON and P4Info or the given ones of `compiler`. An empty list: all as recorded.

    `afterwards` gets the switch as the last step left it, and the steps.
    """
    folder = CASES / name
    if device_config is None:
        device_config = (folder / f"{name}.json").read_bytes()
    if p4info is None:
        p4info = text_format.Parse((folder / f"{name}.p4info.txtpb").read_text(), p4i.P4Info())
    steps = load_steps(name, compiler)
    options = Options(address="127.0.0.1:0", optimise=optimise)
    with SwitchThread(options) as switch, Client(switch.address) as client:
        assert client.arbitrate().status.code == 0
        first = steps[0] if steps and "pipeline" in steps[0] else {"expect": "OK"}
        code = "OK"
        try:
            client.set_pipeline(p4info, device_config)
        except Refused as e:
            code = e.code
            if code != first["expect"]:
                return [Mismatch(0, "setting the pipeline", first["expect"], f"{code} {e.message}")]
        if code != first["expect"]:
            return [Mismatch(0, "setting the pipeline", first["expect"], code)]
        run = _Run(switch, client)
        for number, step in enumerate(steps):
            run.step(number, step)
        if afterwards is not None:
            afterwards(switch, steps)
        return run.mismatches


class _Run:
    def __init__(self, switch: SwitchThread, client: Client) -> None:
        self._switch = switch
        self._client = client
        self.mismatches: list[Mismatch] = []

    def step(self, number: int, step: Step) -> None:
        if _undefined(step):
            step = {k: v for k, v in step.items() if k not in ("expect", "packet_in", "digest")}
        before = len(self.mismatches)
        if "write" in step:
            self._write(number, step)
        elif "packet" in step:
            self._switch.plane.inject(step["packet"]["port"], bytes.fromhex(step["packet"]["hex"]))
            self._compare_packets(number, step)
        elif "packet_out" in step:
            message = text_format.Parse(step["packet_out"], p4r.PacketOut())
            self._client.send(p4r.StreamMessageRequest(packet=message))
            self._client.arbitrate()
            self._compare_packets(number, step)
        elif "read" in step:
            self._read(number, step)
        elif "wait" in step:
            self._wait(number, step)
        else:
            assert "pipeline" in step, f"a step of unknown kind: {sorted(step)}"
        if "write" in step and len(self.mismatches) == before:
            self._compare_stream(number, step)

    # ---- writes and reads

    def _write(self, number: int, step: Step) -> None:
        request = text_format.Parse(step["write"], p4r.WriteRequest())
        if "device_id" in step:
            request.device_id = step["device_id"]
        if "election_id" in step:
            request.election_id.CopyFrom(U128.encode(step["election_id"]))
        got, parts = "OK", []
        try:
            self._client.write(request)
        except Refused as e:
            got, parts = e.code, [Refused.part_code(p) for p in e.parts]
        self._check(
            number, "status of the write", step["expect"], f"{got}" if got == step["expect"] else f"{got} {parts}"
        )
        if "updates" in step:
            self._check(number, "codes of the updates", [u["code"] for u in step["updates"]], parts)

    def _read(self, number: int, step: Step) -> None:
        request = text_format.Parse(step["read"], p4r.Entity())
        code = "OK"
        found: list[p4r.Entity] = []
        try:
            found = self._client.read(request)
        except Refused as e:
            code = Refused.part_code(e.parts[0]) if e.parts else e.code
        self._check(number, "status of the read", step.get("expect", "OK"), code)
        if "entities" in step:
            expected = [_normal(text_format.Parse(text, p4r.Entity())) for text in step["entities"]]
            self._check(number, "entities", sorted(expected), sorted(_normal(e) for e in found))

    # ---- packets and the stream

    def _compare_packets(self, number: int, step: Step) -> None:
        self._switch.settle()
        got = sorted((port, data.hex()) for port, data in self._switch.plane.take())
        if "expect" in step:
            expected = sorted((p["port"], p["hex"]) for p in step["expect"])
            self._check(number, "packets", expected, got)
        self._compare_stream(number, step)

    def _compare_stream(self, number: int, step: Step) -> None:
        """Packet-ins and digests: those of the record, and no others."""
        self._client.arbitrate()
        messages = self._client.received()
        wanted = len(step.get("digest", []))
        end = time.monotonic() + PATIENCE
        while sum(m.HasField("digest") for m in messages) < wanted and time.monotonic() < end:
            try:
                messages.append(self._client.receive(timeout=end - time.monotonic()))
            except queue.Empty:
                break
        digests = [m.digest for m in messages if m.HasField("digest")]
        for digest in digests:
            ack = p4r.DigestListAck(digest_id=digest.digest_id, list_id=digest.list_id)
            self._client.send(p4r.StreamMessageRequest(digest_ack=ack))
        if _undefined(step):
            return
        expected = [text_format.Parse(text, p4r.DigestList()) for text in step.get("digest", [])]
        self._check(number, "digests", sorted(map(_digest, expected)), sorted(map(_digest, digests)))
        packets = [
            {
                "payload": m.packet.payload.hex(),
                "metadata": [{"id": x.metadata_id, "value": x.value.hex()} for x in m.packet.metadata],
            }
            for m in messages
            if m.HasField("packet")
        ]
        self._check(number, "packet-ins", sorted(map(str, step.get("packet_in", []))), sorted(map(str, packets)))

    def _wait(self, number: int, step: Step) -> None:
        """Wait until the recorded messages have come; the same message may come more than once, no other may."""
        missing = {_message(text_format.Parse(text, p4r.StreamMessageResponse())) for text in step.get("stream", [])}
        expected, got = set(missing), set()
        end = time.monotonic() + step["wait"] + PATIENCE
        while missing and time.monotonic() < end:
            try:
                message = self._client.receive(timeout=end - time.monotonic())
            except queue.Empty:
                break
            if message.HasField("idle_timeout_notification"):
                message.idle_timeout_notification.timestamp = 0
            got.add(_message(message))
            missing -= got
        self._check(number, "stream", sorted(expected), sorted(got))

    def _check(self, number: int, what: str, expected: object, got: object) -> None:
        if expected != got:
            self.mismatches.append(Mismatch(number, what, expected, got))


def _undefined(step: Step) -> bool:
    """A packet of which the record says that its fate is undefined."""
    return "undefined" in step.get("note", "") and ("packet" in step or "packet_out" in step)


def _normal(entity: p4r.Entity) -> str:
    """An entity as text, with its replicas and group members in one order."""
    group = entity.packet_replication_engine_entry
    for which in ("multicast_group_entry", "clone_session_entry"):
        if group.HasField(which):
            replicas = sorted(getattr(group, which).replicas, key=lambda r: (r.egress_port, r.port, r.instance))
            copies = [p4r.Replica.FromString(r.SerializeToString()) for r in replicas]
            del getattr(group, which).replicas[:]
            getattr(group, which).replicas.extend(copies)
    if entity.HasField("action_profile_group"):
        members = sorted(entity.action_profile_group.members, key=lambda m: m.member_id)
        copies_of = [p4r.ActionProfileGroup.Member.FromString(m.SerializeToString()) for m in members]
        del entity.action_profile_group.members[:]
        entity.action_profile_group.members.extend(copies_of)
    return text_format.MessageToString(entity, as_one_line=True)


def _digest(digest: p4r.DigestList) -> str:
    copy = p4r.DigestList(digest_id=digest.digest_id, data=digest.data)
    return text_format.MessageToString(copy, as_one_line=True)


def _message(message: p4r.StreamMessageResponse) -> str:
    return text_format.MessageToString(message, as_one_line=True)
