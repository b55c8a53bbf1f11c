"""Validated intent -> the entries that each switch must hold, by table, field and action name. No I/O.

Read in this order: layout.py (the tables, their order, the form of an entry), tenant_ids.py, acl.py, plan.py.
"""

from .layout import TABLES, State
from .plan import Plan, plan, vnis
from .tenant_ids import NoTenantId

__all__ = ["TABLES", "NoTenantId", "Plan", "State", "plan", "vnis"]
