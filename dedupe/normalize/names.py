"""Names of people and companies: which carry an identity, and keys that compare them.

A name is `empty`, a `placeholder` (the CRM's own "Имя не указано"), `junk` (made by
telephony, a chat or a form, a phone as the name, a test) or `ok`. Doubt is for the
name: two words of which one is a known given name or a patronymic are never junk,
whatever stands around them.

>>> name_status("Тестов Иван").status, name_status("тест").reason
('ok', 'test')
>>> match_key('ООО "Ромашка"', is_company=True) == match_key("РОМАШКА, ООО", is_company=True)
True
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import name_words as words
from .text import bounded, fold_lookalikes, is_mixed, plain

_SIGNS_MAX = 1_000
_EMAIL = re.compile(r"[^\s@,;<>()]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?(?<![\w])\(?\d[\d\s().-]{5,}\d(?!\w)")
_HANDLE = re.compile(
    r"@\w[\w.]*|(?:https?://|www\.)\S+|(?:id|club|public)\d+|(?:vk\.com|t\.me|ok\.ru)/\S+"
    r"|[a-z][a-z0-9.]*_[a-z0-9_.]*|[a-z]+\d{2,}[a-z0-9]*"
)
_HASH = re.compile(r"(?=[0-9a-f-]*\d)[0-9a-f]{8}-?[0-9a-f]{4}[0-9a-f-]{4,}")
_APOSTROPHES = re.compile(r"(?<=\w)['`\u2019\u02bc\u02b9](?=\w)")
_APOSTROPHE_SIGNS = frozenset("'`\u2019\u02bc\u02b9")
_SIGNS = re.compile(r"[\W_]+")
_CHANNEL_SIGN = re.compile(r"[@\d]")
_ONE_SIGN = re.compile(r"([^\W\d_])\1{2,}")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
ROW_STARTS = frozenset(row[at : at + 3] for row in _ROWS for at in range(len(row) - 2))
# Reason, pattern, and whether it holds for companies, which may be called "Архив" or "Мастер".
_PATTERNS = (
    ("test", words.TEST, True),
    ("test", words.TEST_OF_PERSON, False),
    ("telephony", words.TELEPHONY, True),
    ("chat", words.CHAT, False),
    ("form", words.FORM, False),
    ("marker", words.MARKER, False),
    ("auto", words.AUTO, True),
    ("role", words.ROLE, False),
)


@dataclass(frozen=True, slots=True)
class NameStatus:
    """Whether a name says who it is (ok | empty | placeholder | junk), and why not."""

    status: str
    reason: str | None = None


_OK = NameStatus("ok")


def name_status(name: str | None, *, is_company: bool = False) -> NameStatus:
    """Judge one name as it stands on a card."""
    return judge(name, is_company=is_company)[0]


def judge(name: str | None, *, is_company: bool = False) -> tuple[NameStatus, str]:
    """Return the status and the match key of one name, at the price of one."""
    text = _text(name)
    bare = _bare(text)
    whole = _tokens(bare)
    rest = _tokens(_bare(_PHONE.sub(" ", _EMAIL.sub(" ", text)))) if _has_channel(text) else whole
    status = _status(text, bare, whole, rest, is_company=is_company)
    # A name that is nothing but a phone stays as it is.
    tokens = whole if is_company else rest or whole
    return status, _key(tokens, is_company) if status is _OK else ""


def _status(
    text: str, bare: str, whole: list[str], rest: list[str], *, is_company: bool
) -> NameStatus:
    if not text:
        return NameStatus("empty")
    if _is_plain_person(text):
        return _OK
    if may_be_template(bare) and words.PLACEHOLDER.fullmatch(bare):
        return NameStatus("placeholder", "placeholder")
    reason = _sign_reason(text, bare, is_company) or _cut_reason(text, whole, rest, is_company)
    return NameStatus("junk", reason) if reason else _OK


def match_key(name: str | None, *, is_company: bool = False) -> str:
    """Return a key that is equal for spellings of one name; "" when it says nothing.

    Case, "ё", lookalike letters, signs and the order of words do not count; a company's
    legal form neither.
    """
    return judge(name, is_company=is_company)[1]


def _key(tokens: list[str], is_company: bool) -> str:
    return " ".join(sorted(_without_form(tokens, is_company)))


def _text(name: str | None) -> str:
    return " ".join(
        plain(bounded(name or "", _SIGNS_MAX)).replace("ё", "е").replace("№", " no ").split()
    )


def _bare(text: str) -> str:
    if not _APOSTROPHE_SIGNS.isdisjoint(text):
        text = _APOSTROPHES.sub("", text)
    return _SIGNS.sub(" ", text).strip()


def _tokens(bare: str) -> list[str]:
    tokens = bare.split()
    return [fold_lookalikes(token) for token in tokens] if is_mixed(bare) else tokens


def _has_channel(text: str) -> bool:
    return _CHANNEL_SIGN.search(text) is not None


def _sign_reason(text: str, bare: str, is_company: bool) -> str | None:
    """Judge by signs alone, before any word is looked at."""
    if not bare:
        return "symbols"
    if _EMAIL.fullmatch(text):
        return "email"
    if _HASH.fullmatch(text.replace(" ", "")) and len(text) >= 16:
        return "hash"
    digits = bare.replace(" ", "")
    if digits.isdecimal():
        is_short = is_company and len(digits) < 5  # "36,6" and "585" are shops
        return None if is_short else "phone" if 7 <= len(digits) <= 15 else "digits"
    if not is_company and _HANDLE.fullmatch(text):
        return "handle"
    is_letter = len(bare) == 1 and (bare.isascii() or "а" <= bare <= "я")
    return "symbols" if is_letter else None


def _cut_reason(text: str, whole: list[str], rest: list[str], is_company: bool) -> str | None:
    """Judge the words, first with phones and e-mails, then without them."""
    if not rest:
        return "email" if "@" in text else "phone"
    if _is_person(rest):
        return None
    for each in dict.fromkeys((" ".join(whole), " ".join(rest))):
        if reason := _word_reason(each, is_company):
            return reason
    had_channel = whole is not rest and len(" ".join(whole)) > len(" ".join(rest))
    is_filler = had_channel and bool(words.PLACEHOLDER.fullmatch(" ".join(rest)))
    return "phone" if is_filler else None


def _word_reason(name: str, is_company: bool) -> str | None:
    if may_be_template(name):
        for reason, pattern, is_for_both in _PATTERNS:
            if (is_for_both or not is_company) and pattern.fullmatch(name):
                return reason
    return "test" if all(map(is_run, name.split())) else None


def may_be_template(name: str) -> bool:
    """Tell whether a name begins or ends with a word that patterns of `name_words` have there."""
    return opens_template(name.partition(" ")[0]) or name.endswith(words.TESTS)


def opens_template(word: str) -> bool:
    """Tell whether a match of a pattern may begin with `word`."""
    head = word.rstrip("0123456789")
    return head in words.OPENINGS or word.startswith(words.OPENING_STARTS)


def _is_plain_person(text: str) -> bool:
    """Tell whether a name is two to four words that are a person's: the ordinary case."""
    tokens = text.split(" ")
    is_worded = 2 <= len(tokens) <= 4 and all(map(str.isalpha, tokens))
    return is_worded and words.TEMPLATE_WORDS.isdisjoint(tokens) and _is_person(tokens)


def _is_person(tokens: list[str]) -> bool:
    """Tell whether at least two words are a person's, one of them a known kind of name."""
    own = [token for token in tokens if token.isalpha() and token not in words.TEMPLATE_WORDS]
    is_known = any(t in words.GIVEN_NAMES or t.endswith(words.PATRONYMICS) for t in own)
    return len(own) >= 2 and is_known


def is_run(token: str) -> bool:
    """Tell whether a word is fingers on a keyboard: ааа, фыва, asdasd."""
    if _ONE_SIGN.fullmatch(token):
        return True
    if token[:3] not in ROW_STARTS:
        return False
    return any(token == piece * (len(token) // len(piece)) for piece in _runs_of(token))


def _runs_of(token: str) -> Iterator[str]:
    for n in range(3, len(token) + 1):
        piece = token[:n]
        for row in _ROWS:
            at = row.find(piece)
            # "wert" and "олд" are words: only a row's beginning says that it is a run.
            if at == 0 or (at == 1 and n > 3 and not piece.isascii()) or (at > 0 and n > 4):
                yield piece


def _without_form(tokens: list[str], is_company: bool) -> list[str]:
    if not is_company:
        is_form = len(tokens) > 1 and tokens[0] in words.PERSON_FORMS
        return tokens[1:] if is_form else tokens
    rest = tokens
    while shorter := _shorter(rest):
        rest = shorter
    return rest


def _shorter(tokens: list[str]) -> list[str]:
    """Return `tokens` without one legal form at an end; nothing when there is none to take."""
    for n in range(min(6, len(tokens) - 1), 1, -1):
        if tuple(tokens[:n]) in words.FORM_PHRASES:
            return tokens[n:]
        if tuple(tokens[-n:]) in words.FORM_PHRASES:
            return tokens[:-n]
    if len(tokens) < 2:
        return []
    if tokens[0] in words.FORMS:
        return tokens[1:]
    is_end = tokens[-1] in words.FORMS or tokens[-1] in words.END_FORMS
    return tokens[:-1] if is_end else []
