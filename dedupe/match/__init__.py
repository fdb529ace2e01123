"""Records that are the same real thing: groups by key, and pairs and clusters by all evidence."""

from .engine import Matched, MatchOptions, match_records
from .estimate import Labels
from .exact import build_groups, id_order
from .frames import clusters_frame, join_pairs, pairs_frame
from .one_to_one import Assignment
from .records import Evidence, build_records

__all__ = [
    "Assignment",
    "Evidence",
    "Labels",
    "MatchOptions",
    "Matched",
    "build_groups",
    "build_records",
    "clusters_frame",
    "id_order",
    "join_pairs",
    "match_records",
    "pairs_frame",
]
