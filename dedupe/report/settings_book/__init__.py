"""An account's settings as one document: built once from a snapshot, then rendered or compared."""

from .build import build_book, build_plain_book
from .compare import Change, Drift, SectionDrift, compare_books
from .document import SCHEMA, book_document, read_document
from .drift import drift_document, render_drift
from .kept import keep_book, kept_before
from .markdown import render_markdown
from .toml_text import render_toml
from .values import Book, Entry, Ref, Section
from .workbook import render_workbook

__all__ = [
    "SCHEMA",
    "Book",
    "Change",
    "Drift",
    "Entry",
    "Ref",
    "Section",
    "SectionDrift",
    "book_document",
    "build_book",
    "build_plain_book",
    "compare_books",
    "drift_document",
    "keep_book",
    "kept_before",
    "read_document",
    "render_drift",
    "render_markdown",
    "render_toml",
    "render_workbook",
]
