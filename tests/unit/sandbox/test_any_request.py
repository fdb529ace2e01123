"""Whatever is asked, the API answers as an API: a documented status, JSON or no body."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupe.contracts import Account
from dedupe.sandbox.amocrm.crm import AmoCrm
from dedupe.sandbox.demo import ON_REQUEST, build_demo
from dedupe.sandbox.server.reply import Request
from dedupe.sandbox.server.room import encoded

WORDS = ["contacts", "companies", "leads", "tasks", "notes", "events", "types", "links", "tags",
         "custom_fields", "pipelines", "statuses", "unsorted", "summary", "users", "roles",
         "account", "webhooks", "widgets", "sources", "chats", "talks", "loss_reasons", "1", "143",
         "20000006", "9000045", "9" * 30, "-1", "", "%00", "ю", "x"]  # fmt: skip
NAMES = ["limit", "page", "with", "query", "order[id]", "order[updated_at]", "filter[id]",
         "filter[id][]", "filter[updated_at][from]", "filter[updated_at]", "filter",
         "filter[entity_id][]", "filter[statuses][0]", "filter[statuses][0][status_id]",
         "filter[custom_fields_values][700303][]", "filter[custom_fields_values][700302][from]",
         "filter[type]", "filter[name]", "filter[price][to]", "filter[closest_task_at][from]",
         "filter[is_completed]", "filter[entity_type]", "filter[uid]", "contact_id[]",
         "filter[note_type]", "filter[created_by]", "filter[category]", "[", "]", "a[b]c",
         "filter[id][²]", "filter[id][٣]",
         f"filter[custom_fields_values][{'9' * 5000}]"]  # fmt: skip
VALUES = ["", "1", "0", "-1", "250", "251", "99999999999999999999", "x", "1,2", "asc", "desc",
          "contacts,leads,loss_reason,only_deleted,source,source_id", "1.5", "ю", "\x00", "'\"",
          "NaN", "٣", "²"]  # fmt: skip

paths = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map("/".join)
queries = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=4)), max_size=4
)
methods = st.sampled_from(["GET"] * 12 + ["POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", ""])


@pytest.fixture(scope="module")
def crms() -> list[AmoCrm]:
    full, empty = build_demo(scale=0.001, extras=ON_REQUEST).account, Account(tables={})
    return [AmoCrm(account, lambda: 1_700_000_000) for account in (full, empty)]


@given(method=methods, path=paths, query=queries, place=st.integers(0, 1))
@settings(deadline=None, max_examples=1_500, suppress_health_check=[HealthCheck.too_slow])
def test_no_request_breaks_the_api(crms, method, path, query, place) -> None:
    reply = crms[place].answer(
        Request(
            method=method,
            path=f"/api/v4/{path}",
            query=tuple(query),
            headers={"authorization": "Bearer any"},
        )
    )
    assert reply.status in (200, 204, 400, 403, 404, 405)
    body = encoded(reply.body)
    if reply.status in (204, 405):
        assert body == b""
    else:
        assert isinstance(msgspec.json.decode(body), dict)


@given(body=st.binary(max_size=60) | st.sampled_from([b"[]", b"{}", b"null", b'{"code": 1}']))
@settings(deadline=None, max_examples=200)
def test_no_body_breaks_the_sign_in(crms, body) -> None:
    request = Request(method="POST", path="/oauth2/access_token", body=body)
    assert crms[0].answer(request).status == 400
