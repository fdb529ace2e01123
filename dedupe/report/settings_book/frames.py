"""The frame of each section: `id`, then the columns of its layout, in the order to be read in."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from dedupe.audit.facts import live_records
from dedupe.contracts import Account

from .measures import deal_use, field_use, live, tag_use, task_use

_ENTITIES = ("contact", "company", "deal")
_ACTIONS = ("view", "add", "edit", "delete", "export")
_SECRET = re.compile(r"(?=[^/]*\d)[\w\-.:=~%]{20,}")


def _by_id(*columns: str) -> list[pl.Expr]:
    """Return sort keys under which ids that are numbers stand as numbers do."""
    return [key for column in columns for key in (pl.col(column).str.len_bytes(), pl.col(column))]


def _entity_order() -> pl.Expr:
    return pl.col("entity").replace_strict(
        dict(zip(_ENTITIES, range(3), strict=True)), default=9, return_dtype=pl.Int32
    )


def _key(*columns: str) -> pl.Expr:
    return pl.concat_str(*columns, separator="/")


def _names(account: Account, table: str, what: str) -> pl.DataFrame:
    """Return the names of the settings of `table`, to join by the id `<what>_id`."""
    frame = account.frame(table).select("id", "name").unique("id", keep="first")
    return frame.rename({"id": f"{what}_id", "name": what})


def _fields_named(account: Account) -> pl.DataFrame:
    fields = account.frame("fields").unique(["entity", "id"], keep="first")
    return fields.select("entity", field_id="id", field="name")


def _stages_named(account: Account) -> pl.DataFrame:
    stages = account.frame("statuses").unique(["pipeline_id", "id"], keep="first")
    return stages.select("pipeline_id", stage_id="id", stage="name")


def _placed(frame: pl.DataFrame, *, within: str | None = None) -> pl.DataFrame:
    """Return `frame` in its own order with a column `place`, counted inside `within`."""
    order = [pl.col("sort").fill_null(1 << 30), *_by_id("id")]
    sorted_ = frame.sort(order)
    place = pl.int_range(1, pl.len() + 1)
    return sorted_.with_columns(place=place if within is None else place.over(within))


def _passport(account: Account) -> pl.DataFrame:
    settings = account.settings
    told: dict[str, object] = {
        name: settings.get(name) for name in ("name", "country", "currency", "timezone")
    }
    oldest = live(account).select(pl.min("created_at")).collect().item()
    users = account.frame("users").filter(pl.col("is_active").fill_null(value=True))
    admins = users.filter(pl.col("is_admin").fill_null(value=False))
    deals = live_records(account, "deal").select("state").collect()
    told |= {
        "id": "account",
        "crm": account.crm,
        "host": account.host,
        "account_id": account.account_id,
        "read_from": account.read_from,
        "read_to": account.read_to,
        "oldest_at": oldest,
        "contacts": live_records(account, "contact").select(pl.len()).collect().item(),
        "companies": live_records(account, "company").select(pl.len()).collect().item(),
        "deals": deals.height,
        "open_deals": (deals["state"] == "open").sum(),
        "tasks": account.frame("tasks").height,
        "active_users": users.height,
        "administrators": admins.height,
    }
    return pl.DataFrame([told])


def _fields(account: Account) -> pl.DataFrame:
    choices = _choices(account).group_by("entity", "field_id", maintain_order=True)
    required = _required(account).with_columns(at=pl.concat_str("pipeline", "stage",
                                                                separator=" → "))  # fmt: skip
    fields = account.frame("fields")
    joined = (
        fields.join(choices.agg(choices=pl.col("name").drop_nulls()),
                    left_on=["entity", "id"], right_on=["entity", "field_id"], how="left")
        .join(required.group_by("entity", "field_id", maintain_order=True).agg(required="at"),
              left_on=["entity", "id"], right_on=["entity", "field_id"], how="left")
        .join(field_use(account), left_on=["entity", "id"], right_on=["entity", "field_id"],
              how="left")
    )  # fmt: skip
    ordered = joined.sort([_entity_order(), "entity", pl.col("sort"), *_by_id("id")])
    return ordered.with_columns(
        pl.col("choices", "required").fill_null([]),
        pl.col("filled").fill_null(0),
        pl.col("share").fill_null(0.0),
        id=_key("entity", "id"),
    )


def _choices(account: Account) -> pl.DataFrame:
    enums = _placed(account.frame("field_enums").with_columns(
        field_key=_key("entity", "field_id")), within="field_key")  # fmt: skip
    named = enums.join(_fields_named(account), on=["entity", "field_id"], how="left")
    ordered = named.sort([_entity_order(), "entity", *_by_id("field_id"), "place"])
    return ordered.with_columns(name="value", id=_key("entity", "field_id", "id"))


def _required(account: Account) -> pl.DataFrame:
    rows = account.frame("field_statuses").rename({"status_id": "stage_id"})
    named = (
        rows.join(_fields_named(account), on=["entity", "field_id"], how="left")
        .join(_names(account, "pipelines", "pipeline"), on="pipeline_id", how="left")
        .join(_stages_named(account), on=["pipeline_id", "stage_id"], how="left")
    )
    keys = ("pipeline_id", "stage_id", "field_id")
    whole = pl.concat_str("entity", "field_id", pl.col("pipeline_id").fill_null("-"), "stage_id",
                          separator="/")  # fmt: skip
    return named.sort([_entity_order(), *_by_id(*keys)]).with_columns(id=whole)


def _pipelines(account: Account) -> pl.DataFrame:
    rows = _placed(account.frame("pipelines"))
    used = deal_use(account, "pipeline_id")
    joined = rows.join(
        used, left_on="id", right_on="pipeline_id", how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col("open_deals").fill_null(0))


def _stages(account: Account) -> pl.DataFrame:
    rows = _placed(account.frame("statuses"), within="pipeline_id")
    order = _placed(account.frame("pipelines")).select(pipeline_id="id", at="place")
    used = deal_use(account, "pipeline_id", "status_id").rename({"status_id": "id"})
    joined = (
        rows.join(order, on="pipeline_id", how="left")
        .join(_names(account, "pipelines", "pipeline"), on="pipeline_id", how="left")
        .join(used, on=["pipeline_id", "id"], how="left")
        .sort([pl.col("at").fill_null(1 << 30), *_by_id("pipeline_id"), "place"])
    )
    return joined.with_columns(
        pl.col("deals").fill_null(0), money="stage_money", id=_key("pipeline_id", "id")
    )


def _users(account: Account) -> pl.DataFrame:
    used = deal_use(account, "owner_id").select(id="owner_id", open_deals="open_deals")
    joined = (
        account.frame("users")
        .join(_names(account, "user_groups", "group"), on="group_id", how="left")
        .join(_names(account, "roles", "role"), on="role_id", how="left")
        .join(used, on="id", how="left")
    )
    return joined.with_columns(pl.col("open_deals").fill_null(0)).sort(_by_id("id"))


def _held(table: str, column: str) -> Callable[[Account], pl.DataFrame]:
    """Return the frame of a table of names with the number of active users that have each."""

    def frame(account: Account) -> pl.DataFrame:
        active = account.frame("users").filter(pl.col("is_active").fill_null(value=True))
        counted = active.group_by(id=column).agg(users=pl.len())
        joined = account.frame(table).join(counted, on="id", how="left")
        return joined.with_columns(pl.col("users").fill_null(0)).sort(_by_id("id"))

    return frame


def _rights(account: Account) -> pl.DataFrame:
    rights = account.frame("user_rights").filter(pl.col("entity") != "mail")
    scope = {
        action: pl.col("scope").filter(pl.col("action") == action).min() for action in _ACTIONS
    }
    wide = rights.group_by("user_id", "entity").agg(**scope)
    named = wide.join(_names(account, "users", "user"), on="user_id", how="left")
    ordered = named.sort([*_by_id("user_id"), _entity_order(), "entity"])
    return ordered.with_columns(id=_key("user_id", "entity"))


def _mail(account: Account) -> pl.DataFrame:
    rights = account.frame("user_rights").filter(pl.col("entity") == "mail")
    held = rights.group_by("user_id").agg(access=pl.min("scope"))
    named = held.join(_names(account, "users", "user"), on="user_id", how="left")
    return named.sort(_by_id("user_id")).with_columns(id="user_id")


def _loss_reasons(account: Account) -> pl.DataFrame:
    used = deal_use(account, "loss_reason_id", where=pl.col("state") == "lost")
    joined = _placed(account.frame("loss_reasons")).join(
        used, left_on="id", right_on="loss_reason_id", how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col("deals").fill_null(0))


def _task_types(account: Account) -> pl.DataFrame:
    joined = account.frame("task_types").join(
        task_use(account), left_on="id", right_on="task_type_id", how="left"
    )
    return joined.with_columns(pl.col("tasks").fill_null(0)).sort(_by_id("id"))


def _tags(account: Account) -> pl.DataFrame:
    joined = account.frame("tags").join(tag_use(account), on=["entity", "name"], how="left")
    ordered = joined.sort([_entity_order(), "entity", *_by_id("id")])
    return ordered.with_columns(pl.col("records").fill_null(0), id=_key("entity", "id"))


def _sources(account: Account) -> pl.DataFrame:
    used = deal_use(account, "source_id").select(id="source_id", deals="deals", last="last_deal")
    joined = (
        account.frame("sources")
        .join(_names(account, "pipelines", "pipeline"), on="pipeline_id", how="left")
        .join(used, on="id", how="left")
    )
    counted = joined.with_columns(pl.col("deals").fill_null(0), last_deal="last")
    return counted.sort(_by_id("id"))


def _webhooks(account: Account) -> pl.DataFrame:
    hooks = account.frame("webhooks").sort(_by_id("id"))
    shown = pl.Series("destination", [open_address(each) for each in hooks["destination"]],
                      dtype=pl.String)  # fmt: skip
    events = pl.col("events").str.split(",").list.eval(pl.element().filter(pl.element() != ""))
    return hooks.with_columns(shown, events=events.list.sort())


def open_address(address: str | None) -> str | None:
    """Return an address without what may be a key: sign-in, query, and long mixed words.

    >>> open_address("https://u:p@hook.example/in/1a2b3c4d5e6f7a8b9c0d1e2f?token=1")
    'https://hook.example/in/***?***'
    """
    if address is None:
        return None
    rest, query, _ = address.partition("#")[0].partition("?")
    scheme, found, place = rest.rpartition("://")
    host, slash, path = place.partition("/")
    words = [_SECRET.sub("***", word) for word in path.split("/")]
    shown = host.rpartition("@")[2] + slash + "/".join(words)
    return f"{scheme}{found}{shown}{'?***' if query else ''}"


def _widgets(account: Account) -> pl.DataFrame:
    return account.frame("widgets").sort(_by_id("id"))


def _unsorted(account: Account) -> pl.DataFrame:
    rows = account.frame("unsorted").group_by("pipeline_id", "category").agg(
        waiting=pl.len(),
        oldest_at=pl.min("created_at"),
        sources=pl.col("source_name").drop_nulls().unique().sort(),
    )  # fmt: skip
    named = rows.join(_names(account, "pipelines", "pipeline"), on="pipeline_id", how="left")
    whole = pl.concat_str(pl.col("pipeline_id", "category").fill_null("-"), separator="/")
    return named.sort([*_by_id("pipeline_id"), "category"]).with_columns(id=whole)


FRAMES: dict[str, Callable[[Account], pl.DataFrame]] = {
    "passport": _passport,
    "fields": _fields,
    "choices": _choices,
    "required": _required,
    "pipelines": _pipelines,
    "stages": _stages,
    "users": _users,
    "groups": _held("user_groups", "group_id"),
    "roles": _held("roles", "role_id"),
    "rights": _rights,
    "mail": _mail,
    "loss_reasons": _loss_reasons,
    "task_types": _task_types,
    "tags": _tags,
    "sources": _sources,
    "webhooks": _webhooks,
    "widgets": _widgets,
    "unsorted": _unsorted,
}
