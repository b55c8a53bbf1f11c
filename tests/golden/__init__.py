"""Recorded cases of p4c and BMv2, replayed on our switch through real P4Runtime messages.

v1model/NAME/: a program, p4c's JSON and P4Info for it, and steps.yaml: what was done to BMv2 and what it answered.
switch.py runs a switch in this process, client.py is its client, replay.py compares step by step.
exceptions.yaml lists the steps where the specification asks for something else than BMv2 does; not_reached.yaml the
programs that do not pass yet.
"""
