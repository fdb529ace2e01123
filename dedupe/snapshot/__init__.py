"""The columnar copy of an account: Parquet tables and a manifest."""
