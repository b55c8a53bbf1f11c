"""A packet's end in a few words, for tables of many packets."""

from __future__ import annotations

from switch.trace.events import Trace

HEAD = f"{'number':>6}  {'bytes':>5}  what became of it"


def row(number: int, trace: Trace, cut: bool) -> str:
    note = "  (cut off in the file)" if cut else ""
    return f"{number:>6}  {len(trace.data):>5}  {end(trace)}{note}"


def end(trace: Trace) -> str:
    """Where it left, else why it did not."""
    parts = []
    if trace.sent:
        ports = list(dict.fromkeys(port for port, _ in trace.sent))
        parts.append(f"sent to port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))}")
    if trace.to_cpu:
        parts.append("sent to the controller")
    for passage in trace.passages():
        for fate in passage.fates:
            if fate.what in ("dropped", "no_clone", "no_copy") and (fate.text not in parts):
                parts.append(fate.text)
    if trace.packet.parser_error not in ("", "NoError"):
        parts.append(f"parser error {trace.packet.parser_error}")
    if not all(c.right for c in trace.packet.checksums):
        parts.append("wrong checksum")
    return "; ".join(parts) or "nothing was sent"
