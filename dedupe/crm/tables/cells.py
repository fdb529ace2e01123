"""Text cells -> values: ids, moments, numbers, flags.

Unreadable text is null; the caller counts it.
"""

from __future__ import annotations

import polars as pl

from dedupe.contracts import MOMENT

_TRUE = "true 1 1.0 да yes y д истина active активен активна on +"
_FALSE = "false 0 0.0 нет no n н ложь inactive неактивен off -"
_DONE = "выполнена выполнено завершена завершено закрыта готово completed done closed finished"
_NOT_DONE = (
    "активна активная активно active открыта open новая new запланирована planned отложена"
    " выполняется"
)
_USUAL = (  # what most exports hold, at a tenth of the general price: the shape, and how it is read
    (r"^[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}$", "%d.%m.%Y %H:%M:%S"),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$", "%Y-%m-%d %H:%M:%S"),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$", "%Y-%m-%dT%H:%M:%S"),
)
_DATE = r"^(?P<a>[0-9]{1,4})[./-](?P<b>[0-9]{1,2})[./-](?P<c>[0-9]{1,4})"
_TIME = (
    r"(?:,?[T\s]\s*(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?P<f>[.,][0-9]{1,9})?)?"
    r"\s*(?P<half>[AaPp][Mm])?)?"
)
_LOOKED_AT = 1000
_MOST_MONEY = 1e15  # cards, accounts and slips of a finger are longer; sums of these stay finite
_FLOAT_ID = r"^([0-9]+)\.0+$"
_ZONE = r"\s*(?:(?P<z>Z|UTC)|(?P<sign>[+-])(?P<zh>[0-9]{2}):?(?P<zm>[0-9]{2})?)?$"


def without_guard(text: pl.Expr) -> pl.Expr:
    """Drop the apostrophe by which Excel, or a careful exporter, marks a cell as text."""
    return text.str.replace(r"^'+([+\-=@(0-9])", "$1")


def unguarded(cells: pl.Series) -> pl.Series:
    """Do what `without_guard` does to a column; hardly any has a guard at all."""
    if not cells.str.starts_with("'").any():
        return cells
    return cells.to_frame().select(without_guard(pl.col(cells.name))).to_series()


def id_text(cell: pl.Expr) -> pl.Expr:
    """Return ids as they were before a spreadsheet made floats of them: "12.0" is "12"."""
    return without_guard(cell).str.replace(_FLOAT_ID, "$1")


def id_texts(cells: pl.Series) -> pl.Series:
    """Do what `id_text` does to a column."""
    ids = unguarded(cells)
    is_float = ids.str.contains(".", literal=True).any()
    return ids.str.replace(_FLOAT_ID, "$1") if is_float else ids


def number(cell: pl.Expr) -> pl.Expr:
    """Read an amount of money: spaces, currency, comma or point as the decimal mark.

    What is too large for money is null, as what is no number.
    """
    bare = without_guard(cell).str.replace_all(r"[^0-9.,+\-eE]|[eE]$", "")
    bare = bare.str.strip_chars(".,eE")
    # A mark that repeats, or the earlier one of two kinds, parts thousands.
    comma_last = bare.str.contains(r"^[^,]*,[^,.]*$")
    thousands = bare.str.contains(r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+$")
    point = bare.str.replace_all(",", "", literal=True)
    comma = bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    many_points = bare.str.contains(r"\..*\..*") & ~bare.str.contains(",", literal=True)
    text = (
        pl.when(many_points)
        .then(bare.str.replace_all(".", "", literal=True))
        .when(comma_last & ~thousands)
        .then(comma)
        .otherwise(point)
    )
    amount = text.cast(pl.Float64, strict=False)
    return pl.when(amount.abs() < _MOST_MONEY).then(amount)


def flag(cell: pl.Expr) -> pl.Expr:
    """Read yes and no, in Russian, English or digits."""
    word = cell.str.to_lowercase()
    return _one_of(word, _TRUE, _FALSE)


def completed(cell: pl.Expr) -> pl.Expr:
    """Read whether a task is done, from a flag or a state's name."""
    word = cell.str.to_lowercase()
    negated = word.str.contains(
        r"^(?:не|not) |незав|невып|^в работе$|^in progress$|^жд[её]т |просроч|overdue"
    )
    # A state before a flag: an active user is one, an active task is not done.
    read = pl.coalesce(_one_of(word, _DONE, _NOT_DONE), _one_of(word, _TRUE, _FALSE))
    return pl.when(negated).then(pl.lit(False)).otherwise(read)


def _one_of(word: pl.Expr, yes: str, no: str) -> pl.Expr:
    return (
        pl.when(word.is_in(yes.split()))
        .then(pl.lit(True))
        .when(word.is_in(no.split()))
        .then(pl.lit(False))
    )


def moments(cells: pl.Series, timezone: str) -> pl.Series:
    """Read dates and times, as dd.mm.yyyy, ISO 8601 or unix seconds; null where unreadable.

    Text without an offset is in `timezone`. Of days and months parted by slashes the day
    comes first, unless the column itself shows that it can't.
    """
    read = cells.to_frame("text").with_columns(at=_usual(cells, timezone))
    rest = read.filter(pl.col("at").is_null()).select("text").drop_nulls().unique()
    if not rest.is_empty():
        more = _unusual(rest, timezone).rename({"at": "more"})
        read = read.join(more, on="text", how="left", maintain_order="left")
        read = read.with_columns(at=pl.coalesce("at", "more"))
    return read["at"].rename(cells.name)


def _usual(cells: pl.Series, timezone: str) -> pl.Expr:
    """Read the usual forms that a look at the first cells meets; which they are alters nothing."""
    first = cells.drop_nulls().head(_LOOKED_AT)
    naive = [
        pl.when(pl.col("text").str.contains(shape))
        .then("text")
        .str.to_datetime(form, time_unit="us", strict=False)
        for shape, form in _USUAL
        if first.str.contains(shape).any()
    ]
    if not naive:
        return pl.lit(None, MOMENT)
    one = pl.coalesce(naive)
    return _in_zone(pl.when(one.dt.year().is_between(1000, 9999)).then(one), timezone)


def _unusual(distinct: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Return `at` of each distinct `text`, whatever its form."""
    text = without_guard(pl.col("text")).str.strip_chars()
    parts = distinct.with_columns(
        text.str.extract_groups(_DATE + _TIME + _ZONE).struct.unnest(), bare=text
    )
    parts = parts.with_columns(pl.col("a", "b", "c", "h", "m", "s", "zh", "zm").cast(pl.Int32))
    parts = parts.with_columns(_calendar(month_first=_is_month_first(parts)))
    return parts.select("text", at=pl.coalesce(_local(timezone), _unix()))


def _is_month_first(parts: pl.DataFrame) -> bool:
    slashes = parts.filter(pl.col("bare").str.contains("/", literal=True), pl.col("a") < 32)
    return (
        not slashes.filter(pl.col("b") > 12).is_empty()
        and slashes.filter(pl.col("a") > 12).is_empty()
    )


def _calendar(*, month_first: bool) -> list[pl.Expr]:
    a, b, c = pl.col("a"), pl.col("b"), pl.col("c")
    iso = a > 31
    century = pl.when(c < 100).then(c + pl.when(c < 70).then(2000).otherwise(1900)).otherwise(c)
    swapped = pl.col("bare").str.contains("/", literal=True) & pl.lit(month_first)
    return [
        pl.when(iso).then(a).otherwise(century).alias("year"),
        pl.when(iso | ~swapped).then(b).otherwise(a).alias("month"),
        pl.when(iso).then(c).when(swapped).then(b).otherwise(a).alias("day"),
    ]


def _local(timezone: str) -> pl.Expr:
    """Put the parts together as text that is parsed once, so that 31.02 is null, not 03.03."""
    half = pl.col("half").str.to_lowercase()
    hour = pl.col("h").fill_null(0)
    hour = (
        pl.when(half.eq_missing(pl.lit("pm")) & (hour < 12))
        .then(hour + 12)
        .when(half.eq_missing(pl.lit("am")) & (hour == 12))
        .then(0)
        .otherwise(hour)
    )
    written = pl.format(
        "{}-{}-{} {}:{}:{}",
        _padded(pl.col("year"), 4),
        _padded(pl.col("month"), 2),
        _padded(pl.col("day"), 2),
        _padded(hour, 2),
        _padded(pl.col("m").fill_null(0), 2),
        _padded(pl.col("s").fill_null(0), 2),
    )
    naive = written.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    naive = naive + _fraction()
    naive = pl.when(pl.col("year").is_between(1000, 9999)).then(naive)
    minutes = pl.col("zh") * 60 + pl.col("zm").fill_null(0)
    minutes = pl.when(pl.col("sign") == "-").then(-minutes).otherwise(minutes)
    utc = (naive - pl.duration(minutes=minutes)).dt.replace_time_zone("UTC")
    zulu = pl.when(pl.col("z").is_not_null()).then(naive.dt.replace_time_zone("UTC"))
    return (
        pl.when(pl.col("sign").is_not_null())
        .then(utc)
        .otherwise(pl.coalesce(zulu, _in_zone(naive, timezone)))
    )


def _fraction() -> pl.Expr:
    digits = pl.col("f").str.slice(1).str.pad_end(6, "0").str.slice(0, 6)
    return pl.duration(microseconds=digits.cast(pl.Int64).fill_null(0))


def _padded(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


def _in_zone(naive: pl.Expr, timezone: str) -> pl.Expr:
    zoned = naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    # An hour that the clocks skipped: what they showed after they were moved.
    later = (naive + pl.duration(hours=1)).dt.replace_time_zone(
        timezone, ambiguous="earliest", non_existent="null"
    )
    return pl.coalesce(zoned, later).dt.convert_time_zone("UTC")


def _unix() -> pl.Expr:
    """Read 9 or 10 digits as seconds and 12 or 13 as milliseconds; no date has such a length."""
    digits = pl.col("bare").str.replace(r"\.0+$", "")
    whole = (
        pl.when(digits.str.contains(r"^[0-9]{9,10}$|^[0-9]{12,13}$")).then(digits).cast(pl.Int64)
    )
    seconds = whole < 10**11
    micros = pl.when(seconds).then(whole * 1_000_000).otherwise(whole * 1000)
    return pl.from_epoch(micros, "us").dt.replace_time_zone("UTC")
