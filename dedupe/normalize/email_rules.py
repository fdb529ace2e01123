"""What is known of mail providers, role logins, fillers and misspelt domains.

Facts from the providers' help pages and from common practice. A rule of a provider
makes a match key only: no address is ever rewritten. The domains of the
Mail.ru group (mail.ru, bk.ru, inbox.ru, list.ru) are different mailboxes and never folded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dedupe.contracts.mail import FREE_MAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How one provider treats logins: signs it ignores, takes for one, or cuts at."""

    canonical: str | None = None
    ignored: str = ""
    same: tuple[str, str] | None = None
    tag: str | None = "+"


_GMAIL = Provider(canonical="gmail.com", ignored=".")
_YANDEX = Provider(canonical="yandex.ru", same=("-", "."))
_ICLOUD = Provider(canonical="icloud.com")
_PROTON = Provider(canonical="proton.me", ignored=".-_")
# Yahoo's "base-word" is not the login of its owner; the others document no tags.
PLAIN = Provider(tag=None)
DEFAULT = Provider()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _typos(by_domain: Mapping[str, str]) -> dict[str, str]:
    return {typo: domain for domain, typos in by_domain.items() for typo in typos.split()}


def _each(domains: str, provider: Provider) -> dict[str, Provider]:
    return dict.fromkeys(domains.split(), provider)


PROVIDERS: Mapping[str, Provider] = {
    **_each("gmail.com googlemail.com", _GMAIL),
    **_each(
        "yandex.ru ya.ru yandex.com yandex.by yandex.kz yandex.ua yandex.uz yandex.com.tr "
        "yandex.az yandex.com.am yandex.com.ge yandex.co.il yandex.ee yandex.fr yandex.kg "
        "yandex.lt yandex.lv yandex.md yandex.tj yandex.tm narod.ru",
        _YANDEX,
    ),
    **_each("icloud.com me.com mac.com", _ICLOUD),
    **_each("proton.me protonmail.com pm.me protonmail.ch", _PROTON),
    **_each(
        "yahoo.com ymail.com rocketmail.com aol.com rambler.ru lenta.ru autorambler.ru "
        "myrambler.ru ro.ru rambler.ua gmx.com gmx.de web.de ukr.net i.ua meta.ua tut.by abv.bg "
        "qip.ru sibmail.com e1.ru ngs.ru",
        PLAIN,
    ),
}
TAGLESS_LABELS = frozenset({"yahoo"})  # yahoo.co.uk, yahoo.de, ...
LOGIN_SUBDOMAINS = frozenset({"fastmail.com", "fastmail.fm"})  # x@user.fastmail.com is user's

ROLES = _words("""
    info sales support office admin administrator contact contacts hello mail post postmaster
    webmaster hostmaster abuse noc security billing accounting accounts account finance hr jobs
    career careers marketing pr press media news newsletter order orders shop store service help
    helpdesk feedback reception booking reservation reservations team all staff manager director
    ceo boss secretary legal law buh tender tenders zakupki export import logistic logistics
    warehouse no-reply noreply donotreply do-not-reply mailer-daemon robot bot notify
    notification notifications alert alerts subscribe unsubscribe dev it tech root test demo
    guest user zakaz zakazy zakaz1 prodazha prodazhi prodaji sbyt snab snabzhenie zakupka torgi
    opt optom otdel ofis office1 priem priemnaya priyomnaya sekretar secretar direktor dir
    gendir buhgalter buhgalteria buhgalteriya glavbuh kassa kadry ok personal rabota vakansii
    yurist urist jurist sklad dostavka logist logistika servis remont klient client kontakt
    kontakty pochta mailbox reklama smi pressa uchet zavod magazin shop1 salon hotel bron
    bronirovanie administraciya adm spravka podderzhka manager1 menedzher menager otdelkadrov
    tehotdel pto pto1 omts smeta arenda zayavka zayavki reception1
""")

PLACEHOLDER_LOGINS = _words("""
    no none net нет noemail no-email nomail no-mail nomail1 без bezpochty netpochty net_pochty
    net-pochty pochtynet netemail test test1 test123 testtest qwe qwerty asd asdf asdasd zxc
    zxcv aaa aaaa bbb ccc abc xxx xx x a q 1 11 111 12 123 1234 12345 123456 1234567 0 00 000
    mail email e-mail example sample user name login your youremail you me fake null undefined
    nan unknown n na n/a anonym anonymous noname client klient temp tmp no-reply noreply otkaz
    otkazalsya otsutstvuet ne-ukazan ne_ukazan
""")

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")  # a piece of a row is a filler

PLACEHOLDER_DOMAINS = _words("""
    no.ru no.no no.com net.ru net.net net.com none.ru none.com 1.ru 1.com 11.ru 111.ru 123.ru
    1234.ru 12345.ru a.ru a.com aa.ru aaa.ru abc.ru q.ru qq.ru x.ru xx.ru xxx.ru test.ru
    test.com test.test tes.ru example.com example.org example.net example.ru domain.com
    domain.ru site.ru site.com mail.mail nomail.ru nomail.com noemail.com noemail.ru fake.com
    null.com ooo.ru qwe.ru qwerty.ru asd.ru asdf.ru zxc.ru
""")

FREE_PROVIDERS = FREE_MAIL

TYPOS = _typos(
    {
        "gmail.com": (
            "gmial.com gmai.com gmail.co gmail.con gmail.cm gmail.om gmail.ru gmal.com "
            "gamil.com gmaill.com gnail.com gmil.com gmali.com ggmail.com gmail.comm "
            "gmail.cim gmail.vom gmail.xom gmail.cpm gmail.coom gmail.c0m gmail.net jmail.com "
            "gmeil.com gimail.com gmaik.com gmsil.com hmail.com gmail.kom gmailcom "
            "gmail.com.ru gmailc.om dmail.com"
        ),
        "mail.ru": (
            "mail.ri mail.ry mail.tu mail.eu mail.r mail.rut mail.ruu mail.rr mail.u mai.ru "
            "mial.ru maill.ru meil.ru mal.ru mali.ru maii.ru mall.ru mqil.ru nail.ru "
            "mail.ru.ru mail.rul mil.ru maail.ru mailru mail.com.ru emal.ru email.ru msil.ru "
            "ma1l.ru mail.ruy mail.rj mail.tr"
        ),
        "yandex.ru": (
            "yandex.ry yandex.ri yandex.tu yandex.r yandex.rut yandex.ruu yandex.rr yndex.ru "
            "yadex.ru yanex.ru yande.ru yandx.ru yandeks.ru yandrx.ru yandec.ru yanbex.ru "
            "yandekx.ru yandez.ru yandex.ru.ru yandexru uandex.ru jandex.ru iandex.ru "
            "ayndex.ru yanndex.ru yandes.ru ynadex.ru yandxe.ru"
        ),
        "ya.ru": "ya.ry ya.ri ya.tu ya.r ja.ru",
        "bk.ru": "bk.ry bk.ri bk.tu dk.ru bk.r",
        "list.ru": "list.ry lst.ru lisr.ru list.ri lost.ru",
        "inbox.ru": "inbox.ry inbx.ru inboks.ru ibox.ru inbox.ri",
        "rambler.ru": "ramler.ru rambler.ry ramber.ru ramdler.ru rambler.ri rembler.ru",
        "outlook.com": "outlok.com outllok.com outlook.con outlook.ru outloook.com",
        "hotmail.com": "hotmial.com hotmai.com hotmail.con hotmal.com hotnail.com hotmail.ru",
        "icloud.com": (
            "iclod.com iclaud.com icloud.con icloud.ru icoud.com icloude.com iclould.com "
            "iclou.com icloid.com icliud.com"
        ),
        "yahoo.com": "yaho.com yahooo.com yahoo.con yhoo.com",
        "internet.ru": "intenet.ru internet.ry",
    }
)

SERVICES = _words("""
    noreply no-reply no_reply donotreply do-not-reply mailer-daemon robot bot notify notification
    notifications alert alerts newsletter subscribe unsubscribe
""")
RELAYS = _words("""
    privaterelay.appleid.com duck.com mozmail.com simplelogin.com aleeas.com anonaddy.com addy.io
    users.noreply.github.com reply.avito.ru members.ebay.com marketplace.amazon.com
    guest.booking.com
""")
MESSENGERS = _words("c.us s.whatsapp.net g.us whatsapp lid")
RESERVED_DOMAINS = _words("example.com example.net example.org")
RESERVED_TOP = _words("test example invalid localhost")
# The best known services of mailboxes for an hour, with the domains they hand out.
DISPOSABLE = _words("""
    mailinator.com mailinator.net mailinator2.com binkmail.com suremail.info reallymymail.com
    guerrillamail.com guerrillamail.net guerrillamail.org guerrillamail.biz guerrillamail.de
    guerrillamail.info guerrillamailblock.com grr.la sharklasers.com spam4.me pokemail.net
    10minutemail.com 10minutemail.net 10minutemail.co.za 10minemail.com 20minutemail.com
    20minutemail.it 10mail.org minutemail.io my10minutemail.com
    temp-mail.org temp-mail.io temp-mail.ru tempmail.com tempmail.net tempmail.plus tempmail.de
    tempmailo.com tempail.com tempmailaddress.com tempinbox.com temp-inbox.com tempr.email
    temporary-mail.net temporarymail.com tmpmail.org tmpmail.net tmail.ws tmails.net tmpeml.com
    yopmail.com yopmail.fr yopmail.net cool.fr.nf jetable.fr.nf nospam.ze.tc nomail.xl.cx
    trashmail.com trashmail.net trashmail.de trashmail.me trash-mail.com trashmail.ws
    mytrashmail.com wegwerfmail.de wegwerfmail.net wegwerfemail.de spambog.com spambog.ru
    spamgourmet.com spamex.com spambox.us spamfree24.org spam.la mailcatch.com mailnull.com
    maildrop.cc mailnesia.com mailexpire.com mailmoat.com mailsac.com mailtemp.info
    mailforspam.com mail-temp.com mailpoof.com mailtothis.com mailzilla.com
    getnada.com nada.email getairmail.com dispostable.com disposablemail.com discard.email
    discardmail.com discardmail.de throwawaymail.com throwam.com fakeinbox.com fakemail.net
    fakemailgenerator.com mohmal.com mohmal.in emailondeck.com emailfake.com email-fake.com
    crazymailing.com moakt.com moakt.cc incognitomail.org anonbox.net anonymbox.com
    burnermail.io 33mail.com inboxkitten.com inboxbear.com dropmail.me 10mail.tk emltmp.com
    einrot.com armyspy.com cuvox.de dayrep.com fleckens.hu gustr.com jourrapide.com
    rhyta.com superrito.com teleworm.us mintemail.com deadaddress.com jetable.org
    no-spam.ws owlymail.com linshiyouxiang.net generator.email
""")
# The domains that a bare "ivan@mail" most likely meant.
SUGGESTED_BY_LABEL: Mapping[str, str] = {
    "mail": "mail.ru",
    "gmail": "gmail.com",
    "yandex": "yandex.ru",
    "ya": "ya.ru",
    "bk": "bk.ru",
    "inbox": "inbox.ru",
    "list": "list.ru",
    "rambler": "rambler.ru",
    "outlook": "outlook.com",
    "hotmail": "hotmail.com",
    "icloud": "icloud.com",
    "yahoo": "yahoo.com",
    "internet": "internet.ru",
}
