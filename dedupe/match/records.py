"""An entity's cards as the columns that are compared: `build_records`.

Which columns there are is decided by what the cards hold: a column that is empty, or that
has one value for all, says nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from dedupe.contracts import FIELD_VALUES, LINKS, TRAITS, VALUES

from .columns import (
    Column,
    Records,
    channel_column,
    coded_together,
    number_column,
    text_column,
)
from .comparisons import Comparison, Kind
from .estimate import Labels
from .exact import id_order

_PLAIN_TEXTS = ("tax_id", "address", "postcode")
_FEW = 50  # cards that may all agree by being one
_KNOWN_NAMES = 0.3  # of the cards: below, the names are not of the country that shares are of
_UNHEARD_OF = 1e-7  # the share of a name that the country's list lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The frames that cards are compared by: TRAITS, VALUES, LINKS, FIELD_VALUES.

    `cards` has entity, record_id and owner_id, and `side` (0, 1) where two tables are linked;
    `compare` names further fields, compared as they are. `shares` has column, value and share:
    how common names are in the country.
    """

    cards: pl.DataFrame
    traits: pl.DataFrame = field(default_factory=TRAITS.empty)
    values: pl.DataFrame = field(default_factory=VALUES.empty)
    links: pl.DataFrame = field(default_factory=LINKS.empty)
    fields: pl.DataFrame = field(default_factory=FIELD_VALUES.empty)
    compare: tuple[str, ...] = ()
    shares: pl.DataFrame | None = None


def build_records(evidence: Evidence, entity: str) -> Records:
    """Return the cards of `entity` in id order, with every column that can tell two apart.

    Of two tables the cards of the first come first. Without a card in one of them there are no
    pairs, and no records.
    """
    cards = evidence.cards.filter(pl.col("entity") == entity)
    order, side_end = id_order("record_id"), 0
    if "side" in cards.columns:
        order = [pl.col("side"), *order]
        side_end = cards.filter(pl.col("side") == 0).height
        cards = cards.clear() if side_end in (0, cards.height) else cards
        side_end = min(side_end, cards.height)
    cards = cards.sort(order)
    rows = cards.select("record_id").with_row_index("row")
    traits = _aligned(evidence.traits.filter(pl.col("entity") == entity), rows)
    columns = [
        *_traits(traits),
        *_channels(evidence, entity, rows),
        *_compared(evidence, entity, rows),
        *_context(evidence, entity, cards, rows),
    ]
    # Where every column is the same for all, the cards are copies of one: all columns count.
    told = [each for each in columns if each.n_observed > 1]
    kept = [each for each in told if _tells(each)] or told
    telling = tuple(_with_shares(each, evidence.shares) for each in kept)
    tax_ok = traits["tax_ok"].fill_null(False).to_numpy()
    return Records(
        entity=entity, ids=cards["record_id"], columns=telling, side_end=side_end, tax_ok=tax_ok
    )


def build_labels(records: Records, judged: pl.DataFrame, *, is_taught: bool = True) -> Labels:
    """Return the judged pairs of `records`; `judged` has entity, left_id, right_id, is_match.

    A pair of which a record is not there is left out, as is one inside a table of two.
    """
    rows = pl.DataFrame({"id": records.ids}).with_row_index("row")
    left = rows.select(left_id="id", a=pl.col("row").cast(pl.UInt32))
    right = rows.select(right_id="id", b=pl.col("row").cast(pl.UInt32))
    pairs = (
        judged.filter(pl.col("entity") == records.entity)
        .join(left, on="left_id", maintain_order="left")
        .join(right, on="right_id", maintain_order="left")
        .select("is_match", left=pl.min_horizontal("a", "b"), right=pl.max_horizontal("a", "b"))
        .filter(pl.col("left") < pl.col("right"))
    )
    if records.side_end:
        crosses = (pl.col("left") < records.side_end) & (pl.col("right") >= records.side_end)
        pairs = pairs.filter(crosses)
    pairs = pairs.unique(["left", "right"], keep="last", maintain_order=True).sort("left", "right")
    return Labels(
        left=pairs["left"].to_numpy(),
        right=pairs["right"].to_numpy(),
        is_match=pairs["is_match"].to_numpy(),
        is_taught=is_taught,
    )


def _with_shares(column: Column, shares: pl.DataFrame | None) -> Column:
    """Add how common names are in the country, where the column's names are of that country."""
    if shares is None or column.comparison.kind is not Kind.NAME:
        return column
    own = shares.filter(pl.col("column") == column.name).select("value", "share")
    values = column.values.to_frame("value").join(
        own, on="value", how="left", maintain_order="left"
    )
    held = column.n_holders.sum()
    known = column.n_holders[values["share"].is_not_null().to_numpy()].sum()
    if known < _KNOWN_NAMES * held:
        return column
    return replace(column, shares=values["share"].fill_null(_UNHEARD_OF).to_numpy())


def _tells(column: Column) -> bool:
    if column.n_observed < 2:
        return False
    if column.sets is not None or column.n_observed <= _FEW:
        return True
    codes = column.codes[column.codes >= 0]
    return bool(codes.min() != codes.max())


def _aligned(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the frame's rows in the order of `rows`, null where it has none."""
    if frame["record_id"].equals(rows["record_id"]):
        return frame
    return rows.join(frame, on="record_id", how="left", maintain_order="left")


def _traits(traits: pl.DataFrame) -> Iterator[Column]:
    surnames, given = coded_together(traits["surname"], traits["given"])
    yield text_column(
        Comparison(name="surname", kind=Kind.NAME),
        surnames,
        traits["surname_key"],
        traits["surname_key"],
    )
    yield text_column(
        Comparison(name="given", kind=Kind.NAME), given, traits["given_key"], traits["given_sound"]
    )
    for name, kind in (("patronymic", Kind.NAME), ("company", Kind.TEXT), ("city", Kind.TEXT)):
        comparison = Comparison(name=name, kind=kind)
        # A company's key is no sound of its name: its words are in another order.
        sounds = None if name == "company" else traits[f"{name}_key"]
        yield text_column(comparison, traits[name], traits[f"{name}_key"], sounds)
    yield number_column(Comparison(name="birth_date", kind=Kind.DATE), traits["birth_date"])
    for name in _PLAIN_TEXTS:
        yield text_column(Comparison(name=name, kind=Kind.TEXT), traits[name])


def _channels(evidence: Evidence, entity: str, rows: pl.DataFrame) -> Iterator[Column]:
    own = evidence.values.filter(pl.col("entity") == entity)
    is_local = (pl.col("status") == "local") & (pl.col("kind") == "phone")
    said = pl.coalesce("match_key", pl.when(is_local).then("value"))
    for kind in ("phone", "email"):
        held = (
            own.filter(pl.col("kind") == kind)
            .select("record_id", "position", "part", text=said)
            .drop_nulls("text")
            .join(rows, on="record_id")
            # The first value of a card is its main one, and codes are numbered in this order.
            .sort("row", "position", "part", nulls_last=True)
        )
        is_line = pl.col("type").is_in(["fixed_line", "toll_free", "role"])
        lines = own.filter((pl.col("kind") == kind) & is_line)["match_key"].drop_nulls().unique()
        comparison = Comparison(name=kind, kind=Kind.CHANNEL)
        yield channel_column(comparison, held["row"], held["text"], rows.height, lines)


def _compared(evidence: Evidence, entity: str, rows: pl.DataFrame) -> Iterator[Column]:
    names: set[str] = set()
    for header in evidence.compare:
        own = evidence.fields.filter(
            (pl.col("entity") == entity) & (pl.col("field_id") == header)
        ).unique("record_id", keep="first", maintain_order=True)
        text = pl.col("raw").str.to_lowercase().str.replace_all("ё", "е", literal=True)
        text = text.str.replace_all(r"\s+", " ").str.strip_chars()
        cells = own.select("record_id", text=pl.when(text != "").then(text))
        texts = rows.join(cells, on="record_id", how="left", maintain_order="left")["text"]
        name = number = column_name(header)
        while number in names:  # "Код №" and "Код %" are two columns
            number = f"{name}_{len(names) + 1}"
        names.add(number)
        yield text_column(Comparison(name=number, kind=Kind.TEXT), texts)


def column_name(header: str) -> str:
    """Return a header as part of a level column's name: letters, digits and underscores."""
    kept = "".join(sign if sign.isalnum() else "_" for sign in header.strip().lower())
    return f"x_{kept}"


def _context(
    evidence: Evidence, entity: str, cards: pl.DataFrame, rows: pl.DataFrame
) -> Iterator[Column]:
    owners = cards["owner_id"].rank("dense").cast(pl.Int32)
    yield number_column(Comparison(name="owner", kind=Kind.CODE), owners)
    deals = (
        evidence.links.filter((pl.col("from_entity") == entity) & (pl.col("to_entity") == "deal"))
        .select(record_id="from_id", text="to_id")
        .drop_nulls()
        .join(rows, on="record_id")
        .sort("row", "text")
    )
    if deals.height:
        yield channel_column(
            Comparison(name="deal", kind=Kind.LINK), deals["row"], deals["text"], rows.height
        )
