"""The monitoring's file: the format as another parser reads it, many accounts, whole or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from dedupe.errors import InputError, StorageError
from dedupe.policy.outcome import RunOutcome
from dedupe.policy.prometheus import METRICS, Sample, read_metrics, render_metrics, write_metrics
from tests.unit.policy.notify.outcomes import failed, odd, outcome, overlap


def parsed(path: Path) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample, by name and labels, as the library of Prometheus reads it."""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {(s.name, frozenset(s.labels.items())): s.value for f in families for s in f.samples}


def value(path: Path, name: str, profile: str = "main", **labels: str) -> float | None:
    own = {"profile": profile, "policy": "nightly"} | labels
    return parsed(path).get((name, frozenset(own.items())))


def written(path: Path, *runs: RunOutcome) -> Path:
    for run in runs:
        write_metrics(path, run)
    return path


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "crmclean.prom"


def test_a_run_is_told_in_numbers(path) -> None:
    write_metrics(path, outcome(), waiting=2)
    ended = outcome().ended.timestamp()
    assert value(path, "crmclean_up") == 1
    assert value(path, "crmclean_last_exit_code") == 0
    assert value(path, "crmclean_last_run_timestamp_seconds") == ended
    assert value(path, "crmclean_last_success_timestamp_seconds") == ended
    assert value(path, "crmclean_run_duration_seconds") == 600
    assert value(path, "crmclean_findings", code="DUP101", entity="contact") == 120
    assert value(path, "crmclean_health_ratio") == 0.841
    assert value(path, "crmclean_changes", state="applied") == 3
    assert value(path, "crmclean_changes", state="stale") == 0
    assert value(path, "crmclean_last_run_state", state="changed") == 1
    assert value(path, "crmclean_last_run_state", state="failed") == 0
    assert value(path, "crmclean_last_run_requests") == 1234
    assert value(path, "crmclean_notices_waiting") == 2


def test_what_was_not_checked_has_no_number(path) -> None:
    written(path, outcome())
    assert value(path, "crmclean_findings", code="TSK101", entity="deal") is None


def test_each_metric_has_its_help_and_type_once_and_before_its_samples(path) -> None:
    lines = written(path, outcome(), replace(outcome(), profile="other")).read_text().splitlines()
    for name, (kind, _) in METRICS.items():
        at = lines.index(f"# TYPE {name} {kind}")
        assert lines[at - 1].startswith(f"# HELP {name} ")
        assert lines[at + 1].startswith(f"{name}{{")
        assert sum(line.startswith(f"# TYPE {name} ") for line in lines) == 1
    samples = [line for line in lines if not line.startswith("#")]
    assert len(samples) == len(set(samples))
    assert path.read_text().endswith("\n")


def test_a_failed_run_keeps_the_last_success_and_the_last_scan(path) -> None:
    written(path, outcome(0), failed(1))
    assert value(path, "crmclean_up") == 0
    assert value(path, "crmclean_last_exit_code") == 10
    assert value(path, "crmclean_last_run_timestamp_seconds") == failed(1).ended.timestamp()
    assert value(path, "crmclean_last_success_timestamp_seconds") == outcome(0).ended.timestamp()
    assert value(path, "crmclean_findings", code="DUP101", entity="contact") == 120
    assert value(path, "crmclean_health_ratio") == 0.841


def test_before_the_first_success_there_is_none(path) -> None:
    written(path, odd(0))
    assert value(path, "crmclean_last_success_timestamp_seconds") is None
    assert value(path, "crmclean_oddities") == 1


def test_requests_are_counted_over_the_runs(path) -> None:
    written(path, outcome(0), failed(1), outcome(2))
    assert value(path, "crmclean_requests_total") == 3 * 1234


def test_failures_are_counted_over_the_runs(path) -> None:
    written(path, outcome(0))
    assert value(path, "crmclean_failures_total") == 0
    written(path, failed(1), odd(2), outcome(3), failed(4))
    assert value(path, "crmclean_failures_total") == 3


def test_an_overlap_is_counted_and_changes_nothing_else(path) -> None:
    before = parsed(written(path, outcome(0)))
    written(path, overlap(1))
    assert value(path, "crmclean_overlaps_total") == 1
    changed = {name for name, _ in set(parsed(path).items()) ^ set(before.items())}
    assert {name for name, _ in changed} == {"crmclean_overlaps_total"}
    written(path, overlap(2), failed(3))
    assert value(path, "crmclean_overlaps_total") == 2
    assert value(path, "crmclean_up") == 0


def test_a_check_that_is_no_longer_made_is_gone(path) -> None:
    written(path, outcome(0), outcome(1, checks=outcome().checks[1:]))
    assert value(path, "crmclean_findings", code="DUP101", entity="contact") is None
    assert value(path, "crmclean_findings", code="PHN201", entity="contact") == 7


def test_accounts_and_policies_share_a_file(path) -> None:
    other = replace(failed(1), profile="other")
    hourly = replace(outcome(1), policy="hourly")
    written(path, outcome(0), other, hourly)
    assert value(path, "crmclean_up") == 1
    assert value(path, "crmclean_up", "other") == 0
    assert value(path, "crmclean_up", policy="hourly") == 1
    assert value(path, "crmclean_findings", "other", code="DUP101", entity="contact") is None


def test_the_order_of_the_accounts_does_not_matter(tmp_path) -> None:
    one, other = outcome(0), replace(outcome(1), profile="other")
    first = written(tmp_path / "a.prom", one, other).read_bytes()
    assert written(tmp_path / "b.prom", other, one).read_bytes() == first


def test_another_programs_file_is_left_alone(path) -> None:
    path.write_text("node_load1 0.5\n")
    with pytest.raises(InputError, match="no metrics file of crmclean"):
        write_metrics(path, outcome())
    assert path.read_text() == "node_load1 0.5\n"
    path.write_bytes(b"")
    write_metrics(path, outcome())


def test_a_line_that_is_none_of_ours_is_no_reason_to_fail(path) -> None:
    text = written(path, outcome(0)).read_text()
    path.write_text(text + "garbage{\ncrmclean_up{profile=\n")
    write_metrics(path, outcome(1))
    assert value(path, "crmclean_up") == 1
    assert "garbage" not in path.read_text()


def test_nothing_half_written_is_left_and_the_collector_may_read(path) -> None:
    written(path, outcome(0))
    names = {each.name for each in path.parent.iterdir()}
    assert names <= {"crmclean.prom", ".crmclean.prom.lock"}
    assert path.stat().st_mode & 0o777 == 0o644
    with pytest.raises(StorageError, match="no such folder"):
        write_metrics(path.parent / "none" / "x.prom", outcome())


def test_a_link_stays_a_link(path, tmp_path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "crmclean.prom"
    path.symlink_to(real)
    written(path, outcome(0))
    assert path.is_symlink()
    assert value(real, "crmclean_up") == 1


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=12)


@given(profile=TEXTS, code=TEXTS)
def test_any_label_is_read_back_as_it_was(tmp_path_factory, profile, code) -> None:
    labels = (("profile", profile), ("policy", "p"), ("code", code))
    sample = Sample("crmclean_findings", labels, "3")
    path = tmp_path_factory.mktemp("prom") / "x.prom"
    path.write_bytes(render_metrics([sample]).encode())
    assert read_metrics(path) == [sample]
    assert parsed(path) == {("crmclean_findings", frozenset(labels)): 3.0}
