"""What keeps a group of cards from being merged without a person's look (reliability 2.13).

A merge of strangers is the one mistake that a cleanup must not make. A number that more than a few
persons hold is an office's or a family's; two tax numbers or two birthdays are two bearers; a
colleague's own number was typed to be able to go on; a chat can't be moved. What a person accepted
passes, but for a group that is too large to have been looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from dedupe.contracts import CLUSTERS

from .candidates import Candidate
from .cards import Card, Fields
from .field_text import shown_text
from .inputs import PlanInputs
from .ops import Ref

TOO_LARGE, OWN, SHARED, CONFLICT, CHAT = "too_large", "own_contact", "shared", "conflict", "chat"
_PART = pl.Schema({"entity": pl.String(), "record_id": pl.String(), "place": pl.Int64()})
_CONTRADICTING = ("g_tax_id", "g_birth_date")
_LITTLE_ALIKE = 1  # the level up to which two such values are two bearers
_TAX_NAMES = frozenset({"инн", "inn", "tax id", "vat", "vat id", "бин", "иин", "унп"})
_BIRTH_TYPES = frozenset({"birthday"})


def guard_reasons(
    candidates: Sequence[Candidate],
    inputs: PlanInputs,
    cards: Mapping[Ref, Card],
    fields: Fields,
    *,
    max_group: int,
    max_persons: int,
) -> dict[int, str]:
    """Return why candidates are left out, by their place; the gravest reason of each."""
    parts = _parts(candidates)
    reasons: dict[int, str] = {}
    found = [
        (TOO_LARGE, {at for at, each in enumerate(candidates) if len(each.ids) > max_group}),
        (OWN, _with_own_values(parts, inputs.values)),
        (SHARED, _with_crowds(parts, inputs.values, inputs.clusters, max_persons)),
        (CONFLICT, _with_unlike_pairs(parts, inputs.pairs)),
        (CONFLICT, _with_unlike_fields(candidates, cards, fields)),
        (CHAT, _with_chats(parts, inputs)),
    ]
    for reason, places in found:
        for at in places:
            if reason == TOO_LARGE or not candidates[at].is_accepted:
                reasons.setdefault(at, reason)
    return reasons


def _parts(candidates: Sequence[Candidate]) -> pl.DataFrame:
    rows = [(each.entity, id_, at) for at, each in enumerate(candidates) for id_ in each.ids]
    return pl.DataFrame(rows, schema=_PART, orient="row")


def _with_own_values(parts: pl.DataFrame, values: pl.DataFrame) -> set[int]:
    own = values.filter(pl.col("status") == "own").select("entity", "record_id")
    return set(parts.join(own, on=["entity", "record_id"], how="semi")["place"])


def _with_crowds(
    parts: pl.DataFrame, values: pl.DataFrame, clusters: pl.DataFrame, max_persons: int
) -> set[int]:
    """Find groups held together by a value that many persons hold; a cluster is one person."""
    key = ["entity", "kind", "value"]
    held = values.lazy().filter(pl.col("value").is_not_null()).select("record_id", *key).unique()
    own = held.join(parts.lazy(), on=["entity", "record_id"])
    joint = own.group_by("place", *key).agg(n=pl.len()).filter(pl.col("n") > 1)
    one = CLUSTERS.conform(clusters).lazy().select("entity", "record_id", "cluster_id")
    mine = parts.lazy().select("entity", "record_id", own_place=pl.col("place").cast(pl.String))
    holders = (
        held.join(joint.select("place", *key), on=key)
        .join(one, on=["entity", "record_id"], how="left")
        .join(mine, on=["entity", "record_id"], how="left")
        .with_columns(person=pl.coalesce("group:" + pl.col("own_place"), "cluster_id", "record_id"))
    )
    crowds = holders.group_by("place", *key).agg(n=pl.col("person").n_unique())
    return set(crowds.filter(pl.col("n") > max_persons).collect()["place"])


def _with_unlike_pairs(parts: pl.DataFrame, pairs: pl.DataFrame) -> set[int]:
    columns = [name for name in _CONTRADICTING if name in pairs.columns]
    if not columns:
        return set()
    unlike = pl.any_horizontal(
        pl.col(name).is_between(0, _LITTLE_ALIKE).fill_null(value=False) for name in columns
    )
    ends = pairs.filter(unlike).select("entity", "left_id", "right_id")
    for end in ("left", "right"):
        place = parts.rename({"record_id": f"{end}_id", "place": end})
        ends = ends.join(place, on=["entity", f"{end}_id"])
    return set(ends.filter(pl.col("left") == pl.col("right"))["left"])


def _with_unlike_fields(
    candidates: Sequence[Candidate], cards: Mapping[Ref, Card], fields: Fields
) -> set[int]:
    """Find groups in which two cards fill a tax number or a birthday differently."""
    found = set()
    for at, candidate in enumerate(candidates):
        members = [
            cards[ref] for id_ in candidate.ids if (ref := Ref(candidate.entity, id_)) in cards
        ]
        names = {name for card in members for name in card.fields}
        if any(
            _is_telling(candidate.entity, name, fields) and _differ(members, name) for name in names
        ):
            found.add(at)
    return found


def _is_telling(entity: str, name: str, fields: Fields) -> bool:
    own = fields.get(entity, name)
    return own.type in _BIRTH_TYPES or own.name.strip().casefold() in _TAX_NAMES


def _differ(cards: Collection[Card], name: str) -> bool:
    told = {
        "".join(sign for sign in shown_text(card.fields.get(name)) if sign.isalnum())
        for card in cards
    }
    return len(told - {""}) > 1


def _with_chats(parts: pl.DataFrame, inputs: PlanInputs) -> set[int]:
    messages = inputs.account.frame("messages").select("entity", "record_id")
    return set(parts.join(messages, on=["entity", "record_id"], how="semi")["place"])
