"""Whether a name begins with a verb of what is to be done: by its ending, no dictionary.

Russian infinitives end in -ть, -ти, -чь (and -ся, -сь), requests in -йте, -ите, -ьте; so do some
nouns, which are listed. English verbs are listed, and count where another word follows.
"""

from __future__ import annotations

from .rows import fold

_ENDINGS = ("ть", "ти", "чь", "ться", "тись", "чься",
            "йте", "ите", "ьте", "йтесь", "итесь", "ьтесь")  # fmt: skip
_MIN = 4
_NOUN_LIST = """
    путь сеть сети область области часть части запчасть запчасти печать смерть
    память треть четверть нефть кровать гость гости кость кости трость власть власти масть пасть
    шерсть плоть суть кисть кисти горсть лопасть пять шесть девять десять двадцать тридцать плеть
    повесть совесть честь весть вести известь нить ртуть мать зять дети опять вспять пусть
    есть снасть страсть напасть тать рать рукоять скатерть зависть ненависть
    корысть месть лесть сласти кровать жесть ночь дочь речь мелочь течь желчь
    дичь сволочь горечь печь картечь клеть сыть элите почти пути нечисть
"""
_TAILS = ("ость", "ости", "ность", "ности")  # of nouns: новость, доставленность
_VERB_LIST = """
    add agree approve arrange ask assign book call check clarify close collect confirm contact
    deliver discuss do email find finish follow get give help invite invoice make meet negotiate
    notify offer order pay plan prepare present process qualify receive remind request review
    schedule sell send set ship sign submit talk test transfer update verify visit wait write
"""
_NOUNS, _VERBS = frozenset(_NOUN_LIST.split()), frozenset(_VERB_LIST.split())
_ALSO_NOUNS = frozenset(
    ("call", "contact", "order", "offer", "review", "request", "test", "invoice", "visit", "email",
     "plan", "process", "present", "follow", "book", "check", "transfer", "set", "help", "update")
)  # fmt: skip
_AFTER_VERB = frozenset({"a", "an", "the", "to", "back", "up", "client", "clients", "customer",
                         "customers", "lead", "buyer", "him", "her", "them"})  # fmt: skip


def is_task_like(name: str) -> bool:
    """Tell whether a stage is named as a task is.

    >>> is_task_like("Отправить КП"), is_task_like("Очередь на замер"), is_task_like("Call back")
    (True, False, True)
    """
    words = fold(name).split()
    if not words:
        return False
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first in _VERBS:
        return second in _AFTER_VERB if first in _ALSO_NOUNS else bool(second)
    is_noun = first in _NOUNS or first.endswith(_TAILS)
    ends = first.endswith(_ENDINGS)
    return len(first) >= _MIN and ends and not is_noun
