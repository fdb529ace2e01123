"""Limits, faults, logs and the paths that steer them."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from dedupe.errors import InputError, StorageError
from dedupe.sandbox import Action, Fault, Limit, Sandbox, read_faults
from dedupe.sandbox.server.clock import Clock
from dedupe.sandbox.server.faults import Faults
from dedupe.sandbox.server.limit import Gate, Verdict
from dedupe.sandbox.server.reply import Effect, Reply
from dedupe.sandbox.server.routes import Route, find


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_takes_seven_and_slides() -> None:
    hand = Hand()
    gate = Gate(Limit(), hand)
    verdicts = []
    for _ in range(8):
        verdicts.append(gate.pass_())
        hand.now += 0.1
    assert verdicts == [Verdict.TAKEN] * 7 + [Verdict.REFUSED]
    hand.now = 1000.999
    assert gate.pass_() is Verdict.REFUSED
    hand.now = 1001.0  # the first one has left the window
    assert gate.pass_() is Verdict.TAKEN
    assert (gate.n_refused, gate.fullest_window) == (2, 9)


def test_refusals_within_a_minute_block_for_a_while() -> None:
    hand = Hand()
    gate = Gate(Limit(n=1, block_after=3, block_s=30), hand)
    assert [gate.pass_() for _ in range(5)] == [
        Verdict.TAKEN, Verdict.REFUSED, Verdict.REFUSED, Verdict.REFUSED, Verdict.BLOCKED,
    ]  # fmt: skip
    hand.now += 29.9
    assert gate.pass_() is Verdict.BLOCKED
    hand.now += 0.2
    assert gate.pass_() is Verdict.TAKEN
    hand.now += 61
    assert [gate.pass_(), gate.pass_()] == [Verdict.TAKEN, Verdict.REFUSED]
    assert gate.n_blocked == 2


def test_no_limit_takes_all() -> None:
    gate = Gate(Limit(n=0), Hand())
    assert {gate.pass_() for _ in range(1000)} == {Verdict.TAKEN}
    assert gate.fullest_window == 1000


def test_over_the_limit_is_429_and_then_a_page(serve) -> None:
    hand = Hand()
    limit = Limit(n=2, block_after=2, retry_after_s=5)
    sandbox, client = serve(limit=limit, monotonic=hand)
    answers = [client.get("account") for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 429, 429, 403]
    assert answers[2].headers["retry-after"] == "5"
    assert answers[4].headers["content-type"].startswith("text/html")
    assert b"nginx" in answers[4].content
    hand.now += 60
    assert client.get("account").status_code == 200
    seen = sandbox.requests
    assert (seen["n"], seen["n_429"], seen["n_blocked"]) == (6, 2, 1)
    assert seen["statuses"] == {"200": 3, "403": 1, "429": 2}
    assert [r["path"] for r in seen["requests"]] == ["/api/v4/account"] * 6


def test_a_fault_strikes_the_nth_match_or_by_its_dice() -> None:
    faults = Faults(seed=3)
    faults.set([Fault(action=Action.STATUS, method="GET", path="contacts", nth=(2, 3))])
    struck = [
        faults.strike(m, p) is not None
        for m, p in [("GET", "/contacts"), ("POST", "/contacts"), ("GET", "/leads"),
                     ("GET", "/contacts?page=2"), ("GET", "/contacts"), ("GET", "/contacts")]
    ]  # fmt: skip
    assert struck == [False, False, False, True, True, False]
    dice = [Fault(action=Action.HTML, probability=0.3)]
    throws = []
    for _ in range(2):
        faults.set(dice)
        throws.append([faults.strike("GET", "/") is not None for _ in range(200)])
    assert throws[0] == throws[1]
    assert 30 < sum(throws[0]) < 90
    faults.set([Fault(action=Action.EMPTY, times=2)])
    assert sum(faults.strike("GET", "/") is not None for _ in range(9)) == 2
    assert faults.counts() == [{"action": "empty", "matched": 9, "struck": 2}]


def post_effect(state, request) -> Reply:
    """Stand in for a handler that writes."""
    state.put("loss_reasons", {"id": 1, "name": "made"})
    return Reply(200, {"ok": True}, (Effect("create", "loss_reasons", 1, None, {"name": "made"}),))


@pytest.fixture
def writer(serve):
    def start(*faults: Fault, **more):
        sandbox, client = serve(faults=faults, **more)
        sandbox.crm.add_routes([Route("POST", "/api/v4/made", post_effect)])
        return sandbox, client

    return start


BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.mark.parametrize(
    ("action", "has_effect"),
    [(Action.DROP_BEFORE, False), (Action.DROP_AFTER, True), (Action.RESET_BEFORE, False),
     (Action.RESET_AFTER, True), (Action.TRUNCATED, True)],
)  # fmt: skip
def test_a_cut_connection_has_its_effect_or_not(writer, action, has_effect) -> None:
    sandbox, client = writer(Fault(action=action, nth=(1,)))
    with pytest.raises(BROKEN):
        client.http.post("/api/v4/made")
    assert len(sandbox.log) == int(has_effect)
    assert (sandbox.state.get("loss_reasons", 1) is not None) == has_effect
    assert client.http.post("/api/v4/made").status_code == 200
    assert [r["status"] for r in sandbox.requests["requests"]] == [0, 200]
    assert len(sandbox.log) == 1 + int(has_effect)


@pytest.mark.parametrize(
    ("fault", "status", "has_effect"),
    [(Fault(action=Action.STATUS, status=502), 502, False),
     (Fault(action=Action.STATUS, status=429, retry_after="3"), 429, False),
     (Fault(action=Action.STATUS_AFTER, status=504), 504, True),
     (Fault(action=Action.HTML), 200, True), (Fault(action=Action.SHAPE), 200, True),
     (Fault(action=Action.EMPTY), 200, True), (Fault(action=Action.CUT), 200, True),
     (Fault(action=Action.DELAY, seconds=0.01), 200, True),
     (Fault(action=Action.SLOW, seconds=0.01), 200, True)],
)  # fmt: skip
def test_a_spoilt_answer_has_its_effect_or_not(writer, fault, status, has_effect) -> None:
    sandbox, client = writer(fault)
    answer = client.http.post("/api/v4/made")
    assert answer.status_code == status
    assert len(sandbox.log) == int(has_effect)
    is_whole = fault.action in (Action.DELAY, Action.SLOW)
    assert (answer.content == b'{"ok":true}') == is_whole
    if fault.retry_after:
        assert answer.headers["retry-after"] == fault.retry_after


def test_a_fault_may_say_what_it_answers(serve) -> None:
    fault = Fault(action=Action.STATUS, status=403, body='{"detail":"Invalid scope"}',
                  content_type="application/problem+json", path="/users")  # fmt: skip
    _, client = serve(faults=[fault])
    answer = client.get("users")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid scope"})
    assert client.get("account").status_code == 200


@pytest.mark.parametrize("raw", [b"", b"{}", b'[{"action": "explode"}]', b'[{"status": 503}]',
                                 b'[{"action": "status", "times": "x"}]',
                                 b'[{"action":"html","x":1}]',
                                 b"\xff"])  # fmt: skip
def test_rules_of_another_shape_are_one_clear_line(raw) -> None:
    with pytest.raises(InputError, match="no faults of the sandbox") as caught:
        read_faults(raw, "faults.json")
    assert "faults.json" in str(caught.value)


def test_a_path_that_is_no_expression_is_refused(serve) -> None:
    with pytest.raises(InputError, match="no regular expression"):
        serve(faults=[Fault(action=Action.HTML, path="(")])


def test_effects_are_lines_of_a_file(writer, tmp_path) -> None:
    path = tmp_path / "effects.jsonl"
    sandbox, client = writer(effects=path, clock=lambda: 1_600_000_000.5)
    client.http.post("/api/v4/made")
    answer = client.http.post("/api/v4/made")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["seq"] for line in lines] == [1, 2]
    assert lines[1]["request_id"] == answer.headers["x-request-id"]
    assert (lines[0]["entity"], lines[0]["before"], lines[0]["at"]) == (
        "loss_reasons", None, 1_600_000_000,
    )  # fmt: skip
    assert [e.effect.after for e in sandbox.log] == [{"name": "made"}] * 2


def test_a_file_that_cannot_be_written_is_one_clear_line(account, tmp_path) -> None:
    with pytest.raises(StorageError, match="effects can't be written"):
        Sandbox(account, effects=tmp_path / "no" / "effects.jsonl")


def test_a_port_that_is_taken_is_one_clear_line(account) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} can't be used"):
            Sandbox(account, port=port)


def test_another_crm_is_refused(account) -> None:
    with pytest.raises(InputError, match="no sandbox for retailcrm"):
        Sandbox(account, crm="retailcrm")


def test_the_date_is_the_account_s(serve) -> None:
    sandbox, client = serve(clock=lambda: 1_591_552_800)
    assert client.get("account").headers["date"] == "Sun, 07 Jun 2020 18:00:00 GMT"
    sandbox.clock.advance(3600)
    assert client.get("account").headers["date"] == "Sun, 07 Jun 2020 19:00:00 GMT"


def test_a_clock_stops_goes_on_and_runs_again() -> None:
    clock = Clock(lambda: 100.0)
    clock.advance(-40)
    assert clock() == 60
    clock.stop_at(7)
    clock.advance(1)
    assert clock() == 8
    clock.run()
    assert clock() == 100


def test_steering_needs_no_token_and_is_not_counted(writer) -> None:
    sandbox, client = writer(limit=Limit(n=1), monotonic=Hand())
    bare = httpx.Client(base_url=sandbox.url)
    assert bare.get("/_sandbox/state").json()["users"] == 36
    faults = [{"action": "status", "status": 500, "method": "POST", "nth": [2]}]
    assert bare.post("/_sandbox/faults", json=faults).json()[0]["matched"] == 0
    assert bare.post("/_sandbox/limit", json={"n": 0}).json()["n"] == 0
    assert [client.http.post("/api/v4/made").status_code for _ in range(3)] == [200, 500, 200]
    assert [e["seq"] for e in bare.get("/_sandbox/log?since=1").json()] == [2]
    seen = bare.get("/_sandbox/requests?last=1").json()
    assert (seen["n"], len(seen["requests"])) == (3, 1)
    assert bare.post("/_sandbox/clock", json={"stop_at": 5}).json() == {"now": 5}
    card = bare.get("/_sandbox/state/contacts/20000006").json()
    assert card["id"] == 20000006
    assert bare.get("/_sandbox/state/contacts/1").json() is None
    assert bare.get("/_sandbox/state/nonsense/1").json() is None
    bare.close()


def test_a_change_by_hand_moves_the_list_and_leaves_an_event(serve, account) -> None:
    sandbox, client = serve(clock=lambda: 1_700_000_000)
    ids = sandbox.state.ids("contacts")[:3]
    bare = httpx.Client(base_url=sandbox.url)

    def order(**parts):
        return bare.post("/_sandbox/state", json=parts)

    order(do="put", kind="contacts", record={"id": ids[0], "name": "Новое имя"})
    order(do="delete", kind="contacts", id=ids[1])
    newest = client.get("contacts?order[updated_at]=desc&limit=1").json()
    assert newest["_embedded"]["contacts"][0]["name"] == "Новое имя"
    assert client.get(f"contacts/{ids[1]}").status_code == 204
    binned = client.all("contacts?with=only_deleted&order[updated_at]=desc", "contacts")
    assert binned[0]["id"] == ids[1]
    events = client.all("events?filter[type]=contact_deleted", "events")
    assert [e["entity_id"] for e in events] == [ids[1]]
    made = order(do="put", kind="contacts", record={"name": "Другой"}).json()["result"]
    assert made > max(sandbox.state.ids("companies"))
    assert client.get(f"contacts/{made}").json()["custom_fields_values"] is None
    order(do="merge", kind="contacts", into=ids[0], ids=[ids[2]])
    assert client.get(f"contacts/{ids[2]}").status_code == 204
    assert client.all("events?filter[type]=entity_merged", "events")[0]["entity_id"] == ids[0]
    assert order(do="nonsense").status_code == 400
    assert order(do="put", kind="nonsense", record={}).status_code == 400
    assert bare.post("/_sandbox/state", content=b"[1]").status_code == 400
    assert bare.post("/_sandbox/clock", content=b"{").status_code == 400
    bare.close()


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_a_page_in_a_browser_cannot_steer(shared, headers) -> None:
    assert httpx.get(f"{shared.url}/_sandbox/state", headers=headers).status_code == 403


def test_a_request_of_no_sensible_size_is_refused(shared) -> None:
    body = b"x" * (16 * 2**20 + 1)
    headers = {"Authorization": "Bearer x"}
    answer = httpx.post(f"{shared.url}/api/v4/contacts", content=body, headers=headers)
    assert answer.status_code == 413


def test_patterns_find_the_first_that_fits() -> None:
    def answer(state, request):
        return Reply(200)

    def other(state, request):
        return Reply(201)

    routes = [Route("GET", "/a/{kind:b|c}/{id:[0-9]{1,3}}", answer), Route("POST", "/a/b/1", other)]
    found = find(routes, "GET", "/a/c/12")
    assert (found.handler, dict(found.values)) == (answer, {"kind": "c", "id": "12"})
    assert find(routes, "GET", "/a/d/12").handler is None
    assert find(routes, "GET", "/a/d/12").methods == frozenset()
    assert find(routes, "DELETE", "/a/b/1").methods == {"GET", "POST"}
    assert find(routes, "GET", "/a/c/1234").handler is None


def test_closing_ends_the_server(account) -> None:
    sandbox = Sandbox(account)
    assert httpx.get(f"{sandbox.url}/_sandbox/state").status_code == 200
    sandbox.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{sandbox.url}/_sandbox/state")
