"""What only a whole account can tell: `settle`, the last step of every pull.

Pages come alone. Which status means "unsorted", what a label's number stands for, and
whether a text field called "Доп. телефон" holds phones can be said only when settings and
records are there. Settling tables that were settled changes nothing, so an incremental
pull settles old and new rows together; rows are sorted, so that the order of pages, and a
pull that was broken off, leave no trace.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dedupe.contracts import CHANNELS, FIELD_VALUES, SNAPSHOT_TABLES
from dedupe.crm.tables.channel_headers import channel_of

from .fields import OWN_CODES

Tables = Mapping[str, pl.DataFrame]
_TEXT_TYPES = ("text", "textarea", "numeric")
_LOOKS_LIKE = {"phone": r"(?:\d\D{0,3}){5}", "email": "@"}
_PLAUSIBLE = 0.5  # of a field's values look like what its name says, or it is kept as a field
_RECORD = ["entity", "record_id"]
_MOVED = pl.Schema({"entity": pl.String(), "field_id": pl.String(), "kind": pl.String(),
                    "name": pl.String(), "sort": pl.Int32()})  # fmt: skip


def settle(tables: Tables) -> dict[str, pl.DataFrame]:
    """Return the tables of an account as its snapshot has them, each sorted by its key."""
    settled = dict(tables)
    if "deals" in settled and "statuses" in settled:
        settled["deals"] = _with_states(settled["deals"], settled["statuses"])
    if "fields" in settled and "field_values" in settled and "channels" in settled:
        settled |= _with_channels(settled)
    if "field_enums" in settled:
        settled |= _with_enums(settled)
    return {name: _sorted(name, frame) for name, frame in settled.items()}


def _with_states(deals: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    known = (
        statuses.filter(pl.col("state").is_in(["open", "unsorted"]))
        .select("pipeline_id", status_id="id", known="state")
        .unique(["pipeline_id", "status_id"], keep="first", maintain_order=True)
    )
    joined = deals.join(known, on=["pipeline_id", "status_id"], how="left", maintain_order="left")
    is_closed = pl.col("state").is_in(["won", "lost"])
    state = pl.when(is_closed).then("state").otherwise(pl.coalesce("known", "state"))
    return joined.with_columns(state=state).select(deals.columns)


def _with_enums(tables: Tables) -> dict[str, pl.DataFrame]:
    """Name labels that are told by number only, and choices that come without their text."""
    enums = tables["field_enums"].select(
        "entity", "field_id", "id", enum_code=pl.coalesce("code", "value"), enum_value="value"
    ).unique(["entity", "field_id", "id"], keep="first", maintain_order=True)  # fmt: skip
    settled = {}
    if "channels" in tables:
        rows = tables["channels"].join(
            enums, left_on=["entity", "field_id", "label"], right_on=["entity", "field_id", "id"],
            how="left", maintain_order="left",
        )  # fmt: skip
        named = rows.with_columns(label=pl.coalesce("enum_code", "label"))
        settled["channels"] = CHANNELS.conform(named)
    if "field_values" in tables:
        rows = tables["field_values"].join(
            enums, left_on=["entity", "field_id", "enum_id"], right_on=["entity", "field_id", "id"],
            how="left", maintain_order="left",
        )  # fmt: skip
        told = rows.with_columns(raw=pl.coalesce("raw", "enum_value"))
        settled["field_values"] = FIELD_VALUES.conform(told)
    return settled


def _with_channels(tables: Tables) -> dict[str, pl.DataFrame]:
    """Make channels of the text fields that hold phones, addresses or sites by name and look."""
    channels, values = tables["channels"], tables["field_values"]
    texts = _text_fields(tables["fields"])
    named = texts.filter(pl.col("kind").is_not_null())
    key = ["entity", "field_id"]
    # What an earlier settling moved is asked again: the field may have got another name.
    back = channels.join(texts, on=key, how="semi", maintain_order="left")
    asked = values.join(named, on=key, how="semi", maintain_order="left")
    if not back.height and not asked.height:
        return {}
    together = pl.concat([FIELD_VALUES.conform(back), asked])
    moved = _plausible(named, together)
    kept = channels.join(texts, on=key, how="anti", maintain_order="left")
    plain = values.join(named, on=key, how="anti", maintain_order="left")
    rest = together.join(moved, on=key, how="anti", maintain_order="left")
    found = together.join(moved, on=key, how="inner", maintain_order="left").with_columns(
        label="name", position=pl.lit(None, pl.Int32)
    )
    return {
        "channels": _numbered(kept, found),
        "field_values": pl.concat([plain, rest]),
    }


def _text_fields(fields: pl.DataFrame) -> pl.DataFrame:
    """Return entity, field_id, kind, name and sort of the cards' text fields.

    `kind` is that of the channel which the name speaks of, null where it speaks of none.
    """
    rows = []
    told = fields.select("entity", "id", "name", "type", "sort")
    for entity, id_, name, type_, sort in told.iter_rows():
        if type_ in _TEXT_TYPES and entity != "deal" and id_ not in OWN_CODES:
            header = channel_of(name) if name else None
            rows.append((entity, id_, header.kind if header else None, name, sort))
    frame = pl.DataFrame(rows, schema=_MOVED, orient="row")
    return frame.unique(["entity", "field_id"], keep="first", maintain_order=True)


def _plausible(candidates: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return the candidates whose values look like what the field's name says."""
    looks = pl.lit(True)
    for kind, pattern in _LOOKS_LIKE.items():
        looks = (
            pl.when(pl.col("kind") == kind)
            .then(pl.col("raw").str.contains(pattern))
            .otherwise(looks)
        )
    key = ["entity", "field_id"]
    shares = (
        values.join(candidates, on=key)
        .group_by(key)
        .agg(share=looks.fill_null(False).mean())
        .filter(pl.col("share") >= _PLAUSIBLE)
    )
    return candidates.join(shares.select(key), on=key, how="semi", maintain_order="left")


def _numbered(kept: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Put the found channels after the kept ones of their card, by the order of the fields."""
    both = pl.concat(
        [
            kept.with_columns(sort=pl.lit(None, pl.Int32), place=pl.lit(0)),
            found.select(*CHANNELS.schema, "sort").with_columns(place=pl.lit(1)),
        ]
    ).sort(*_RECORD, "kind", "place", "position", "sort", "field_id", maintain_order=True)
    position = pl.int_range(pl.len()).over(*_RECORD, "kind")
    return CHANNELS.conform(both.with_columns(position=position))


def _sorted(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Sort by the key, each once; values of one field keep the CRM's order, and may repeat."""
    key = list(SNAPSHOT_TABLES[name].key)
    if name == "field_values":
        key.remove("raw")
    elif name == "status_history":  # a deal may pass two stages in one second
        frame, key = frame.unique(), list(dict.fromkeys([*key, *frame.columns]))
    else:
        frame = frame.unique(key, keep="last", maintain_order=True)
    by = [part for column in key for part in _in_order(column, frame.schema[column])]
    return frame.sort(by, nulls_last=True, maintain_order=True)


def _in_order(column: str, dtype: pl.DataType) -> list[pl.Expr]:
    """Sort ids as the numbers that they mostly are: the shorter is the smaller."""
    if dtype != pl.String:
        return [pl.col(column)]
    return [pl.col(column).str.len_bytes(), pl.col(column)]
