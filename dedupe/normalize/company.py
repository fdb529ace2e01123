"""A company's name taken apart: form, core, person, aliases, branch.

The form is taken from either end, long or short, with dots, in lookalike letters, in
brackets; «бывш. …», a brand or a city in brackets become aliases; a branch or an
outlet («филиал в Казани», «магазин № 3», «ТЦ Мега», «г. Казань») is set aside. What is
left is the core, as typed. Where one reading would empty the name, the words stay in it.

The match key compares spellings: equal keys are one name. The order of words is kept
(«Авто Сервис» is not «Сервис Авто»); forms and weak words (ГК, ТД, холдинг) do
not count. A bank's branch, and the place of a school, an authority or a co-operative,
stays in the key: «Школа № 5» is a name in every town.

>>> parse_company("«Ромашка», О.О.О. (бывш. Лютик)").rendered
'ООО «Ромашка» (бывш. Лютик)'
>>> parse_company('ООО "Торговый дом "Ромашка"').match_key
'ромашка'
>>> parse_company("Ипотека").legal_form is None, forms_conflict("ОАО", "ПАО")
(True, False)
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import legal_forms as forms
from .company_forms import (
    ADJECTIVE_ENDS,
    SURNAME_END,
    WORD,
    first_form,
    last_form,
    stands_last,
    weak_words,
    word_key,
)
from .legal_forms import LegalForm
from .name_words import GIVEN_NAMES, PATRONYMICS
from .text import fold_lookalikes, plain

_ORDINARY = re.compile(r"[ !\"#%'-;=?-Z\\^_a-z|~А-яЁё]*")  # nothing here to normalise
_QUOTES = str.maketrans(dict.fromkeys("«»„“”‟‹›❝❞〝〞＂「」『』", '"'))
_MARKS = str.maketrans({**dict.fromkeys("–—−‒―‑‐", "-"), **dict.fromkeys("`´‘’‚‛ʼʹ", "'")})
_BRACKETS = str.maketrans("[]{}【】", "()()()")
_DOUBLED = re.compile(r"<<|>>|''+")
_ASIAN = re.compile(
    "(株式会社|有限会社|合同会社|股份有限公司|有限责任公司|(?<!股份)有限公司|주식회사)"
)
_ASIAN_SHORT = {"(株)": "株式会社", "(有)": "有限会社", "(주)": "주식회사"}
_BRACKET = re.compile(r"[()]")
_SIGNS = re.compile(r"[\W_]+")
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_BEFORE_COMMA = re.compile(r"\s+(?=[,;])")
_INITIAL_END = re.compile(r"(?:^|[\W_])[^\W\d_]\.$")
_EDGES = " ,;:-/\\|&*_'=~^<>"
_MOST_SIGNS = 500  # what is longer is a text, not a name: it stays whole
_COMMERCIAL = frozenset({"limited", "joint_stock", "sole_trader", "private", "company"})

_NAME = r"[^\W\d_][^\W\d_'-]*(?:['-][^\W\d_]+)*"
_INITIALS = r"[^\W\d_]\.(?:\s?-?[^\W\d_]\.)?"
_WITH_INITIALS = re.compile(
    rf"{_NAME}\s*,?\s+(?:{_INITIALS}|[А-ЯЁA-Z]\s[А-ЯЁA-Z](?!\w))|{_INITIALS}\s?{_NAME}"
)
_BARE_INITIALS = re.compile(rf"{_NAME}\s+[А-ЯЁ]{{2}}")
_PERSON_THEN = re.compile(r'[\s]*[,"/|]|\s+-\s|\s+(?=")')


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Where a place or an outlet begins. A branch names itself; an outlet needs a number or a name.
_BRANCH_WORD = (
    r"(?:(?:обособленн|структурн|территориальн)\w+\s+подразделени\w+|подразделени\w+|филиал\w*"
    r"|ф-л\w*|представительств\w*|предст-во|(?:доп(?:олнительн\w+|\.)?|операционн\w+)\s*офис\w*"
    r"|(?-i:ОП)(?=\s+\w)|branch)"
)
_CITY = r"(?:в\s+)?(?:г\.\s*|г\s+|гор\.\s*|город[еа]?\s+)(?=\w\w)[^\W\d]"
_OUTLET = (
    r"(?:(?:магазин|маг|салон|склад|офис|точка|азс|отделение|касса)\.?\s*(?:№|n|#)?\s*\d"
    r"|(?:т[рд]?ц|трк|бц|мфк|мтк)\s+\w)"
)
_ADJECTIVES = r"(?:[^\W\d_][\w-]*(?:ск|н)(?:ий|ой|ый|ое|ая|ого)\s+)?"
_BRANCH = re.compile(rf"(?<!\w){_ADJECTIVES}{_BRANCH_WORD}(?!\w)", re.IGNORECASE)
_PLACE = re.compile(rf"(?<!\w)(?:{_CITY}|{_OUTLET})", re.IGNORECASE)
_REGIONAL_BANK = re.compile(r"[\w-]+(?:ский|ный) банк\s*", re.IGNORECASE)
_FORMER = re.compile(
    r"(?<!\w)(?:(?:бывш(?:ая|ее|ий|его|ей)?|ранее)(?:\.\s*|\s+)\w"
    r"|(?:инн|кпп|огрн(?:ип)?|унп|бин|иин|inn)[\s:№/]*\d)",
    re.IGNORECASE,
)
_EDGE_BEFORE = re.compile(r"(?:[,;\"/|]|\s-)\s*$")
_KEY_STOP = _words(
    "филиал филиала ф л в на по г гор город города городе обособленное подразделение офис"
    " представительство отделение дополнительный доп операционный банк банка"
)
_GENERIC = _words(
    "администрация школа сош гимназия лицей детский детсад ясли больница поликлиника управление"
    " департамент отдел инспекция ифнс уфнс прокуратура суд мфц роддом техникум колледж"
    " общежитие библиотека военкомат отделение министерство комитет совет дума"
)

_SHORT = "(ООО|ОАО|ЗАО|ПАО|АО|ИП|ТОО)"
_LETTERS = r"(?:[А-ЯЁа-яё0-9]+(?:[ -][А-ЯЁа-яё0-9]+)*|[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*)"
_TRADER_TEXT = r"[А-ЯЁа-яё]{2,}(?:-[А-ЯЁа-яё]{2,})? [А-ЯЁ]\. ?[А-ЯЁ]\."
_TRADER = re.compile(_TRADER_TEXT)
_PLAIN = re.compile(
    rf'(?:{_SHORT} )?(?:"({_LETTERS})"|«({_LETTERS})»|({_TRADER_TEXT}|{_LETTERS}))(?:,? {_SHORT})?'
)
# Words that send a name to the whole procedure.
_MARKED = forms.known_words() | _words(
    "г гор город города городе в маг магазин салон склад офис точка азс отделение касса тц трц тдц"
    " трк бц мфк мтк оп ф л фл бывш ранее branch инн кпп огрн огрнип унп бин иин inn "
    + " ".join("абвгдежзийклмнопрстуфхцчшщъыьэюя")
    + " "
    + " ".join("abcdefghijklmnopqrstuvwxyz")
)
_MARK_STEMS = _words(
    "филиал подраз предст операц дополн доп бывша бывшая бывше бывшее бывший бывшег"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyName:
    """The parts of one name; texts as typed, quotes dropped.

    `core` is the name proper, "" where nothing but a form was typed. `legal_form` is a
    canonical code (ООО, GmbH), `form_group` what it has in common with others (limited,
    joint_stock, sole_trader, ...), `country` a hint by the spelling. `person` is a sole
    trader's name; `weak` the words of the core that the key leaves out.
    """

    core: str
    legal_form: str | None = None
    form_group: str | None = None
    country: str | None = None
    person: str | None = None
    aliases: tuple[str, ...] = ()
    branch: str | None = None
    weak: tuple[str, ...] = ()
    match_key: str = ""

    @property
    def rendered(self) -> str:
        """Write the name in one way: form, «core», (aliases), (branch)."""
        parts = [self.core] if self.core else []
        if self.legal_form:
            parts = [f"«{self.core}»"] if self.core else []
            parts.insert(len(parts) if stands_last(self.legal_form) else 0, self.legal_form)
        extras = (*self.aliases, *((self.branch,) if self.branch else ()))
        return " ".join([*parts, *(f"({extra})" for extra in extras)])


def parse_company(text: str) -> CompanyName:
    """Take one company's name apart; any text gives a result."""
    return _read_plain(text) or _taken_apart(text)


def forms_conflict(a: str | None, b: str | None) -> bool:
    """Tell whether two canonical codes say that the names are of two firms.

    A joint-stock company changes its kind (ОАО to ПАО, ЗАО to АО) without becoming another;
    an unknown form and one that tells no kind (Inc, СП) are no evidence.
    """
    if not a or not b or a == b:
        return False
    one, other = forms.group_of(a), forms.group_of(b)
    if not one or not other or "company" in (one, other):
        return False
    if one == other:
        kinds = forms.calling(a), forms.calling(b)
        return one == "state" and None not in kinds and kinds[0] != kinds[1]
    # ЧП is a trader in Russia and a firm in Ukraine and Uzbekistan.
    return {one, other} not in ({"private", "sole_trader"}, {"private", "limited"})


def _read_plain(text: str) -> CompanyName | None:
    """Read a name of the ordinary shape: a short form, or none, and words that are no marks.

    Four names in five are such; this reads them at a quarter of the price, and alike.
    """
    match = _PLAIN.fullmatch(text)
    if not match:
        return None
    first, quoted, guillemets, bare, last = match.groups()
    if first and last:
        return None
    core, code = quoted or guillemets or bare, first or last
    is_trader = code == "ИП"
    low = core.lower().replace("ё", "е")
    tokens = (low.replace(".", " ") if is_trader else low).replace("-", " ").split()
    if not _MARKED.isdisjoint(tokens[:1] if "." in low else tokens) or (
        "." in low and not (is_trader and _TRADER.fullmatch(core))
    ):
        return None
    if not _MARK_STEMS.isdisjoint([token[:6] for token in tokens]):
        return None
    form = forms.FORMS[(code.lower(),)] if code else None
    return CompanyName(
        core=core,
        legal_form=code,
        form_group=form.group if form else None,
        country=form.country if form else None,
        person=core if is_trader and _is_person(core) else None,
        match_key=" ".join(tokens),
    )


def _taken_apart(text: str) -> CompanyName:
    """Read a name of any shape."""
    cleaned = _cleaned(text)
    if len(cleaned) > _MOST_SIGNS and len(whole := _tidy(cleaned)) > _MOST_SIGNS:
        return CompanyName(core=whole, match_key=" ".join(_key_tokens(whole)))
    draft = _Draft(*_bracketed(cleaned))
    while _reduce(draft) or _promote(draft):
        pass
    core = _tidy(draft.text)
    form = draft.form or draft.bracket_form
    if not core and form and "q" in form.flags:
        core, form = form.code, None  # a word that may be a name, and there is no other
    group = form.group if form else None
    weak, rest = weak_words(core)
    branch = _joined(draft.branches)
    return CompanyName(
        core=core,
        legal_form=form.code if form else None,
        form_group=group,
        country=form.country if form else None,
        person=core if group in ("sole_trader", "private") and _is_person(core) else None,
        aliases=tuple(dict.fromkeys(draft.aliases)),
        branch=branch,
        weak=weak,
        match_key=_match_key(rest, branch, group),
    )


@dataclass(slots=True)
class _Draft:
    """A name while it is taken apart; `text` shrinks to the core."""

    text: str
    brackets: list[str]
    form: LegalForm | None = None
    bracket_form: LegalForm | None = None
    branches: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for content in self.brackets:
            self.add_extra(content)

    def add_extra(self, content: str) -> None:
        """File what stands beside the name: a form, a branch or an alias."""
        tidy = _tidy(content)
        if not tidy:
            return
        found = first_form(tidy) or last_form(tidy)
        if found and not _tidy(found[1]):
            self.bracket_form = self.bracket_form or found[0]
        elif _BRANCH.search(tidy) or _PLACE.search(tidy) or _REGIONAL_BANK.fullmatch(tidy):
            self.branches.append(tidy)
        else:
            self.aliases.append(tidy)


def _reduce(draft: _Draft) -> bool:
    """Take one thing off the text; False when there is nothing to take."""
    text = draft.text
    if found := first_form(text) or last_form(text):
        draft.form = draft.form or found[0]
        draft.text = found[1]
        return True
    return _take_branch(draft) or _take_former(draft) or _take_middle(draft) or _take_brand(draft)


def _promote(draft: _Draft) -> bool:
    """Make the first alias the name where no other is left."""
    if not draft.aliases or _tidy(draft.text):
        return False
    draft.text = draft.aliases.pop(0)
    return True


def _cleaned(text: str) -> str:
    """Return `text` with one kind of quote, dash, bracket and space."""
    if not _ORDINARY.fullmatch(text):
        text = _normalized(text)
    if "'" in text or "<" in text or ">" in text:
        text = _DOUBLED.sub('"', text)
    return " ".join(text.split())


def _normalized(text: str) -> str:
    """Do what `_cleaned` does to signs, until no more comes of it."""
    while True:
        visible = "".join(" " if sign < " " else sign for sign in text if not _is_format(sign))
        pieces = html.unescape(visible).split("№")  # which NFKC would make "No"
        new = "№".join(unicodedata.normalize("NFKC", piece) for piece in pieces)
        if new == text:
            break
        text = new
    for short, long in _ASIAN_SHORT.items():
        text = text.replace(short, long)
    text = _ASIAN.sub(r" \1 ", text.replace('בע"מ', "בעמ"))
    return text.translate(_QUOTES).translate(_MARKS).translate(_BRACKETS)


def _is_format(sign: str) -> bool:
    return not sign.isascii() and unicodedata.category(sign) in ("Cf", "Cc", "Cs", "Co", "Cn")


def _bracketed(text: str) -> tuple[str, list[str]]:
    """Return the text without its outermost brackets, and what stood in them."""
    if "(" not in text and ")" not in text:
        return text, []
    outside, inside, contents, depth, start = [""], [""], [], 0, 0
    for match in _BRACKET.finditer(text):
        (inside if depth else outside).append(text[start : match.start()])
        start = match.end()
        if match[0] == "(":
            depth += 1
        elif depth == 1:
            contents.append(" ".join(inside))
            inside.clear()
        depth = depth + (match[0] == "(") - 1 if match[0] == ")" and depth else depth
    outside.extend([*inside, text[start:]])  # a bracket never closed is no bracket
    return " ".join(" ".join(outside).split()), contents


def _tidy(text: str) -> str:
    """Drop quotes and signs at the ends; "" where no letter or digit is left."""
    if not WORD.search(text):
        return ""
    text = _BEFORE_COMMA.sub("", " ".join(text.replace('"', " ").split()))
    while True:
        new = text.lstrip(_EDGES + ".)").rstrip(_EDGES)
        if new.endswith(".") and not _INITIAL_END.search(new):
            new = new[:-1]
        if new == text:
            return text
        text = new


def _take_branch(draft: _Draft) -> bool:
    """Set a branch, an outlet or a city aside, where a name is left without it."""
    text = draft.text
    flat = text.replace('"', " ")  # so that a quote between two words hides neither
    match = _BRANCH.search(flat)
    if match and not WORD.search(text[: match.start()]):
        return _take_first_branch(draft, match)
    if not match:
        match = next((each for each in _PLACE.finditer(flat) if _is_apart(draft, each)), None)
    if not match or not WORD.search(text[: match.start()]):
        return False
    draft.branches.append(_tidy(text[match.start() :]))
    draft.text = text[: match.start()].rstrip(" ,;:-/|")
    return True


def _is_apart(draft: _Draft, match: re.Match[str]) -> bool:
    """Tell whether a place is no part of the name: after a comma, or in a firm's name."""
    before = draft.text[: match.start()]
    if not WORD.search(before):
        return False
    if _EDGE_BEFORE.search(before):
        return True
    form = draft.form or draft.bracket_form
    is_firm = bool(form and form.group in _COMMERCIAL)
    return is_firm and not before.rstrip().lower().endswith(ADJECTIVE_ENDS)


def _take_first_branch(draft: _Draft, match: re.Match[str]) -> bool:
    """Take «Казанский филиал» off before a form or a quoted name."""
    text = draft.text
    words = list(WORD.finditer(text, match.end()))
    at = next((w.start() for w in words if _is_strong_start(text[w.start() :])), None)
    if at is None:
        quote = text.find('"', match.end())
        at = quote if quote >= 0 and WORD.search(text[quote:]) else None
    if at is None:
        return False
    draft.branches.append(_tidy(text[:at]))
    draft.text = text[at:]
    return True


def _is_strong_start(text: str) -> bool:
    found = first_form(text)
    return bool(found and "w" in found[0].flags and WORD.search(found[1]))


def _take_former(draft: _Draft) -> bool:
    """Make «бывш. Лютик» at the end an alias; «ИНН 77…» too, which is no name."""
    match = _FORMER.search(draft.text.replace('"', " "))
    if not match or not WORD.search(draft.text[: match.start()]):
        return False
    draft.add_extra(draft.text[match.start() :])
    draft.text = draft.text[: match.start()].rstrip(" ,;:-/|")
    return True


def _take_middle(draft: _Draft) -> bool:
    """Part a brand from the firm behind it: «Кафе "Ромашка", ООО "Лютик"»."""
    if draft.form:
        return False
    text = draft.text
    for word in list(WORD.finditer(text))[1:]:
        found = first_form(text[word.start() :])
        if not found or "w" not in found[0].flags or not WORD.search(found[1]):
            continue
        before, form = text[: word.start()], found[0]
        is_trader = form.group == "sole_trader" and _is_person(_tidy(found[1]))
        is_regional = bool(_REGIONAL_BANK.fullmatch(before))
        if not (is_trader or is_regional or _EDGE_BEFORE.search(before)):
            continue
        draft.form = form
        if is_regional:  # «Волго-Вятский банк ПАО Сбербанк»
            draft.branches.append(_tidy(before))
            draft.text = found[1]
            return True
        name, extra = (before, found[1]) if _is_listed(text, word) else (found[1], before)
        draft.text = name
        draft.add_extra(extra)
        return True
    return False


def _is_listed(text: str, word: re.Match[str]) -> bool:
    """Tell whether a comma follows the form: «Ромашка, ООО, Казань»."""
    return text[word.end() :].lstrip(" .").startswith((",", ";"))


def _take_brand(draft: _Draft) -> bool:
    """Part a trader's brand from his name: «Иванов И.И. "Ромашка"»."""
    if not draft.form or draft.form.group != "sole_trader":
        return False
    text = draft.text.lstrip(_EDGES + '.)"')
    initials = _WITH_INITIALS.match(text.replace('"', " "))
    ends = (match.start() for match in _PERSON_THEN.finditer(text))
    by_sign = (at for at in ends if _is_person(_tidy(text[:at])))
    end = initials.end() if initials else next(by_sign, len(text))
    if not WORD.search(text[end:]) or not _tidy(text[:end]):
        return False
    draft.text = text[:end]
    draft.add_extra(text[end:])
    return True


def _is_person(name: str) -> bool:
    """Tell whether a name is a person's: initials, a known name, a patronymic, a surname."""
    if _WITH_INITIALS.fullmatch(name) or _BARE_INITIALS.fullmatch(name):
        return True
    words = name.split()
    if not 1 <= len(words) <= 4 or not all(re.fullmatch(_NAME, word) for word in words):
        return False
    keys = [word_key(word) for word in words]
    is_known = any(key in GIVEN_NAMES or key.endswith(PATRONYMICS) for key in keys)
    if is_known and len(words) > 1:  # alone it may be a flower: Ромашка is short for Роман
        return True
    return len(words) <= 2 and bool(SURNAME_END.search(words[0]))


def _match_key(name: str, branch: str | None, group: str | None) -> str:
    tokens = _key_tokens(name)
    if branch and tokens and _needs_place(tokens, group):
        tokens += [token for token in _key_tokens(branch) if token not in _KEY_STOP]
    return " ".join(tokens)


def _key_tokens(text: str) -> list[str]:
    low = plain(text.replace("№", " ")).replace("ё", "е")
    return [fold_lookalikes(t) for t in _SIGNS.sub(" ", _APOSTROPHE.sub("", low)).split()]


def _needs_place(tokens: Sequence[str], group: str | None) -> bool:
    """Tell whether the name is one of many alike, which only their place tells apart."""
    if any("банк" in token or token.startswith("bank") for token in tokens):
        return True
    if group in _COMMERCIAL:
        return False
    is_numbered = any(map(str.isdecimal, tokens))
    return group is not None or is_numbered or not _GENERIC.isdisjoint(tokens)


def _joined(branches: Sequence[str]) -> str | None:
    parts = [branch for branch in dict.fromkeys(branches) if branch]
    return _tidy(", ".join(parts)) or None
