"""`crmclean verify`: reads again, names what is no longer so, and writes nothing."""

from __future__ import annotations

from tests.acted import ALLOW, acted, planned

__all__ = ["acted"]


def test_a_run_is_as_it_was_left_until_somebody_writes(acted) -> None:
    told = acted.told("apply", acted.put_plan(), *ALLOW)
    n_writes = len(acted.writes())
    found = acted.told("verify", told["run_id"])
    assert found["schema"] == "crmclean.verify/1"
    assert (acted.code, found["changed"]) == (0, {})
    assert found["as_left"] == found["groups"] == len(planned().groups)
    merge = planned().groups[0]
    card = acted.box.state.get("contacts", int(merge.losers[0].id))
    card["_embedded"]["tags"] = []
    acted.box.change(do="put", kind="contacts", record=card)
    assert acted.crmclean("verify", told["run_id"]) == 3
    assert f"{merge.id}: changed since" in acted.out
    assert len(acted.writes()) == n_writes


def test_a_run_that_is_not_known(acted) -> None:
    assert acted.crmclean("verify", "r-unknown") == 2
    assert acted.box.requests["n"] == 0


def test_an_undo_that_left_peoples_work_alone_is_as_it_was_left(acted) -> None:
    told = acted.told("apply", acted.put_plan("split"), *ALLOW)
    ref = planned(("split",)).groups[1].members[0]
    card = acted.box.state.get("contacts", int(ref.id))
    for field in card["custom_fields_values"]:
        field["values"] = [{**field["values"][0], "value": "+7 000 000-00-01"}]
    acted.box.change(do="put", kind="contacts", record=card)
    undone = acted.told("undo", told["run_id"], "--yes")
    assert acted.code == 0
    assert acted.crmclean("verify", undone["run_id"]) == 0
