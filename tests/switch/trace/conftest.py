"""`golden` is a package of its own beside `switch`: its client and its switch in a thread are used here."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
