"""HTTP for every CRM: pace, retries, limits, redaction. Knows no CRM."""

from .errors import BlockedError, ReadOnlyError, Refused
from .policy import STANDARD, Policy, Rule, Verdict
from .proxy import proxy_for
from .redaction import Redactor, hide, install, redact
from .telling import clean, told
from .timeouts import Timeouts
from .transport import Transport, bearer
from .values import Answer, Outcome, Sent, Stats, TokenSource
from .window import Claim, RequestWindow

__all__ = [
    "STANDARD",
    "Answer",
    "BlockedError",
    "Claim",
    "Outcome",
    "Policy",
    "ReadOnlyError",
    "Redactor",
    "Refused",
    "RequestWindow",
    "Rule",
    "Sent",
    "Stats",
    "Timeouts",
    "TokenSource",
    "Transport",
    "Verdict",
    "bearer",
    "clean",
    "hide",
    "install",
    "proxy_for",
    "redact",
    "told",
]
