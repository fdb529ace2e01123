"""Names as a column: ordinary ones by their words, the rest one by one.

Most names are a few words of letters, of which none begins or ends a template. Those need
no look at each: the status is ok and the key is the sorted words, so that only the distinct
words are looked at; of the other names the distinct ones are. Both ways give equal rows:
`names.judge` is the definition.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.phrases import sorted_phrases, stripped
from dedupe.kernels.slices import distinct_slices
from dedupe.kernels.words import name_words

from . import name_words as words
from .buffers import (
    Index,
    arrow_buffers,
    distinct_texts,
    found_texts,
    from_buffers,
    slice_column,
    slices,
)
from .folding import lowered
from .names import ROW_STARTS, is_run, judge
from .text import fold_lookalikes

Mask = npt.NDArray[np.bool_]
_FORM_FIRSTS = frozenset(phrase[0] for phrase in words.FORM_PHRASES)
_FORM_LASTS = frozenset(phrase[-1] for phrase in words.FORM_PHRASES)
_OPENING_STARTS = f"^(?:{'|'.join(words.OPENING_STARTS)})"
_TESTS = f"(?:{'|'.join(words.TESTS)})$"
_SCHEMA = pl.Schema(
    {"name": pl.String(), "status": pl.String(), "reason": pl.String(), "match_key": pl.String()}
)


def judge_names(names: pl.Series, *, is_company: bool) -> pl.DataFrame:
    """Return name, status, reason and match_key of `names`, in their order."""
    parts = [_plain_keys(part, is_company=is_company) for part in slices(names.fill_null(""))]
    is_plain = np.concatenate([mask for mask, _ in parts])
    keys = pl.concat([keys for _, keys in parts])
    mask = pl.Series(is_plain)
    plain = names.filter(mask).to_frame("name")
    read = plain.with_columns(status=pl.lit("ok"), reason=pl.lit(None, pl.String), match_key=keys)
    rest = _judge_distinct(names.filter(~mask), is_company=is_company)
    at = np.where(is_plain, np.cumsum(is_plain), len(plain) + np.cumsum(~is_plain)) - 1
    return pl.concat([read, rest]).rechunk()[at]


def _plain_keys(names: pl.Series, *, is_company: bool) -> tuple[Mask, pl.Series]:
    """Tell which names are good ones by their words alone, and return the keys of these."""
    flat, offsets = arrow_buffers(names)
    counts, begins, ends = name_words(flat, offsets, is_company)
    labels, firsts = distinct_slices(flat, begins, ends)
    low = lowered(slice_column(flat, begins[firsts], ends[firsts]))
    folded = _folded(low)
    is_worded = counts > 0
    counts = counts[is_worded]
    is_plain = ~(
        _are_suspect(counts, labels, folded, is_company=is_company)
        | _may_be_templates(counts, labels, low, folded)
    )
    distinct = folded.unique().sort()
    ids = found_texts(distinct, folded)[labels]
    counts, ids = counts[is_plain], ids[np.repeat(is_plain, counts)]
    if is_company:
        counts, ids = stripped(counts, ids, *_forms(distinct))
    keys = from_buffers(*sorted_phrases(counts, ids, *arrow_buffers(distinct)))
    is_worded[is_worded] = is_plain
    return is_worded, keys


def _folded(low: pl.Series) -> pl.Series:
    """Fold the words that mix both alphabets, which are few."""
    is_mixed = low.str.contains("[a-z]") & low.str.contains("[а-я]")
    rows = is_mixed.arg_true()
    folded = [fold_lookalikes(word) for word in low.gather(rows)]
    return low.scatter(rows, pl.Series(folded, dtype=pl.String)) if folded else low


def _are_suspect(counts: Index, labels: Index, low: pl.Series, *, is_company: bool) -> Mask:
    """Tell which rows of words may be no name, or have a legal form that takes a closer look."""
    if not len(counts):
        return np.zeros(0, dtype=np.bool_)
    begins = np.cumsum(counts) - counts
    firsts, seconds = (_FORM_FIRSTS, _FORM_LASTS) if is_company else (words.PERSON_FORMS,) * 2
    kinds = (_are_runs(low), low.str.len_chars() == 1, _are_in(low, firsts), _are_in(low, seconds))
    # Words of a kind are counted in a byte of one sum: a name has no more than eight.
    weights = sum(kind.to_numpy().astype(np.int64) << 8 * at for at, kind in enumerate(kinds))
    sums = np.add.reduceat(np.asarray(weights)[labels], begins)
    n_runs, n_letters, n_firsts, n_seconds = (sums >> 8 * at & 255 for at in range(len(kinds)))
    is_one = (counts == 1) & (n_letters == 1)
    suspects: Mask = is_one | (n_runs == counts) | ((n_firsts > 0) & (n_seconds > 0))
    return suspects


def _are_runs(low: pl.Series) -> pl.Series:
    """Tell which words are fingers on a keyboard: few look so by their first letters."""
    heads = [low.str.slice(at, 1) for at in range(2)]
    rows = ((heads[0] == heads[1]) | low.str.slice(0, 3).is_in(sorted(ROW_STARTS))).arg_true()
    runs = np.zeros(len(low), dtype=np.bool_)
    runs[rows.to_numpy()] = [is_run(word) for word in low.gather(rows)]
    return pl.Series(runs)


def _may_be_templates(counts: Index, labels: Index, *spellings: pl.Series) -> Mask:
    """Tell which rows of words `may_be_template` would take for templates, and some more."""
    opens, closes = (np.zeros(len(spellings[0]), dtype=np.bool_) for _ in range(2))
    for low in spellings:
        bare = low.str.strip_chars_end("0123456789")
        opens |= (_are_in(bare, words.OPENINGS) | low.str.contains(_OPENING_STARTS)).to_numpy()
        closes |= low.str.contains(_TESTS).to_numpy()
    lasts = np.cumsum(counts) - 1
    templates: Mask = opens[labels[lasts + 1 - counts]] | closes[labels[lasts]]
    return templates


def _forms(low: pl.Series) -> tuple[Mask, Mask]:
    """Tell which words are legal forms at a company's beginning, and which at its end."""
    is_form = _are_in(low, words.FORMS).to_numpy()
    return is_form, is_form | _are_in(low, words.END_FORMS).to_numpy()


def _are_in(low: pl.Series, listed: Collection[str]) -> pl.Series:
    return low.is_in(sorted(listed))


def _judge_distinct(names: pl.Series, *, is_company: bool) -> pl.DataFrame:
    labels, distinct = distinct_texts(names.fill_null(""))
    judged = [judge(name, is_company=is_company) for name in distinct.to_list()]
    columns = {
        "status": [status.status for status, _ in judged],
        "reason": [status.reason for status, _ in judged],
        "match_key": [key for _, key in judged],
    }
    schema = {name: _SCHEMA[name] for name in columns}
    read = pl.DataFrame(columns, schema=schema)[labels]
    return names.to_frame("name").hstack(read)
