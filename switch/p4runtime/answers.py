"""What a batch answers: one p4.v1.Error for each of its parts ("Error Reporting Messages")."""

from __future__ import annotations

from collections.abc import Mapping

from finsy.proto import p4r

from switch.p4runtime.status import ABORTED, OK, StatusError, code_of


def answers(count: int, failed: Mapping[int, Exception]) -> list[p4r.Error]:
    """One for each update of a batch of `count`; [] if none failed."""
    if not failed:
        return []
    return [error_of(failed.get(i)) for i in range(count)]


def error_of(error: Exception | None) -> p4r.Error:
    """The p4.v1.Error of one update or one read."""
    if error is None:
        return p4r.Error(canonical_code=OK)
    return p4r.Error(canonical_code=code_of(error), message=str(error.args[0]) if error.args else str(error))


def aborted(updates: int, failed: Mapping[int, Exception]) -> list[p4r.Error]:
    """The errors of an all-or-nothing batch that some updates kept from being done."""
    other = StatusError(ABORTED, f"not done, because update {min(failed)} failed")
    return [error_of(failed.get(i, other)) for i in range(updates)]
