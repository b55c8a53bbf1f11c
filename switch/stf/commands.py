"""The commands of simple_switch's command line that an STF file may hold: mirroring, multicast, counters, registers,
meters. Numbers of multicast nodes count from 0, as there.
"""

from __future__ import annotations

from dataclasses import dataclass

from switch.engine import Engine
from switch.errors import InvalidArgument, NotFound
from switch.stf import names
from switch.stf.statements import Command
from switch.values import CloneSession, Count, MeterConfig, Replica, SingleRate


@dataclass(slots=True)
class _Node:
    """A multicast node: one replica for each port, all with this instance number."""

    instance: int
    ports: tuple[int, ...]


class Commands:
    """Carries out one command after the other on an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._nodes: list[_Node] = []
        self._groups: dict[int, list[_Node]] = {}
        self._mirrors_to_groups: dict[int, int] = {}  # session -> multicast group
        program = engine.program
        self._counters = {c.name: c for c in program.counters if c.direct_table is None}
        self._registers = {r.name: r for r in program.registers}
        self._meters = {m.name: m for m in program.meters if m.direct_table is None}

    def run(self, command: Command) -> str | None:
        """Its answer, if it reads anything. Raises EngineError."""
        verb = command.verb
        if verb.startswith("mirroring"):
            return self._mirroring(verb, command.numbers)
        if verb.startswith("mc_"):
            self._multicast(verb, command.numbers)
            return None
        assert command.name is not None
        if verb.startswith("counter"):
            return self._counter(verb, command.name, command.numbers)
        if verb.startswith("register"):
            return self._register(verb, command.name, command.numbers)
        return self._meter(command)

    # ---- replication

    def _mirroring(self, verb: str, numbers: tuple[int, ...]) -> str | None:
        session = numbers[0]
        match verb:
            case "mirroring_add":
                self._mirrors_to_groups.pop(session, None)
                self._engine.set_clone_session(session, CloneSession((Replica(numbers[1]),)))
            case "mirroring_add_mc":
                self._mirrors_to_groups[session] = numbers[1]
                self._refresh_mirrors()
            case "mirroring_delete":
                self._mirrors_to_groups.pop(session, None)
                self._engine.set_clone_session(session, None)
            case _:
                found = self._engine.clone_sessions().get(session)
                if found is None:
                    raise NotFound(f"there is no mirroring session {session}")
                ports = ", ".join(str(r.port) for r in found.replicas) or "none"
                return f"mirroring session {session}: ports {ports}"
        return None

    def _multicast(self, verb: str, numbers: tuple[int, ...]) -> None:
        first, rest = numbers[0], numbers[1:]
        match verb:
            case "mc_mgrp_create":
                if first in self._groups:
                    raise InvalidArgument(f"multicast group {first} exists already")
                self._groups[first] = []
            case "mc_node_create":
                self._nodes.append(_Node(first, rest))
            case "mc_node_update":
                self._node(first).ports = rest
            case _:
                if first not in self._groups:
                    raise NotFound(f"there is no multicast group {first}")
                self._groups[first].append(self._node(rest[0]))
        for group, nodes in self._groups.items():
            self._engine.set_multicast_group(group, _replicas(nodes))
        self._refresh_mirrors()

    def _node(self, handle: int) -> _Node:
        if handle >= len(self._nodes):
            raise NotFound(f"there is no multicast node {handle}; {len(self._nodes)} were created")
        return self._nodes[handle]

    def _refresh_mirrors(self) -> None:
        for session, group in self._mirrors_to_groups.items():
            self._engine.set_clone_session(session, CloneSession(_replicas(self._groups.get(group, []))))

    # ---- arrays

    def _counter(self, verb: str, name: str, numbers: tuple[int, ...]) -> str | None:
        counter = names.find("indirect counter", name, self._counters)
        if verb == "counter_write":
            index, packets, octets = numbers
            self._engine.write_counter(counter.name, index, Count(packets, octets))
            return None
        count = self._engine.read_counter(counter.name, numbers[0])
        return f"{counter.name}[{numbers[0]}]: {count.packets} packets, {count.bytes} bytes"

    def _register(self, verb: str, name: str, numbers: tuple[int, ...]) -> str | None:
        register = names.find("register", name, self._registers)
        match verb:
            case "register_write":
                self._engine.write_register(register.name, *numbers)
            case "register_reset":
                for index in range(register.size):
                    self._engine.write_register(register.name, index, 0)
            case _:
                return f"{register.name}[{numbers[0]}]: {self._engine.read_register(register.name, numbers[0])}"
        return None

    def _meter(self, command: Command) -> str | None:
        assert command.name is not None
        meter = names.find("indirect meter", command.name, self._meters)
        if command.verb == "meter_get_rates":
            found = self._engine.read_meter(meter.name, command.numbers[0])
            assert not isinstance(found, SingleRate), "no STF command makes one"
            where = f"{meter.name}[{command.numbers[0]}]"
            if found is None:
                return f"{where}: no rates"
            return f"{where}: {found.cir / 1e6:g}:{found.cburst} {found.pir / 1e6:g}:{found.pburst}"
        if len(command.rates) != 2:
            raise InvalidArgument(f"{command.verb}: {len(command.rates)} rates; {meter.name} takes 2")
        (cir, cburst), (pir, pburst) = command.rates
        config = MeterConfig(round(cir * 1e6), cburst, round(pir * 1e6), pburst)
        indexes = command.numbers if command.verb == "meter_set_rates" else range(meter.size)
        for index in indexes:
            self._engine.write_meter(meter.name, index, config)
        return None


def _replicas(nodes: list[_Node]) -> tuple[Replica, ...]:
    return tuple(Replica(port, node.instance) for node in nodes for port in node.ports)
