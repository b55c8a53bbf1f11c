"""BMv2 JSON in, packets forwarded: a native-speed P4 switch.

bmv2_json/ (JSON -> typed program) -> codegen/ (typed program -> C for exactly it) -> build.py (C -> shared object)
-> engine.py (a loaded pipeline: tables, counters, packets as Python calls; runtime/ is the C beneath it)
-> ports.py, p4runtime/, cli.py (a running switch).
"""
