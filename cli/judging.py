"""What is said of a filled sample: how many are right, how surely, and how many more to judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dedupe.language import N_, count, share, tr

if TYPE_CHECKING:
    from dedupe.report.sample import Judgement
    from dedupe.report.sample.judged import Score

REASONS = {
    "no_verdict": N_("no verdict"),
    "unknown_verdict": N_("a verdict that is not in the list"),
    "unknown_row": N_("not a row of the sample"),
    "altered": N_("the id is not the one that was drawn"),
    "repeated": N_("the row stands twice"),
}
_SHOWN = 20  # row numbers of one reason


def judged_lines(found: Judgement) -> Iterator[str]:
    """Yield the counts, the precision as a whole and by owner, what was left out, what to do."""
    mark, score = found.mark, found.score
    yield tr(
        N_("{code}, scan {scan}, seed {seed}: {drawn} of {population} drawn"),
        code=mark.code,
        scan=mark.scan_id,
        seed=mark.seed,
        drawn=count(len(mark.keys)),
        population=count(mark.population),
    )
    yield tr(
        N_("Right {right}, wrong {wrong}, unclear {unclear}"),
        right=count(score.right),
        wrong=count(score.wrong),
        unclear=count(score.unclear),
    )
    yield _precision(score)
    for owner, own in found.by_owner:
        yield f"  {mark.owner_names.get(owner, owner)}: {_precision(own)}"
    yield from _ignored_lines(found)
    yield from _advice(found)


def _precision(score: Score) -> str:
    if score.precision is None:
        return tr(N_("nothing judged yet"))
    low, high = score.interval
    return tr(
        N_("precision {share} of {judged} (95% interval: {low} to {high})"),
        share=share(score.precision),
        judged=count(score.judged),
        low=share(low),
        high=share(high),
    )


def _ignored_lines(found: Judgement) -> Iterator[str]:
    rows: dict[str, list[int]] = defaultdict(list)
    for one in found.ignored:
        rows[one.reason].append(one.row)
    for reason, numbers in rows.items():
        shown = ", ".join(str(number) for number in numbers[:_SHOWN])
        more = f" … ({count(len(numbers))})" if len(numbers) > _SHOWN else ""
        yield tr(
            N_("Rows left out, {reason}: {rows}"), reason=tr(REASONS[reason]), rows=shown + more
        )


def _advice(found: Judgement) -> Iterator[str]:
    """Say how many more to judge, and how to get them."""
    mark = found.mark
    if not found.more:
        yield tr(N_("Enough: the interval is within 5 points to each side, or all was judged."))
        return
    yield tr(
        N_("For 5 points to each side judge {n} more."),
        n=count(found.more),
    )
    wanted = found.score.judged + found.more
    if wanted > len(mark.keys):
        by = f" --by {mark.by}" if mark.by else ""
        chosen = f"{mark.code} --scan DIR --seed {mark.seed}{by} -n {wanted}"
        command = f"crmclean sample {chosen} -o FILE.xlsx"
        yield tr(N_("Next: {command}"), command=command)
