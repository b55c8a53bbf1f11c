"""Ports of a running switch over gRPC: /p4gate.v1.Ports/{List,Add,Remove,Enable}, JSON in and out.

P4Runtime leaves ports to other services (gNMI); this is the small one that `p4gate ports` talks to.

    List    {}                                       -> {"ports": [{"port": 1, "interface": "veth0", ...}, ...]}
    Add     {"port": 1, "interface": "veth0"}        -> {}     the interface as in `PORT@INTERFACE`
    Remove  {"port": 1}                              -> {}
    Enable  {"port": 1, "enabled": false}            -> {}     false: shut the port
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import grpc

from switch.ports import DataPlane, Port, PortError, parse_interface
from switch.tls import MayWrite

SERVICE = "p4gate.v1.Ports"
Method = Callable[[DataPlane, Any], dict[str, Any]]


def port_handler(plane: DataPlane, may_write: MayWrite) -> grpc.GenericRpcHandler:
    """The service for a server on the data plane's control thread. Who may not write may list."""
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {name: grpc.unary_unary_rpc_method_handler(_served(plane, call, may_write)) for name, call in METHODS.items()},
    )


def _served(plane: DataPlane, method: Method, may_write: MayWrite) -> Callable[..., Any]:
    async def serve(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        if method is not _list and not may_write(context):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "this client's certificate is for reading only")
        try:
            return json.dumps(method(plane, json.loads(request or b"{}"))).encode()
        except PortError as e:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(e))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request is not what the method takes")

    return serve


def to_json(port: Port) -> dict[str, Any]:
    fields = asdict(port)
    counters = fields.pop("counters")
    return {"port": fields.pop("number"), **fields, "counters": counters}


def _list(plane: DataPlane, asked: Any) -> dict[str, Any]:
    return {"ports": [to_json(port) for port in plane.ports()]}


def _add(plane: DataPlane, asked: Any) -> dict[str, Any]:
    plane.add_interface(parse_interface(f"{_number(asked)}@{asked['interface']}"))
    return {}


def _remove(plane: DataPlane, asked: Any) -> dict[str, Any]:
    plane.remove(_number(asked))
    return {}


def _enable(plane: DataPlane, asked: Any) -> dict[str, Any]:
    if not isinstance(asked["enabled"], bool):
        raise TypeError
    plane.enable(_number(asked), asked["enabled"])
    return {}


def _number(asked: Any) -> int:
    number = asked["port"]
    if not isinstance(number, int) or not 0 <= number < 1 << 32:
        raise TypeError
    return number


METHODS: dict[str, Method] = {"List": _list, "Add": _add, "Remove": _remove, "Enable": _enable}
