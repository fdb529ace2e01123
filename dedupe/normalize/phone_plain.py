"""Columns of phones that need no splitter: one plain number, or plain numbers in a list.

A plain number is ten or eleven digits of country code 7 with spaces, brackets, dashes or
dots, or a plus and eleven to thirteen digits of another country; the kernel says whether it
is valid. What looks like a filler, a date, or a slip of a plus is not plain. The rows are
those of `read_phones`, which reads all the rest.
"""

from __future__ import annotations

import polars as pl

from dedupe.kernels.phones import VALID

from .numbering import COUNTS, FILLERS, TYPE_NAMES
from .phone_column import parse_column
from .phones import DOTTED_SHAPE, HOME_SHAPE, HOME_SIGNS
from .readings import READINGS, parted, stamped

_SIGNS = "[" + "".join(f"\\u{ord(sign):04x}" for sign in HOME_SIGNS) + "]"
# Not +7 and not +8, which may be a slip; fewer than eleven digits may be the home number's.
_FOREIGN_SHAPE = "^([+][1-69][0-9]{10,12})$"
_DATE_LIKE = "(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"
# A superset of what `is_placeholder` finds in a foreign number, whose country code stays on.
_WINDOW = 7
_FOREIGN_FILLERS = sorted(
    {each for each in FILLERS if len(each) == _WINDOW}
    | {count[at : at + _WINDOW] for count in COUNTS for at in range(len(count) - _WINDOW + 1)}
)
# Signs and words that end one number and begin the next, whatever stands there.
_BETWEEN = r"\s*[;,|/\n]\s*|\s+и\s+"
_LABEL = r"^\s*(?i:моб|раб|дом|сот|тел|факс|tel|mob)[. :]\s*"
_LISTS_BYTES_MAX = 200
_BRACKET_SLASH = r"\)\s*/"
_BARE = 0.98  # confidence in ten digits without a prefix, beside another number


def read_plain(raws: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Return READINGS of those of distinct `raws` that are one plain valid number, and the rest."""
    frame = pl.DataFrame({"raw": raws, "number": plain_numbers(raws)})
    shaped, oddly_shaped = parted(frame, pl.col("number").is_not_null())
    valid, not_valid = parted(_judged(shaped), pl.col("is_valid"))
    return stamped(valid), pl.concat([oddly_shaped, not_valid])


def read_lists(raws: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Return READINGS of those of distinct `raws` that are several plain numbers, and the rest."""
    raw = pl.col("raw")
    is_odd = raw.str.contains(_DATE_LIKE) | raw.str.contains(_BRACKET_SLASH)
    fits = raw.str.contains(_BETWEEN) & (raw.str.len_bytes() <= _LISTS_BYTES_MAX)
    parts = (
        pl.DataFrame({"raw": raws})
        .filter(fits & ~is_odd)
        .with_columns(text=raw.str.replace_all(_BETWEEN, ";").str.split(";"))
        .explode("text", empty_as_null=True)
        .with_columns(pl.col("text").str.replace(_LABEL, ""))
    )
    numbered = parts.with_columns(number=plain_numbers(parts["text"]))
    judged = _judged(numbered.drop_nulls("number")).filter("is_valid")
    whole = numbered.group_by("raw").len().join(judged.group_by("raw").len(), on=["raw", "len"])
    rest = pl.DataFrame({"raw": raws}).join(whole, on="raw", how="anti")["raw"]
    return _listed(judged.join(whole, on="raw", how="semi", maintain_order="left")), rest


def plain_numbers(texts: pl.Series) -> pl.Series:
    """Return a plus and the digits that each plain text means, null for any other text."""
    text, bare = pl.col("text"), pl.col("bare")
    home, foreign = pl.col("home"), pl.col("foreign")
    is_filler = home.str.contains_any(list(FILLERS))
    is_odd = text.str.contains(_DATE_LIKE) | foreign.str.contains_any(_FOREIGN_FILLERS)
    return (
        pl.DataFrame({"text": texts})
        .with_columns(bare=_undotted(texts).str.replace_all(_SIGNS, ""))
        .with_columns(
            home=bare.str.extract(HOME_SHAPE, 1), foreign=bare.str.extract(_FOREIGN_SHAPE, 1)
        )
        .select(
            number=pl.when(home.is_not_null())
            .then(pl.when(~is_filler).then("+7" + home))
            .otherwise(pl.when(~is_odd).then(foreign))
        )
        .to_series()
    )


def _undotted(texts: pl.Series) -> pl.Series:
    text = pl.col("text")
    is_dotted = text.str.contains(".", literal=True) & text.str.contains(DOTTED_SHAPE)
    undotted = pl.when(is_dotted).then(text.str.replace_all(".", "", literal=True)).otherwise(text)
    return pl.DataFrame({"text": texts}).select(undotted).to_series()


def _judged(shaped: pl.DataFrame) -> pl.DataFrame:
    """Add is_valid to `shaped`, and the value, type and match_key of a valid number."""
    numbers = parse_column(shaped["number"], "RU")
    value = "+" + pl.col("number").cast(pl.String)
    kind = pl.col("type").replace_strict(TYPE_NAMES, default="other", return_dtype=pl.String)
    return shaped.hstack(
        numbers.select(is_valid=pl.col("status") == VALID, value=value, type=kind, match_key=value)
    )


def _listed(numbers: pl.DataFrame) -> pl.DataFrame:
    """Return READINGS: the distinct values of each raw one in their order, repeats counted."""
    is_bare = pl.col("text").str.count_matches("[0-9]") == 10
    return (
        numbers.group_by("raw", "value", maintain_order=True)
        .agg(
            pl.col("type", "match_key").first(),
            n_repeats=pl.len(),
            confidence=pl.when(is_bare).then(_BARE).otherwise(1.0).first(),
        )
        .with_columns(
            part=pl.int_range(pl.len()).over("raw"),
            extension=None,
            status=pl.lit("valid"),
            reason=None,
            rule=pl.lit("separator"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in READINGS.items())
    )
