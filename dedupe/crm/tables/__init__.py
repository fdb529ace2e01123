"""CSV, XLSX and Parquet exports of any CRM, read as an account."""

from __future__ import annotations

from dedupe.crm.tables.options import TableOptions
from dedupe.crm.tables.read import read_tables
from dedupe.crm.tables.traits import trait_fields

__all__ = ["TableOptions", "read_tables", "trait_fields"]
