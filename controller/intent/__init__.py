"""YAML with line numbers -> a validated intent.

Read in this order: models.py (what a file may say), document.py (YAML and positions), scalars.py (addresses, MACs ...),
check.py (do the parts fit together), derive.py (what may be left out), load.py (joins them).
"""

from .load import load_intent, parse_intent
from .models import Intent
from .problems import IntentError

__all__ = ["Intent", "IntentError", "load_intent", "parse_intent"]
