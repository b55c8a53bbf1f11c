"""A second simple_switch, plain and slow: BMv2 JSON as its format is documented, Python's integers, linear search.

The oracle for the native switch (scripts/fuzz switch) and for the compiler's JSON. It shares nothing with `switch` and
is itself held against BMv2's records of all golden programs (records.py). Read in this order:

    headers.py      header types, instances, stacks, unions; the fields of a program and of a packet
    expressions.py  expressions of the JSON -> functions of a packet and an action's data
    hashes.py       hash algorithms; calculations.py: their inputs, checksums
    primitives.py   actions; state.py: counters, registers; meters.py: rates and colours
    parser.py       parser and deparser
    tables.py       entries, look-up, action profiles
    model.py        the order of simple_switch: ingress, traffic manager, egress

    model = Model(json)
    model.tables["MyIngress.t"].add(Entry((("exact", 5),), ("action", "MyIngress.set", [1])))
    model.send(port, data)

What BMv2 leaves undefined is decided so: fields of headers that were never valid are 0, an invalid header keeps its
fields, an index outside of a stack is its last element, a division by what is not positive gives 0.
"""

from tests.bmv2_model.model import Model, Overload, Sent
from tests.bmv2_model.tables import Entry

__all__ = ["Entry", "Model", "Overload", "Sent"]
