"""A typed program -> C for exactly this program.

unit.py puts the file together. layout.py decides where everything is (the engine reads it too); values.py,
intervals.py, references.py, exact_values.py and expressions.py keep BMv2's arithmetic exact; statements.py has the
primitives; headers.py, parsers.py, tables.py, controls.py, calculations.py and deparser.py each write one kind of
function; dataflow.py tells what code may write.
What all programs share is C in switch/runtime/ (packet.h, actions.h, driver.h).
"""

from switch.codegen.unit import Unit, generate

__all__ = ["Unit", "generate"]
