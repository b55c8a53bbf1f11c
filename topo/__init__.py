"""A lab file in, a running lab out: namespaces, links, hosts with kernel VXLAN devices, VMs, switches.

model.py (the file) -> graph.py -> network.py (namespace.py, link.py) -> supervisor.py, which holds the lab; state.py is
what others know of it; cli.py asks. The supervisor owns every namespace through an open file descriptor and every
switch as a child that dies with it, so that the kernel takes the whole lab away however the supervisor ends.
`prober.py` sends real traffic between the VMs; `simulated.py` and `simulated_tcp.py` do it where there is no root.
"""
