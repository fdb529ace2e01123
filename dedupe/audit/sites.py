"""Domains of companies' own sites, out of what people write into the field.

Social networks, portals and hosts of free pages are anybody's: they say nothing of who a
company is. A page of a host (firm.narod.ru) is a site of its own.
"""

from __future__ import annotations

import polars as pl

from .facts import Facts
from .likeness import largest

_MOST_FIRMS = 10  # on one domain; beyond, it is a host's or a network's
_DOMAIN = r"^(?:[a-z][a-z0-9+.\-]*:)?(?://)?(?:[^/@]*@)?(?:www\d?\.|m\.)?([^/:?#]+\.[^/:?#.]{2,})"
_SOCIAL = (
    "vk.com vk.ru vkontakte.ru ok.ru odnoklassniki.ru facebook.com fb.com instagram.com t.me"
    " telegram.me telegram.org wa.me whatsapp.com youtube.com youtu.be rutube.ru dzen.ru x.com"
    " twitter.com linkedin.com tiktok.com pinterest.com pinterest.ru avito.ru hh.ru 2gis.ru"
    " yandex.ru ya.ru google.com google.ru goo.gl mail.ru rambler.ru bk.ru inbox.ru list.ru"
    " gmail.com gosuslugi.ru zakupki.gov.ru rusprofile.ru list-org.com taplink.cc taplink.ws"
    " linktr.ee bit.ly clck.ru ozon.ru wildberries.ru aliexpress.ru aliexpress.com cian.ru auto.ru"
    " drom.ru farpost.ru flamp.ru zoon.ru yell.ru example.com example.org example.ru"
)
_HOSTS = (
    "narod.ru ucoz.ru ucoz.com ucoz.net tilda.ws wixsite.com wix.com wordpress.com blogspot.com"
    " blogspot.ru jimdo.com jimdofree.com nethouse.ru tiu.ru pulscen.ru satom.ru deal.by all.biz"
    " github.io web.app livejournal.com myinsales.ru umi.ru okis.ru a5.ru business.site weebly.com"
    " bitrix24.ru bitrix24.site bitrix24shop.ru squarespace.com wordpress.ru"
)


def domains(facts: Facts) -> pl.LazyFrame:
    """Return record_id and key: the domain of each company's site that most companies share."""
    sites = (
        facts.account.frame("channels")
        .lazy()
        .filter((pl.col("entity") == "company") & (pl.col("kind") == "site"))
        .join(facts.live("company").select(record_id="id"), on="record_id", how="semi")
        .select("record_id", word=pl.col("raw").str.to_lowercase().str.extract_all(r"[^\s,;]+"))
        .explode("word")
        .select("record_id", key=pl.col("word").str.extract(_DOMAIN).str.strip_chars("."))
        .drop_nulls("key")
        .unique()
    )
    is_few = pl.len().over("key") <= _MOST_FIRMS
    return largest(sites.filter(~_is_social() & ~pl.col("key").is_in(_HOSTS.split()) & is_few))


def _is_social() -> pl.Expr:
    return pl.any_horizontal(
        (pl.col("key") == site) | pl.col("key").str.ends_with(f".{site}")
        for site in _SOCIAL.split()
    )
