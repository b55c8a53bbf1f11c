"""The gateway's side of the controller: P4Runtime messages in and out. All of the room's network I/O is here.

Read in this order: pipeline.py (the two files of a program), bind.py (P4Info -> ids and sizes), codec.py (tuples <->
messages), connection.py (the RPCs), errors.py (what can go wrong).
"""
