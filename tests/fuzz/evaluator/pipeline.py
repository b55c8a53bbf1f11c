"""A packet through the blocks of v1model's V1Switch, as simple_switch runs them (docs/simple_switch.md of BMv2).

Parser, VerifyChecksum, Ingress; dropped if egress_spec is 511; Egress; dropped likewise; ComputeChecksum, Deparser.
A parser that goes to reject does not drop: ingress runs with parser_error set and what was extracted so far.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import syntax
from tests.fuzz.evaluator.calls import Exited
from tests.fuzz.evaluator.expressions import ParserFailed
from tests.fuzz.evaluator.externs import DROP_PORT
from tests.fuzz.evaluator.program import Declarations
from tests.fuzz.evaluator.scopes import Binding, Block, Instance, PacketIn, PacketOut, Scope
from tests.fuzz.evaluator.types import StructType
from tests.fuzz.evaluator.values import Scalar, Struct, bits, default, undefined

GROWTH_LIMIT = 512  # bytes by which headers may grow: a limit of the switch (docs/engine.md), as of BMv2


@dataclass(frozen=True)
class Emitted:
    """A packet that leaves; the bits set in `unknown` are not determined by the program."""

    port: int
    data: bytes
    unknown: bytes

    def agrees(self, port: int, data: bytes) -> bool:
        return (
            port == self.port
            and len(data) == len(self.data)
            and all((a ^ b) & ~u == 0 for a, b, u in zip(self.data, data, self.unknown, strict=True))
        )


class Pipeline(Declarations):
    """One program; registers last from packet to packet."""

    def __init__(self, program: syntax.Program) -> None:
        super().__init__(program)
        assert self.package is not None
        self.storage: dict[str, Binding] = {}
        self.blocks: list[Instance] = []
        for argument in self.package.arguments:
            assert isinstance(argument.value, syntax.ConstructorCall)
            assert isinstance(argument.value.type, syntax.NamedTypeRef)
            name = argument.value.type.name
            block = self.globals.find(name)
            assert isinstance(block, Block)
            self.blocks.append(self.instantiate(block, (), name))

    def process(self, port: int, data: bytes) -> list[Emitted]:
        """What leaves for one packet. Raises Undefined where the program leaves it open."""
        parser, verify, ingress, egress, compute, deparser = self.blocks
        packet, emitted = PacketIn(data), PacketOut()
        standard = default(self.parameter_type(parser, 3))
        assert isinstance(standard, Struct)
        standard.fields["ingress_port"] = bits(9, port)
        standard.fields["packet_length"] = bits(32, len(data))
        self.storage = {
            "packet_in": packet,
            "packet_out": emitted,
            "headers": undefined(self.parameter_type(parser, 1)),
            "meta": default(self.parameter_type(parser, 2)),
            "standard": standard,
        }
        self.checksum_failed = False
        try:
            self.run_top(parser, "packet_in", "headers", "meta", "standard")
        except ParserFailed as failed:
            error = self.errors.members.index(failed.error)
            self.standard.fields["parser_error"] = Scalar(self.errors, error)
        self.run_top(verify, "headers", "meta")
        self.standard.fields["checksum_error"] = bits(1, int(self.checksum_failed))
        self.run_top(ingress, "headers", "meta", "standard")
        out_port = known(self.standard, "egress_spec")
        if out_port == DROP_PORT:
            return []
        self.standard.fields["egress_port"] = bits(9, out_port)
        self.standard.fields["egress_spec"] = bits(9, 0, -1)
        self.run_top(egress, "headers", "meta", "standard")
        if self.standard.fields["egress_spec"] == bits(9, DROP_PORT):
            return []
        self.run_top(compute, "headers", "meta")
        self.run_top(deparser, "packet_out", "headers")
        payload = data[(packet.position + 7) // 8 :]
        size = emitted.width // 8
        assert emitted.width % 8 == 0
        if size > (packet.position + 7) // 8 + GROWTH_LIMIT:
            return []
        return [
            Emitted(
                out_port,
                emitted.bits.to_bytes(size, "big") + payload,
                emitted.unknown.to_bytes(size, "big") + bytes(len(payload)),
            )
        ]

    @property
    def standard(self) -> Struct:
        standard = self.storage["standard"]
        assert isinstance(standard, Struct)
        return standard

    def parameter_type(self, instance: Instance, index: int) -> StructType:
        type_ = self.type_of(instance.declaration.parameters[index].type, self.globals)
        assert isinstance(type_, StructType)
        return type_

    def run_top(self, instance: Instance, *storage: str) -> None:
        """A block of the package on the architecture's own storage."""
        scope = Scope(instance.scope)
        parameters = [p.name.text for p in instance.declaration.parameters]
        for name, of in zip(parameters, storage, strict=True):
            scope.names[name] = self.storage[of]
        try:
            self.run_instance(instance, scope)
        except Exited:
            pass
        finally:
            for name, of in zip(parameters, storage, strict=True):
                self.storage[of] = scope.names[name]


def known(standard: Struct, name: str) -> int:
    value = standard.fields[name]
    assert isinstance(value, Scalar)
    return value.known()
