"""One gateway: what it holds, what it should, and making the one the other.

survey: pipeline -> read-back -> plan -> capacity -> diff.   apply: survey -> push -> survey -> write -> survey ...
Nothing is remembered between runs: the switch says what it holds, the file what it should. So a run that was killed at
any point is finished by the next one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from finsy.proto import p4i, p4r

from .bulk import no_collection
from .diff import Change, Full, Step, capacity, diff, steps
from .intent.models import Gateway, Intent
from .p4runtime.bind import Bound, bind
from .p4runtime.connection import Connection
from .p4runtime.errors import GatewayError, NoPipeline, Refused
from .p4runtime.pipeline import Pipeline
from .planner import NoTenantId, State, plan, vnis
from .planner.layout import TABLES, TENANT_COUNTERS
from .writing import Overtaken, write_steps

ROUNDS = 3
"""Rounds of writing before apply gives up."""


@dataclass(frozen=True, slots=True)
class Job:
    """One gateway of the intent, with what the command line says of it."""

    name: str
    gateway: Gateway
    address: str
    intent: Intent
    pipeline: Pipeline | None

    def vnis(self) -> dict[str, int]:
        """Tenant name -> VNI."""
        return vnis(self.intent)


@dataclass(frozen=True, slots=True)
class Survey:
    """A gateway compared with its intent. `push`: the switch does not run the pipeline that it should."""

    bound: Bound
    push: bool
    held: State
    wanted: State
    changes: list[Change]
    tenant_ids: dict[int, int]

    @property
    def same(self) -> bool:
        return not self.push and not self.changes

    @property
    def writes(self) -> int:
        return sum(len(change) for change in self.changes)

    def steps(self) -> list[Step]:
        return steps(self.changes, self.held, self.bound.sizes)


@dataclass(slots=True)
class Outcome:
    """What apply did. `seconds`: by phase."""

    pushed: bool = False
    writes: int = 0
    entries: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


Report = Callable[[str, int, int], None]
"""(phase, done, total): phases are plan, push, write, verify; a total of 0 is not known."""


def survey(connection: Connection, job: Job) -> Survey:
    """Raises NoPipeline when there is none to plan for, Refused when a table is too small."""
    running = connection.pipeline(whole=job.pipeline is not None)
    push = job.pipeline is not None and (running is None or not job.pipeline.runs_on(running))
    if job.pipeline is not None:
        bound = _bind(job, job.pipeline.info, job.pipeline.source)
    elif running is not None:
        bound = _bind(job, running.p4info, "the running pipeline")
    else:
        raise NoPipeline(
            f"{job.address}: the switch runs no pipeline. Give the compiled gateway with --pipeline, or as "
            f"gateways.{job.name}.pipeline in the intent."
        )
    held = _held_before_push(connection, running) if push else read_state(connection, bound)
    try:
        planned = plan(job.intent, job.gateway, held, bound.tenant_ids)
    except NoTenantId as error:
        raise Refused(
            f"table vni is full: {error.needed} tenants (those that are about to go count too), and the "
            f"pipeline tells {error.ids} apart. Nothing was written. Apply without the new tenants first; or compile "
            "the gateway with more (p4src/include/sizes.p4)."
        ) from None
    with no_collection():
        changes = diff(planned.wanted, held)
        full = capacity(planned.wanted, held, changes, bound.sizes)
    if full:
        raise Refused("\n".join(map(_full, full)))
    return Survey(bound, push, held, planned.wanted, changes, planned.tenant_ids)


def apply(connection: Connection, job: Job, election_id: int, report: Report) -> Outcome:
    """Bring the gateway to its intent and prove it by read-back. Raises GatewayError.

    Done when a survey finds no difference. The one after the writes may still find some: a controller that was killed
    can have had a batch under way. They are written in another round.
    """
    outcome = Outcome()
    clock = time.perf_counter()

    def lap(phase: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        outcome.seconds[phase] = outcome.seconds.get(phase, 0.0) + now - clock
        clock = now

    connection.become_primary(election_id)
    for phase in ("plan", *["verify"] * ROUNDS):
        report(phase, 0, 0)
        found = survey(connection, job)
        lap(phase)
        if found.push:
            _push(connection, job, outcome, report)
            lap("push")
            found = survey(connection, job)
            lap(phase)
        if found.push:
            break
        if not found.changes:
            outcome.entries = sum(map(len, found.wanted.values()))
            return outcome
        _reset_counters(connection, found)
        _write(connection, found, outcome, report)
        lap("write")
    raise GatewayError(
        f"{job.address}: all writes were acknowledged, yet read-back differs from the intent again and again: somebody "
        "else writes to this switch, or it is broken. See what differs with p4gate verify, then apply again."
    )


def _push(connection: Connection, job: Job, outcome: Outcome, report: Report) -> None:
    assert job.pipeline is not None
    report("push", 0, 0)
    connection.push(job.pipeline, running=connection.pipeline(whole=False) is not None)
    outcome.pushed = True


def _write(connection: Connection, found: Survey, outcome: Outcome, report: Report) -> None:
    """Write the changes; a write that another one got ahead of is left to the next round."""
    done, total = 0, found.writes

    def progress(count: int) -> None:
        nonlocal done
        done += count
        outcome.writes += count
        report("write", done, total)

    report("write", 0, total)
    with suppress(Overtaken):
        write_steps(connection, found.bound, found.steps(), progress)


def read_state(connection: Connection, bound: Bound) -> State:
    """Every entry of the tables that the controller owns."""
    state: State = {table.name: {} for table in TABLES}
    by_id = {codec.ids.table_id: (codec.decode, state[name]) for name, codec in bound.codecs.items()}
    with no_collection():
        for entity in connection.read(codec.read_all() for codec in bound.codecs.values()):
            entry = entity.table_entry
            decode, rows = by_id[entry.table_id]
            if not entry.is_default_action:
                key, value = decode(entry)
                rows[key] = value
    return state


def _held_before_push(connection: Connection, running: p4r.ForwardingPipelineConfig | None) -> State:
    """What may survive the push: the entries of the running pipeline, if it is a gateway too."""
    if running is None:
        return {table.name: {} for table in TABLES}
    try:
        return read_state(connection, bind(running.p4info))
    except NoPipeline:
        return {table.name: {} for table in TABLES}


def _bind(job: Job, info: p4i.P4Info, source: str) -> Bound:
    try:
        return bind(info)
    except NoPipeline as error:
        raise NoPipeline(
            f"{job.address}: {source}: {error}. Compile p4src/v1model/gateway.p4 and give it with --pipeline."
        ) from None


def _full(full: Full) -> str:
    if full.during:
        return (
            f"table {full.table} has size {full.size}, and old and new entries together need {full.needed} "
            "while they are changed. Nothing was written. Apply in two halves: first without what is to go, then with "
            "what is new."
        )
    return (
        f"table {full.table} is full: size {full.size}, and the intent needs {full.needed} entries. "
        "Nothing was written. Ask for less, or compile the gateway with a larger table (p4src/include/sizes.p4)."
    )


def _reset_counters(connection: Connection, found: Survey) -> None:
    """Tenants that are new here start to count from 0, whoever had their number before."""
    old = {key[0] for key in found.held.get("vni", ())}
    fresh = {number for vni, number in found.tenant_ids.items() if vni not in old}
    if not fresh:
        return
    ids = [found.bound.counters[name].counter_id for name in TENANT_COUNTERS]
    wildcard = [p4r.Entity(counter_entry=p4r.CounterEntry(counter_id=one)) for one in ids]
    stale = p4r.WriteRequest()
    for entity in connection.read(wildcard):
        cell = entity.counter_entry
        if cell.index.index in fresh and (cell.data.packet_count or cell.data.byte_count):
            update = stale.updates.add()
            update.type = p4r.Update.MODIFY
            update.entity.counter_entry.counter_id = cell.counter_id
            update.entity.counter_entry.index.index = cell.index.index
            update.entity.counter_entry.data.SetInParent()
    if stale.updates:
        connection.write_one(stale, "resetting the counters of new tenants")
