"""E-mail addresses in what people typed: `read_emails` splits a raw value and judges each part.

An address is stored as typed but for case, and its domain as an A-label (xn--...). What
a provider takes for the same mailbox (dots, tags, other domains) is folded in the match key
only. A domain that looks misspelt is flagged, never rewritten: several typos are live domains.

>>> [found.value for found in read_emails("Ivan <a@b.ru>, c@d.ru")]
['a@b.ru', 'c@d.ru']
>>> read_emails("I.van+shop@googlemail.com")[0].match_key
'ivan@gmail.com'
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache

import idna

from . import email_rules as rules
from .email_text import Candidate, candidates, is_domain, public_suffix
from .text import bounded, is_mixed, plain, to_latin

_LOGIN_ASCII = re.compile(r"[a-z0-9!#$%&'*+/=^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=^_`{|}~-]+)*")
_LOGIN_ANY = re.compile(r"[\w!#$%&'*+/=^`{|}~-]+(?:\.[\w!#$%&'*+/=^`{|}~-]+)*")
_HOST_ASCII = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{2,63}(?<!-)")
_NOTHING = re.compile(
    r"(?:нет(?: почты| email)?|нету|без (?:почты|email)|не ?указан\w*|отсутству\w+|не ?известн\w*|"
    r"no|none|null|nan|nil|n a|na|no ?e?mail|unknown|undefined|not set|отказ\w*|почта|e ?mail|"
    r"test|тест)"
)
_SPECIAL = rules.MESSENGERS | rules.PLACEHOLDER_DOMAINS | rules.RESERVED_DOMAINS | set(rules.TYPOS)
_SPECIAL_ENDS = tuple(f".{end}" for end in rules.RESERVED_TOP | rules.LOGIN_SUBDOMAINS)
_EDGES = "'`!?/&=#-^~$%"
_SIGNS_MAX = 4_000
_LOGIN_MAX, _ADDRESS_MAX = 64, 254
# Trust in what was mended; the rest of it comes with the candidate.
_FOLDED = 0.9  # lookalike letters
_STRIPPED = 0.95  # a dot or a quote at the login's edge
_GLUED_TEXT, _GLUED_WORD = 0.85, 0.7  # "mail.ru89161234567", "mail.rutel"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailFound:
    """One address of a raw value, or the reason why it holds none."""

    value: str | None
    status: str  # valid | placeholder | invalid
    reason: str | None = None
    rule: str = "whole"
    n_repeats: int = 0
    match_key: str | None = None
    flags: frozenset[str] = frozenset()
    confidence: float = 1.0


def read_emails(raw: str) -> tuple[EmailFound, ...]:
    """Return the addresses in `raw` in their order, each once.

    Never empty: a value that holds no address gives one row with the reason.
    """
    raw = bounded(raw, _SIGNS_MAX)
    judged = [_judge(candidate) for candidate in candidates(raw)]
    found: dict[str, EmailFound] = {}
    for each in judged:
        if each.value is not None:
            known = found.get(each.value, each)
            found[each.value] = replace(known, n_repeats=known.n_repeats + 1)
    failed = {each.reason: each for each in judged if each.value is None}
    if found:
        return (*found.values(), *failed.values())
    return (next(iter(failed.values())),) if failed else (_why_nothing(raw),)


def email_match_key(address: str) -> str:
    """Return the mailbox that a valid `address` belongs to, by its provider's rules."""
    login, _, domain = address.rpartition("@")
    for parent in rules.LOGIN_SUBDOMAINS:
        if domain.endswith("." + parent):
            return f"{domain.removesuffix('.' + parent)}@{parent}"
    provider = provider_of(domain)
    base = (login.partition(provider.tag)[0] or login) if provider.tag else login
    if provider.same:
        base = base.replace(*provider.same)
    base = base.translate(str.maketrans("", "", provider.ignored)) or base
    return f"{base}@{provider.canonical or domain}"


def provider_of(domain: str) -> rules.Provider:
    """Return the rule that a domain's mailboxes follow."""
    is_tagless = domain.partition(".")[0] in rules.TAGLESS_LABELS
    return rules.PROVIDERS.get(domain, rules.PLAIN if is_tagless else rules.DEFAULT)


@lru_cache(maxsize=1 << 16)
def ordinary_provider(domain: str) -> rules.Provider | None:
    """Return the rule of a lower-case ASCII domain that any proper login makes an address at.

    None where the whole address must be read: a filler's domain, a messenger's, one that
    wants a suggestion or does not exist.
    """
    if domain in _SPECIAL or domain.endswith(_SPECIAL_ENDS) or not _HOST_ASCII.fullmatch(domain):
        return None
    if public_suffix(domain) is None:
        return None
    return provider_of(domain)


def suggested_domain(domain: str) -> str | None:
    """Return the provider's domain that a misspelt one most likely means, by the table of slips."""
    if domain in rules.TYPOS:
        return rules.TYPOS[domain]
    # .gmail is a top domain of Google's, and no mailbox's.
    if "." not in domain or (public_suffix(domain) is None and domain.count(".") == 1):
        return rules.SUGGESTED_BY_LABEL.get(domain.partition(".")[0])
    return None


def is_role_login(login: str) -> bool:
    """Tell whether a login is an office's, not a person's: info, zakaz, noreply."""
    return login in rules.ROLES or login in rules.SERVICES


def _judge(found: Candidate) -> EmailFound:
    if any(sign in found.login + found.domain for sign in "*•…") or "..." in found.login:
        return _invalid("masked", found, {"masked"})
    domain, domain_trust = _domain(found.domain)
    login = found.login.strip(_EDGES)
    bare = login.strip(".")
    folded, is_folded = _login(bare, domain)
    if not folded or not domain:
        return _invalid("syntax", found)
    mends = [domain_trust, _FOLDED if is_folded else 1.0, _STRIPPED if bare != login else 1.0]
    suggestion = suggested_domain(domain)
    flags = {"repaired"} if found.is_repaired or min(mends) < 1 else set()
    if found.had_www:
        flags |= {"repaired", "suggest"}
    if suggestion:
        flags.add(f"suggest:{suggestion}")
    judged = _addressed(folded, domain, found, flags)
    if judged.value is None:
        return judged
    return replace(judged, confidence=round(found.trust * math.prod(mends), 2))


def _addressed(login: str, domain: str, found: Candidate, flags: set[str]) -> EmailFound:
    if domain in rules.MESSENGERS:
        return _invalid("messenger", found, flags)
    top = domain.rpartition(".")[2]
    is_reserved = top in rules.RESERVED_TOP
    if "." not in domain or not (is_reserved or _has_suffix(domain, flags)):
        return _invalid("no_tld", found, flags)
    host = _host(domain)
    if host is None or not _is_login(login, host) or len(login) + len(host) >= _ADDRESS_MAX:
        return _invalid("syntax", found, flags)
    address = f"{login}@{host}"
    if is_reserved or _is_placeholder(login, host):
        return EmailFound(
            value=address,
            status="placeholder",
            reason="placeholder",
            rule=found.rule,
            flags=frozenset(flags),
        )
    return EmailFound(
        value=address,
        status="valid",
        rule=found.rule,
        match_key=_key(login, host, flags),
        flags=frozenset(flags | _kinds(login, host)),
    )


def _key(login: str, host: str, flags: set[str]) -> str:
    """Make the match key; a domain that can't exist is the one it was meant to be."""
    if public_suffix(host) is None:
        host = next((f[8:] for f in flags if f.startswith("suggest:")), host)
    return email_match_key(f"{login}@{host}")


def _domain(domain: str) -> tuple[str, float]:
    """Return a domain without glued text and lookalikes, and the trust in what was mended."""
    text = domain.strip("." + _EDGES)
    latin = to_latin(text)
    is_slip = latin.isascii() and any(map(is_mixed, text.split(".")))
    if latin != text and (is_slip or latin in rules.FREE_PROVIDERS):
        return latin, _FOLDED
    if public_suffix(text) is not None or text in rules.TYPOS:
        return text, 1.0
    for at in range(len(text) - 1, 3, -1):
        head, rest = text[:at], text[at:]
        is_glued = not rest[0].isascii() or rest[0].isdigit() or rest[0] == "_"
        is_known = head in rules.FREE_PROVIDERS and len(rest) > 2
        if (is_glued and is_domain(head)) or is_known:
            return head, _GLUED_TEXT if is_glued else _GLUED_WORD
    return text, 1.0


def _login(login: str, domain: str) -> tuple[str, bool]:
    """Fold lookalikes of a login whose domain shows that it must be Latin."""
    if login.isascii() or not domain.isascii() or "xn--" in domain:
        return login, False
    latin = to_latin(login)
    return (latin, True) if latin.isascii() else (login, False)


def _is_login(login: str, host: str) -> bool:
    if len(login.encode()) > _LOGIN_MAX:
        return False
    if login.isascii():
        return bool(_LOGIN_ASCII.fullmatch(login))
    return host not in rules.FREE_PROVIDERS and bool(_LOGIN_ANY.fullmatch(login))


@lru_cache(maxsize=1 << 14)
def _host(domain: str) -> str | None:
    """Return the domain as an A-label, None when it can't be a host name."""
    try:
        host = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:  # idna's own errors are a kind of it
        return None
    return host if _HOST_ASCII.fullmatch(host) or domain in rules.TYPOS else None


def _has_suffix(domain: str, flags: set[str]) -> bool:
    return public_suffix(domain) is not None or any(f.startswith("suggest:") for f in flags)


def _is_placeholder(login: str, host: str) -> bool:
    if host in rules.PLACEHOLDER_DOMAINS or host in rules.RESERVED_DOMAINS:
        return True
    is_filler = login in rules.PLACEHOLDER_LOGINS or _is_run(login)
    if login == host.partition(".")[0] and (is_filler or len(login) < 3 or login.isdigit()):
        return True
    return is_filler and (host in rules.FREE_PROVIDERS or host == "email.ru")


def _is_run(login: str) -> bool:
    if len(login) < 3:
        return False
    return len(set(login)) == 1 or (len(login) > 3 and any(login in row for row in rules.KEYBOARD))


def _kinds(login: str, host: str) -> set[str]:
    kinds = {
        "role": is_role_login(login),
        "service": login in rules.SERVICES,
        "relay": any(host == relay or host.endswith("." + relay) for relay in rules.RELAYS),
        "disposable": host in rules.DISPOSABLE,
        "eai": not login.isascii(),
    }
    return {kind for kind, is_so in kinds.items() if is_so}


def _invalid(reason: str, found: Candidate, flags: set[str] | None = None) -> EmailFound:
    return EmailFound(
        value=None,
        status="invalid",
        reason=reason,
        rule=found.rule,
        flags=frozenset(flags or ()),
    )


def _why_nothing(raw: str) -> EmailFound:
    text = plain(raw)
    words = re.sub(r"[\W_]+", " ", text).strip()
    if not words or _NOTHING.fullmatch(words):
        return EmailFound(value=None, status="placeholder", reason="placeholder", rule="none")
    return EmailFound(value=None, status="invalid", reason=_why_text(text), rule="none")


def _why_text(text: str) -> str:
    if "**" in text:
        return "masked"
    if "@" in text:
        return "syntax"
    if any(is_domain(word.strip(".,;:()<>")) for word in text.split()):
        return "no_at"
    n_digits = sum(sign.isdigit() for sign in text)
    has_letters = any(sign.isalpha() for sign in text)
    return "phone" if n_digits >= 7 and not has_letters else "text"
