"""Tokens, OAuth and what the owner of a token sees."""

from __future__ import annotations

import base64
import json

import pytest

from dedupe.sandbox import Options

OAUTH = {"client_id": "c", "client_secret": "s", "redirect_uri": "https://example.test"}


def trade(client, **more):
    return client.http.post("/oauth2/access_token", json=OAUTH | more)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic any", "Bearer wrong",
                                    "Bearer a.b.c"])  # fmt: skip
def test_without_a_token_that_is_known_it_is_401(serve, header) -> None:
    _, client = serve(tokens={"right": None})
    headers = {} if header is None else {"Authorization": header}
    client.http.headers.pop("Authorization")
    answer = client.get("account", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"title": "Unauthorized", "type": "https://httpstatus.es/401",
                             "status": 401, "detail": "Unauthorized"}  # fmt: skip


def test_a_token_works_until_it_is_revoked(serve) -> None:
    sandbox, client = serve(token="right", tokens={"right": None})
    assert client.get("account").status_code == 200
    sandbox.keys.revoke("right")
    assert client.get("account").status_code == 401
    sandbox.change(do="allow", token="right")
    assert client.get("account").status_code == 200


def test_a_dismissed_user_s_token_dies(serve) -> None:
    fired = 1_200_001 + 7 * 35
    _, client = serve(token="his", tokens={"his": fired})
    assert client.get("account").status_code == 401


def test_an_administrator_may_act_as_another(serve) -> None:
    _, client = serve()
    other = 1_200_001 + 7 * 8
    answer = client.get("account", headers={"X-Context-User-ID": str(other)})
    assert answer.json()["current_user_id"] == other


def test_a_code_and_a_refresh_token_work_once(serve) -> None:
    sandbox, client = serve(tokens={"other": None}, clock=lambda: 1_700_000_000)
    code = sandbox.keys.code()
    first = trade(client, grant_type="authorization_code", code=code).json()
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 86_400)
    assert first["server_time"] == 1_700_000_000
    assert trade(client, grant_type="authorization_code", code=code).status_code == 400
    client.http.headers["Authorization"] = f"Bearer {first['access_token']}"
    assert client.get("account").status_code == 200
    second = trade(client, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    again = trade(client, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (again.status_code, again.json()["hint"]) == (400, "Token has been revoked")
    assert client.get("account").status_code == 200  # the old access token lives on to its end


def test_an_access_token_says_what_it_is_and_ends(serve) -> None:
    sandbox, client = serve(options=Options(token_lives_s=100), clock=lambda: 1_700_000_000)
    token = trade(client, grant_type="authorization_code", code=sandbox.keys.code()).json()
    body = token["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert (claims["account_id"], claims["exp"]) == (29500000, 1_700_000_100)
    assert claims["api_domain"] == "api-b.amocrm.ru"
    client.http.headers["Authorization"] = f"Bearer {token['access_token']}"
    assert client.get("account").status_code == 200
    sandbox.clock.advance(100)
    assert client.get("account").status_code == 401


@pytest.mark.parametrize(
    ("more", "status"),
    [({}, 400), ({"grant_type": "password"}, 400), ({"grant_type": "refresh_token"}, 400),
     ({"grant_type": "refresh_token", "refresh_token": "never"}, 400),
     ({"grant_type": "authorization_code", "code": 5}, 400),
     ({"grant_type": "refresh_token", "refresh_token": "x", "redirect_uri": None}, 400)],
)  # fmt: skip
def test_a_trade_that_cannot_be_is_a_problem_document(client, more, status) -> None:
    answer = trade(client, **more)
    assert answer.status_code == status == answer.json()["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


def test_another_client_s_token_is_401_and_not_spent(serve) -> None:
    sandbox, client = serve()
    pair = trade(client, grant_type="authorization_code", code=sandbox.keys.code()).json()
    stolen = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert trade(client, **stolen, client_id="thief").status_code == 401
    assert trade(client, **stolen).status_code == 200


def test_an_old_code_is_spent(serve) -> None:
    sandbox, client = serve(clock=lambda: 1_700_000_000)
    code = sandbox.keys.code()
    sandbox.clock.advance(20 * 60)
    assert trade(client, grant_type="authorization_code", code=code).status_code == 400


def test_the_subdomain_is_told_for_a_refresh_token(serve) -> None:
    sandbox, client = serve()
    pair = trade(client, grant_type="authorization_code", code=sandbox.keys.code()).json()
    path = "/oauth2/account/current/subdomain"
    answer = client.http.get(path, headers={"X-Refresh-Token": pair["refresh_token"]})
    assert answer.json() == {"id": 29500000, "subdomain": "example",
                             "domain": "example.amocrm.ru", "top_level_domain": "ru"}  # fmt: skip
    assert client.http.get(path).status_code == 401
    assert client.http.get("/oauth2/access_token").status_code == 405
    assert client.http.get("/oauth2/nothing").status_code == 404
    assert client.http.post("/oauth2/access_token", content=b"{").status_code == 400


def test_an_unpaid_account_is_402(serve) -> None:
    _, client = serve(options=Options(is_paid=False))
    assert client.get("account").status_code == 402


def scoped(serve, scope: str, user: int):
    """Serve to a user whose right to view everything is `scope`."""
    sandbox, client = serve(token="his", tokens={"his": user})
    record = sandbox.state.user(user)
    for kind in ("contacts", "companies", "leads"):
        record["rights"][kind]["view"] = scope
    sandbox.state.put("users", record)
    return sandbox, client


MANAGER = 1_200_001 + 7 * 6


def test_who_sees_his_own_cards_sees_no_others(serve, account) -> None:
    sandbox, client = scoped(serve, "M", MANAGER)
    for kind in ("contacts", "leads"):
        cards = client.all(f"{kind}?limit=250", kind)
        assert cards
        assert {card["responsible_user_id"] for card in cards} == {MANAGER}
    other = next(
        id_
        for id_ in sandbox.state.ids("leads")
        if sandbox.state.get("leads", id_)["responsible_user_id"] != MANAGER
    )
    assert client.get(f"leads/{other}").status_code == 204
    assert client.get(f"leads/{other}/links").status_code == 404
    assert client.get(f"leads/links?filter[entity_id]={other}").status_code == 204
    tasks = client.all("tasks?limit=250", "tasks")
    assert {task["responsible_user_id"] for task in tasks} == {MANAGER}
    mine = {lead["id"] for lead in client.all("leads?limit=250", "leads")}
    notes = client.all("leads/notes?limit=250", "notes")
    assert {note["entity_id"] for note in notes} <= mine
    events = client.all("events?filter[entity]=lead", "events")
    assert {event["entity_id"] for event in events} <= mine


def test_who_sees_his_group_s_cards_sees_theirs(serve) -> None:
    sandbox, client = scoped(serve, "G", MANAGER)
    owners = {card["responsible_user_id"] for card in client.all("leads?limit=250", "leads")}
    assert len(owners) > 1
    assert {sandbox.state.group_of(owner) for owner in owners} == {300001}


def test_who_may_not_look_is_told_so(serve) -> None:
    _, client = scoped(serve, "D", MANAGER)
    assert client.get("contacts").status_code == 403
    assert client.get("tasks").status_code in (200, 204)


@pytest.mark.parametrize("path", ["users", "users/1200001", "roles", "roles/81", "webhooks",
                                  "contacts/chats?contact_id=1"])  # fmt: skip
def test_settings_of_administrators_are_theirs(serve, path) -> None:
    _, client = serve(token="his", tokens={"his": MANAGER})
    assert client.get(path).status_code == 403
    assert client.get("leads/pipelines").status_code == 200
