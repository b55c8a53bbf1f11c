"""How commands reach a running switch: its address and TLS as options, its JSON services as calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import grpc

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Address:
    """A switch's server. With an authority, or a certificate of one's own, the connection is TLS."""

    address: str
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        options = [("grpc.max_receive_message_length", -1)]
        if self.authority is None and self.certificate is None:
            with grpc.insecure_channel(self.address, options) as channel:
                yield channel
            return
        if (self.certificate is None) != (self.key is None):
            raise click.UsageError("A client certificate needs both --tls-cert and --tls-key.")
        parts = [
            path.read_bytes() if path is not None else None for path in (self.authority, self.key, self.certificate)
        ]
        with grpc.secure_channel(self.address, grpc.ssl_channel_credentials(*parts), options) as channel:
            yield channel

    def call(self, method: str, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One answer. `method`: /SERVICE/METHOD. Raises ClickException with one line."""
        with self.channel() as channel, self._errors():
            stub: Any = channel.unary_unary(method)
            answer: dict[str, Any] = json.loads(stub(json.dumps(request).encode(), timeout=seconds))
            return answer

    def stream(self, method: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Answers until the server has no more. Closing the iterator ends the call."""
        with self.channel() as channel, self._errors():
            stub: Any = channel.unary_stream(method)
            answers = stub(json.dumps(request).encode())
            try:
                for answer in answers:
                    yield json.loads(answer)
            finally:
                answers.cancel()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.CANCELLED:
                return
            details = error.details() or str(error.code())
            if details.startswith("filter: "):  # it has lines of its own
                raise click.ClickException(details) from None
            raise click.ClickException(f"{self.address}: {self._hint(error.code(), details)}") from None

    def _hint(self, code: grpc.StatusCode, details: str) -> str:
        """What is wrong, and what to do."""
        if code == grpc.StatusCode.UNAVAILABLE:
            tls = "" if self.authority is not None else ", with --tls-ca if it has TLS"
            reason = details.rpartition(": ")[2].rstrip("]")
            what_next = f"Start one with `p4gate switch`, or name it: --grpc HOST:PORT{tls}"
            return f"no switch answers there ({reason}). {what_next}"
        if code == grpc.StatusCode.UNIMPLEMENTED:
            return f"the server there is not `p4gate switch` or p4gate-switch ({details})"
        return details


def switch_options(default: str | None) -> Callable[[F], F]:
    """--grpc and the TLS options, as parameters `address`, `tls_ca`, `tls_cert` and `tls_key`."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    options = (
        click.option("--grpc", "address", metavar="HOST:PORT", default=default, help="Where the switch's server is."),
        click.option("--tls-ca", type=path, help="The authority of the server's certificate (PEM): use TLS."),
        click.option("--tls-cert", type=path, help="One's own certificate (PEM), where the server asks for one."),
        click.option("--tls-key", type=path, help="Its private key (PEM)."),
    )

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
