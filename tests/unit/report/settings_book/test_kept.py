"""Settings are kept by the moment of the data, the last thirty of each account."""

from __future__ import annotations

import stat
from datetime import timedelta

from dedupe.report.settings_book import build_book, keep_book, kept_before

from .conftest import READ_TO


def test_the_last_earlier_one_is_found_again(make, tmp_path) -> None:
    books = [build_book(make(at=READ_TO + timedelta(days=day))) for day in range(3)]
    assert kept_before(books[0], tmp_path) is None
    for book in books:
        keep_book(book, tmp_path)
    assert kept_before(books[2], tmp_path) == books[1]
    assert kept_before(books[0], tmp_path) is None


def test_the_files_are_the_users_alone_and_thirty_at_most(make, tmp_path) -> None:
    paths = [keep_book(build_book(make(at=READ_TO + timedelta(days=day))), tmp_path)
             for day in range(33)]  # fmt: skip
    kept = sorted(paths[-1].parent.iterdir())
    assert kept == paths[3:]
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600


def test_a_second_one_of_the_moment_replaces_the_first_unless_told_not_to(make, tmp_path) -> None:
    path = keep_book(build_book(make()), tmp_path)
    before = path.read_text()
    keep_book(build_book(make(roles=[])), tmp_path, again=False)
    assert path.read_text() == before
    keep_book(build_book(make(roles=[])), tmp_path)
    assert path.read_text() != before


def test_a_source_that_tells_no_time_is_not_kept(make, tmp_path) -> None:
    assert keep_book(build_book(make(at=None)), tmp_path) is None
    assert list(tmp_path.iterdir()) == []
