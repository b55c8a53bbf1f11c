"""Packet tests in STF, the notation of p4c's own tests: a text file in, what differed from it out.

statements.py (what a file can say) -> reader.py (text -> statements; errors by line) -> names.py, keys.py (the short
names and values of a file -> those of a program) -> runner.py (statements -> packets and table writes on an Engine)
-> cli.py (`p4gate stf`). docs/stf.md describes the notation.
"""
