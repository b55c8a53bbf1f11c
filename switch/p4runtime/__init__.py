"""The P4Runtime server: P4Runtime messages in, engine calls out (P4Runtime 1.5, a superset of 1.4).

status.py, canonical.py  how a no is said; integers as byte strings
arbitration.py, roles.py who may write, and what (pure)
translation.py, data_widths.py, translation_use.py
                         types that the control plane sees as strings, or in another width
schema.py                P4Info, indexed
field_values.py, match.py, actions.py, p4data.py, packetio.py, port_numbers.py
                         values: match fields, actions, P4Data, controller headers, ports (pure)
entries.py, tables.py, direct.py, profiles.py, arrays.py, meters.py, registers.py, value_sets.py, replication.py,
digests.py               one file for each kind of entity: write, undo, read
native_tables.py         plain table entries, written and read in C
device.py                one device: its pipeline, batches of updates, reads
config.py, reconcile.py  the running and the saved pipeline; the state of one carried over to the next
limits.py, lock.py, stream.py, snapshot.py, complaints.py
                         what a client may take: turns, memory, log lines
servicer.py              requests to the device, streams to clients
rpc.py, server.py        gRPC: bytes to requests, errors to statuses

Read them in this order. Up to device.py nothing knows of sockets or threads.
"""
