"""What each file of a state folder is: recognised by its place and name, never by a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from dedupe.language import N_


class Kind(StrEnum):
    """Kinds of files that hold personal data."""

    SNAPSHOT = "snapshot"
    PAGES = "pages"
    SCAN = "scan"
    BACKUP = "backup"
    JOURNAL = "journal"
    PLAN = "plan"
    APPROVAL = "approval"
    DECISIONS = "decisions"
    SETTINGS = "settings"
    LOG = "log"
    LEFTOVER = "leftover"


TITLES = {
    Kind.SNAPSHOT: N_("copy of the account"),
    Kind.PAGES: N_("pages of a pull under way"),
    Kind.SCAN: N_("scan and its reports"),
    Kind.BACKUP: N_("copies of cards before changes"),
    Kind.JOURNAL: N_("journal of changes"),
    Kind.PLAN: N_("plan that was applied"),
    Kind.APPROVAL: N_("approved plan"),
    Kind.DECISIONS: N_("decisions of reviewers"),
    Kind.SETTINGS: N_("settings of the account, with employees"),
    Kind.LOG: N_("log"),
    Kind.LEFTOVER: N_("left by a process that was killed"),
}
WHY = {
    Kind.SNAPSHOT: N_("scans and pulls go on from it"),
    Kind.PAGES: N_("a pull that was cut off goes on from them"),
    Kind.SCAN: N_("reports, plans and comparisons are made from it"),
    Kind.BACKUP: N_("to put back by hand what a run changed"),
    Kind.JOURNAL: N_("to take a run back, and to know what was done"),
    Kind.PLAN: N_("to take a run back"),
    Kind.APPROVAL: N_("a run at night carries it out"),
    Kind.DECISIONS: N_("so that nobody is asked twice"),
    Kind.SETTINGS: N_("to compare the next settings with; the last 30 are kept"),
    Kind.LOG: N_("to look into faults"),
    Kind.LEFTOVER: N_("nothing needs it"),
}

SCAN_ID = re.compile(r"s-\d{8}T\d{6}-[0-9a-f]{4,8}")
PLAN_FILE = re.compile(r"p-[0-9a-f]{8}\.jsonl")
RUN_ID = re.compile(r"r-[0-9a-f]{12}")
SCAN_FILE = re.compile(
    r"(summary|metrics|model)\.json|(findings|channels|pairs|clusters|baseline)\.parquet"
    r"|(plan|p-[0-9a-f]{8})[\w-]*\.jsonl|report[\w.-]*\.(html|xlsx|json|csv|md|pdf|docx|txt)"
    r"|(sample|review|settings|owner|work)[\w.-]*\.(html|xlsx|json|csv|md|docx|toml)"
)
_SCAN = SCAN_ID.pattern
_RULES = [
    (Kind.SNAPSHOT, r"accounts/(?P<account>[^/]+)/snapshot/(manifest\.json|\w+\.parquet)"),
    (Kind.LEFTOVER, r"accounts/(?P<account>[^/]+)/\.snapshot\.[^/]+/.+"),
    (Kind.PAGES, r"accounts/(?P<account>[^/]+)/pull/pages\.spool"),
    (Kind.BACKUP, r"accounts/(?P<account>[^/]+)/backup/r-[0-9a-f]{12}\.jsonl"),
    (Kind.JOURNAL, r"accounts/(?P<account>[^/]+)/journal\.sqlite(-journal)?"),
    (Kind.PLAN, r"accounts/(?P<account>[^/]+)/plans/[rp]-[0-9a-f]{8,12}\.jsonl"),
    (Kind.APPROVAL, r"accounts/(?P<account>[^/]+)/approvals/[0-9a-f]{64}\.jsonl?"),
    (Kind.DECISIONS, r"(accounts|decisions)/(?P<account>[^/]+)/decisions\.jsonl(\.torn)?"),
    (Kind.SETTINGS, r"settings/(?P<account>[^/]+)/settings-\d{8}T\d{6}Z\.toml"),
    (Kind.SCAN, rf"(accounts/(?P<account>[^/]+)/)?scans/{_SCAN}/({SCAN_FILE.pattern})"),
    (Kind.LEFTOVER, rf"(accounts/(?P<account>[^/]+)/)?scans/\.({_SCAN}|pruned)\.[^/]+/.+"),
    (Kind.LOG, r"logs/[\w.-]+\.(jsonl|log)"),
]
_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in _RULES]


@dataclass(frozen=True, slots=True)
class Known:
    """The kind of a file, and the profile whose account it is of; "" where its name says none."""

    kind: Kind
    account: str


def known(relative: str) -> Known | None:
    """Return what the file at `relative` (from the state folder, with "/") is; None: not ours.

    >>> known("accounts/main/backup/r-0123456789ab.jsonl"), known("scans/mine.txt")
    (Known(kind=<Kind.BACKUP: 'backup'>, account='main'), None)
    """
    for kind, pattern in _COMPILED:
        found = pattern.fullmatch(relative)
        if found is not None:
            return Known(kind, found.groupdict().get("account") or "")
    return None
