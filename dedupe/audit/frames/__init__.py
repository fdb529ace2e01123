"""Frames that several checks read, each made once for a scan (`Facts.once`)."""
