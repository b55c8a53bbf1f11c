"""A client that sends real P4Runtime messages, changed at random, to a real server.

recorded.py     the messages of the golden programs' records
mutate.py       a message changed in its fields or in its bytes
attack.py       a server with a program, many messages to it, and what must hold after each
worker.py       that in a process of its own; campaign.py: many such processes (`scripts/fuzz p4runtime`)
"""
