"""What people decided about cards and findings: one file of lines that is only ever added to.

`DecisionLog` reads and writes the file, `settle` says what holds of it today. The plan, the match
and the review all read it here, and nowhere else.
"""

from .log import FILE_NAME, DecisionLog, read_log
from .settled import Contradiction, SameGroup, Settled, settle
from .values import (
    KINDS,
    SCHEMA,
    SEPARATOR,
    VERDICTS,
    Decision,
    Evidence,
    Pair,
    Spot,
    ordered_pair,
    pairs_among,
    shown_digest,
    spot_of,
)

__all__ = [
    "FILE_NAME",
    "KINDS",
    "SCHEMA",
    "SEPARATOR",
    "VERDICTS",
    "Contradiction",
    "Decision",
    "DecisionLog",
    "Evidence",
    "Pair",
    "SameGroup",
    "Settled",
    "Spot",
    "ordered_pair",
    "pairs_among",
    "read_log",
    "settle",
    "shown_digest",
    "spot_of",
]
