"""A letter's looks: plain text, a page of HTML, a message of Telegram, one line.

The HTML has its styles in its tags and loads nothing from anywhere: mail programs cut the rest.
"""

from __future__ import annotations

from html import escape

from .letter import Letter, Section

TELEGRAM_MAX = 4096  # UTF-16 units of the message, tags not counted; we count them and stay below
SHORT_MAX = 300
_CUT = "…"
_PAGE = "margin:0;padding:24px;background:#f4f5f7;color:#1d2430;font:15px/1.5 Arial,sans-serif"
_CARD = "max-width:640px;margin:0 auto;padding:24px 28px;background:#ffffff;border-radius:8px"
_H1 = "margin:0 0 8px;font-size:20px;line-height:1.3"
_H2 = "margin:20px 0 6px;font-size:15px;color:#4a5568"
_LIST = "margin:0;padding-left:20px"
_CODE = "display:block;padding:8px 12px;background:#f4f5f7;border-radius:4px;font-family:monospace"
_FOOT = "margin:24px 0 0;font-size:12px;color:#6b7280"


def short_text(letter: Letter) -> str:
    """Return one line: the subject, and the next command where there is one."""
    command = next((each.lines[0] for each in letter.sections if each.is_command), "")
    line = f"{letter.subject} · {command}" if command else letter.subject
    return line if len(line) <= SHORT_MAX else line[: SHORT_MAX - 1] + _CUT


def long_text(letter: Letter) -> str:
    """Return the whole letter as plain text."""
    blocks = [
        letter.lead,
        *(_text_block(each) for each in letter.sections),
        f"-- \n{letter.footer}",
    ]
    return "\n\n".join(blocks) + "\n"


def mail_html(letter: Letter) -> str:
    """Return the whole letter as a page."""
    sections = "".join(_html_block(each) for each in letter.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(letter.language)}"><head><meta charset="utf-8">'
        f"<title>{escape(letter.subject)}</title></head>"
        f'<body style="{_PAGE}"><div style="{_CARD}">'
        f'<h1 style="{_H1}">{escape(letter.subject)}</h1>'
        f"<p>{escape(letter.lead)}</p>{sections}"
        f'<p style="{_FOOT}">{escape(letter.footer)}</p></div></body></html>\n'
    )


def telegram_text(letter: Letter) -> str:
    """Return the letter in Telegram's HTML, cut between lines where it would be too long."""
    head = f"<b>{escape(letter.subject, quote=False)}</b>"
    foot = f"\n\n<i>{escape(letter.footer, quote=False)}</i>"
    room = TELEGRAM_MAX - _units(head) - _units(foot) - _units(f"\n{_CUT}")
    body = ""
    for piece in _telegram_pieces(letter):
        if _units(body) + _units(piece) > room:
            return f"{head}{body}\n{_CUT}{foot}"
        body += piece
    return f"{head}{body}{foot}"


def _text_block(section: Section) -> str:
    mark = "  " if section.is_command else "- "
    return "\n".join((section.title + ":", *(f"{mark}{line}" for line in section.lines)))


def _html_block(section: Section) -> str:
    title = f'<h2 style="{_H2}">{escape(section.title)}</h2>'
    if section.is_command:
        return title + "".join(f'<code style="{_CODE}">{escape(x)}</code>' for x in section.lines)
    items = "".join(f"<li>{escape(line)}</li>" for line in section.lines)
    return f'{title}<ul style="{_LIST}">{items}</ul>'


def _telegram_pieces(letter: Letter) -> list[str]:
    """Return the lead and the lines, each whole with its tags."""
    pieces = [f"\n\n{escape(letter.lead, quote=False)}"]
    for section in letter.sections:
        pieces.append(f"\n\n<b>{escape(section.title, quote=False)}</b>")
        for line in section.lines:
            text = escape(line, quote=False)
            pieces.append(f"\n<code>{text}</code>" if section.is_command else f"\n• {text}")
    return pieces


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
