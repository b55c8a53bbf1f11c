"""A lab file in, a running lab out: namespaces, links, hosts with kernel VXLAN devices, VMs, switches.

model.py -> graph.py -> network.py (namespace.py, link.py, overlay.py) -> supervisor.py, which holds it; cli.py asks.
The supervisor owns every namespace through an open file descriptor and every switch as a child that dies with it, so
that the kernel takes the whole lab away when the supervisor ends, however it ends.
`prober.py` and `tcp_flow.py` send real traffic between the VMs; `simulated.py` does it where there is no root.
"""
