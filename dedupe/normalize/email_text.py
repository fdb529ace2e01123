"""An e-mail field as candidates: what was typed, before any address is judged.

`candidates` undoes what forms, word processors and keyboards do to addresses (links,
"(at)", spaces and commas inside, the Russian layout) and cuts the value where one
address ends and the next begins, glued ones included: between two "@" stand a domain
and a login, and the cut is where the left part is a known provider, else where it
ends in the longest public suffix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from .email_rules import FREE_PROVIDERS, PLACEHOLDER_LOGINS
from .text import from_layout, plain

_LINK_TAG = re.compile(r"<a\s[^>]{0,300}?mailto:([^\"'>?\s]+)[^>]{0,300}>([^<]{0,300})(?:</a>)?")
_MARKDOWN = re.compile(r"\[([^\]]{1,300})\]\((?:mailto:)?([^)]{1,300})\)")
_TAG = re.compile(r"</?[a-z]+(?:\s[^<>@]{0,200})?/?>")
_MAILTO = re.compile(r"mailto:|(?<=\w)\?(?:subject|cc|bcc|body)=\S*")
_URL = re.compile(r"(?:https?|ftp)://\S*")
_WORD_AT = re.compile(
    r"\s*[\[({<]\s*(?:at|собака|собачка|эт)\s*[\])}>]\s*|\s+(?:собака|собачка)\s+|(?<=\w)#at#(?=\w)"
)
_WORD_DOT = re.compile(r"\s*[\[({<]\s*(?:dot|точка)\s*[\])}>]\s*|\s+(?:точка|dot)\s+")
_BARE_AT = re.compile(r"(?<=[\w])\s+at\s+(?=[\w-]+\.[a-z]{2,})")
_QUOTE_AT = re.compile(r"^\s*([\w.+-]+)\"([\w-]+(?:\.[\w-]+)+)\s*$")
_LOOSE_AT = re.compile(r"(?<![\w@])([^\s@,;<>()\[\]\"]+)(\s*@[\s@]*)(?=[\w-]+(?:\s*[.,]\s*\w|\b))")
_LOOSE_DOT = re.compile(r"(@[\w-]+(?:\.[\w-]+)*?)(?:\s+\.\s*|\.\s+)([a-zа-я]{2,6})(?![\w.@-])")
_COMMA_DOT = re.compile(r"(@[\w-]+),([a-zа-я]{2,6})(?![\w.@-])")
_SPLIT = re.compile(r"[\s,;|<>()\[\]{}\"«»“”„:\\]+")
_USUAL_TOP = frozenset(
    [
        *("ru", "рф", "su", "com", "net", "org", "info", "biz", "pro", "online"),
        *("by", "kz", "ua", "uz", "kg", "uk", "de"),
    ]
)
_DOMAIN_MAX = 254
# Trust in what was cut or mended.
_BESIDE = 0.95  # a sign or a word stands beside the address
_REPAIRED = 0.9  # spaces, "(at)" or a comma stood inside
_DECODED = 0.8  # typed on the Russian layout
_WITH_WWW = 0.6
_GLUED_AT_PROVIDER, _GLUED_AT_SUFFIX = 0.9, 0.6
_ALTERNATIVE = 0.5  # "ivan/petr@mail.ru"
_EDGES = ".'`!?/&=#-_+~^$%*"
_DOMAIN = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A login and a domain as typed; `rule` says how they were cut out, "" domain: no @ left.

    `trust` is how likely it is that this address was meant: see contracts.CERTAIN.
    """

    login: str
    domain: str
    rule: str
    is_repaired: bool = False
    had_www: bool = False
    trust: float = 1.0


def candidates(raw: str) -> list[Candidate]:
    """Return every piece of `raw` that holds an "@", in order, cut at its logins."""
    text, is_repaired = _prepared(plain(raw))
    tokens = [token for token in _SPLIT.split(text) if "@" in token]
    is_alone = len(tokens) == 1 and tokens[0] == text.strip()
    rule = "whole" if is_alone else "separator" if len(tokens) > 1 else "text"
    token_trust = (1.0 if is_alone else _BESIDE) * (_REPAIRED if is_repaired else 1.0)
    return [
        found
        for token in tokens
        for found in _read_token(token, rule, is_repaired, trust=token_trust)
    ]


@lru_cache(maxsize=1 << 14)
def public_suffix(domain: str) -> str | None:
    """Return the public suffix ("ru", "co.uk") that `domain` ends in, None for an unknown one."""
    suffix: str | None = _suffixes().publicsuffix(domain)
    return suffix


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)


def _prepared(text: str) -> tuple[str, bool]:
    text = _LINK_TAG.sub(lambda m: f" {m[2] if '@' in m[2] else m[1]} ", text)
    text = _MARKDOWN.sub(lambda m: m[1] if "@" in m[1] else f"{m[1]} {m[2]}", text)
    text = _MAILTO.sub(" ", _TAG.sub("\n", text))
    text = re.sub(r"(?<=\w)(?=https?://|www\.)", " ", text)
    text = _URL.sub(" ", text)
    fixed = _dotted(_with_at(text))
    return fixed, fixed != text


def _with_at(text: str) -> str:
    marked = _WORD_AT.sub("@", text)
    if marked != text or "@" in marked:
        marked = _WORD_DOT.sub(".", marked)
    if "@" not in marked:
        marked = _BARE_AT.sub("@", marked, count=1)
    if "@" not in marked and (match := _QUOTE_AT.fullmatch(marked)):
        # Shift+2 is a quote on the Russian layout.
        known = public_suffix(match[2]) or from_layout(match[2]) in FREE_PROVIDERS
        marked = f"{match[1]}@{match[2]}" if known else marked
    return _LOOSE_AT.sub(_tight, marked)


def _tight(match: re.Match[str]) -> str:
    return f"{match[1]}@"


def _dotted(text: str) -> str:
    def dot(match: re.Match[str]) -> str:
        domain = f"{match[1]}.{match[2]}"
        return domain if public_suffix(domain[1:]) else match[0]

    return _COMMA_DOT.sub(dot, _LOOSE_DOT.sub(dot, text))


def _read_token(token: str, rule: str, is_repaired: bool, *, trust: float) -> Iterator[Candidate]:
    token, had_www = _without_www(token)
    if (decoded := _decoded(token)) != token:
        token, is_repaired, trust = decoded, True, trust * _DECODED
    parts = [part for part in token.split("@") if part.strip(_EDGES)]
    is_glued = len(parts) > 2
    if len(parts) < 2:
        yield Candidate(login="", domain="", rule=rule)
        return
    login, before = parts[0], _WITH_WWW if had_www else 1.0
    for at, part in enumerate(parts[1:], 1):
        is_last = at == len(parts) - 1
        domain, following = (part, "") if is_last else _cut_glued(part)
        after = 1.0 if is_last else _glued_trust(domain)
        yield from _variants(
            Candidate(
                login=login,
                domain=domain,
                rule="glued" if is_glued else rule,
                is_repaired=is_repaired,
                had_www=had_www and at == 1,
                trust=trust * min(before, after),
            )
        )
        login, before = following or part, after


def _glued_trust(domain: str) -> float:
    return _GLUED_AT_PROVIDER if domain in FREE_PROVIDERS else _GLUED_AT_SUFFIX


def _without_www(token: str) -> tuple[str, bool]:
    bare = re.sub(r"^(?:www\.)+(?=[^@.]+(?:\.[^@.]+)*@)", "", token)
    return bare, bare != token


def _decoded(token: str) -> str:
    """Return a token typed on the Russian layout as the keys would give it on the Latin one."""
    letters = [sign for sign in token if sign.isalpha()]
    if not letters or not all("\u0400" <= sign <= "\u04ff" for sign in letters):
        return token
    decoded = from_layout(token)
    return decoded if decoded.rpartition("@")[2].strip(".") in FREE_PROVIDERS else token


def _variants(found: Candidate) -> Iterator[Candidate]:
    """Read "ivan/petr@mail.ru" and "ivan@mail.ru/gmail.com" as two addresses each."""
    logins = [login for login in found.login.split("/") if login.strip(_EDGES)]
    is_list = len(logins) > 1 and found.login not in PLACEHOLDER_LOGINS
    domain, *others = [part for part in found.domain.split("/") if part] or [""]
    domains = [domain, *(other for other in others if is_domain(other))]
    for login in logins if is_list else [found.login]:
        for each in domains:
            alt = "alt_login" if is_list else "alt_domain" if len(domains) > 1 else found.rule
            trust = found.trust if alt == found.rule else min(found.trust, _ALTERNATIVE)
            yield replace(found, login=login, domain=each, rule=alt, trust=trust)


def is_domain(text: str) -> bool:
    """Tell whether `text` is a host name under a public suffix."""
    return bool(_DOMAIN.fullmatch(text)) and public_suffix(text) is not None


def _cut_glued(middle: str) -> tuple[str, str]:
    """Cut "mail.rupetr" into a domain and the next login; no domain when nothing fits."""
    best: tuple[tuple[bool, bool, bool, int, int], str, str] | None = None
    for at in range(3, min(len(middle), _DOMAIN_MAX)):
        domain, rest = middle[:at], middle[at:]
        login = rest.lstrip("/'&;.-_=")
        if not login or not login[0].isalnum() or not is_domain(domain):
            continue
        is_usual = domain.rpartition(".")[2] in _USUAL_TOP
        # "site.com" stands in "site.com.ua" too: a dot after the cut speaks against it.
        rank = (
            domain in FREE_PROVIDERS,
            is_usual,
            rest[0] != ".",
            -domain.count("."),
            len(domain),
        )
        if best is None or rank > best[0]:
            best = (rank, domain, login)
    return (best[1], best[2]) if best else ("", middle)
