"""Checks of the account's structure: fields, tags, stages, sources, reasons, the regulation."""

from . import (
    deletion,
    fields,
    losses,
    marks,
    movement,
    overdue,
    pipelines,
    regulation,
    required,
    sources,
    spellings,
    tags,
)

__all__ = [
    "deletion",
    "fields",
    "losses",
    "marks",
    "movement",
    "overdue",
    "pipelines",
    "regulation",
    "required",
    "sources",
    "spellings",
    "tags",
]
