"""The frames that stages make of a snapshot and hand to each other."""

from __future__ import annotations

from .base import FLAG, NUMBER, TEXT, WHOLE, contract

CERTAIN = 0.85  # from here a value may be written back without a person's look

VALUES = contract(  # channels.parquet: one row per number or address found, after splitting
    "values",
    "entity record_id kind position part",
    entity=TEXT,
    record_id=TEXT,
    kind=TEXT,  # phone | email
    raw=TEXT,
    position=WHOLE,  # of the raw value on the card
    value=TEXT,  # E.164 or address; the digits of a local number; null where nothing was read
    extension=TEXT,
    status=TEXT,  # valid | local | placeholder | shared | own | invalid
    reason=TEXT,  # why the status is not valid: text, too_short, ...
    rule=TEXT,  # how the value was cut out of the raw one: whole, separator, glued, ...
    part=WHOLE,  # order of the value inside the raw one, from 0
    confidence=NUMBER,  # 0 to 1; below CERTAIN a cut serves matching and is never written back
    n_repeats=WHOLE,  # how often the raw value holds it, in whatever spelling; 0 if it holds none
    type=TEXT,  # mobile | fixed_line | fixed_or_mobile | toll_free | other; null for e-mails
    field_id=TEXT,
    match_key=TEXT,  # equal keys are the same number or mailbox; null where it is no evidence
)
NAMES = contract(
    "names",
    "entity record_id",
    entity=TEXT,
    record_id=TEXT,
    status=TEXT,  # ok | empty | placeholder | junk
    reason=TEXT,  # for junk: phone, email, telephony, chat, test, ...
    match_key=TEXT,  # spelling-blind: equal keys are the same name
)
TRAITS = contract(  # what a card says of its bearer, made comparable; one row a card
    "traits",
    "entity record_id",
    entity=TEXT,
    record_id=TEXT,
    given=TEXT,  # lower case, "ё" as "е"
    given_key=TEXT,  # what it may stand for, joined by "|": equal in part is the same name
    given_sound=TEXT,  # blind to script: what measures of likeness read
    surname=TEXT,
    surname_key=TEXT,  # blind to gender and script
    patronymic=TEXT,
    patronymic_key=TEXT,
    company=TEXT,  # the name without the legal form
    company_key=TEXT,
    tax_id=TEXT,  # the digits or letters alone
    tax_ok=FLAG,  # the tax number's checksum is right
    birth_date=WHOLE,  # yyyymmdd; 0 for a part that is not told
    address=TEXT,
    city=TEXT,
    city_key=TEXT,
    postcode=TEXT,
)
PAIRS = contract(  # candidate pairs worth a word; level columns g_* and weights w_* follow
    "pairs",
    "entity left_id right_id",
    entity=TEXT,
    left_id=TEXT,
    right_id=TEXT,
    weight=NUMBER,  # bits, the prior's included
    probability=NUMBER,
    tier=TEXT,  # auto | review | reject
)
PROPOSALS = contract(  # what a raw value should become
    "proposals",
    "entity record_id kind position",
    entity=TEXT,
    record_id=TEXT,
    kind=TEXT,
    position=WHOLE,
    raw=TEXT,
    proposal=TEXT,  # null where there is nothing to change
    action=TEXT,  # split | drop_repeat | normalize | correct | none
    confidence=NUMBER,  # the least of the parts'; null where nothing was read
    is_automatic=FLAG,  # certain, and nothing that the raw value holds would be lost
)
GROUPS = contract(  # records that share a match key, directly or through a chain
    "groups",
    "kind entity record_id",
    kind=TEXT,  # phone | email
    entity=TEXT,
    record_id=TEXT,
    group=TEXT,  # the smallest record id of the group
    value=TEXT,  # the shared values of this record, joined by a space
    is_off_field=FLAG,  # the group shares a number that some card holds in another field
)
CLUSTERS = contract(
    "clusters",
    "entity record_id",
    entity=TEXT,
    cluster_id=TEXT,
    record_id=TEXT,
    survivor=FLAG,
    tier=TEXT,  # auto | review
)
MARKED = contract(  # cards that carry the mark of a merged duplicate (see dedupe.plan.marks)
    "marked",
    "entity record_id",
    entity=TEXT,
    record_id=TEXT,
    survivor=TEXT,  # the card that stands for it; null where none does
    reason=TEXT,  # why it is needed still: no_survivor | values | deals | ...; null: it is not
)
FINDINGS = contract(
    "findings",
    "code entity record_id field value",
    code=TEXT,
    entity=TEXT,
    record_id=TEXT,
    group=TEXT,
    field=TEXT,
    value=TEXT,
    proposal=TEXT,
    severity=TEXT,  # error | warning | info
    confidence=NUMBER,  # of the proposal; from CERTAIN on it may be written without a look
    money=NUMBER,  # at risk with the record: a deal's price, the open deals of a card; null: none
)
