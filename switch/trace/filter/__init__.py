"""Which packets are wanted: `ipv4.dst==10.0.0.1 && !hit(acl)`.

text -> syntax.py -> tests without names -> names.py -> tests on a program's fields and tables
  -> evaluate.py: of a Trace, true or false
  -> native.py: for C (runtime/packet_test.h), what parsing alone can tell
"""

from switch.trace.filter.evaluate import passes
from switch.trace.filter.names import resolve
from switch.trace.filter.syntax import FilterError, parse
from switch.trace.filter.tests import Test

__all__ = ["FilterError", "Test", "parse", "passes", "resolve"]
