"""Where a telephone number is at home: the region, and the time zone if there is but one.

The Russian plan gives an area code to each region; a mobile number tells neither region nor
zone (operators' ranges do, but numbers are carried from one operator to another), nor does a
free one. Of other countries the calling code is read, and the zone where they have one alone.
phonenumbers' geocoder knows towns too, but costs half a second and 70 MB to load, and knows no
more of mobile numbers. Names are msgids.
"""

from __future__ import annotations

import polars as pl

from dedupe.language import N_

MOBILE, NO_REGION = N_("Russia, mobile"), N_("Russia, no region")
ABROAD = N_("other countries")
# Digits after the plus: the name, and the time zone (None: there are several).
_PLACES: dict[str, tuple[str, str | None]] = {
    "7301": (N_("Buryatia"), "Asia/Irkutsk"),
    "7302": (N_("Zabaykalsky Krai"), "Asia/Chita"),
    "7341": (N_("Udmurtia"), "Europe/Samara"),
    "7342": (N_("Perm Krai"), "Asia/Yekaterinburg"),
    "7343": (N_("Sverdlovsk Oblast"), "Asia/Yekaterinburg"),
    "7345": (N_("Tyumen Oblast"), "Asia/Yekaterinburg"),
    "7346": (N_("Khanty-Mansi"), "Asia/Yekaterinburg"),
    "7347": (N_("Bashkortostan"), "Asia/Yekaterinburg"),
    "7349": (N_("Yamalo-Nenets"), "Asia/Yekaterinburg"),
    "7351": (N_("Chelyabinsk Oblast"), "Asia/Yekaterinburg"),
    "7352": (N_("Kurgan Oblast"), "Asia/Yekaterinburg"),
    "7353": (N_("Orenburg Oblast"), "Asia/Yekaterinburg"),
    "7365": (N_("Crimea"), "Europe/Moscow"),
    "7381": (N_("Omsk Oblast"), "Asia/Omsk"),
    "7382": (N_("Tomsk Oblast"), "Asia/Tomsk"),
    "7383": (N_("Novosibirsk Oblast"), "Asia/Novosibirsk"),
    "7384": (N_("Kemerovo Oblast"), "Asia/Novokuznetsk"),
    "7385": (N_("Altai Krai"), "Asia/Barnaul"),
    "7388": (N_("Altai Republic"), "Asia/Barnaul"),
    "7390": (N_("Khakassia"), "Asia/Krasnoyarsk"),
    "7391": (N_("Krasnoyarsk Krai"), "Asia/Krasnoyarsk"),
    "7394": (N_("Tuva"), "Asia/Krasnoyarsk"),
    "7395": (N_("Irkutsk Oblast"), "Asia/Irkutsk"),
    "7411": (N_("Sakha (Yakutia)"), "Asia/Yakutsk"),
    "7413": (N_("Magadan Oblast"), "Asia/Magadan"),
    "7415": (N_("Kamchatka Krai"), "Asia/Kamchatka"),
    "7416": (N_("Amur Oblast"), "Asia/Yakutsk"),
    "7421": (N_("Khabarovsk Krai"), "Asia/Vladivostok"),
    "7423": (N_("Primorsky Krai"), "Asia/Vladivostok"),
    "7424": (N_("Sakhalin Oblast"), "Asia/Sakhalin"),
    "7426": (N_("Jewish Autonomous Oblast"), "Asia/Vladivostok"),
    "7427": (N_("Chukotka"), "Asia/Anadyr"),
    "7471": (N_("Kursk Oblast"), "Europe/Moscow"),
    "7472": (N_("Belgorod Oblast"), "Europe/Moscow"),
    "7473": (N_("Voronezh Oblast"), "Europe/Moscow"),
    "7474": (N_("Lipetsk Oblast"), "Europe/Moscow"),
    "7475": (N_("Tambov Oblast"), "Europe/Moscow"),
    "7481": (N_("Smolensk Oblast"), "Europe/Moscow"),
    "7482": (N_("Tver Oblast"), "Europe/Moscow"),
    "7483": (N_("Bryansk Oblast"), "Europe/Moscow"),
    "7484": (N_("Kaluga Oblast"), "Europe/Moscow"),
    "7485": (N_("Yaroslavl Oblast"), "Europe/Moscow"),
    "7486": (N_("Oryol Oblast"), "Europe/Moscow"),
    "7487": (N_("Tula Oblast"), "Europe/Moscow"),
    "7491": (N_("Ryazan Oblast"), "Europe/Moscow"),
    "7492": (N_("Vladimir Oblast"), "Europe/Moscow"),
    "7493": (N_("Ivanovo Oblast"), "Europe/Moscow"),
    "7494": (N_("Kostroma Oblast"), "Europe/Moscow"),
    "7495": (N_("Moscow"), "Europe/Moscow"),
    "7496": (N_("Moscow Oblast"), "Europe/Moscow"),
    "7498": (N_("Moscow Oblast"), "Europe/Moscow"),
    "7499": (N_("Moscow"), "Europe/Moscow"),
    "7811": (N_("Pskov Oblast"), "Europe/Moscow"),
    "7812": (N_("Saint Petersburg"), "Europe/Moscow"),
    "7813": (N_("Leningrad Oblast"), "Europe/Moscow"),
    "7814": (N_("Karelia"), "Europe/Moscow"),
    "7815": (N_("Murmansk Oblast"), "Europe/Moscow"),
    "7816": (N_("Novgorod Oblast"), "Europe/Moscow"),
    "7817": (N_("Vologda Oblast"), "Europe/Moscow"),
    "7818": (N_("Arkhangelsk Oblast"), "Europe/Moscow"),
    "7820": (N_("Vologda Oblast"), "Europe/Moscow"),
    "7821": (N_("Komi"), "Europe/Moscow"),
    "7831": (N_("Nizhny Novgorod Oblast"), "Europe/Moscow"),
    "7833": (N_("Kirov Oblast"), "Europe/Kirov"),
    "7834": (N_("Mordovia"), "Europe/Moscow"),
    "7835": (N_("Chuvashia"), "Europe/Moscow"),
    "7836": (N_("Mari El"), "Europe/Moscow"),
    "7841": (N_("Penza Oblast"), "Europe/Moscow"),
    "7842": (N_("Ulyanovsk Oblast"), "Europe/Ulyanovsk"),
    "7843": (N_("Tatarstan"), "Europe/Moscow"),
    "7844": (N_("Volgograd Oblast"), "Europe/Volgograd"),
    "7845": (N_("Saratov Oblast"), "Europe/Saratov"),
    "7846": (N_("Samara Oblast"), "Europe/Samara"),
    "7847": (N_("Kalmykia"), "Europe/Moscow"),
    "7848": (N_("Samara Oblast"), "Europe/Samara"),
    "7851": (N_("Astrakhan Oblast"), "Europe/Astrakhan"),
    "7855": (N_("Tatarstan"), "Europe/Moscow"),
    "7861": (N_("Krasnodar Krai"), "Europe/Moscow"),
    "7862": (N_("Krasnodar Krai"), "Europe/Moscow"),
    "7863": (N_("Rostov Oblast"), "Europe/Moscow"),
    "7865": (N_("Stavropol Krai"), "Europe/Moscow"),
    "7866": (N_("Kabardino-Balkaria"), "Europe/Moscow"),
    "7867": (N_("North Ossetia"), "Europe/Moscow"),
    "7869": (N_("Sevastopol"), "Europe/Moscow"),
    "7871": (N_("Chechnya"), "Europe/Moscow"),
    "7872": (N_("Dagestan"), "Europe/Moscow"),
    "7873": (N_("Ingushetia"), "Europe/Moscow"),
    "7877": (N_("Adygea"), "Europe/Moscow"),
    "7878": (N_("Karachay-Cherkessia"), "Europe/Moscow"),
    "7879": (N_("Stavropol Krai"), "Europe/Moscow"),
    "77": (N_("Kazakhstan"), "Asia/Almaty"),
    "76": (N_("Kazakhstan"), "Asia/Almaty"),
    "1": (N_("USA and Canada"), None),
    "371": (N_("Latvia"), "Europe/Riga"),
    "370": (N_("Lithuania"), "Europe/Vilnius"),
    "372": (N_("Estonia"), "Europe/Tallinn"),
    "373": (N_("Moldova"), "Europe/Chisinau"),
    "374": (N_("Armenia"), "Asia/Yerevan"),
    "375": (N_("Belarus"), "Europe/Minsk"),
    "380": (N_("Ukraine"), "Europe/Kyiv"),
    "992": (N_("Tajikistan"), "Asia/Dushanbe"),
    "993": (N_("Turkmenistan"), "Asia/Ashgabat"),
    "994": (N_("Azerbaijan"), "Asia/Baku"),
    "995": (N_("Georgia"), "Asia/Tbilisi"),
    "996": (N_("Kyrgyzstan"), "Asia/Bishkek"),
    "998": (N_("Uzbekistan"), "Asia/Tashkent"),
    "971": (N_("United Arab Emirates"), "Asia/Dubai"),
    "972": (N_("Israel"), "Asia/Jerusalem"),
    "86": (N_("China"), "Asia/Shanghai"),
    "90": (N_("Türkiye"), "Europe/Istanbul"),
    "49": (N_("Germany"), "Europe/Berlin"),
    "48": (N_("Poland"), "Europe/Warsaw"),
    "44": (N_("United Kingdom"), "Europe/London"),
    "33": (N_("France"), "Europe/Paris"),
    "39": (N_("Italy"), "Europe/Rome"),
    "34": (N_("Spain"), None),
    "79": (MOBILE, None),
    "7": (NO_REGION, None),
}
_LONGEST = max(map(len, _PLACES))


def places(numbers: pl.DataFrame) -> pl.DataFrame:
    """Add `region` and `zone` to `numbers`, whose `value` is a number in E.164."""
    heads = pl.col("value").str.slice(1, _LONGEST)
    known = numbers.select(head=heads).unique().drop_nulls().sort("head")
    found = [_place(head) for head in known["head"]]
    table = known.with_columns(
        region=pl.Series([name for name, _ in found], dtype=pl.String),
        zone=pl.Series([zone for _, zone in found], dtype=pl.String),
    )
    joined = numbers.with_columns(head=heads).join(
        table, on="head", how="left", maintain_order="left"
    )
    return joined.drop("head")


def _place(head: str) -> tuple[str, str | None]:
    """Return the place of the longest beginning of `head` that has one."""
    starts = (head[:n] for n in range(len(head), 0, -1))
    return next((_PLACES[start] for start in starts if start in _PLACES), (ABROAD, None))
