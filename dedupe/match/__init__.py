"""Records that are the same real thing: groups, and later pairs and clusters."""

from .clusters import build_clusters
from .exact import build_groups, id_order

__all__ = ["build_clusters", "build_groups", "id_order"]
