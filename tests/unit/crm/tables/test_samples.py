"""The shipped samples are read whole, and their script makes them again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dedupe.contracts import Account
from dedupe.crm.tables import read_tables

SAMPLES = Path(__file__).parents[4] / "data_samples"


def _counts(account: Account) -> dict[str, int]:
    return {
        name: account.frame(name).height for name in ("contacts", "companies", "deals", "users")
    }


@pytest.mark.parametrize(
    ("name", "contacts", "companies", "deals", "users"),
    [
        ("amocrm_contacts_ru.csv", 32, 8, 0, 0),
        ("amocrm", 32, 8, 24, 3),
        ("bitrix24_contacts.csv", 15, 0, 0, 0),
        ("call_list.xlsx", 20, 0, 0, 0),
    ],
)
def test_a_sample_is_read(name: str, contacts: int, companies: int, deals: int, users: int) -> None:
    counts = {"contacts": contacts, "companies": companies, "deals": deals, "users": users}
    account = read_tables(SAMPLES / name)
    assert _counts(account) == counts
    assert account.has("channels.contact.phone")
    assert not [note for note in account.notes if note.code.startswith("bad_")]


def test_the_folder_has_deals_in_every_state_and_links() -> None:
    account = read_tables(SAMPLES / "amocrm")
    assert set(account.frame("deals")["state"]) == {"open", "won", "lost", "unsorted"}
    links = account.frame("links").filter(from_entity="contact", to_entity="deal")
    assert links["to_id"].null_count() == 1
    assert links["to_id"].drop_nulls().is_in(account.frame("deals")["id"].implode()).all()
    assert set(account.frame("contacts")["owner_id"]) <= {"1", "2", "3"}


def test_the_script_makes_the_same_tables(tmp_path: Path) -> None:
    script = SAMPLES / "make_samples.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*") if path.is_file())
    assert len(made) == 7
    for path in made:
        if path.suffix == ".csv":
            assert (tmp_path / path).read_bytes() == (SAMPLES / path).read_bytes()
    again, kept = (read_tables(folder / "call_list.xlsx") for folder in (tmp_path, SAMPLES))
    assert again.frame("channels").equals(kept.frame("channels"))
