"""The state of a deal from the name of its stage: open, won, lost or unsorted.

The words are those of amoCRM, Kommo, Bitrix24 and RetailCRM, in Russian and English, with
their ids (amoCRM's 142 and 143, Bitrix24's C5:WON). Any other stage is open: an own
name for a final stage is told apart only by a table of statuses.
"""

from __future__ import annotations

import polars as pl

from dedupe.crm.tables.roles import header_key

STATES = ("open", "won", "lost", "unsorted")
_STAGES = {
    "won": "успешно реализовано|успешно реализована|closed - won|closed won|closedwon|won"
    "|successful|сделка успешна|успешная сделка|успешно|успех|успешна|успешный|выиграна"
    "|выполнен|выполнена|выполнено|завершен|завершена|заказ выполнен|доставлен и оплачен"
    "|complete|completed|success|deal won|142",
    "lost": "закрыто и не реализовано|закрыта и не реализована|не реализовано|closed - lost"
    "|closed lost|closedlost|lost|lose|сделка провалена|сделка проиграна|провалена|проиграна"
    "|провал|отказ|анализ причины провала|apology|отменен|отменена|отмена|отменено|cancel"
    "|cancelled|canceled|cancel other|failed|failure|deal lost|некачественный лид|junk|143",
    "unsorted": "неразобранное|неразобранный|неразобранные|incoming leads|unsorted"
    "|входящие лиды|incoming",
}
_WORDS = {
    "open": "открыта|открыт|открыто|в работе|активна|активная|active|opened|in progress|новая|new",
    "won": "выигрыш",
    "lost": "проигрыш|нереализована|нереализованная|не реализована",
}


def state_of_stage(stage: pl.Expr) -> pl.Expr:
    """Return the state of each stage's name or id; null only for null."""
    found = _looked_up(stage, _STAGES)
    return pl.coalesce(found, pl.when(stage.is_not_null()).then(pl.lit("open")))


def state_of_word(word: pl.Expr) -> pl.Expr:
    """Return the state that a column of states names; null for a word we do not know."""
    named = {state: f"{state}|{_STAGES.get(state, '')}|{_WORDS.get(state, '')}" for state in STATES}
    return _looked_up(word, named)


def _looked_up(text: pl.Expr, words: dict[str, str]) -> pl.Expr:
    table = {
        header_key(word): state for state, said in words.items() for word in said.split("|") if word
    }
    # Bitrix24 puts the pipeline before a stage's id: C5:WON.
    key = text.str.replace(r"^C\d+:", "").str.to_lowercase().str.replace_all("ё", "е")
    key = key.str.replace_all(r"[^\p{L}\p{N}]+", "")
    return key.replace_strict(table, default=None, return_dtype=pl.String)
