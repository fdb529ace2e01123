"""Cohorts, funnels, managers, call lists, and where duplicates come from."""

from . import (
    causes,
    cohorts,
    funnel,
    imports,
    inflow,
    kpi,
    list_control,
    losses,
    managers,
    suspicious,
    whatif,
)

__all__ = [
    "causes",
    "cohorts",
    "funnel",
    "imports",
    "inflow",
    "kpi",
    "list_control",
    "losses",
    "managers",
    "suspicious",
    "whatif",
]
