"""What was done to messages so that they could be stored: fields left out, other spellings. Pure."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.analytics.words import say_instant
from dashboard.figures.kit.chart import draw_panel
from models.domain.notes import Note, NotedMessage, read_notes

_CONTROL_SIGNS = {code: repr(chr(code))[1:-1] for code in range(0x20)}


def draw_notes(messages: Sequence[NotedMessage], zone: ZoneInfo, lang: str) -> list[Component]:
    """Draw the notes of messages, the newest first; nothing where there are none."""
    lines = [
        html.Li(
            [
                html.B(note.field),
                html.Span(_say(note, lang)),
                html.I(f"{say_instant(message.received_at, zone, lang)} · {message.device}"),
            ]
        )
        for message in messages
        for note in read_notes(message.notes)
    ]
    if not lines:
        return []
    panel = draw_panel(
        text(lang, "message_notes.title"),
        text(lang, "message_notes.note"),
        html.Ul(lines, className="codes notes"),
        wide=True,
    )
    return [panel]


def _say(note: Note, lang: str) -> str:
    sent = f"“{note.sent.translate(_CONTROL_SIGNS)}”"
    if note.reason is None:
        return text(lang, "message_notes.rewritten", sent=sent)
    return text(lang, "message_notes.left_out", sent=sent, reason=note.reason)
