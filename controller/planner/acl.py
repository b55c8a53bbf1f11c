"""A tenant's access list -> ternary entries with priorities.

The first matching rule decides, but only rules that overlap and disagree need an order: a rule's priority is one more
than the highest among the later rules that overlap it and say the opposite. So a rule put into a long list changes
the entries of few others, and the same list always gives the same entries. Ports are spelt out as prefixes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..intent.models import Tenant
from ..intent.policy import ANYWHERE, Region, region
from .layout import Key, Rows, Value

_ANY = (0, 0)
_VERDICT: dict[str, Value] = {"allow": ("permit",), "deny": ("deny",)}


def acl_rows(tenant_id: int, tenant: Tenant) -> Rows:
    """Entries of table `acl` for one tenant. What no rule matches is permitted by the table's default action."""
    rules = [(region(tenant, rule), _VERDICT[rule.action]) for rule in tenant.acl]
    if tenant.acl_default == "deny":
        rules.append((Region(ANYWHERE, ANYWHERE, None, None), _VERDICT["deny"]))
    rows: Rows = {}
    for (what, verdict), priority in zip(rules, priorities(rules), strict=True):
        for key in _keys(tenant_id, what, priority):
            rows[key] = verdict
    return rows


def priorities(rules: list[tuple[Region, Value]]) -> list[int]:
    """One priority a rule, 1 or more; the higher wins."""
    boxes = [_box(what) for what, _ in rules]
    result = [1] * len(rules)
    for i in range(len(rules) - 1, -1, -1):
        verdict = rules[i][1]
        for j in range(i + 1, len(rules)):
            if result[j] >= result[i] and rules[j][1] != verdict and _overlap(boxes[i], boxes[j]):
                result[i] = result[j] + 1
    return result


_Box = tuple[int, int, int, int, int, int, int, int]


def _box(what: Region) -> _Box:
    """Lowest and highest source, destination, protocol and port. No port (-1) lies only in a rule without ports."""
    low_proto, high_proto = (0, 255) if what.proto is None else (what.proto, what.proto)
    low_port, high_port = (-1, 65535) if what.ports is None else what.ports
    source, to = what.source, what.to
    return (
        int(source.network_address),
        int(source.broadcast_address),
        int(to.network_address),
        int(to.broadcast_address),
        low_proto,
        high_proto,
        low_port,
        high_port,
    )


def _overlap(a: _Box, b: _Box) -> bool:
    return (
        a[0] <= b[1]
        and b[0] <= a[1]
        and a[2] <= b[3]
        and b[2] <= a[3]
        and a[4] <= b[5]
        and b[4] <= a[5]
        and a[6] <= b[7]
        and b[6] <= a[7]
    )


def _keys(tenant_id: int, what: Region, priority: int) -> Iterator[Key]:
    source = (int(what.source.network_address), int(what.source.netmask))
    to = (int(what.to.network_address), int(what.to.netmask))
    proto = _ANY if what.proto is None else (what.proto, 0xFF)
    if what.ports is None:
        yield (tenant_id, source, to, proto, _ANY, _ANY, _ANY, priority)
        return
    for prefix in port_prefixes(what.ports.low, what.ports.high):
        yield (tenant_id, source, to, proto, (1, 1), _ANY, prefix, priority)


def port_prefixes(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The fewest (value, mask) pairs of 16 bits that cover [low, high] exactly: at most 30."""
    while low <= high:
        size = low & -low or 1 << 16
        while low + size - 1 > high:
            size >>= 1
        yield low, 0xFFFF & ~(size - 1)
        low += size
