"""A real simple_switch_grpc behind the Engine's interface: started, filled, fed with packets and stopped.

    process.py -> nn.py -> client.py -> bmv2.py

process.py runs the program, nn.py carries packets in and out (PTF's nn socket), client.py speaks P4Runtime to it,
bmv2.py puts them together as `Bmv2`, whose methods are those of switch.engine.Engine as far as P4Runtime can say them.
So what is asked of our switch can be asked of BMv2, where it is on the PATH; elsewhere NotInstalled says in one line
that it is not.
"""

from switch.bmv2.bmv2 import Bmv2
from switch.bmv2.process import NotInstalled, installed

__all__ = ["Bmv2", "NotInstalled", "installed"]
