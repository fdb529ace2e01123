"""A phone field as runs of digit groups: what was typed, before any number is read.

`lex` cleans a raw value (Unicode forms, links, spreadsheet artefacts, addresses,
hours) and cuts it at everything that can't stand inside one number. What is left
between two cuts is a `Run`: groups of digits with the soft gaps (spaces, dashes,
brackets) between them, which may be one number or several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from .text import bounded, plain

_EMAIL = re.compile(r"[^\s@,;|<>()\"/\\]+@[\w.-]+")
_MESSENGER = re.compile(
    r"(\d{7,15})(?:[.:-]\d+)?@(?:c\.us|s\.whatsapp\.net|g\.us|whatsapp\b|lid\b)"
)
_PHONE_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=|whatsapp://send/?\?phone=|"
    r"viber://\w+\?number=|t\.me/(?=\+?\d{10})|tg://resolve\?phone=|tel:|callto:|sips?:|phone:)"
)
_LINK = re.compile(r"(?:https?://|www\.|(?:vk|t|ok|instagram)\.(?:com|me|ru)/)[^\s,;|<>\"]*")
_LINK_TAIL = re.compile(r"(?<=\d)[?&](?:text|app_absent|utm_\w+|type)=?[^\s,;|<>\"]*")
_TAG = re.compile(r"</?[a-z][^<>]{0,200}>")
_EXCEL_FLOAT = re.compile(r"(?<![\d.,])(\d{7,15})[.,]0{1,2}(?![\d])(?!\s*\d)")
_EXCEL_POWER = re.compile(r"(?<![\d.,])(\d)[.,](\d{1,16})[eе]\+?(\d{1,2})(?!\d)")
_ODD_O = re.compile(
    r"(?<![^\W\d_])(?:(?<=\d)[оo]+|[оo]+(?=\d)|(?<=\d[-(). ])[оo]+(?=\d))(?![^\W\d_])"
)
_ODD_3 = re.compile(r"(?<![^\W\d_])(?:(?<=\d)з+|з+(?=\d))(?![^\W\d_])")
_HOURS = re.compile(
    r"(?<![\w])(?:с|c|from)\s*\d{1,2}(?:[:.]\d\d)?\s*(?:до|по|to|-)\s*\d{1,2}(?:[:.]\d\d)?(?!\d)"
    r"|(?<![\d:])\d{1,2}:\d\d(?:\s*-\s*\d{1,2}:\d\d)?(?![\d:])"
    r"|(?<![\w])(?:до|после|с|по|after|before)\s*\d{1,2}(?:[:.]\d\d)?(?![\d:])(?!\s*[-(\d])"
)
_DATE = re.compile(
    r"(?<![\d.])(?:[0-2]?\d|3[01])\.(?:0?\d|1[0-2])\.(?:19|20)\d\d(?![\d.])"
    r"|(?<![\d-])(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d(?![\d-])"
)
_SIGNS_MAX = 4_000
# Without letters, "@", ":" and the like there are no links, words or hours to take out.
_SIGNS_ONLY = re.compile(r"[0-9 \n\t()+.,;/|#*'-]*")
_ALWAYS = re.compile(r"(?<![\d/-])24\s?/\s?7(?!\d)")
# "8/495/123-45-67", "495/123-45-67", "8(495)/123-45-67": the slash ends an area code.
_SLASHED = re.compile(
    r"(?<![\d/])([78])/(?=\d{3}/\d{3}-?\d\d-?\d\d(?!\d)|\d{4}/\d\d-?\d\d-?\d\d(?!\d)"
    r"|\d{5}/\d-?\d\d-?\d\d(?!\d))(\d{3,5})/"
)
_SLASHED_AREA = re.compile(
    r"(?<![\d/-])(\d{3}(?=/\d{3}-\d\d-\d\d(?!\d))|\d{4}(?=/\d\d-\d\d-\d\d(?!\d)))/"
)
_BRACKET_SLASH = re.compile(r"(\(\d{3,5}\))\s*/\s*(?=\d)")
_MASK = re.compile(r"[_*•]{2,}|[xх]{3,}|\d[xх*#•]{2,}\d?")

_EXTENSION_WORD = re.compile(
    r"(?:^|[^\w])(?:доб(?:ав\w*)?|вн(?:ут\w*)?|доп(?:ол\w*)?|ext(?:n|ension)?|тон\w*|местн\w*)"
    r"(?:[\s.]*(?:наб\w*|ном\w*|режим\w*))?[\s.:;=)№#\-]*$"
)
_EXTENSION_MARK = re.compile(r"[\s(]*(?:[xх#*]|,,+)[\s.:]*")
_AND = re.compile(r"[\W_]*(?:и|или|либо|and|or|та|або)[\W_]*")
_SOFT = frozenset(" \u00a0-.()_~'`\u00b4")
_LABELS = (
    ("tax_number", re.compile(r"(?:инн|кпп|огрн(?:ип)?|снилс|бик|инн/кпп|бин|иин)[\W_]*$")),
    ("bank_card", re.compile(r"(?:карт[аыу]|сбер(?:банк)?|card)[\W_]*$")),
    ("text", re.compile(r"(?:заказ\w*|договор\w*|индекс|паспорт|счет|id|order)[\W_]*$")),
)


class Gap(Enum):
    """What stands before a run of digits."""

    START = "start"
    PLUS = "plus"
    EXTENSION = "extension"
    AND = "and"
    COMMA = "comma"
    SEMICOLON = "semicolon"
    SLASH = "slash"
    ELLIPSIS = "ellipsis"
    BREAK = "break"  # a line, or a sign that never stands inside a number
    WORD = "word"
    SOFT = "soft"  # spaces, dashes and brackets: no cut


@dataclass(frozen=True, slots=True)
class Group:
    """Digits written together, and the text between them and the group before."""

    digits: str
    gap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Groups that only soft gaps part; `label` is a reason why they are no phone."""

    gap: Gap
    groups: tuple[Group, ...]
    label: str | None = None

    @property
    def digits(self) -> str:
        """Return all digits of the run."""
        return "".join(group.digits for group in self.groups)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Return how many digits each group has."""
        return tuple(len(group.digits) for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexed:
    """A cleaned value as runs, and what was taken out of it."""

    runs: tuple[Run, ...]
    has_email: bool
    has_mask: bool
    lost_digits: bool  # a spreadsheet wrote a number as a power and dropped its end
    has_odd_digits: bool  # letters were taken for digits
    text: str


def lex(raw: str) -> Lexed:
    """Clean `raw` and cut it into runs."""
    text = plain(bounded(raw, _SIGNS_MAX).replace("№", "#"))
    if _SIGNS_ONLY.fullmatch(text):
        return _lexed(_ALWAYS.sub(" ", _EXCEL_FLOAT.sub(r"\1", text)))
    text = text.replace("ё", "е").replace("%2b", "+").replace("%20", " ")
    text = _MESSENGER.sub(r" \1 ", _PHONE_LINK.sub(" ", text))
    text = _LINK_TAIL.sub(" ", _TAG.sub("\n", text))
    without_links = _LINK.sub(" ", text)
    without_emails = _EMAIL.sub(" ", without_links)
    text, lost_digits = _unspreadsheet(without_emails)
    fixed = _ODD_3.sub(lambda m: "3" * len(m[0]), _ODD_O.sub(lambda m: "0" * len(m[0]), text))
    return _lexed(
        _HOURS.sub(" ", _ALWAYS.sub(" ", fixed)),
        has_email=without_emails != without_links,
        lost_digits=lost_digits,
        has_odd_digits=fixed != text,
    )


def _lexed(
    text: str,
    *,
    has_email: bool = False,
    lost_digits: bool = False,
    has_odd_digits: bool = False,
) -> Lexed:
    text = _without_slashes(_DATE.sub(" ", text))
    return Lexed(
        runs=tuple(_runs(text)),
        has_email=has_email,
        has_mask=bool(_MASK.search(text)),
        lost_digits=lost_digits,
        has_odd_digits=has_odd_digits,
        text=text.strip(),
    )


def _without_slashes(text: str) -> str:
    if "/" not in text:
        return text
    text = _SLASHED_AREA.sub(r"\1-", _SLASHED.sub(r"\1-\2-", text))
    return _BRACKET_SLASH.sub(r"\1", text)


def _unspreadsheet(text: str) -> tuple[str, bool]:
    """Undo what spreadsheets do to long numbers: 79161234567.0 and 7.9161234567E+10."""
    lost = False

    def whole(match: re.Match[str]) -> str:
        nonlocal lost
        digits, power = match[1] + match[2], int(match[3])
        if len(digits) == power + 1:
            return digits
        lost = lost or power >= 6
        return " "

    text = _EXCEL_POWER.sub(whole, text)
    return _EXCEL_FLOAT.sub(r"\1", text), lost


def _runs(text: str) -> list[Run]:
    runs: list[Run] = []
    groups: list[Group] = []
    kind, label, end = Gap.START, None, 0
    for match in re.finditer(r"[0-9]+", text):
        gap = text[end : match.start()]
        found = _gap_kind(gap) if runs or groups else _first_gap(gap)
        end = match.end()
        if found != Gap.SOFT and groups:
            runs.append(Run(gap=kind, groups=tuple(groups), label=label))
            groups = []
        if not groups:
            kind, label = found, _label(gap)
        groups.append(Group(match[0], gap))
    if groups:
        runs.append(Run(gap=kind, groups=tuple(groups), label=label))
    return runs


def _first_gap(gap: str) -> Gap:
    return Gap.PLUS if _has_plus(gap) else Gap.START


def _has_plus(gap: str) -> bool:
    """Tell whether a plus belongs to what follows: nothing but brackets and spaces after it."""
    at = gap.rfind("+")
    return at >= 0 and not gap[at + 1 :].strip(" ()-.")


@lru_cache(maxsize=1 << 12)  # few gaps make up nearly all
def _gap_kind(gap: str) -> Gap:
    if _has_plus(gap):
        return Gap.PLUS
    if all(sign in _SOFT for sign in gap):
        return Gap.ELLIPSIS if ".." in gap else Gap.SOFT
    if _EXTENSION_MARK.fullmatch(gap) or _EXTENSION_WORD.search(gap):
        return Gap.EXTENSION
    if any(sign.isalpha() for sign in gap):
        return Gap.AND if _AND.fullmatch(gap) else Gap.WORD
    return _sign_kind(gap)


def _sign_kind(gap: str) -> Gap:
    rest = {sign for sign in gap if sign not in _SOFT}
    if rest == {"/"}:
        return Gap.SLASH
    if rest == {","}:
        return Gap.COMMA
    return Gap.SEMICOLON if rest == {";"} else Gap.BREAK


@lru_cache(maxsize=1 << 12)
def _label(gap: str) -> str | None:
    return next((reason for reason, words in _LABELS if words.search(gap)), None)
