"""How many examples a property gets: a share in the suite, all of them in the long runs."""

from __future__ import annotations

import os

from hypothesis import settings

# A kernel that is compiled at its first example breaks any deadline.
settings.register_profile("share", max_examples=40, deadline=None)
settings.register_profile("all", max_examples=100, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "share"))
