"""Many changed messages to a server with a golden program. After each of them must hold:

- the server answers, and not with an error of its own: INTERNAL, or UNKNOWN without the errors of the parts;
- a batch that failed as a whole, or a single update that failed, has changed nothing that can be read back;
- the server reads everything back, and the next client gets its answer.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Callable
from typing import Any, cast

import grpc
from finsy.proto import U128, p4r, rpc_code, rpc_status
from google.protobuf import text_format
from google.protobuf.message import DecodeError, Message

from switch.p4runtime.server import Options
from tests.fuzz.p4runtime.mutate import bytewise, mutate
from tests.fuzz.p4runtime.recorded import Recorded, recorded
from tests.golden.client import Client, Refused
from tests.golden.switch_thread import SwitchThread

TIMEOUT = 120
ELECTION_ID = 1 << 40  # above all that an attacker claims: who claimed the most is the primary, even when it is gone
EVERYTHING = (
    "table_entry {}",
    "action_profile_member {}",
    "action_profile_group {}",
    "meter_entry {}",
    "register_entry {}",
    "packet_replication_engine_entry { multicast_group_entry {} }",
    "packet_replication_engine_entry { clone_session_entry {} }",
    "value_set_entry {}",
    "digest_entry {}",
)
BAD_CODES = ("INTERNAL", "DEADLINE_EXCEEDED", "UNAVAILABLE", "CANCELLED")


class Failure(Exception):
    """What must not be."""


class Tracebacks(logging.Handler):
    """Those that the server logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.texts.append("".join(traceback.format_exception(record.exc_info[1])))


class Attack:
    def __init__(self, switch: SwitchThread, source: Recorded, rng: random.Random) -> None:
        self.rng, self.source, self.switch = rng, source, switch
        self.client = Client(switch.address, election_id=ELECTION_ID)
        self.channel = grpc.insecure_channel(switch.address, [("grpc.max_metadata_size", 16 << 20)])
        self.tracebacks = Tracebacks()
        logger = logging.getLogger("switch.p4runtime")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(self.tracebacks)
        self.messages: list[Message] = [*source.writes, *source.reads, *source.packet_outs]
        self.client.arbitrate()
        self.client.set_pipeline(source.p4info, source.device_config)
        for write in source.writes:
            self._write(_addressed(write).SerializeToString())
        self.said = ""
        """The last message, for the log."""

    def close(self) -> None:
        self.client.__exit__()
        self.channel.close()
        logging.getLogger("switch.p4runtime").removeHandler(self.tracebacks)

    # ---- calls with bytes

    def _call(self, method: str, data: bytes) -> tuple[str, list[p4r.Error]]:
        call: Any = self.channel.unary_unary(f"/p4.v1.P4Runtime/{method}")
        try:
            call(data, timeout=TIMEOUT)
        except grpc.RpcError as error:
            return self._judge(method, error)
        return "OK", []

    def _read(self, data: bytes) -> tuple[str, list[bytes]]:
        call: Any = self.channel.unary_stream("/p4.v1.P4Runtime/Read")
        found: list[bytes] = []
        try:
            for answer in call(data, timeout=TIMEOUT):
                found += [e.SerializeToString() for e in p4r.ReadResponse.FromString(answer).entities]
        except grpc.RpcError as error:
            return self._judge("Read", error)[0], found
        return "OK", found

    def _judge(self, method: str, error: Any) -> tuple[str, list[p4r.Error]]:
        code, parts = error.code().name, list[p4r.Error]()
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                for packed in rpc_status.Status.FromString(value).details:
                    part = p4r.Error()
                    packed.Unpack(part)
                    parts.append(part)
        ours = any(part.canonical_code == rpc_code.INTERNAL for part in parts)
        if code in BAD_CODES or (code == "UNKNOWN" and not parts) or ours:
            logged = "\n".join(self.tracebacks.texts[-1:])
            raise Failure(f"{method}: {code}: {error.details()} {parts if ours else ''}\n{logged}")
        return code, parts

    def _write(self, data: bytes) -> tuple[str, list[p4r.Error]]:
        return self._call("Write", data)

    def snapshot(self) -> list[bytes]:
        """All that can be read back, in one order."""
        found = []
        for text in EVERYTHING:
            request = p4r.ReadRequest(device_id=1, entities=[text_format.Parse(text, p4r.Entity())])
            code, entities = self._read(request.SerializeToString())
            found.append(code.encode())
            found += sorted(entities)
        return found

    # ---- attacks

    def one(self) -> None:
        kinds: list[tuple[int, Callable[[], None]]] = [
            (10, self.attack_write),
            (4, self.attack_read),
            (3, self.attack_stream),
            (1, self.attack_config),
            (1, self.attack_others),
        ]
        self.rng.choices(kinds, [w for w, _ in kinds])[0][1]()

    def attack_write(self) -> None:
        rng = self.rng
        request = p4r.WriteRequest()
        if not self.source.writes:
            return
        for _ in range(rng.choice((1, 1, 2, 5))):
            request.updates.extend(rng.choice(self.source.writes).updates)
        _addressed(request)
        request.atomicity = cast(Any, rng.choice((0, 0, 1, 2)))
        mutate(request, rng, self.messages)
        if rng.random() < 0.8:
            request.device_id = 1
            request.election_id.CopyFrom(U128.encode(ELECTION_ID))
        data = request.SerializeToString()
        if rng.random() < 0.15:
            data = bytewise(data, rng)
        self.said = f"Write {text_format.MessageToString(request, as_one_line=True)} {data.hex()}"
        before = self.snapshot()
        code, parts = self._write(data)
        failed = [p for p in parts if p.canonical_code]
        atomic = _atomicity(data) in (1, 2)
        nothing = code != "OK" and (not parts or len(failed) == len(parts) or atomic)
        after = self.snapshot()
        if nothing and before != after:
            changed = [text_format.MessageToString(_entity(e), as_one_line=True) for e in set(before) ^ set(after)]
            raise Failure(f"Write failed ({code}), and yet something changed: {changed[:6]}")

    def attack_read(self) -> None:
        rng = self.rng
        request = p4r.ReadRequest(device_id=1)
        for _ in range(rng.choice((1, 1, 3))):
            if rng.random() < 0.5 or not self.source.reads:
                request.entities.add().CopyFrom(text_format.Parse(rng.choice(EVERYTHING), p4r.Entity()))
            else:
                request.entities.add().CopyFrom(rng.choice(self.source.reads))
        mutate(request, rng, self.messages)
        if rng.random() < 0.8:
            request.device_id = 1
        data = request.SerializeToString()
        if rng.random() < 0.15:
            data = bytewise(data, rng)
        self.said = f"Read {text_format.MessageToString(request, as_one_line=True)} {data.hex()}"
        self._read(data)

    def attack_stream(self) -> None:
        """A client of its own, whose stream the server may end."""
        rng = self.rng
        requests: list[p4r.StreamMessageRequest] = []
        for _ in range(rng.choice((1, 2, 4))):
            request = p4r.StreamMessageRequest()
            match rng.randrange(4):
                case 0 if self.source.packet_outs:
                    request.packet.CopyFrom(rng.choice(self.source.packet_outs))
                case 1:
                    digests = [d.preamble.id for d in self.source.p4info.digests] or [1]
                    request.digest_ack.digest_id = rng.choice(digests)
                    request.digest_ack.list_id = rng.randrange(4)
                case _:
                    request.arbitration.device_id = 1
                    request.arbitration.election_id.CopyFrom(U128.encode(rng.choice((0, 1, 2, 3))))
            if rng.random() < 0.7:
                mutate(request, rng, self.messages)
            if request.HasField("arbitration"):
                request.arbitration.election_id.high = 0
                request.arbitration.election_id.low %= ELECTION_ID
            requests.append(request)
        raw = [r.SerializeToString() for r in requests]
        if rng.random() < 0.15:
            raw[-1] = bytewise(raw[-1], rng)
        self.said = "Stream " + "; ".join(text_format.MessageToString(r, as_one_line=True) for r in requests)
        call: Any = self.channel.stream_stream("/p4.v1.P4Runtime/StreamChannel")
        try:
            for _ in call(iter(raw), timeout=TIMEOUT):
                pass
        except grpc.RpcError as error:
            self._judge("StreamChannel", error)
        self.client.arbitrate()  # the real client still gets its answer

    def attack_config(self) -> None:
        """With another program's parts; whatever comes of it, the old pipeline is set again."""
        rng = self.rng
        request = p4r.SetForwardingPipelineConfigRequest(device_id=1, election_id=U128.encode(ELECTION_ID))
        request.action = cast(Any, rng.choice((1, 2, 3, 4, 5)))
        request.config.p4info.CopyFrom(self.source.p4info)
        request.config.p4_device_config = self.source.device_config
        if rng.random() < 0.8:
            mutate(request.config.p4info, rng, [self.source.p4info])
        if rng.random() < 0.2:
            mutate(request, rng, [])
        if rng.random() < 0.2:
            request.config.p4_device_config = bytewise(self.source.device_config, rng)
        self.said = f"SetForwardingPipelineConfig {request.action} {request.config.p4info}"
        self._call("SetForwardingPipelineConfig", request.SerializeToString())
        self.client.set_pipeline(self.source.p4info, self.source.device_config)
        for write in self.source.writes:
            self._write(_addressed(write).SerializeToString())

    def attack_others(self) -> None:
        rng = self.rng
        if rng.random() < 0.5:
            request: Message = p4r.GetForwardingPipelineConfigRequest(device_id=1)
            method = "GetForwardingPipelineConfig"
        else:
            request, method = p4r.CapabilitiesRequest(), "Capabilities"
        mutate(request, rng, [])
        data = bytewise(request.SerializeToString(), rng) if rng.random() < 0.3 else request.SerializeToString()
        self.said = f"{method} {data.hex()}"
        self._call(method, data)


def _addressed(request: p4r.WriteRequest) -> p4r.WriteRequest:
    request.device_id = 1
    request.election_id.CopyFrom(U128.encode(ELECTION_ID))
    return request


def _atomicity(data: bytes) -> int:
    """As the server reads it: damage may have moved it into an update."""
    try:
        return p4r.WriteRequest.FromString(data).atomicity
    except DecodeError:
        return 0


def _entity(data: bytes) -> p4r.Entity:
    try:
        return p4r.Entity.FromString(data)
    except DecodeError:
        return p4r.Entity()


def attack(name: str, seed: int, count: int) -> tuple[int, str]:
    """How many messages were answered, and what went wrong (empty: nothing)."""
    with SwitchThread(Options(address="127.0.0.1:0", optimise="none")) as switch:
        attacker = Attack(switch, recorded(name), random.Random(f"{name} {seed}"))
        done = 0
        try:
            while done < count:
                attacker.one()
                done += 1
        except (Failure, Refused) as failure:
            return done, f"{failure}\nafter {done} messages: {attacker.said[:3000]}"
        finally:
            attacker.close()
    return count, ""


__all__ = ["attack"]
