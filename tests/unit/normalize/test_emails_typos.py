"""Misspelt domains by frequency, temporary mailboxes, and how sure a cut of addresses is."""

from __future__ import annotations

import polars as pl
import pytest

from dedupe.contracts import CERTAIN
from dedupe.normalize.email_rules import DISPOSABLE, FREE_PROVIDERS, TYPOS
from dedupe.normalize.email_typos import TARGETS, slips, suggest_domains
from dedupe.normalize.emails import read_emails


def suggested(counts: dict[str, int]) -> dict[str, str]:
    frame = pl.DataFrame(
        {"domain": list(counts), "n": list(counts.values())},
        schema={"domain": pl.String, "n": pl.UInt32},
    )
    return dict(suggest_domains(frame).rows())


def distance(a: str, b: str) -> int:
    """Return Damerau's distance, adjacent swaps only: the naive twin of `slips`."""
    rows = [
        [max(i, j) if not i or not j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)
    ]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = a[i - 1] == b[j - 1]
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i][j] = best
    return rows[-1][-1]


@pytest.mark.parametrize("target", ["mail.ru", "ya.ru", "gmail.com"])
def test_slips_are_one_edit_away(target: str) -> None:
    made = slips(target)
    assert target not in made
    assert all(distance(target, each) == 1 for each in made)
    others = (
        {each for near in made for each in [near[:-1], near + "x", near[::-1]]} - made - {target}
    )
    assert all(distance(target, each) != 1 for each in others)


def test_rare_domain_one_edit_from_a_common_provider_is_suggested() -> None:
    counts = {"mail.ru": 500, "yandex.ru": 90, "maqil.ru": 1, "yanbdex.ru": 1, "firma.ru": 1}
    assert suggested(counts) == {"maqil.ru": "mail.ru"}


def test_frequent_domain_is_nobodys_slip() -> None:
    assert suggested({"mail.ru": 10_000, "maqil.ru": 3}) == {}
    assert suggested({"mail.ru": 199, "maqil.ru": 2}) == {}
    assert suggested({"mail.ru": 200, "maqil.ru": 2}) == {"maqil.ru": "mail.ru"}


def test_known_providers_and_known_slips_are_left_out() -> None:
    counts = dict.fromkeys(TARGETS, 1_000) | {"mail.ua": 1, "mial.ru": 1, "pm.me": 1, "mail.kz": 1}
    assert suggested(counts) == {}


def test_short_names_are_told_by_their_end_only() -> None:
    counts = {"bk.ru": 1_000, "ak.ru": 1, "bk.rs": 1, "bk.rv": 1, "b.ru": 1}
    assert suggested(counts) == {"bk.rv": "bk.ru"}


def test_of_two_targets_the_commoner_is_meant() -> None:
    counts = {"yandex.ru": 300, "yandex.by": 900, "yandex.bu": 1}
    assert suggested(counts) == {"yandex.bu": "yandex.by"}


def test_no_domains_give_no_suggestions() -> None:
    assert suggested({}) == {}


@pytest.mark.parametrize("domain", ["mailinator.com", "yopmail.com", "temp-mail.org", "moakt.com"])
def test_temporary_mailbox_is_flagged(domain: str) -> None:
    (found,) = read_emails(f"ivan.p@{domain}")
    assert "disposable" in found.flags


def test_temporary_services_are_no_providers_and_no_slips() -> None:
    assert len(DISPOSABLE) >= 100
    assert not DISPOSABLE & (FREE_PROVIDERS | set(TYPOS))


@pytest.mark.parametrize(
    ("raw", "confidence"),
    [
        ("ivan.p@mail.ru", 1.0),
        (" Ivan.P@Mail.ru ", 1.0),
        ("ivan.p@mail.ru, c@firma.ru", 0.95),
        ("Иван <ivan.p@mail.ru>", 0.95),
        ("ivan.p @ mail.ru", 0.9),
        ("ivan.p@mail.ruc.d@firma.ru", 0.9),
        ("ivаn.p@mail.ru", 0.9),
    ],
)
def test_plain_cuts_and_mends_are_certain(raw: str, confidence: float) -> None:
    assert {each.confidence for each in read_emails(raw)} == {confidence}
    assert confidence >= CERTAIN


@pytest.mark.parametrize(
    ("raw", "confidence"),
    [
        ("a.b@firma.ruc.d@gmail.com", 0.6),
        ("ivan/petr@mail.ru", 0.5),
        ("ivan@mail.ru/gmail.com", 0.5),
        ("шмфт@ьфшдюкг", 0.8),
        ("ivan.p@mail.rutel", 0.7),
        ("www.ivan.p@mail.ru", 0.6),
    ],
)
def test_guessed_addresses_are_told_by_their_confidence(raw: str, confidence: float) -> None:
    assert {each.confidence for each in read_emails(raw)} == {confidence}
