"""The words for what is compared, in reports and on the page of the review."""

from __future__ import annotations

from dedupe.language import N_

COMPARISONS = {
    "surname": N_("surname"),
    "given": N_("given name"),
    "patronymic": N_("patronymic"),
    "company": N_("company"),
    "city": N_("city"),
    "birth_date": N_("birth date"),
    "tax_id": N_("tax number"),
    "address": N_("address"),
    "postcode": N_("postcode"),
    "phone": N_("phone"),
    "email": N_("e-mail"),
    "owner": N_("person in charge"),
    "deal": N_("deal"),
}
