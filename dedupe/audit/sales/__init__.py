"""Cohorts, funnels, managers, call lists, and where duplicates come from."""

from . import (
    bad_contacts,
    causes,
    cohorts,
    funnel,
    imports,
    inflow,
    kpi,
    list_control,
    list_deals,
    losses,
    managers,
    suspicious,
    whatif,
    win_rates,
)

__all__ = [
    "bad_contacts",
    "causes",
    "cohorts",
    "funnel",
    "imports",
    "inflow",
    "kpi",
    "list_control",
    "list_deals",
    "losses",
    "managers",
    "suspicious",
    "whatif",
    "win_rates",
]
