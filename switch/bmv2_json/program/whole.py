"""A program as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from switch.bmv2_json.program.actions import Action
from switch.bmv2_json.program.arrays import CounterArray, RegisterArray, ValueSet
from switch.bmv2_json.program.expressions import Expr, FieldRef
from switch.bmv2_json.program.headers import Header, HeaderType, Stack, Union, UnionStack
from switch.bmv2_json.program.objects import Calculation, Checksum, FieldList, LearnList, MeterArray
from switch.bmv2_json.program.parser import Deparser, Parser
from switch.bmv2_json.program.pipelines import ActionProfile, Pipeline, Table


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    name: str
    header_types: tuple[HeaderType, ...]
    headers: dict[str, Header]
    stacks: dict[str, Stack]
    unions: dict[str, Union]
    union_stacks: dict[str, UnionStack]
    errors: dict[str, int]
    parser: Parser
    deparser: Deparser
    value_sets: tuple[ValueSet, ...]
    counters: tuple[CounterArray, ...]
    meters: tuple[MeterArray, ...]
    registers: tuple[RegisterArray, ...]
    calculations: tuple[Calculation, ...]
    field_lists: dict[int, FieldList]
    learn_lists: dict[int, LearnList]
    actions: tuple[Action, ...]
    profiles: tuple[ActionProfile, ...]
    tables: tuple[Table, ...]
    ingress: Pipeline
    egress: Pipeline
    checksums: tuple[Checksum, ...]
    aliases: dict[str, tuple[str, str]]
    # P4_14: bits of a header type's varbit field, by type name; a Param stands for the header's own field of that index
    varbit_lengths: dict[str, Expr]

    def standard(self, name: str) -> FieldRef | None:
        """The field that simple_switch calls `name` (as intrinsic_metadata.mcast_grp), by alias or by its own name.

        Only metadata are such: what is in a packet's header is the packet's.
        """
        header, _, member = name.partition(".")
        header, member = self.aliases.get(name, (header, member))
        if header in self.headers and self.headers[header].metadata:
            found = self.headers[header].type.field(member)
            if found is not None:
                return FieldRef(self.headers[header], found)
        return None
