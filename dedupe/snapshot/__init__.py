"""The columnar copy of an account: Parquet tables and a manifest."""

from .folder import check_writable, staged_folder
from .store import is_snapshot, open_snapshot, snapshot_id, write_snapshot

__all__ = [
    "check_writable",
    "is_snapshot",
    "open_snapshot",
    "snapshot_id",
    "staged_folder",
    "write_snapshot",
]
