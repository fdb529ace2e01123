"""A local CRM for demos, rehearsals and tests; never imports crm.

`Sandbox(account)` serves an account on loopback. Its parts are imported when they are
asked for: the demo account alone needs no server.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .amocrm.options import Options
    from .local import Sandbox
    from .server.faults import Action, Fault, read_faults
    from .server.limit import Limit

_PLACES = {
    "Sandbox": "local",
    "Limit": "server.limit",
    "Fault": "server.faults",
    "Action": "server.faults",
    "read_faults": "server.faults",
    "Options": "amocrm.options",
}

__all__ = ["Action", "Fault", "Limit", "Options", "Sandbox", "read_faults"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  the module protocol's own type
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
