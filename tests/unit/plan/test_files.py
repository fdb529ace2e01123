"""The plan file: a round trip, and a refusal in one line for all that is not exactly ours."""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat

import pytest

from dedupe.errors import InputError
from dedupe.plan import read_plan, write_plan
from dedupe.plan.build import build_plan
from dedupe.plan.canonical import canonical_text
from dedupe.plan.files import find_plan
from dedupe.plan.plan import Header, Plan

N_MUTATIONS = 1_200  # of the bytes, and as many of sealed lines


@pytest.fixture
def plan(account) -> Plan:
    account.card(101, phones=["+79161234567"], fields={"701": "Пенза"})
    account.card(102, phones=["8 916 123-45-67"], emails=["v@mail.ru"], tags=["опт"])
    account.card(103, phones=["+7 916 555-44-33, +7 903 555-00-11"])
    account.deal(1, contacts=[102], main=102)
    account.task(7, "contact", 102)
    account.cluster(101, 102)
    account.finding("PHN201", 103, field="phone", value="+7 916 555-44-33, +7 903 555-00-11",
                    proposal="+79165554433; +79035550011", confidence=1.0)  # fmt: skip
    return build_plan(account.inputs())


@pytest.fixture
def path(plan, tmp_path):
    file = tmp_path / "plan.jsonl"
    write_plan(plan, file)
    return file


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def seal(path, body: list[dict] | bytes) -> None:
    """Write lines with a footer that vouches for them, as a person with the sources could."""
    if not isinstance(body, bytes):
        body = "".join(canonical_text(line) + "\n" for line in body).encode()
    footer = {
        "kind": "footer",
        "lines": body.count(b"\n"),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    path.write_bytes(body + canonical_text(footer).encode() + b"\n")


def refusal(path) -> str:
    with pytest.raises(InputError) as caught:
        read_plan(path)
    assert caught.value.exit_code == 2
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_plan_that_was_written_is_read_the_same(plan, path) -> None:
    again = read_plan(path)
    assert again == plan
    assert (again.hash, again.short, again.cost) == (plan.hash, plan.short, plan.cost)
    write_plan(again, path.with_name("again.jsonl"))
    assert path.with_name("again.jsonl").read_bytes() == path.read_bytes()


def test_a_plan_is_for_its_owner_alone_whatever_the_umask(plan, tmp_path) -> None:
    before = os.umask(0)
    try:
        write_plan(plan, tmp_path / "new" / "plan.jsonl")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "plan.jsonl").stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["plan.jsonl"]


def test_an_empty_plan_is_a_header_and_a_footer(tmp_path) -> None:
    header = Header(crm="amocrm", account_id="1", account_host="h", tool="t", tool_min="t")
    write_plan(Plan(header=header), tmp_path / "p")
    assert read_plan(tmp_path / "p").ops == ()
    assert [line["kind"] for line in lines(tmp_path / "p")] == ["header", "footer"]


def test_a_plan_is_found_by_its_short_name(plan, path) -> None:
    assert find_plan(plan.short, path.parent) == path
    assert find_plan("p-00000000", path.parent) is None
    assert find_plan("../plan", path.parent) is None


# Rows 1 to 6, 16, 19, 20: the file itself.


def test_a_file_that_is_not_there(tmp_path) -> None:
    assert "plan not found" in refusal(tmp_path / "none.jsonl")


def test_a_folder_a_device_and_a_pipe_are_no_plans(tmp_path) -> None:
    assert "regular file" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "regular file" in refusal(tmp_path / "pipe")


def test_an_empty_file(tmp_path) -> None:
    (tmp_path / "p").touch(0o600)
    assert "empty" in refusal(tmp_path / "p")


@pytest.mark.parametrize("cut", [1, 40, 90, 300, 1000])
def test_a_cut_file_says_where(path, cut) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    left = content[:-cut].count(b"\n")
    assert f"cut off at line {left + 1}" in refusal(path)


def test_one_changed_byte_is_seen(path) -> None:
    path.write_bytes(path.read_bytes().replace("опт".encode(), "опа".encode(), 1))
    text = refusal(path)
    assert "hash differs" in text
    assert "--drop" in text


def test_anything_after_the_end_is_refused(path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")
    assert "after the end" in refusal(path)


def test_a_huge_file_is_refused_before_it_is_read(path) -> None:
    os.truncate(path, 1 << 30)
    assert "too large" in refusal(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o606])
def test_a_file_that_others_may_read_or_write_is_refused(path, mode) -> None:
    path.chmod(mode)
    text = refusal(path)
    assert f"mode {mode:04o}" in text
    assert "chmod 600" in text


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a link away")
def test_another_users_link_is_not_followed(path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    assert read_plan(link)
    os.lchown(link, 12345, 12345)
    assert "another user's link" in refusal(link)


# Rows 7, 12 to 15, 17, 18: what the lines say, vouched for by a right hash.


def test_a_newer_format_names_the_version(path) -> None:
    body = lines(path)[:-1]
    body[0] |= {"format": "crmclean-plan/2", "tool": "crmclean 9.9"}
    seal(path, body)
    text = refusal(path)
    assert "crmclean 9.9" in text
    assert "update" in text


@pytest.mark.parametrize("told", ["crmclean-plan/0", "crmclean-plan/x", "other/1", None, 1])
def test_another_format_is_none(path, told) -> None:
    body = lines(path)[:-1]
    body[0]["format"] = told
    seal(path, body)
    refusal(path)


def edit(path, change) -> str:
    body = lines(path)[:-1]
    change(body)
    seal(path, body)
    return refusal(path)


def at(body, kind: str) -> int:
    return next(n for n, line in enumerate(body) if line["kind"] == kind)


def test_a_repeated_operation_is_named(path) -> None:
    def change(body) -> None:
        first = at(body, "op")
        body[first + 1] |= {"op": body[first]["op"]}

    assert "g-000001/01" in edit(path, change)


def test_an_operation_can_not_wait_for_a_later_one(path) -> None:
    def change(body) -> None:
        body[at(body, "op")]["after"] = ["g-000001/02"]

    assert "g-000001/01: waits" in edit(path, change)


def test_a_card_of_two_groups_names_both(path) -> None:
    def change(body) -> None:
        last = body[-1]
        for line in (body[-2], last["do"]):
            line["records" if "records" in line else "record"] = (
                [["contact", "102"]] if "records" in line else ["contact", "102"]
            )

    text = edit(path, change)
    assert "g-000001" in text
    assert "g-000002" in text
    assert "contact 102" in text


def test_an_unknown_operation_is_refused(path) -> None:
    def change(body) -> None:
        body[at(body, "op")]["do"] = {"type": "delete_card", "record": ["contact", "1"]}

    assert "do.type" in edit(path, change)


@pytest.mark.parametrize(
    "wrong", ["-1", "0", str(2**63), 101, 1.5, True, None, "", "1e3", "٣", "01"]
)
def test_an_id_that_is_none_is_told_by_its_path(path, wrong) -> None:
    def change(body) -> None:
        body[at(body, "op")]["do"]["record"] = ["contact", wrong]

    body = lines(path)[:-1]
    change(body)
    text = json.dumps(body[0])
    assert text
    raw = "".join(
        json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        for line in body
    )
    seal(path, raw.encode())
    told = refusal(path)
    assert "do.record[1]" in told or "not whole" in told


def test_an_operation_outside_its_group_is_refused(path) -> None:
    def change(body) -> None:
        body[-1]["do"]["record"] = ["contact", "999"]

    assert "contact 999" in edit(path, change)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda body: body[0]["totals"].update(ops=1), "totals"),
        (lambda body: body[0].update(surprise=1), "surprise"),
        (lambda body: body[0].pop("lang"), "lang"),
        (lambda body: body[0].update(crm="tables"), "crm"),
        (lambda body: body[1].update({"class": "A"}), "class"),
        (lambda body: body[1].update(undo="full"), "class or the undo"),
        (lambda body: body[1].update(score="0.5"), "score"),
        (lambda body: body[1].update(survivor=None), "survivor"),
        (lambda body: body[1].update(losers=[["contact", "101"]]), "twice"),
        (lambda body: body[2].update({"class": "X"}), "class"),
        (lambda body: body[2].update(seq=2), "order"),
        (lambda body: body[2].update(phase=9), "phase"),
        (lambda body: body[2].update(kind="surprise"), "kind"),
        (lambda body: body.insert(0, body[1]), "header"),
        (lambda body: body.pop(0), "header"),
        (lambda body: body.append(body[0]), "kind"),
        (lambda body: body.insert(1, body[2]), "below its group"),
        (lambda body: body.append(body[1] | {"gid": "g-000009"}), "no operation"),
        (
            lambda body: next(x["do"] for x in body if "add" in x.get("do", ())).update(add=[]),
            "changes nothing",
        ),
    ],
)
def test_lines_that_contradict_each_other_are_refused(path, change, told) -> None:
    assert told in edit(path, change)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"),
        (b'{"kind":"header","x":NaN}', "NaN"),
        (b'{"kind":"header","x":-Infinity}', "Infinity"),
        (b'{"kind":"header","x":1.5}', "1.5"),
        (b'{"kind":"header","x":' + b"9" * 5000 + b"}", "out of range"),
        (b'{"kind":"header","kind":"header"}', "twice"),
        (b'{"kind":"\\ud800"}', ":1:10"),
        (b'{"kind":"\\u0000"}', ":1:10"),
        (b'{"kind":"a\x00"}', ":1:11"),
        (b'{"kind":"\xff"}', ":1:10"),
        (b'{"kind":"\xed\xa0\x80"}', "UTF-8"),
        (b'{"kind": "header"', "not JSON"),
        (b'["header"]', "object"),
        (b"", "not JSON"),
        (b'"' + b"a" * 5_000_000 + b'"', "too long"),
    ],
)
def test_json_that_is_none_of_ours_is_refused_with_its_place(path, line, told) -> None:
    seal(path, line + b"\n")
    assert told in refusal(path)


def test_another_spelling_of_the_same_json_is_refused(path) -> None:
    body = path.read_bytes().splitlines(keepends=True)[:-1]
    body[0] = body[0].replace(b'"lang":', b'"lang": ')
    seal(path, b"".join(body))
    assert "spelling" in refusal(path)


def test_a_text_that_looks_like_an_escape_is_read(account, tmp_path) -> None:
    account.card(101, fields={"701": r"C:\u0041\ud800"})
    account.card(102, fields={"701": "\\\\u0000 \x1f «»"})
    account.cluster(101, 102)
    made = build_plan(account.inputs())
    write_plan(made, tmp_path / "p")
    assert read_plan(tmp_path / "p") == made


def test_mutated_bytes_never_pass_and_never_burst(path) -> None:
    rng, content = random.Random(6), path.read_bytes()
    for _ in range(N_MUTATIONS):
        mutant = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(mutant))
            match rng.randrange(4):
                case 0:
                    mutant[place] = rng.randrange(256)
                case 1:
                    del mutant[place : place + rng.randint(1, 30)]
                case 2:
                    mutant[place:place] = rng.randbytes(rng.randint(1, 5))
                case _:
                    mutant = mutant[:place] or mutant
        if bytes(mutant) != content:
            path.write_bytes(bytes(mutant))
            refusal(path)


ODD = (None, True, -1, 0, 2**63, 1.5, "", "x", "\u202e", [], {}, [[]], ["contact", "0"], "9" * 30)


def _places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, each in items:
        yield from _places(each, (*path, key))


def test_mutated_lines_with_a_right_hash_burst_nothing(path) -> None:
    rng, body = random.Random(7), lines(path)[:-1]
    n_refused = 0
    for _ in range(N_MUTATIONS):
        mutant = json.loads(json.dumps(body))
        places = [place for place in _places(mutant) if place]
        *way, last = rng.choice(places)
        holder = mutant
        for key in way:
            holder = holder[key]
        if rng.random() < 0.2:
            del holder[last]
        else:
            holder[last] = rng.choice(ODD)
        raw = "".join(
            json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
            for line in mutant
        )
        seal(path, raw.encode())
        n_refused += _is_refused(path)
    assert n_refused > N_MUTATIONS * 0.6


def _is_refused(path) -> bool:
    try:
        read_plan(path)
    except InputError as error:
        return "\n" not in str(error)
    return False
