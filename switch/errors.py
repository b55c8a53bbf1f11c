"""What can go wrong with a pipeline and its state: each class maps to one gRPC status."""

from __future__ import annotations


class EngineError(Exception):
    """One line: what, where, why."""


class BadProgram(EngineError):
    """The JSON is not BMv2 JSON of a version we read, or asks for what the switch cannot do. INVALID_ARGUMENT."""


class NotFound(EngineError):
    """No such table, action, entry, member, group. NOT_FOUND."""


class AlreadyExists(EngineError):
    """ALREADY_EXISTS."""


class OutOfRange(EngineError):
    """An index or a value is outside of what its declaration allows. OUT_OF_RANGE."""


class InvalidArgument(EngineError):
    """Wrong number of fields, wrong match kind, an action the table does not have ... INVALID_ARGUMENT."""


class Full(EngineError):
    """The table, profile or group is full. RESOURCE_EXHAUSTED."""


class Immutable(EngineError):
    """A const table, const entry or const default action. PERMISSION_DENIED (BMv2 says UNKNOWN)."""


class InUse(EngineError):
    """A member or group that an entry or group refers to. FAILED_PRECONDITION."""
