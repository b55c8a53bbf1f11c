"""Random programs and damaged source: what `scripts/fuzz` runs and a bounded slice of it among the tests.

evaluator/ says what a program means, generator/ makes programs, cases.py holds one program with its packets,
compare.py runs it on both and tells the differences, shrink.py makes a failing one small, damaged.py and survive.py
feed the compiler with text that is no program, each in a child process with limits (child.py). See docs/fuzzing.md.
"""
