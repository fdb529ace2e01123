"""The sections of a report, and which of them a check belongs to."""

from __future__ import annotations

from dedupe.language import N_

SECTIONS = {
    "counts": N_("Size of the account"),
    "data": N_("Data of cards"),
    "duplicates": N_("Duplicates"),
    "work": N_("Deals and tasks"),
    "funnel": N_("Funnel and stages"),
    "fields": N_("Fields and tags"),
    "users": N_("Users and rights"),
    "integrations": N_("Integrations"),
    "sources": N_("Sources"),
    "talks": N_("Calls, letters and chats"),
    "lists": N_("Call lists"),
    "managers": N_("Managers"),
    "sales": N_("Sales"),
    "manual": N_("Checked by hand"),
    "other": N_("Other checks"),
}
# The longest prefix that fits a code decides: TSK301 counts task types, which are settings.
_PREFIXES = {
    "ACC": "counts",
    "ADV": "sources",
    "CAL": "talks",
    "CHT": "talks",
    "CNT": "counts",
    "CUS": "data",
    "DEAL": "work",
    "DUP": "duplicates",
    "EML": "data",
    "ENR": "data",
    "EVT": "funnel",
    "FLD": "fields",
    "FUN": "sales",
    "FUN5": "talks",
    "INT": "integrations",
    "KPI": "sales",
    "LNK": "data",
    "LOS": "work",
    "LOS2": "funnel",
    "LOS3": "sales",
    "LST": "lists",
    "MAIL": "talks",
    "MAN": "manual",
    "MGR": "managers",
    "NAM": "data",
    "NOT": "talks",
    "OWN": "users",
    "PHN": "data",
    "PIP": "funnel",
    "REG": "work",
    "SRC": "sources",
    "STG": "funnel",
    "TAG": "fields",
    "TSK": "work",
    "TSK3": "fields",
    "UNS": "work",
    "USR": "users",
    "WHATIF": "sales",
}


def section_of(code: str) -> str:
    """Return the key of the section of `SECTIONS` that a check belongs to."""
    fits = [prefix for prefix in _PREFIXES if code.startswith(prefix)]
    return _PREFIXES[max(fits, key=len)] if fits else "other"
