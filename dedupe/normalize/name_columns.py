"""Names as a column: ordinary ones by their words, the rest one by one.

Most names are a few words of letters, of which none begins or ends a template. Those need
no look at each: the status is ok and the key is the sorted words, so that only the distinct
words are looked at; of the other names the distinct ones are. Both ways give equal rows:
`names.judge` is the definition.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.kernels.phrases import sorted_phrases, stripped
from dedupe.kernels.slices import distinct_slices
from dedupe.kernels.words import name_words

from . import name_words as words
from .buffers import Index, arrow_buffers, distinct_texts, from_buffers, slice_texts, slices
from .names import is_run, judge, opens_template
from .text import fold_lookalikes

Mask = npt.NDArray[np.bool_]
_FORM_FIRSTS = frozenset(phrase[0] for phrase in words.FORM_PHRASES)
_FORM_LASTS = frozenset(phrase[-1] for phrase in words.FORM_PHRASES)
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
    typed = slice_texts(flat, begins[firsts], ends[firsts])
    low = [word.lower().replace("ё", "е") for word in typed]
    folded = [fold_lookalikes(word) for word in low]
    is_worded = counts > 0
    counts = counts[is_worded]
    is_plain = ~(
        _are_suspect(counts, labels, folded, is_company=is_company)
        | _may_be_templates(counts, labels, low)
        | _may_be_templates(counts, labels, folded)
    )
    distinct = sorted(set(folded))
    numbers = {word: number for number, word in enumerate(distinct)}
    ids = np.array([numbers[word] for word in folded], dtype=np.int64)[labels]
    counts, ids = counts[is_plain], ids[np.repeat(is_plain, counts)]
    if is_company:
        counts, ids = stripped(counts, ids, *_forms(distinct))
    texts = arrow_buffers(pl.Series(distinct, dtype=pl.String))
    keys = from_buffers(*sorted_phrases(counts, ids, *texts))
    is_worded[is_worded] = is_plain
    return is_worded, keys


def _are_suspect(counts: Index, labels: Index, low: list[str], *, is_company: bool) -> Mask:
    """Tell which rows of words may be no name, or have a legal form that takes a closer look."""
    if not len(counts):
        return np.zeros(0, dtype=np.bool_)
    begins = np.cumsum(counts) - counts
    firsts, seconds = (_FORM_FIRSTS, _FORM_LASTS) if is_company else (words.PERSON_FORMS,) * 2
    # Words of a kind are counted in a byte of one sum: a name has no more than eight.
    kinds = (is_run, _is_letter, firsts.__contains__, seconds.__contains__)
    weights = sum(_flags(low, kind).astype(np.int64) << 8 * at for at, kind in enumerate(kinds))
    sums = np.add.reduceat(np.asarray(weights)[labels], begins)
    n_runs, n_letters, n_firsts, n_seconds = (sums >> 8 * at & 255 for at in range(len(kinds)))
    is_one = (counts == 1) & (n_letters == 1)
    suspects: Mask = is_one | (n_runs == counts) | ((n_firsts > 0) & (n_seconds > 0))
    return suspects


def _may_be_templates(counts: Index, labels: Index, low: list[str]) -> Mask:
    """Tell which rows of words `may_be_template` would take for templates, and some more."""
    lasts = np.cumsum(counts) - 1
    opens: Mask = _flags(low, opens_template)[labels[lasts + 1 - counts]]
    closes: Mask = _flags(low, lambda word: word.endswith(words.TESTS))[labels[lasts]]
    return opens | closes


def _is_letter(word: str) -> bool:
    return len(word) == 1


def _forms(low: list[str]) -> tuple[Mask, Mask]:
    """Tell which words are legal forms at a company's beginning, and which at its end."""
    is_form = _flags(low, words.FORMS.__contains__)
    return is_form, is_form | _flags(low, words.END_FORMS.__contains__)


def _flags(low: list[str], is_so: Callable[[str], bool]) -> Mask:
    return np.array([is_so(word) for word in low], dtype=np.bool_)


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
