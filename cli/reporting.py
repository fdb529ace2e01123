"""What the commands that write reports share: whose they are, and what was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.options import Session

if TYPE_CHECKING:
    from dedupe.config import Config
    from dedupe.contracts import Account
    from dedupe.report.content import Content
    from dedupe.scan import Scan


def report_of(session: Session, result: Scan, account: Account, config: Config) -> Content:
    """Return what the scan's report is made of: its records' names, the sender, the history."""
    from dedupe.report.trend import account_key, read_trend
    from dedupe.scan import content_of

    trend = read_trend(session.state(), account_key(result.summary))
    return content_of(result, account, brand=config.report, trend=trend)
