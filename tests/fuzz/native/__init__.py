"""The native switch against the model of simple_switch (tests/bmv2_model): the same updates and packets to both.

case.py        what is done: a program, and steps as plain data; cases are kept as JSON
program.py     programs by name; what a control plane can see of one
updates.py     random updates; packets.py: random packets along the parser's graph; generate.py: a whole case
on_model.py    steps done to the model; on_switch.py: to an Engine with a clock of ours (clock.c, burst.c)
run.py         both, and what differs; shrink.py: fewer steps with the same difference
worker.py      many cases in a process of its own (../processes.py); campaign.py: many such processes
records.py     the records of all golden programs; replay_worker.py: over P4Runtime, traced, counted
"""
