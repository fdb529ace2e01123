"""Mail services that anybody may have an address at: who has one is nobody's firm.

Normalizing reads them in clients' addresses, the audit in employees'.
"""

from __future__ import annotations

_DOMAINS = """
    mail.ru bk.ru inbox.ru list.ru internet.ru xmail.ru yandex.ru ya.ru yandex.com yandex.by
    yandex.kz yandex.ua yandex.uz narod.ru rambler.ru lenta.ru autorambler.ru myrambler.ru ro.ru
    gmail.com googlemail.com outlook.com hotmail.com live.com live.ru msn.com icloud.com me.com
    mac.com yahoo.com ymail.com aol.com proton.me protonmail.com pm.me ukr.net i.ua meta.ua
    bigmir.net tut.by qip.ru pochta.ru fromru.com sibmail.com ngs.ru e1.ru nm.ru hotbox.ru km.ru
    vk.com mail.ua mail.kz mail.by mail.com gmx.com gmx.de web.de qq.com 163.com 126.com
    foxmail.com naver.com zoho.com fastmail.com tutanota.com tuta.io seznam.cz wp.pl o2.pl
    abv.bg inbox.lv inbox.lt
"""
FREE_MAIL = frozenset(_DOMAINS.split())
