"""Names that a machine wrote: the same template on many cards of many people.

Telephony, chats and forms let their users choose the text, so no table lists them all. A
template is a name with its digits masked ("Заявка №123" and "Заявка №77" are one); it is
junk when many contacts have it, with as many phones, and no word in it is a known name.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from dedupe.contracts import NAMES, Entity
from dedupe.kernels.slices import distinct_slices
from dedupe.kernels.words import name_words

from .buffers import arrow_buffers, slice_column, slices
from .folding import lowered
from .given_names import full_names
from .name_words import GIVEN_NAMES
from .person_lookup import is_in_tables
from .person_tables import surname_counts
from .scripts import Script, script_of
from .surnames import masculine

Mask = npt.NDArray[np.bool_]
CARDS_MIN = 20
PHONES_MIN = 10
REASON = "template"
_KEY = ["entity", "record_id"]
_PATRONYMICS = ("ович", "евич", "овна", "евна", "ична", "оглы", "кызы")
_PATRONYMIC = f"(?:{'|'.join(_PATRONYMICS)})$"


def mark_templates(names: pl.DataFrame, cards: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return NAMES with machine-made names of contacts marked as junk, in the same order.

    `cards` has entity, record_id and name; `values` is VALUES: a template without digits
    must stand beside at least 10 phones, or it may be one person's cards.
    """
    contacts = cards.filter(pl.col("entity") == Entity.CONTACT).select(*_KEY, "name")
    suspects = _suspects(contacts["name"])
    if suspects.is_empty():
        return NAMES.conform(names)
    often = contacts.join(suspects, on="name")
    ids = pl.col("record_id").is_in(often["record_id"].unique().implode())
    judged = names.filter(ids & (pl.col("status") == "ok")).select(_KEY)
    often = often.join(judged, on=_KEY, how="semi").filter(pl.len().over("template") >= CARDS_MIN)
    phones = values.filter(ids & (pl.col("kind") == "phone")).select(*_KEY, "value")
    counts = (
        often.join(phones, on=_KEY, how="left")
        .group_by("template")
        .agg(n_phones=pl.col("value").drop_nulls().n_unique())
    )
    junk = [
        template
        for template, n_phones in counts.iter_rows()
        if is_machine_made(template, n_phones=n_phones)
    ]
    found = often.filter(pl.col("template").is_in(junk)).select(*_KEY, made=pl.lit(value=True))
    marked = names.join(found, on=_KEY, how="left", maintain_order="left")
    made = pl.col("made").fill_null(value=False)
    return NAMES.conform(
        marked.with_columns(
            status=pl.when(made).then(pl.lit("junk")).otherwise("status"),
            reason=pl.when(made).then(pl.lit(REASON)).otherwise("reason"),
            match_key=pl.when(made).then(pl.lit("")).otherwise("match_key"),
        )
    )


def _suspects(names: pl.Series) -> pl.DataFrame:
    """Return the distinct names, with their templates, that a machine may have written."""
    asked = names.fill_null("")
    asked = pl.concat([part.filter(~pl.Series(_are_named(part))) for part in slices(asked)])
    text = pl.col("name").str.to_lowercase().str.replace_all("ё", "е")
    template = text.str.replace_all(r"\d+", "#").str.replace_all(r"[^\w#]+", " ")
    frequent = (
        asked.to_frame("name")
        .group_by("name")
        .agg(n=pl.len())
        .with_columns(template=template.str.strip_chars())
        .filter((pl.col("n").sum().over("template") >= CARDS_MIN) & (pl.col("template") != ""))
    )
    made = [
        template
        for template in frequent["template"].unique().to_list()
        if is_machine_made(template, n_phones=PHONES_MIN)
    ]
    return frequent.filter(pl.col("template").is_in(made)).select("name", "template")


def _are_named(names: pl.Series) -> Mask:
    """Tell which names hold a word that is plainly a person's: of most no more has to be asked."""
    flat, offsets = arrow_buffers(names)
    counts, begins, ends = name_words(flat, offsets, True)
    labels, firsts = distinct_slices(flat, begins, ends)
    words = lowered(slice_column(flat, begins[firsts], ends[firsts]))
    is_name = words.is_in(sorted(GIVEN_NAMES)) | words.str.contains(_PATRONYMIC)
    is_known = is_name & (words.str.len_chars() > 1)
    row = np.repeat(np.arange(len(counts)), counts)
    are_named = np.zeros(len(counts), dtype=np.bool_)
    are_named[row[is_known.to_numpy()[labels]]] = True
    return are_named


def is_machine_made(template: str, *, n_phones: int) -> bool:
    """Tell whether a frequent `template` (lower case, digits as "#") names nobody.

    Without digits it must be Cyrillic: of other scripts too few names are known to us for
    an unknown word to mean anything.
    """
    words = [word for word in template.split() if "#" not in word and len(word) > 1]
    if any(_is_known(word) for word in words):
        return False
    if "#" in template:
        return True
    is_cyrillic = all(script_of(word) is Script.CYRILLIC for word in words)
    return bool(words) and is_cyrillic and n_phones >= PHONES_MIN


def _is_known(word: str) -> bool:
    """Tell whether a word may be somebody's name; the big tables are asked last."""
    if _is_plainly_known(word):
        return True
    is_listed = is_in_tables(word) or masculine(word) in surname_counts()
    return is_listed or bool(full_names(word))


def _is_plainly_known(word: str) -> bool:
    return len(word) > 1 and (word in GIVEN_NAMES or word.endswith(_PATRONYMICS))
