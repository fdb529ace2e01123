"""Names that mean the same: of fields, tags, loss reasons, and spellings of one value.

Two names are alike when they differ in case, "ё", marks, spaces, the order of words or a copy's
number of one or two digits ("Сайт 2"), or in one letter of a word that is long enough. Years and
other digits tell names apart. Neighbours by one letter are found by leaving out each letter in
turn, so work grows with the names and not with their pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from .rows import ENOUGH_LETTERS, fold

_COPY_MAX = 2  # digits of a copy's number; four are a year


def near_duplicates(rows: pl.DataFrame) -> pl.DataFrame:
    """Return record_id, name and group of the `rows` (scope, record_id, name) that are alike.

    Groups are within a scope; a group's label is its smallest record id.
    """
    known = rows.drop_nulls(["record_id", "name"]).unique(["scope", "record_id"]).sort(
        "scope", pl.col("record_id").str.len_bytes(), "record_id", nulls_last=True
    )  # fmt: skip
    parts = [_grouped(part) for part in known.partition_by("scope", maintain_order=True)]
    return pl.concat([known.clear().select("record_id", "name", group="name"), *parts])


def labels(names: Sequence[str]) -> list[int]:
    """Return for each name the first place of a name that it is alike to, directly or by others.

    >>> labels(["Город", "город.", "Город 2", "Имя", "Бренд клиента", "клиента Брендд"])
    [0, 0, 0, 3, 4, 5]
    """
    parents = list(range(len(names)))
    for a, b in _pairs(names):
        low, high = sorted((_root(parents, a), _root(parents, b)))
        parents[high] = low
    return [_root(parents, at) for at in range(len(names))]


def is_one_edit(a: str, b: str) -> bool:
    """Tell whether one letter (no digit) changed, lost or added makes `a` of `b`.

    >>> is_one_edit("пенза", "пензо"), is_one_edit("2019", "2018"), is_one_edit("саратов", "сартв")
    (True, False, False)
    """
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    start = min(len(a), len(b)) if start is None else start
    a, b = a[start:], b[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return len(a) <= 1 and len(b) <= 1 and not (a + b).isdigit()


def neighbours(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of two words that may be one edit apart, the smaller place first."""
    holes: dict[str, list[int]] = defaultdict(list)
    for at, word in enumerate(words):
        if len(word) >= ENOUGH_LETTERS:
            for hole in {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}:
                holes[hole].append(at)
    yield from sorted({(a, b) for held in holes.values() for a in held for b in held if a < b})


def canonical_keys(counts: Mapping[str, int], times: int) -> dict[str, str]:
    """Return for each key the one that is meant: one an edit away and `times` as common.

    >>> canonical_keys({"саратов": 50, "саратв": 2, "самара": 9}, 10)["саратв"]
    'саратов'
    """
    keys = sorted(counts)
    meant: dict[str, str] = {}
    for a, b in neighbours(keys):
        rare, often = sorted((keys[a], keys[b]), key=lambda key: counts[key])
        if counts[often] >= times * counts[rare] and is_one_edit(rare, often):
            best = meant.get(rare, often)
            meant[rare] = max(best, often, key=lambda key: (counts[key], key))
    return {key: meant.get(key, key) for key in keys}


def _grouped(part: pl.DataFrame) -> pl.DataFrame:
    ids = part["record_id"].to_list()
    label = pl.Series("group", [ids[at] for at in labels(part["name"].to_list())], dtype=pl.String)
    shown = part.select("record_id", "name").with_columns(label)
    return shown.filter(pl.col("group").is_duplicated())


def _pairs(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    words = [_words(name) for name in names]
    for spell in (_in_order, _sorted):
        first: dict[str, int] = {}
        for at, each in enumerate(words):
            if each:
                yield first.setdefault(spell(each), at), at
    whole = ["".join(each) for each in words]
    yield from ((a, b) for a, b in neighbours(whole) if _is_near(words[a], words[b]))


def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name without the number of a copy."""
    words = fold(name).split()
    if words and len(words[-1]) > 0:
        bare = words[-1].rstrip("0123456789")
        is_copy = 0 < len(words[-1]) - len(bare) <= _COPY_MAX and (bare or len(words) > 1)
        if is_copy:
            words[-1:] = [bare] if bare else []
    return tuple(words)


def _in_order(words: tuple[str, ...]) -> str:
    return "".join(words)


def _sorted(words: tuple[str, ...]) -> str:
    return " ".join(sorted(words))


def _is_near(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Tell whether names differ in one letter of one word that is long enough for a slip."""
    if len(a) != len(b):
        return False
    differ = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    if len(differ) != 1:
        return False
    x, y = differ[0]
    return max(len(x), len(y)) >= ENOUGH_LETTERS - 1 and is_one_edit(x, y)


def _root(parents: list[int], at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at
