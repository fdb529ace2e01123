"""Distinct raw e-mails as a column: the ordinary ones columnar, the rest one by one.

Nearly every e-mail of an account is one ASCII address with nothing beside it, which a kernel
finds. What depends on the domain alone is asked once per distinct domain; the match key is
made by the provider's rule. A login that may be a filler, a domain that wants a repair or
a suggestion, and everything else goes through `read_emails`. Both ways give equal rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.addresses import DROPPED, ENDS, LOGIN_MIN, mailboxes, ordinary_addresses
from dedupe.kernels.slices import distinct_slices

from . import email_rules as rules
from .buffers import Bytes, Index, arrow_buffers, from_buffers, slice_texts
from .emails import ordinary_provider, read_emails
from .readings import Row, by_rows, parted, stamped

Mask = npt.NDArray[np.bool_]
_FILLERS = rules.PLACEHOLDER_LOGINS | {
    row[at : at + n]
    for row in rules.KEYBOARD
    for n in range(LOGIN_MIN, len(row) + 1)
    for at in range(len(row))
}
_LONGEST_FILLER = max(map(len, _FILLERS))


def read_email_column(raws: pl.DataFrame) -> pl.DataFrame:
    """Read RAWS; one row per address found, as READINGS."""
    is_ordinary, text, bounds, ats = ordinary_addresses(*arrow_buffers(raws["raw"]))
    shaped = raws.filter(pl.Series(is_ordinary))
    keyed = shaped.with_columns(
        value=from_buffers(text, bounds), type=None, match_key=_keys(text, bounds, ats)
    )
    proper, odd = parted(keyed, pl.col("match_key").is_not_null())
    rest = pl.concat([raws.filter(pl.Series(~is_ordinary)), odd])
    read = proper.with_columns(pl.col("type").cast(pl.String))
    return pl.concat([stamped(read), by_rows(_read_each(rest))])


def _keys(text: Bytes, bounds: Index, ats: Index) -> pl.Series:
    """Return the match key of each ordinary address, null where the whole must be read."""
    begins, ends = bounds[:-1], bounds[1:]
    labels, firsts = distinct_slices(text, ats + 1, ends)
    domains = slice_texts(text, ats[firsts] + 1, ends[firsts])
    found = [ordinary_provider(domain) for domain in domains]
    is_known = np.array([provider is not None for provider in found], dtype=np.bool_)
    known = [provider or rules.PLAIN for provider in found]
    kinds = np.array([_NUMBERS[provider] for provider in known], dtype=np.uint8)
    hosts = [p.canonical or domain for p, domain in zip(known, domains, strict=True)]
    names = arrow_buffers(pl.Series(hosts, dtype=pl.String))
    keys = from_buffers(*mailboxes(text, begins, ats, labels, _LOGIN_MAPS, kinds, *names))
    is_keyed = pl.Series(is_known[labels] & ~_are_fillers(text, begins, ats))
    return keys.to_frame("key").select(pl.when(is_keyed).then("key")).to_series()


def _login_map(provider: rules.Provider) -> list[int]:
    """Return what each sign of a login is to its provider: see `email_match_key`."""
    signs = list(range(256))
    for sign in provider.ignored:
        signs[ord(sign)] = DROPPED
    if provider.same:
        taken, meant = provider.same
        signs[ord(taken)] = ord(meant)
    if provider.tag:
        signs[ord(provider.tag)] = ENDS
    return signs


_PROVIDERS = sorted({rules.DEFAULT, rules.PLAIN, *rules.PROVIDERS.values()}, key=repr)
_NUMBERS = {provider: number for number, provider in enumerate(_PROVIDERS)}
_LOGIN_MAPS = np.array([_login_map(provider) for provider in _PROVIDERS], dtype=np.uint8)


def _are_fillers(text: Bytes, begins: Index, ats: Index) -> Mask:
    """Tell which logins are listed fillers; most show by an end or by the length that not."""
    may_be = np.zeros((128, 128, _LONGEST_FILLER + 2), dtype=np.bool_)
    for filler in filter(str.isascii, _FILLERS):
        may_be[ord(filler[0]), ord(filler[-1]), len(filler)] = True
    lengths = np.minimum(ats - begins, _LONGEST_FILLER + 1)
    are_fillers: Mask = may_be[text[begins], text[ats - 1], lengths]
    asked = np.flatnonzero(are_fillers)
    logins = slice_texts(text, begins[asked], ats[asked])
    are_fillers[asked] = [login in _FILLERS for login in logins]
    return are_fillers


def _read_each(raws: pl.DataFrame) -> Iterator[Row]:
    for row, raw in raws.iter_rows():
        for part, each in enumerate(read_emails(raw)):
            yield (
                row,
                part,
                each.value,
                None,
                each.status,
                each.reason,
                each.rule,
                each.confidence,
                each.n_repeats,
                None,
                each.match_key,
            )
