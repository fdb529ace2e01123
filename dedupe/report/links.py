"""The address of a record's card in its CRM."""

from __future__ import annotations

import re

_LINKS = {
    "amocrm": {
        "contact": "/contacts/detail/{id}",
        "company": "/companies/detail/{id}",
        "deal": "/leads/detail/{id}",
    },
    "bitrix24": {
        "contact": "/crm/contact/details/{id}/",
        "company": "/crm/company/details/{id}/",
        "deal": "/crm/deal/details/{id}/",
    },
}
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?")
_ID = re.compile(r"[0-9]{1,20}")


def card_url(crm: str, host: str, entity: str, record_id: str) -> str:
    """Return the address of a record's card in its CRM, or nothing where it is not known.

    >>> card_url("amocrm", "demo.amocrm.ru", "deal", "17")
    'https://demo.amocrm.ru/leads/detail/17'
    """
    path = _LINKS.get(crm, {}).get(entity)
    name = host.removeprefix("https://").rstrip("/")
    if path is None or not _HOST.fullmatch(name) or not _ID.fullmatch(record_id):
        return ""
    return f"https://{name}{path.format(id=record_id)}"
