"""Updates while packets run. Oracle: the packets' contents, which say what state of each table they met."""

from __future__ import annotations

import json
import struct
import threading

from finsy.proto import U128, p4r
from golden.client import Client
from golden.switch_thread import SwitchThread

from tests.fuzz.traffic.updates import compiled, run

PACKET = struct.Struct(">II IQ IQ IQ")  # states.p4
VERSIONS = 200


def test_no_packet_is_lost_to_updates_or_meets_half_an_entry() -> None:
    seen = run(updates=3000)
    assert seen.packets > 0 and seen.received == seen.packets
    assert not seen.wrong, seen.first
    assert seen.rolled_back > 0


def test_packets_meet_all_of_a_dataplane_atomic_batch_or_nothing() -> None:
    program = compiled()

    def write(client: Client) -> None:
        """One entry of each table, all three to the same version in one batch."""
        for version in range(1, VERSIONS + 1):
            kind = p4r.Update.INSERT if version == 1 else p4r.Update.MODIFY
            request = p4r.WriteRequest(atomicity=p4r.WriteRequest.DATAPLANE_ATOMIC, election_id=U128.encode(1))
            for table in program.p4info.tables:
                entry = request.updates.add(type=kind).entity.table_entry
                entry.table_id = table.preamble.id
                field = entry.match.add(field_id=1)
                if table.preamble.name == "I.exact_table":
                    field.exact.value = b"\7"
                elif table.preamble.name == "I.prefix_table":
                    field.lpm.value, field.lpm.prefix_len = b"\7", 32
                else:
                    field.ternary.value, field.ternary.mask, entry.priority = b"\7", b"\xff", 1
                entry.action.action.action_id = table.action_refs[0].id
                entry.action.action.params.add(param_id=1, value=version.to_bytes(2, "big"))
                entry.action.action.params.add(param_id=2, value=b"\1")
            client.write(request)

    with SwitchThread() as switch, Client(switch.address) as client:
        client.arbitrate()
        client.set_pipeline(program.p4info, json.dumps(program.json).encode())
        writer = threading.Thread(target=write, args=(client,))
        writer.start()
        versions: list[int] = []
        sent = 0
        while writer.is_alive() or not sent:
            for _ in range(32):
                switch.plane.inject(2, PACKET.pack(sent, 7, 0, 0, 0, 0, 0, 0))
                sent += 1
            switch.plane.settle()
            for port, data in switch.plane.take():
                _, _, exact, _, prefix, _, rule, _ = PACKET.unpack(data)
                assert port == 1 and exact == prefix == rule, (exact, prefix, rule)
                versions.append(exact)
        writer.join()
        assert len(versions) == sent and versions == sorted(versions)
        switch.plane.inject(2, PACKET.pack(sent, 7, 0, 0, 0, 0, 0, 0))
        switch.plane.settle()
        [(_, data)] = switch.plane.take()
        assert PACKET.unpack(data)[2] == VERSIONS
