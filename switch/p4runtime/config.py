"""Forwarding pipeline configuration: verify, save, commit, reconcile (P4Runtime 1.4, "SetForwardingPipelineConfig").

Two pipelines may exist: the one that packets run through, and one that is saved. A saved pipeline is whole, with tables
of its own, so reads and writes go to it before any packet does; a commit puts it in the other's place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from finsy.proto import p4r

from switch import errors
from switch.engine import Engine
from switch.p4runtime import schema
from switch.p4runtime.data_widths import data_widths
from switch.p4runtime.device import Pipeline
from switch.p4runtime.status import INVALID_ARGUMENT, NOT_FOUND, OK, StatusError

Request = p4r.SetForwardingPipelineConfigRequest
ResponseType = p4r.GetForwardingPipelineConfigRequest.ResponseType


class Loader(Protocol):
    """What the servicer needs of the switch around it."""

    def load(self, device_config: bytes) -> Engine:
        """Make an engine of BMv2 JSON. May take seconds and is called in a thread. Raises EngineError."""

    def attach(self, engine: Engine | None) -> None:
        """Let packets run through this engine from now on."""

    def stopped(self) -> AbstractContextManager[None]:
        """A context in which no packet is processed."""


class PipelineConfig:
    """The running and the saved pipeline."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self.running: Pipeline | None = None
        self.saved: Pipeline | None = None

    def close(self) -> None:
        self._loader.attach(None)
        for pipeline in (self.running, self.saved):
            if pipeline is not None:
                pipeline.close()
        self.running = self.saved = None

    async def set(self, request: Request) -> None:
        """Do what the request asks for. On an error nothing has changed."""
        action = request.action
        if action == Request.COMMIT:
            if request.HasField("config"):
                raise StatusError(INVALID_ARGUMENT, "COMMIT takes no config: it commits the one that was saved")
            if self.saved is None:
                raise StatusError(NOT_FOUND, "no config is saved (VERIFY_AND_SAVE) that could be committed")
            self._run(self.saved)
            return
        if action not in (
            Request.VERIFY,
            Request.VERIFY_AND_SAVE,
            Request.VERIFY_AND_COMMIT,
            Request.RECONCILE_AND_COMMIT,
        ):
            raise StatusError(INVALID_ARGUMENT, "the request has no action")
        if not request.HasField("config"):
            raise StatusError(INVALID_ARGUMENT, "the request has no config")
        pipeline = await self._load(request.config)
        if action == Request.VERIFY:
            pipeline.close()
        elif action == Request.VERIFY_AND_SAVE:
            if self.saved is not None:
                self.saved.close()
            self.saved = pipeline
        else:
            if action == Request.RECONCILE_AND_COMMIT and self.running is not None:
                self._reconcile(self.running, pipeline)
            if self.saved is not None:
                self.saved.close()
            self._run(pipeline)

    def get(self, response_type: ResponseType.ValueType) -> p4r.GetForwardingPipelineConfigResponse:
        """The config as it was set; the saved one before the running one, as for reads and writes."""
        response = p4r.GetForwardingPipelineConfigResponse()
        pipeline = self.saved or self.running
        if pipeline is None:
            return response
        get = p4r.GetForwardingPipelineConfigRequest
        response.config.SetInParent()
        if pipeline.config.HasField("cookie"):
            response.config.cookie.CopyFrom(pipeline.config.cookie)
        if response_type in (get.ALL, get.P4INFO_AND_COOKIE):
            response.config.p4info.CopyFrom(pipeline.config.p4info)
        if response_type in (get.ALL, get.DEVICE_CONFIG_AND_COOKIE):
            response.config.p4_device_config = pipeline.config.p4_device_config
        return response

    async def _load(self, config: p4r.ForwardingPipelineConfig) -> Pipeline:
        schema.build(config.p4info)  # before the program is compiled: P4Info may be wrong
        if not config.p4_device_config:
            raise StatusError(INVALID_ARGUMENT, "p4_device_config is empty; this switch takes BMv2 JSON")
        try:
            engine = await asyncio.to_thread(self._loader.load, config.p4_device_config)
        except errors.EngineError as e:
            raise StatusError(INVALID_ARGUMENT, f"p4_device_config: {e}") from None
        try:
            info = schema.build(config.p4info, data_widths(engine.program, engine.value_set_widths()))
            fit_together(info, engine)
        except StatusError:
            engine.close()
            raise
        kept = p4r.ForwardingPipelineConfig()
        kept.CopyFrom(config)
        return Pipeline(kept, info, engine, self._loader.stopped)

    def _run(self, pipeline: Pipeline) -> None:
        """Put a pipeline in the place of the running one."""
        before = self.running
        self._loader.attach(pipeline.engine)
        self.running, self.saved = pipeline, None
        if before is not None:
            before.close()

    @staticmethod
    def _reconcile(old: Pipeline, new: Pipeline) -> None:
        """Give the new pipeline all state of the old one, or refuse."""
        for update in _state_of(old):
            for error in new.write([update], p4r.WriteRequest.CONTINUE_ON_ERROR):
                if error.canonical_code != OK:
                    new.close()
                    kind = update.entity.WhichOneof("entity")
                    raise StatusError(INVALID_ARGUMENT, f"the state cannot be preserved: {kind}: {error.message}")


def _state_of(pipeline: Pipeline) -> Iterator[p4r.Update]:
    """The updates that bring an empty pipeline of the same program to this one's state."""

    def found(request: p4r.Entity) -> Iterator[p4r.Entity]:
        return pipeline.read(request)

    for request, kind in (
        (p4r.Entity(action_profile_member=p4r.ActionProfileMember()), p4r.Update.INSERT),
        (p4r.Entity(action_profile_group=p4r.ActionProfileGroup()), p4r.Update.INSERT),
    ):
        for entity in found(request):
            yield p4r.Update(type=kind, entity=entity)
    for table in pipeline.schema.tables.values():
        wanted = p4r.TableEntry(table_id=table.id)
        if table.direct_counter:
            wanted.counter_data.SetInParent()
        if table.direct_meter:
            wanted.meter_config.SetInParent()
        for entity in found(p4r.Entity(table_entry=wanted)):
            if not entity.table_entry.is_const:
                yield p4r.Update(type=p4r.Update.INSERT, entity=entity)
        if not table.const_default and not table.profile:
            default = p4r.TableEntry(table_id=table.id, is_default_action=True)
            for entity in found(p4r.Entity(table_entry=default)):
                yield p4r.Update(type=p4r.Update.MODIFY, entity=entity)
    engine_entries = p4r.PacketReplicationEngineEntry
    for request, kind in (
        (p4r.Entity(counter_entry=p4r.CounterEntry()), p4r.Update.MODIFY),
        (p4r.Entity(meter_entry=p4r.MeterEntry()), p4r.Update.MODIFY),
        (p4r.Entity(register_entry=p4r.RegisterEntry()), p4r.Update.MODIFY),
        (p4r.Entity(value_set_entry=p4r.ValueSetEntry()), p4r.Update.MODIFY),
        (p4r.Entity(digest_entry=p4r.DigestEntry()), p4r.Update.INSERT),
        (
            p4r.Entity(packet_replication_engine_entry=engine_entries(multicast_group_entry=p4r.MulticastGroupEntry())),
            p4r.Update.INSERT,
        ),
        (
            p4r.Entity(packet_replication_engine_entry=engine_entries(clone_session_entry=p4r.CloneSessionEntry())),
            p4r.Update.INSERT,
        ),
    ):
        for entity in found(request):
            yield p4r.Update(type=kind, entity=entity)


def fit_together(info: schema.Schema, engine: Engine) -> None:
    """P4Info and JSON must be of one program: each table that a client may address exists, with as many fields.

    Only P4Info tells whether a table's initial entries are const; where they are not, clients may change them and add
    others (p4c's JSON has room for the initial ones only).
    """
    tables = {table.name: table for table in engine.tables()}
    for table in info.tables.values():
        found = tables.get(table.name)
        if found is None:
            raise StatusError(INVALID_ARGUMENT, f"P4Info has a table {table.name}, which p4_device_config has not")
        if len(found.match_kinds) != len(table.fields):
            raise StatusError(
                INVALID_ARGUMENT,
                f"table {table.name} has {len(table.fields)} match fields in P4Info and {len(found.match_kinds)} "
                "in p4_device_config",
            )
        if found.const and not table.const:
            engine.unlock_entries(table.name, table.size)
