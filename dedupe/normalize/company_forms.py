"""Where a company's name has its legal form and its weak words.

A form is taken from either end, as one word, as its long name, or letter by letter
(О.О.О., A/S, Sp. z o.o.). Letters that make a word too count in capitals only, and a
form is a word of its own: neither «Ипотека» nor «АО-Сервис» has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from . import legal_forms as forms
from .legal_forms import LegalForm
from .text import fold_lookalikes

WORD = re.compile(r"[^\W_]+")
ADJECTIVE_ENDS = ("ая", "яя", "ый", "ий", "ой", "ое", "ее", "ые", "ие", "ых", "их")
SURNAME_END = re.compile(
    r"(?:ов|ев|[её]в|ин|ын|ский|цкий|ской|цкой|ова|ева|ина|ына|ская|цкая|енко|чук|юк|ян|янц|дзе|швили"
    r"|ov|ev|ova|eva|sky|skiy|skaya|enko|chuk|yan)$",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[a-z]")
_MOST_WORDS = 14  # of a long name of a form


def word_key(word: str) -> str:
    """Return a word as the tables spell it: lower case, "е" for "ё", one alphabet."""
    low = word.lower()
    if low.isascii():
        return low
    low = low.replace("ё", "е").replace("\u0307", "")
    return fold_lookalikes(low) if _LATIN.search(low) else low


def first_form(text: str) -> tuple[LegalForm, str] | None:
    """Return the form that `text` begins with, and the rest."""
    words = list(islice(WORD.finditer(text), _MOST_WORDS + 1))
    if not words:
        return None
    keys = [word_key(word[0]) for word in words[:_MOST_WORDS]]
    for n, form in _first_candidates(keys, words, text):
        end = words[n - 1].end()
        gap = text[end : words[n].start()] if n < len(words) else ""
        is_free = n == len(words) or _is_gap(gap, form, "".join(keys[:n]))
        if not is_free or "l" in form.flags or not _is_typed(words[:n], form, text):
            continue
        rest = text[end:].lstrip(" .,;:-'/")
        # «Фонд "Надежда"», but neither «Фонд развития» nor «"Фонд"».
        is_beside = '"' in gap and '"' not in text[: words[0].start()]
        if is_beside or "q" not in form.flags:
            return form, rest
    return None


def _first_candidates(
    keys: Sequence[str], words: Sequence[re.Match[str]], text: str
) -> list[tuple[int, LegalForm]]:
    """Return the forms that the first words spell, the longest first."""
    found = []
    for n in forms.BY_FIRST.get(keys[0], ()):
        form = forms.FORMS.get(tuple(keys[:n])) if n <= len(keys) else None
        if form:
            found.append((n, form))
    if institution := forms.institution(keys):
        found.append(institution)
    if len(keys[0]) == 1:
        found += _spelled_first(keys, words, text)
    return sorted(found, key=lambda pair: -pair[0])


def _spelled_first(
    keys: Sequence[str], words: Sequence[re.Match[str]], text: str
) -> list[tuple[int, LegalForm]]:
    """Return forms written letter by letter: О.О.О., О О О, А/О."""
    n = 1
    while n < min(len(keys), 6) and len(keys[n]) == 1 and _is_spelling(text, words, n):
        n += 1
    found = []
    for k in range(n, 1, -1):
        joined = "".join(keys[:k])
        form = forms.FORMS.get((joined,))
        # «А.О. Петров» is a person; «И.П. Петров» in a company's name is a trader.
        is_initials = joined != "ип" and _is_surname(words, k)
        is_pair = joined in ("ип", "ао", "чп", "ao") and not is_initials
        if form and (k > 2 or is_pair):
            found.append((k, form))
    return found


def _is_spelling(text: str, words: Sequence[re.Match[str]], n: int) -> bool:
    return not text[words[n - 1].end() : words[n].start()].strip(' ./"')


def _is_surname(words: Sequence[re.Match[str]], at: int) -> bool:
    return at < len(words) and bool(SURNAME_END.search(words[at][0]))


def last_form(text: str) -> tuple[LegalForm, str] | None:
    """Return the form that `text` ends with, and what stands before it."""
    words = list(WORD.finditer(text))
    if not words:
        return None
    keys = [word_key(word[0]) for word in words[-_MOST_WORDS:]]
    for n, form in _last_candidates(keys, words, text):
        start = words[-n].start()
        gap = text[words[-n - 1].end() : start] if n < len(words) else ""
        is_free = n == len(words) or _is_gap(gap, form, "".join(keys[-n:]))
        if is_free and "f" not in form.flags and _is_typed(words[-n:], form, text):
            return form, text[:start].rstrip(" ,;:-&/(")
        is_apart = "q" not in form.flags and ("," in gap or '"' in gap)
        if is_apart and n < len(words) and _is_typed(words[-n:], form, text):
            return form, text[:start].rstrip(" ,;:-&/(")
    return None


def _last_candidates(
    keys: Sequence[str], words: Sequence[re.Match[str]], text: str
) -> list[tuple[int, LegalForm]]:
    found = []
    for n in forms.BY_LAST.get(keys[-1], ()):
        form = forms.FORMS.get(tuple(keys[-n:])) if n <= len(keys) else None
        if form and not (n == 2 and len(keys[-1]) == 1 and _is_person_before(words, text)):
            found.append((n, form))
    for n in (2, 1):
        institution = forms.institution(keys[-n:])
        if institution and institution[0] == n == len(keys[-n:]):
            found.append(institution)
    if len(keys[-1]) == 1:
        found += _spelled_last(keys, words, text)
    return sorted(found, key=lambda pair: -pair[0])


def _spelled_last(
    keys: Sequence[str], words: Sequence[re.Match[str]], text: str
) -> list[tuple[int, LegalForm]]:
    n = 1
    while n < min(len(keys), 6) and len(keys[-n - 1]) == 1 and _is_spelling(text, words, -n):
        n += 1
    found = []
    for k in range(n, 1, -1):
        form = forms.FORMS.get(("".join(keys[-k:]),))
        is_slashed = "/" in text[words[-k].start() :]
        is_latin = keys[-1].isascii() and "." in text[words[-k].start() :]
        is_pair = is_slashed or (is_latin and not _is_person_before(words, text))
        if form and (k > 2 or is_pair):
            found.append((k, form))
    return found


def _is_person_before(words: Sequence[re.Match[str]], text: str) -> bool:
    """Tell whether the two letters at the end are initials: «Петров А.О.»."""
    is_slashed = "/" in text[words[-2].start() :] if len(words) > 1 else False
    return len(words) > 2 and not is_slashed and bool(SURNAME_END.search(words[-3][0]))


def _is_gap(gap: str, form: LegalForm, key: str) -> bool:
    """Tell whether what stands between a form and the name parts them: not «АО-Сервис»."""
    if any(sign in ' ",;:|' for sign in gap):
        return True
    is_strong = "w" in form.flags and len(key) > 2
    return is_strong and gap.strip("'") in ("", ".", "-", ".-") and gap != ""


def _is_typed(words: Sequence[re.Match[str]], form: LegalForm, text: str) -> bool:
    """Tell whether letters that make a word too are in capitals, as a form's are."""
    if "u" not in form.flags and "U" not in form.flags:
        return True
    typed = [word[0] for word in words]
    if all(map(str.isupper, typed)) or typed == WORD.findall(form.code):
        return True
    return "u" in form.flags and text.islower()


def weak_words(core: str) -> tuple[tuple[str, ...], str]:
    """Return the weak words at the ends of the core, and the core without them."""
    words = list(WORD.finditer(core))
    keys = [word_key(word[0]) for word in words]
    first, last = 0, len(words)
    weak: list[str] = []
    while first < last:
        n = _n_weak_first(core, words[first:last], keys[first:last])
        if n:
            weak.append(core[words[first].start() : words[first + n - 1].end()])
            first += n
            continue
        n = _n_weak_last(core, words[first:last], keys[first:last])
        if not n:
            break
        weak.append(core[words[last - n].start() : words[last - 1].end()])
        last -= n
    rest = core[words[first].start() : words[last - 1].end()] if first < last else ""
    return tuple(weak), rest


def _n_weak_first(core: str, words: Sequence[re.Match[str]], keys: Sequence[str]) -> int:
    for n in forms.WEAK_BY_FIRST.get(keys[0], ()):
        flags = forms.WEAK.get(tuple(keys[:n])) if n <= len(keys) else None
        if flags is None or "l" in flags or not _is_weak_typed(core, words[:n], flags):
            continue
        if n == len(words) or " " in core[words[n - 1].end() : words[n].start()]:
            return n
    return 0


def _n_weak_last(core: str, words: Sequence[re.Match[str]], keys: Sequence[str]) -> int:
    for n in forms.WEAK_BY_LAST.get(keys[-1], ()):
        if n >= len(words):
            continue
        flags = forms.WEAK.get(tuple(keys[-n:]))
        if flags is None or not _is_weak_typed(core, words[-n:], flags):
            continue
        is_own = n == 1 and not flags and keys[-2].endswith(ADJECTIVE_ENDS)
        if not is_own and " " in core[words[-n - 1].end() : words[-n].start()]:
            return n
    return 0


def _is_weak_typed(core: str, words: Sequence[re.Match[str]], flags: str) -> bool:
    if "u" not in flags and "U" not in flags:
        return True
    return all(word[0].isupper() for word in words) or ("u" in flags and core.islower())


def stands_last(code: str) -> bool:
    """Tell whether a canonical code is written after the name: Ltd, s.r.o."""
    keys = tuple(map(word_key, WORD.findall(code)))
    form = forms.FORMS.get(keys) or forms.FORMS.get(("".join(keys),))
    return bool(form and "l" in form.flags)
