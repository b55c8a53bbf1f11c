"""Digests: what the data plane learnt, bundled, told once, acknowledged (P4Runtime 1.4, "DigestEntry").

Pure but for its clock, which the caller passes as `now` in nanoseconds: `sample` takes data from the data plane,
`due` returns the lists that must be sent now, `deadline` when to ask again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from finsy.proto import p4r

from switch.p4runtime import p4data, schema
from switch.p4runtime.limits import DIGEST_CACHE_MAX, DIGEST_LIST_MAX
from switch.p4runtime.status import ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND, StatusError
from switch.p4runtime.updates import DELETE, INSERT, Undo, UpdateKind

Values = tuple[int, ...]

# What the server buffers when a client sets no limit: the most samples in one list.
MAX_LIST = 1000
NEVER = 1 << 64  # ns


@dataclass
class _Stream:
    """One digest that is configured."""

    config: p4r.DigestEntry.Config
    buffer: dict[Values, None] = field(default_factory=dict)  # an ordered set
    since: int = 0  # when the first sample came into the empty buffer
    unacknowledged: dict[Values, int] = field(default_factory=dict)  # sample -> when it is forgotten
    lists: dict[int, list[Values]] = field(default_factory=dict)  # list id -> its samples, until acknowledged
    last_list: int = 0

    def with_config(self, config: p4r.DigestEntry.Config) -> _Stream:
        """The same stream under another configuration. Without a timeout it waits for no acknowledgements."""
        made = _Stream(config, dict(self.buffer), self.since, last_list=self.last_list)
        if config.ack_timeout_ns:
            made.unacknowledged, made.lists = dict(self.unacknowledged), dict(self.lists)
        return made

    def deadline(self) -> int:
        """When what is in the buffer must be sent at the latest. A list size without a timeout waits for full lists,
        as in BMv2 ("DigestEntry" says only that the server should then send every sample at once)."""
        if self.config.max_list_size and not self.config.max_timeout_ns:
            return NEVER
        return self.since + self.config.max_timeout_ns


class Digests:
    """The digests of one pipeline."""

    def __init__(self, info: schema.Schema) -> None:
        self._schema = info
        self._streams: dict[int, _Stream] = {}

    # ---- configuration

    def write(self, kind: UpdateKind, entry: p4r.DigestEntry, undo: Undo) -> None:
        number = entry.digest_id
        if number not in self._schema.digests:
            raise StatusError(INVALID_ARGUMENT, f"no digest has the id {number}")
        old = self._streams.get(number)
        name = self._schema.digests[number].name
        if kind == INSERT and old is not None:
            raise StatusError(ALREADY_EXISTS, f"the digest {name} is configured")
        if kind != INSERT and old is None:
            raise StatusError(NOT_FOUND, f"the digest {name} is not configured")
        if kind == DELETE:
            del self._streams[number]
        else:
            config = entry.config
            if min(config.max_timeout_ns, config.max_list_size, config.ack_timeout_ns) < 0:
                raise StatusError(INVALID_ARGUMENT, f"the digest {name}: timeouts and sizes cannot be negative")
            copy = p4r.DigestEntry.Config()
            copy.CopyFrom(config)
            self._streams[number] = _Stream(copy) if old is None else old.with_config(copy)

        def restore() -> None:
            self._streams.pop(number, None)
            if old is not None:
                self._streams[number] = old

        undo.add(restore)

    def read(self, entry: p4r.DigestEntry) -> Iterator[p4r.Entity]:
        if entry.digest_id and entry.digest_id not in self._schema.digests:
            raise StatusError(INVALID_ARGUMENT, f"no digest has the id {entry.digest_id}")
        for number, stream in self._streams.items():
            if entry.digest_id in (0, number):
                yield p4r.Entity(digest_entry=p4r.DigestEntry(digest_id=number, config=stream.config))

    # ---- data

    def sample(self, name: str, values: Values, now: int) -> None:
        """Take a sample; it is dropped if nobody asked for it, or if it is on its way to the client."""
        digest = self._schema.digest_by_name(name)
        stream = self._streams.get(digest.id) if digest else None
        if stream is None or values in stream.buffer:
            return
        if stream.unacknowledged.get(values, 0) > now:
            return
        if not stream.buffer:
            stream.since = now
        stream.buffer[values] = None

    def acknowledge(self, ack: p4r.DigestListAck) -> None:
        """Forget a list; INVALID_ARGUMENT for a digest that P4Info does not have."""
        if ack.digest_id not in self._schema.digests:
            raise StatusError(INVALID_ARGUMENT, f"no digest has the id {ack.digest_id}")
        stream = self._streams.get(ack.digest_id)
        if stream is not None:
            for values in stream.lists.pop(ack.list_id, []):
                stream.unacknowledged.pop(values, None)

    def due(self, now: int) -> Iterator[p4r.DigestList]:
        """The lists that must be sent now; they count as sent."""
        for number, stream in self._streams.items():
            limit = min(stream.config.max_list_size or MAX_LIST, DIGEST_LIST_MAX)
            while stream.buffer and (len(stream.buffer) >= limit or now >= stream.deadline()):
                yield self._take(number, stream, limit, now)

    def deadline(self) -> int | None:
        """When a buffered sample must be sent at the latest."""
        times = [time for s in self._streams.values() if s.buffer and (time := s.deadline()) != NEVER]
        return min(times, default=None)

    def _take(self, number: int, stream: _Stream, limit: int, now: int) -> p4r.DigestList:
        samples = list(stream.buffer)[:limit]
        for values in samples:
            del stream.buffer[values]
        stream.since = now
        stream.last_list += 1
        self._expire(stream, now)
        if stream.config.ack_timeout_ns:
            stream.lists[stream.last_list] = samples
            stream.unacknowledged.update((values, now + stream.config.ack_timeout_ns) for values in samples)
            while len(stream.unacknowledged) > DIGEST_CACHE_MAX:
                for values in stream.lists.pop(next(iter(stream.lists))):
                    del stream.unacknowledged[values]
        message = p4r.DigestList(digest_id=number, list_id=stream.last_list)
        digest = self._schema.digests[number]
        types = self._schema.types
        message.data.extend(p4data.encode(digest.type_spec, types, iter(values)) for values in samples)
        return message

    @staticmethod
    def _expire(stream: _Stream, now: int) -> None:
        expired = {values for values, until in stream.unacknowledged.items() if until <= now}
        for values in expired:
            del stream.unacknowledged[values]
        if expired:
            stream.lists = {n: left for n, vs in stream.lists.items() if (left := [v for v in vs if v not in expired])}
