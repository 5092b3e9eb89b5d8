"""Refused messages as rows, their reasons as figures to choose from, and what became of a replay.

Pure: rows, `now` and a language in, plain rows of a grid and components out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import name_stored, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import zone_of
from dashboard.figures.kit.length import say_bytes, say_length, say_time
from models.domain.quarantine import QuarantinedRow, ReasonCount, Status

# A replay that nobody has begun after this long is probably waiting for an ingest that does not run.
_SLOW_AFTER = timedelta(seconds=10)
# How long the outcome of what somebody asked for stays on the page.
_OUTCOME_LASTS = timedelta(minutes=2)


class Action(StrEnum):
    """What was done to messages; nothing where the database did not answer."""

    REPLAY = "replay"
    DISCARD = "discard"
    NOTHING = "nothing"


def message_row(
    message: QuarantinedRow, workshop: Workshop, now: datetime, lang: str, *, shows_status: bool
) -> dict[str, Any]:
    """Return a refused message as a row of the grid."""
    return {
        "id": str(message.id),
        "received_at": message.received_at.astimezone(UTC).isoformat(),
        "received_at_words": say_time(message.received_at, zone_of(message.site, workshop), now),
        "ago": text(lang, "devices.ago", time=say_length(now - message.received_at, lang)),
        "device": message.device or "–",
        "topic": message.topic,
        "reason": message.reason,
        "bytes": message.payload_bytes,
        "bytes_words": say_bytes(message.payload_bytes),
        "status_key": message.status,
        "status_words": name_stored(lang, "quarantine_status", message.status) if shows_status else "",
    }


def draw_reasons(
    reasons: Sequence[ReasonCount], chosen: str, links: Mapping[str, str], now: datetime, lang: str
) -> Component:
    """Return the reasons with their counts; each is a link, given for the reason and for `` to none."""
    total = sum(reason.messages for reason in reasons)
    largest = max((reason.messages for reason in reasons), default=1)
    return html.Ul(
        [
            _draw_reason(text(lang, "quarantine.every_reason"), total, links[""], chosen=chosen == ""),
            *(
                _draw_reason(
                    reason.reason,
                    reason.messages,
                    links["" if reason.reason == chosen else reason.reason],
                    chosen=reason.reason == chosen,
                    share=reason.messages / largest,
                    detail=_say_origin(reason, now, lang),
                )
                for reason in reasons
            ),
        ]
    )


def _say_origin(reason: ReasonCount, now: datetime, lang: str) -> str:
    key = "quarantine.of_devices" if reason.devices > 1 else "quarantine.of_one"
    return text(lang, key, devices=reason.devices, time=say_length(now - reason.last_at, lang))


def _draw_reason(
    words: str, count: int, link: str, *, chosen: bool, share: float = 0, detail: str = ""
) -> Component:
    return html.Li(
        dcc.Link(
            [
                html.Span([html.Span(words, className="what"), html.B(f"{count:,}")], className="line"),
                html.Span(html.I(style={"width": f"{share:.1%}"}), className="share") if share else None,
                html.Span(detail, className="detail") if detail else None,
            ],
            href=link,
        ),
        className="chosen" if chosen else "",
    )


def say_found(shown: int, found: int, lang: str) -> str:
    """Say how many messages are found, and how many of them are shown."""
    if shown < found:
        return text(lang, "quarantine.newest", shown=f"{shown:,}", found=f"{found:,}")
    return text(lang, "quarantine.found", found=f"{found:,}")


def draw_outcome(
    action: Action, messages: Sequence[QuarantinedRow], asked_at: datetime, now: datetime, lang: str
) -> Component | None:
    """Say what became of the messages that somebody wanted discarded or replayed."""
    counts = Counter(message.status for message in messages)
    waiting = counts[Status.REPLAY_REQUESTED]
    if not waiting and now - asked_at > _OUTCOME_LASTS:
        return None
    if action is Action.NOTHING:
        words, color = text(lang, "quarantine.done_nothing"), "yellow"
    elif action is Action.DISCARD:
        words, color = text(lang, "quarantine.discarded", count=counts[Status.DISCARDED]), "gray"
    else:
        parts = {
            "quarantine.waiting": waiting,
            "quarantine.replayed": counts[Status.REPLAYED],
            "quarantine.again": counts[Status.NEW],
            "quarantine.skipped": counts[Status.DISCARDED],
        }
        said = [text(lang, key, count=count) for key, count in parts.items() if count]
        color = "yellow" if counts[Status.NEW] else "calm" if waiting else "green"
        words = text(lang, "quarantine.comma").join(said)
    slow = waiting and now - asked_at > _SLOW_AFTER
    alert: Component = dmc.Alert(
        [words, html.Div(text(lang, "quarantine.slow")) if slow else None],
        color=color,
        variant="light",
        className="notice outcome",
        icon=dmc.Loader(size="xs") if waiting else html.Span("✓" if color in {"green", "gray"} else "◆"),
    )
    return alert
