"""Bytes of a text table -> UTF-8, in whatever encoding they came.

A byte order mark decides; without one UTF-8 is tried strictly, then UTF-16 (seen by its
zero bytes), then cp1251. cp1251 accepts almost any bytes, so it counts only when the
outcome looks like Russian words: a UTF-8 file with a few damaged bytes, or a file in
KOI8-R, is an error that names the offset and never silent mojibake.
"""

from __future__ import annotations

import codecs
import re

from dedupe.errors import InputError
from dedupe.language import N_

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STEP = 1 << 24  # bytes decoded at a time: a file's text never stands in memory twice
_SAMPLE = 1 << 20
_HEAD = 1 << 13
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = "А-Яа-яЁёІіЇїЄєҐґЎў"
_LETTER = re.compile(f"[{_LETTERS}]")
_WORD = re.compile(f"(?<![A-Za-z])[{_LETTERS}]+(?![A-Za-z])")
_ODD_CASE = re.compile("[а-яё][А-ЯЁ]")
_USUAL = re.compile(f"[{_LETTERS}«»№§°±·–—…“”„‘’\u00a0\u00ad€₽•‹›™©®]")
_VOWEL = re.compile("[аеёиоуыэюя]")


def to_utf8(raw: bytes, where: str, encoding: str | None = None) -> bytes:
    """Return `raw` as UTF-8 without a byte order mark, or raise with an offset."""
    utf8 = _to_utf8(raw, where, encoding)
    if (at := utf8.find(b"\0")) >= 0:
        raise InputError(
            N_("a zero byte at offset {offset}: the file is damaged, or is not a text table"),
            where=where,
            fix=N_("export it again as CSV or XLSX"),
            offset=at,
        )
    return utf8


def _to_utf8(raw: bytes, where: str, encoding: str | None) -> bytes:
    if encoding is not None:
        return _transcode(raw, encoding, where)
    for mark, name in BOMS:
        if raw.startswith(mark):
            return _transcode(raw[len(mark) :], name, where)
    if b"\0" in raw[:_HEAD] and (wide := _utf16_name(raw[:_HEAD])):
        return _transcode(raw, wide, where)
    at = _first_bad_byte(raw)
    if at is None:
        return raw
    if _looks_like_cp1251(raw, at):
        return _transcode(raw, "cp1251", where)
    raise InputError(
        N_("byte {offset} is not UTF-8, and the text does not read as cp1251 either"),
        where=where,
        fix=N_("name the encoding, for example --encoding cp1251 or koi8-r, or save it as UTF-8"),
        offset=at,
    )


def _transcode(raw: bytes, encoding: str, where: str) -> bytes:
    decoder = codecs.getincrementaldecoder(encoding)()
    parts = []
    for at in range(0, len(raw), _STEP):
        chunk = raw[at : at + _STEP]
        try:
            text = decoder.decode(chunk, final=at + _STEP >= len(raw))
        except UnicodeDecodeError as error:
            raise _not_in(encoding, where, _offset(error, at + len(chunk))) from None
        except UnicodeError:  # UTF-16 and its like: "no byte order mark", without an offset
            raise _not_in(encoding, where, at) from None
        parts.append(text.encode())
    return b"".join(parts).removeprefix(codecs.BOM_UTF8)


def _not_in(encoding: str, where: str, offset: int) -> InputError:
    return InputError(
        N_("byte {offset} can't be read in the encoding {encoding}"),
        where=where,
        fix=N_("name the right one with --encoding, or save the file as UTF-8"),
        encoding=encoding,
        offset=offset,
    )


def _first_bad_byte(raw: bytes) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(raw), _STEP):
        chunk = raw[at : at + _STEP]
        try:
            decoder.decode(chunk, final=at + _STEP >= len(raw))
        except UnicodeDecodeError as error:
            return _offset(error, at + len(chunk))
    return None


def _offset(error: UnicodeDecodeError, end: int) -> int:
    """Return where in the file the bad byte is: the decoder's buffer ends at `end`."""
    return end - len(error.object) + error.start


def _utf16_name(head: bytes) -> str | None:
    even = head[: len(head) // 2 * 2]
    for name in ("utf-16-le", "utf-16-be"):
        text = even.decode(name, "replace")
        usual = sum(" " <= ch <= "\u04ff" or ch in "\t\r\n–—«»“”№₽…" for ch in text)
        if text and usual >= 0.95 * len(text):
            return name
    return None


def _looks_like_cp1251(raw: bytes, bad: int) -> bool:
    start = max(0, bad - 1000)
    sample = raw[start : start + _SAMPLE]
    covered = sum(len(match) for match in _UTF8_SEQUENCE.findall(sample))
    stray = len(_HIGH.findall(sample)) - covered
    # Real cp1251 has hardly any bytes that happen to be UTF-8 (such as a closing quote
    # after a capital); a damaged UTF-8 file has little else.
    if stray <= 2 * covered or b"\x98" in sample:
        return False
    text = sample.decode("cp1251", "replace")
    n_high = sum(ch > "\x7f" for ch in text)
    words = [word for word in _WORD.findall(text) if len(word) > 1]
    joined = "".join(words)
    # Letters beside Latin ones are no Russian, nor are a stray byte or two.
    is_wordy = (
        len(joined) >= 0.6 * len(_LETTER.findall(text)) and max(map(len, words), default=0) > 2
    )
    return is_wordy and len(_USUAL.findall(text)) >= 0.9 * n_high and _is_russian(joined, words)


def _is_russian(joined: str, words: list[str]) -> bool:
    """Tell Russian from KOI8-R read as cp1251: its cases are swapped and its vowels are gone."""
    odd = sum(len(word) for word in words if _ODD_CASE.search(word))
    vowels = len(_VOWEL.findall(joined.lower()))
    # Names and headers hold over 40 % of vowels, KOI8-R misread about 20 %.
    return odd <= 0.3 * len(joined) and (len(joined) < 100 or vowels >= 0.3 * len(joined))
