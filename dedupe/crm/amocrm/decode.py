"""The bytes of an answer as records of `shapes`.

Almost every page is as documented and is decoded in one go. One that is not is read once
more, record by record: those that fit are decoded as before, the others mended, and those
without a usable id set aside and counted. Raises RemoteError when the answer is no page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NoReturn, TypeVar
from urllib.parse import urlsplit

import msgspec

from dedupe.errors import RemoteError
from dedupe.language import N_

from .mend import Mender, as_list
from .shapes import Envelope, Href, Links

S = TypeVar("S", bound=msgspec.Struct)
_BOM = b"\xef\xbb\xbf"
_FIX = N_("try again later; if it stays, tell the CRM's support, or a proxy stands between")
_WRONG = N_("the answer is not what the CRM's documentation says ({reason})")
_META = frozenset({"_page", "_links", "_embedded", "_page_count", "_total_items"})


@dataclass(slots=True)
class Decoded(Generic[S]):
    """The records of a page, how many had to be set aside, how many values were mended away."""

    items: list[S]
    links: Links
    page_count: int | None = None
    total_items: int | None = None
    n_quarantined: int = 0
    n_mended: int = 0


def decode_page(kind: type[S], key: str, body: bytes, where: str) -> Decoded[S]:
    """Decode a page of the list `key`; no body at all (204) is an empty one."""
    body = body.removeprefix(_BOM).strip()
    if not body:
        return Decoded([], Links())
    try:
        page = _decoder(kind).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _mended_page(kind, key, parse(body, where), where)
    if isinstance(page.embedded, msgspec.UnsetType) or key not in page.embedded:
        return _mended_page(kind, key, parse(body, where), where)
    items = page.embedded[key]
    usable = [item for item in items if _is_usable(item)]
    return Decoded(
        usable,
        page.links or Links(),
        page.page_count,
        page.total_items,
        n_quarantined=len(items) - len(usable),
    )


def decode_one(kind: type[S], body: bytes, where: str) -> S:
    """Decode an answer that is one object, mending what is not as documented."""
    body = body.removeprefix(_BOM).strip()
    try:
        one: S | None = msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = parse(body, where)
        _refuse_failure(document, where)
        one = Mender().record(kind, document)
    if one is None or not _is_usable(one):
        _refuse(where, "no id")
    return one


def parse(body: bytes, where: str) -> Any:  # noqa: ANN401  JSON of any shape
    """Parse JSON; raises RemoteError when it is none, says why and not what it holds."""
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError:
        _refuse(where, N_("not UTF-8"))
    except RecursionError:
        _refuse(where, N_("nested too deep"))
    except msgspec.DecodeError:
        pass
    try:  # a text cut in the middle of an emoji is no JSON to msgspec, and is to PHP
        return json.loads(body, parse_constant=lambda word: _refuse(where, word))
    except RecursionError:
        _refuse(where, N_("nested too deep"))
    except ValueError:
        _refuse(where, N_("not JSON, or cut off"))


@cache
def _decoder(kind: type[S]) -> msgspec.json.Decoder[Envelope[S]]:
    return msgspec.json.Decoder(Envelope[kind])  # type: ignore[valid-type]  # built at run time


@cache
def _item_decoder(kind: type[S]) -> type[S]:
    return kind


def _is_usable(item: msgspec.Struct) -> bool:
    id_ = getattr(item, "id", None)
    return bool(item.uid if id_ is None else id_ if isinstance(id_, str) else id_ > 0)  # type: ignore[attr-defined]


def _mended_page(kind: type[S], key: str, document: Any, where: str) -> Decoded[S]:  # noqa: ANN401
    if document in (None, [], {}):
        return Decoded([], Links())
    _refuse_failure(document, where)
    mender = Mender()
    raw = _raw_list(document.get("_embedded"), key, where)
    items = [item for one in raw if (item := _record(kind, one, mender)) is not None]
    links = document.get("_links")
    page = Mender().record(_Meta, {k: v for k, v in document.items() if k in _META}) or _Meta()
    return Decoded(
        items,
        (Mender().record(Links, links) if links else None) or Links(),
        page.page_count,
        page.total_items,
        n_quarantined=len(raw) - len(items),
        n_mended=mender.n,
    )


class _Meta(msgspec.Struct):
    page_count: int | None = msgspec.field(name="_page_count", default=None)
    total_items: int | None = msgspec.field(name="_total_items", default=None)


def _record(kind: type[S], raw: object, mender: Mender) -> S | None:
    try:
        item: S | None = msgspec.convert(raw, kind)
    except (msgspec.ValidationError, UnicodeError):
        item = mender.record(kind, raw)
    return item if item is not None and _is_usable(item) else None


def _raw_list(embedded: object, key: str, where: str) -> list[Any]:
    if embedded in (None, [], {}):
        return []
    if not isinstance(embedded, dict) or key not in embedded:
        _refuse(where, f"_embedded.{key}")
    try:
        return as_list(embedded[key])
    except ValueError:
        _refuse(where, f"_embedded.{key}")


def _refuse_failure(document: object, where: str) -> None:
    """Refuse an answer that speaks of a failure under the status of a success."""
    if not isinstance(document, dict):
        _refuse(where, N_("no object"))
    if "_embedded" not in document and "id" not in document and not set(document) <= _META:
        _refuse(where, N_("another object, or an error under the status of a success"))


def _refuse(where: str, reason: str) -> NoReturn:
    raise RemoteError(_WRONG, where=where, fix=_FIX, reason=reason)
