"""The page `/quarantine`: what was refused, why, and one message in full.

Owns the callbacks that read; those that change something have a module of their own. The
address holds the filter, so a link shows the same to everybody who may see it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import User, Visit, current_visit
from dashboard.access.trail import Looks
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.kit.banner import draw_database_away, draw_empty
from dashboard.figures.kit.grid import FIT_GRID
from dashboard.figures.quarantine.message import draw_message
from dashboard.figures.quarantine.payload import SHOWN_BYTES
from dashboard.figures.quarantine.table import draw_outcome, draw_reasons, message_row, say_found
from dashboard.pages.quarantine.actions import Watched, register_actions
from dashboard.pages.quarantine.filter import ALL, PATH, Asked, read_address
from dashboard.pages.quarantine.layout import REFRESH_MS, draw_page
from models.domain.access import audit
from models.domain.quarantine import QuarantinedRow, ReasonCount, Status
from models.queries.quarantine.messages import (
    QuarantineFilter,
    count_by_reason,
    count_quarantine,
    read_quarantine,
    read_quarantined,
)

_SHOWN_MESSAGES = 200
# While somebody waits for what they asked for.
_WATCH_MS = 1000
_FILTERS = ("status", "site", "device", "reason", "since")
_FOUND = {
    "rows": Output("quarantine-grid", "rowData"),
    "reasons": Output("quarantine-reasons", "children"),
    "found": Output("quarantine-found", "children"),
    "every": Output("quarantine-every", "label"),
    "every_style": Output("quarantine-every", "style"),
    "empty": Output("quarantine-empty", "children"),
    "outcome": Output("quarantine-outcome", "children"),
    "notice": Output("quarantine-notice", "children"),
    "interval": Output("quarantine-tick", "interval"),
    "state": Output("quarantine", "className"),
}
_MESSAGE = {
    "opened": Output("quarantine-drawer", "opened"),
    "number": Output("quarantine-open", "data"),
    "message": Output("quarantine-message", "children"),
    "no_replay": Output("quarantine-replay-one", "disabled"),
    "no_discard": Output("quarantine-discard-one", "disabled"),
}
_Props = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one look into quarantine saw."""

    messages: list[QuarantinedRow]
    found: int
    reasons: list[ReasonCount]
    watched: list[QuarantinedRow]


class QuarantinePage:
    """The layout of the page and the callbacks that fill it."""

    def __init__(
        self,
        app: Dash,
        workshop: Workshop,
        open_database: OpenDatabase,
        clock: Callable[[], datetime],
        looks: Looks,
    ) -> None:
        self._workshop = workshop
        self._open_database = open_database
        self._clock = clock
        self._looks = looks
        grid, tick = Input("quarantine-grid", "rowData"), Input("quarantine-tick", "n_intervals")
        watched = Input("quarantine-watched", "data")
        app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash
            FIT_GRID, grid, State("quarantine-grid", "id")
        )
        filters = {name: f"quarantine-{name}" for name in _FILTERS}
        app.callback(
            output={"search": Output("quarantine-url", "search")}
            | {name: Output(component, "value") for name, component in filters.items()},
            inputs={"search": Input("quarantine-url", "search")}
            | {name: Input(component, "value") for name, component in filters.items()},
            prevent_initial_call=True,
        )(_steer)
        app.callback(
            output=_FOUND,
            inputs=[tick, Input("quarantine-url", "search"), watched],
        )(self._refresh)
        app.callback(
            output=_MESSAGE,
            inputs=[
                Input("quarantine-grid", "cellClicked"),
                tick,
                watched,
                State("quarantine-drawer", "opened"),
                State("quarantine-open", "data"),
            ],
            prevent_initial_call=True,
        )(self._show_message)
        register_actions(app, open_database, clock)

    def layout(self, visit: Visit, search: str) -> Component:
        """Draw the page without its data."""
        return draw_page(visit, self._workshop, read_address(search))

    async def _refresh(self, _ticks: int, search: str, watched: dict[str, Any] | None) -> _Props:
        visit, now, asked = current_visit.get(), self._clock(), read_address(search)
        watching = Watched.read(watched)
        try:
            async with self._open_database() as connection:
                reading = await _read(connection, asked, watching, visit.user, now)
        except DatabaseAwayError:
            return {**dict.fromkeys(_FOUND, no_update), "notice": draw_database_away(visit.lang)}
        return self._draw_reading(reading, asked, watching, now, visit.lang)

    def _draw_reading(
        self, reading: _Reading, asked: Asked, watching: Watched, now: datetime, lang: str
    ) -> _Props:
        links = {
            reason: PATH + replace(asked, reason=reason).address()
            for reason in ("", *(count.reason for count in reading.reasons))
        }
        shows_status = asked.status == ALL
        is_waiting = any(message.status == Status.REPLAY_REQUESTED for message in reading.watched)
        shown = len(reading.messages)
        return {
            "rows": [
                message_row(message, self._workshop, now, lang, shows_status=shows_status)
                for message in reading.messages
            ],
            "reasons": draw_reasons(reading.reasons, asked.reason, links, now, lang),
            "found": say_found(shown, reading.found, lang),
            "every": text(lang, "quarantine.every", found=f"{reading.found:,}"),
            "every_style": {} if shown < reading.found else {"display": "none"},
            "empty": None if shown else _draw_nothing(asked, lang),
            "outcome": draw_outcome(watching.action, reading.watched, watching.asked_at, now, lang)
            if watching.asked_at
            else None,
            "notice": None,
            "interval": _WATCH_MS if is_waiting else REFRESH_MS,
            "state": "with-data" if shown else "without-rows",
        }

    async def _show_message(
        self,
        clicked: dict[str, Any] | None,
        _ticks: int,
        watched: dict[str, Any] | None,
        opened: bool | None,
        number: int | None,
    ) -> _Props:
        nothing_new = dict.fromkeys(_MESSAGE, no_update)
        is_click = ctx.triggered_id == "quarantine-grid" and clicked
        if is_click and clicked:
            number = int(clicked["rowId"])
        elif not opened:
            return nothing_new
        visit, now = current_visit.get(), self._clock()
        try:
            async with self._open_database() as connection:
                found = await read_quarantined(connection, number, SHOWN_BYTES) if number else None
        except DatabaseAwayError:
            return nothing_new
        if found is None or not visit.user.may_see(found[0].site):
            return {**nothing_new, "opened": False}
        message, payload = found
        sites = [message.site] if message.site else None
        self._looks.note(audit.Action.QUARANTINE_SHOWN, f"message {message.id}", sites)
        tried = Watched.read(watched).tried(message.id)
        return {
            "opened": True,
            "number": number,
            "message": draw_message(message, payload, self._workshop, now, visit.lang, tried=tried),
            "no_replay": message.status not in {Status.NEW, Status.DISCARDED},
            "no_discard": message.status not in {Status.NEW, Status.REPLAY_REQUESTED},
        }


async def _steer(**asked: str | None) -> _Props:
    """Keep the address and the filters the same, whichever of them was changed."""
    words = {name: value or "" for name, value in asked.items()}
    if ctx.triggered_id == "quarantine-url":
        found = read_address(words["search"])
        return {"search": no_update} | {name: getattr(found, name) for name in _FILTERS}
    search = Asked(**{name: words[name] for name in _FILTERS}).address()
    return {"search": search} | dict.fromkeys(_FILTERS, no_update)


async def _read(
    connection: Connection, asked: Asked, watching: Watched, user: User, now: datetime
) -> _Reading:
    which = asked.find(user, now)
    of_interest = QuarantineFilter(status=None, sites=user.sites, ids=watching.ids)
    return _Reading(
        messages=await read_quarantine(connection, which, limit=_SHOWN_MESSAGES),
        found=await count_quarantine(connection, which),
        reasons=await count_by_reason(connection, replace(which, reason=None)),
        watched=await read_quarantine(connection, of_interest, limit=len(watching.ids)),
    )


def _draw_nothing(asked: Asked, lang: str) -> Component:
    if asked == Asked():
        return draw_empty(text(lang, "quarantine.nothing_title"), text(lang, "quarantine.nothing"))
    return draw_empty(
        text(lang, "quarantine.nothing_matches_title"), text(lang, "quarantine.nothing_matches")
    )
