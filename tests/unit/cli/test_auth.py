"""`crmclean auth`: a token is proven before it is kept, and never shown."""

from __future__ import annotations

import io
import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click
import pytest

from cli.main import run
from tests.unit.crm.signin.fake_crm import CLIENT, FakeCrm, jwt

TOKEN = jwt(account_id=31337, sub="77", exp=1_900_000_000)
ALL = dict.fromkeys(("view", "edit", "add", "delete", "export"), "A")


@pytest.fixture
def crm() -> Iterator[FakeCrm]:
    fake = FakeCrm().start()
    fake.access.add(TOKEN)
    fake.user = {
        "id": 77,
        "name": "Анна Белова",
        "rights": {"is_admin": True, "is_active": True, "leads": ALL},
    }
    yield fake
    fake.close()


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRMCLEAN_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("CRMCLEAN_CONFIG", raising=False)
    type_in(monkeypatch, "")
    return tmp_path


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def configure(place: Path, crm: FakeCrm, *lines: str) -> None:
    text = f'[profiles.main]\ncrm = "amocrm"\nurl = "{crm.url}"\n'
    (place / "crmclean.toml").write_text(text + "\n".join(lines))


def auth(capsys, *args: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["auth", *args, "--lang", "en"])
    told = capsys.readouterr()
    for secret in (TOKEN, TOKEN.split(".")[1], "access-token", "refresh-token", "s3cret"):
        assert secret not in told.out + told.err
    assert "Traceback" not in told.err
    assert "\x1b" not in told.out + told.err
    return code, told.out, told.err


def test_logging_in_proves_and_keeps_the_token(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm, 'token = "file:secrets/t"')
    type_in(monkeypatch, f"{TOKEN}\n")
    code, out, err = auth(capsys, "login")
    assert code == 0
    assert "Анна Белова (77)" in out
    assert "administrator, sees everything" in out
    assert "2030-03-17" in out
    assert "Next: crmclean pull -p main" in err
    kept = place / "secrets/t"
    assert kept.read_text().strip() == TOKEN
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert auth(capsys, "status")[0] == 0


def test_a_token_that_the_crm_refuses_is_not_kept(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm, 'token = "file:secrets/t"')
    type_in(monkeypatch, "some-other-token")
    code, _, err = auth(capsys, "login")
    assert code == 7
    assert "some-other-token" not in err
    assert not (place / "secrets").exists()


@pytest.mark.parametrize("text", ["", "two words", "a\nb", "ключ"])
def test_what_can_not_be_a_token_is_not_even_sent(place, crm, capsys, monkeypatch, text) -> None:
    configure(place, crm)
    type_in(monkeypatch, text)
    assert auth(capsys, "login")[0] == 2
    assert crm.paths == []


def test_at_a_terminal_the_token_is_asked_for_without_echo(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm)
    asked: list[dict[str, object]] = []

    def prompt(text: str, **options: object) -> str:
        asked.append(options)
        return TOKEN

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert auth(capsys, "login")[0] == 0
    assert [a["hide_input"] for a in asked] == [True]
    assert auth(capsys, "login", "--no-input")[0] == 2
    assert len(asked) == 1


def test_a_variable_is_read_and_can_not_be_logged_in_to(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm, 'token = "env:AMO_TOKEN"')
    type_in(monkeypatch, TOKEN)
    code, _, err = auth(capsys, "login")
    assert code == 2
    assert "set AMO_TOKEN where you start crmclean" in err
    assert auth(capsys, "status")[0] == 2
    monkeypatch.setenv("AMO_TOKEN", TOKEN)
    code, out, _ = auth(capsys, "status", "--format", "json")
    document = json.loads(out)
    assert code == 0
    assert document["schema"] == "crmclean.auth/1"
    assert document["signed_in"] is True
    assert document["token"] == {
        "kind": "long_lived",
        "place": "env:AMO_TOKEN",
        "expires_at": "2030-03-17T17:46:40+00:00",
    }
    assert document["account"]["id"] == "31337"
    assert document["user"]["sees_all"] is True


def test_status_ends_with_7_when_the_crm_refuses(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm, 'token = "env:AMO_TOKEN"')
    monkeypatch.setenv("AMO_TOKEN", "revoked-token")
    code, out, err = auth(capsys, "status", "--format", "json")
    document = json.loads(out)
    assert code == 7
    assert document["signed_in"] is False
    assert document["reason"]
    assert document["account"] is None
    assert "revoked-token" not in out + err


def test_rights_that_are_not_told_or_are_partial_are_said_so(
    place, crm, capsys, monkeypatch
) -> None:
    configure(place, crm, 'token = "env:AMO_TOKEN"')
    monkeypatch.setenv("AMO_TOKEN", TOKEN)
    crm.user = None
    assert "only administrators may ask" in auth(capsys, "status")[1]
    crm.user = {"id": 77, "rights": {"is_admin": False, "contacts": ALL, "leads": {"view": "M"}}}
    out = auth(capsys, "status")[1]
    assert "sees only a part of: companies, leads" in out


def test_logging_out_forgets_the_token_on_this_machine(place, crm, capsys, monkeypatch) -> None:
    configure(place, crm)
    type_in(monkeypatch, TOKEN)
    auth(capsys, "login")
    code, _, err = auth(capsys, "logout")
    assert code == 0
    assert "revoke the token" in err
    assert not (place / "state/accounts/main/tokens.json").exists()
    assert "nobody was signed in" in auth(capsys, "logout")[2]
    assert auth(capsys, "status")[0] == 7


def oauth(place: Path, crm: FakeCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (f'{k} = "{CLIENT[k]}"' for k in ("client_id", "redirect_uri"))
    configure(place, crm, *lines, 'client_secret = "env:AMO_SECRET"')
    monkeypatch.setenv("AMO_SECRET", CLIENT["client_secret"])


def test_oauth_takes_the_whole_address_that_came_back(place, crm, capsys, monkeypatch) -> None:
    oauth(place, crm, monkeypatch)
    crm.codes.add("def50200")
    shown: list[str] = []
    echo = click.echo

    def listen(text: str = "", **options: object) -> None:
        shown.append(str(text))
        echo(text, **options)

    def prompt(text: str, **options: object) -> str:
        (address,) = (s.strip() for s in shown if s.strip().startswith("http"))
        query = parse_qs(urlsplit(address).query)
        assert query["client_id"] == [CLIENT["client_id"]]
        state = query["state"][0]
        return f"{CLIENT['redirect_uri']}?code=def50200&state={state}&referer={crm.host}"

    monkeypatch.setattr(click, "echo", listen)
    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, _ = auth(capsys, "login")
    assert code == 0
    assert "OAuth pair" in out
    tokens = json.loads((place / "state/accounts/main/tokens.json").read_text())
    assert tokens["refresh_token"] == "refresh-token-1"
    assert crm.codes == set()
    assert auth(capsys, "status")[0] == 0


def test_a_spent_code_is_refused_and_nothing_is_kept(place, crm, capsys, monkeypatch) -> None:
    oauth(place, crm, monkeypatch)
    type_in(monkeypatch, "def50200\n")
    code, _, err = auth(capsys, "login")
    assert code == 7
    assert "open the address once more" in err
    assert "def50200" not in err
    assert not (place / "state/accounts/main/tokens.json").exists()


def test_an_unreachable_crm_and_a_missing_config_have_codes_of_their_own(
    place, crm, capsys, monkeypatch
) -> None:
    assert auth(capsys, "status")[0] == 2
    configure(place, crm, 'token = "env:AMO_TOKEN"')
    monkeypatch.setenv("AMO_TOKEN", TOKEN)
    assert auth(capsys, "status", "-p", "other")[0] == 2
    for status, part in ((403, "does not let this token in"), (404, "no such account")):
        crm.account_status = status
        code, _, err = auth(capsys, "status")
        assert code == 7
        assert part in err
    crm.close()
    monkeypatch.setattr("dedupe.crm.http.transport.backoff", lambda *args: 0.0)
    assert auth(capsys, "status")[0] == 10


def test_help_of_every_part_imports_no_engine() -> None:
    heavy = ("polars", "numba", "numpy", "pyarrow", "httpx", "msgspec", "filelock", "keyring")
    code = (
        "import sys\n"
        "import cli.commands.auth, cli.commands.init, cli.commands.doctor\n"
        "import cli.commands.doctor.account, cli.commands.doctor.machine\n"
        "import cli.commands.doctor.settings\n"
        "from cli.main import run\n"
        "for args in (['auth', '--help'], ['auth', 'login', '--help'], ['doctor', '--help']):\n"
        "    assert run(args) == 0\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
    assert re.search(r"login .*Take a token", done.stdout)
