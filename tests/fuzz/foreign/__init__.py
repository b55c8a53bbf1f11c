"""BMv2 JSON that no compiler wrote: recorded programs with parts changed, or with bytes changed.

damaged.py      the text of a seed
survive.py      one text through loader, code generation, C compiler and switch, in a process with limits
campaign.py     many of them: `scripts/fuzz json`
"""
