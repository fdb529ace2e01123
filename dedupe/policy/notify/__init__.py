"""Notices: the owner hears by mail, webhook or Telegram what changed and what needs a person."""

from .notice import SCHEMA, Kind, Move, Notice
from .run import Notices, Post
from .store import FILE_NAME, OUTBOX_MAX, n_waiting, read_shelf

__all__ = [
    "FILE_NAME",
    "OUTBOX_MAX",
    "SCHEMA",
    "Kind",
    "Move",
    "Notice",
    "Notices",
    "Post",
    "n_waiting",
    "read_shelf",
]
