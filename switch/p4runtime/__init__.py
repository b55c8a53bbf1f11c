"""The P4Runtime server: P4Runtime messages in, engine calls out (P4Runtime 1.5, a superset of 1.4).

status.py, canonical.py  how a no is said; integers as byte strings
arbitration.py           who may write (pure)
schema.py                P4Info, indexed
match.py, actions.py, p4data.py, packetio.py
                         values: match fields, actions, P4Data, controller headers (pure)
tables.py, profiles.py, arrays.py, replication.py, digests.py
                         one file for each kind of entity: write, undo, read
device.py                one device: its pipeline, batches of updates, reads
servicer.py, server.py   gRPC: requests to the device, streams to clients

Read them in this order. Up to device.py nothing knows of sockets or threads.
"""
