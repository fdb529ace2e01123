"""Headers of phones, e-mails, messengers and sites, recognised by their words.

A header made only of plain words ("Мобильный телефон", "work_phone", "Телефон 2") is the
CRM's standard field, and its words give the label. One that says more ("Телефон
бухгалтерии", "WhatsApp", "доп. телефон") is a field of the account's own; its values
must look like numbers or addresses, which the caller checks.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PHONE = _words(
    "телефон телефоны телефона тел phone phones telephone tel мобильный моб сотовый mobile cell"
    " cellphone факс fax"
)
_PHONE_OWN = _words("whatsapp watsapp whatsap ватсап вотсап вацап вотсапп ватсапп viber вайбер wa")
_PHONE_PLAIN = _PHONE | _words(
    "номер номера number numbers no контактный контактные рабочий рабоч раб прямой домашний дом"
    " другой основной личный городской пейджера для sms рассылок work direct wd home other main"
    " primary personal business contact office контакта клиента абонента заказчика покупателя"
    " customer client"
)
_EMAIL = _words("email emails mail имейл мейл емейл емайл мыло почта почты emailaddress")
_EMAIL_PLAIN = _EMAIL | _words(
    "e эл электронная электронный электронной адрес address рабочий рабочая раб личный личная"
    " частный частная домашний другой другая основной основная контактный для рассылок work"
    " personal private priv home other main primary business contact"
)
_SITE = _words("web сайт сайты website site url www веб")
_SITE_PLAIN = _SITE | _words(
    "корпоративный личный рабочий другой частный адрес компании page страница corporate"
)
_MESSENGER = _words(
    "telegram телеграм телеграмм skype скайп icq мессенджер мессенджеры messenger instagram"
    " инстаграм инстаграмм vk вк вконтакте facebook фейсбук im tg тг"
)
_MESSENGER_PLAIN = _MESSENGER | _words(
    "id ник nick nickname username аккаунт account ссылка link профиль profile url"
)
# The first word that a header has names the label: direct before work, a fax before all.
_PHONE_LABELS = (
    ("FAX", "факс fax"),
    ("WORKDD", "прямой direct"),
    ("MOB", "мобильный моб сотовый mobile cell cellphone sms"),
    ("HOME", "домашний дом home"),
    ("WORK", "рабочий рабоч раб work business office"),
)
_EMAIL_LABELS = (
    ("WORK", "рабочий рабочая раб work business"),
    ("PRIV", "личный личная частный частная домашний personal private priv home"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHeader:
    """What a header says of a channel; `is_numbered` for "Телефон 2"."""

    kind: str  # phone | email | messenger | site
    label: str
    field_id: str
    is_standard: bool
    is_numbered: bool = False


def channel_of(header: str) -> ChannelHeader | None:
    """Recognise the header of a channel; None when it speaks of something else.

    >>> channel_of("Рабочий прямой телефон").label, channel_of("work_phone").label
    ('WORKDD', 'WORK')
    >>> channel_of("Доп. телефон").field_id, channel_of("Телефония"), channel_of("Адрес")
    ('Доп. телефон', None, None)
    """
    words = header_words(header)
    plain = words - {word for word in words if word.isdigit()}
    if plain & _SITE and plain <= _SITE_PLAIN:
        return ChannelHeader(kind="site", label="OTHER", field_id="WEB", is_standard=True)
    if plain & _MESSENGER and plain <= _MESSENGER_PLAIN:
        return _own("messenger", header)
    if plain & _EMAIL:
        return _standard_or_own("email", header, plain, words)
    if plain & (_PHONE | _PHONE_OWN):
        return _standard_or_own("phone", header, plain, words)
    return None


def header_words(header: str) -> frozenset[str]:
    """Cut a header into lower-case words and numbers; camelCase and e-mail are understood."""
    text = re.sub("(?i)whats[ -]?app", "whatsapp", unicodedata.normalize("NFKC", header))
    text = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", text).casefold().replace("ё", "е")
    text = re.sub(r"\be[-‐ ]?mail", "email", text)
    return frozenset(re.findall(r"[^\W\d_]+|\d+", text))


def standard_channel(kind: str, header: str) -> ChannelHeader:
    """Return the channel of a column that `--map` calls a phone, an e-mail and so on."""
    if kind == "messenger":
        return _own(kind, header)
    words = header_words(header)
    field_id = "WEB" if kind == "site" else kind.upper()
    return ChannelHeader(kind=kind, label=_label(kind, words), field_id=field_id, is_standard=True)


def _standard_or_own(
    kind: str, header: str, plain: frozenset[str], words: frozenset[str]
) -> ChannelHeader:
    known = _EMAIL_PLAIN if kind == "email" else _PHONE_PLAIN
    if not plain <= known:
        return _own(kind, header)
    return ChannelHeader(
        kind=kind,
        label=_label(kind, plain),
        field_id=kind.upper(),
        is_standard=True,
        is_numbered=plain != words,
    )


def _own(kind: str, header: str) -> ChannelHeader:
    return ChannelHeader(kind=kind, label=header, field_id=header, is_standard=False)


def _label(kind: str, words: frozenset[str]) -> str:
    labels = {"phone": _PHONE_LABELS, "email": _EMAIL_LABELS}.get(kind, ())
    return next((label for label, named in labels if words & set(named.split())), "OTHER")
