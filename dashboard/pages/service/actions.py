"""Snoozing, dismissing and releasing due items, and sending dead messages again, from the page `/reminders`.

Owns the callbacks that change something. What is said here is kept, and acted on by the engine's next pass.
Whatever key a browser sends, only items of the user's own sites are touched.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, html, no_update

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit, current_visit
from dashboard.access.trail import note
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.analytics.words import name_item, zone_of
from dashboard.figures.kit.banner import draw_wrong
from dashboard.pages.service.layout import ACTIONS
from models.domain.access.audit import Action
from models.domain.delivery import MessageState
from models.domain.service.listed import ListedItem
from models.queries.delivery.found import resend_messages
from models.queries.service.answers import hold_item, release_item
from models.queries.service.listed import ReminderFilter, read_attempts, read_item

_DONE = {
    "done": Output("reminders-done", "data"),
    "outcome": Output("reminders-outcome", "children"),
    "refusal": Output("reminders-refusal", "children"),
    "opened": Output("reminders-drawer", "opened", allow_duplicate=True),
}
_Props = Mapping[str, Any]


class _RefusedError(Exception):
    """What was asked for cannot be; the message is the sentence to say."""


def register_actions(
    app: Dash, workshop: Workshop, open_database: OpenDatabase, clock: Callable[[], datetime]
) -> None:
    """Add the callbacks of the buttons."""

    async def act(*given: Any) -> _Props:
        *clicks, until, reason, key = given
        visit, now, deed = current_visit.get(), clock(), str(ctx.triggered_id).removeprefix("reminders-")
        if not any(clicks) or not key:
            return dict.fromkeys(_DONE, no_update)
        try:
            async with open_database() as connection:
                item = await read_item(connection, key, ReminderFilter(visit.user.sites), now)
                words = await _do(connection, deed, item, (until or "", reason or ""), workshop, visit, now)
                if item:
                    await note(
                        connection,
                        Action.REMINDER_CHANGED,
                        now,
                        about=f"{item.vin} {item.item}",
                        after={"done": deed, "until": until or ""},
                        sites=[item.site] if item.site else None,
                    )
        except DatabaseAwayError:
            return _refuse(text(visit.lang, "reminders.done_nothing"))
        except _RefusedError as refusal:
            return _refuse(str(refusal))
        alert = dmc.Alert(
            words, color="green", variant="light", className="notice outcome", icon=html.Span("✓")
        )
        return {"done": now.isoformat(), "outcome": alert, "refusal": None, "opened": False}

    app.callback(
        output=_DONE,
        inputs=[
            *(Input(f"reminders-{deed}", "n_clicks") for deed in ACTIONS),
            State("reminders-until", "value"),
            State("reminders-reason", "value"),
            State("reminders-open", "data"),
        ],
        prevent_initial_call=True,
    )(act)


def _refuse(sentence: str) -> _Props:
    return {**dict.fromkeys(_DONE, no_update), "refusal": draw_wrong(sentence)}


async def _do(
    connection: Connection,
    deed: str,
    item: ListedItem | None,
    said: tuple[str, str],
    workshop: Workshop,
    visit: Visit,
    now: datetime,
) -> str:
    """Do what a button says, and say what was done; raises _RefusedError."""
    lang = visit.lang
    if item is None:
        raise _RefusedError(text(lang, "reminders.gone"))
    name = f"{item.plate or item.vin}, {name_item(item.item, item.plan, workshop, lang)}"
    by = visit.user.label
    if deed == "snooze":
        until = _read_day(said[0], item, workshop, now, lang)
        await hold_item(connection, item.vin, item.item, until=until, by=by, now=now)
        return text(lang, "reminders.did_snooze", item=name, day=said[0].strip())
    if deed == "dismiss":
        reason = said[1].strip()
        if not reason:
            raise _RefusedError(text(lang, "reminders.wants_reason"))
        await hold_item(connection, item.vin, item.item, until=None, by=by, now=now, reason=reason)
        return text(lang, "reminders.did_dismiss", item=name)
    if deed == "release":
        await release_item(connection, item.vin, item.item)
        return text(lang, "reminders.did_release", item=name)
    if deed == "resend" and item.reminder_id:
        attempts = await read_attempts(connection, item.reminder_id)
        dead = sorted({each.id for each in attempts if each.state == MessageState.DEAD})
        if await resend_messages(connection, dead, None, now):
            return text(lang, "reminders.did_resend", item=name)
    raise _RefusedError(text(lang, "reminders.gone"))


def _read_day(words: str, item: ListedItem, workshop: Workshop, now: datetime, lang: str) -> datetime:
    """Return the beginning of a day at the item's site, which must be ahead."""
    zone = zone_of(item.site, workshop)
    try:
        until = datetime.combine(date.fromisoformat(words.strip()), time(), zone)
    except ValueError:
        raise _RefusedError(text(lang, "reminders.wants_day")) from None
    if until <= now:
        raise _RefusedError(text(lang, "reminders.wants_day"))
    return until
