"""What the checks of talks share: whose a record is, what followed what, tables of shares."""

from __future__ import annotations

import polars as pl

from dedupe.audit.facts import Facts
from dedupe.audit.frames.clients import clients, main_contacts
from dedupe.audit.frames.touches import touches
from dedupe.contracts import Column
from dedupe.language import N_

ROBOT = "0"
CLOSED = ("won", "lost")
TOP = 20  # rows of a table by source; the rest are its last row
PEOPLE = 50  # rows of a table by employee: there the rest have no row
HOURS = range(24)
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
OTHERS = N_("others")
UNKNOWN = N_("not told")


def key(entity: pl.Expr | str = "entity", record: pl.Expr | str = "record_id") -> pl.Expr:
    """Return a number that stands for a record of any kind, quicker to join by than texts.

    It is a hash of 64 bits: among a million records two are mixed up once in 40 million accounts.
    """
    return pl.concat_str(entity, record, separator=":").hash()


def with_client(facts: Facts, frame: pl.DataFrame) -> pl.DataFrame:
    """Add `client`: of a contact itself, of a deal its main contact, of the rest the record."""
    main = main_contacts(facts).select("contact_id", record_id="deal_id")
    joined = frame.join(main, on="record_id", how="left", maintain_order="left")
    has_main = (pl.col("entity") == "deal") & pl.col("contact_id").is_not_null()
    client = key(
        pl.when(has_main).then(pl.lit("contact")).otherwise("entity"),
        pl.when(has_main).then("contact_id").otherwise("record_id"),
    )
    return joined.with_columns(client=client).drop("contact_id")


def of_contacts(facts: Facts, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows about live contacts and the deals whose main contact they are.

    `entity` and `record_id` become the contact's.
    """
    main = main_contacts(facts).select("contact_id", record_id="deal_id")
    own = frame.filter(pl.col("entity") == "contact")
    theirs = frame.filter(pl.col("entity") == "deal").join(main, on="record_id")
    moved = theirs.with_columns(entity=pl.lit("contact"), record_id="contact_id").drop("contact_id")
    return live_only(facts, pl.concat([own, moved]), "contact")


def client_touches(facts: Facts) -> pl.DataFrame:
    """Return `touches` with their `client`."""
    return facts.once("client touches", lambda: with_client(facts, touches(facts)))


def deals_of_clients(facts: Facts) -> pl.DataFrame:
    """Return client, deal_id, is_main, created_at, is_closed, closed_at for each contact of a deal.

    A deal without a contact is a client of its own. `is_main` tells the deal's main contact.
    """
    return facts.once("deals of clients", lambda: _deals_of_clients(facts))


def _deals_of_clients(facts: Facts) -> pl.DataFrame:
    deals = facts.live("deal").select(
        "created_at",
        deal_id="id",
        is_closed=pl.col("state").is_in(CLOSED).fill_null(False),
        # Files may not tell when a deal was closed: later than its last change it was not.
        closed_at=pl.coalesce("closed_at", "updated_at"),
    )
    main = main_contacts(facts).lazy().select("deal_id", "contact_id")
    contacts = clients(facts).lazy().filter(pl.col("entity") == "contact")
    of_contacts = (
        deals.join(contacts.select("deal_id", "record_id"), on="deal_id")
        .join(main, on="deal_id")
        .with_columns(
            is_main=pl.col("record_id") == pl.col("contact_id"),
            client=key(pl.lit("contact"), "record_id"),
        )
        .drop("record_id", "contact_id")
    )
    alone = deals.join(main, on="deal_id", how="anti").with_columns(
        is_main=pl.lit(True), client=key(pl.lit("deal"), "deal_id")
    )
    return pl.concat([of_contacts, alone]).collect()


def answers(facts: Facts) -> pl.DataFrame:
    """Return client, at: where an employee wrote, called, or spoke on the telephone.

    What the CRM's robot sends is no answer.
    """
    is_robot = (pl.col("author") == ROBOT).fill_null(False)
    said = ((pl.col("direction") == "out") & ~is_robot) | pl.col("is_answered")
    return client_touches(facts).filter(said.fill_null(False)).select("client", "at")


def first_between(spans: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """Return row, at: the first of `marks` (key, at) inside a row's spans, both ends included.

    `spans` are row, key, since, until; a row may have several keys. Rows without one are absent.
    """
    ordered = spans.filter(pl.all_horizontal(pl.all().is_not_null())).sort("since")
    known = marks.select("key", mark="at").drop_nulls().sort("mark")
    met = ordered.join_asof(
        known,
        left_on="since",
        right_on="mark",
        by="key",
        strategy="forward",
        check_sortedness=False,
    )
    within = met.filter(pl.col("mark") <= pl.col("until"))
    return within.group_by("row").agg(at=pl.col("mark").min())


def local(facts: Facts, moment: str) -> pl.Expr:
    """Return the column `moment` in the account's own time."""
    return pl.col(moment).dt.convert_time_zone(str(facts.zone))


def told_time(facts: Facts, moment: str) -> pl.Expr:
    """Write the column `moment` in the account's own time, as the value of a finding."""
    return local(facts, moment).dt.strftime("%Y-%m-%d %H:%M")


def live_only(facts: Facts, frame: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Return the rows about live records of `entity`, with the card's `owner_id`."""
    cards = facts.live(entity).select(record_id="id", owner_id="owner_id").collect()
    own = frame.filter(pl.col("entity") == entity)
    return own.join(cards, on="record_id", maintain_order="left")


def named(facts: Facts, table: str, ids: str) -> pl.Expr:
    """Return the names of the ids in column `ids` (of users, of sources); an id without one."""
    told = facts.account.frame(table).select("id", "name").drop_nulls().sort("id", "name")
    known = told.unique("id", keep="first", maintain_order=True)
    ids_of, names = known.get_columns()
    if not known.height:
        return pl.col(ids)
    return pl.col(ids).replace_strict(ids_of, names, default=pl.col(ids), return_dtype=pl.String)


def shares_by(label: pl.Expr, flag: pl.Expr, rows: pl.DataFrame, *, top: int = TOP) -> pl.DataFrame:
    """Return label, n, n_found, share for each label of `rows`, the most frequent first.

    Labels over TOP are summed in a row "others", but those of people (`top` is PEOPLE) left out.
    """
    counted = (
        rows.lazy()
        .select(label=label.fill_null(UNKNOWN), flag=flag.fill_null(False))
        .group_by("label")
        .agg(n=pl.len(), n_found=pl.col("flag").sum())
        .sort(["n", "label"], descending=[True, False])
        .collect()
    )
    rest = counted[top:].select(pl.lit(OTHERS).alias("label"), pl.col("n", "n_found").sum())
    parts = [counted[:top], rest[: int(counted.height > top == TOP)]]
    return with_share(pl.concat(parts)).select("label", "n", "n_found", "share")


def with_share(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `share`: n_found / n, null where n is 0."""
    whole = pl.col("n", "n_found").cast(pl.Int64)
    return frame.with_columns(whole).with_columns(
        share=pl.when(pl.col("n") > 0).then(pl.col("n_found") / pl.col("n"))
    )


def by_week(facts: Facts, moment: str, flag: pl.Expr, rows: pl.DataFrame) -> pl.DataFrame:
    """Return week, n, n_found, share of the last year's weeks that have rows."""
    since = facts.now - pl.duration(weeks=52)
    week = local(facts, moment).dt.truncate("1w").dt.date()
    counted = (
        rows.lazy()
        .filter((pl.col(moment) > since) & (pl.col(moment) <= facts.now))
        .group_by(week=week)
        .agg(n=pl.len(), n_found=flag.fill_null(False).sum())
        .sort("week")
        .collect()
    )
    return with_share(counted).select("week", "n", "n_found", "share")


def hour_columns() -> tuple[Column, ...]:
    """Return the columns h0 to h23 of a heat map by hour of day."""
    return tuple(Column(f"h{hour}", f"{hour}", "count") for hour in HOURS)


def heat_rows(labels: pl.Series, rows: pl.DataFrame) -> pl.DataFrame:
    """Return label, h0 ... h23: of `rows` (label, hour) the numbers, in the order of `labels`."""
    counted = rows.group_by("label").agg(
        (pl.col("hour") == hour).sum().cast(pl.Int64).alias(f"h{hour}") for hour in HOURS
    )
    frame = labels.alias("label").to_frame()
    joined = frame.join(counted, on="label", how="left", maintain_order="left")
    return joined.with_columns(pl.exclude("label").fill_null(0))


def weekday_rows(facts: Facts, moment: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return label, h0 ... h23: when of the week the moments of `rows` are."""
    at = local(facts, moment)
    days = dict(enumerate(WEEKDAYS, start=1))
    parts = rows.filter(pl.col(moment).is_not_null()).select(
        label=at.dt.weekday().replace_strict(days, return_dtype=pl.String), hour=at.dt.hour()
    )
    return heat_rows(pl.Series(WEEKDAYS), parts)
