"""No limits: for a copy, where nothing can be harmed."""

from __future__ import annotations

import sys

from dedupe.plan import Limits

NO_LIMITS = Limits(max_changes=sys.maxsize, max_fraction=1.0)
