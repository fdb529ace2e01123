"""The bytes of an answer as records of `shapes`.

Almost every page is as documented and is decoded in one go. One that is not is read once
more, record by record: those that fit are decoded as before, the others mended, and those
without a usable id set aside and counted. Raises RemoteError when the answer is no page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite
from operator import attrgetter
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from dedupe.errors import RemoteError
from dedupe.language import N_

from .mend import Mender, UnfitError, as_list, clean
from .shapes import Envelope, Links, Meta, Unsorted

S = TypeVar("S", bound=msgspec.Struct)
_BOM = b"\xef\xbb\xbf"
_META = frozenset({"_page", "_links", "_embedded", "_page_count", "_total_items"})
_ID, _UID = attrgetter("id"), attrgetter("uid")
_NO_JSON = N_("the answer is not JSON, or is cut off")
_NO_UTF8 = N_("the answer is not UTF-8 text")
TOO_DEEP = N_("the answer is nested deeper than any of the CRM's")
_NO_LIST = N_("the answer has no list {key}, where the documentation says one")
_NO_NEXT = N_("the answer tells of a next page, and not where it is")
_NO_OBJECT = N_("the answer is no object, where the documentation says one")
_FAILURE = N_("the answer is another object, or an error under the status of a success")
FIX = N_("try again later; if it stays, check that the address is the CRM's own, without a proxy")


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
        items = page.embedded[key]
    except (ValueError, RecursionError, KeyError):
        return _mended_page(kind, key, parse(body, where), where)
    kept = usable(items)
    return Decoded(
        kept,
        page.links or Links(),
        page.page_count,
        page.total_items,
        n_quarantined=len(items) - len(kept),
    )


def decode_one(kind: type[S], body: bytes, where: str) -> S:
    """Decode an answer that is one object, mending what is not as documented."""
    body = body.removeprefix(_BOM).strip()
    try:
        one: S | None = msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):
        document = parse(body, where)
        _refuse_failure(document, where)
        one = Mender().record(kind, document)
    if one is None or not usable([one]):
        refuse(_FAILURE, where)
    return one


def parse(body: bytes, where: str) -> Any:  # noqa: ANN401  JSON of any shape
    """Parse JSON; raises RemoteError when it is none, says why and not what it holds."""
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError:
        refuse(_NO_UTF8, where)
    except RecursionError:
        refuse(TOO_DEEP, where)
    except msgspec.DecodeError:
        pass
    try:  # a text cut in the middle of an emoji is no JSON to msgspec, and is to PHP
        text = body.decode("utf-8")  # bytes would be tried as UTF-16 too
        return clean(
            json.loads(
                text,
                parse_constant=lambda word: refuse(_NO_JSON, where),
                parse_float=_number,
            )
        )
    except UnicodeDecodeError:
        refuse(_NO_UTF8, where)
    except RecursionError:
        refuse(TOO_DEEP, where)
    except ValueError:
        refuse(_NO_JSON, where)


def _number(digits: str) -> float | str:
    """Read a number; one beyond all floats stays a text rather than become infinite."""
    number = float(digits)
    return number if isfinite(number) else digits


def ids_of(items: Sequence[msgspec.Struct]) -> list[int | str]:
    """Return what the CRM calls each record."""
    return list(map(_UID if items and isinstance(items[0], Unsorted) else _ID, items))


def usable(items: list[S]) -> list[S]:
    """Return the records that have an id: a number over 0, or a text."""
    ids = ids_of(items)
    if all(map(_is_id, ids)):
        return items
    return [item for item, id_ in zip(items, ids, strict=True) if _is_id(id_)]


def _is_id(id_: int | str) -> bool:
    return bool(id_) if isinstance(id_, str) else id_ > 0


@cache
def _decoder(kind: type[S]) -> msgspec.json.Decoder[Envelope[S]]:
    return msgspec.json.Decoder(Envelope[kind])  # type: ignore[valid-type]  # made at run time


def _mended_page(kind: type[S], key: str, document: Any, where: str) -> Decoded[S]:  # noqa: ANN401
    if document in (None, [], {}):
        return Decoded([], Links())
    _refuse_failure(document, where)
    mender = Mender()
    raw = _raw_list(document.get("_embedded"), key, where)
    items = [item for one in raw if (item := _record(kind, one, mender)) is not None]
    kept = usable(items)
    told = {key: value for key, value in document.items() if key != "_links"}
    meta = Mender().record(Meta, told) or Meta()
    return Decoded(
        kept,
        _links(document.get("_links"), where),
        meta.page_count,
        meta.total_items,
        n_quarantined=len(raw) - len(kept),
        n_mended=mender.n,
    )


def _record(kind: type[S], raw: object, mender: Mender) -> S | None:
    try:
        return msgspec.convert(raw, kind)
    except (ValueError, RecursionError):
        pass
    try:
        return mender.record(kind, raw)
    except RecursionError:
        return None


def _raw_list(embedded: object, key: str, where: str) -> list[Any]:
    if embedded in (None, [], {}):
        return []
    if not isinstance(embedded, dict) or key not in embedded:
        refuse(_NO_LIST, where, key=key)
    try:
        return as_list(embedded[key])
    except UnfitError:
        refuse(_NO_LIST, where, key=key)


def _links(raw: object, where: str) -> Links:
    """Read the links; a next page that can't be read is no end of the list."""
    if not isinstance(raw, dict):
        return Links()
    told = {key: {"href": one} if isinstance(one, str) else one for key, one in raw.items()}
    links = Mender().record(Links, told) or Links()
    asked = told.get("next")
    href = asked.get("href") if isinstance(asked, dict) else asked
    if href and not (links.next and links.next.href):
        refuse(_NO_NEXT, where)
    return links


def _refuse_failure(document: object, where: str) -> None:
    """Refuse an answer that speaks of a failure under the status of a success."""
    if not isinstance(document, dict):
        refuse(_NO_OBJECT, where)
    if "_embedded" not in document and "id" not in document and not set(document) <= _META:
        refuse(_FAILURE, where)


def refuse(problem: str, where: str, **facts: object) -> NoReturn:
    """Raise the RemoteError of an answer that can't be used."""
    raise RemoteError(problem, where=where, fix=FIX, **facts)
