"""What a program does, without running it: control flow, what storage each part touches, which table waits for which.

accesses.py says what a piece of code reads and writes; flow.py turns a control into a graph of tables, conditions and
statements with all inner controls written out; dependencies.py finds from both which node must wait for which, and how
many stages that takes; parsing.py measures the state graph of a parser; wording.py quotes source text in one line.

All of it reads the typed tree as the checker made it, so that everything has the name and place that the programmer
gave it. `graph/` draws the results, `report/` writes them down. The definitions stand in docs/graphs.md.
"""
