"""Legal forms of Russia, its neighbours and the rest of the world, as data.

Each line of a table: canonical code; group; country the spelling hints at; flags;
spellings. Spellings are lower case with "е" for "ё", their words separated by a space;
"a/b" is a choice, "_" a space inside a choice. Every form stands at either end of a
name unless its flags say less:

    f, l  at the first or the last place only
    u     typed in capitals, unless the whole text has none: the letters make a word too
    U     typed in capitals, always
    q     next to a quote or a comma only: a word that is often part of the name itself
    w     a strong form: it may also stand in the middle, after a brand or a branch

Groups: limited, joint_stock, sole_trader, private, partnership, cooperative, state,
nonprofit, and company, which says nothing about the kind. Sources: ГК РФ and ОКОПФ for the Russian
long names, the countries' company laws, ISO 20275 (ELF) for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

_CIS = """
ООО; limited; ; w; ооо, общество/общ_во/об_во/о_во/общ с ограниченной/огранич/огран/огр \
ответственностью/ответств/ответ/отв/отв_ю/отв_тью/отв_стью, общество ограниченной ответственности
ООО; limited; ; w; obshchestvo/obschestvo s ogranichennoy/ogranichennoj/ogranichennoi \
otvetstvennostyu/otvetstvennostiu/otvetstvennostju
ОДО; limited; ; w; одо, общество с дополнительной ответственностью
АО; joint_stock; ; w; ао, акционерное/акц общество/общ_во/об_во/о_во
АО; joint_stock; ; u; ao
НАО; joint_stock; RU; wu; нао, непубличное/непубл акционерное/акц общество/общ_во/об_во/о_во
ПАО; joint_stock; RU; w; пао, pao, спао, публичное/публ акционерное/акц общество/общ_во/об_во/о_во
ОАО; joint_stock; ; w; оао, oao, открытое/откр акционерное/акц общество/общ_во/об_во/о_во, \
акционерное общество открытого типа, аоот
ЗАО; joint_stock; ; w; зао, zao, 3ао, 3ao, \
закрытое/закр акционерное/акц общество/общ_во/об_во/о_во, \
акционерное общество закрытого типа, аозт
ИП; sole_trader; ; w; ип, индивидуальный/индивидуальная/индивид/инд \
предприниматель/предприн/предпр, предприниматель без образования юридического лица
ИП; sole_trader; RU; w; пбоюл, ипбоюл, individualnyy/individualnyi/individualnyj predprinimatel
ИП; sole_trader; ; fq; предприниматель
Самозанятый; sole_trader; RU; ; самозанятый, самозанятая, плательщик нпд
Самозанятый; sole_trader; RU; u; нпд
КФХ; sole_trader; RU; w; кфх, крестьянское фермерское хозяйство, глава/ип_глава/ип кфх, \
глава/ип_глава крестьянского фермерского хозяйства, крестьянско фермерское хозяйство, \
индивидуальный предприниматель глава кфх/крестьянского_фермерского_хозяйства
ЧП; private; ; wu; чп, частный предприниматель, частное предприятие
НКО; nonprofit; RU; u; нко, некоммерческая организация
АНО; nonprofit; RU; w; ано, автономная некоммерческая организация
АНО ДО; nonprofit; RU; ; ано до, автономная некоммерческая организация дополнительного образования
АНО ДПО; nonprofit; RU; ; ано дпо, \
автономная некоммерческая организация дополнительного профессионального образования
АНО ВО; nonprofit; RU; ; ано во, автономная некоммерческая организация высшего образования
АНО СПО; nonprofit; RU; ; ано спо
НП; nonprofit; RU; fu; нп, некоммерческое партнерство
Фонд; nonprofit; ; fq; фонд
Фонд; nonprofit; ; ; благотворительный фонд
Фонд; nonprofit; ; fu; бф
Ассоциация; nonprofit; ; fq; ассоциация, союз
СРО; nonprofit; RU; fu; сро, саморегулируемая организация, сро ассоциация/союз/нп
ОО; nonprofit; RU; fu; общественная организация, оо, роо, моо, региональная общественная организация
ТСЖ; nonprofit; RU; u; тсж, онт, товарищество собственников жилья
ТСН; nonprofit; RU; u; тсн, товарищество собственников недвижимости
СНТ; nonprofit; RU; u; снт, садовое/садоводческое некоммерческое товарищество, \
садоводческое некоммерческое товарищество собственников недвижимости
ДНТ; nonprofit; RU; u; днт, дачное некоммерческое товарищество
ДНП; nonprofit; RU; u; днп, дачное некоммерческое партнерство
ПК; cooperative; ; fu; пк, производственный кооператив, потребительский кооператив
СПК; cooperative; RU; fu; спк, спок, сельскохозяйственный производственный кооператив
КПК; cooperative; RU; fu; кпк, кредитный потребительский кооператив
ЖСК; cooperative; RU; fu; жск, жилищно строительный кооператив
ГСК; cooperative; RU; fu; гск, гаражный кооператив, гаражно строительный кооператив
Артель; cooperative; ; fq; артель
Госкорпорация; state; RU; f; госкорпорация, государственная корпорация
ППК; state; RU; fu; ппк, публично правовая компания
ФГУП; state; RU; ; фгуп, федеральное государственное унитарное предприятие
ГУП; state; RU; u; гуп, государственное унитарное предприятие
МУП; state; RU; u; муп, муниципальное унитарное предприятие
ФКП; state; RU; u; фкп, федеральное казенное предприятие
МКП; state; RU; u; мкп, муниципальное казенное предприятие
Полное товарищество; partnership; ; f; полное товарищество
Товарищество на вере; partnership; ; f; товарищество на вере, коммандитное товарищество
ТОВ; limited; UA; wu; тов, товариство з обмеженою відповідальністю, тзов
ТДВ; limited; UA; u; тдв, товариство з додатковою відповідальністю
ФОП; sole_trader; UA; wu; фоп, фізична особа підприємець, флп, физическое лицо предприниматель
СПД; sole_trader; UA; fu; спд
ПП; private; UA; fu; пп, приватне підприємство
ПАТ; joint_stock; UA; wu; пат, публічне акціонерне товариство
ПрАТ; joint_stock; UA; w; прат, приватне акціонерне товариство
АТ; joint_stock; UA; fu; ат, акціонерне товариство
ВАТ; joint_stock; UA; fu; ват, відкрите акціонерне товариство
ЗАТ; joint_stock; UA; fu; зат, закрите акціонерне товариство
ДП; state; UA; fu; дп, державне підприємство
КП; state; UA; fu; кп, комунальне підприємство
ООО; limited; BY; fu; таа, таварыства з абмежаванай адказнасцю
ОДО; limited; BY; fu; тда
ОАО; joint_stock; BY; fu; аат, адкрытае акцыянернае таварыства
УП; private; BY; fu; уп, унітарнае прадпрыемства, унитарное предприятие
ЧУП; private; BY; u; чуп, частное унитарное предприятие
ЧТУП; private; BY; ; чтуп, частное торговое унитарное предприятие
ЧПУП; private; BY; ; чпуп, частное производственное унитарное предприятие
ИУП; private; BY; u; иуп, иностранное унитарное предприятие
РУП; state; BY; u; руп, республиканское унитарное предприятие
КУП; state; BY; fu; куп, кпуп, коммунальное унитарное предприятие
ТОО; limited; KZ; w; тоо, товарищество с ограниченной ответственностью, жшс, жшқ, \
жауапкершілігі шектеулі серіктестік, жауапкершілігі шектеулі серіктестігі
ТОО; limited; KZ; U; too
АО; joint_stock; KZ; ; ақ, акционерлік қоғам, акционерлік қоғамы
ИП; sole_trader; KZ; fu; жк, жеке кәсіпкер
ГКП; state; KZ; fu; гкп, ркп, ргп, кгп, кгу, мкқк, гккп, ркгп, \
гкп/ргп/кгп на пхв
ООО; limited; UZ; ; mchj, мчж, масъулияти чекланган жамият, masuliyati cheklangan jamiyat, \
mas uliyati cheklangan jamiyat, mas uliyati cheklangan jamiyati
ЧП; private; UZ; U; xk, хк
ЧП; private; UZ; ; xususiy korxona, хусусий корхона
АО; joint_stock; UZ; U; aj
АО; joint_stock; UZ; ; aksiyadorlik jamiyati
СП; company; ; fu; сп, совместное предприятие, сп ооо, ип ооо
СП; company; UZ; ; qk, қк, qo shma korxona
ИП; sole_trader; UZ; u; ятт, ytt, якка тартибдаги тадбиркор, yakka tartibdagi tadbirkor
ОсОО; limited; KG; w; осоо, жчк, жоопкерчилиги чектелген коом, жоопкерчилиги чектелген коому
ОАО; joint_stock; KG; u; аак, ачык акционердик коом, ачык акционердик коому
ЗАО; joint_stock; KG; U; жак
ЗАО; joint_stock; KG; ; жабык акционердик коом, жабык акционердик коому
ИП; sole_trader; KG; fU; жи
ООО; limited; AM; ; սպը, սահմանափակ պատասխանատվությամբ ընկերություն
ЗАО; joint_stock; AM; ; փբը, փակ բաժնետիրական ընկերություն
ОАО; joint_stock; AM; ; բբը, բաց բաժնետիրական ընկերություն
ИП; sole_trader; AM; ; աձ, անհատ ձեռնարկատեր
ООО; limited; GE; ; შპს, შეზღუდული პასუხისმგებლობის საზოგადოება
ООО; limited; GE; u; shps
АО; joint_stock; GE; ; სს, სააქციო საზოგადოება
ИП; sole_trader; GE; ; ინდ მეწარმე, ინდივიდუალური მეწარმე, იმ
ООО; limited; AZ; u; mmc, məhdud məsuliyyətli cəmiyyət, məhdud məsuliyyətli cəmiyyəti
ОАО; joint_stock; AZ; u; asc, açıq səhmdar cəmiyyəti
ЗАО; joint_stock; AZ; u; qsc, qapalı səhmdar cəmiyyəti
ИП; sole_trader; MD; fU; ii, îi
ООО; limited; TJ; ; ҷдмм, чдмм, ҷамъияти дорои масъулияти маҳдуд
ХО; private; TM; u; хо, hj, hojalyk jemgyýeti
ИП; sole_trader; TM; f; telekeçi
"""

_WORLD = """
ООО; limited; ; w; ooo
LLC; limited; ; ; llc, l_l_c, limited liability company
PJSC; joint_stock; ; ; pjsc, public joint stock company
OJSC; joint_stock; ; ; ojsc, open joint stock company
CJSC; joint_stock; ; ; cjsc, closed joint stock company
JSC; joint_stock; ; ; jsc, joint stock company
LLP; limited; ; ; llp, limited liability partnership
ТОВ; limited; UA; fU; tov
ФОП; sole_trader; UA; fU; fop
Inc; company; US; l; inc, incorporated
Corp; company; US; l; corp, corporation
Co; company; ; lu; co, company
Ltd; limited; ; l; ltd, limited, co ltd, company limited, company ltd
Pte Ltd; limited; SG; l; pte ltd, pte limited, private limited
Pvt Ltd; limited; IN; l; pvt ltd, pvt limited
Pty Ltd; limited; AU; l; pty ltd, pty limited, pty
Sdn Bhd; limited; MY; l; sdn bhd
Bhd; joint_stock; MY; l; bhd
LP; partnership; ; lU; lp
LP; partnership; ; l; limited partnership
PLC; joint_stock; GB; l; plc, public limited company
PLLC; limited; US; l; pllc
PC; company; US; lU; pc
GmbH; limited; DE; l; gmbh, mbh, gesellschaft mit beschränkter haftung, ges m b h, gesmbh
GmbH & Co. KG; partnership; DE; l; gmbh co kg, gmbh co, gmbh u co kg, gmbh und co kg
AG; joint_stock; DE; lu; ag, aktiengesellschaft
KG; partnership; DE; lU; kg
KGaA; joint_stock; DE; l; kgaa, gmbh co kgaa, ag co kgaa
OHG; partnership; DE; lu; ohg
UG; limited; DE; lU; ug
UG; limited; DE; l; ug haftungsbeschränkt
e.K.; sole_trader; DE; l; e k, eingetragener kaufmann
e.V.; nonprofit; DE; l; e v, eingetragener verein
SE; joint_stock; ; lU; se
SA; joint_stock; ; lu; sa, société anonyme, sociedad anónima, sociedade anônima
SAS; joint_stock; FR; u; sas, sasu, s_a_s
SARL; limited; FR; u; sarl, s à r l, s a r l, sàrl, eurl
SCI; partnership; FR; lU; sci, snc, scs
SRL; limited; ; lu; srl, srls, s r l s
SpA; joint_stock; IT; lu; spa, s p a
SL; limited; ES; lu; sl, slu, s l u, sociedad limitada
SAU; joint_stock; ES; lu; sau
SA de CV; joint_stock; MX; l; sa de cv, s a de c v, sapi de cv
S de RL; limited; MX; l; s de rl, s de rl de cv, s de r l de c v
Lda; limited; PT; l; lda, limitada
Ltda; limited; BR; l; ltda, eireli
BV; limited; NL; lu; bv
NV; joint_stock; NL; lu; nv
VOF; partnership; NL; lu; vof
CV; partnership; NL; lU; cv
BVBA; limited; BE; l; bvba, sprl
AB; joint_stock; SE; lU; ab
AB; joint_stock; SE; l; aktiebolag
AS; joint_stock; ; lU; as
ASA; joint_stock; NO; lU; asa
ApS; limited; DK; l; aps, anpartsselskab
Oy; limited; FI; l; oy, osakeyhtiö, oy ab
Oyj; joint_stock; FI; l; oyj
Ky; partnership; FI; lU; ky
Hf; joint_stock; IS; lU; ehf, hf
OÜ; limited; EE; u; oü, osaühing
OÜ; limited; EE; U; ou
UAB; limited; LT; u; uab, uždaroji akcinė bendrovė
MB; limited; LT; U; mb
SIA; limited; LV; u; sia
Sp. z o.o.; limited; PL; l; sp z o o, sp z oo, spółka z ograniczoną odpowiedzialnością, \
spolka z ograniczona odpowiedzialnoscia
Sp. k.; partnership; PL; l; sp k, sp j, spółka komandytowa, spółka jawna
Kft; limited; HU; l; kft
Zrt; joint_stock; HU; l; zrt, nyrt
Bt; partnership; HU; lU; bt, rt
s.r.o.; limited; CZ; l; sro
v.o.s.; partnership; CZ; lu; vos
d.o.o.; limited; ; l; doo
d.d.; joint_stock; ; lU; dd
AD; joint_stock; ; lU; ad
EOOD; limited; BG; l; ood, eood
ООД; limited; BG; lu; оод, еоод
ЕАД; joint_stock; BG; lU; ад, еад
ЕТ; sole_trader; BG; fU; ет
KK; joint_stock; JP; lU; kk
KK; joint_stock; JP; ; kabushiki kaisha, 株式会社
YK; limited; JP; ; 有限会社
YK; limited; JP; lU; yk
GK; limited; JP; ; 合同会社
GK; limited; JP; lU; gk
有限公司; limited; CN; l; 有限公司, 有限责任公司
股份有限公司; joint_stock; CN; l; 股份有限公司
주식회사; joint_stock; KR; ; 주식회사
PT; limited; ID; fU; pt
Tbk; joint_stock; ID; l; tbk
Ltd. Şti.; limited; TR; l; ltd şti, ltd sti, limited şirketi
A.Ş.; joint_stock; TR; lu; aş, a ş, anonim şirketi
FZE; limited; AE; l; fze, fzco, fz llc, fzc, dmcc
WLL; limited; ; l; wll
SAE; joint_stock; ; lU; saog, sae
ΕΠΕ; limited; GR; l; επε, μεπε
ΑΕ; joint_stock; GR; l; αε
בעמ; limited; IL; l; בעמ
"""

# Institutions of the state: who owns it, how it is paid for, what it does. Their
# abbreviations are the initials of their long names.
_OWNERS = {
    "федеральное государственное": "ФГ",
    "федеральное": "Ф",
    "государственное областное": "ГО",
    "областное государственное": "ОГ",
    "краевое государственное": "КГ",
    "государственное": "Г",
    "муниципальное": "М",
    "санкт петербургское государственное": "СПБГ",
    "негосударственное": "Н",
    "частное": "Ч",
}
_PURSES = {"бюджетное": "Б", "казенное": "К", "автономное": "А"}
_WORK = {
    "дошкольное образовательное": "ДО",
    "профессиональное образовательное": "ПО",
    "общеобразовательное": "О",
    "образовательное": "О",
}
_FIELDS = {
    "здравоохранения": "З",
    "культуры": "К",
    "науки": "Н",
    "социального обслуживания": "СО",
}
_TAILS = {
    "высшего образования": "ВО",
    "высшего профессионального образования": "ВПО",
    "среднего профессионального образования": "СПО",
    "дополнительного образования детей": "ДОД",
    "дополнительного образования": "ДО",
    "дополнительного профессионального образования": "ДПО",
}
_EVERY = _OWNERS | _PURSES | _WORK | _FIELDS | _TAILS
# A school and a kindergarten of one number are two places, whoever pays for them.
_CALLINGS = ((" ВО", "university"), (" ВПО", "university"), (" СПО", "college"), ("ПОУ", "college"))

# Words beside the name that say little about whose it is; flags as above.
_WEAK = """
гк/u группа_компаний холдинг холдинговая_компания торговый_дом тд/u торговая_компания тк/u
торгово_промышленная_компания тпк/u тпф/u торгово_производственная_компания
строительная_компания ск/u пкф/u пкп/u производственно_коммерческая_фирма
производственно_коммерческое_предприятие производственная_компания промышленная_компания
промышленная_группа фпг/u псф/u пск/u нпо/u научно_производственное_объединение нпп/u
научно_производственное_предприятие нпф/u научно_производственная_фирма нпк/u
научно_производственная_компания производственное_объединение по/U ук/u
управляющая_компания чоп/u чоо/u мкк/u мфк/u мфо/u частное_охранное_предприятие
частная_охранная_организация охранное_предприятие компания фирма предприятие
организация корпорация концерн holding holdings group_of_companies
group/l групп/l и_ко/l ко/l и_к/l и_компания/l and_co/l
"""


@dataclass(frozen=True, slots=True)
class LegalForm:
    """What one spelling stands for, and where it counts as a form."""

    code: str
    group: str
    country: str | None
    flags: str = ""


def _expanded(spelling: str) -> list[str]:
    """Write out the choices of one spelling."""
    choices = [word.split("/") for word in spelling.split()]
    return [" ".join(words).replace("_", " ") for words in product(*choices)]


def _read(table: str) -> dict[tuple[str, ...], LegalForm]:
    """Read a table; of two lines with one spelling the first holds."""
    forms: dict[tuple[str, ...], LegalForm] = {}
    for line in table.strip().splitlines():
        code, group, country, flags, spellings = (part.strip() for part in line.split(";", 4))
        for spelling in spellings.split(","):
            for words in _expanded(spelling):
                # Only letters make a word; a long name needs no capitals to be seen.
                own = flags if " " not in words else re.sub("[uU]", "", flags)
                form = LegalForm(code, group, country or None, own)
                forms.setdefault(tuple(words.split()), form)
    return forms


def _choice(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _institution_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of long names and of abbreviations, over words joined by a space."""
    long = (
        f"({_choice(_OWNERS)})(?: ({_choice(_PURSES)}))?(?: ({_choice(_WORK)}))? учреждение"
        f"(?: ({_choice(_FIELDS)}))?(?: ({_choice(_TAILS)}))?(?= |$)"
    )
    owners = "|".join(sorted({o.lower() for o in _OWNERS.values()} - {"ф"}, key=len, reverse=True))
    short = (
        rf"(?:(?:{owners})[бка]?|ф[бка])(?:до|по|о)?у(?:з|к|н|со)?"
        f"(?: (?:{_choice(t.lower() for t in _TAILS.values())}))?(?= |$)"
    )
    return re.compile(long), re.compile(short)


_LONG, _SHORT = _institution_patterns()


def institution(words: Sequence[str]) -> tuple[int, LegalForm] | None:
    """Return the state institution that `words` begin with, and how many of them name it."""
    text = " ".join(words[:14])
    if match := _LONG.match(text):
        owner, purse, work, field, tail = (_EVERY.get(part or "", "") for part in match.groups())
        code = f"{owner}{purse}{work}У{field}{' ' + tail if tail else ''}"
        return match[0].count(" ") + 1, _institution(code, "")
    if match := _SHORT.match(text):
        code = match[0].upper()
        return match[0].count(" ") + 1, _institution(code, "U" if len(code) == 2 else "u")
    return None


def _institution(code: str, flags: str) -> LegalForm:
    return LegalForm(code, "nonprofit" if code[0] in "ЧН" else "state", "RU", "f" + flags)


def _latin_twins(forms: dict[tuple[str, ...], LegalForm]) -> dict[tuple[str, ...], LegalForm]:
    """Return the short forms typed in Latin letters that look the same: HAO, AHO, TCH."""
    twins = str.maketrans("авекмнорстух", "abekmhopctyx")
    alike = re.compile("[авекмнорстух]{3,6}")
    return {
        (words[0].translate(twins),): LegalForm(
            form.code, form.group, form.country, form.flags.replace("u", "") + "U"
        )
        for words, form in forms.items()
        if len(words) == 1 and alike.fullmatch(words[0])
    }


def _build() -> dict[tuple[str, ...], LegalForm]:
    own = _read(_CIS.replace("\\\n", ""))
    world = _read(_WORLD.replace("\\\n", ""))
    return {**_latin_twins(own), **world, **own}


def _lengths(spellings: Iterable[tuple[str, ...]], at: int) -> dict[str, tuple[int, ...]]:
    """Return, by its word at place `at`, how many words a spelling may have, most first."""
    found: dict[str, set[int]] = {}
    for words in spellings:
        found.setdefault(words[at], set()).add(len(words))
    return {word: tuple(sorted(lengths, reverse=True)) for word, lengths in found.items()}


def _weak() -> dict[tuple[str, ...], str]:
    """Return the flags of each weak word or phrase."""
    pairs = (word.partition("/") for word in _WEAK.split())
    return {tuple(words.split("_")): flags for words, _, flags in pairs}


FORMS = _build()
BY_FIRST = _lengths(FORMS, 0)
BY_LAST = _lengths(FORMS, -1)
WEAK = _weak()
WEAK_BY_FIRST = _lengths(WEAK, 0)
WEAK_BY_LAST = _lengths(WEAK, -1)
_GROUPS = {form.code: form.group for form in FORMS.values()}


def group_of(code: str) -> str | None:
    """Return the group of a canonical code; None for what is no code."""
    if code in _GROUPS:
        return _GROUPS[code]
    found = institution(code.lower().split())
    return found[1].group if found else None


def known_words() -> frozenset[str]:
    """Return every word that a form or a weak phrase may begin or end with."""
    owners = (owner.split()[0] for owner in _OWNERS)
    parts = product([*_OWNERS.values()], ["", *_PURSES.values()], ["", "О", "ДО", "ПО"])
    heads = [f"{owner}{purse}{work}У" for owner, purse, work in parts]
    short = (f"{head}{end}".lower() for head in heads for end in ("", *_FIELDS.values()))
    return frozenset([*BY_FIRST, *BY_LAST, *WEAK_BY_FIRST, *WEAK_BY_LAST, *owners, *short])


def calling(code: str) -> str | None:
    """Return what a state institution does, where its code says so."""
    for end, name in _CALLINGS:
        if code.endswith(end):
            return name
    head = code.split(" ")[0]
    if head.endswith("УЗ"):
        return "health"
    if head.endswith("ДОУ"):
        return "kindergarten"
    return "school" if head.endswith("ОУ") and code == head else None
