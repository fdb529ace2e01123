"""Notices from a run to their targets: at least once, in order, and never in a run's way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dedupe.config import HookTarget
from dedupe.errors import StorageError
from dedupe.language import current, use
from dedupe.policy.notify import OUTBOX_MAX, Kind, Notices, Post, n_waiting
from dedupe.policy.notify.delivery import DeliveryError
from dedupe.policy.notify.forms import long_text
from dedupe.policy.notify.store import FILE_NAME
from tests.unit.policy.notify.outcomes import failed, odd, outcome, quiet
from tests.unit.policy.notify.servers import Web, web_server

HOOK = HookTarget(url="env:URL")


class Wire:
    """A sender that remembers, and fails as it is told: errors are used up one after another."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, object]] = []
        self.subjects: list[str] = []
        self.texts: list[str] = []
        self.errors: list[Exception] = []
        self.at_send = lambda: None

    def make(self, name, target, tools):
        wire = self

        class Sender:
            def send(self, envelope) -> str:
                wire.at_send()
                if wire.errors:
                    raise wire.errors.pop(0)
                wire.sent.append((name, envelope.notice))
                wire.subjects.append(envelope.letter.subject)
                wire.texts.append(long_text(envelope.letter))
                return ""

        return Sender()


class Owner:
    """An account's folder and what its policy's notices are."""

    def __init__(self, folder, wire) -> None:
        self.folder, self.wire, self.targets = folder, wire, {"hook": HOOK, "mail": HOOK}
        self.naps: list[float] = []

    def tell(self, run, when="change", to=("hook",), **changes):
        post = Post(
            targets=self.targets,
            folder=self.folder,
            sleep=self.naps.append,
            now=lambda: datetime(2026, 11, 2, tzinfo=UTC),
            **changes,
        )
        return Notices(post, when=when, to=to, make=self.wire.make).notify(run)


@pytest.fixture
def owner(tmp_path):
    use("en")
    tmp_path.chmod(0o700)
    yield Owner(tmp_path, Wire())
    use("en")


def later(n: int = 3):
    return [DeliveryError("busy") for _ in range(n)]


def final(n: int = 1):
    return [DeliveryError("no", is_final=True) for _ in range(n)]


def runs_sent(owner) -> list[str]:
    return [notice.run_id for _, notice in owner.wire.sent]


def test_a_change_is_sent_to_each_target_once(owner) -> None:
    assert owner.tell(outcome(0), to=("hook", "mail", "hook")) == ()
    assert owner.tell(outcome(0), to=("hook", "mail")) == ()  # the same run once more
    assert [name for name, _ in owner.wire.sent] == ["hook", "mail"]
    assert n_waiting(owner.folder) == 0


def test_a_quiet_night_sends_nothing(owner) -> None:
    owner.tell(quiet(0))
    assert owner.wire.sent == []


def test_what_failed_waits_and_goes_first_the_next_time(owner) -> None:
    owner.wire.errors = later()
    (line,) = owner.tell(outcome(0))
    assert line.startswith("notify.hook: busy; notice n-")
    assert line.endswith("waits for the next run")
    assert (owner.naps, n_waiting(owner.folder)) == ([2.0, 8.0], 1)
    assert owner.tell(outcome(1)) == ()
    assert runs_sent(owner) == ["p-0000", "p-0001"]
    first, second = (notice for _, notice in owner.wire.sent)
    assert second.since == first.made  # what the first told is not told again
    assert second.moves == ()


def test_what_waits_is_sent_by_a_quiet_night_too(owner) -> None:
    owner.wire.errors = later()
    owner.tell(outcome(0))
    owner.tell(quiet(1))
    assert runs_sent(owner) == ["p-0000"]


def test_a_target_that_fails_is_left_alone_and_the_others_are_not(owner) -> None:
    owner.wire.errors = later()
    owner.tell(outcome(0), to=("hook",))
    owner.wire.errors = later()
    lines = owner.tell(outcome(1), to=("hook", "mail"))
    assert len(lines) == 1
    assert [name for name, _ in owner.wire.sent] == ["mail"]
    assert n_waiting(owner.folder) == 2


def test_the_outbox_is_on_disk_before_anything_is_sent(owner) -> None:
    def killed():
        assert n_waiting(owner.folder) == 1
        raise KeyboardInterrupt

    owner.wire.at_send = killed
    with pytest.raises(KeyboardInterrupt):
        owner.tell(outcome(0))
    owner.wire.at_send = lambda: None
    owner.tell(quiet(1))
    assert runs_sent(owner) == ["p-0000"]


def test_a_notice_that_comes_twice_has_one_id(owner) -> None:
    path = owner.folder / FILE_NAME
    before: list[bytes] = []
    owner.wire.at_send = lambda: before.append(path.read_bytes())
    owner.tell(outcome(0))
    path.write_bytes(before[0])  # it was taken, and we were killed before we could note that
    owner.tell(quiet(1))
    ids = [notice.id for _, notice in owner.wire.sent]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_what_is_refused_for_good_makes_room_after_three_runs(owner) -> None:
    for day in range(3):
        owner.wire.errors = final()
        lines = owner.tell(outcome(0) if day == 0 else quiet(day))
    assert "is given up" in lines[0]
    assert n_waiting(owner.folder) == 0
    assert owner.naps == []


def test_only_the_newest_wait_where_too_many_do(owner, monkeypatch) -> None:
    assert OUTBOX_MAX == 50
    monkeypatch.setattr("dedupe.policy.notify.run.OUTBOX_MAX", 3)
    for day in range(5):
        owner.wire.errors = later()
        lines = owner.tell(outcome(day))
    assert "1 old notice was given up" in lines[0]
    assert n_waiting(owner.folder) == 3
    owner.tell(quiet(9))
    assert runs_sent(owner) == ["p-0002", "p-0003", "p-0004"]


def test_trouble_and_its_end_are_told_once_each(owner) -> None:
    for run in (outcome(0), odd(1), quiet(2), quiet(3)):
        owner.tell(run, when="error")
    assert [notice.kind for _, notice in owner.wire.sent] == [Kind.RUN, Kind.RECOVERED]
    assert owner.wire.subjects[-1] == "crmclean main: works again"


def test_a_digest_comes_once_a_week_and_trouble_at_once(owner) -> None:
    for day in range(16):
        owner.tell(failed(day) if day == 3 else outcome(day), when="digest")
    kinds = [(notice.kind, notice.run_id, notice.n_runs) for _, notice in owner.wire.sent]
    assert kinds == [
        (Kind.DIGEST, "p-0000", 1),
        (Kind.RUN, "p-0003", 1),
        (Kind.RECOVERED, "p-0004", 1),
        (Kind.DIGEST, "p-0007", 7),
        (Kind.DIGEST, "p-0014", 7),
    ]


def test_each_policy_has_news_of_its_own(owner) -> None:
    owner.tell(outcome(0))
    owner.tell(replace(outcome(1), policy="hourly"))
    assert [notice.since for _, notice in owner.wire.sent] == [None, None]


def test_each_target_reads_its_own_language_and_ours_stays(owner) -> None:
    owner.targets = {"hook": replace(HOOK, lang="ru"), "mail": HOOK}
    owner.tell(quiet(0), when="always", to=("hook", "mail"), language="en")
    assert "84,1\u00a0%" in owner.wire.texts[0]
    assert "84.1%" in owner.wire.texts[1]
    assert current() == "en"


def test_a_target_that_the_config_no_longer_names_gives_its_notices_up(owner) -> None:
    owner.wire.errors = later()
    owner.tell(outcome(0))
    owner.targets = {}
    lines = [owner.tell(quiet(day))[0] for day in (1, 2, 3)]
    assert all("names no such target" in line for line in lines)
    assert "given up" in lines[-1]
    assert n_waiting(owner.folder) == 0


def test_a_damaged_list_is_put_aside_and_named(owner) -> None:
    path = owner.folder / FILE_NAME
    path.write_bytes(b'{"schema": "crmclean.notices/1", "told":')
    (line,) = owner.tell(outcome(0))
    assert "notices.json.bad" in line
    assert path.with_name("notices.json.bad").read_bytes().startswith(b'{"schema"')
    assert runs_sent(owner) == ["p-0000"]


def test_a_folder_that_can_not_be_written_is_a_line(owner) -> None:
    (owner.folder / "file").write_text("")
    (line,) = nowhere(owner, owner.folder / "file").notify(outcome(0))
    assert line.startswith("the notices could not be kept")
    assert owner.wire.sent == []


def nowhere(owner, folder=None) -> Notices:
    """Notices of an account whose folder can't be used."""
    post = Post(targets=owner.targets, folder=folder, sleep=owner.naps.append)
    return Notices(post, when="error", to=("hook", "mail", "hook"), make=owner.wire.make)


def test_trouble_is_told_at_once_where_nothing_can_be_kept(owner) -> None:
    (owner.folder / "file").write_text("")
    for folder, n_lines in ((None, 0), (owner.folder / "file", 1)):
        owner.wire.sent.clear()
        assert len(nowhere(owner, folder).notify(failed(0))) == n_lines
        assert [name for name, _ in owner.wire.sent] == ["hook", "mail"]
    assert nowhere(owner).notify(quiet(1)) == ()
    assert len(owner.wire.sent) == 2


def test_what_is_neither_kept_nor_delivered_is_said_to_be_lost(owner) -> None:
    owner.wire.errors = final()
    lines = nowhere(owner).notify(failed(0))
    assert len(lines) == 1
    assert lines[0].endswith("could not be kept and is lost")
    assert [name for name, _ in owner.wire.sent] == ["mail"]


def test_a_full_disk_keeps_no_trouble_from_being_told(owner, monkeypatch) -> None:
    def full(*args: object) -> None:
        raise StorageError("no space left on device")

    monkeypatch.setattr("dedupe.policy.notify.run.write_shelf", full)
    (line,) = owner.tell(failed(0))
    assert "no space left" in line
    assert runs_sent(owner) == ["p-0000"]


def test_the_file_is_private_and_holds_no_secret(owner) -> None:
    owner.wire.errors = later()
    owner.tell(outcome(0))
    path = owner.folder / FILE_NAME
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_real_hook_gets_it_after_two_bad_answers(tmp_path) -> None:
    naps: list[float] = []
    with web_server(Web(answers=[(503, {}, ""), (502, {}, "")])) as web:
        post = Post(
            targets={"hook": HOOK},
            folder=tmp_path,
            environ={"URL": f"{web.url}/in"},
            sleep=naps.append,
        )
        assert Notices(post, when="change", to=("hook",)).notify(outcome(0)) == ()
    assert naps == [2.0, 8.0]
    assert {each["run_id"] for each in web.bodies()} == {"p-0000"}
