"""Estimating the model from the account itself, without labels.

u of strangers comes from pairs drawn at random, m from expectation maximisation over the
pairs of one blocking rule at a time: the comparisons of that rule's own columns say nothing
there and are left out, and the sessions' results are averaged by the matches that each saw
(as Splink trains). u of pairs that share a strong key comes from that key's block, with m held.
Everywhere the shipped shares are a Dirichlet prior: a comparison that cannot be estimated keeps
them. The draws have a fixed seed and the rows are in id order, so the result is repeatable.

Source: Winkler, "Using the EM algorithm for weight computation in the Fellegi-Sunter model of
record linkage", 1988.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedupe.kernels.expectation import level_sums, match_posteriors

from .blocking import Blocks, PairSource
from .columns import Column, Records
from .comparisons import Comparison, Kind
from .grading import Grader
from .model import Context, Model, Shares

Rows = npt.NDArray[np.uint32]
Levels = npt.NDArray[np.int8]
Counts = npt.NDArray[np.float64]
Bits = npt.NDArray[np.float32]

_DRAWN = 500_000  # random pairs for u: a share of 1e-5 is known to half of itself
_SESSION_PAIRS = 40_000
_LEAST_PAIRS = 10  # a rule of fewer pairs teaches nothing
_RAREST = 1e-7  # a level that no drawn pair shows is no rarer than that
_THREADS = 2
_SESSION_MATCHES = 5.0  # a session that saw fewer says nothing
_PRIOR_PAIRS = 10.0  # how many matches the shipped m is worth
_SHIPPED_PAIRS = 30.0  # how many random pairs the shipped u is worth: a tiny account has few
_CONTEXT_PRIOR = 20.0  # how many pairs the shipped idea of relatives and colleagues is worth
# Of two people who share a number, a mailbox or an address: how often the column agrees because
# they are a family or an office. Shipped, for accounts with few such pairs; the rest is learned.
_RELATED = {
    "surname": 0.4,
    "address": 0.4,
    "city": 0.6,
    "postcode": 0.5,
    "company": 0.3,
    "phone": 0.2,
    "email": 0.1,
    "patronymic": 0.05,
}
_STRONG_SHARE = 0.02  # a text that more pairs of strangers share is no context
_COUNTRY = 2_000.0
# Of cards of one person: how often these differ altogether, at most, whatever the data seem to say.
_MOST_UNLIKE = {
    "given": 0.2,
    "surname": 0.2,
    "patronymic": 0.2,
    "birth_date": 0.2,
    "tax_id": 0.1,
}
_MOST_ADJUSTED = 8.0  # bits that a value's rarity may add or take
_SEED = 20_260_401


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Distinct level vectors, int8 (k, comparisons), and how many pairs show each."""

    levels: Levels
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Pairs that a person has judged: the last word on the pair, and evidence for m and u.

    Too few of them say nothing about other pairs: then they are not `is_taught`.
    """

    left: Rows
    right: Rows
    is_match: npt.NDArray[np.bool_]
    is_taught: bool = True


def estimate_model(
    records: Records, grader: Grader, made: Sequence[Blocks], labels: Labels | None = None
) -> Model:
    """Return the model of `records`; `made` are blocks of rules, for training."""
    comparisons = tuple(column.comparison for column in records.columns)
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = pool.submit(lambda: to_patterns(grader.levels(*random_pairs(records, _DRAWN))))
        told = [each for each in made if each.n_pairs >= _LEAST_PAIRS]
        sessions = list(pool.map(lambda each: _Session.of(each, records, grader), told))
        drawn = waiting.result()
    # Of two tables, a rule may have pairs inside one of them only.
    sessions = [session for session in sessions if len(session.patterns.counts)]
    strangers = _strangers_u(records, drawn, 1.0)
    judged = _judged(grader, labels) if labels is not None and labels.is_taught else None
    m = _estimate_m(comparisons, sessions, strangers, judged)
    prior = _first_prior(sessions, records, m, strangers)
    # Matches among the drawn pairs made coincidences look commoner than they are.
    share = _posteriors(drawn, m, strangers, range(len(comparisons)), prior)
    strangers = _strangers_u(records, drawn, 1.0 - share, prior=prior, m=m)
    m = _estimate_m(comparisons, sessions, strangers, judged)
    contexts = _contexts(records, sessions, m, strangers, prior)
    return Model(
        comparisons=comparisons,
        m=m,
        contexts=contexts,
        prior=prior,
        adjustments=tuple(
            _adjustments(column, strangers[at]) for at, column in enumerate(records.columns)
        ),
    )


def to_patterns(levels: Levels) -> Patterns:
    """Count the distinct level vectors of int8 (comparisons, pairs)."""
    # Sixteen comparisons fit one integer.
    codes = np.zeros(((len(levels) + 15) // 16, levels.shape[1]), dtype=np.int64)
    for at, row in enumerate(levels):
        codes[at // 16] = codes[at // 16] * 8 + (row.astype(np.int64) + 1)
    if len(codes) > 1:
        _, first, counts = np.unique(codes, axis=1, return_index=True, return_counts=True)
    else:
        _, first, counts = np.unique(codes.reshape(-1), return_index=True, return_counts=True)
    return Patterns(
        levels=np.ascontiguousarray(levels[:, first].T), counts=counts.astype(np.float64)
    )


def random_pairs(records: Records, size: int) -> tuple[Rows, Rows]:
    """Draw `size` pairs of different records; all pairs where there are no more."""
    n, side = records.n, records.side_end
    if records.n_pairs <= size:
        left, right = np.triu_indices(n, 1)
        keep = (left < side) & (right >= side) if side else slice(None)
        return left[keep].astype(np.uint32), right[keep].astype(np.uint32)
    rng = np.random.default_rng(_SEED)
    if side:
        return (
            rng.integers(0, side, size, dtype=np.uint32),
            rng.integers(side, n, size, dtype=np.uint32),
        )
    a = rng.integers(0, n, size, dtype=np.int64)
    b = rng.integers(0, n - 1, size, dtype=np.int64)
    b += b >= a
    left, right = np.minimum(a, b), np.maximum(a, b)
    order = np.argsort(left, kind="stable")
    return left[order].astype(np.uint32), right[order].astype(np.uint32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """One rule's pairs as patterns, and the comparisons that its keys do not fix."""

    columns: tuple[int, ...]
    free: tuple[int, ...]
    related: tuple[float, ...]  # by comparison: how often those who share the key agree, being kin
    most_unlike: tuple[float, ...]  # by comparison: the most that m of the lowest level may be
    patterns: Patterns
    n_pairs: int

    def apart(self, at: int, u: Shares, m: Shares) -> Shares:
        """Return the expected u of a comparison among the pairs of the rule."""
        expected: Shares = (1 - self.related[at]) * u + self.related[at] * m
        return expected

    @classmethod
    def of(cls, made: Blocks, records: Records, grader: Grader) -> _Session:
        names = [column.name for column in records.columns]
        used = {name for name in made.columns if name in names}
        is_key = any(
            column.name == "address" or column.comparison.kind is Kind.CHANNEL
            for column in records.columns
            if column.name in used
        )
        levels = grader.levels(*_sampled(made, records))
        return cls(
            columns=tuple(at for at, name in enumerate(names) if name in used),
            free=tuple(at for at, name in enumerate(names) if name not in used),
            related=tuple(_RELATED.get(name, 0.0) if is_key else 0.0 for name in names),
            most_unlike=tuple(_MOST_UNLIKE.get(name, 1.0) for name in names),
            patterns=to_patterns(levels),
            n_pairs=made.n_pairs,
        )


def _sampled(made: Blocks, records: Records) -> tuple[Rows, Rows]:
    """Return the pairs of enough evenly spread blocks."""
    step = max(1, made.n_pairs // _SESSION_PAIRS)
    keep = np.arange(0, len(made.starts) - 1, step)
    source = PairSource([made.only(keep)], records.n, records.side_end)
    pairs = list(source.chunks(1 << 18))
    if not pairs:
        return np.empty(0, np.uint32), np.empty(0, np.uint32)
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return left, right


def _estimate_m(
    comparisons: Sequence[Comparison],
    sessions: Sequence[_Session],
    u: Sequence[Shares],
    judged: tuple[Patterns, Patterns] | None,
) -> tuple[Shares, ...]:
    priors = [np.array(each.grading.m) for each in comparisons]
    sums = [_PRIOR_PAIRS * prior for prior in priors]
    for session in sessions:
        m, matches = _maximised(session, priors, u)
        if matches < _SESSION_MATCHES:
            continue
        for at in session.free:
            # A session that saw ten thousand matches is no better than one that saw a thousand:
            # what differs between sessions is which matches they see.
            sums[at] = sums[at] + min(matches, 1000.0) * m[at]
    if judged is not None:
        told = _level_counts(judged[0], judged[0].counts, sums)
        sums = [own + 10 * seen for own, seen in zip(sums, told, strict=True)]
    return tuple(each / each.sum() for each in sums)


def _maximised(
    session: _Session, priors: Sequence[Shares], u: Sequence[Shares]
) -> tuple[list[Shares], float]:
    """Run EM on a session's free comparisons; return m and the matches it saw."""
    patterns = session.patterns
    m, own_u, share = list(priors), list(u), 0.2
    tied = 0.1 * patterns.counts.sum() + 10.0
    apart = {at: session.apart(at, u[at], priors[at]) for at in session.free}
    matches = 0.0
    for _ in range(50):
        p = _posteriors(patterns, m, own_u, session.free, share)
        one = _level_counts(patterns, patterns.counts * p, priors)
        two = _level_counts(patterns, patterns.counts * (1 - p), priors)
        for at in session.free:
            seen = one[at] + 10 * priors[at]
            m[at] = _limited(seen / seen.sum(), session.most_unlike[at])
            seen = two[at] + tied * apart[at]
            own_u[at] = seen / seen.sum()
        before, matches = matches, float((patterns.counts * p).sum())
        share = min(max(matches / patterns.counts.sum(), 1e-6), 0.9999)
        if abs(matches - before) < 1e-4 * (matches + 1):
            break
    return m, matches * session.n_pairs / max(patterns.counts.sum(), 1.0)


def _limited(m: Shares, most: float) -> Shares:
    """Keep m of the lowest level from passing `most`: a family must not teach that names differ."""
    if m[0] <= most:
        return m
    rest: Shares = m * ((1 - most) / (1 - m[0]))
    rest[0] = most
    return rest


def _contexts(
    records: Records,
    sessions: Sequence[_Session],
    m: Sequence[Shares],
    strangers: Sequence[Shares],
    prior: float,
) -> tuple[Context, ...]:
    """Return the strangers' context and one for each strong key that has a rule of its own."""
    found = [Context(at=-1, level=0, u=tuple(strangers))]
    strong: list[tuple[float, Context]] = []
    for session in sessions:
        if len(session.columns) != 1:
            continue
        at = session.columns[0]
        column = records.columns[at]
        u_same = strangers[at][column.comparison.grading.same]
        if _is_strong(column, u_same):
            strong.append((u_same, _context(records, session, m, strangers, prior)))
    strong.sort(key=lambda each: (each[0], each[1].at))
    return (*found, *(each for _, each in strong))


def _is_strong(column: Column, u_same: float) -> bool:
    if column.comparison.kind is Kind.CHANNEL:
        return True
    return column.comparison.kind is Kind.TEXT and u_same < _STRONG_SHARE


def _context(
    records: Records,
    session: _Session,
    m: Sequence[Shares],
    strangers: Sequence[Shares],
    prior: float,
) -> Context:
    """Learn how pairs that share the key, and are not one, look: EM with m held."""
    at, patterns = session.columns[0], session.patterns
    u, share = list(strangers), 0.5
    grading = records.columns[at].comparison.grading
    for _ in range(50):
        p = _posteriors(patterns, m, u, session.free, share)
        two = _level_counts(patterns, patterns.counts * (1 - p), u)
        for c in session.free:
            seen = two[c]
            related = _RELATED.get(records.columns[c].name, 0.0)
            expected = (1 - related) * strangers[c] + related * m[c]
            shares = (seen + _CONTEXT_PRIOR * expected) / (seen.sum() + _CONTEXT_PRIOR)
            # Who shares a number agrees no less often than strangers do: a family without
            # namesakes is no law.
            least = np.where(_is_agreeing(records, c), strangers[c], 0.0)
            shares = np.maximum(shares, least)
            u[c] = shares / shares.sum()
        before = share
        matches = float((patterns.counts * p).sum())
        share = (matches + 1) / (patterns.counts.sum() + 2)
        if abs(share - before) < 1e-6:
            break
    level = grading.shared
    u[at] = _key_u(records, session, share, m[at], strangers[at], level)
    return Context(at=at, level=level, u=tuple(u))


def _is_agreeing(records: Records, at: int) -> npt.NDArray[np.bool_]:
    grading = records.columns[at].comparison.grading
    return np.arange(len(grading.m)) >= grading.shared


def _key_u(
    records: Records,
    session: _Session,
    share: float,
    m: Shares,
    strangers: Shares,
    level: int,
) -> Shares:
    """Return u of the key itself: how many pairs of two people share it, among all pairs."""
    n_apart = max((1 - share) * session.n_pairs, 0.5)
    u_same = n_apart / records.n_pairs
    own = session.patterns.levels[:, [session.columns[0]]]
    above = level_sums(own, session.patterns.counts, len(m))[0, level:] + 1e-3
    u = strangers.copy()
    u[level:] = u_same * above / above.sum()
    return u


def _first_prior(
    sessions: Sequence[_Session], records: Records, m: Sequence[Shares], u: Sequence[Shares]
) -> float:
    """Guess the share of matches: the best rule sees most of them."""
    most = 1.0
    for session in sessions:
        _, matches = _maximised(session, list(m), u)
        most = max(most, matches)
    return min(max(1.2 * most / max(records.n_pairs, 1), 1e-12), 0.5)


def _strangers_u(
    records: Records,
    drawn: Patterns,
    apart: float | Counts,
    *,
    prior: float = 0.0,
    m: Sequence[Shares] | None = None,
) -> tuple[Shares, ...]:
    """Return u from random pairs, each counted by its probability to be `apart`."""
    size = max(drawn.counts.sum(), 1.0)
    out = []
    shares = [np.array(column.comparison.grading.u) for column in records.columns]
    counted = _level_counts(drawn, drawn.counts * apart, shares)
    for at, column in enumerate(records.columns):
        grading = column.comparison.grading
        seen = counted[at] + _SHIPPED_PAIRS * shares[at]
        u = seen / seen.sum()
        same = _coincidence(column)
        if same is not None and size < records.n_pairs:
            own = prior * float(m[at][grading.same]) if m is not None else 0.0
            u[grading.same] = max(same - own, 0.1 * same)
        u = np.maximum(u, min(0.3 / size, _RAREST))
        if column.comparison.kind is Kind.CHANNEL or same is not None:
            u[grading.same] = max(u[grading.same], 1e-12)
        out.append(u / u.sum())
    return tuple(out)


def _adjustments(column: Column, u: Shares) -> Bits | None:
    """Return the bits that each value of a column adds: rare ones more, common ones less.

    A pair's own two cards are no evidence that its value is common: one of them is not
    counted, or a person with two cards would make his name look common. What is known of the
    country counts as so many more cards.
    """
    if column.sets is not None or not len(column.n_holders):
        return None
    others, n_others = np.maximum(column.n_holders - 1.0, 0.5), max(column.n_observed - 1.0, 1.0)
    if column.shares is not None:
        others, n_others = others + _COUNTRY * column.shares, n_others + _COUNTRY
    held = others / n_others
    bits = np.log2(u[column.comparison.grading.same] / held)
    limited: Bits = np.clip(bits, -_MOST_ADJUSTED, _MOST_ADJUSTED).astype(np.float32)
    return limited


def _coincidence(column: Column) -> float | None:
    """Return the chance that two records have the same value, from all values' counts."""
    if column.sets is not None or not len(column.n_holders):
        return None
    held = column.n_holders.astype(np.float64)
    n = held.sum()
    return float((held * (held - 1)).sum() / (n * (n - 1))) if n > 1 else None


def _posteriors(
    patterns: Patterns,
    m: Sequence[Shares],
    u: Sequence[Shares],
    use: Sequence[int] | range,
    share: float,
) -> Counts:
    ratios = np.zeros((len(m), max(map(len, m), default=1)))
    for at in use:
        ratios[at, : len(m[at])] = np.log(m[at]) - np.log(u[at])
    chosen = np.array(use, dtype=np.int64)
    return match_posteriors(patterns.levels, ratios, chosen, float(np.log(share / (1 - share))))


def _level_counts(patterns: Patterns, counts: Counts, sizes: Sequence[Shares]) -> list[Counts]:
    """Sum `counts` by level of each comparison; `sizes` are arrays as long as the results."""
    sums = level_sums(patterns.levels, counts, max(map(len, sizes), default=1))
    return [row[: len(own)] for row, own in zip(sums, sizes, strict=True)]


def _judged(grader: Grader, labels: Labels) -> tuple[Patterns, Patterns]:
    levels = grader.levels(labels.left, labels.right)
    return to_patterns(levels[:, labels.is_match]), to_patterns(levels[:, ~labels.is_match])
