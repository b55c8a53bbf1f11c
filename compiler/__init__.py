"""P4_16 source in, BMv2 JSON and P4Info out.

source.py -> lexer.py -> parser/ -> check/ -> passes/ -> backends/bmv2/, backends/p4info/
Every stage is a function from one value to the next; the list of them is in driver.py, and only source.py reads files.
"""
