"""CSV, XLSX and Parquet exports of any CRM, read as an account."""
