"""How wide the data plane's fields are, which P4Info does not tell of types that are translated (P4Runtime 1.4,
"Trade-off for v1.x Releases": the width in P4Info is the one that the control plane sees, or none for a string)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from switch.bmv2_json.program import Program


@dataclass(frozen=True)
class DataWidths:
    """Widths in bits, in the order of P4Info; empty where the program does not say."""

    keys: Mapping[str, Sequence[int]] = field(default_factory=dict)  # by table
    params: Mapping[str, Sequence[int]] = field(default_factory=dict)  # by action
    headers: Sequence[Mapping[str, int]] = ()  # field -> width, of each header type
    value_sets: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def of_header(self, fields: Mapping[str, int]) -> Sequence[int]:
        """Of the header type that has just these fields: P4Info names a controller header by its use, not its type.

        `fields`: their names with the widths in P4Info, 0 where it is another than the data plane's.
        """
        for header in self.headers:
            if list(header) == list(fields) and all(w in (0, header[name]) for name, w in fields.items()):
                return list(header.values())
        return ()


def data_widths(program: Program, value_sets: Mapping[str, Sequence[int]]) -> DataWidths:
    """`value_sets`: the widths of the fields of each."""
    return DataWidths(
        keys={t.name: [k.width for k in t.key] for t in program.tables},
        params={a.name: [p.width for p in a.params] for t in program.tables for a in t.actions},
        headers=[{f.name: f.width for f in h.type.fields} for h in program.headers.values() if not h.metadata],
        value_sets=value_sets,
    )
