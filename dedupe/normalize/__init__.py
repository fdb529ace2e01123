"""Phones, e-mails and names: what people typed, as values that compare.

One value: `read_phones`, `read_emails`, `parse_person`, `parse_company`, `read_tax_numbers`,
`name_status`. A column of values: `parse_column` (one number a string, as libphonenumber judges
it), `build_persons`, `build_companies`, `build_tax_numbers`. A whole account: `build_values`,
`build_names`, `mark_templates`, `mark_shared`, `propose_values`.

>>> from dedupe.normalize import parse_person, read_phones
>>> [number.value for number in read_phones("8 (8412) 22-31-61/62")]
['+78412223161', '+78412223162']
>>> parse_person("Петрова Саша И.").given_names >= {"Александра"}
True
"""

from __future__ import annotations

from .columns import build_names, build_values, own_keys
from .company import CompanyName, forms_conflict, parse_company
from .company_columns import build_companies, build_tax_numbers
from .email_typos import count_domains, suggest_domains
from .emails import EmailFound, read_emails
from .given_names import full_names
from .name_templates import mark_templates
from .names import NameStatus, match_key, name_status
from .person import PersonName, parse_person, person_key
from .person_columns import build_persons
from .phone_column import is_region, parse_column
from .phone_columns import PhoneSettings
from .phones import PhoneFound, read_alternatives, read_phones
from .proposals import propose_values
from .shared import mark_shared
from .shares import name_shares
from .skeleton import skeleton, skeleton_column
from .tax_numbers import TaxNumber, read_tax_number, read_tax_numbers
from .traits import build_traits

__all__ = [
    "CompanyName",
    "EmailFound",
    "NameStatus",
    "PersonName",
    "PhoneFound",
    "PhoneSettings",
    "TaxNumber",
    "build_companies",
    "build_names",
    "build_persons",
    "build_tax_numbers",
    "build_traits",
    "build_values",
    "count_domains",
    "forms_conflict",
    "full_names",
    "is_region",
    "mark_shared",
    "mark_templates",
    "match_key",
    "name_shares",
    "name_status",
    "own_keys",
    "parse_column",
    "parse_company",
    "parse_person",
    "person_key",
    "propose_values",
    "read_alternatives",
    "read_emails",
    "read_phones",
    "read_tax_number",
    "read_tax_numbers",
    "skeleton",
    "skeleton_column",
    "suggest_domains",
]
