"""Misspelt mail domains by frequency: one slip away from a provider, and rare where it is common.

The table of `email_rules` knows the usual slips. Beyond it, a domain that one or two
cards hold is likely a slip if one edit (a letter more, less, changed, or two swapped:
Damerau, "A technique for computer detection and correction of spelling errors", 1964) makes
it a provider's that a hundred times as many hold. Only a suggestion: "mall.ru" may be live,
so no address is ever rewritten by it.

>>> sorted({"mial.ru", "mai.ru", "nail.ru", "maail.ru", "mall.com"} & slips("mail.ru"))
['maail.ru', 'mai.ru', 'mial.ru', 'nail.ru']
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from .email_rules import FREE_PROVIDERS, TYPOS
from .email_text import public_suffix

# The providers whose names people misspell most, in Russia and its neighbours.
TARGETS = (
    *("mail.ru", "yandex.ru", "gmail.com", "bk.ru", "inbox.ru", "list.ru", "rambler.ru", "ya.ru"),
    *("icloud.com", "hotmail.com", "outlook.com", "yahoo.com", "internet.ru", "live.com"),
    *("live.ru", "ukr.net", "tut.by", "yandex.by", "yandex.kz", "yandex.com"),
)
_RARE_MAX = 2
_TIMES_MIN = 100
_LABEL_MIN = 4  # one edit of "bk" or "ya" is as good a name: only the end may be a slip
_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789-."


def suggest_domains(domain_counts: pl.DataFrame) -> pl.DataFrame:
    """Return domain and suggestion for rare domains that look like a slip, sorted by domain.

    `domain_counts` has each distinct domain once, and `n`, the cards that hold it. A
    provider's own domain and those that the table of slips knows are left out.
    """
    counts = domain_counts.select("domain", "n")
    known = sorted(FREE_PROVIDERS | set(TYPOS))
    rare = counts.filter(pl.col("n") <= _RARE_MAX, ~pl.col("domain").is_in(known))
    targets = counts.filter(pl.col("n") >= _TIMES_MIN, pl.col("domain").is_in(TARGETS))
    targets = targets.rename({"domain": "suggestion", "n": "n_target"})
    return (
        rare.join(_slips(targets["suggestion"].to_list(), rare["domain"]), on="domain")
        .join(targets, on="suggestion")
        .filter(pl.col("n_target") >= _TIMES_MIN * pl.col("n"))
        .sort("domain", "n_target", "suggestion", descending=[False, True, False])
        .unique("domain", keep="first", maintain_order=True)
        .select("domain", "suggestion")
    )


def count_domains(values: pl.DataFrame) -> pl.DataFrame:
    """Return `domain` and `n`, the cards that hold it, of the addresses in VALUES."""
    return (
        values.lazy()
        .filter((pl.col("kind") == "email") & pl.col("value").is_not_null())
        .select("entity", "record_id", domain=pl.col("value").str.split("@").list.last())
        .unique()
        .group_by("domain")
        .agg(n=pl.len())
        .collect()
    )


def slips(target: str) -> frozenset[str]:
    """Return every string one edit away from the domain `target`."""
    cuts = [(target[:at], target[at:]) for at in range(len(target) + 1)]
    fewer = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    changed = {a + sign + b[1:] for a, b in cuts if b for sign in _SIGNS}
    more = {a + sign + b for a, b in cuts for sign in _SIGNS}
    return frozenset((fewer | swapped | changed | more) - {target})


def _slips(targets: Iterable[str], asked: pl.Series) -> pl.DataFrame:
    """Return domain and suggestion for those of `asked` that are slips of the targets."""
    names = frozenset(asked)
    rows = [(slip, target) for target in targets for slip in slips(target) & names]
    kept = [(slip, target) for slip, target in rows if _is_telling(slip, target)]
    return pl.DataFrame(kept, schema={"domain": pl.String, "suggestion": pl.String}, orient="row")


def _is_telling(slip: str, target: str) -> bool:
    label = target.partition(".")[0]
    if len(label) >= _LABEL_MIN:
        return True
    return slip.startswith(label + ".") and public_suffix(slip) is None
