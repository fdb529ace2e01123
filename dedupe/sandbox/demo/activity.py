"""Tasks and tags of the demo account: what is done with its deals and contacts.

An open deal has an open task unless it is planned to have none; done tasks are
everywhere, and an open task on a contact does not help the contact's deals.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dedupe.contracts import RECORD_TAGS, TASKS

from .deals import READ_TO
from .numbers import Ints
from .settings import CONTACT_TAGS
from .sizes import Sizes

Rng = np.random.Generator

_TEXTS = ("Перезвонить", "Уточнить размеры", "Отправить расчёт", "Договориться о замере",
          "Узнать решение", "Напомнить об оплате", "Согласовать дату")  # fmt: skip
_RESULTS = ("Дозвонился", "Отправил", "Не отвечает", "Думает", "Договорились")
_TAGGED = 0.3  # of the deals


def n_tagged(sizes: Sizes) -> int:
    """Return how many deals have a tag."""
    return round(sizes.deals * _TAGGED)


def n_tasks(sizes: Sizes) -> int:
    """Return the least number of tasks that the account has."""
    return sizes.open_deals - sizes.no_task + _n_done(sizes)


def build_tasks(
    sizes: Sizes, deals: pl.DataFrame, contacts: pl.DataFrame, types: tuple[str, ...], rng: Rng
) -> pl.DataFrame:
    """Build the tasks; `types` are used by one task at least, each."""
    open_rows = np.flatnonzero((deals["state"] == "open").to_numpy())
    busy = rng.permutation(open_rows)[sizes.no_task :]
    again = busy[rng.random(len(busy)) < 0.1]
    done = rng.integers(0, deals.height, _n_done(sizes))
    called = rng.integers(0, contacts.height, round(contacts.height * 0.03))
    parts = [
        _on(deals, "deal", np.concatenate([busy, again]), done=False),
        _on(deals, "deal", done, done=True),
        _on(contacts, "contact", called[::4], done=False),
        _on(contacts, "contact", called, done=True),
    ]
    frame = pl.concat(parts)
    place = rng.permutation(_places(frame.height, len(types), rng))
    return TASKS.conform(_filled(frame, pl.Series(types, dtype=pl.String).gather(place), rng))


def build_tags(
    sizes: Sizes, deals: pl.DataFrame, contacts: pl.DataFrame, tags: tuple[str, ...], rng: Rng
) -> pl.DataFrame:
    """Tag deals and contacts; each of `tags` is on one deal at least."""
    n = n_tagged(sizes)
    rows = rng.permutation(deals.height)[:n]
    place = _places(n, len(tags), rng)
    second = rows[::7]
    on_contacts = rng.permutation(contacts.height)[: contacts.height // 12]
    names, their = pl.Series(tags, dtype=pl.String), pl.Series(CONTACT_TAGS)
    parts = [
        ("deal", deals["id"].gather(rows), names.gather(place)),
        ("deal", deals["id"].gather(second), names.gather((place[::7] + 1) % max(len(tags), 1))),
        (
            "contact",
            contacts["id"].gather(on_contacts),
            their.gather(rng.integers(0, len(their), len(on_contacts))),
        ),
    ]
    frames = [
        pl.DataFrame(
            {"entity": pl.repeat(entity, len(ids), eager=True), "record_id": ids, "tag": tag}
        )
        for entity, ids, tag in parts
    ]
    whole = pl.concat(frames).unique(maintain_order=True)
    return RECORD_TAGS.conform(whole.sort("entity", "record_id", "tag"))


def _places(n: int, size: int, rng: Rng) -> Ints:
    """Draw `n` places in a list of `size`: each one at least once, the first ones more often."""
    often = (rng.random(max(n - size, 0)) ** 2 * size).astype(np.int64)
    return np.concatenate([np.arange(min(n, size)), often])


def _n_done(sizes: Sizes) -> int:
    return round(sizes.deals * 0.45)


def _on(records: pl.DataFrame, entity: str, rows: Ints, *, done: bool) -> pl.DataFrame:
    picked = records[rows].select(record_id="id", owner_id="owner_id", since="created_at")
    return picked.with_columns(entity=pl.lit(entity), is_completed=pl.lit(done))


def _filled(frame: pl.DataFrame, types: pl.Series, rng: Rng) -> pl.DataFrame:
    n = frame.height
    created = pl.col("since") + pl.duration(hours=pl.col("hours"))
    due_days = pl.when("is_completed").then(3).otherwise(pl.col("hours") % 40)
    drawn = frame.with_columns(
        hours=pl.Series((rng.exponential(200, n)).astype(np.int64)),
        task_type_id=types,
        text=pl.Series(_TEXTS).gather(rng.integers(0, len(_TEXTS), n)),
        answer=pl.Series(_RESULTS).gather(rng.integers(0, len(_RESULTS), n)),
    ).with_columns(created_at=pl.min_horizontal(created, pl.lit(READ_TO)))
    ids = 70_000_001 + np.cumsum(rng.integers(1, 9, n))
    return drawn.sort("created_at", maintain_order=True).with_columns(
        id=pl.Series(ids).cast(pl.String),
        result=pl.when("is_completed").then("answer"),
        created_by=pl.col("owner_id"),
        updated_at=pl.col("created_at"),
        due_at=pl.col("created_at") + pl.duration(days=due_days),
    )
