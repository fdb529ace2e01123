"""Faults of single cards and tasks: department mailboxes, wrong tax numbers, overdue tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import polars as pl

from dedupe.contracts import CHANNELS, TASKS

from .cards import Cards
from .deals import READ_TO, moments
from .emails import EMAIL
from .numbers import Flags, Ints
from .phones import EXTRA
from .planted import Counts, Planted
from .settings import TAX_ID
from .sizes import Faults, Sizes, group_sizes
from .words import FIRM_HEADS, FIRM_TAILS, latin

Tables = Mapping[str, pl.DataFrame]
Rng = np.random.Generator

_ROLES = ("info", "sales", "office", "buh", "zakaz", "mail", "snab")
_CHATS = ("incoming_chat_message", "outgoing_chat_message")
_ABANDONED, _LATE = timedelta(days=30), timedelta(hours=24)
_DAY = 86_400


def plain_contacts(cards: Cards, table: pl.DataFrame, rng: Rng) -> pl.Series:
    """Return the ids of contacts without a fault of their channels, in a random order."""
    own = cards.emails.leader == np.arange(len(cards.emails.leader))
    rows = cards.phones.plain
    return table["id"].gather(rng.permutation(rows[own[rows]]))


def with_role_mail(
    channels: pl.DataFrame, contacts: pl.Series, n: int, rng: Rng
) -> tuple[pl.DataFrame, int]:
    """Give `n` of `contacts`, those without an address, one of a department; return how many."""
    mailed = channels.filter((pl.col("entity") == "contact") & (pl.col("kind") == "email"))
    free = contacts.filter(~contacts.is_in(mailed["record_id"].implode())).head(n)
    stem = [latin(head + tail) for head, tail in zip(FIRM_HEADS, FIRM_TAILS, strict=False)]
    role = rng.integers(0, len(_ROLES), len(free))
    raw = [  # five digits: the firms of other cards have four
        f"{_ROLES[role[at]]}@{stem[at % len(stem)]}-{10_000 + at}.ru" for at in range(len(free))
    ]
    rows = pl.DataFrame({"record_id": free, "raw": pl.Series(raw, dtype=pl.String)}).with_columns(
        entity=pl.lit("contact"),
        kind=pl.lit("email"),
        label=pl.lit("WORK"),
        field_id=pl.lit(EMAIL),
        position=pl.lit(0),
    )
    return pl.concat([channels, CHANNELS.conform(rows)]), len(free)


def with_wrong_tax(
    values: pl.DataFrame, companies: pl.DataFrame, n: int, rng: Rng
) -> tuple[pl.DataFrame, int]:
    """Change the check digit of `n` tax numbers that one live firm has; return how many."""
    is_tax = pl.col("field_id") == TAX_ID
    live = companies.filter(~pl.col("is_deleted")).select(record_id="id")
    once = values.filter(is_tax & (pl.len().over("field_id", "raw") == 1))
    ids = once.join(live, on="record_id", how="semi", maintain_order="left")["record_id"]
    chosen = ids.gather(rng.permutation(len(ids))[:n])
    digit = (pl.col("raw").str.tail(1).cast(pl.Int64, strict=False) + 1) % 10
    wrong = pl.concat_str(pl.col("raw").str.head(-1), digit.cast(pl.String))
    is_chosen = is_tax & pl.col("record_id").is_in(chosen.implode())
    return values.with_columns(raw=pl.when(is_chosen).then(wrong).otherwise("raw")), len(chosen)


def with_due_dates(
    tasks: pl.DataFrame, contacts: pl.DataFrame, faults: Faults, rng: Rng
) -> tuple[pl.DataFrame, int, int]:
    """Set when open tasks are due; return them, how many are late, and the deals so abandoned.

    A deal is abandoned when its last open task was due over a month ago; the other late tasks
    are late by days, and the rest are due in the next two weeks.
    """
    opened = ~tasks["is_completed"].to_numpy()
    created = tasks["created_at"].dt.epoch("s").to_numpy()
    deserted, n_deals = _deserted(tasks, opened, created, faults.abandoned, rng)
    gone = contacts.filter("is_deleted")["id"].implode()
    may_be = opened & ~deserted & ~tasks["record_id"].is_in(gone).to_numpy()
    may_be &= created < _before(_LATE) - 2 * _DAY
    n_more = max(faults.late_tasks - int(deserted.sum()), 0)
    late = np.zeros(len(opened), dtype=bool)
    late[rng.permutation(np.flatnonzero(may_be))[:n_more]] = True
    due = tasks["due_at"].dt.epoch("s").to_numpy().copy()
    due[opened] = _before(timedelta()) + rng.integers(1, 14 * _DAY, int(opened.sum()))
    due[late] = np.maximum(created[late], _before(_LATE) - rng.integers(60, 27 * _DAY, late.sum()))
    forgotten = _before(_ABANDONED) - rng.integers(60, 200 * _DAY, int(deserted.sum()))
    due[deserted] = np.maximum(created[deserted], forgotten)
    planned = TASKS.conform(tasks.with_columns(due_at=moments(due)))
    return planned, int((late | deserted).sum()), n_deals


def details_planted(
    tables: Tables, cards: Mapping[str, Cards], sizes: Sizes, n: Mapping[str, int]
) -> Counts:
    """Return what is planted on cards and tasks of a finished account; `n` are counts by code."""
    shared = [size for size in group_sizes(sizes.contacts.shared_email) if size > 2]
    found = {
        ("LNK103", "company"): _n_alone(tables),
        ("PHN102", "contact"): _n_unreachable(tables),
        ("PHN401", "contact"): _n_off_field(cards["contact"]),
        ("PHN401", "company"): _n_off_field(cards["company"]),
        ("NAM301", "deal"): int(tables["deals"]["name"].str.starts_with("Сделка #").sum()),
        ("EML402", "contact"): n["EML402"],
        ("TSK201", "task"): n["TSK201"],
        ("TSK202", "deal"): n["TSK202"],
    }
    if _has_tax_numbers(tables):
        found["ENR301", "company"] = n["ENR301"]
    counts = {key: Planted(count) for key, count in found.items()}
    return counts | {("EML401", "contact"): Planted(sum(shared), len(shared))}


def _deserted(
    tasks: pl.DataFrame, opened: Flags, created: Ints, n: int, rng: Rng
) -> tuple[Flags, int]:
    """Choose `n` deals whose open tasks are all old enough; return the rows of these tasks."""
    rows = tasks.select("entity", "record_id", old=pl.Series(created < _before(_ABANDONED) - _DAY))
    on_deals = rows.filter(pl.Series(opened) & (rows["entity"] == "deal"))
    deals = on_deals.group_by("record_id", maintain_order=True).agg(pl.col("old").all())
    fit = deals.filter("old")["record_id"]
    chosen = fit.gather(rng.permutation(len(fit))[:n])
    is_theirs = (rows["entity"] == "deal") & rows["record_id"].is_in(chosen.implode())
    return opened & is_theirs.to_numpy(), len(chosen)


def _before(span: timedelta) -> int:
    return int((READ_TO - span).timestamp())


def _has_tax_numbers(tables: Tables) -> bool:
    """Tell whether any live firm has a number: without one there is nothing to check."""
    told = tables["field_values"].filter(pl.col("field_id") == TAX_ID)["record_id"]
    live = tables["companies"].filter(~pl.col("is_deleted"))["id"]
    return bool(live.is_in(told.implode()).any())


def _n_alone(tables: Tables) -> int:
    links = tables["links"]
    linked = set(links.filter(pl.col("from_entity") == "company")["from_id"])
    linked |= set(links.filter(pl.col("to_entity") == "company")["to_id"])
    return len(set(tables["companies"].filter(~pl.col("is_deleted"))["id"]) - linked)


def _n_unreachable(tables: Tables) -> int:
    told = tables["channels"].filter((pl.col("entity") == "contact") & (pl.col("kind") != "site"))
    live = set(tables["contacts"].filter(~pl.col("is_deleted"))["id"])
    return len(live - set(told["record_id"]) - _chatting(tables))


def _chatting(tables: Tables) -> set[str]:
    """Return the contacts that talked in a chat, on their card or on a deal of theirs."""
    if "events" not in tables:
        return set()
    chats = tables["events"].filter(pl.col("type").is_in(_CHATS)).select("entity", "record_id")
    deals = chats.filter(pl.col("entity") == "deal").select(to_id="record_id")
    links = tables["links"].filter(
        pl.col("from_entity") == "contact", pl.col("to_entity") == "deal"
    )
    theirs = links.join(deals, on="to_id", how="semi")["from_id"]
    return set(chats.filter(pl.col("entity") == "contact")["record_id"]) | set(theirs)


def _n_off_field(cards: Cards) -> int:
    """Count the live cards with the extra field: no number in it stands in the CRM's own too."""
    values = cards.phones.values.filter(pl.col("field_id") == EXTRA)
    return values.filter(pl.col("card") < cards.counts.total)["card"].n_unique()
