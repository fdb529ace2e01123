"""The two languages a user may read, and how numbers look in each.

Every text that reaches a user is written in English in the code and translated
when it is shown, from one gettext catalogue (`dedupe/locale`). A text that is
made in one place and shown in another (an error, a check's title) is marked
there with `N_` and translated by the one who shows it.

>>> use("en"); count(91699), share(0.5921), date_time(datetime(2026, 11, 21, 19, 20))
('91,699', '59.2%', '2026-11-21 19:20')
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

LANGUAGES = ("ru", "en")
DOMAIN = "crmclean"
LOCALE_DIR = Path(__file__).parent / "locale"

_current = "en"


def N_(text: str) -> str:  # noqa: N802  gettext's own name for a marker
    """Mark `text` for translation where it is only stored."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802  as `N_`
    """Mark the two English forms of a text with a number where they are only stored."""
    return one, many


def use(language: str) -> None:
    """Show texts in `language` from now on; an unknown one means English."""
    global _current
    _current = language if language in LANGUAGES else "en"


def current() -> str:
    """Return the language in use: "ru" or "en"."""
    return _current


def tr(text: str, **facts: object) -> str:
    """Translate `text` and fill its `{names}` from `facts`."""
    translated = _catalogue(_current).gettext(text) if text else ""
    return translated.format(**facts) if facts else translated


def tr_in(language: str, text: str) -> str:
    """Translate `text` into `language`, whatever is in use: a file may come from either."""
    return _catalogue(language).gettext(text) if text else ""


def trn(one: str, many: str, n: int, **facts: object) -> str:
    """Translate in the plural form of `n`, which fills `{n}` in the language's digits."""
    translated = _catalogue(_current).ngettext(one, many, n)
    return translated.format(n=count(n), **facts)


def choose(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Pick the language: `--lang`, then $CRMCLEAN_LANG, then the locale's variables.

    >>> choose(["scan", "--lang", "ru"], {"LANG": "C"}), choose([], {"LANG": "ru_RU.UTF-8"})
    ('ru', 'ru')
    """
    for i, word in enumerate(argv):
        if word == "--lang" and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    for name in ("CRMCLEAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "ru" if environ[name].lower().startswith("ru") else "en"
    return "en"


def count(n: int) -> str:
    """Write a whole number with the language's thousands mark (a no-break space in Russian)."""
    return f"{n:,}".replace(",", "\u00a0") if _current == "ru" else f"{n:,}"


def decimal(x: float, digits: int = 1) -> str:
    """Write a number with the language's decimal mark."""
    text = f"{x:,.{digits}f}"
    if _current == "en":
        return text
    return text.replace(",", "\u00a0").replace(".", ",")


def share(x: float) -> str:
    """Write a fraction of one as a percentage with one decimal.

    A part is never rounded to nothing or to the whole: 3 of 91,699 is not "0.0%".

    >>> use("en"); share(0.00003), share(0.99997), share(0.0), share(1.0)
    ('<0.1%', '>99.9%', '0.0%', '100.0%')
    """
    sign, shown = "", x
    if 0 < x < 0.0005:
        sign, shown = "<", 0.001
    elif 0.9995 <= x < 1:
        sign, shown = ">", 0.999
    return sign + decimal(100 * shown) + ("\u00a0%" if _current == "ru" else "%")


def date_time(at: datetime) -> str:
    """Write a moment to the minute as the language's readers write it."""
    return at.strftime("%d.%m.%Y %H:%M" if _current == "ru" else "%Y-%m-%d %H:%M")


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    if language == "en":  # the code's own language: nothing to look up
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, LOCALE_DIR, [language], fallback=True)
