"""TLS of the switch's server: its certificate, the clients' authority, and which clients may change the switch.

Clients are known by the names in their certificates (subject's common name, subject alternative names), which gRPC
takes from the certificate that it has verified.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import grpc

NAMES = ("x509_common_name", "x509_subject_alternative_name")
MayWrite = Callable[[grpc.aio.ServicerContext[Any, Any]], bool]


class TlsError(Exception):
    """A file that TLS cannot use: one line for the user."""


def credentials(
    certificate: Path, key: Path, authority: Path | None, *, client_auth: bool = True
) -> grpc.ServerCredentials:
    """PEM files. With an authority, clients without a certificate of it are refused, unless `client_auth` is false.

    Raises TlsError.
    """
    _check(certificate, key, authority)
    roots = authority.read_bytes() if authority is not None else None
    pair = key.read_bytes(), certificate.read_bytes()
    return grpc.ssl_server_credentials([pair], roots, require_client_auth=client_auth and authority is not None)


def may_write(writers: Collection[str] | None) -> MayWrite:
    """Tells whether who calls may change the switch: everybody, or the certificates with one of these names."""
    if writers is None:
        return lambda context: True
    allowed = {name.encode() for name in writers}

    def check(context: grpc.aio.ServicerContext[Any, Any]) -> bool:
        known = context.auth_context()
        return any(name in allowed for kind in NAMES for name in known.get(kind, ()))

    return check


def _check(certificate: Path, key: Path, authority: Path | None) -> None:
    """gRPC would only log what is wrong with the files, when the first client comes."""
    for path in (key, certificate, authority):
        if path is not None:
            try:
                path.read_bytes()
            except OSError as e:
                raise TlsError(f"{path}: {e.strerror}") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, ValueError) as e:
        raise TlsError(f"{certificate}, {key}: not a PEM certificate and its private key ({_reason(e)})") from None
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except ssl.SSLError as e:
            raise TlsError(f"{authority}: not a PEM certificate ({_reason(e)})") from None


def _reason(error: Exception) -> str:
    return (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
