"""A refresh token that works once is never lost: not by rivals, lost answers, full disks, kills."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import stat
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.config import Profile
from dedupe.crm.signin import account_folder, keep_tokens, token_endpoint, token_source
from dedupe.crm.signin.clock import Instant, now
from dedupe.crm.signin.sources import OAuthTokens
from dedupe.crm.signin.store import Tokens, TokenStore
from dedupe.errors import CrmCleanError, LockedError, RemoteError, SignInError, StorageError
from tests.unit.crm.signin.fake_crm import CLIENT, FakeCrm

ENVIRON = {"AMO_SECRET": CLIENT["client_secret"]}


def profile(crm: FakeCrm) -> Profile:
    return Profile(
        crm="amocrm",
        url=crm.url,
        client_id=CLIENT["client_id"],
        client_secret="env:AMO_SECRET",
        redirect_uri=CLIENT["redirect_uri"],
    )


def sign_in(crm: FakeCrm, state: Path, **changed: object) -> Tokens:
    """Keep a first pair of the CRM's in the account's folder, as a login does."""
    pair = crm.issue()
    tokens = Tokens(
        host=crm.host,
        received=now(),
        access=str(pair["access_token"]),
        refresh=str(pair["refresh_token"]),
        expires_in_s=86_400.0,
    )
    tokens = replace(tokens, **changed)
    keep_tokens("main", state, tokens)
    return tokens


def long_ago() -> Instant:
    at = now()
    return Instant(at.boot, at.boot_s - 80_000, at.wall_s - 80_000)


def source(crm: FakeCrm, state: Path, sleep=None) -> OAuthTokens:
    given = {} if sleep is None else {"sleep": sleep}
    made = token_source("main", profile(crm), state, ENVIRON, **given)
    assert isinstance(made, OAuthTokens)
    return made


def stored(state: Path) -> dict[str, object]:
    return json.loads((state / "accounts/main/tokens.json").read_text())


def names(state: Path) -> set[str]:
    return {p.name for p in (state / "accounts/main").iterdir()} - {"token.lock"}


def test_a_fresh_token_is_used_without_a_request(crm, tmp_path) -> None:
    tokens = sign_in(crm, tmp_path)
    assert source(crm, tmp_path).token() == tokens.access
    assert crm.grants == []


def test_a_token_near_its_end_is_renewed_and_on_disk_before_it_is_used(crm, tmp_path) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    fresh = source(crm, tmp_path).token()
    assert fresh == "access-token-2"
    assert stored(tmp_path)["access_token"] == fresh
    assert stored(tmp_path)["refresh_token"] == "refresh-token-2"
    assert names(tmp_path) == {"tokens.json"}
    assert stat.S_IMODE((tmp_path / "accounts/main/tokens.json").stat().st_mode) == 0o600
    assert source(crm, tmp_path).token() == fresh
    assert len(crm.grants) == 1


def test_a_refused_token_is_renewed_whatever_its_age(crm, tmp_path) -> None:
    at = now()
    tokens = sign_in(crm, tmp_path, received=Instant(at.boot, at.boot_s - 600, at.wall_s - 600))
    made = source(crm, tmp_path)
    assert made.renew(made.token()) == "access-token-2" != tokens.access
    assert made.token() == "access-token-2"


def test_a_token_refused_as_soon_as_it_is_given_is_not_renewed_for_ever(crm, tmp_path) -> None:
    sign_in(crm, tmp_path)
    made = source(crm, tmp_path)
    with pytest.raises(SignInError, match="just given"):
        made.renew(made.token())
    assert crm.grants == []


def test_what_another_process_renewed_is_taken_over(crm, tmp_path) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    first, second = source(crm, tmp_path), source(crm, tmp_path)
    stale = stored(tmp_path)["access_token"]
    assert first.renew(stale) == second.renew(stale)
    assert len(crm.grants) == 1


def _child(crm: FakeCrm, state: Path, go, told) -> None:
    made = source(crm, state)
    stale = made._loaded().access
    go.wait()
    try:
        told.put(made.renew(stale))
    except CrmCleanError as error:  # told to the parent, which fails on it
        told.put(str(error))


def test_32_processes_that_need_it_at_once_make_one_request(tmp_path) -> None:
    crm = FakeCrm()
    sign_in(crm, tmp_path, received=long_ago())
    fork = multiprocessing.get_context("fork")
    go, told = fork.Event(), fork.SimpleQueue()
    children = [fork.Process(target=_child, args=(crm, tmp_path, go, told)) for _ in range(32)]
    with warnings.catch_warnings():  # newer Pythons warn of forks under pytest's own threads
        warnings.simplefilter("ignore", DeprecationWarning)
        for child in children:
            child.start()
    crm.start()  # after the forks: no thread of ours is copied into them
    try:
        go.set()
        tokens = [told.get() for _ in children]
        for child in children:
            child.join()
    finally:
        crm.close()
    assert tokens == ["access-token-2"] * 32
    assert len(crm.grants) == 1


@pytest.mark.parametrize("fault", ["drop", 500, 502, 504, 408])
def test_an_answer_lost_before_the_effect_is_tried_once_more(crm, tmp_path, fault) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    crm.faults.append(fault)
    assert source(crm, tmp_path).token() == "access-token-2"
    assert crm.paths == ["/oauth2/access_token"] * 2
    assert names(tmp_path) == {"tokens.json"}


@pytest.mark.parametrize("fault", ["lose", "html", "cut", "odd"])
def test_an_answer_lost_after_the_effect_means_signing_in_again(crm, tmp_path, fault) -> None:
    tokens = sign_in(crm, tmp_path, received=long_ago())
    crm.faults.append(fault)
    with pytest.raises(SignInError, match="auth login") as caught:
        source(crm, tmp_path).token()
    assert len(crm.grants) == 2  # exactly once more, never a third time
    assert stored(tmp_path)["refresh_token"] == tokens.refresh
    for secret in ("refresh-token", "access-token", "s3cret"):
        assert secret not in str(caught.value)


def test_two_lost_answers_leave_the_intent_and_one_more_try(crm, tmp_path) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    crm.faults.extend(["drop", "drop"])
    with pytest.raises(RemoteError, match="lost"):
        source(crm, tmp_path).token()
    assert names(tmp_path) == {"tokens.json", "refresh.intent"}
    assert "refresh-token" not in (tmp_path / "accounts/main/refresh.intent").read_text()
    crm.faults.append("drop")
    with pytest.raises(RemoteError, match="lost"):
        source(crm, tmp_path).token()
    assert len(crm.paths) == 3  # after an unknown outcome there is one try a run
    assert source(crm, tmp_path).token() == "access-token-2"
    assert names(tmp_path) == {"tokens.json"}


@pytest.mark.parametrize("status", [403, 404, 402, 418])
def test_a_definite_no_is_not_repeated_and_leaves_no_intent(crm, tmp_path, status) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    crm.faults.append(status)
    with pytest.raises(CrmCleanError) as caught:
        source(crm, tmp_path).token()
    assert caught.value.exit_code == (7 if status in (402, 403, 404) else 10)
    assert len(crm.paths) == 1
    assert names(tmp_path) == {"tokens.json"}
    assert source(crm, tmp_path).token() == "access-token-2"


@pytest.mark.parametrize(
    ("statuses", "asked", "pauses"),
    [([429], "", [2]), ([429, 503], "", [2, 10]), ([503], "7", [7]), ([429, 429], "30", [30, 30])],
)
def test_a_busy_server_is_asked_again_after_the_pause_it_asks_for(
    crm, tmp_path, statuses, asked, pauses
) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    crm.faults.extend(statuses)
    crm.retry_after = asked
    naps: list[float] = []
    left: list[set[str]] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        left.append(names(tmp_path))

    assert source(crm, tmp_path, nap).token() == "access-token-2"
    assert naps == pauses
    # A kill in a pause leaves no doubt: nothing is under way then.
    assert all("refresh.intent" not in each for each in left)
    assert len(crm.grants) == 1
    assert names(tmp_path) == {"tokens.json"}


@pytest.mark.parametrize(
    ("faults", "asked", "n_asked", "pauses"),
    [
        ([429, 429, 429], "", 3, [2, 10]),  # three times in all
        ([503], "61", 1, []),  # longer than anybody may be kept waiting
        ([503, 503], "45", 2, [45]),
    ],
)
def test_a_server_that_stays_busy_ends_it_and_nothing_is_spent(
    crm, tmp_path, faults, asked, n_asked, pauses
) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    crm.faults.extend(faults)
    crm.retry_after = asked
    naps: list[float] = []
    with pytest.raises(RemoteError, match="busy") as caught:
        source(crm, tmp_path, naps.append).token()
    assert caught.value.exit_code == 10
    assert (len(crm.paths), naps) == (n_asked, pauses)
    assert names(tmp_path) == {"tokens.json"}
    assert source(crm, tmp_path).token() == "access-token-2"


def test_a_busy_server_after_a_lost_answer_is_not_asked_again(crm, tmp_path) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    crm.faults.extend(["drop", 503])
    naps: list[float] = []
    with pytest.raises(RemoteError, match="busy"):
        source(crm, tmp_path, naps.append).token()
    assert (len(crm.paths), naps) == (2, [])
    assert "refresh.intent" in names(tmp_path)  # what became of the first is not known


def test_an_unreachable_server_spends_nothing(tmp_path) -> None:
    crm = FakeCrm()
    sign_in(crm, tmp_path, received=long_ago())
    crm.server.server_close()
    with pytest.raises(RemoteError, match="nothing was sent"):
        source(crm, tmp_path).token()
    assert names(tmp_path) == {"tokens.json"}


@pytest.mark.parametrize("call", range(4))
def test_a_full_disk_is_met_before_the_token_is_spent(crm, tmp_path, monkeypatch, call) -> None:
    tokens = sign_in(crm, tmp_path, received=long_ago())
    made, calls = source(crm, tmp_path), iter(range(100))
    write = os.write

    def full(descriptor: int, content: bytes) -> int:
        if next(calls) == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", full)
    if call > 2:  # the rooms of the pair and of the intent, and the intent, are taken by then
        with pytest.raises(StorageError):
            made.token()
        assert len(crm.grants) == 1
        return
    with pytest.raises(StorageError, match="no space"):
        made.token()
    assert crm.grants == []
    monkeypatch.undo()
    assert stored(tmp_path)["refresh_token"] == tokens.refresh
    assert source(crm, tmp_path).token() == "access-token-2"


def test_the_order_of_a_renewal_is_the_one_that_loses_nothing(crm, tmp_path, monkeypatch) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    made, order = source(crm, tmp_path), []
    fsync, replaced, unlinked, granted = os.fsync, Path.replace, Path.unlink, crm.token

    def sync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        order.append("sync folder" if is_folder else "sync")
        fsync(descriptor)

    def replace_(path: Path, target: Path) -> Path:
        order.append(f"rename {target.name}")
        return replaced(path, target)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name == "refresh.intent":
            order.append("clear")
        unlinked(path, missing_ok)

    def token(grant: dict[str, str]) -> tuple[int, object]:
        order.append("ask")
        return granted(grant)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace_)
    monkeypatch.setattr(Path, "unlink", unlink)
    monkeypatch.setattr(crm, "token", token)
    made.token()
    assert order == [
        "sync",  # the pair's room
        *("sync", "sync", "rename refresh.intent", "sync folder"),
        "ask",
        *("sync", "rename tokens.json", "sync folder"),
        *("clear", "sync folder"),
    ]


def _killed(crm: FakeCrm, state: Path, at: int) -> None:
    """Renew, and die as by kill -9 before the `at`-th call that touches the disk."""
    left = [at]

    def deadly(call):
        def wrapped(*args, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return call(*args, **kwargs)

        return wrapped

    made = source(crm, state)
    for name in ("open", "write", "fsync", "ftruncate", "replace", "rename", "unlink", "close"):
        setattr(os, name, deadly(getattr(os, name)))
    made.token()
    os._exit(0)


def test_a_kill_at_any_moment_leaves_a_sign_in_or_says_to_sign_in_again(crm, tmp_path) -> None:
    fork, outcomes = multiprocessing.get_context("fork"), []
    for at in range(200):
        state = tmp_path / str(at)
        sign_in(crm, state, received=long_ago())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = fork.Process(target=_killed, args=(crm, state, at))
            child.start()
        child.join()
        spent = crm.spent
        left = json.loads((state / "accounts/main/tokens.json").read_text())["access_token"]
        try:
            token = source(crm, state).token()
            assert token in crm.access
            outcomes.append("kept" if crm.spent == spent else "renewed")
            assert (outcomes[-1] == "kept") == (left == token)
        except SignInError:
            # The one window that nothing can close: answered, and not yet on the disk.
            outcomes.append("lost")
        with TokenStore(state / "accounts/main").locked():
            assert names(state) <= {"tokens.json", "refresh.intent"}
        if child.exitcode == 0:
            break
    assert child.exitcode == 0, "every moment was tried"
    assert outcomes[0] == "renewed"
    assert outcomes[-1] == "kept"
    order = [o for i, o in enumerate(outcomes) if i == 0 or outcomes[i - 1] != o]
    assert order in (["renewed", "lost", "kept"], ["renewed", "kept"])


def test_a_lock_held_by_another_is_waited_for_and_then_told(crm, tmp_path) -> None:
    sign_in(crm, tmp_path, received=long_ago())
    store = TokenStore(account_folder(tmp_path, "main"))
    told: list[Exception] = []

    def wait() -> None:
        with pytest.raises(LockedError) as caught, store.locked(timeout_s=0.01):
            pass
        told.append(caught.value)

    import threading

    with store.locked():
        waiter = threading.Thread(target=wait)
        waiter.start()
        waiter.join()
    assert told[0].exit_code == 11


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff\xfe", b'{"schema":"crmclean.tokens/1"}', b"[" * 50_000, b"null"],
)
def test_a_damaged_store_is_one_clear_error(crm, tmp_path, content) -> None:
    sign_in(crm, tmp_path)
    (tmp_path / "accounts/main/tokens.json").write_bytes(content)
    with pytest.raises(SignInError, match="auth login"):
        source(crm, tmp_path).token()


def test_the_sign_in_of_another_host_is_not_sent(crm, tmp_path) -> None:
    sign_in(crm, tmp_path, host="other.amocrm.ru")
    with pytest.raises(SignInError, match=r"other\.amocrm\.ru"):
        source(crm, tmp_path).token()
    assert crm.grants == []


def test_age_is_measured_by_the_boot_clock_and_by_the_wall_after_a_restart() -> None:
    token = Tokens(host="h", received=Instant("b1", 100.0, 1e9), access="a", expires_in_s=1000.0)
    assert not token.is_spent(Instant("b1", 999.0, 9e9))  # the wall was set, nothing more
    assert token.is_spent(Instant("b1", 1000.0, 0.0))
    assert token.is_spent(Instant("b2", 1.0, 1e9 + 900))
    assert not token.is_spent(Instant("b2", 1.0, 1e9 + 899))


def test_tokens_do_not_show_in_a_representation(crm, tmp_path) -> None:
    tokens = sign_in(crm, tmp_path)
    assert "token" not in repr(tokens).replace("Tokens", "")
    assert "s3cret" not in repr(vars(token_endpoint("main", profile(crm), ENVIRON)))
