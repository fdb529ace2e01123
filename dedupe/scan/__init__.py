"""The pipeline of a scan: read -> normalise -> match -> audit. Wires stages; no logic of its own.

`open_account` turns a path into an account, `scan` an account into results, `write_scan` results
into files. All three are usable from a notebook; none prints. Two tables that are linked go
through the same stages together, as sides of one set of cards; the checks are about the first.
"""

from .files import CHANNEL_COLUMNS, PLAN_NAME, check_output, content_of, write_scan
from .run import scan
from .sources import open_account, open_accounts
from .values import Against, Scan, ScanOptions

__all__ = [
    "CHANNEL_COLUMNS",
    "PLAN_NAME",
    "Against",
    "Scan",
    "ScanOptions",
    "check_output",
    "content_of",
    "open_account",
    "open_accounts",
    "scan",
    "write_scan",
]
