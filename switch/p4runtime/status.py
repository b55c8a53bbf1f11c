"""The exception by which P4Runtime code says no: a canonical gRPC code and one line for the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from finsy.proto import p4r, rpc_code
from google.protobuf.message import DecodeError, Message

from switch import errors

OK = rpc_code.OK
UNKNOWN = rpc_code.UNKNOWN
INVALID_ARGUMENT = rpc_code.INVALID_ARGUMENT
NOT_FOUND = rpc_code.NOT_FOUND
ALREADY_EXISTS = rpc_code.ALREADY_EXISTS
PERMISSION_DENIED = rpc_code.PERMISSION_DENIED
RESOURCE_EXHAUSTED = rpc_code.RESOURCE_EXHAUSTED
FAILED_PRECONDITION = rpc_code.FAILED_PRECONDITION
ABORTED = rpc_code.ABORTED
OUT_OF_RANGE = rpc_code.OUT_OF_RANGE
UNIMPLEMENTED = rpc_code.UNIMPLEMENTED
INTERNAL = rpc_code.INTERNAL
UNAVAILABLE = rpc_code.UNAVAILABLE
DEADLINE_EXCEEDED = rpc_code.DEADLINE_EXCEEDED


class StatusError(Exception):
    """A request, an update or a stream that is refused: `code` is a google.rpc.Code, `message` one line."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{rpc_code.Code.Name(self.code)}: {self.message}"  # type: ignore[arg-type]


class BatchError(StatusError):
    """A batch of which parts failed: UNKNOWN, and one p4.v1.Error for each part ("Error Reporting Messages")."""

    def __init__(self, parts: Sequence[p4r.Error], noun: str) -> None:
        failed = sum(part.canonical_code != OK for part in parts)
        super().__init__(UNKNOWN, f"{failed} of {len(parts)} {noun} failed")
        self.parts = parts


class Misbehaved(StatusError):
    """What a well-behaved client does not do; the log tells."""


T = TypeVar("T", bound=Message)


def parse(kind: type[T], data: bytes) -> T:
    """Raises Misbehaved (INVALID_ARGUMENT) for bytes that are no such message."""
    message = kind()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise Misbehaved(INVALID_ARGUMENT, f"not a {message.DESCRIPTOR.full_name}") from None
    return message


# The engine's errors, most of which are for P4Runtime clients as they stand.
_ENGINE_CODES: dict[type[errors.EngineError], int] = {
    errors.BadProgram: INVALID_ARGUMENT,
    errors.NotFound: NOT_FOUND,
    errors.AlreadyExists: ALREADY_EXISTS,
    errors.OutOfRange: OUT_OF_RANGE,
    errors.InvalidArgument: INVALID_ARGUMENT,
    errors.Full: RESOURCE_EXHAUSTED,
    errors.Immutable: PERMISSION_DENIED,
    errors.InUse: FAILED_PRECONDITION,
}


def code_of(error: Exception) -> int:
    """The code under which an exception is told to a client."""
    if isinstance(error, StatusError):
        return error.code
    return next((code for kind, code in _ENGINE_CODES.items() if isinstance(error, kind)), INTERNAL)
