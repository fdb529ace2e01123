"""The words of a person's name in what people typed around it: `split_person`.

First goes what is certainly no name: addresses, numbers, brackets, quotes. What is left
falls apart at hard separators ("Иван / Ольга", "Доставка: Иван"), of whose sides the one
with most known words is taken. Particles are joined to the word they belong to, glued
words ("ИвановИван") are cut. Nothing is lost: what was cut off is returned.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import replace

from . import person_words as words
from .person_tables import fold_yo
from .person_tokens import Token, classify
from .scripts import Script, script_of, swap_layout

# An ordinary name: words of one case or with a capital, one space between, initials with or
# without one. It needs no cutting, and is split at spaces once each dot has one after it.
_WORD = r"(?:[А-ЯЁA-Z]?[а-яёa-z]+|[А-ЯЁA-Z]+)"
_HYPHENATED = rf"{_WORD}(?:-{_WORD})*"
_INITIAL = r"[А-ЯЁA-Z]\."
PLAIN = rf"(?:{_HYPHENATED} |{_INITIAL} ?){{0,5}}(?:{_HYPHENATED}|{_INITIAL})"
PARTICLES = sorted(words.AFTER | words.BEFORE)
# A pair of capitals may be initials.
NEEDS_LOOK = rf"(?:^| )(?:(?i:{'|'.join(PARTICLES)})|[А-ЯЁA-Z][А-ЯЁA-Z])(?: |$)"
LONGEST = 500  # characters that are looked at: a CRM's name field holds 255

_PLAIN, _NEEDS_LOOK = re.compile(PLAIN), re.compile(NEEDS_LOOK)

_CHANNELS = (
    re.compile(r"[^\s@,;<>()«»\"]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?:https?://|www\.)\S+|(?:vk\.com|t\.me|ok\.ru|wa\.me)/\S+|@\w[\w.]*"),
    re.compile(r"[+#]?\(?\d(?:[\d\s().,/:+-]*\d)?%?"),
)
_WRAPPED = (
    re.compile(r"\([^()]*\)?|\[[^\[\]]*\]?|\{[^{}]*\}?|<[^<>]*>?"),
    re.compile(r"«[^«»]*»|\"[^\"]*\"|“[^“”]*”|„[^„“”]*[“”]"),
)
_HARD = re.compile(r"[|;\n/\\:•·=…+]+|(?:^|\s)-+(?=\s|$)|--+")
_COMMA = re.compile(r"\s*,\s*")
_SIGNS = re.compile(r"[^\w\s.'-]|_")
_EDGES = ".-'"
_DOT = re.compile(r"\.+(?!\s|$)")
_DOUBLE = re.compile(r"(?<=[оеёиы][вн])(а?) *- *(?=[^\W\d_]+(?:[оеё]в|[иы]н)\1(?: |$))")
_LOOSE_HYPHEN = re.compile(r"(?<=\w)(?: -|- )(?=\w)")
_CAMEL = re.compile(r"(?<=[a-zа-яё])(?=[A-ZА-ЯЁ])")
_MARKS = re.compile(r"[\u0300-\u036f]")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u02d7\ufe58\ufe63"
_APOSTROPHES = "\u2019\u2018\u02bc\u02b9\u00b4`\u2032\uff07"
_SPELLINGS = {"\r": "\n", "\t": " ", "\u00a0": " "}
_SPELLINGS |= {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_APOSTROPHES, "'")}
_TYPED = str.maketrans(_SPELLINGS)
_OTHER_KEYS = re.compile(r"[,.;'\[\]<>:\"{}`~]")

Split = tuple[list[Token], list[str]]


def split_person(text: str) -> Split:
    """Return the classified words of a name, and what was cut off, in that order."""
    if len(text) > LONGEST:
        tokens, extra = split_person(text[:LONGEST])
        return tokens, [*extra, text[LONGEST:]]
    if _PLAIN.fullmatch(text) and not _NEEDS_LOOK.search(text):
        return [classify(word) for word in text.replace(".", ". ").split()], []
    clean = _clean(text)
    found = _split(clean)
    if not any(map(_is_plainly_known, found[0])) and _may_be_retyped(clean):
        swapped = _split(swap_layout(clean))
        if any(token.is_known for token in swapped[0]):
            return [_as_retyped(token) for token in swapped[0]], swapped[1]
    return found


def _clean(text: str) -> str:
    """Return the text with one spelling of every sign."""
    text = html.unescape(text) if "&" in text else text
    text = unicodedata.normalize("NFKC", text.replace("№", "#"))
    text = _MARKS.sub("", text.translate(_TYPED))
    kept = (
        sign if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf", "Co", "Cs") else ""
        for sign in text
    )
    return "".join(kept)


def _split(text: str) -> Split:
    rest, extra = _cut(text)
    rest = _DOUBLE.sub(r"\1-", rest)
    sides = [side for side in _HARD.split(rest) if side.strip()]
    sides = [part for side in sides for part in _at_commas(side)]
    rows = [_tokens(side) for side in sides]
    best = max(range(len(rows)), key=lambda i: _worth(rows[i]), default=-1)
    extra += [" ".join(sides[i].split()) for i in range(len(rows)) if i != best]
    return (rows[best] if rows else []), [each for each in extra if each]


def _cut(text: str) -> tuple[str, list[str]]:
    """Cut out addresses and numbers, and what is wrapped, unless that is the name."""
    extra: list[str] = []
    for pattern in (*_CHANNELS, *_WRAPPED):
        rest = pattern.sub(" ", text)
        if pattern in _CHANNELS or any(map(str.isalpha, rest)):
            extra += [" ".join(each.split()) for each in pattern.findall(text)]
            text = rest
    return text, extra


def _at_commas(side: str) -> list[str]:
    """Split at commas between phrases; "Петров, Иван" is one name."""
    parts = [part for part in _COMMA.split(side) if part.strip()]
    is_list = len(parts) > 1 and all(" " in part.strip() for part in parts)
    return parts if is_list else [" ".join(parts)]


def _tokens(side: str) -> list[Token]:
    text = _SIGNS.sub(" ", _LOOSE_HYPHEN.sub("-", side))
    raws = [raw for word in text.split() for raw in _DOT.sub(". ", word).split(" ")]
    raws = [stripped for raw in raws if (stripped := _stripped(raw))]
    return [classify(raw) for raw in _joined([each for raw in raws for each in _unglued(raw)])]


def _stripped(raw: str) -> str:
    """Strip signs off a word; an initial keeps its dot."""
    word = raw.strip(_EDGES)
    return f"{word}." if len(word) == 1 and raw.endswith(".") else word


def _unglued(raw: str) -> list[str]:
    """Split initials (ИИ) and names (ИвановИван) written together, if each part is known."""
    if len(raw) == 2 and raw.isupper() and raw.isalpha():
        token = classify(raw)
        return [raw] if token.is_known or token.word_class.kind != "W" else list(raw)
    parts = _CAMEL.split(raw)
    is_glued = len(parts) > 1 and all(len(part) > 2 and classify(part).is_known for part in parts)
    return parts if is_glued else [raw]


def _joined(raws: list[str]) -> list[str]:
    """Join particles to the word they belong to: Вагиф оглы, фон Берг."""
    joined: list[str] = []
    before = ""
    for i, raw in enumerate(raws):
        low = fold_yo(raw.lower())
        if low in words.AFTER and joined and not before:
            joined[-1] = f"{joined[-1]} {raw}"
        elif raw in words.BEFORE and i + 1 < len(raws):
            before = f"{before}{raw} "
        else:
            joined.append(before + raw)
            before = ""
    return joined


def _worth(row: list[Token]) -> tuple[int, int]:
    """Weigh a side of a separator: by the words that are known, then by initials."""
    known = sum(token.is_known for token in row)
    return min(known, 3), sum(token.word_class.kind == "I" for token in row)


def _may_be_retyped(text: str) -> bool:
    is_latin = script_of(text) is Script.LATIN
    return is_latin and bool(_OTHER_KEYS.search(text)) and not re.search(r"[@\d/]", text)


def _is_plainly_known(token: Token) -> bool:
    return token.is_known and "layout" not in token.flags


def _as_retyped(token: Token) -> Token:
    return replace(token, flags=token.flags | {"layout"})
