"""What can go wrong between the controller and a gateway, each with an exit code and a word on what to do next."""

from __future__ import annotations

import grpc


class GatewayError(Exception):
    """One line for the user: what, where, why, what next. `code` is the exit code of the command."""

    code = 4


class Unreachable(GatewayError):
    """No P4Runtime server answers at the address."""


class NotPrimary(GatewayError):
    """Another controller may write, this one may not."""


class NoPipeline(GatewayError):
    """The switch runs no program, or not the one that the controller can fill."""


class Refused(GatewayError):
    """The switch did not take a write, or would not have room for it."""

    code = 5


def from_rpc(error: grpc.RpcError, address: str, doing: str) -> GatewayError:
    """A gRPC failure in our words."""
    status = error.code() if isinstance(error, grpc.Call) else None
    details = (error.details() if isinstance(error, grpc.Call) else str(error)) or ""
    if status is grpc.StatusCode.UNAVAILABLE:
        return Unreachable(
            f"{address}: no P4Runtime server answers there while {doing} ({_short(details)}). Start the switch "
            f"(p4gate switch PROGRAM.json --grpc-server-addr {address} ...), or name another address with --gateway."
        )
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Unreachable(f"{address}: no answer in time while {doing}. See whether the switch hangs, then try again.")
    if status is grpc.StatusCode.PERMISSION_DENIED:
        return NotPrimary(
            f"{address}: not allowed while {doing}: another controller has become primary ({_short(details)}). "
            "Run it again when the other one is done, or take over with a higher --election-id."
        )
    if status is grpc.StatusCode.NOT_FOUND:
        return GatewayError(
            f"{address}: not found while {doing} ({_short(details)}). Look at the gateway's device_id in the intent."
        )
    name = status.name if status is not None else type(error).__name__
    return GatewayError(f"{address}: {name} while {doing}: {_short(details) or 'no details'}.")


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= 200 else line[:197] + "..."
