"""Table updates under traffic: every packet shows in its contents which state of each table it met.

states.p4 (the program), checker.c (packets, and what they may show), updates.py (the writer, and the run of both).
"""
