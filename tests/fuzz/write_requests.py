"""Random P4Runtime WriteRequests for a program: mostly right, over few keys, with all that can be wrong with them.

A request is made of messages first, then now and then its bytes are damaged: what a client's bug or an attacker sends.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from finsy.proto import p4r

from switch.p4runtime.canonical import encode
from switch.p4runtime.schema import Action, Kind, MatchField, Schema, Table

ATOMICITIES = (
    p4r.WriteRequest.CONTINUE_ON_ERROR,
    p4r.WriteRequest.CONTINUE_ON_ERROR,
    p4r.WriteRequest.ROLLBACK_ON_ERROR,
    p4r.WriteRequest.DATAPLANE_ATOMIC,
)
KINDS = (p4r.Update.INSERT, p4r.Update.INSERT, p4r.Update.MODIFY, p4r.Update.DELETE)


class Requests:
    """Requests for one program from one seed."""

    def __init__(self, schema: Schema, seed: int) -> None:
        self.rng = random.Random(seed)
        self._schema = schema
        self._tables = list(schema.tables.values())

    def next(self, most: int = 40) -> bytes:
        """A WriteRequest on the wire."""
        rng = self.rng
        request = p4r.WriteRequest(device_id=1, atomicity=rng.choice(ATOMICITIES))
        wrong = rng.choice((0.0, 0.0, 0.02, 0.2))
        table = rng.choice(self._tables)
        for _ in range(rng.randrange(1, most)):
            if rng.random() < 0.3:
                table = rng.choice(self._tables)
            self._update(request.updates.add(), table, wrong)
        data = request.SerializeToString()
        return self.damage(data) if rng.random() < 0.1 else data

    def damage(self, data: bytes) -> bytes:
        """Some bytes flipped, cut out or doubled."""
        rng, damaged = self.rng, bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(damaged)) if damaged else 0
            what = rng.randrange(4)
            if what == 0 and damaged:
                damaged[at] ^= 1 << rng.randrange(8)
            elif what == 1:
                del damaged[at : at + rng.randrange(1, 9)]
            elif what == 2:
                damaged[at:at] = damaged[at : at + rng.randrange(1, 40)]
            elif damaged:
                damaged[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x12, 0x1A, 0x22))
        return bytes(damaged)

    # ---- updates

    def _update(self, update: p4r.Update, table: Table, wrong: float) -> None:
        rng = self.rng
        update.type = rng.choice(KINDS)
        if rng.random() < 0.05:
            self._something_else(update, table)
            return
        entry = update.entity.table_entry
        entry.table_id = table.id
        for field in table.fields:
            self._match(entry, field)
        if rng.random() < 0.2:
            entry.match.sort(key=lambda _: rng.random())
        if table.has_priority:
            entry.priority = rng.choice((1, 1, 2, 1000))
        if update.type != p4r.Update.DELETE or rng.random() < 0.3:
            self._action(entry, table)
        if rng.random() < 0.03:
            entry.metadata = rng.choice((b"", b"mine"))
        if rng.random() < 0.03:
            entry.controller_metadata = rng.randrange(3)
        if table.idle_timeout and rng.random() < 0.2:
            entry.idle_timeout_ns = 10**15
        if table.direct_counter and rng.random() < 0.2:
            entry.counter_data.packet_count = rng.randrange(5)
        if table.direct_meter and rng.random() < 0.2:
            rates = entry.meter_config
            rates.cir, rates.cburst, rates.pir, rates.pburst = 10, 20, 30, 40
        if rng.random() < wrong:
            rng.choice(self._WRONG)(self, update, table)

    def _something_else(self, update: p4r.Update, table: Table) -> None:
        """An update of another kind of entity, or of none."""
        rng = self.rng
        profile = rng.choice([*self._schema.profiles.values(), None])
        which = rng.randrange(4)
        if which == 0 and profile is not None:
            member = update.entity.action_profile_member
            member.action_profile_id, member.member_id = profile.id, rng.randrange(1, 4)
            self._fill_action(member.action, rng.choice(list(profile.actions.values())))
        elif which == 1 and not table.profile:
            update.type = p4r.Update.MODIFY
            update.entity.table_entry.table_id = table.id
            update.entity.table_entry.is_default_action = True
            if rng.random() < 0.7:
                self._action(update.entity.table_entry, table)
        elif which == 2 and self._schema.counters:
            counter = update.entity.counter_entry
            update.type = p4r.Update.MODIFY
            counter.counter_id = rng.choice(list(self._schema.counters))
            counter.index.index, counter.data.packet_count = 0, rng.randrange(9)
        else:
            update.entity.SetInParent()

    def _value(self, width: int) -> int:
        """One of a few values, small ones and large ones."""
        full = (1 << width) - 1
        return self.rng.choice((0, 1, 2, 3, full, full - 1, 0x0A000001 & full, 0x123456789ABCDEF0 & full))

    def _bytes(self, value: int) -> bytes:
        return bytes(self.rng.choice((0, 0, 0, 0, 0, 1, 5))) + encode(value)

    def _match(self, entry: p4r.TableEntry, field: MatchField) -> None:
        rng, width = self.rng, field.width
        if field.kind is not Kind.EXACT and rng.random() < 0.25:
            return
        item = p4r.FieldMatch(field_id=field.id)
        value, full = self._value(width), (1 << width) - 1
        if field.kind is Kind.EXACT:
            item.exact.value = self._bytes(value)
        elif field.kind is Kind.OPTIONAL:
            item.optional.value = self._bytes(value)
        elif field.kind is Kind.LPM:
            item.lpm.prefix_len = length = rng.choice((1, width, width, max(1, width // 2)))
            item.lpm.value = self._bytes(value >> (width - length) << (width - length))
        elif field.kind is Kind.TERNARY:
            mask = rng.choice((full, 1, full & ~1 or 1, 0x0F0F0F0F0F & full or 1))
            item.ternary.mask, item.ternary.value = self._bytes(mask), self._bytes(value & mask)
        else:
            low, high = sorted((value, self._value(width)))
            if (low, high) == (0, full):
                return
            item.range.low, item.range.high = self._bytes(low), self._bytes(high)
        entry.match.append(item)

    def _action(self, entry: p4r.TableEntry, table: Table) -> None:
        rng = self.rng
        if table.profile and rng.random() < 0.9:
            entry.action.action_profile_member_id = rng.randrange(1, 4)
            return
        self._fill_action(entry.action.action, rng.choice(list(table.actions.values())))

    def _fill_action(self, message: p4r.Action, action: Action) -> None:
        message.action_id = action.id
        for param in action.params:
            message.params.add(param_id=param.id, value=self._bytes(self._value(param.width)))
        if self.rng.random() < 0.2:
            message.params.sort(key=lambda _: self.rng.random())

    # ---- what can be wrong

    def _wrong_kind(self, update: p4r.Update, table: Table) -> None:
        update.type = self.rng.choice((0, 7))  # type: ignore[assignment]

    def _wrong_table(self, update: p4r.Update, table: Table) -> None:
        update.entity.table_entry.table_id = self.rng.choice((0, 1, table.id + 1))

    def _wrong_priority(self, update: p4r.Update, table: Table) -> None:
        update.entity.table_entry.priority = self.rng.choice((0, 5, -1, -(1 << 31)))

    def _wrong_match(self, update: p4r.Update, table: Table) -> None:
        match, rng = update.entity.table_entry.match, self.rng
        if not match:
            match.add(field_id=9).exact.value = b"\1"
            return
        at = rng.randrange(len(match))
        which = rng.randrange(6)
        if which == 0:
            del match[at]
        elif which == 1:
            match.append(match[at])
        elif which == 2:
            match[at].field_id = rng.choice((0, 99, 1))
        elif which == 3:
            match[at].ternary.value, match[at].ternary.mask = b"\3", rng.choice((b"", b"\0", b"\1"))
        elif which == 4:
            match[at].lpm.value, match[at].lpm.prefix_len = b"\3", rng.choice((0, -1, 1, 1000))
        else:
            match[at].range.low, match[at].range.high = b"\3", rng.choice((b"", b"\1", b"\xff" * 20))

    def _wrong_value(self, update: p4r.Update, table: Table) -> None:
        match = update.entity.table_entry.match
        if match:
            which = match[self.rng.randrange(len(match))]
            which.exact.value = self.rng.choice((b"", b"\xff" * 40, b"\0" * 40, b"\x01" + b"\0" * 16))

    def _wrong_action(self, update: p4r.Update, table: Table) -> None:
        action, rng = update.entity.table_entry.action, self.rng
        which = rng.randrange(6)
        if which == 0:
            action.Clear()
        elif which == 1:
            action.action.action_id = rng.choice((0, 5))
        elif which == 2:
            action.action.params.add(param_id=1, value=b"\1")
        elif which == 3 and action.action.params:
            del action.action.params[0]
        elif which == 4 and action.action.params:
            action.action.params[0].value = rng.choice((b"", b"\xff" * 30))
        else:
            action.action_profile_group_id = 1

    def _wrong_extra(self, update: p4r.Update, table: Table) -> None:
        entry, rng = update.entity.table_entry, self.rng
        which = rng.randrange(6)
        if which == 0:
            entry.is_const = True
        elif which == 1:
            entry.is_default_action = True
        elif which == 2:
            entry.idle_timeout_ns = rng.choice((5, -5))
        elif which == 3:
            entry.time_since_last_hit.elapsed_ns = 1
        elif which == 4:
            entry.meter_config.cir = 1
        else:
            entry.counter_data.byte_count = 1

    _WRONG: tuple[Callable[[Requests, p4r.Update, Table], None], ...] = (
        _wrong_kind,
        _wrong_table,
        _wrong_priority,
        _wrong_match,
        _wrong_value,
        _wrong_action,
        _wrong_extra,
    )
