"""The spool: what was kept is there after any cut, and nothing else is."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import polars as pl
import pytest

from dedupe.crm.pull.paging import Read
from dedupe.crm.pull.spool import Spool, Subject
from dedupe.errors import StorageError

SUBJECT = Subject(account_id="1", host="x", options=("notes",), shape="s", started=1.0)


def table(n: int) -> dict[str, pl.DataFrame]:
    return {"contacts": pl.DataFrame({"id": [str(i) for i in range(n)]}), "empty": pl.DataFrame()}


def filled(path: Path, n: int = 5) -> list[int]:
    """Write `n` pages; return where the file ended after each."""
    spool, ends = Spool(path), []
    spool.start(SUBJECT)
    for page in range(1, n + 1):
        spool.append("contacts", Read(page=page, at=page - 1, n=page), table(page), page % 2)
        ends.append(path.stat().st_size)
    spool.close()
    return ends


def test_pages_come_back_as_they_were(tmp_path) -> None:
    filled(tmp_path / "spool")
    spool = Spool(tmp_path / "spool")
    assert spool.subject == SUBJECT
    frames = spool.of("contacts")
    assert [frame.read.page for frame in frames] == [1, 2, 3, 4, 5]
    assert [frame.n_quarantined for frame in frames] == [1, 0, 1, 0, 1]
    for frame in frames:
        assert spool.tables(frame)["contacts"].equals(table(frame.read.page)["contacts"])
    assert spool.of("leads") == []
    spool.discard()
    assert not (tmp_path / "spool").exists()


def test_a_cut_at_any_byte_leaves_the_whole_frames_before_it(tmp_path) -> None:
    path = tmp_path / "spool"
    ends = filled(path)
    whole = path.read_bytes()
    for at in random.Random(1).sample(range(len(whole)), 60):
        path.write_bytes(whole[:at])
        spool = Spool(path)
        assert len(spool.frames) == sum(end <= at for end in ends)
        if spool.subject is not None:
            n = len(spool.frames) + 1
            spool.append("contacts", Read(page=n, at=0, n=n), table(n))
            spool.close()
            again = Spool(path)
            assert [f.read.page for f in again.frames] == list(range(1, n + 1))
            again.close()
        else:
            spool.close()


def test_a_damaged_byte_cuts_from_its_frame_on(tmp_path) -> None:
    path = tmp_path / "spool"
    ends = filled(path)
    whole = bytearray(path.read_bytes())
    for at in random.Random(2).sample(range(len(whole)), 40):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        path.write_bytes(damaged)
        spool = Spool(path)
        assert len(spool.frames) == sum(end <= at for end in ends)
        spool.close()


def test_a_file_of_something_else_is_an_empty_spool(tmp_path) -> None:
    (tmp_path / "spool").write_bytes(b"PK\x03\x04" * 1000)
    spool = Spool(tmp_path / "spool")
    assert (spool.subject, spool.frames) == (None, [])
    spool.close()


def test_marks_stay_and_a_new_subject_forgets_all(tmp_path) -> None:
    filled(tmp_path / "spool")
    spool = Spool(tmp_path / "spool")
    spool.mark("shrunk")
    spool.close()
    spool = Spool(tmp_path / "spool")
    assert spool.marks == {"shrunk"}
    spool.start(SUBJECT)
    assert (spool.marks, spool.frames) == (set(), [])
    spool.close()


@pytest.mark.parametrize(
    ("change", "is_same"),
    [({}, True), ({"started": 9.0}, True), ({"account_id": "2"}, False), ({"host": "y"}, False),
     ({"options": ()}, False), ({"shape": "t"}, False)],
)  # fmt: skip
def test_a_spool_is_of_one_account_and_one_question(change, is_same) -> None:
    facts = {"account_id": "1", "host": "x", "options": ("notes",), "shape": "s", "started": 1.0}
    assert SUBJECT.is_same(Subject(**(facts | change))) is is_same


def test_threads_may_append_at_once(tmp_path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.start(SUBJECT)
    threads = [
        threading.Thread(
            target=lambda k=k: [
                spool.append("contacts", Read(page=k * 20 + i, at=0, n=1), table(3))
                for i in range(20)
            ]
        )
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spool.close()
    again = Spool(tmp_path / "spool")
    assert sorted(frame.read.page for frame in again.frames) == list(range(80))
    again.close()


def test_a_place_that_can_not_be_written_is_one_clear_error(tmp_path) -> None:
    with pytest.raises(StorageError, match="the next pull goes on"):
        Spool(tmp_path / "missing" / "spool")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_keeps_what_was_kept(tmp_path, monkeypatch) -> None:
    filled(tmp_path / "spool", 3)
    spool = Spool(tmp_path / "spool")
    real = spool._file

    class Full:
        def __getattr__(self, name):
            return getattr(real, name)

        def write(self, view):
            real.write(bytes(view)[:10])
            raise OSError(28, "No space left on device")

    spool._file = Full()  # type: ignore[assignment]
    with pytest.raises(StorageError, match="no space left"):
        spool.append("contacts", Read(page=9, at=0, n=1), table(2))
    spool._file = real
    spool.append("contacts", Read(page=4, at=0, n=1), table(2))
    spool.close()
    again = Spool(tmp_path / "spool")
    assert [frame.read.page for frame in again.frames] == [1, 2, 3, 4]
    again.close()
