"""FLD301: free text that behaves like a list, and what its spellings mean."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts, Outcome, findings
from dedupe.audit.frames.fills import filled, known_fields
from dedupe.audit.registry import Check, Option, register
from dedupe.contracts import Metric
from dedupe.language import N_

from .alike import canonical_keys
from .fields import RECORD
from .rows import folded, metric

_TEXTS = ("text", "textarea")
_FIELD = ["entity", "field_id"]
_SHARE, _MOST = 0.2, 200  # distinct values: of all values, and at all
_OFTEN = 10  # times as common: then the other spelling is a slip
_TOWN = r"^(?:г|гор|город)\s+"
# A metric is read by many: what may be a number or an address stays in the findings.
_PRIVATE = r"@|(?:\d[\s()+-]*){5,}"


def _listlike(facts: Facts, entity: str) -> Outcome:
    texts = known_fields(facts).filter(pl.col("type").is_in(_TEXTS).fill_null(value=False))
    spellings = _spellings(facts, texts)
    fit = _fit(spellings, facts.option("FLD301", "least", int))
    mapped = _mapped(spellings.join(fit, on=_FIELD, how="semi"))
    rows = mapped.join(texts.select(*_FIELD, "name"), on=_FIELD)
    slips = rows.filter(pl.col("raw") != pl.col("canonical"))
    told = slips.select(record_id=RECORD, field="name", value="raw", proposal="canonical")
    clean = rows.join(slips, on=_FIELD, how="anti").unique(_FIELD)
    plain = clean.select(record_id=RECORD, field="name")
    found = pl.concat([told, plain], how="diagonal")
    return Outcome(
        findings=findings(found, entity),
        base=texts.height,
        metrics=(_summary(rows), _mapping(slips)),
    )


def _spellings(facts: Facts, texts: pl.DataFrame) -> pl.DataFrame:
    """Count the values of text fields by spelling; `key` is blind to case, marks and "г."."""
    rows = filled(facts).lazy().join(texts.lazy(), on=_FIELD, how="semi")
    counted = (
        rows.select(*_FIELD, pl.col("raw").str.strip_chars()).group_by(*_FIELD, "raw").len("n")
    )
    keyed = counted.with_columns(key=folded(pl.col("raw")).str.replace(_TOWN, ""))
    return keyed.filter(pl.col("key") != "").with_columns(pl.col("n").cast(pl.Int64)).collect()


def _fit(spellings: pl.DataFrame, least: int) -> pl.DataFrame:
    """Return the fields with enough values and few enough different ones."""
    sizes = spellings.group_by(_FIELD).agg(n=pl.col("n").sum(), n_keys=pl.col("key").n_unique())
    is_few = (pl.col("n_keys") <= _SHARE * pl.col("n")) & (pl.col("n_keys") <= _MOST)
    return sizes.filter((pl.col("n") >= least) & is_few)


def _mapped(spellings: pl.DataFrame) -> pl.DataFrame:
    """Add `canonical`: the most common spelling of what each spelling means."""
    keys = spellings.group_by(*_FIELD, "key").agg(pl.col("n").sum()).sort(*_FIELD, "key")
    parts = [keys.clear().with_columns(meant=pl.col("key"))]
    for part in keys.partition_by(_FIELD):
        meant = canonical_keys(dict(part.select("key", "n").iter_rows()), _OFTEN)
        parts.append(
            part.with_columns(meant=pl.col("key").replace_strict(meant, return_dtype=pl.String))
        )
    best = spellings.sort(*_FIELD, "key", "n", "raw", descending=[False, False, False, True, False])
    best = best.unique([*_FIELD, "key"], keep="first", maintain_order=True)
    shown = best.select(*_FIELD, meant="key", canonical="raw")
    joined = spellings.join(pl.concat(parts).drop("n"), on=[*_FIELD, "key"])
    return joined.join(shown, on=[*_FIELD, "meant"])


def _summary(rows: pl.DataFrame) -> Metric:
    counted = rows.group_by(*_FIELD, "name").agg(
        n=pl.col("n").sum(),
        n_spellings=pl.col("raw").n_unique(),
        n_values=pl.col("canonical").n_unique(),
    )
    return metric(
        "texts_like_lists",
        N_("Text fields that behave like lists"),
        counted.sort("n", "entity", "field_id", descending=[True, False, False]),
        {
            "name": (N_("Field"), "text"),
            "n": (N_("Values"), "count"),
            "n_spellings": (N_("Spellings"), "count"),
            "n_values": (N_("Choices of a list"), "count"),
        },
        note=N_("How many choices the list would have that takes the place of the text field."),
    )


def _mapping(slips: pl.DataFrame) -> Metric:
    public = slips.filter(~pl.col("raw").str.contains(_PRIVATE))
    return metric(
        "spellings",
        N_("Spellings and what they should become"),
        public.sort(
            "name", "field_id", "entity", "n", "raw", descending=[*[False] * 3, True, False]
        ),
        {
            "name": (N_("Field"), "text"),
            "raw": (N_("Spelling"), "text"),
            "canonical": (N_("Proposal"), "text"),
            "n": (N_("Values"), "count"),
        },
        note=N_(
            "The proposal is the most common spelling of the same text, or of one that differs in "
            "one letter and is ten times as common. At most 200 rows; all of them are among the "
            "findings. Values that may be a phone or an e-mail are not shown."
        ),
    )


register(
    Check(
        code="FLD301",
        severity="info",
        needs={"field": ("fields", "field_values")},
        repair="list",
        title=N_("Text fields that should be lists"),
        definition=N_(
            "Text fields with at least as many values as the settings say, of which the different "
            "ones, whatever the case and marks, are no more than 20 % and no more than 200; of all "
            "text fields."
        ),
        risk=N_("A filter or report by such a field misses every other spelling."),
        advice=N_(
            "Make a list field of the proposed values, convert the texts, delete the old field."
        ),
        options=(Option("least", 50, N_("fewer values tell nothing of a field's nature"), 2),),
        run=_listlike,
    )
)
