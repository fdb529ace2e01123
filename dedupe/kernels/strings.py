"""Jaro-Winkler, Levenshtein, OSA and graded levels of pairs of texts, by code point.

Inputs: `TextArrays`, a table of texts, and `left`, `right` (int32, one pair each): numbers of
texts in the table, -1 for null. Outputs, one per pair: a similarity (float64, NaN where a side is
null), a distance (int32, -1), or a level (int8, -1). Pairs in left order are fastest: what a
measure prepares for a left text serves until another one comes. Every measure is symmetric.

Values are those of rapidfuzz: `JaroWinkler.similarity` (prefix weight 0.1, given where Jaro is
above 0.7), `Levenshtein.distance`, `OSA.distance` (a swap of neighbors is one edit, and no part
is edited twice). Methods: Myers 1999 and Hyyrö 2003 for distances; for Jaro, matches as bits of
a word. Words hold 63 bits, so that the one sum of the method never overflows, in Python neither.

A level is settled by bounds where they can settle it. Each bit of a signature stands for "at
least n of these characters"; no two bits count the same occurrence twice. Then bits that one
text has and the other lacks are no more than the characters without a counterpart: an edit makes
up for one at most, and Jaro can't match them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._jit import kernel

Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Similarities = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]
Int = int | np.int64

WORD = 63
FULL = np.uint64(2**WORD - 1)
ZERO, ONE = np.uint64(0), np.uint64(1)
FIRST = np.int64(0)
DEPTH = 4  # a signature tells the first, second, third and fourth occurrence of a character

UNLIKE, NEAR, CLOSE, FEW_EDITS, SAME = 0, 1, 2, 3, 4
NOT_OBSERVED = -1
# What the bounds leave open: a similarity, or a distance and then a similarity.
OPEN, OPEN_EDITS = 5, 6
BATCH = 256  # pairs whose texts are fetched together
FAR = 256_000  # bytes of a table of which a core's own cache may not hold all
SLACK = 1e-9  # a bound is computed in another order than the measure, so it may differ by rounding


class TextArrays(NamedTuple):
    """A table of `n` texts, as `dedupe.match.texts` builds it.

    `codes` are the characters, as numbers from 1 to `n_codes` - 1, of all texts; text i has those
    from offsets[i] (int64, n + 1) on, lengths[i] (int32) of them, at most `longest`; a 0 ends
    them all.
    `signatures` (uint64): see the module. `heads` (uint32): the low bytes of the first four codes,
    the first one lowest, 0 where the text has ended.
    """

    codes: Codes
    offsets: Offsets
    lengths: Numbers
    signatures: Words
    heads: npt.NDArray[np.uint32]
    n_codes: int
    longest: int


class Cuts(NamedTuple):
    """Where levels begin, from the best: FEW_EDITS, CLOSE (Jaro-Winkler >= high), NEAR (>= low).

    FEW_EDITS: at most `edits` by OSA, and neither text shorter than `min_length`.
    """

    edits: int
    min_length: int
    high: float
    low: float


@kernel
def jaro_winkler(texts: TextArrays, left: Numbers, right: Numbers) -> Similarities:
    """Measure each pair from 0 to 1; NaN where a side is null, 1 for two empty texts."""
    codes, offsets, _, _, _, n_codes, longest = texts
    table = np.zeros((_n_words(longest), n_codes), dtype=np.uint64)
    scratch = np.zeros(n_codes + 3 * longest, dtype=np.int64)
    out = np.empty(left.shape[0], dtype=np.float64)
    held: Int = -1
    a: Int = 0
    n_a: Int = 0
    for base in range(0, left.shape[0], BATCH):
        lefts, rights = left[base : base + BATCH], right[base : base + BATCH]
        _fetch(codes, offsets, lefts, rights)
        for k in range(lefts.shape[0]):
            i, j = np.int64(lefts[k]), np.int64(rights[k])
            if i < 0 or j < 0:
                out[base + k] = np.nan
                continue
            if i != held:
                held, a, n_a = _turn(table, codes, offsets, i, a, n_a)
            b, n_b = offsets[j], offsets[j + 1] - offsets[j]
            out[base + k] = _similarity(table, scratch, codes, a, n_a, b, n_b, 0.0)
    return out


@kernel
def levenshtein(texts: TextArrays, left: Numbers, right: Numbers) -> Numbers:
    """Count the insertions, deletions and replacements of each pair; -1 where a side is null."""
    return _distances(texts, left, right, ZERO)


@kernel
def osa_distance(texts: TextArrays, left: Numbers, right: Numbers) -> Numbers:
    """Count as `levenshtein` does, a swap of neighbors being one edit."""
    return _distances(texts, left, right, FULL)


@kernel
def text_levels(texts: TextArrays, left: Numbers, right: Numbers, cuts: Cuts) -> Levels:
    """Grade each pair: the best level of `Cuts` that it reaches, SAME, UNLIKE or NOT_OBSERVED."""
    codes, offsets, _, _, _, n_codes, longest = texts
    edits, _, high, low = cuts
    table = np.zeros((_n_words(longest), n_codes), dtype=np.uint64)
    state = np.zeros((4, _n_words(longest)), dtype=np.uint64)
    scratch = np.zeros(n_codes + 3 * longest, dtype=np.int64)
    rows = np.zeros(BATCH, dtype=np.int64)
    levels = _rough_levels(texts, left, right, cuts)
    held: Int = -1
    a: Int = 0
    n_a: Int = 0
    base: Int = 0
    while base < left.shape[0]:
        base, n = _open(levels, base, rows)
        lefts, rights = left[rows[:n]], right[rows[:n]]
        _fetch(codes, offsets, lefts, rights)
        for k in range(n):
            row, i, j = rows[k], np.int64(lefts[k]), np.int64(rights[k])
            if i != held:
                held, a, n_a = _turn(table, codes, offsets, i, a, n_a)
            b, n_b = offsets[j], offsets[j + 1] - offsets[j]
            if levels[row] == OPEN_EDITS:
                distance = _distance(table, state, codes, n_a, b, n_b, FULL)
                if distance <= edits:
                    levels[row] = FEW_EDITS
                    continue
            similarity = _similarity(table, scratch, codes, a, n_a, b, n_b, low)
            levels[row] = CLOSE if similarity >= high else (NEAR if similarity >= low else UNLIKE)
    return levels


@kernel
def occurrence_counts(codes: Codes, offsets: Offsets, n_codes: int) -> npt.NDArray[np.int64]:
    """Count the texts that have a code once, twice, ... (a row per code, DEPTH columns) or more."""
    counts = np.zeros((n_codes, DEPTH), dtype=np.int64)
    seen = np.zeros(n_codes, dtype=np.int64)
    for text in range(offsets.shape[0] - 1):
        for at in range(offsets[text], offsets[text + 1]):
            code = codes[at]
            if seen[code] < DEPTH:
                counts[code, seen[code]] += 1
                seen[code] += 1
        for at in range(offsets[text], offsets[text + 1]):
            seen[codes[at]] = 0
    return counts


@kernel
def signatures(codes: Codes, offsets: Offsets, bits: Words) -> Words:
    """Join, for each text, the `bits` (a row per code, DEPTH columns) of its occurrences."""
    out = np.zeros(offsets.shape[0] - 1, dtype=np.uint64)
    seen = np.zeros(bits.shape[0], dtype=np.int64)
    for text in range(offsets.shape[0] - 1):
        signature = ZERO
        for at in range(offsets[text], offsets[text + 1]):
            code = codes[at]
            if seen[code] < DEPTH:
                signature |= bits[code, seen[code]]
                seen[code] += 1
        for at in range(offsets[text], offsets[text + 1]):
            seen[codes[at]] = 0
        out[text] = signature
    return out


@kernel
def _rough_levels(texts: TextArrays, left: Numbers, right: Numbers, cuts: Cuts) -> Levels:
    """Settle what numbers and bounds settle; the rest is OPEN or OPEN_EDITS."""
    levels = np.full(left.shape[0], NOT_OBSERVED, dtype=np.int8)
    if texts.lengths.shape[0] == 0:
        return levels
    edits, min_length, _, low = cuts
    needs = _jaro_needs(low)
    for k in range(left.shape[0]):
        i, j = np.int64(left[k]), np.int64(right[k])
        a, b = max(i, FIRST), max(j, FIRST)
        n_a, n_b = np.int64(texts.lengths[a]), np.int64(texts.lengths[b])
        missing_b = _n_bits(texts.signatures[a] & ~texts.signatures[b])
        missing_a = _n_bits(texts.signatures[b] & ~texts.signatures[a])
        matched = min(n_a - missing_b, n_b - missing_a)
        need = needs[_n_same(texts.heads[a] ^ texts.heads[b])]
        # No branches: which way a pair goes can't be foreseen, and all of it is a few steps.
        is_open = matched * (n_a + n_b) >= need * (n_a * n_b)
        few = (max(missing_a, missing_b) <= edits) & (abs(n_a - n_b) <= edits)
        few &= min(n_a, n_b) >= min_length
        level = OPEN_EDITS if few else (OPEN if is_open else UNLIKE)
        level = SAME if i == j else level
        levels[k] = NOT_OBSERVED if (i < 0) | (j < 0) else level
    return levels


@kernel
def _jaro_needs(low: float) -> Similarities:
    """Return, by common prefix, the least m / n_a + m / n_b for a similarity of `low`.

    m matched characters without a transposition make Jaro (m / n_a + m / n_b + 1) / 3.
    """
    needs = np.empty(5, dtype=np.float64)
    for prefix in range(5):
        boost = 0.1 * prefix
        jaro = low if low <= 0.7 else max(0.7, (low - boost) / (1.0 - boost))
        needs[prefix] = 3.0 * jaro - 1.0 - SLACK
    return needs


@kernel
def _n_bits(word: np.uint64) -> int:
    """Count the bits that are set; compilers know the loop and make it one instruction."""
    n = 0
    while word != ZERO:
        word &= word - ONE
        n += 1
    return n


@kernel
def _n_same(unlike: np.uint32) -> int:
    """Count the lowest bytes that are 0 before one that is not."""
    return (
        int(unlike & np.uint32(0xFF) == 0)
        + int(unlike & np.uint32(0xFFFF) == 0)
        + int(unlike & np.uint32(0xFFFFFF) == 0)
        + int(unlike == 0)
    )


@kernel
def _n_words(length: Int) -> int:
    return int(max(1, (length + WORD - 1) // WORD))


@kernel
def _open(levels: Levels, base: Int, rows: Offsets) -> tuple[Int, int]:
    """List the pairs from `base` on whose level is open; return where to go on, and how many."""
    n = 0
    while base < levels.shape[0] and n < BATCH:
        rows[n] = base
        n += int(levels[base] >= OPEN)
        base += 1
    return base, n


@kernel
def _fetch(codes: Codes, offsets: Offsets, left: Numbers, right: Numbers) -> None:
    """Read the first code of the texts of some pairs, if the table is larger than a cache.

    Many reads at a time bring the texts near: a measure that waits for memory pair by pair is
    half as fast. What is read is stored, or the compiler would leave the reading out.
    """
    if codes.shape[0] + 8 * offsets.shape[0] < FAR:
        return
    starts = np.empty(2 * left.shape[0], dtype=np.int64)
    for k in range(left.shape[0]):
        starts[2 * k] = offsets[max(np.int64(left[k]), FIRST)]
        starts[2 * k + 1] = offsets[max(np.int64(right[k]), FIRST)]
    for k in range(starts.shape[0]):
        starts[k] = codes[starts[k]]


@kernel
def _turn(
    table: Words, codes: Codes, offsets: Offsets, i: Int, a: Int, n_a: Int
) -> tuple[Int, Int, Int]:
    """Put text `i` into the table in place of the one at `a`; return it, its start and length.

    In the row of each word and the column of each code stand the bits of the code's places.
    """
    for place in range(n_a):
        table[place // WORD, codes[a + place]] = ZERO
    a, n_a = offsets[i], offsets[i + 1] - offsets[i]
    for start in range(0, n_a, WORD):
        bit = ONE
        for place in range(start, min(start + WORD, n_a)):
            table[start // WORD, codes[a + place]] |= bit
            bit <<= ONE
    return i, a, n_a


@kernel
def _similarity(
    table: Words, scratch: Offsets, codes: Codes, a: Int, n_a: Int, b: Int, n_b: Int, low: float
) -> float:
    """Return the Jaro-Winkler similarity, or 0 where it is below `low`."""
    if n_a == 0 or n_b == 0:
        return 1.0 if n_a == n_b else 0.0
    prefix = 0
    while prefix < min(4, n_a, n_b) and codes[a + prefix] == codes[b + prefix]:
        prefix += 1
    if max(n_a, n_b) > WORD:
        matched, swapped = _long_matches(scratch, codes, a, n_a, b, n_b)
        return _winkler(matched, swapped, prefix, n_a, n_b)
    matched, taken = _matches(table, scratch, codes, b, n_a, n_b)
    if _winkler(matched, 0, prefix, n_a, n_b) < low:
        return 0.0
    return _winkler(matched, _n_swapped(table, scratch, taken, matched), prefix, n_a, n_b)


@kernel
def _winkler(matched: Int, swapped: Int, prefix: Int, n_a: Int, n_b: Int) -> float:
    """Return the similarity; its sums are in rapidfuzz's order, so it is the same to the bit."""
    if matched == 0:
        return 0.0
    jaro = (matched / n_a + matched / n_b + (matched - swapped // 2) / matched) / 3.0
    if jaro > 0.7:
        jaro += prefix * 0.1 * (1.0 - jaro)
    return float(jaro)


@kernel
def _reach(n_a: Int, n_b: Int) -> Int:
    """Return how far apart two characters may stand and still match."""
    return max(max(n_a, n_b) // 2 - 1, 0)


@kernel
def _matches(
    table: Words, seen: Offsets, codes: Codes, b: Int, n_a: Int, n_b: Int
) -> tuple[int, np.uint64]:
    """Return how many characters match and which of the left text; `seen` gets the right ones."""
    reach = _reach(n_a, n_b)
    window = (ONE << np.uint64(reach + 1)) - ONE
    taken = ZERO
    matched = 0
    for i in range(n_b):
        code = codes[b + i]
        free = table[0, code] & window & ~taken
        seen[matched] = code
        if free != ZERO:
            taken |= free & ~(free - ONE)
            matched += 1
        window = (window << ONE) | np.uint64(i < reach)
    return matched, taken


@kernel
def _n_swapped(table: Words, seen: Offsets, taken: np.uint64, matched: int) -> int:
    """Count the matches, in the order of each text, that are not of the same character."""
    swapped = 0
    for i in range(matched):
        bit = taken & ~(taken - ONE)
        taken ^= bit
        if table[0, seen[i]] & bit == ZERO:
            swapped += 1
    return swapped


@kernel
def _long_matches(
    scratch: Offsets, codes: Codes, a: Int, n_a: Int, b: Int, n_b: Int
) -> tuple[int, int]:
    """Return how many characters match and how many of them are swapped, at any length.

    The places of one character form a chain. The one that matches is the first within reach;
    those before the reach are never within it again, so a chain is walked once.
    """
    reach = _reach(n_a, n_b)
    longest = max(n_a, n_b)
    after, seen = scratch[:longest], scratch[longest : 2 * longest]
    taken, first = scratch[2 * longest : 3 * longest], scratch[3 * longest :]
    _chain(first, after, codes, a, n_a, b, n_b)
    taken[:n_a] = 0
    matched = 0
    for j in range(n_b):
        code = codes[b + j]
        i = first[code]
        while 0 <= i < j - reach:
            i = after[i]
        if 0 <= i <= j + reach:
            taken[i] = 1
            seen[matched] = code
            matched += 1
            i = after[i]
        first[code] = i
    swapped, k = 0, 0
    for i in range(n_a):
        if taken[i]:
            swapped += int(codes[a + i] != seen[k])
            k += 1
    return matched, swapped


@kernel
def _chain(
    first: Offsets, after: Offsets, codes: Codes, a: Int, n_a: Int, b: Int, n_b: Int
) -> None:
    """Link each place of the left text to the next one of its character, -1 at the end."""
    for j in range(n_b):
        first[codes[b + j]] = -1
    for i in range(n_a):
        first[codes[a + i]] = -1
    for i in range(n_a - 1, -1, -1):
        after[i] = first[codes[a + i]]
        first[codes[a + i]] = i


@kernel
def _distances(texts: TextArrays, left: Numbers, right: Numbers, swaps: np.uint64) -> Numbers:
    """Measure each pair; `swaps` is FULL where a swap of neighbors is one edit, ZERO where not."""
    codes, offsets, _, _, _, n_codes, longest = texts
    table = np.zeros((_n_words(longest), n_codes), dtype=np.uint64)
    state = np.zeros((4, _n_words(longest)), dtype=np.uint64)
    out = np.full(left.shape[0], -1, dtype=np.int32)
    held: Int = -1
    a: Int = 0
    n_a: Int = 0
    for base in range(0, left.shape[0], BATCH):
        lefts, rights = left[base : base + BATCH], right[base : base + BATCH]
        _fetch(codes, offsets, lefts, rights)
        for k in range(lefts.shape[0]):
            i, j = np.int64(lefts[k]), np.int64(rights[k])
            if i < 0 or j < 0:
                continue
            if i != held:
                held, a, n_a = _turn(table, codes, offsets, i, a, n_a)
            b, n_b = offsets[j], offsets[j + 1] - offsets[j]
            out[base + k] = _distance(table, state, codes, n_a, b, n_b, swaps)
    return out


@kernel
def _distance(
    table: Words, state: Words, codes: Codes, n_a: Int, b: Int, n_b: Int, swaps: np.uint64
) -> Int:
    """Return the distance of the left text, which `table` holds, and the right one."""
    if n_a == 0:
        return n_b
    if n_a > WORD:
        return _long_distance(table, state, codes, n_a, b, n_b, swaps)
    last = ONE << np.uint64(n_a - 1)
    up, down, diagonal, before = FULL, ZERO, ZERO, ZERO
    distance: Int = n_a
    for j in range(b, b + n_b):
        same = table[0, codes[j]]
        swap = ((~diagonal & same) << ONE) & before & swaps
        diagonal = (((same & up) + up) ^ up) | same | down | swap
        more = down | ~(diagonal | up)
        less = diagonal & up
        distance += int(more & last != ZERO) - int(less & last != ZERO)
        more = (more << ONE) | ONE
        up = ((less << ONE) | ~(diagonal | more)) & FULL
        down = more & diagonal
        before = same
    return distance


@kernel
def _long_distance(
    table: Words, state: Words, codes: Codes, n_a: Int, b: Int, n_b: Int, swaps: np.uint64
) -> Int:
    """Do what `_distance` does in as many words as the left text fills, with carries."""
    words = _n_words(n_a)
    ups, downs, diagonals, befores = state[0], state[1], state[2], state[3]
    ups[:] = FULL
    state[1:] = ZERO
    top = np.uint64(WORD - 1)
    last = ONE << np.uint64((n_a - 1) % WORD)
    distance: Int = n_a
    for j in range(b, b + n_b):
        more_in, less_in, swap_in = ONE, ZERO, ZERO
        more, less = ZERO, ZERO
        for word in range(words):
            same = table[word, codes[j]]
            up, down = ups[word], downs[word]
            turned = ~diagonals[word] & same
            swap = ((turned << ONE) | swap_in) & befores[word] & swaps
            swap_in = turned >> top
            entered = same | less_in
            diagonal = ((((entered & up) + up) ^ up) | entered | down | swap) & FULL
            more = (down | ~(diagonal | up)) & FULL
            less = diagonal & up
            shifted_more = (more << ONE) | more_in
            shifted_less = (less << ONE) | less_in
            more_in, less_in = more >> top, less >> top
            ups[word] = (shifted_less | ~(diagonal | shifted_more)) & FULL
            downs[word] = shifted_more & diagonal
            diagonals[word], befores[word] = diagonal, same
        distance += int(more & last != ZERO) - int(less & last != ZERO)
    return distance
