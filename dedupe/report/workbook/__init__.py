"""report.xlsx: the scan as a working paper, a sheet for each finding and each subject.

Written row after row, so that its size is not bounded by memory. The same scan gives the same
bytes.
"""

from .build import write_workbook

__all__ = ["write_workbook"]
