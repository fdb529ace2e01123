"""Parquet files without a person: their rows go, and their marks in other rows' texts."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path

import polars as pl

from dedupe.errors import InputError
from dedupe.language import N_

from .person import Marks

Refs = Collection[tuple[str, str]]
_OWN = {"contacts": "contact", "companies": "company"}  # tables whose ids are the cards'
_PAIRED = (
    ("entity", "record_id"),
    ("from_entity", "from_id"),
    ("to_entity", "to_id"),
    ("entity", "left_id"),
    ("entity", "right_id"),
)
_IDS = ("id", "record_id", "from_id", "to_id", "left_id", "right_id", "group", "cluster_id")
_VALUES = ("channels", "field_values", "findings")  # a row of these is its value


def read_frame(path: Path) -> pl.DataFrame:
    """Return the table of a file. Raises InputError where it is damaged."""
    try:
        return pl.read_parquet(io.BytesIO(path.read_bytes()))
    except (OSError, pl.exceptions.PolarsError, BaseException) as error:
        # Polars panics on some damaged files, and a panic is no Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise InputError(
            N_("damaged: what is in it can't be told"),
            where=str(path),
            fix=N_("remove it, or put back a whole copy, then run this again"),
        ) from error


def render_frame(frame: pl.DataFrame) -> bytes:
    """Return the bytes of a file as snapshots and scans write them."""
    sink = io.BytesIO()
    frame.write_parquet(sink, compression="zstd", compression_level=1)
    return sink.getvalue()


def without_person(frame: pl.DataFrame, name: str, refs: Refs, marks: Marks) -> pl.DataFrame:
    """Return the table `name` without rows of the cards `refs`, and without `marks` elsewhere.

    A row whose value is a mark goes; in other rows the text becomes null: nobody said it.
    """
    kept = frame.filter(~_is_theirs(frame, name, refs))
    texts = _texts(kept)
    if not marks or not texts:
        return kept
    held = [marks.in_column(column).fill_null(value=False) for column in texts]
    if name in _VALUES:
        return kept.filter(~pl.any_horizontal(held))
    return kept.with_columns(
        pl.when(has).then(None).otherwise(pl.col(column)).alias(column)
        for column, has in zip(texts, held, strict=True)
    )


def has_marks(frame: pl.DataFrame, marks: Marks) -> bool:
    """Tell whether any text of the table holds a mark; numbers and lists are looked at as text."""
    if not marks or frame.is_empty():
        return False
    texts = frame.select(
        pl.col(name) if dtype == pl.String else pl.col(name).list.join("\n")
        for name, dtype in frame.schema.items()
        if dtype in (pl.String, pl.List(pl.String))
    )
    if not texts.columns:
        return False
    found = texts.select(marks.in_column(name).any().alias(name) for name in texts.columns)
    return any(found.row(0))


def has_rows(frame: pl.DataFrame, name: str, refs: Refs) -> bool:
    """Tell whether the table has rows of these cards."""
    return bool(frame.select(_is_theirs(frame, name, refs).any()).item()) if refs else False


def cards_with(frame: pl.DataFrame, marks: Marks) -> set[tuple[str, str]]:
    """Return the contacts and companies on whose rows of channels or fields a mark stands."""
    texts = [name for name in _texts(frame) if name in ("raw", "value", "match_key")]
    if not marks or not texts or "record_id" not in frame.columns:
        return set()
    found = frame.filter(pl.any_horizontal(marks.in_column(name) for name in texts))
    return set(found.select("entity", "record_id").unique().rows())


def _is_theirs(frame: pl.DataFrame, name: str, refs: Refs) -> pl.Expr:
    told = []
    for entity in {entity for entity, _ in refs}:
        ids = [id_ for own, id_ in refs if own == entity]
        if _OWN.get(name) == entity:
            told.append(pl.col("id").is_in(ids))
        told += [
            (pl.col(kind) == entity) & pl.col(column).is_in(ids)
            for kind, column in _PAIRED
            if kind in frame.columns and column in frame.columns
        ]
    if not told:
        return pl.lit(False)
    return pl.any_horizontal(each.fill_null(False) for each in told)


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in _IDS]
