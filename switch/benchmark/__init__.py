"""How quick the switch is: wire.py (packets over veth pairs), writes.py (P4Runtime). Called by scripts/bench.

bare.c stands in for a pipeline and does nothing, so that wire.py can tell what ports and threads alone cost; traffic.c
makes and counts the packets.
"""
