"""E-mail values of the cards of one entity, with every fault in the planned number.

Logins are made of the owner's names. Two addresses never agree, even when dots,
dashes and underscores are dropped and domains are folded as providers do it, unless
a fault is planted: a match key of any kind can't join cards by accident.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from .numbers import Ints
from .sizes import CardCounts, group_sizes

Rng = np.random.Generator

EMAIL = "EMAIL"
_LABELS, _LABEL_SHARES = ("WORK", "PRIV", "OTHER"), (0.7, 0.25, 0.05)
_DOMAINS = (
    ("mail.ru", 34),
    ("yandex.ru", 22),
    ("gmail.com", 22),
    ("bk.ru", 6),
    ("inbox.ru", 4),
    ("list.ru", 4),
    ("rambler.ru", 4),
    ("ya.ru", 2),
    ("icloud.com", 1.5),
    ("outlook.com", 0.5),
)
_SEPARATORS = (", ", "; ", " ", "\n", " / ", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Emails:
    """The e-mail values of one entity: `values` has card, raw, label, field_id in card order.

    `leader` is that of the phones with the owners of shared mailboxes added; `first`
    is one address per card, null without one.
    """

    values: pl.DataFrame
    leader: Ints
    first: pl.Series
    shared: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Whose addresses are made: words for logins, and the firm's own domain where it has one."""

    given: pl.Series
    surname: pl.Series
    domain: pl.Series
    has_email: float


def share_mailboxes(counts: CardCounts, leader: Ints, plain: Ints, rng: Rng) -> tuple[Ints, Ints]:
    """Choose the groups that share a mailbox: return all leaders, and the cards in group order."""
    sizes = np.array(group_sizes(counts.shared_email), dtype=np.int64)
    cards = rng.permutation(plain)[: sizes.sum()]
    leader = leader.copy()
    leader[cards] = np.repeat(cards[np.cumsum(sizes) - sizes], sizes)
    return leader, cards


def build_emails(
    counts: CardCounts, leader: Ints, sharing: Ints, owners: Owners, rng: Rng
) -> Emails:
    """Plan and write the addresses of the live cards; deleted ones copy some of them."""
    rest = rng.permutation(np.setdiff1d(np.arange(counts.total), sharing))
    n_bad, n_doubled, n_repeated = counts.bad_email, counts.doubled_email, counts.repeated_email
    bad, doubled, repeated, normal = np.split(rest, np.cumsum([n_bad, n_doubled, n_repeated]))
    normal = normal[: round(counts.total * owners.has_email)]
    second = normal[rng.random(len(normal)) < 0.03]
    heads = np.unique(leader[sharing])
    holders = np.concatenate([heads, normal, second, bad[1::2], doubled, doubled, repeated])
    addresses = _addresses(owners, holders, heads, rng)
    at = _Cursor(addresses)
    parts = [
        _shared_rows(at.take(len(heads)), heads, sharing, leader),
        _rows(normal, _untidy(at.take(len(normal)), rng)),
        _rows(second, at.take(len(second))),
        _rows(bad[1::2], at.take(len(bad[1::2]))),
        _rows(bad, _unreadable(len(bad))),
        _rows(doubled, _doubled(at.take(len(doubled)), at.take(len(doubled)))),
        *_repeated_rows(repeated, at.take(len(repeated))),
    ]
    parts.append(_deleted_rows(counts, parts[1]))
    values = pl.concat(parts)
    label = pl.Series(_LABELS).gather(rng.choice(len(_LABELS), values.height, p=_LABEL_SHARES))
    return Emails(
        values=values.with_columns(label=label, field_id=pl.lit(EMAIL)),
        leader=leader,
        first=_first(parts[1], len(leader)),
        shared=(len(sharing), len(heads)),
    )


class _Cursor:
    def __init__(self, column: pl.Series) -> None:
        self._column, self._at = column, 0

    def take(self, n: int) -> pl.Series:
        self._at += n
        return self._column.slice(self._at - n, n)


def _addresses(owners: Owners, holders: Ints, heads: Ints, rng: Rng) -> pl.Series:
    """Make an address for each holder; those of shared mailboxes fit their way of sharing."""
    n = len(holders)
    names, shares = zip(*_DOMAINS, strict=True)
    domain = pl.Series(names).gather(rng.choice(len(names), n, p=np.array(shares) / sum(shares)))
    domain = domain.scatter(np.arange(len(heads)), [_way(i)[0] for i in range(len(heads))])
    own = owners.domain.gather(holders)
    use_own = rng.random(n) < 0.5
    use_own[: len(heads)] = False
    form = rng.integers(0, 6, n)
    form[: len(heads)] = 0
    frame = pl.DataFrame(
        {
            "given": owners.given.gather(holders),
            "surname": owners.surname.gather(holders),
            "domain": domain,
            "own": own,
            "use_own": use_own,
            "form": form,
            "number": pl.Series(rng.integers(1, 99, n)).cast(pl.String),
        }
    )
    made = frame.select(
        login=_login(),
        domain=pl.when(pl.col("use_own")).then(pl.coalesce("own", "domain")).otherwise("domain"),
    )
    return _made_unique(made)


def _login() -> pl.Expr:
    g, s, n = pl.col("given"), pl.col("surname"), pl.col("number")
    ways = (
        pl.concat_str(s, pl.lit("."), g, n),
        pl.concat_str(s, g.str.head(1), n),
        pl.concat_str(g.str.head(1), pl.lit("."), s, n),
        pl.concat_str(s, pl.lit("_"), n),
        pl.concat_str(g, pl.lit("."), s),
        pl.concat_str(g, s, n),
    )
    return pl.coalesce(pl.when(pl.col("form") == i).then(way) for i, way in enumerate(ways))


def _made_unique(frame: pl.DataFrame) -> pl.Series:
    """Tell logins apart by a number where some provider's rules would make them one mailbox."""
    frame = frame.with_row_index("row").with_columns(base=pl.col("login"))
    key = pl.concat_str(
        pl.col("login").str.replace_all(r"[._-]", ""),
        pl.lit("@"),
        pl.col("domain").str.replace(r"^ya\.ru$", "yandex.ru"),
    )
    while not (again := frame.with_columns(key=key)["key"].is_first_distinct()).all():
        more = pl.concat_str("base", pl.lit("-"), pl.col("row") + 100)
        frame = frame.with_columns(login=pl.when(again).then("login").otherwise(more), base=more)
    return frame.select(pl.concat_str("login", pl.lit("@"), "domain")).to_series()


def _way(i: int) -> tuple[str, str]:
    """Return the domain of the i-th shared mailbox, and how its second card spells it."""
    ways = (
        ("mail.ru", "same"),
        ("yandex.ru", "alias"),
        ("gmail.com", "dots"),
        ("mail.ru", "capitals"),
        ("yandex.ru", "dash"),
        ("gmail.com", "tag"),
    )
    return ways[i % len(ways)]


def _shared_rows(addresses: pl.Series, heads: Ints, sharing: Ints, leader: Ints) -> pl.DataFrame:
    place = {int(head): i for i, head in enumerate(heads)}
    raws = []
    for card in sharing:
        i = place[int(leader[card])]
        address = str(addresses[i])
        raws.append(address if card == leader[card] else _respelt(address, _way(i)[1]))
    return _rows(sharing, pl.Series(raws, dtype=pl.String))


def _respelt(address: str, way: str) -> str:
    """Spell an address anew, such that the provider delivers it to the same mailbox."""
    login, domain = address.split("@")
    return {
        "same": address,
        "alias": f"{login}@ya.ru",
        "dots": f"{login.replace('.', '')}@{domain}",
        "capitals": address.title() + " ",
        "dash": f"{login.replace('.', '-')}@{domain}",
        "tag": f"{login}+zakaz@{domain}",
    }[way]


def _rows(cards: Ints, raws: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"card": cards.astype(np.int64), "raw": raws})


def _untidy(addresses: pl.Series, rng: Rng) -> pl.Series:
    kind = rng.choice(4, len(addresses), p=[0.88, 0.06, 0.04, 0.02])
    raw = pl.col("raw")
    return (
        pl.DataFrame({"raw": addresses, "kind": kind})
        .select(
            pl.when(pl.col("kind") == 1)
            .then(raw.str.head(1).str.to_uppercase() + raw.str.slice(1))
            .when(pl.col("kind") == 2)
            .then(raw + " ")
            .when(pl.col("kind") == 3)
            .then(raw.str.to_uppercase())
            .otherwise(raw)
        )
        .to_series()
    )


_NO_ADDRESS = (
    "нет",
    "ivanov@mail",
    "уточнить",
    "petrova@",
    "нет почты",
    "sidorov",
    "спросить",
    "@mail.ru",
)


def _unreadable(n: int) -> pl.Series:
    return pl.Series([_NO_ADDRESS[i % len(_NO_ADDRESS)] for i in range(n)], dtype=pl.String)


def _doubled(left: pl.Series, right: pl.Series) -> pl.Series:
    pairs = enumerate(zip(left, right, strict=True))
    return pl.Series([f"{a}{_SEPARATORS[i % 6]}{b}" for i, (a, b) in pairs], dtype=pl.String)


def _repeated_rows(cards: Ints, addresses: pl.Series) -> list[pl.DataFrame]:
    """Put an address on a card twice: in two values, or (every third) in one."""
    one = pl.Series(np.arange(len(cards)) % 3 == 2)
    twice = addresses + ", " + addresses.str.to_uppercase()
    raws = pl.select(pl.when(one).then(twice).otherwise(addresses)).to_series()
    again = addresses.filter(~one).str.to_titlecase()
    return [_rows(cards, raws), _rows(cards[~one.to_numpy()], again)]


def _deleted_rows(counts: CardCounts, live: pl.DataFrame) -> pl.DataFrame:
    """Give every third deleted card the address of a live one, which must not count."""
    cards = counts.total + np.arange(counts.deleted)[::3]
    raws = live["raw"].head(len(cards))
    return _rows(cards[: len(raws)], raws)


def _first(normal: pl.DataFrame, n_cards: int) -> pl.Series:
    cards = pl.DataFrame({"card": np.arange(n_cards)})
    found = cards.join(normal, on="card", how="left", maintain_order="left")["raw"]
    return found.str.strip_chars().str.to_lowercase()
