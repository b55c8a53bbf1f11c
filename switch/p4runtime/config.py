"""Forwarding pipeline configuration: verify, save, commit, reconcile (P4Runtime 1.4, "SetForwardingPipelineConfig").

Two pipelines may exist: the one that packets run through, and one that is saved. A saved pipeline is whole, with tables
of its own, so reads and writes go to it before any packet does; a commit puts it in the other's place.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import Protocol

from finsy.proto import p4i, p4r

from switch import errors
from switch.bmv2_json.program import Table
from switch.engine import Engine
from switch.p4runtime import schema
from switch.p4runtime.data_widths import data_widths
from switch.p4runtime.device import Pipeline
from switch.p4runtime.reconcile import Initial, carry_over, initial_state
from switch.p4runtime.status import INVALID_ARGUMENT, NOT_FOUND, StatusError

Request = p4r.SetForwardingPipelineConfigRequest
ACTIONS = (
    Request.VERIFY,
    Request.VERIFY_AND_SAVE,
    Request.VERIFY_AND_COMMIT,
    Request.COMMIT,
    Request.RECONCILE_AND_COMMIT,
)
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
        self._initial: dict[Pipeline, Initial] = {}  # of these two

    def close(self) -> None:
        self._loader.attach(None)
        for pipeline in (self.running, self.saved):
            if pipeline is not None:
                pipeline.close()
        self.running = self.saved = None

    async def prepare(self, request: Request) -> Pipeline | None:
        """Check a request, and load its config if it has one; a C compiler runs for seconds. Nothing changes."""
        action = request.action
        if action not in ACTIONS:
            raise StatusError(INVALID_ARGUMENT, "the request has no action")
        if action == Request.COMMIT:
            if request.HasField("config"):
                raise StatusError(INVALID_ARGUMENT, "COMMIT takes no config: it commits the one that was saved")
            return None
        if not request.HasField("config"):
            raise StatusError(INVALID_ARGUMENT, "the request has no config")
        return await self._load(request.config)

    async def carry_out(self, request: Request, prepared: Pipeline | None) -> None:
        """Do what the request asks for. On an error nothing has changed, and what was prepared is closed."""
        if prepared is None:
            if self.saved is None:
                raise StatusError(NOT_FOUND, "no config is saved (VERIFY_AND_SAVE) that could be committed")
            self._run(self.saved)
        elif request.action == Request.VERIFY:
            prepared.close()
        elif request.action == Request.VERIFY_AND_SAVE:
            self._remember(prepared)
            if self.saved is not None:
                self._forget(self.saved)
            self.saved = prepared
        else:
            self._remember(prepared)
            if request.action == Request.RECONCILE_AND_COMMIT and self.running is not None:
                try:
                    running = self.running
                    await carry_over(running, self._initial[running], prepared, self._initial[prepared])
                except BaseException:
                    self._forget(prepared)
                    raise
            if self.saved is not None:
                self._forget(self.saved)
            self._run(prepared)

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
            info = schema_of(config.p4info, engine)
            kept = p4r.ForwardingPipelineConfig()
            kept.CopyFrom(config)
            return Pipeline(kept, info, engine, self._loader.stopped)
        except StatusError:
            engine.close()
            raise
        except errors.EngineError as e:
            engine.close()
            raise StatusError(INVALID_ARGUMENT, f"P4Info and p4_device_config are not of one program: {e}") from None

    def _run(self, pipeline: Pipeline) -> None:
        """Put a pipeline in the place of the running one."""
        before = self.running
        self._loader.attach(pipeline.engine)
        self.running, self.saved = pipeline, None
        if before is not None:
            self._forget(before)

    def _remember(self, fresh: Pipeline) -> None:
        self._initial[fresh] = initial_state(fresh)

    def _forget(self, pipeline: Pipeline) -> None:
        del self._initial[pipeline]
        pipeline.close()


def schema_of(p4info: p4i.P4Info, engine: Engine) -> schema.Schema:
    """What P4Info and the loaded program say together. Raises StatusError and EngineError if they are not of one."""
    made = schema.build(p4info, data_widths(engine.program, engine.value_set_widths()))
    fit_together(made, engine)
    return made


def fit_together(info: schema.Schema, engine: Engine) -> None:
    """P4Info and JSON must be of one program: each table that a client may address exists, with as many fields, and its
    actions with as many parameters.

    Only P4Info tells whether a table's initial entries are const; where they are not, clients may change them and add
    others (p4c's JSON has room for the initial ones only).
    """
    tables = {table.name: table for table in engine.tables()}
    programs = {table.name: table for table in engine.program.tables}
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
        _actions_fit(table, programs[table.name])
        if found.const and not table.const:
            engine.unlock_entries(table.name, table.size)


def _actions_fit(table: schema.Table, program: Table) -> None:
    """What entries may say, and what the program's own entries and default say, must be known to both."""
    known = {action.name: len(action.params) for action in program.actions}
    shown = {action.name: len(action.params) for action in table.actions.values()}
    own = [entry.action for entry in program.entries] + [program.default_action]
    known |= {action.name: len(action.params) for action in own if action is not None}
    for action in own:
        if action is not None and action.name not in shown:
            raise StatusError(INVALID_ARGUMENT, f"table {table.name} has no action {action.name} in P4Info")
    for name, count in shown.items():
        if name not in known:
            raise StatusError(INVALID_ARGUMENT, f"table {table.name} has no action {name} in p4_device_config")
        if known[name] != count:
            raise StatusError(
                INVALID_ARGUMENT,
                f"action {name} of table {table.name} has {count} parameters in P4Info and {known[name]} in "
                "p4_device_config",
            )
