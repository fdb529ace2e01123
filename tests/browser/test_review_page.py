"""The review page in a real browser: every button, keys alone, hostile names, no script."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from dedupe.decisions import settle
from dedupe.language import use
from dedupe.plan.build import build_plan
from dedupe.review.server import ReviewServer
from dedupe.review.thresholds import Thresholds
from tests.review_deck import deck_of, doubled, family, pairs_of_cards, values_of
from tests.unit.plan.conftest import AccountOf

RUSSIAN_Y = """document.getElementById("main").dispatchEvent(
    new KeyboardEvent("keydown", {code: "KeyY", key: "н", bubbles: true, cancelable: true}))"""


PATHS = (
    "/",
    "/group/0",
    "/alike/0?verdict=same",
    "/values",
    "/value/0",
    "/thresholds",
    "/help",
    "/done",
)


@pytest.fixture
def account() -> AccountOf:
    return AccountOf()


@pytest.fixture
def review(account, tmp_path, open_page):
    """Serve the account's deck and open it; gives the deck and the page."""
    servers = []

    def starting(**told):
        who = told.pop("who", "anna")
        deck = deck_of(account, tmp_path, who=who)
        values = values_of(account, deck)
        server = ReviewServer(deck, Thresholds(account.inputs().pairs), values=values)
        servers.append(server)
        return deck, open_page(server.url, **told)

    yield starting
    for server in servers:
        server.close()


def said(page, words: str) -> None:
    page.wait_for_function("words => document.body.innerText.includes(words)", arg=words)


def on_group(page, ids: str) -> None:
    """Wait until the page shows the group of these ids."""
    page.wait_for_selector(f'#group input[name="ids"][value="{ids}"]', state="attached")


def on_value(page, v: int) -> None:
    """Wait until the page shows this value."""
    page.wait_for_selector(f'#value[action="/value/{v}"]')


def last(deck):
    return deck.log.read()[-1]


def test_every_button_does_what_it_says(account, review) -> None:
    family(account, names=("Анна", "Анна К.", "Пётр"))
    pairs_of_cards(account, 5, first=201)
    deck, page = review()
    assert "token" not in page.url
    page.click("text=by kind")
    page.click("text=Begin")
    on_group(page, "101,102,103")
    page.uncheck('input[name="in"][value="103"]')
    page.wait_for_selector("th.card.out")
    page.check('input[name="survivor"][value="102"]')
    page.wait_for_selector('input[name="survivor"][value="102"]:checked')
    page.fill('input[name="text.name"]', "Анна Каренина")
    page.click("text=Merge")
    on_group(page, "201,202")
    made = last(deck)
    assert (made.ids, made.apart, made.survivor) == (("101", "102"), ("103",), "102")
    assert made.values["name"].text == "Анна Каренина"
    page.click("text=Not duplicates")
    on_group(page, "203,204")
    assert last(deck).kind == "different"
    page.click("text=Later")
    on_group(page, "205,206")
    assert last(deck).kind == "skip"
    page.click("text=Take back")
    on_group(page, "203,204")
    assert last(deck).kind == "undo"
    page.click("text=next group")
    on_group(page, "205,206")
    page.click("text=previous group")
    on_group(page, "203,204")
    page.click('td[data-card="204"] label.take >> nth=0')
    assert page.input_value('input[name="text.name"]') == "Анна 1 Ивановна"
    page.click("text=Merge")
    on_group(page, "205,206")
    assert last(deck).values["name"].from_id == "204"
    page.click("text=Finish")
    page.click("text=End the review")
    said(page, "The review has ended")


def test_a_group_is_split_and_its_parts_decided(account, review) -> None:
    family(account, names=("Анна", "Анна К.", "Пётр", "Пётр И."))
    deck, page = review()
    page.click("text=Begin")
    page.uncheck('input[name="in"][value="103"]')
    page.wait_for_selector('th.card.out[data-card="103"]')
    page.uncheck('input[name="in"][value="104"]')
    page.wait_for_selector('th.card.out[data-card="104"]')
    page.click("text=Split")
    on_group(page, "101,102")
    page.click("text=Merge")
    on_group(page, "103,104")
    page.click("text=Not duplicates")
    said(page, "Every group is decided")
    assert [each.kind for each in deck.log.read()] == ["split", "same", "different"]


def test_twenty_decisions_by_keys_alone_are_exactly_the_plan(account, review) -> None:
    pairs_of_cards(account, 20)
    deck, page = review()
    page.keyboard.press("Enter")  # the page's one main action
    merged, rejected = [], []
    for at in range(20):
        ids = (str(101 + 2 * at), str(102 + 2 * at))
        on_group(page, ",".join(ids))
        if at % 3 == 2:
            page.keyboard.press("n")
            rejected.append(ids)
        else:
            page.keyboard.press("2")
            page.wait_for_selector(f'input[name="survivor"][value="{ids[1]}"]:checked')
            if at == 4:  # the same place of the keyboard, in the Russian layout
                page.evaluate(RUSSIAN_Y)
            else:
                page.keyboard.press("y")
            merged.append(ids)
        if at == 9:  # a slip: taken back, and decided again
            on_group(page, "121,122")
            page.keyboard.press("u")
            on_group(page, "119,120")
            page.keyboard.press("y")
            on_group(page, "121,122")
    said(page, "Every group is decided")
    plan = build_plan(replace(account.inputs(), settled=settle(deck.log.read())))
    assert [tuple(sorted(r.id for r in group.members)) for group in plan.groups] == merged
    together = {frozenset(ids) for ids in merged}
    assert not any(frozenset(ids) in together for ids in rejected)
    survivors = [group.survivor.id for group in plan.groups]
    assert survivors[0] == "102"


def test_arrows_choose_x_drops_enter_takes_and_e_edits(account, review) -> None:
    family(account, names=("Анна", "Анна К.", "Пётр"))
    deck, page = review()
    page.keyboard.press("Enter")
    on_group(page, "101,102,103")
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    assert page.input_value('input[name="text.name"]') == "Анна К."
    for key in ("ArrowRight", "x"):
        page.keyboard.press(key)
    page.wait_for_selector('th.card.out[data-card="103"]')
    assert page.input_value('input[name="text.name"]') == "Анна К."
    page.keyboard.press("e")
    page.keyboard.type("yes, Анна")  # letters in a field are letters
    page.keyboard.press("Escape")
    page.keyboard.press("y")
    said(page, "Every group is decided")
    made = last(deck)
    assert (made.ids, made.apart) == (("101", "102"), ("103",))
    assert made.values["name"].text == "yes, Анна"


def test_focus_is_seen_and_every_decision_is_told(account, review) -> None:
    pairs_of_cards(account, 2)
    _, page = review()
    page.keyboard.press("Enter")
    on_group(page, "101,102")
    page.keyboard.press("s")
    on_group(page, "103,104")
    assert "Put off." in page.inner_text("#live")
    assert "put off 1" in page.inner_text("#live")
    page.keyboard.press("Tab")
    style = "getComputedStyle(document.activeElement).outlineStyle"
    for _ in range(8):
        assert page.evaluate(f"document.activeElement.id === 'main' || {style} !== 'none'")
        page.keyboard.press("Tab")
    page.keyboard.press("?")
    said(page, "take the last decision back")


def test_thresholds_are_counted_while_the_slider_moves_and_copied(account, review) -> None:
    pairs_of_cards(account, 10)
    _, page = review()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("text=Thresholds")
    before = page.inner_text("#tally")
    assert "made with these thresholds" in page.inner_text("#in-force")
    page.focus("#review")
    page.keyboard.press("End")
    page.wait_for_function(
        "text => document.getElementById('tally').innerText !== text", arg=before
    )
    assert page.url.endswith("/thresholds")
    assert "made with 0.5 and 0.99" in page.inner_text("#in-force")
    page.click("text=Copy")
    page.wait_for_function("document.querySelector('[data-copy]').textContent === 'Copied.'")
    lines = page.evaluate("navigator.clipboard.readText()")
    assert tomllib.loads(lines) == {"match": {"review": 0.99, "auto": 0.99}}


def test_values_are_decided_by_keys_alone_beside_groups(account, review) -> None:
    for id_ in range(301, 306):
        doubled(account, id_)
    pairs_of_cards(account, 1)
    deck, page = review()
    page.keyboard.press("v")
    said(page, "Values to decide on")
    page.keyboard.press("Enter")
    on_value(page, 0)
    page.keyboard.press("y")
    on_value(page, 1)
    page.keyboard.press("2")  # the second part goes
    page.keyboard.press("y")
    on_value(page, 2)
    page.keyboard.press("e")
    page.keyboard.type("n, y")  # letters in a text are letters
    page.keyboard.press("Control+a")
    page.keyboard.type("+79160000303")
    page.keyboard.press("Enter")
    page.keyboard.type("+79035550099")
    page.keyboard.press("Escape")
    page.keyboard.press("y")
    on_value(page, 3)
    page.keyboard.press("n")
    on_value(page, 4)
    page.keyboard.press("u")
    on_value(page, 3)
    assert "is taken back" in page.inner_text("#live")
    page.keyboard.press("n")
    on_value(page, 4)
    page.keyboard.press("k")
    on_value(page, 3)
    page.keyboard.press("q")
    said(page, "Values to decide on")
    page.keyboard.press("Enter")
    on_value(page, 4)
    page.keyboard.press("s")
    said(page, "1 group waits")
    page.keyboard.press("g")
    said(page, "Groups to decide on")
    told = [(d.kind, d.verdict, d.chosen, d.edited) for d in deck.log.read()]
    assert told == [
        ("proposal", "accept", (), ""),
        ("proposal", "edit", (0,), ""),
        ("proposal", "edit", (), "+79160000303; +79035550099"),
        ("proposal", "reject", (), ""),
        ("undo", "", (), ""),
        ("proposal", "reject", (), ""),
        ("proposal", "skip", (), ""),
    ]
    plan = build_plan(replace(account.inputs(), settled=settle(deck.log.read())))
    assert [group.members[0].id for group in plan.groups] == ["301", "302", "303"]


def test_values_are_decided_by_every_button_with_and_without_scripts(account, review) -> None:
    for id_ in (301, 302, 303):
        doubled(account, id_)
    deck, page = review(scripts=False, width=360)
    page.click("text=Card values")
    page.click("text=Begin")
    page.uncheck('input[name="part"] >> nth=0')
    page.click("text=Write so")
    page.click("text=Leave as it is")
    page.click("text=Later")
    page.click("text=Take back")
    page.click("text=previous value")
    page.click("text=next value")
    page.click("text=to the list")
    page.wait_for_url("**/values*")
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    told = [(d.kind, d.verdict, d.chosen) for d in deck.log.read()]
    assert told == [
        ("proposal", "edit", (1,)),
        ("proposal", "reject", ()),
        ("proposal", "skip", ()),
        ("undo", "", ()),
    ]


def test_a_list_is_narrowed_by_keys_and_stays_so(account, review) -> None:
    pairs_of_cards(account, 4)
    for row in account.rows["contacts"][:4]:
        row["owner_id"] = "2"
    _, page = review(who="Менеджер 2")
    page.keyboard.press("m")
    said(page, "decided 0 of 2")
    page.keyboard.press("m")
    said(page, "decided 0 of 4")
    page.keyboard.press("o")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    said(page, "decided 0 of 2")
    assert "owner=1" in page.url
    page.keyboard.press("Enter")
    on_group(page, "105,106")
    assert "shown alone: Менеджер 1" in page.inner_text("main")
    page.keyboard.press("n")
    on_group(page, "107,108")
    page.keyboard.press("n")
    said(page, "2 groups wait")
    page.go_back()
    on_group(page, "107,108")
    page.keyboard.press("q")
    said(page, "decided 2 of 2")
    page.select_option('select[name="owner"]', "2")
    page.click("text=Show >> nth=-1")
    said(page, "decided 0 of 2")


def test_one_decision_for_all_alike(account, review) -> None:
    pairs_of_cards(account, 6)
    deck, page = review()
    page.click("text=Begin")
    page.click("text=Merge all of them")
    said(page, "Merge 6 groups?")
    page.click("text=Yes, 6 groups")
    said(page, "Every group is decided")
    assert deck.counts().done == 6
    page.click("text=Take back")
    said(page, "decided 0 of 6")


def test_hostile_names_are_shown_as_they_are(account, review) -> None:
    hostile = (
        """"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"""
    )
    for id_ in (101, 102):
        account.card(id_, hostile, phones=["javascript:alert(1)"], tags=[hostile],
                     fields={"701": hostile + str(id_)})  # fmt: skip
    account.cluster(101, 102, tier="review")
    deck, page = review()
    assert hostile in page.inner_text("main")
    page.click("text=Begin")
    on_group(page, "101,102")
    assert page.input_value('input[name="text.name"]') == hostile
    page.click('td[data-card="102"] label.take >> nth=1')
    page.keyboard.press("y")
    said(page, "Every group is decided")
    assert "owned" not in page.title()
    assert page.locator("img").count() == 0
    assert hostile not in deck.log.path.read_text("utf-8")


def test_the_whole_way_works_without_scripts(account, review) -> None:
    family(account, names=("Анна", "Анна К.", "Пётр"))
    pairs_of_cards(account, 2, first=201)
    deck, page = review(scripts=False)
    page.click("text=by kind")
    page.click("text=Begin")
    page.uncheck('input[name="in"][value="103"]')
    page.check('input[name="survivor"][value="102"]')
    page.click("text=Show the golden card anew")
    assert page.input_value('input[name="text.name"]') == "Анна К."
    page.fill('input[name="text.name"]', "Анна Каренина")
    page.click("text=Merge")
    made = last(deck)
    assert (made.ids, made.apart, made.survivor) == (("101", "102"), ("103",), "102")
    assert made.values["name"].text == "Анна Каренина"
    page.click("text=Not duplicates")
    page.click("text=Take back")
    page.click("text=Later")
    assert [each.kind for each in deck.log.read()] == ["same", "different", "undo", "skip"]
    page.click("text=Thresholds")
    page.click("text=Count")
    page.click("text=Finish")
    page.click("text=End the review")
    assert "The review has ended" in page.inner_text("main")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_page_is_wider_than_the_window(account, review, language) -> None:
    family(account, names=("Анна Константинопольская-Длиннофамильная" * 3, "А" * 90, "Б"))
    long = "8 916 000 " * 30 + "ы" * 500
    account.card(301, long, phones=[long])
    account.finding("PHN201", 301, field="phone", value=long, proposal=f"{long}; {long}1")
    use(language)
    try:
        _, page = review()
        base = "/".join(page.url.split("/", 3)[:3])
        for path in PATHS:
            page.goto(base + path)
            for width in (1280, 768, 390):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    finally:
        use("en")


def test_a_page_of_another_site_can_neither_read_nor_decide(account, review, tmp_path) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    pairs_of_cards(account, 1)
    deck, page = review()
    base = "/".join(page.url.split("/", 3)[:3])

    class Foreign(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fields = (("verdict", "same"), ("ids", "101,102"), ("in", "101"), ("in", "102"))
            inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields)
            body = f'<form id=f method=post action="{base}/group/0">{inputs}</form>'.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    # A browser opens a second connection ahead of need: a server of one thread would wait for it.
    foreign = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    foreign.block_on_close = False
    thread = Thread(target=foreign.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        page.goto(f"http://127.0.0.1:{foreign.server_port}/")
        read = "url => fetch(url, {credentials: 'include'}).then(a => a.text(), () => 'refused')"
        assert page.evaluate(read, f"{base}/group/0") == "refused"
        page.evaluate("document.getElementById('f').submit()")
        page.wait_for_url(f"{base}/group/0")
        assert "crmclean review" in page.inner_text("body")
    finally:
        foreign.shutdown()
        foreign.server_close()
        thread.join()
    assert deck.log.read() == ()
