"""A P4Runtime client as small as can be: primary of one device; errors are the Engine's."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import grpc
from finsy.proto import U128, p4i, p4r, p4r_grpc, rpc_status

from switch import errors

TIMEOUT = 120.0
ELECTION = U128.encode(1)
ERRORS: dict[int, type[errors.EngineError]] = {
    grpc.StatusCode.ALREADY_EXISTS.value[0]: errors.AlreadyExists,
    grpc.StatusCode.NOT_FOUND.value[0]: errors.NotFound,
    grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]: errors.Full,
    grpc.StatusCode.INVALID_ARGUMENT.value[0]: errors.InvalidArgument,
    grpc.StatusCode.OUT_OF_RANGE.value[0]: errors.OutOfRange,
}


class Client:
    """Connected and primary from the beginning."""

    def __init__(self, address: str, device_id: int) -> None:
        self._device_id = device_id
        self._channel = grpc.insecure_channel(
            address, [("grpc.max_receive_message_length", -1), ("grpc.max_metadata_size", 16 << 20)]
        )
        self._stub: Any = p4r_grpc.P4RuntimeStub(self._channel)
        self._requests: queue.SimpleQueue[p4r.StreamMessageRequest | None] = queue.SimpleQueue()
        self._stream = self._stub.StreamChannel(iter(self._requests.get, None))
        update = p4r.MasterArbitrationUpdate(device_id=device_id, election_id=ELECTION)
        self._requests.put(p4r.StreamMessageRequest(arbitration=update))
        try:
            answer = next(self._stream)
        except grpc.RpcError as e:
            raise errors.EngineError(f"{address}: {e.details()}") from None
        if answer.arbitration.status.code:
            raise errors.EngineError(f"{address}: another client is primary")

    def close(self) -> None:
        self._requests.put(None)
        self._stream.cancel()
        self._channel.close()

    def set_pipeline(self, p4info: p4i.P4Info, config: bytes) -> None:
        request = p4r.SetForwardingPipelineConfigRequest(
            device_id=self._device_id,
            election_id=ELECTION,
            action=p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT,
            config=p4r.ForwardingPipelineConfig(p4info=p4info, p4_device_config=config),
        )
        try:
            self._stub.SetForwardingPipelineConfig(request, timeout=TIMEOUT)
        except grpc.RpcError as e:
            raise _error(e) from None

    def write(self, updates: Sequence[tuple[p4r.Update.Type.ValueType, p4r.Entity]]) -> list[errors.EngineError | None]:
        """One result for each update, None where it was done."""
        request = p4r.WriteRequest(device_id=self._device_id, election_id=ELECTION)
        for kind, entity in updates:
            request.updates.add(type=kind).entity.CopyFrom(entity)
        try:
            self._stub.Write(request, timeout=TIMEOUT)
        except grpc.RpcError as e:
            parts = _parts(e)
            if len(parts) != len(updates):
                raise _error(e) from None
            return [
                ERRORS.get(p.canonical_code, errors.EngineError)(p.message) if p.canonical_code else None for p in parts
            ]
        return [None] * len(updates)

    def read(self, entities: Iterable[p4r.Entity]) -> Iterator[p4r.Entity]:
        request = p4r.ReadRequest(device_id=self._device_id, entities=entities)
        try:
            for response in self._stub.Read(request, timeout=TIMEOUT):
                yield from response.entities
        except grpc.RpcError as e:
            raise _error(e) from None


def _error(error: Any) -> errors.EngineError:
    return ERRORS.get(error.code().value[0], errors.EngineError)(f"{error.code().name}: {error.details()}")


def _parts(error: Any) -> list[p4r.Error]:
    """The p4.v1.Error of each update, if they came."""
    found = []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for packed in rpc_status.Status.FromString(value).details:
                part = p4r.Error()
                if packed.Unpack(part):
                    found.append(part)
    return found
