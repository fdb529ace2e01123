"""Parquet tables of any column types, as text cells: numbers whole, moments in ISO, UTC."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from dedupe.crm.tables.sheets import Sheet, build_sheet
from dedupe.errors import InputError
from dedupe.language import N_

MAGIC = b"PAR1"


def read_parquet(raw: bytes, name: str, where: str) -> Sheet:
    """Read a Parquet file; a damaged one raises InputError."""
    try:
        frame = pl.from_arrow(pa_parquet.ParquetFile(pa.BufferReader(raw)).read())
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError):
        raise InputError(
            N_("a damaged Parquet file, or not a Parquet file"),
            where=where,
            fix=N_("write or download it again"),
        ) from None
    assert isinstance(frame, pl.DataFrame)
    texts = [_column(frame[name], where) for name in frame.columns]
    return build_sheet(name, where, frame.columns, pl.DataFrame(texts))


def _column(values: pl.Series, where: str) -> pl.Series:
    if values.dtype == pl.Binary:
        return _decoded(values)
    try:
        text = _text(pl.col(values.name), values.dtype).alias(values.name)
        return values.to_frame().select(text)[values.name]
    except pl.exceptions.PolarsError:
        raise InputError(
            N_("the column {column} is of the type {type}, which can't be shown as text"),
            where=where,
            fix=N_("write the file without it, or as text"),
            column=values.name,
            type=str(values.dtype),
        ) from None


def _decoded(values: pl.Series) -> pl.Series:
    """Read bytes as the text that old writers stored so; what is none is shown in base64."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.PolarsError:
        return values.bin.encode("base64")


def _text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        utc = column.dt.convert_time_zone("UTC") if dtype.time_zone else column
        return utc.dt.to_string("%Y-%m-%d %H:%M:%S%.f" + ("Z" if dtype.time_zone else ""))
    if dtype.is_float():
        return _whole(column)
    if isinstance(dtype, pl.Duration):
        return column.dt.to_string("iso")
    if isinstance(dtype, pl.Array):
        return _text(column.arr.to_list(), pl.List(dtype.inner))
    if isinstance(dtype, pl.List):
        inner = dtype.inner() if isinstance(dtype.inner, type) else dtype.inner
        return column.list.eval(_text(pl.element(), inner)).list.join(", ")
    if isinstance(dtype, pl.Struct):
        return pl.when(column.is_not_null()).then(column.struct.json_encode())
    return column.cast(pl.String)


def _whole(column: pl.Expr) -> pl.Expr:
    """Write floats without ".0": an integer column with gaps is often stored as floats."""
    # To 2**53 a float is a whole number for certain; beyond, its digits are noise anyway.
    is_whole = (column.round() == column) & (column.abs() < 2**53)
    whole = pl.when(is_whole).then(column).cast(pl.Int64).cast(pl.String)
    return pl.coalesce(whole, column.fill_nan(None).cast(pl.String))
