"""What happened to one packet."""

from __future__ import annotations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from switch.engine import Engine


class Trace:
    pass


def read_trace(engine: Engine, port: int, data: bytes) -> Trace:
    raise NotImplementedError
