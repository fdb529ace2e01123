"""What a sample tells its reviewers: what is judged, how it was drawn, what a verdict means."""

from __future__ import annotations

from dedupe.audit.registry import CHECKS
from dedupe.language import N_, count, tr

from .values import OWNER, TIERS, VERDICTS, Mark

_PAIRS = N_("Pairs of cards that the match put into the tier {tier}: are the two one and the same?")
_METHOD = N_(
    "{drawn} of {population} were drawn by chance: members are ordered by SHA-256 of the seed "
    "({seed}) and their key, and the first ones taken. The same seed and scan ({scan}) give the "
    "same sample."
)
_BY_OWNER = N_("Each owner has as many rows as fits their share of all (largest remainders).")
_MEANING = {
    "right": N_("what the tool says of the row is so"),
    "wrong": N_("it is not so"),
    "unclear": N_("nobody can tell; the row counts for nothing"),
}
_HOW = N_(
    "Choose a verdict for each row; comment and reviewer are free. Leave the numbers, the ids and "
    "the heads of columns as they are; rows and columns may be moved. Then run: {command}"
)


def guide_lines(mark: Mark) -> tuple[str, ...]:
    """Return the lines of the guide in the language in use."""
    return (
        *_subject(mark.code),
        tr(
            _METHOD,
            drawn=count(len(mark.keys)),
            population=count(mark.population),
            seed=mark.seed,
            scan=mark.scan_id,
        ),
        *((tr(_BY_OWNER),) if mark.by == OWNER else ()),
        *(f"{tr(word)}: {tr(_MEANING[verdict])}" for verdict, word in VERDICTS.items()),
        tr(_HOW, command="crmclean sample --read FILE"),
    )


def _subject(code: str) -> tuple[str, ...]:
    if code in TIERS:
        return (tr(_PAIRS, tier=code),)
    check = CHECKS.get(code)
    return (code,) if check is None else (f"{code}: {tr(check.title)}", tr(check.definition))
