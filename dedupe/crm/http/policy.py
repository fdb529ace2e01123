"""What an answer means: a table of rules, the first that fits decides.

The rules of `STANDARD` are amoCRM's and most others'. A CRM with words of its
own puts rules before them: `STANDARD.before(Rule(range(503, 504),
Verdict.LIMITED, codes=("QUERY_LIMIT_EXCEEDED",)))`.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import Enum, auto


class Verdict(Enum):
    """What is to be done about an answer, or about there being none."""

    OK = auto()
    UNSENT = auto()  # surely not sent: may be repeated, whatever it was
    UNKNOWN = auto()  # no answer or a failing server: a reading request may be repeated
    GARBLED = auto()  # an answer, but not what was asked for
    LIMITED = auto()  # not carried out: too many requests
    RENEW = auto()  # not carried out: the token is stale
    SIGN_IN = auto()  # not carried out, nor will anything else be: the account is closed to us
    REFUSED = auto()  # not carried out: a definite no to this one request
    BARRED = auto()  # not carried out, and every further request makes it worse
    REDIRECT = auto()
    STOPPED = auto()  # nothing that waiting would mend


@dataclass(frozen=True, slots=True)
class Rule:
    """Which answers get a verdict: by status, and where given by error code and kind of body."""

    statuses: Container[int]
    verdict: Verdict
    codes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # empty | html | json | other

    def fits(self, status: int, code: str, kind: str) -> bool:
        """Tell whether the rule is for such an answer."""
        return (
            status in self.statuses
            and (not self.codes or code in self.codes)
            and (not self.kinds or kind in self.kinds)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules, in order; `reads_success` looks for an error's code in good answers as well."""

    rules: tuple[Rule, ...]
    reads_success: bool = False

    def verdict(self, status: int, code: str, kind: str) -> Verdict:
        """Return what an answer of this status, error code and kind of body means."""
        for rule in self.rules:
            if rule.fits(status, code, kind):
                return rule.verdict
        return Verdict.GARBLED

    def before(self, *rules: Rule, reads_success: bool | None = None) -> Policy:
        """Return the policy with `rules` put before its own."""
        reads = self.reads_success if reads_success is None else reads_success
        return replace(self, rules=(*rules, *self.rules), reads_success=reads)


STANDARD = Policy(
    (
        Rule((200, 201, 202, 203, 204), Verdict.OK),
        Rule((301, 302, 303, 307, 308), Verdict.REDIRECT),
        Rule((401,), Verdict.RENEW),
        Rule((402,), Verdict.SIGN_IN),
        Rule((403,), Verdict.SIGN_IN, codes=("113",)),  # our address is not on the account's list
        Rule((403,), Verdict.BARRED, kinds=("html",)),  # the web server's page, not the CRM's word
        Rule((408, 425), Verdict.UNKNOWN),
        Rule((429,), Verdict.LIMITED),
        Rule(range(400, 500), Verdict.REFUSED),
        Rule(range(500, 600), Verdict.UNKNOWN),
    )
)
