"""The body of an answer: read within bounds, unpacked, and checked to be whole JSON."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn

import msgspec

from dedupe.language import N_

BOM = b"\xef\xbb\xbf"
_HALF = b"\\ud"  # how JSON writes half a character of those beyond 0xFFFF
_WHOLE = msgspec.json.Decoder(msgspec.Raw)  # walks the text, builds nothing


class GarbledError(Exception):
    """The answer is not what was asked for; `reason` is marked for translation."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooLargeError(Exception):
    """The answer is larger than any that is meant."""


def read_body(
    chunks: Iterable[bytes],
    headers: Mapping[str, str],
    limit: int,
    check: Callable[[int], None] = lambda n: None,
) -> bytes:
    """Return the unpacked body, at most `limit` bytes of it packed or unpacked.

    `check` is called with the size of each piece that came, and may raise.
    """
    unpack = _unpacker(headers.get("content-encoding", ""), limit)
    parts: list[bytes] = []
    n_raw = n_body = 0
    for chunk in chunks:
        check(len(chunk))
        n_raw += len(chunk)
        part = unpack(chunk, False)
        n_body += len(part)
        if max(n_raw, n_body) > limit:
            raise TooLargeError
        parts.append(part)
    parts.append(unpack(b"", True))
    told = headers.get("content-length", "").strip()
    if told.isdigit() and "transfer-encoding" not in headers and int(told[:18]) != n_raw:
        raise GarbledError(N_("its length is not the one announced"))
    return b"".join(parts)


def _unpacker(encoding: str, limit: int) -> Callable[[bytes, bool], bytes]:
    kind = encoding.strip().lower()
    if kind in ("", "identity"):
        return lambda chunk, is_end: chunk
    if kind not in ("gzip", "x-gzip", "deflate"):
        raise GarbledError(N_("it is packed in a way that was not asked for"))
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its first bytes
    room = limit

    def unpack(chunk: bytes, is_end: bool) -> bytes:
        nonlocal room
        try:
            part = inflater.decompress(chunk, room + 1)
        except zlib.error:
            raise GarbledError(N_("it can't be unpacked")) from None
        room -= len(part)
        if room < 0 or inflater.unconsumed_tail:
            raise TooLargeError
        if inflater.unused_data or (is_end and not inflater.eof):
            raise GarbledError(N_("it can't be unpacked"))
        return part

    return unpack


def kind_of(body: bytes) -> str:
    """Tell what a body looks like: "empty", "html", "json" or "other"."""
    text = body.removeprefix(BOM).lstrip()
    if not text:
        return "empty"
    if text[:1] == b"<":
        return "html"
    return "json" if text[:1] in b"{[" else "other"


def whole_json(body: bytes, content_type: str) -> bytes:
    """Return `body` without a byte order mark when it is one whole JSON text in UTF-8."""
    text = body.removeprefix(BOM)
    if kind_of(text) == "html" or _is_page(content_type):
        raise GarbledError(N_("it is a web page"))
    try:
        text.decode("utf-8")
        _WHOLE.decode(text)
    except UnicodeDecodeError:
        raise GarbledError(N_("it is not in UTF-8")) from None
    except RecursionError:
        raise GarbledError(N_("it is nested without end")) from None
    except msgspec.DecodeError:
        if not _is_loose_json(text):
            raise GarbledError(N_("it is cut off or is no JSON")) from None
    return text


def _is_loose_json(text: bytes) -> bool:
    """Tell whether it is JSON but for half a character: a name cut in the middle of an emoji."""
    if _HALF not in text.lower():
        return False
    try:
        json.loads(text.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False
    return True


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)  # NaN and Infinity are Python's own


def _is_page(content_type: str) -> bool:
    # Plain text or nothing is what small imitations say of their JSON: its text decides.
    kind = content_type.partition(";")[0].strip().lower()
    is_markup = kind.endswith(("html", "xml")) or kind.startswith(("image/", "video/", "audio/"))
    return is_markup and "json" not in kind
