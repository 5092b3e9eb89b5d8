"""One refused message in full: why, from whom, its payload, and what became of it. Pure."""

from datetime import datetime

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import zone_of
from dashboard.figures.kit.length import say_bytes, say_length, say_time
from dashboard.figures.quarantine.payload import ShownPayload, show_payload
from models.domain.quarantine import QuarantinedRow, Status, name_field


def draw_message(
    message: QuarantinedRow,
    payload: bytes,
    workshop: Workshop,
    now: datetime,
    lang: str,
    *,
    tried: bool = False,
) -> list[Component]:
    """Return a message; `tried` says that its replay was asked for on this page."""
    zone = zone_of(message.site, workshop)
    received_at = say_time(message.received_at, zone, now)
    ago = text(lang, "devices.ago", time=say_length(now - message.received_at, lang))
    return [
        _draw_state(message, workshop, now, lang, tried=tried),
        html.Dl(
            [
                *_draw_fact(text(lang, "quarantine.reason"), message.reason, "why"),
                *_draw_fact(text(lang, "quarantine.time"), f"{received_at} · {ago}"),
                *_draw_fact(text(lang, "quarantine.device"), message.device or "–"),
                *_draw_fact(text(lang, "quarantine.topic"), message.topic, "topic"),
                *_draw_fact(text(lang, "quarantine.size"), say_bytes(message.payload_bytes)),
            ]
        ),
        _draw_payload(show_payload(payload, message.payload_bytes, name_field(message.reason)), lang),
    ]


def _draw_state(
    message: QuarantinedRow, workshop: Workshop, now: datetime, lang: str, *, tried: bool
) -> Component:
    status = html.Span(
        html.Span(name_stored(lang, "quarantine_status", message.status), className="word"),
        className=f"status status-{message.status}",
    )
    said: list[Component | str] = []
    if message.status == Status.REPLAY_REQUESTED:
        said = [dmc.Loader(size="xs"), text(lang, "quarantine.is_waiting")]
    elif message.status == Status.NEW and tried:
        said = [text(lang, "quarantine.refused_again")]
    elif message.stored_at and message.stored_device:
        stored_at = say_time(message.stored_at, zone_of(message.site, workshop), now)
        device = html.A(message.stored_device, href="/devices")
        said = [
            text(lang, "quarantine.stored_as", time=stored_at),
            device,
            *([html.Code(message.stored_event_id)] if message.stored_event_id else []),
        ]
    elif message.settled_at:
        said = [text(lang, "devices.ago", time=say_length(now - message.settled_at, lang))]
    return html.Div([status, html.Span(said, className="said")], className="state")


def _draw_fact(name: str, words: str, kind: str = "") -> list[Component]:
    return [html.Dt(name), html.Dd(words, className=kind)]


def _draw_payload(payload: ShownPayload, lang: str) -> Component:
    lines = [
        html.Mark(f"{line}\n") if place == payload.marked else f"{line}\n"
        for place, line in enumerate(payload.lines)
    ]
    title = text(lang, f"payload.{payload.kind}")
    return html.Figure(
        [
            html.Figcaption(title),
            html.Pre(html.Code(lines)),
            html.P(text(lang, "quarantine.cut")) if payload.cut else None,
        ],
        className="payload",
    )
