"""What outlives a packet: counters and registers. An index outside of an array does nothing, and reads 0."""

from __future__ import annotations

from tests.bmv2_model.headers import Json, cut


class Counters:
    """Indirect ones; direct counters are with their entries."""

    def __init__(self, json: Json) -> None:
        self.cells = {
            c["name"]: [[0, 0] for _ in range(c["size"])]
            for c in json.get("counter_arrays") or ()
            if not c.get("is_direct")
        }
        """Packets and bytes."""

    def count(self, array: str, index: int, length: int) -> None:
        cells = self.cells.get(array)
        if cells is not None and 0 <= index < len(cells):
            cells[index][0] += 1
            cells[index][1] += length


class Registers:
    def __init__(self, json: Json) -> None:
        arrays = json.get("register_arrays") or ()
        self.cells = {r["name"]: [0] * r["size"] for r in arrays}
        self.width = {r["name"]: r["bitwidth"] for r in arrays}

    def read(self, array: str, index: int) -> int:
        cells = self.cells[array]
        return cells[index] if 0 <= index < len(cells) else 0

    def write(self, array: str, index: int, value: int) -> None:
        if 0 <= index < len(self.cells[array]):
            self.cells[array][index] = cut(value, self.width[array], False)
