"""The account itself, its users and roles."""

from __future__ import annotations

from dedupe.sandbox.server.reply import Reply, Request
from dedupe.sandbox.server.routes import Route

from ..answers import linked, one_reply, paged
from ..query import read_query, with_
from ..state import State
from ..table import Record
from . import rights

_NAME = "Вымышленная компания"
_ZONE = "Europe/Moscow"


def get_account(state: State, request: Request) -> Reply:
    """GET /account: who we are, with what `with` asks for."""
    wanted, told = with_(read_query(request.query)), state.settings
    subdomain = state.host.split(".")[0]
    account: Record = {
        "id": state.account_id,
        "name": told.get("name") or _NAME,
        "subdomain": subdomain,
        "current_user_id": request.user_id,
        "country": told.get("country") or "RU",
        "currency": told.get("currency") or "RUB",
        "customers_mode": "disabled",
        "is_unsorted_on": any(p["is_unsorted_on"] for p in state.pipelines()),
        "is_loss_reason_enabled": True,
        "is_helpbot_enabled": False,
        "is_technical_account": False,
        "contact_name_display_order": 1,
    }
    account |= _more(state, wanted)
    account = linked(request, "account", account)
    embedded = _embedded(state, wanted)
    return Reply(200, account | ({"_embedded": embedded} if embedded else {}))


def _more(state: State, wanted: frozenset[str]) -> Record:
    more: Record = {
        "amojo_id": f"00000000-0000-4000-8000-{state.account_id:012d}",
        "uuid": f"00000000-0000-4000-9000-{state.account_id:012d}",
        "version": 16,
        "entity_names": {"leads": {"ru": {"gender": "f"}}},
        "drive_url": "https://drive-b.amocrm.ru",
        "is_api_filter_enabled": state.options.has_filters,
        "invoices_settings": None,
    }
    return {name: value for name, value in more.items() if name in wanted}


def _embedded(state: State, wanted: frozenset[str]) -> Record:
    embedded: Record = {}
    if "amojo_rights" in wanted:
        embedded["amojo_rights"] = {"can_direct": True, "can_create_groups": True}
    if "users_groups" in wanted:
        embedded["users_groups"] = state.all("groups")
    if "task_types" in wanted:
        embedded["task_types"] = state.all("task_types")
    if "datetime_settings" in wanted:
        embedded["datetime_settings"] = {
            "date_pattern": "d.m.Y H:i",
            "short_date_pattern": "d.m.Y",
            "short_time_pattern": "H:i",
            "date_formant": "d.m.Y",
            "time_format": "H:i:s",
            "timezone": state.settings.get("timezone") or _ZONE,
            "timezone_offset": "+03:00",
        }
    return embedded


def list_users(state: State, request: Request) -> Reply:
    """GET /users: administrators only."""
    if not rights.is_admin(state, request):
        return rights.forbidden()
    tree = read_query(request.query)
    users = [_user(state, request, user, with_(tree)) for user in state.all("users")]
    return paged(request, tree, "users", users, is_counted=True)


def get_user(state: State, request: Request) -> Reply:
    """GET /users/{id}: administrators only."""
    if not rights.is_admin(state, request):
        return rights.forbidden()
    user = state.user(int(request.values["id"]))
    wanted = with_(read_query(request.query))
    return one_reply(None if user is None else _user(state, request, user, wanted))


def _user(state: State, request: Request, user: Record, wanted: frozenset[str]) -> Record:
    phone = user.pop("phone_number")
    user = linked(request, f"users/{user['id']}", user)
    if "phone_number" in wanted:
        user["phone_number"] = phone
    for name in ("uuid", "amojo_id"):
        if name in wanted:
            user[name] = f"00000000-0000-4000-a000-{user['id']:012d}"
    if "user_rank" in wanted:
        user["user_rank"] = None
    embedded: Record = {}
    if "role" in wanted:
        role = state.get("roles", user["rights"]["role_id"] or 0)
        short = {name: role[name] for name in ("id", "name")} if role else {}
        embedded["roles"] = [linked(request, f"roles/{role['id']}", short)] if role else []
    if "group" in wanted:
        group = state.get("groups", user["rights"]["group_id"] or 0)
        embedded["groups"] = [{"id": group["id"], "name": group["name"]}] if group else []
    return user | ({"_embedded": embedded} if embedded else {})


def list_roles(state: State, request: Request) -> Reply:
    """GET /roles: administrators only."""
    if not rights.is_admin(state, request):
        return rights.forbidden()
    tree = read_query(request.query)
    roles = [_role(state, request, role, with_(tree)) for role in state.all("roles")]
    return paged(request, tree, "roles", roles, is_counted=True)


def get_role(state: State, request: Request) -> Reply:
    """GET /roles/{id}: administrators only."""
    if not rights.is_admin(state, request):
        return rights.forbidden()
    role = state.get("roles", int(request.values["id"]))
    wanted = with_(read_query(request.query))
    return one_reply(None if role is None else _role(state, request, role, wanted))


def _role(state: State, request: Request, role: Record, wanted: frozenset[str]) -> Record:
    role = linked(request, f"roles/{role['id']}", role)
    if "users" in wanted:
        members = [u for u in state.all("users") if u["rights"]["role_id"] == role["id"]]
        shown = [linked(request, f"users/{u['id']}", {"id": u["id"]}) for u in members]
        role["_embedded"] = {"users": shown}
    return role


ROUTES = (
    Route("GET", "/api/v4/account", get_account),
    Route("GET", "/api/v4/users", list_users),
    Route("GET", "/api/v4/users/{id:[0-9]{1,18}}", get_user),
    Route("GET", "/api/v4/roles", list_roles),
    Route("GET", "/api/v4/roles/{id:[0-9]{1,18}}", get_role),
)
