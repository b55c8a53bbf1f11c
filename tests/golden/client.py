"""A P4Runtime client for tests: synchronous, one stream, nothing hidden."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from finsy.proto import U128, p4i, p4r, p4r_grpc, rpc_code, rpc_status

TIMEOUT = 60  # seconds; a call that takes longer has hung


class Refused(Exception):
    """A call failed: its code, message, and the p4.v1.Error of each part if there are any."""

    def __init__(self, error: grpc.RpcError) -> None:
        self.code = error.code().name
        self.message = error.details()
        self.parts: list[p4r.Error] = []
        metadata: Any = error.trailing_metadata() or ()
        for key, value in metadata:
            if key == "grpc-status-details-bin":
                for packed in rpc_status.Status.FromString(value).details:
                    part = p4r.Error()
                    packed.Unpack(part)
                    self.parts.append(part)
        super().__init__(f"{self.code}: {self.message} {[self.part_code(p) for p in self.parts]}")

    @staticmethod
    def part_code(part: p4r.Error) -> str:
        code: Any = part.canonical_code
        return rpc_code.Code.Name(code)


class Client:
    """`with Client(address) as c:`; c.arbitrate() makes it the primary."""

    def __init__(self, address: str, *, device_id: int = 1, election_id: int = 1) -> None:
        self.device_id = device_id
        self.election_id = election_id
        self._channel = grpc.insecure_channel(address, [("grpc.max_metadata_size", 16 << 20)])
        self.stub = p4r_grpc.P4RuntimeStub(self._channel)
        self._requests: queue.SimpleQueue[p4r.StreamMessageRequest | None] = queue.SimpleQueue()
        self._responses: queue.SimpleQueue[p4r.StreamMessageResponse | grpc.RpcError | None] = queue.SimpleQueue()
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._requests.put(None)
        if self._reader is not None:
            self._reader.join(TIMEOUT)
        self._channel.close()

    # ---- calls

    def set_pipeline(
        self,
        p4info: p4i.P4Info,
        device_config: bytes,
        action: Any = p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT,
        cookie: int = 0,
    ) -> None:
        request = p4r.SetForwardingPipelineConfigRequest(
            device_id=self.device_id,
            election_id=U128.encode(self.election_id),
            action=action,
            config=p4r.ForwardingPipelineConfig(p4info=p4info, p4_device_config=device_config),
        )
        if cookie:
            request.config.cookie.cookie = cookie
        self._call(self.stub.SetForwardingPipelineConfig, request)

    def write(self, request: p4r.WriteRequest) -> None:
        """Send a WriteRequest; device and election id are filled in where they are not set."""
        if not request.device_id:
            request.device_id = self.device_id
        if not request.HasField("election_id"):
            request.election_id.CopyFrom(U128.encode(self.election_id))
        self._call(self.stub.Write, request)

    def read(self, *entities: p4r.Entity, device_id: int | None = None) -> list[p4r.Entity]:
        request = p4r.ReadRequest(device_id=self.device_id if device_id is None else device_id, entities=entities)
        try:
            return [e for response in self.stub.Read(request, timeout=TIMEOUT) for e in response.entities]
        except grpc.RpcError as e:
            raise Refused(e) from None

    def _call(self, method: Any, request: object) -> Any:
        try:
            return method(request, timeout=TIMEOUT)
        except grpc.RpcError as e:
            raise Refused(e) from None

    # ---- the stream

    def arbitrate(self, *, role: str = "") -> p4r.MasterArbitrationUpdate:
        """Send our election id; the server's answer (other messages are kept for `received`)."""
        update = p4r.MasterArbitrationUpdate(device_id=self.device_id, election_id=U128.encode(self.election_id))
        if role:
            update.role.name = role
        self.send(p4r.StreamMessageRequest(arbitration=update))
        kept: list[p4r.StreamMessageResponse] = []
        while True:
            response = self.receive()
            if response.HasField("arbitration"):
                for message in kept:
                    self._responses.put(message)
                return response.arbitration
            kept.append(response)

    def send(self, request: p4r.StreamMessageRequest) -> None:
        if self._reader is None:
            self._reader = threading.Thread(target=self._read_stream, daemon=True)
            self._reader.start()
        self._requests.put(request)

    def receive(self, timeout: float = TIMEOUT) -> p4r.StreamMessageResponse:
        """The next message. Raises Refused if the stream has been ended, queue.Empty after `timeout` seconds."""
        response = self._responses.get(timeout=timeout)
        if isinstance(response, grpc.RpcError):
            raise Refused(response)
        assert response is not None, "the stream has ended"
        return response

    def received(self) -> list[p4r.StreamMessageResponse]:
        """Everything that has come until now. (An arbitration round trip first makes sure that it has.)"""
        found = []
        while not self._responses.empty():
            found.append(self.receive())
        return found

    def _read_stream(self) -> None:
        def requests() -> Iterator[p4r.StreamMessageRequest]:
            while (request := self._requests.get()) is not None:
                yield request

        try:
            stream: Iterable[p4r.StreamMessageResponse] = self.stub.StreamChannel(requests())
            for response in stream:
                self._responses.put(response)
            self._responses.put(None)
        except grpc.RpcError as e:
            self._responses.put(e)
