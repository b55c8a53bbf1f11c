"""One gateway's P4Runtime server: connect, become primary, read, write, push a pipeline.

Election. Every controller asks with the same election id (1 unless told otherwise), so that two of them exclude each
other: the second is told that there is a primary. If nobody is primary but a higher id has been seen, nobody below it
can ever be (P4Runtime 1.4, 5): then that id is taken over. A controller that was killed may hold its place until the
switch notices; that is waited for.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TypeVar

import grpc
from finsy.proto import p4r, p4r_grpc, rpc_code

from .errors import GatewayError, NotPrimary, from_rpc
from .pipeline import Pipeline

_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),
]
_ANSWER = 30.0  # seconds for a server to answer a small request; it may be busy compiling
_WORK = 300.0  # seconds for a big one: a pipeline to be compiled, a table to be read
TAKEOVER = 3.0  # seconds for a switch to notice that the last controller is gone
_IN_FLIGHT = 4  # write batches under way at a time

T = TypeVar("T")
_CANNOT_KEEP = (
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
)
_Answer = p4r.StreamMessageResponse | grpc.RpcError | None


class Connection:
    """A context manager. Reads need nothing more; `become_primary` comes before the first write."""

    def __init__(self, address: str, device_id: int) -> None:
        self.address = address
        self.device_id = device_id
        self.election_id = 0
        self._channel = grpc.insecure_channel(address, options=_OPTIONS)
        self._stub = p4r_grpc.P4RuntimeStub(self._channel)
        self._to_switch: queue.SimpleQueue[p4r.StreamMessageRequest | None] = queue.SimpleQueue()
        self._stream: grpc.Call | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._to_switch.put(None)
        self._channel.close()

    def become_primary(self, election_id: int = 1) -> None:
        """Raises NotPrimary when another controller is, Unreachable when nobody answers."""
        until = time.monotonic() + TAKEOVER
        seen = election_id
        while True:
            try:
                status, highest = self._arbitrate(election_id)
            except grpc.RpcError as error:
                duplicate = isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.INVALID_ARGUMENT
                if not duplicate:
                    raise from_rpc(error, self.address, "asking to be primary") from None
                status, highest = rpc_code.ALREADY_EXISTS, election_id
            seen = max(seen, highest)
            if status == rpc_code.OK:
                self.election_id = election_id
                return
            if status == rpc_code.NOT_FOUND and highest > election_id:
                election_id = highest
            elif time.monotonic() > until:
                raise NotPrimary(
                    f"{self.address}: another controller is primary of device {self.device_id}, with election id "
                    f"{seen}. Wait until it is done, or take over with --election-id {seen + 1}."
                )
            else:
                time.sleep(0.1)

    def _arbitrate(self, election_id: int) -> tuple[int, int]:
        """Open a stream and ask; the status code of the answer and the highest election id there is."""
        self._to_switch.put(None)
        if self._stream is not None:
            self._stream.cancel()
        requests = self._to_switch = queue.SimpleQueue()
        ask = p4r.StreamMessageRequest()
        ask.arbitration.device_id = self.device_id
        ask.arbitration.election_id.low = election_id & (1 << 64) - 1
        ask.arbitration.election_id.high = election_id >> 64
        requests.put(ask)
        answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        stream = self._stream = self._stub.StreamChannel(iter(requests.get, None))
        threading.Thread(target=_listen, args=(stream, answers), daemon=True).start()
        until = time.monotonic() + _ANSWER
        while (left := until - time.monotonic()) > 0:
            try:
                answer = answers.get(timeout=left)
            except queue.Empty:
                break
            if answer is None:
                raise GatewayError(f"{self.address}: the switch closed the stream when asked to be primary. Try again.")
            if isinstance(answer, grpc.RpcError):
                raise answer
            if answer.WhichOneof("update") == "arbitration":
                told = answer.arbitration
                return told.status.code, told.election_id.high << 64 | told.election_id.low
        raise GatewayError(f"{self.address}: no answer to the request to be primary. See whether the switch hangs.")

    def pipeline(self, whole: bool = True) -> p4r.ForwardingPipelineConfig | None:
        """What the switch runs, or None. `whole`: with the device's part, which may be large."""
        kinds = p4r.GetForwardingPipelineConfigRequest
        kind = kinds.ALL if whole else kinds.P4INFO_AND_COOKIE
        request = kinds(device_id=self.device_id, response_type=kind)
        try:
            config = self._stub.GetForwardingPipelineConfig(request, timeout=_ANSWER).config
        except grpc.RpcError as error:
            if isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                return None
            raise from_rpc(error, self.address, "asking for the pipeline") from None
        return config if config.HasField("p4info") and config.p4info.tables else None

    def push(self, pipeline: Pipeline, running: bool) -> None:
        """Make the switch run a pipeline. `running`: it runs one whose entries are kept as far as possible."""
        kinds = p4r.SetForwardingPipelineConfigRequest
        actions = [kinds.RECONCILE_AND_COMMIT, kinds.VERIFY_AND_COMMIT] if running else [kinds.VERIFY_AND_COMMIT]
        for action in actions:
            request = kinds(device_id=self.device_id, action=action, config=pipeline.config())
            self._sign(request)
            try:
                self._stub.SetForwardingPipelineConfig(request, timeout=_WORK)
                return
            except grpc.RpcError as error:
                # A switch that cannot keep the entries says so; they are all written again then.
                if action != actions[-1] and isinstance(error, grpc.Call) and error.code() in _CANNOT_KEEP:
                    continue
                raise from_rpc(error, self.address, f"pushing {pipeline.source}") from None

    def read(self, entities: Iterable[p4r.Entity]) -> Iterator[p4r.Entity]:
        request = p4r.ReadRequest(device_id=self.device_id, entities=entities)
        try:
            for response in self._stub.Read(request, timeout=_WORK):
                yield from response.entities
        except grpc.RpcError as error:
            raise from_rpc(error, self.address, "reading") from None

    def write_one(self, request: p4r.WriteRequest, doing: str) -> None:
        """One batch of whatever kind of entities."""
        request.device_id = self.device_id
        self._sign(request)
        try:
            self._stub.Write(request, timeout=_WORK)
        except grpc.RpcError as error:
            raise from_rpc(error, self.address, doing) from None

    def write(
        self,
        batches: Iterable[tuple[p4r.WriteRequest, T]],
        done: Callable[[T], None],
        failed: Callable[[T, grpc.RpcError], None],
    ) -> None:
        """Write batches that need no order among them, several at a time; returns when all are answered.

        `done` or `failed` is called with what came with the batch. After the first failure no further batch is sent.
        """
        under_way: deque[tuple[T, grpc.Future[p4r.WriteResponse]]] = deque()
        broken = False

        def collect(limit: int) -> None:
            nonlocal broken
            while len(under_way) > limit:
                tag, call = under_way.popleft()
                try:
                    call.result()
                    done(tag)
                except grpc.RpcError as error:
                    broken = True
                    failed(tag, error)

        for request, tag in batches:
            request.device_id = self.device_id
            self._sign(request)
            under_way.append((tag, self._stub.Write.future(request, timeout=_WORK)))
            collect(_IN_FLIGHT - 1)
            if broken:
                break
        collect(0)

    def _sign(self, request: p4r.WriteRequest | p4r.SetForwardingPipelineConfigRequest) -> None:
        request.election_id.low = self.election_id & (1 << 64) - 1
        request.election_id.high = self.election_id >> 64


def _listen(stream: Iterable[p4r.StreamMessageResponse], answers: queue.SimpleQueue[_Answer]) -> None:
    try:
        for message in stream:
            answers.put(message)
        answers.put(None)
    except grpc.RpcError as error:
        answers.put(error)
