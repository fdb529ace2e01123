"""Whether an answer on the wire ended where it said it would.

A server that sends more than it announced leaves bytes which the HTTP library
would take for the beginning of the next answer: a page would be given for
another one. A connection with such a remainder must not be used again.
"""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_BARE = re.compile(rb"HTTP/1\.\d (?:1\d\d|204|304)\b")
_LONGEST_HEAD = 1 << 20
_LAST_CHUNK = b"0\r\n\r\n"


class Framing:
    """Follows the bytes of one answer as they come."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self._head: bytes | None = b""
        self._left: int | None = None  # of the body, where its length was announced
        self._tail = b""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes that came."""
        self.n_bytes += len(piece)
        if self._head is not None:
            piece = self._after_head(self._head + piece)
        if self._left is not None:
            self._left -= len(piece)
        self._tail = (self._tail + piece)[-len(_LAST_CHUNK) :]

    @property
    def has_remainder(self) -> bool:
        """Tell whether bytes came that are not the answer's; asked when it was read whole."""
        if self.n_bytes == 0:
            return False
        if self._left is not None:
            return self._left != 0
        return self._tail != _LAST_CHUNK

    def _after_head(self, head: bytes) -> bytes:
        end = head.find(b"\r\n\r\n")
        if end < 0:
            self._head = head if len(head) < _LONGEST_HEAD else None
            return b""
        self._head = None
        whole, rest = head[: end + 4], head[end + 4 :]
        if _BARE.match(whole):
            self._left = 0
        elif not _CHUNKED.search(whole) and (length := _LENGTH.search(whole)):
            self._left = int(length[1])
        return rest
