"""A text file for monitoring: node_exporter's textfile collector reads it.

One file may hold several accounts: a run replaces the samples of its own profile and policy and
leaves the others. What a run could not know (it failed before the scan) stays as the run before
left it. The format is the text format 0.0.4; samples have no time of their own, as the collector
refuses it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from dedupe.errors import InputError, StorageError
from dedupe.language import N_

from .outcome import RunOutcome, State

_MARK = "# Written by crmclean; a run replaces the samples of its own profile and policy."
_MODE = 0o644  # the collector is another user; there are counts in it and nothing else
_PATIENCE_S = 10.0
_MAX_BYTES = 20_000_000
_SAMPLE = re.compile(r"([a-z_]+)\{(.*)\} (\S+)")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")
_KEPT = ("crmclean_findings", "crmclean_health_ratio")  # of the last scan, where there was none now

METRICS: Mapping[str, tuple[str, str]] = {
    "crmclean_up": ("gauge", "1 where the last run ended well, else 0."),
    "crmclean_last_exit_code": ("gauge", "The exit code of the last run."),
    "crmclean_last_run_state": ("gauge", "1 for the state that the last run ended in."),
    "crmclean_last_run_timestamp_seconds": ("gauge", "When the last run ended."),
    "crmclean_last_success_timestamp_seconds": ("gauge", "When the last run ended that went well."),
    "crmclean_run_duration_seconds": ("gauge", "How long the last run took."),
    "crmclean_findings": ("gauge", "Findings of the last scan by check."),
    "crmclean_health_ratio": ("gauge", "Share of cards without a fault in the last scan, 0 to 1."),
    "crmclean_changes": ("gauge", "Groups of the last run's plan by how they ended."),
    "crmclean_oddities": ("gauge", "What the last run found odd."),
    "crmclean_last_run_requests": ("gauge", "Requests to the CRM in the last run."),
    "crmclean_requests_total": ("counter", "Requests to the CRM in all runs."),
    "crmclean_failures_total": ("counter", "Runs that did not end well, or could not begin."),
    "crmclean_overlaps_total": ("counter", "Runs that found another at work, and left it to it."),
    "crmclean_notices_waiting": ("gauge", "Notices that could not be delivered yet."),
}
_CHANGES = ("planned", "applied", "undone", "failed", "stale", "left", "resumed")


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a metric, its labels in order, its number as text."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: str

    @property
    def owner(self) -> tuple[str | None, str | None]:
        """Return the profile and the policy it is of."""
        labels = dict(self.labels)
        return labels.get("profile"), labels.get("policy")


def write_metrics(path: Path, outcome: RunOutcome, *, waiting: int = 0) -> None:
    """Bring the file at `path` up to date with a run, whole or not at all.

    Raises InputError where another program's file stands there, StorageError as a disk does.
    """
    with _locked(path):
        earlier = read_metrics(path)
        mine = (outcome.profile, outcome.policy)
        before = [sample for sample in earlier if sample.owner == mine]
        others = [sample for sample in earlier if sample.owner != mine]
        samples = [*others, *_samples(outcome, waiting, before)]
        _put(path, render_metrics(samples).encode())


def render_metrics(samples: list[Sample]) -> str:
    """Return the file's text: metrics in their order, samples by their labels."""
    lines = [_MARK]
    for name, (kind, words) in METRICS.items():
        own = sorted({s.labels: s for s in samples if s.name == name}.values(), key=_by_labels)
        if own:
            lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
            lines += [f"{name}{{{_labels(s.labels)}}} {s.value}" for s in own]
    return "\n".join(lines) + "\n"


def read_metrics(path: Path) -> list[Sample]:
    """Return the samples of a file of ours; none where there is no file. Raises as `write_metrics`.

    A line that is none of ours is dropped: the file is ours alone.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _refused(path, error) from error
    text = content.decode("utf-8", "replace")
    if len(content) > _MAX_BYTES or (text.strip() and text.partition("\n")[0] != _MARK):
        raise InputError(
            N_("this is no metrics file of crmclean and is not overwritten"),
            where=str(path),
            fix=N_("name a new file"),
        )
    return [sample for line in text.split("\n") if (sample := _sample(line)) is not None]


def _samples(outcome: RunOutcome, waiting: int, before: list[Sample]) -> Iterator[Sample]:
    own = (("profile", outcome.profile), ("policy", outcome.policy))
    is_well = outcome.exit_code == 0 and outcome.state is not State.FAILED
    more = {
        "crmclean_requests_total": outcome.requests,
        "crmclean_failures_total": int(not is_well and not outcome.is_overlap),
        "crmclean_overlaps_total": int(outcome.is_overlap),
    }
    for name, n in more.items():
        known = next((sample.value for sample in before if sample.name == name), None)
        yield Sample(name, own, str(int(_number(known) + n)))
    yield Sample("crmclean_notices_waiting", own, str(waiting))
    if outcome.is_overlap:  # it says nothing of the account: the other run will
        yield from (s for s in before if s.name not in (*more, "crmclean_notices_waiting"))
    else:
        yield from _of_run(outcome, own, before, is_well=is_well)


def _of_run(
    outcome: RunOutcome,
    own: tuple[tuple[str, str], ...],
    before: list[Sample],
    *,
    is_well: bool,
) -> Iterator[Sample]:
    ended = f"{outcome.ended.timestamp():.3f}"
    yield Sample("crmclean_up", own, str(int(is_well)))
    yield Sample("crmclean_last_exit_code", own, str(outcome.exit_code))
    for state in State:
        labels = (*own, ("state", str(state)))
        yield Sample("crmclean_last_run_state", labels, str(int(state is outcome.state)))
    yield Sample("crmclean_last_run_timestamp_seconds", own, ended)
    if is_well:
        yield Sample("crmclean_last_success_timestamp_seconds", own, ended)
    else:
        yield from (s for s in before if s.name == "crmclean_last_success_timestamp_seconds")
    yield Sample("crmclean_run_duration_seconds", own, f"{outcome.seconds:.3f}")
    yield from _of_scan(outcome, own, before)
    for name in _CHANGES:
        labels = (*own, ("state", name))
        yield Sample("crmclean_changes", labels, str(getattr(outcome.changes, name)))
    yield Sample("crmclean_oddities", own, str(len(outcome.oddities)))
    yield Sample("crmclean_last_run_requests", own, str(outcome.requests))


def _of_scan(
    outcome: RunOutcome, own: tuple[tuple[str, str], ...], before: list[Sample]
) -> Iterator[Sample]:
    if not outcome.checks:
        yield from (sample for sample in before if sample.name in _KEPT)
        return
    for check in outcome.checks:
        if check.found is not None:  # a check that was not made has no number, not even 0
            labels = (*own, ("code", check.code), ("entity", check.entity))
            yield Sample("crmclean_findings", labels, str(check.found))
    share = outcome.health_after.share if outcome.health_after else None
    if share is not None:
        yield Sample("crmclean_health_ratio", own, f"{share:.6f}")


def _sample(line: str) -> Sample | None:
    found = _SAMPLE.fullmatch(line)
    if found is None or found[1] not in METRICS:
        return None
    labels = tuple((name, _unescaped(text)) for name, text in _LABEL.findall(found[2]))
    return Sample(found[1], labels, found[3])


def _by_labels(sample: Sample) -> tuple[tuple[str, str], ...]:
    return sample.labels


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file: runs of two accounts may end at once."""
    if not path.parent.is_dir():  # the lock would make it, and a slip in the config stay unseen
        raise StorageError(
            N_("there is no such folder"),
            where=str(path.parent),
            fix=N_("make it, or mend the path"),
        )
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE_S, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise StorageError(
            N_("another run writes this file"), where=str(path), fix=N_("look what holds it")
        ) from error
    except OSError as error:
        raise _refused(path, error) from error
    try:
        yield
    finally:
        lock.release()


def _put(path: Path, content: bytes) -> None:
    place = Path(os.path.realpath(path))
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(_MODE)
            Path(name).replace(place)
        finally:
            with suppress(OSError):
                Path(name).unlink()
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("the metrics file can't be written or read ({reason})"),
        where=str(path),
        fix=N_("check its rights and the free space"),
        reason=(error.strerror or type(error).__name__).lower(),
    )
