"""What happened to one packet."""

from __future__ import annotations

from collections.abc import Mapping

from switch.bmv2.program import Program
from switch.loaded_table import LoadedTable


class Trace:
    pass


class Tracer:
    def __init__(
        self, pipeline: int, code: int, index: int, program: Program, tables: Mapping[str, LoadedTable]
    ) -> None:
        raise NotImplementedError

    def destroy(self) -> None:
        raise NotImplementedError

    def trace(self, port: int, data: bytes) -> Trace:
        raise NotImplementedError
